/* The Gram matrix with moments: all that least squares needs of the data.
 *
 *   u_i = ((x_i - shift_x) scale_x, (y_i - shift_y) scale_y, 1),   a row of p + K + 1
 *   G   = sum_i w_i u_i' u_i
 *
 * shift and scale are provisional (columns_provisional): G loses no digits to
 * large means and does not overflow. The last column holds the first moments
 * and sum w. */
#ifndef GEMML_FOLD_GRAM_H
#define GEMML_FOLD_GRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct source;

struct gram {
    size_t features, outputs, order; /* order = features + outputs + 1 */
    size_t rows;
    size_t ld;             /* row stride of G (panel_ld) */
    double *G;             /* order x order, upper triangle; what stands below it means nothing */
    double *shift, *scale; /* order - 1 entries each */
};

/* One pass. Errors: MEMORY and the source's. A G with a diagonal that is not
 * finite tells of data that are not (see gram_finite). */
gemml_status gram_fold(struct gram *gram, const struct source *source);

/* Of no rows: G zero, shift 0, scale 1. features + outputs >= 1. Errors: MEMORY. */
gemml_status gram_new(struct gram *gram, size_t features, size_t outputs);
gemml_status gram_copy(struct gram *gram, const struct gram *source);
void gram_free(struct gram *gram);

/* Is the diagonal finite? Any entry of the data that is not makes it so. */
bool gram_finite(const struct gram *gram);

/* sum w. */
double gram_sum_weight(const struct gram *gram);

/* Re-centres: G becomes sum w (u - o)'(u - o) for an offset o of order - 1
 * entries; the first moments become those of u - o. */
void gram_recentre(struct gram *gram, const double *offset);

/* The same with another shift and scale (order - 1 entries each; scales are powers
 * of two): G of ((x - shift) scale, 1). `offset` is room for order - 1 numbers, and
 * holds afterwards by how much the shift moved, in the new scale. */
void gram_rebase(struct gram *gram, const double *shift, const double *scale, double *offset);

/* Sums of squares of column j about its mean, and about zero, in scaled units. */
double gram_square(const struct gram *gram, size_t j);
double gram_square_about_zero(const struct gram *gram, size_t j);

#endif

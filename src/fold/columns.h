/* Statistics of columns: what scaling and centring need.
 *
 * For each column j of [X Y] (features, then outputs):
 *   mean_j = sum w x_j / sum w,   var_j = sum w (x_j - mean_j)^2 / sum w,   min_j, max_j */
#ifndef GEMML_FOLD_COLUMNS_H
#define GEMML_FOLD_COLUMNS_H

#include "fold/source.h"

struct columns {
    size_t count; /* features + outputs */
    double sum_weight;
    double *mean, *variance, *minimum, *maximum; /* count each; one allocation, at mean */
};

/* One pass. Sums that overflow, or data that are not finite, come out
 * non-finite. Errors: MEMORY and the source's. */
gemml_status columns_fold(struct columns *columns, const struct source *source);
void columns_free(struct columns *columns);

/* A provisional centre and scale of each column of [X Y], from up to 64 rows
 * spread evenly over the source (all rows when there are no more), but for those
 * without weight: shift_j their mean, scale_j the power of two that brings their largest |x - shift| into
 * [1/2, 1), or 1 when they are constant. Sums about them neither cancel badly
 * nor overflow. Arrays of features + outputs entries. */
gemml_status columns_provisional(const struct source *source, double *shift, double *scale);

/* The power of two that brings |x| into [1/2, 1), kept within the range of normal
 * numbers; 1 where x is 0 or not finite. */
double columns_scale(double x);

#endif

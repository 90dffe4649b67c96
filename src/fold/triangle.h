/* The triangular factor of QR: least squares without squaring the data.
 *
 *   u_i = sqrt(w_i) (1, (x_i - shift_x) scale_x, (y_i - shift_y) scale_y),  a row of 1 + p + K
 *   R   upper triangular, R'R = sum_i u_i' u_i;   Q'U = R is never squared on the way
 *
 * The ones come first: what stands from row 1 on is therefore the factor of the
 * columns *centred at their means*, and row 0 holds sqrt(sum w) times those (but for its
 * sign). shift and scale are provisional (columns_provisional). Blocks of rows are copied transposed, and
 * R takes them in by Householder reflections; two R merge likewise (Demmel, Grigori, Hoemmen,
 * Langou, "Communication-optimal parallel and sequential QR", SIAM J. Sci. Comput. 34 (2012)). */
#ifndef GEMML_FOLD_TRIANGLE_H
#define GEMML_FOLD_TRIANGLE_H

#include "fold/source.h"

struct triangle {
    size_t features, outputs, order; /* order = 1 + features + outputs */
    double *R;                       /* order x order, column-major: what LAPACK takes; zero below */
    double *shift, *scale;           /* order - 1 entries each */
};

/* One pass of about 2 n order^2 flops (three times the time of a Gram matrix). Errors: MEMORY and
 * the source's. An R that is not finite tells of data that are not. */
gemml_status triangle_fold(struct triangle *triangle, const struct source *source);
void triangle_free(struct triangle *triangle);

/* Is the diagonal finite? Any entry of the data that is not makes it so. */
bool triangle_finite(const struct triangle *triangle);

#endif

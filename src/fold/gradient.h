/* The gradient of least squares in double-double, for refinement and for the
 * normal-equation check. One output at a time, columns scaled by powers of two:
 *
 *   r_i = y_i s_y - alpha - sum_j (x_ij s_j) v_j
 *   g_j = sum_i w_i r_i (x_ij s_j),   g_0 = sum_i w_i r_i,   rss = sum_i w_i r_i^2
 *
 * where x_ij is double-double too when the source has low parts (block.X_low).
 * alpha, v, r, g and rss are double-double: their error is about
 * u^2 times the sum of absolute terms, u = 2^-53. Method: Ogita, Rump, Oishi,
 * "Accurate sum and dot product", SIAM J. Sci. Comput. 26 (2005), Dot2. */
#ifndef GEMML_FOLD_GRADIENT_H
#define GEMML_FOLD_GRADIENT_H

#include "fold/source.h"
#include "kernel/doubled.h"

struct gradient {
    struct doubled rss, g0;
    struct doubled *g; /* features; the caller's */
};

/* v has source->features entries; scale_x as many, powers of two; output selects
 * the column of Y. One pass of about 24 p flops a row. Errors: MEMORY and the source's. */
gemml_status gradient_fold(struct gradient *gradient, const struct source *source, size_t output, const double *scale_x,
                           double scale_y, struct doubled alpha, const struct doubled *v);

#endif

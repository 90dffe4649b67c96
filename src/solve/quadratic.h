/* The loss of a linear regression over all rows as what it is, a quadratic function of the chain's parameters:
 *
 *   L(theta) = sum_i w_i loss_i = L(theta_0) + g_0 . delta + 1/2 sum_k d_k' H d_k,   delta = theta - theta_0
 *   H    = sum_i w_i u_i u_i',  u_i = ((x_ij - m_j) s_j, 1): the Gram matrix about the centre m
 *   d_k  = what delta changes of output k in these columns, so that z_ik changes by u_i . d_k:
 *          d_jk = delta_jk t_j / s_j,   d_last,k = delta_bk + sum_j (m_j - a_j) t_j delta_jk
 *   dL/dW_jk = g_0 + t_j / s_j (H d_k)_j + (m_j - a_j) t_j (H d_k)_last,   dL/db_k = g_0 + (H d_k)_last
 *
 * a and t are the input map's shift and scale. theta_0 is the solution of the normal equations: L(theta_0) and the
 * gradient g_0 there are summed over the rows, and what is added is positive, so that nothing cancels on the way to
 * the minimum. An evaluation takes 2 p^2 K flops where a pass over the data takes 4 n p K and reads them all. */
#ifndef GEMML_SOLVE_QUADRATIC_H
#define GEMML_SOLVE_QUADRATIC_H

#include <stdbool.h>

#include "chain/model.h"

struct gram;        /* fold/gram.h */
struct view_source; /* fold/source.h */
struct quadratic;

/* Is this cheaper than `evaluations` passes over so many rows? The shapes alone decide. */
bool quadratic_pays(size_t rows, size_t features, size_t evaluations);

/* Of `chain`, one layer of identities, borrowed, over the rows of `source`, in double, behind the input map `map` and
 * `target_map` (NULL: targets as they are). `gram` is that of the rows without maps, and is re-centred. *quadratic
 * stays as it is where theta_0 or sums there are beyond the range of a double. One pass of 4 n p K flops, and p^3 / 3.
 * Errors: MEMORY and the source's. */
gemml_status quadratic_make(struct quadratic **quadratic, const struct chain *chain, const struct view_source *source,
                            struct gram *gram, const struct input_map *map, const struct output_map *target_map);
void quadratic_free(struct quadratic *quadratic); /* NULL is allowed */

/* L(theta) / sum w, and dL/dtheta; one at a time. */
gemml_status quadratic_evaluate(struct quadratic *quadratic, const double *theta, double *loss, double *gradient);

#endif

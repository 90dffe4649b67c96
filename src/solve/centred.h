/* Products with the centred columns U of the normal equations, in double-double and
 * from the data themselves (fold/gradient.h); symbols as in normal_equations.h. */
#ifndef GEMML_SOLVE_CENTRED_H
#define GEMML_SOLVE_CENTRED_H

#include "fold/gradient.h"
#include "solve/normal_equations.h"

/* m_j s_j, exactly: a rounded mean is no mean, where it is large beside the spread. */
struct doubled scaled_center(const struct normal_equations *equations, size_t j);

/* gradient->g = U'W r, and rss and g0 = sum w r, for r = y s_y - alpha - sum_j x_j s_j v_j of
 * output k. Errors: MEMORY and the source's. */
gemml_status centred_gradient(const struct normal_equations *equations, const struct source *source, size_t k,
                              struct doubled alpha, const struct doubled *v, struct gradient *gradient);

/* product = U'WU z; both of p entries. Errors: likewise. */
gemml_status centred_product(const struct normal_equations *equations, const struct source *source,
                             const struct doubled *z, struct doubled *product);

/* rest_j = (M_j - m_j) s_j, M the weighted means in double-double: m is right to a double's roundoff, whose
 * square the inverse of nearly dependent columns shows. Zero without an intercept. Errors: likewise. */
gemml_status centre_rest(const struct normal_equations *equations, const struct source *source, struct doubled *rest);

/* Largest |delta_j| over the largest |v_j|, in equilibrated coordinates. */
double relative_step(const struct normal_equations *equations, const double *delta, const struct doubled *v);

#endif

/* A solution of the normal equations, and its refinement.
 *
 * For each output k, in the scaled columns of struct normal_equations:
 *
 *   y s_y = alpha + sum_j (x_j s_j) v_j,   alpha = mean - sum_j m_j s_j v_j
 *
 * in double-double, so that refinement can reach the last bit of every
 * coefficient in original units. */
#ifndef GEMML_SOLVE_LEAST_SQUARES_H
#define GEMML_SOLVE_LEAST_SQUARES_H

#include "kernel/doubled.h"
#include "solve/normal_equations.h"

struct solution {
    size_t features, outputs;
    struct doubled *alpha; /* K */
    struct doubled *mean;  /* K: the level of y s_y at the centre */
    struct doubled *v;     /* K x p */
    double *rss;           /* K: sum w r^2, in units of (y s_y)^2 */
    size_t steps;          /* of refinement, of all outputs together */
};

/* Solves by the factor. Errors: MEMORY. */
gemml_status solution_make(struct solution *solution, struct normal_equations *equations);
void solution_free(struct solution *solution);

/* Does refinement pay? Yes when the data are few (n p <= 4096: it costs nothing
 * that anybody sees), when n p <= 10^6 and the condition costs a digit, and
 * whatever the size when rcond < 1e-6 or rss / tss < 1e-6. */
bool solution_should_refine(const struct solution *solution, const struct normal_equations *equations, size_t rows);

/* Iterative refinement on the normal equations: residuals r and gradient g in
 * double-double from the data themselves, (U'WU + Lambda) delta = g - Lambda v by
 * the factor at hand, v += delta, until the next step could not change the last
 * bit. Each step multiplies the error by about condition^2 u, and costs a pass of
 * 24 n p flops. Method: Bjorck, Numerical Methods for Least Squares Problems
 * (1996), section 2.9.3. Errors: MEMORY and the source's. */
gemml_status solution_refine(struct solution *solution, struct normal_equations *equations,
                             const struct source *source);

/* One pass: g = U'W r - Lambda v and g0 = sum w r at the solution for output k. */
gemml_status solution_gradient(const struct solution *solution, const struct normal_equations *equations,
                               const struct source *source, size_t k, double *g, double *g0, double *rss);

/* alpha of output k from its mean and v. */
void solution_set_alpha(struct solution *solution, const struct normal_equations *equations, size_t k);

/* The chain's parameters of dtype F64, W row-major p x K, then b where there is
 * an intercept: W_jk = v_j (s_j / t_j) / s_y, b = alpha / s_y + sum_j a_j t_j W_jk
 * with the input map's shift a and scale t. */
void solution_parameters(const struct solution *solution, const struct normal_equations *equations,
                         const struct input_map *map, double *theta);

/* The other way: the solution that parameters stand for (rss is not set). */
gemml_status solution_from_parameters(struct solution *solution, const struct normal_equations *equations,
                                      const struct input_map *map, const double *theta);

#endif

/* The inverse of the matrix of the normal equations, for standard errors.
 *
 * With the symbols of normal_equations.h, and mu_j = m_j s_j the scaled centre,
 *
 *   C_vv = inv(U'WU + diag(lambda_j)),   c = -C_vv mu,   c_0 = 1 / W + mu' C_vv mu
 *   C    = [ c_0  c' ]      order p + 1, the intercept first, as gemml_coefficients
 *          [ c  C_vv ]      has it; without an intercept row and column 0 are zero
 *
 * so that sigma^2 C is the covariance of (b, v) when the errors are uncorrelated with
 * variance sigma^2 / w_i and there is no penalty. In original units
 *
 *   std_error(b) = sigma sqrt(C_00),   std_error(beta_j) = sigma s_j sqrt(C_jj),
 *   cov(beta_j, beta_k) = sigma^2 (s_j s_k) C_jk
 *
 * with sigma in the units of y and s = equations->scale. (Multiply by s_j once for each
 * factor: its square may overflow.) Rows and columns of constant columns (equilibration
 * 0) are NaN, the others as if these were not there; where the columns are
 * dependent (nullity above 0) all is NaN. */
#ifndef GEMML_SOLVE_INVERSE_H
#define GEMML_SOLVE_INVERSE_H

#include "solve/normal_equations.h"

/* All of C, (p + 1) x (p + 1), row-major, both triangles. `source` gives the data
 * again: where the condition costs digits and the data are few (n p^2 <= 4e6,
 * rcond < 1e-2) each column is refined in double-double, to 15 digits or so; NULL:
 * never. Cost: 2/3 p^3 flops, and 24 n p^2 for each step of refinement.
 * Errors: MEMORY and the source's. */
gemml_status least_squares_inverse(struct normal_equations *equations, const struct source *source, double *C);

/* The diagonal of C alone, p + 1 entries, from the root of the inverse that normal_equations_root made: 2/3 p^2
 * flops, unless it has to be refined. Errors: likewise. */
gemml_status least_squares_inverse_diagonal(struct normal_equations *equations, const struct source *source,
                                            const double *root, double *diagonal);

#endif

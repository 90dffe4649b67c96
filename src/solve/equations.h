/* Steps that the ways to a factor share: the normal equations, QR and the SVD. */
#ifndef GEMML_SOLVE_EQUATIONS_H
#define GEMML_SOLVE_EQUATIONS_H

#include "solve/normal_equations.h"

/* Room for everything but projected, eigenvalues and null_space; not filled. Errors: MEMORY. */
gemml_status equations_lay_out(struct normal_equations *equations, size_t features, size_t outputs);

/* scale (p + K entries, copied), to_chain and penalty. Errors: NONFINITE, where a penalty overflows. */
gemml_status equations_set_penalty(struct normal_equations *equations, const double *scale, const struct input_map *map,
                                   double lambda);

/* Is a column with these sums of squares, about its centre and about zero, constant but for rounding? */
bool equations_constant(double square, double about_zero);

/* square_j, and d_j: the power of two next to 1/sqrt(A_jj); 0 for a column without variation. */
void equations_equilibrate(struct normal_equations *equations, size_t j, double square, double about_zero);

/* Counts the eigenvalues of at most tolerance times the largest; an orthonormal basis, in chain
 * weights W_j = v_j s_j / t_j, of the directions in which A does not see a change:
 * v = D q for its eigenvectors q of those values. Errors: MEMORY. */
gemml_status equations_span_null_space(struct normal_equations *equations, double tolerance);

/* rank, from nullity and equilibration. */
void equations_count_rank(struct normal_equations *equations);

#endif

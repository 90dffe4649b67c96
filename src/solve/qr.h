/* Least squares by QR of the columns, and by the singular values of the triangle.
 *
 * With the symbols of normal_equations.h and the triangle of fold/triangle.h,
 *
 *   sqrt(W) (1, U, y - m_y) = Q [ r_00  .    .  ]      the ones first: U is centred
 *                               [       T   T_y ]
 *                               [           T_yy]
 *   [ T D            T_y  ]         [ R  Q'y ]          ridge by appended rows; D equilibrates
 *   [ sqrt(Lambda) D  0   ] = Q_2   [ 0   .  ]
 *
 *   R (v / D) = Q'y                                     qr
 *   R = U S V',  v / D = V inv(S) U' Q'y                svd; values of at most
 *                                                       max(n, p) u times the largest count as zero
 *
 * Nothing is squared: the error is about condition * u, where the normal equations have
 * condition^2 * u (Golub 1965; Bjorck, Numerical Methods for Least Squares Problems, 1996,
 * sections 2.4, 2.6 and 2.8.1). Weights enter by their roots here alone: refinement uses
 * them, and lambda, themselves. */
#ifndef GEMML_SOLVE_QR_H
#define GEMML_SOLVE_QR_H

#include "fold/triangle.h"
#include "solve/normal_equations.h"

/* The factor R. Overwrites the triangle. Errors: MEMORY. */
gemml_status qr_make(struct normal_equations *equations, struct triangle *triangle, const struct input_map *map,
                     bool intercept, double lambda, double sum_weight);

/* Could the rank be deficient? By the estimated condition, with a margin. */
bool qr_rank_is_doubtful(const struct normal_equations *equations, size_t rows);

/* svd.c: replaces the R of qr_make by its singular values and vectors; finds rank and null
 * space. Errors: MEMORY, UNSUPPORTED (LAPACK's iteration failed). */
gemml_status svd_factor(struct normal_equations *equations, size_t rows);

/* svd.c: the columns that depend on columns before them, in order, the intercept being the
 * first: aliased[j] for p columns. As R's lm names them: a column is dependent when 1e-7 of it, or
 * less, is not in the span of the columns kept so far; where that finds fewer independent columns
 * than the rank, a tenth of the tolerance. Errors: MEMORY. */
gemml_status svd_aliased(const struct normal_equations *equations, bool *aliased);

/* Singular values of at most this times the largest count as zero: max(n, p) 2^-52, but
 * rows beyond a block of 1024 do not count: errors of a tree of blocks hardly grow with them. */
double svd_tolerance(const struct normal_equations *equations, size_t rows);

#endif

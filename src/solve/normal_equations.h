/* The normal equations of penalised least squares, from the Gram matrix.
 *
 *   minimise  1/2 sum_i w_i (y_i - alpha - x_i beta)^2 + lambda/2 sum_j (beta_j / t_j)^2
 *
 * for each output, where t is the input map's scale, so that beta_j / t_j is the
 * chain's weight W_j. Symbols:
 *
 *   n rows, p features, K outputs, W = sum w
 *   s      powers of two that bring each column near 1 (exact)
 *   m      the centre: the means with an intercept; else the input map's shift (0 without a map)
 *   u_j    = (x_j - m_j) s_j, the centred columns;  v_j = beta_j / s_j their coefficients
 *   A      = D (U'WU + diag(lambda_j)) D, lambda_j = lambda (s_j / t_j)^2, D powers of two
 *            that bring A's diagonal into [1/2, 2): equilibrated, A has within a small factor
 *            the least condition that scaling can give (van der Sluis 1969)
 *
 * A = R'R by Cholesky, or with R from QR of the columns themselves (qr.h); where A is
 * singular to working precision, by its eigenvectors, or the singular vectors of R (svd.h),
 * and v is the solution whose chain weights have the least norm. */
#ifndef GEMML_SOLVE_NORMAL_EQUATIONS_H
#define GEMML_SOLVE_NORMAL_EQUATIONS_H

#include "chain/model.h"
#include "fold/gram.h"

struct normal_equations {
    size_t features, outputs;
    gemml_solver solver; /* what made the factor: CHOLESKY, QR or SVD */
    bool intercept;
    double sum_weight;
    double *scale;         /* s: p + K entries, outputs last */
    double *center;        /* m: p + K entries, in original units */
    double *center_rest;   /* what its rounding lost: the mean is center + center_rest */
    double *to_chain;      /* s_j / t_j: v_j to chain weight: p */
    double *penalty;       /* lambda_j: p */
    double *square;        /* sum w u_j^2: p */
    double *equilibration; /* d_j: p; 0 for a column that is constant (zero, without an intercept) */
    double *rhs;           /* U'W(y - m_y) s_y: p x K; of CHOLESKY */
    double *projected;     /* Q'(y - m_y) s_y: p x K; of QR and SVD (there in the basis of left vectors) */
    double *least;         /* K: what of |y - m_y|^2 s_y^2 lies outside the columns; likewise, one allocation */
    double *tss;           /* sum w (y - m_y)^2 s_y^2: K; 0, and rhs too, for a constant target */
    double *factor;        /* p x p: R, or A's eigenvectors (right singular vectors of R) as rows */
    double *eigenvalues;   /* p, ascending (squares of singular values); NULL: factor is R */
    double *null_space;    /* nullity x p, orthonormal in chain weights; NULL: none */
    size_t nullity;        /* of the columns that are not constant */
    size_t rank;           /* of the columns, the intercept included */
    double rcond;          /* of A, in the 1-norm: about 1 / condition^2; 0 when singular */
    double *work;          /* p */
};

/* Builds and factors. `map` is the identity or the fitted input map. The Gram
 * matrix is re-centred in place. Errors: MEMORY. */
gemml_status normal_equations_make(struct normal_equations *equations, struct gram *gram, const struct input_map *map,
                                   bool intercept, double lambda);

/* The rcond below which A is singular to working precision: rounding in A, of relative size of
 * a few p u, is then as large as its least eigenvalue. */
double normal_equations_singular(size_t p);

/* The same where rcond is at least `least`; otherwise *good is false, and equations
 * has nothing to be freed. */
gemml_status normal_equations_try(struct normal_equations *equations, struct gram *gram, const struct input_map *map,
                                  bool intercept, double lambda, double least, bool *good);
void normal_equations_free(struct normal_equations *equations);

/* The solution v (p) of output k by the factor, before refinement, and its rss. */
gemml_status normal_equations_start(struct normal_equations *equations, size_t k, double *v, double *rss);

/* x = inv(U'WU + diag(lambda)) x for one right-hand side of p entries, by the
 * factor; the generalised inverse where A is singular. */
gemml_status normal_equations_solve(struct normal_equations *equations, double *x);

/* The 2-norm condition of the centred, equilibrated columns, estimated; infinite when A is singular. */
double normal_equations_condition(const struct normal_equations *equations);

/* A root of the (generalised) inverse: D inv(A) D = (D root)(D root)'. root is p x rank,
 * contiguous, of up to p^2 entries: inv(R), or the eigenvectors of A over the roots of
 * their eigenvalues. Cost: p^3/3. Errors: SHAPE. */
gemml_status normal_equations_root(const struct normal_equations *equations, double *root, size_t *rank);

/* The largest eigenvalue of F's Hessian over W: of the (p + 1) x (p + 1) second
 * moments of (chain inputs, 1) plus lambda / W, by power iteration; within 1% or
 * so from below. Does not need the factor: works on a Gram matrix as folded.
 * Errors: MEMORY. */
gemml_status normal_equations_largest_eigenvalue(const struct gram *gram, const struct input_map *map, bool intercept,
                                                 double lambda, double *value);

#endif

/* Factorisations, in double only, called column-major: the row-major upper
 * triangle here is LAPACK's lower one. Inputs must be finite: LAPACK's checks
 * are off. Between linalg_enter and linalg_leave. */
#ifndef GEMML_KERNEL_LINALG_LAPACK_H
#define GEMML_KERNEL_LINALG_LAPACK_H

#include <stdbool.h>

#include <gemml/base.h>

/* A = U'U in place, A symmetric positive definite n x n given by its row-major
 * upper triangle. *definite is false when a pivot was not positive. Errors: SHAPE, MEMORY. */
gemml_status lapack_cholesky(size_t n, double *A, size_t lda, bool *definite);

/* |A|_1 of a symmetric n x n A from its row-major upper triangle, contiguous;
 * sums is work space for n numbers. */
double lapack_symmetric_norm(size_t n, const double *A, double *sums);

/* 1 / (|A|_1 |inv A|_1) from A's Cholesky factor and its 1-norm: exact up to
 * n = 16, LAPACK's estimate above. Errors: SHAPE, MEMORY. */
gemml_status lapack_cholesky_rcond(size_t n, const double *U, size_t ldu, double norm, double *rcond);

/* A = inv(U'U), upper triangle, in place of U. Errors: SHAPE. */
gemml_status lapack_cholesky_inverse(size_t n, double *U, size_t ldu);

/* U = inv(U), upper triangular, no zero on the diagonal. Errors: SHAPE. */
gemml_status lapack_triangular_inverse(size_t n, double *U, size_t ldu);

/* 1 / (|U| |inv U|), an estimate in the infinity norm, of an upper triangular U. Errors: SHAPE, MEMORY. */
gemml_status lapack_triangular_rcond(size_t n, const double *U, size_t ldu, double *rcond);

/* R := the triangular factor of [R; B]. These two are column-major: R (n x n) upper
 * triangular, B (m x n), of which the last `trapezoid` rows (at most n) are upper
 * trapezoidal, is overwritten. work: lapack_qr_work(n) numbers. Errors: SHAPE. */
gemml_status lapack_qr_update(size_t n, double *R, size_t ldr, size_t m, size_t trapezoid, double *B, size_t ldb,
                              double *work);
size_t lapack_qr_work(size_t n);

/* A = sum_i values_i u_i v_i' of an n x n A, which is overwritten: values ascending, u_i the
 * columns of U and v_i the rows of V, both n x n and contiguous. Errors: SHAPE, MEMORY. */
gemml_status lapack_svd(size_t n, double *A, size_t lda, double *values, double *U, double *V);

/* Eigenvalues (ascending) and orthonormal eigenvectors (row i of A belongs to
 * value i) of a symmetric A given by its row-major upper triangle. */
gemml_status lapack_symmetric_eigen(size_t n, double *A, size_t lda, double *values);

/* Overwrites the k rows (k <= n, length n) of A by an orthonormal basis of the
 * space they span; they must be linearly independent. */
gemml_status lapack_orthonormalise(size_t k, size_t n, double *A, size_t lda);

/* The first k rows (0 < k <= n) of A, n x n and contiguous, are overwritten by an orthonormal basis Q of the space
 * they span, and the other rows by one of its complement. L (k x k, lower triangular; NULL: not wanted): the
 * rows were L Q. 4 n^2 k flops. Errors: SHAPE, MEMORY. */
gemml_status lapack_complete(size_t k, size_t n, double *A, double *L);

#endif

/* Dense linear algebra on reals: the only callers of CBLAS (and, in
 * linalg_lapack.c, of LAPACKE).
 *
 * Matrices are row-major; ld is the distance of rows in elements. Dimensions
 * are size_t: what is larger than BLAS's int is cut into blocks; a leading
 * dimension that does not fit is refused (sources copy such rows first).
 * Every call runs on one BLAS thread, between linalg_enter and linalg_leave. */
#ifndef GEMML_KERNEL_LINALG_H
#define GEMML_KERNEL_LINALG_H

#include <stdbool.h>

#include "kernel/ahead.h"
#include "kernel/linalg_guard.h"
#include "kernel/real.h"

/* C = alpha op(A) op(B) + beta C; op(A) is m x k, op(B) k x n, C m x n; op is
 * the transpose where the flag is set. Errors: SHAPE (ld). */
gemml_status R(gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                     size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc);

/* Where the bits of a row must not depend on the rows beside it, their number is a multiple of
 * this, so that BLAS treats none as an edge. */
#define GEMM_ROWS_ALIKE 48

/* C = A B + beta C, where in double the bits of a row of C do not depend on m, a multiple of
 * GEMM_ROWS_ALIKE. BLAS may have kernels for small products that sum in another order: where m
 * could decide which are taken, all products are of as few rows. Errors: SHAPE (ld). */
gemml_status R(gemm_alike)(size_t m, size_t n, size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                           real beta, real *C, size_t ldc);

/* y = alpha op(A) x + beta y; A is m x n as stored. Errors: SHAPE (ld). */
gemml_status R(gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                     size_t incx, real beta, real *y, size_t incy);

/* y = A x + beta y for the m x k A, where in double the bits of an element of y depend neither on m,
 * a multiple of GEMM_ROWS_ALIKE, nor on where in memory its row lies. Errors: SHAPE (ld). */
gemml_status R(gemv_alike)(size_t m, size_t k, const real *A, size_t lda, const real *x, real beta, real *y);

/* y_i += a_i' x for the m rows a_i of A (m x n), one after the other, so that memory is read in
 * order and the bits of y_i depend on no other row. For rows that are long enough to be a call. Each is a part of
 * what is asked for ahead. */
void R(gemv_rows)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead);

/* y = A x + y likewise, by as many rows at a time as are worth a call. Errors: SHAPE (ld). */
gemml_status R(gemv_pieces)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead);

/* C = alpha A'A + beta C, upper triangle of the n x n C only; A is k x n.
 * Errors: SHAPE (ld). */
gemml_status R(syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc);

/* C += A'A with A k x n, for small n: the upper triangle of C is right, and what stands below it is
 * overwritten too (numbers that nobody should look at). Faster than syrk where BLAS has kernels for
 * small products. Errors: SHAPE (ld). */
gemml_status R(syrk_square)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);

/* The same with A turned, n x k: C += A A'. For very small n faster than that: the kernels then read vectors of
 * both operands. */
gemml_status R(syrk_turned)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);

/* B = inv(op(U)) B, U upper triangular n x n, B n x k. Errors: SHAPE (ld). */
gemml_status R(trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb);

/* B = A' for the m x n A. Errors: SHAPE (ld). */
gemml_status R(transpose)(size_t m, size_t n, const real *A, size_t lda, real *B, size_t ldb);

/* y += alpha x. */
void R(axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy);

/* x *= alpha. */
void R(scal)(size_t n, real alpha, real *x, size_t incx);

/* sum x_i y_i. */
real R(dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy);

/* The largest dimension that one BLAS call is given. Lowered by tests. */
extern size_t R(linalg_chunk);

#endif

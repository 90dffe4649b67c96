/* Wrappers (the linker's --wrap) around the seams of the library, which count and go on:
 * sources, the scan for non-finite numbers, and calls of BLAS. Compiled once per precision. */
#include "counts.h"
#include "fold/source.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"

/* R(gemm) becomes WRAPPED(gemm) where it is called, and is REAL(gemm) here. */
#define WRAPPED(name) R(__wrap_##name)
#define REAL(name) R(__real_##name)

static gemml_status (*block_of_view)(const struct source *, size_t, size_t, void *, struct block *);

static gemml_status counting_block(const struct source *source, size_t first, size_t count, void *scratch,
                                   struct block *block)
{
    counted[COUNT_ROWS] += count;
    return block_of_view(source, first, count, scratch, block);
}

struct view_source REAL(view_source)(gemml_view x, gemml_view y, gemml_view weight);
struct view_source WRAPPED(view_source)(gemml_view x, gemml_view y, gemml_view weight);
struct view_source WRAPPED(view_source)(gemml_view x, gemml_view y, gemml_view weight)
{
    struct view_source source = REAL(view_source)(x, y, weight);
    block_of_view = source.source.block;
    source.source.block = counting_block;
    return source;
}

bool REAL(vector_all_finite)(size_t n, const real *x);
bool WRAPPED(vector_all_finite)(size_t n, const real *x);
bool WRAPPED(vector_all_finite)(size_t n, const real *x)
{
    counted[COUNT_SCANNED] += n;
    return REAL(vector_all_finite)(n, x);
}

gemml_status REAL(gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                        size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc);
gemml_status WRAPPED(gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                           size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc);
gemml_status WRAPPED(gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                           size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    counted[COUNT_GEMM]++;
    counted[COUNT_PRODUCTS] += m * n * k;
    return REAL(gemm)(transpose_a, transpose_b, m, n, k, alpha, A, lda, B, ldb, beta, C, ldc);
}

gemml_status REAL(gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                        size_t incx, real beta, real *y, size_t incy);
gemml_status WRAPPED(gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                           size_t incx, real beta, real *y, size_t incy);
gemml_status WRAPPED(gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                           size_t incx, real beta, real *y, size_t incy)
{
    counted[COUNT_GEMV]++;
    counted[COUNT_PRODUCTS] += m * n;
    return REAL(gemv)(transpose, m, n, alpha, A, lda, x, incx, beta, y, incy);
}

gemml_status REAL(syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc);
gemml_status WRAPPED(syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc);
gemml_status WRAPPED(syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc)
{
    counted[COUNT_SYRK]++;
    counted[COUNT_PRODUCTS] += n * (n + 1) / 2 * k;
    return REAL(syrk)(n, k, alpha, A, lda, beta, C, ldc);
}

/* What linalg.c makes of the others inside counts as one call each: the linker wraps between files only. */

gemml_status REAL(gemm_alike)(size_t m, size_t n, size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                              real beta, real *C, size_t ldc);
gemml_status WRAPPED(gemm_alike)(size_t m, size_t n, size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                                 real beta, real *C, size_t ldc);
gemml_status WRAPPED(gemm_alike)(size_t m, size_t n, size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                                 real beta, real *C, size_t ldc)
{
    counted[COUNT_GEMM]++;
    counted[COUNT_PRODUCTS] += m * n * k;
    return REAL(gemm_alike)(m, n, k, A, lda, B, ldb, beta, C, ldc);
}

gemml_status REAL(gemv_alike)(size_t m, size_t k, const real *A, size_t lda, const real *x, real beta, real *y);
gemml_status WRAPPED(gemv_alike)(size_t m, size_t k, const real *A, size_t lda, const real *x, real beta, real *y);
gemml_status WRAPPED(gemv_alike)(size_t m, size_t k, const real *A, size_t lda, const real *x, real beta, real *y)
{
    counted[COUNT_GEMV]++;
    counted[COUNT_PRODUCTS] += m * k;
    return REAL(gemv_alike)(m, k, A, lda, x, beta, y);
}

void REAL(gemv_rows)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead);
void WRAPPED(gemv_rows)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead);
void WRAPPED(gemv_rows)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead)
{
    counted[COUNT_GEMV]++;
    counted[COUNT_PRODUCTS] += m * n;
    REAL(gemv_rows)(m, n, A, lda, x, y, ahead);
}

gemml_status REAL(gemv_pieces)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y,
                               struct ahead *ahead);
gemml_status WRAPPED(gemv_pieces)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y,
                                  struct ahead *ahead);
gemml_status WRAPPED(gemv_pieces)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y,
                                  struct ahead *ahead)
{
    counted[COUNT_GEMV]++;
    counted[COUNT_PRODUCTS] += m * n;
    return REAL(gemv_pieces)(m, n, A, lda, x, y, ahead);
}

gemml_status REAL(syrk_square)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);
gemml_status WRAPPED(syrk_square)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);
gemml_status WRAPPED(syrk_square)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc)
{
    counted[COUNT_SYRK]++;
    counted[COUNT_PRODUCTS] += n * (n + 1) / 2 * k;
    return REAL(syrk_square)(n, k, A, lda, C, ldc);
}

gemml_status REAL(syrk_turned)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);
gemml_status WRAPPED(syrk_turned)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc);
gemml_status WRAPPED(syrk_turned)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc)
{
    counted[COUNT_SYRK]++;
    counted[COUNT_PRODUCTS] += n * (n + 1) / 2 * k;
    return REAL(syrk_turned)(n, k, A, lda, C, ldc);
}

gemml_status REAL(trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb);
gemml_status WRAPPED(trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb);
gemml_status WRAPPED(trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb)
{
    counted[COUNT_PRODUCTS] += n * (n + 1) / 2 * k;
    return REAL(trsm)(transpose, n, k, U, ldu, B, ldb);
}

void REAL(axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy);
void WRAPPED(axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy);
void WRAPPED(axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy)
{
    counted[COUNT_LEVEL_1]++;
    REAL(axpy)(n, alpha, x, incx, y, incy);
}

void REAL(scal)(size_t n, real alpha, real *x, size_t incx);
void WRAPPED(scal)(size_t n, real alpha, real *x, size_t incx);
void WRAPPED(scal)(size_t n, real alpha, real *x, size_t incx)
{
    counted[COUNT_LEVEL_1]++;
    REAL(scal)(n, alpha, x, incx);
}

real REAL(dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy);
real WRAPPED(dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy);
real WRAPPED(dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy)
{
    counted[COUNT_LEVEL_1]++;
    return REAL(dot)(n, x, incx, y, incy);
}

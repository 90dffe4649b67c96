/* The calls of CBLAS. Each function cuts its dimensions into chunks that BLAS's
 * int can hold; nothing else in the library calls BLAS. */
#include "kernel/linalg.h"

#include <cblas.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>

#include "util/error.h"

#if defined(GEMML_REAL_F32)
#define BLAS(name) cblas_s##name
#else
#define BLAS(name) cblas_d##name
#endif

/* 2^30: a multiple of every kernel's unrolling, and 2^30 strides of up to one fit an int. */
size_t R(linalg_chunk) = (size_t)1 << 30;

static inline size_t chunk_of(size_t left)
{
    return left < R(linalg_chunk) ? left : R(linalg_chunk);
}

static CBLAS_TRANSPOSE transposed(bool transpose)
{
    return transpose ? CblasTrans : CblasNoTrans;
}

/* BLAS wants ld >= 1 even of an empty matrix, and takes an int. */
static gemml_status narrow_ld(size_t ld, int *narrow)
{
    if (ld > INT_MAX)
        return error_set(GEMML_ERROR_SHAPE, "a row stride of %zu elements is more than BLAS can address (%d)", ld,
                         INT_MAX);
    *narrow = ld > 0 ? (int)ld : 1;
    return GEMML_OK;
}

/* An increment larger than the chunk's int arithmetic can hold is walked one
 * element at a time; such a vector spans gigabytes, and is never in a hot loop. */
static inline size_t vector_chunk(size_t left, size_t incx, size_t incy)
{
    size_t inc = incx > incy ? incx : incy, count = chunk_of(left);
    if (inc <= 1) /* nearly always; a division takes as long as a short product */
        return count;
    size_t most = (size_t)INT_MAX / inc;
    return count < most ? count : (most > 0 ? most : 1);
}

static inline int narrow_inc(size_t count, size_t inc)
{
    return count == 1 ? 1 : (int)inc;
}

static void scale_matrix(size_t m, size_t n, real beta, real *C, size_t ldc)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            C[i * ldc + j] = beta == 0 ? 0 : beta * C[i * ldc + j];
}

gemml_status R(gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                     size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    int a, b, c;
    TRY(narrow_ld(lda, &a));
    TRY(narrow_ld(ldb, &b));
    TRY(narrow_ld(ldc, &c));
    if (k == 0)
        scale_matrix(m, n, beta, C, ldc);
    for (size_t i = 0, di; i < m; i += di) {
        di = chunk_of(m - i);
        for (size_t j = 0, dj; j < n; j += dj) {
            dj = chunk_of(n - j);
            for (size_t l = 0, dl; l < k; l += dl) {
                dl = chunk_of(k - l);
                BLAS(gemm)
                (CblasRowMajor, transposed(transpose_a), transposed(transpose_b), (int)di, (int)dj, (int)dl, alpha,
                 A + (transpose_a ? l * lda + i : i * lda + l), a, B + (transpose_b ? j * ldb + l : l * ldb + j), b,
                 l == 0 ? beta : 1, C + i * ldc + j, c);
            }
        }
    }
    return GEMML_OK;
}

/* y (count) = beta y. */
static void scale_vector(size_t count, real beta, real *y, size_t incy)
{
    for (size_t i = 0; i < count; i++)
        y[i * incy] = beta == 0 ? 0 : beta * y[i * incy];
}

gemml_status R(gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                     size_t incx, real beta, real *y, size_t incy)
{
    int a;
    TRY(narrow_ld(lda, &a));
    size_t inner = transpose ? m : n, outer = transpose ? n : m;
    if (inner == 0)
        scale_vector(outer, beta, y, incy);
    for (size_t i = 0, di; i < outer && inner > 0; i += di) {
        di = vector_chunk(outer - i, incy, 1);
        for (size_t l = 0, dl; l < inner; l += dl) {
            dl = vector_chunk(inner - l, incx, 1);
            BLAS(gemv)
            (CblasRowMajor, transposed(transpose), (int)(transpose ? dl : di), (int)(transpose ? di : dl), alpha,
             A + (transpose ? l * lda + i : i * lda + l), a, x + l * incx, narrow_inc(dl, incx), l == 0 ? beta : 1,
             y + i * incy, narrow_inc(di, incy));
        }
    }
    return GEMML_OK;
}

/* ---- Rows alike: bits that do not depend on where a row stands ------------------ */

/* Multiplications in a product that BLAS may take for small, at most: OpenBLAS 0.3.21 does up to
 * 10^6 with AVX-512. */
#define SMALL_PRODUCT 0x1p21

gemml_status R(gemm_alike)(size_t m, size_t n, size_t k, const real *A, size_t lda, const real *B, size_t ldb,
                           real beta, real *C, size_t ldc)
{
    bool small = GEMM_ROWS_ALIKE * (double)n * (double)k <= SMALL_PRODUCT;
    size_t rows = small ? GEMM_ROWS_ALIKE : m;
    for (size_t i = 0, di; i < m; i += di) {
        di = m - i < rows ? m - i : rows;
        TRY(R(gemm)(false, false, di, n, k, 1, A + i * lda, lda, B, ldb, beta, C + i * ldc, ldc));
    }
    return GEMML_OK;
}

enum { PROBE_ROWS = 4, PROBE_LENGTH = 32 };

/* The first of a few rows of k numbers times w, from `offset` elements behind a boundary of 64 bytes. */
static real probe_row(size_t k, size_t offset)
{
    _Alignas(64) real A[PROBE_ROWS * PROBE_LENGTH + 1];
    real w[PROBE_LENGTH], y[PROBE_ROWS] = {0};
    for (size_t j = 0; j < PROBE_LENGTH; j++) {
        w[j] = 1 / ((real)j + 3);
        for (size_t i = 0; i < PROBE_ROWS; i++)
            A[offset + i * PROBE_LENGTH + j] = (j % 3 ? 1 : -1) / ((real)j + 7);
    }
    BLAS(gemv)
    (CblasRowMajor, CblasNoTrans, PROBE_ROWS, (int)k, 1, A + offset, PROBE_LENGTH, w, 1, 1, y, 1);
    return y[0];
}

/* OpenBLAS's gemv for processors without AVX adds in another order where a row does not begin at
 * a multiple of 16 bytes. Rounding shows it in some lengths. */
static bool gemv_is_alike(void)
{
    enum { UNKNOWN, ALIKE, NOT_ALIKE };
    static atomic_int known;
    int found = atomic_load(&known);
    if (found == UNKNOWN) {
        found = ALIKE;
        for (size_t k = 1; k <= PROBE_LENGTH; k++) {
            real here = probe_row(k, 0), there = probe_row(k, 1);
            if (memcmp(&here, &there, sizeof here) != 0)
                found = NOT_ALIKE;
        }
        atomic_store(&known, found);
    }
    return found == ALIKE;
}

gemml_status R(gemv_alike)(size_t m, size_t k, const real *A, size_t lda, const real *x, real beta, real *y)
{
    if (gemv_is_alike())
        return R(gemv)(false, m, k, 1, A, lda, x, 1, beta, y, 1);
    return R(gemm_alike)(m, 1, k, A, lda, x, 1, beta, y, 1);
}

/* ---- Rows in order --------------------------------------------------------------- */

void R(gemv_rows)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead)
{
    R(ahead_share)(ahead, m);
    for (size_t i = 0; i < m; i++) {
        ahead_part(ahead);
        y[i] += R(dot)(n, A + i * lda, 1, x, 1);
    }
}

gemml_status R(gemv_pieces)(size_t m, size_t n, const real *A, size_t lda, const real *x, real *y, struct ahead *ahead)
{
    enum { PIECE = 6144 / sizeof(real), MULTIPLE = 8 }; /* numbers; rows that BLAS's kernels take at a time */
    size_t rows = PIECE / (n + 1) / MULTIPLE * MULTIPLE;
    rows = ahead->rows == 0 || m < rows ? m + 1 : rows > 0 ? rows : MULTIPLE;
    R(ahead_share)(ahead, (m + rows - 1) / rows);
    for (size_t i = 0; i < m; i += rows) {
        ahead_part(ahead);
        TRY(R(gemv)(false, m - i < rows ? m - i : rows, n, 1, A + i * lda, lda, x, 1, 1, y + i, 1));
    }
    return GEMML_OK;
}

gemml_status R(syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc)
{
    int a, c;
    TRY(narrow_ld(lda, &a));
    TRY(narrow_ld(ldc, &c));
    if (k == 0) {
        for (size_t i = 0; i < n; i++)
            scale_vector(n - i, beta, C + i * ldc + i, 1);
        return GEMML_OK;
    }
    for (size_t i = 0, di; i < n; i += di) {
        di = chunk_of(n - i);
        for (size_t l = 0, dl; l < k; l += dl) {
            dl = chunk_of(k - l);
            BLAS(syrk)
            (CblasRowMajor, CblasUpper, CblasTrans, (int)di, (int)dl, alpha, A + l * lda + i, a, l == 0 ? beta : 1,
             C + i * ldc + i, c);
        }
        /* The rectangle to the right of the diagonal block. */
        TRY(R(gemm)(true, false, di, n - i - di, k, alpha, A + i, lda, A + i + di, lda, beta, C + i * ldc + i + di,
                    ldc));
    }
    return GEMML_OK;
}

/* Has BLAS kernels that read the operands of a small product where they stand? OpenBLAS has with AVX-512.
 * Elsewhere each product copies both operands first, and cutting it into strips costs more than it saves. */
static bool reads_in_place(void)
{
    static const char *const cores[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    const char *core = openblas_get_corename();
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
        if (strcmp(core, cores[i]) == 0)
            return true;
    return false;
}

/* Of a strip of C: those kernels take 6 rows and 8, 16 or 32 columns at a time. A strip does more than the
 * triangle needs, by half its height; the widest keeps below the limit of what counts as small. */
enum { STRIP_ROWS = 24, STRIPS_WIDTH = 512 };

/* Rows of A for a pass of strips: so many that they stay in the nearest cache, or nearly. */
static size_t strip_depth(size_t n)
{
    size_t depth = 8192 / n / 8 * 8;
    return depth < 64 ? 64 : depth > 256 ? 256 : depth;
}

gemml_status R(syrk_square)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc)
{
    if (n == 0 || n > STRIPS_WIDTH || !reads_in_place())
        return R(syrk)(n, k, 1, A, lda, 1, C, ldc);
    for (size_t l = 0, dl; l < k; l += dl) {
        const real *part = A + l * lda;
        dl = k - l < strip_depth(n) ? k - l : strip_depth(n);
        for (size_t i = 0; i < n; i += STRIP_ROWS)
            TRY(R(gemm)(true, false, n - i < STRIP_ROWS ? n - i : STRIP_ROWS, n - i, dl, 1, part + i, lda, part + i,
                        lda, 1, C + i * ldc + i, ldc));
    }
    return GEMML_OK;
}

/* Where A is turned, they take 4 rows and 4 columns at a time, and k by vectors. */
gemml_status R(syrk_turned)(size_t n, size_t k, const real *A, size_t lda, real *C, size_t ldc)
{
    enum { ROWS = 4 };
    bool in_place = reads_in_place();
    int a, c;
    TRY(narrow_ld(lda, &a));
    TRY(narrow_ld(ldc, &c));
    for (size_t l = 0, dl; l < k; l += dl) {
        dl = chunk_of(k - l);
        if (!in_place)
            BLAS(syrk)(CblasRowMajor, CblasUpper, CblasNoTrans, (int)n, (int)dl, 1, A + l, a, 1, C, c);
        for (size_t i = 0; i < n && in_place; i += ROWS)
            TRY(R(gemm)(false, true, n - i < ROWS ? n - i : ROWS, n - i, dl, 1, A + i * lda + l, lda, A + i * lda + l,
                        lda, 1, C + i * ldc + i, ldc));
    }
    return GEMML_OK;
}

/* One block; a vector by itself, for which trsm would copy the triangle. */
static void solve_triangle(bool transpose, int n, int k, const real *U, int ldu, real *B, int ldb)
{
    if (k == 1)
        BLAS(trsv)(CblasRowMajor, CblasUpper, transposed(transpose), CblasNonUnit, n, U, ldu, B, ldb);
    else
        BLAS(trsm)
    (CblasRowMajor, CblasLeft, CblasUpper, transposed(transpose), CblasNonUnit, n, k, 1, U, ldu, B, ldb);
}

/* Solves U X = B from the last diagonal block up, U' X = B from the first down:
 * each block by BLAS, then its part is taken from the right-hand sides left. */
gemml_status R(trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb)
{
    int u, b;
    TRY(narrow_ld(ldu, &u));
    TRY(narrow_ld(ldb, &b));
    for (size_t done = 0, di; done < n; done += di) {
        di = chunk_of(n - done);
        size_t i = transpose ? done : n - done - di;
        for (size_t j = 0, dj; j < k; j += dj) {
            dj = chunk_of(k - j);
            solve_triangle(transpose, (int)di, (int)dj, U + i * ldu + i, u, B + i * ldb + j, b);
        }
        if (transpose)
            TRY(R(gemm)(true, false, n - i - di, k, di, -1, U + i * ldu + i + di, ldu, B + i * ldb, ldb, 1,
                        B + (i + di) * ldb, ldb));
        else
            TRY(R(gemm)(false, false, i, k, di, -1, U + i, ldu, B + i * ldb, ldb, 1, B, ldb));
    }
    return GEMML_OK;
}

gemml_status R(transpose)(size_t m, size_t n, const real *A, size_t lda, real *B, size_t ldb)
{
    int a, b;
    TRY(narrow_ld(lda, &a));
    TRY(narrow_ld(ldb, &b));
    for (size_t i = 0, di; i < m; i += di) {
        di = chunk_of(m - i);
        for (size_t j = 0, dj; j < n; j += dj) {
            dj = chunk_of(n - j);
            BLAS(omatcopy)(CblasRowMajor, CblasTrans, (int)di, (int)dj, 1, A + i * lda + j, a, B + j * ldb + i, b);
        }
    }
    return GEMML_OK;
}

void R(axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy)
{
    for (size_t i = 0, di; i < n; i += di) {
        di = vector_chunk(n - i, incx, incy);
        BLAS(axpy)((int)di, alpha, x + i * incx, narrow_inc(di, incx), y + i * incy, narrow_inc(di, incy));
    }
}

void R(scal)(size_t n, real alpha, real *x, size_t incx)
{
    for (size_t i = 0, di; i < n; i += di) {
        di = vector_chunk(n - i, incx, 1);
        BLAS(scal)((int)di, alpha, x + i * incx, narrow_inc(di, incx));
    }
}

real R(dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy)
{
    real sum = 0;
    for (size_t i = 0, di; i < n; i += di) {
        di = vector_chunk(n - i, incx, incy);
        sum += BLAS(dot)((int)di, x + i * incx, narrow_inc(di, incx), y + i * incy, narrow_inc(di, incy));
    }
    return sum;
}

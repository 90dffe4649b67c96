/* kernel/linalg against its plain-loop twin: random operands, one residual.
 *
 * Every operand has padded rows; the padding, and the triangles that an
 * operation neither reads nor writes, hold one NaN. If it is read, the result is
 * NaN; if it is written, its bits change. Everything runs twice: as it is, and
 * with chunks of seven, so that the code for dimensions beyond BLAS's int does. */
#include "kernel/linalg.h"

#include <limits.h>
#include <math.h>

#include "naive/naive.h"
#include "support/support.h"

/* Entries are below 1, so that a sum of k products has an error of about k
 * roundings at most; the residual is relative to k + 1. */
#define THRESHOLD (4 * (double)REAL_EPSILON)
#define MANY ((size_t)1 << 30)

static const size_t sizes[] = {0, 1, 2, 7, 16, 31, 65};
#define SIZES (sizeof sizes / sizeof sizes[0])

static const real factors[][2] = {{1, 0}, {REAL_C(-0.5), 1}, {2, REAL_C(0.25)}};
#define FACTORS (sizeof factors / sizeof factors[0])

static uint64_t state;

static real random_real(void)
{
    return (real)test_random(&state);
}

/* A matrix with padded rows. */
struct padded {
    size_t rows, cols, ld;
    real *data;
};

static struct padded matrix_make(size_t rows, size_t cols)
{
    struct padded matrix = {rows, cols, cols + 3, NULL};
    size_t count = rows * matrix.ld;
    matrix.data = malloc((count + 1) * sizeof(real));
    for (size_t i = 0; i < count; i++)
        matrix.data[i] = i % matrix.ld < cols ? random_real() : (real)NAN;
    return matrix;
}

/* A vector as a matrix of one column whose row distance is the increment. */
static struct padded vector_make(size_t n, size_t inc)
{
    struct padded vector = {n, 1, inc, malloc((n * inc + 1) * sizeof(real))};
    for (size_t i = 0; i < n * inc; i++)
        vector.data[i] = i % inc == 0 ? random_real() : (real)NAN;
    return vector;
}

static struct padded matrix_copy(struct padded source)
{
    struct padded copy = source;
    size_t bytes = source.rows * source.ld * sizeof(real);
    copy.data = malloc(bytes + sizeof(real));
    memcpy(copy.data, source.data, bytes);
    return copy;
}

static void poison(struct padded matrix)
{
    for (size_t i = 0; i < matrix.rows; i++)
        for (size_t j = 0; j < matrix.cols; j++)
            matrix.data[i * matrix.ld + j] = (real)NAN;
}

static void poison_below_diagonal(struct padded matrix)
{
    for (size_t i = 0; i < matrix.rows; i++)
        for (size_t j = 0; j < i; j++)
            matrix.data[i * matrix.ld + j] = (real)NAN;
}

/* The upper triangular system of well-conditioned trsm tests. */
static struct padded triangle_make(size_t n)
{
    struct padded matrix = matrix_make(n, n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            real *entry = matrix.data + i * matrix.ld + j;
            *entry = i == j ? 2 + *entry : *entry / (real)n;
        }
    poison_below_diagonal(matrix);
    return matrix;
}

/* max |value - truth| / (k + 1), with what is NaN in truth still the same NaN in
 * value; frees both. */
static void assert_close(struct padded value, struct padded truth, size_t k)
{
    double most = 0;
    for (size_t i = 0; i < value.rows * value.ld; i++) {
        if (isnan(truth.data[i])) {
            assert_memory_equal(value.data + i, truth.data + i, sizeof(real));
            continue;
        }
        double error = fabs((double)value.data[i] - (double)truth.data[i]) / (double)(k + 1);
        if (!(error <= most))
            most = error;
    }
    free(value.data);
    free(truth.data);
    if (!(most <= THRESHOLD))
        fail_msg("residual %g at %zu x %zu, inner size %zu", most, value.rows, value.cols, k);
}

static void check_gemm(bool ta, bool tb, size_t m, size_t n, size_t k, real alpha, real beta)
{
    struct padded A = ta ? matrix_make(k, m) : matrix_make(m, k);
    struct padded B = tb ? matrix_make(n, k) : matrix_make(k, n);
    struct padded C = matrix_make(m, n);
    if (beta == 0)
        poison(C);
    struct padded truth = matrix_copy(C);
    assert_int_equal(R(gemm)(ta, tb, m, n, k, alpha, A.data, A.ld, B.data, B.ld, beta, C.data, C.ld), GEMML_OK);
    R(naive_gemm)(ta, tb, m, n, k, alpha, A.data, A.ld, B.data, B.ld, beta, truth.data, truth.ld);
    assert_close(C, truth, k);
    free(A.data);
    free(B.data);
}

static void test_gemm(void **unused)
{
    (void)unused;
    size_t turn = 0;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++)
            for (size_t l = 0; l < SIZES; l++)
                for (int transposes = 0; transposes < 4; transposes++, turn++) {
                    const real *factor = factors[turn % FACTORS];
                    check_gemm(transposes & 1, transposes & 2, sizes[i], sizes[j], sizes[l], factor[0], factor[1]);
                }
}

static void check_gemv(bool transpose, size_t m, size_t n, size_t incx, size_t incy, real alpha, real beta)
{
    struct padded A = matrix_make(m, n);
    struct padded x = vector_make(transpose ? m : n, incx), y = vector_make(transpose ? n : m, incy);
    if (beta == 0)
        poison(y);
    struct padded truth = matrix_copy(y);
    assert_int_equal(R(gemv)(transpose, m, n, alpha, A.data, A.ld, x.data, incx, beta, y.data, incy), GEMML_OK);
    R(naive_gemv)(transpose, m, n, alpha, A.data, A.ld, x.data, incx, beta, truth.data, incy);
    assert_close(y, truth, x.rows);
    free(A.data);
    free(x.data);
}

static void test_gemv(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++)
            for (size_t f = 0; f < FACTORS; f++)
                for (int transpose = 0; transpose < 2; transpose++) {
                    check_gemv(transpose, sizes[i], sizes[j], 1, 1, factors[f][0], factors[f][1]);
                    check_gemv(transpose, sizes[i], sizes[j], 3, 2, factors[f][0], factors[f][1]);
                }
}

static void check_gemv_rows(size_t m, size_t n)
{
    struct padded A = matrix_make(m, n), x = vector_make(n, 1), y = vector_make(m, 1);
    struct padded truth = matrix_copy(y), alone = matrix_copy(y), pieces = matrix_copy(y), whole = matrix_copy(y);
    struct ahead none = {0}, ahead = R(ahead_of)(A.data, m, n, A.ld), again = ahead;
    R(ahead_strip)(&ahead, m);
    R(ahead_strip)(&again, m);
    R(gemv_rows)(m, n, A.data, A.ld, x.data, y.data, &ahead);
    assert_int_equal(R(gemv_pieces)(m, n, A.data, A.ld, x.data, pieces.data, &again), GEMML_OK);
    assert_int_equal(R(gemv_pieces)(m, n, A.data, A.ld, x.data, whole.data, &none), GEMML_OK);
    assert_true(ahead.rows == 0 && again.rows == 0); /* all was asked for */
    R(naive_gemv)(false, m, n, 1, A.data, A.ld, x.data, 1, 1, truth.data, 1);
    for (size_t i = 0; i < m; i++) {
        R(gemv_rows)(1, n, A.data + i * A.ld, A.ld, x.data, alone.data + i, &none);
        assert_memory_equal(&alone.data[i], &y.data[i], sizeof(real));
    }
    assert_close(pieces, matrix_copy(truth), n);
    assert_close(whole, matrix_copy(truth), n);
    assert_close(y, truth, n);
    free(A.data);
    free(x.data);
    free(alone.data);
}

/* Also in pieces of several; rows of some hundred elements are asked for before they are needed, longer ones not. */
static void test_gemv_rows(void **unused)
{
    (void)unused;
    const size_t lengths[] = {0, 1, 64, 129, 1000, 5000};
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < sizeof lengths / sizeof lengths[0]; j++)
            check_gemv_rows(sizes[i], lengths[j]);
}

static void test_syrk(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++)
            for (size_t f = 0; f < FACTORS; f++) {
                size_t n = sizes[i], k = sizes[j];
                real alpha = factors[f][0], beta = factors[f][1];
                struct padded A = matrix_make(k, n), C = matrix_make(n, n);
                if (beta == 0)
                    poison(C);
                poison_below_diagonal(C);
                struct padded truth = matrix_copy(C);
                assert_int_equal(R(syrk)(n, k, alpha, A.data, A.ld, beta, C.data, C.ld), GEMML_OK);
                R(naive_syrk)(n, k, alpha, A.data, A.ld, beta, truth.data, truth.ld);
                assert_close(C, truth, k);
                free(A.data);
            }
}

/* The upper triangle; what stands below it is nobody's, but within the matrix. */
static void check_syrk_square(size_t n, size_t k)
{
    struct padded A = matrix_make(k, n), C = matrix_make(n, n);
    struct padded truth = matrix_copy(C);
    assert_int_equal(R(syrk_square)(n, k, A.data, A.ld, C.data, C.ld), GEMML_OK);
    R(naive_syrk)(n, k, 1, A.data, A.ld, 1, truth.data, truth.ld);
    for (size_t i = 0; i < n; i++)
        memcpy(C.data + i * C.ld, truth.data + i * C.ld, i * sizeof(real));
    assert_close(C, truth, k);
    free(A.data);
}

/* The same for a turned A, of which syrk_square's is a copy. */
static void check_syrk_turned(size_t n, size_t k)
{
    struct padded A = matrix_make(k, n), turned = matrix_make(n, k), C = matrix_make(n, n);
    struct padded truth = matrix_copy(C);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < n; j++)
            turned.data[j * turned.ld + i] = A.data[i * A.ld + j];
    assert_int_equal(R(syrk_turned)(n, k, turned.data, turned.ld, C.data, C.ld), GEMML_OK);
    R(naive_syrk)(n, k, 1, A.data, A.ld, 1, truth.data, truth.ld);
    for (size_t i = 0; i < n; i++)
        memcpy(C.data + i * C.ld, truth.data + i * C.ld, i * sizeof(real));
    assert_close(C, truth, k);
    free(A.data);
    free(turned.data);
}

static void test_syrk_turned(void **unused)
{
    (void)unused;
    for (size_t n = 0; n <= 26; n++)
        for (size_t j = 0; j < SIZES; j++)
            check_syrk_turned(n, sizes[j]);
    check_syrk_turned(24, 504);
}

/* Sizes on both sides of strips of 24 rows of C, of what they take of A at a time, and of what is no more small. */
static void test_syrk_square(void **unused)
{
    const size_t more[][2] = {{23, 5}, {24, 300}, {25, 257}, {47, 9}, {48, 170}, {104, 80}, {130, 65}, {520, 3}};
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++)
            check_syrk_square(sizes[i], sizes[j]);
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        check_syrk_square(more[i][0], more[i][1]);
}

static void test_trsm(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++)
            for (int transpose = 0; transpose < 2; transpose++) {
                size_t n = sizes[i], k = sizes[j];
                struct padded U = triangle_make(n), B = matrix_make(n, k);
                struct padded truth = matrix_copy(B);
                assert_int_equal(R(trsm)(transpose, n, k, U.data, U.ld, B.data, B.ld), GEMML_OK);
                R(naive_trsm)(transpose, n, k, U.data, U.ld, truth.data, truth.ld);
                assert_close(B, truth, n);
                free(U.data);
            }
}

static void test_transpose(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t j = 0; j < SIZES; j++) {
            size_t m = sizes[i], n = sizes[j];
            struct padded A = matrix_make(m, n), B = matrix_make(n, m), truth = matrix_copy(B);
            for (size_t row = 0; row < m; row++)
                for (size_t col = 0; col < n; col++)
                    truth.data[col * truth.ld + row] = A.data[row * A.ld + col];
            assert_int_equal(R(transpose)(m, n, A.data, A.ld, B.data, B.ld), GEMML_OK);
            assert_memory_equal(B.data, truth.data, B.rows * B.ld * sizeof(real));
            free(A.data);
            free(B.data);
            free(truth.data);
        }
}

static void check_vectors(size_t n, size_t incx, size_t incy)
{
    struct padded x = vector_make(n, incx), y = vector_make(n, incy);
    double sum = (double)R(naive_dot)(n, x.data, incx, y.data, incy);
    assert_near((double)R(dot)(n, x.data, incx, y.data, incy), sum, THRESHOLD * (double)(n + 1));

    struct padded truth = matrix_copy(y);
    R(axpy)(n, REAL_C(-1.5), x.data, incx, y.data, incy);
    R(naive_axpy)(n, REAL_C(-1.5), x.data, incx, truth.data, incy);
    assert_close(y, truth, 0);

    truth = matrix_copy(x);
    R(scal)(n, REAL_C(0.75), x.data, incx);
    R(naive_scal)(n, REAL_C(0.75), truth.data, incx);
    assert_close(x, truth, 0);
}

static void test_vectors(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < SIZES; i++)
        for (size_t incx = 1; incx <= 3; incx++)
            for (size_t incy = 1; incy <= 3; incy++)
                check_vectors(sizes[i], incx, incy);
}

/* One element is at distance 0 whatever the increment. */
static void test_vectors_huge_increment(void **unused)
{
    (void)unused;
    size_t huge = SIZE_MAX / sizeof(real);
    real x = 3, y = 5;
    R(axpy)(1, 2, &x, huge, &y, huge);
    assert_true(y == 11);
    R(scal)(1, 2, &x, huge);
    assert_true(x == 6);
    assert_true(R(dot)(1, &x, huge, &y, huge) == 66);
}

static void assert_refused(gemml_status status, const real *untouched)
{
    assert_int_equal(status, GEMML_ERROR_SHAPE);
    assert_non_null(strstr(gemml_last_error(), "2147483648"));
    assert_true(*untouched == 1);
}

static void test_stride_beyond_int(void **unused)
{
    (void)unused;
    const size_t huge = (size_t)INT_MAX + 1;
    real a = 1, b = 1, c = 1;
    assert_refused(R(gemm)(false, false, 1, 1, 1, 2, &a, huge, &b, 1, 0, &c, 1), &c);
    assert_refused(R(gemm)(false, false, 1, 1, 1, 2, &a, 1, &b, huge, 0, &c, 1), &c);
    assert_refused(R(gemm)(false, false, 1, 1, 1, 2, &a, 1, &b, 1, 0, &c, huge), &c);
    assert_refused(R(gemv)(false, 1, 1, 2, &a, huge, &b, 1, 0, &c, 1), &c);
    assert_refused(R(syrk)(1, 1, 2, &a, huge, 0, &c, 1), &c);
    assert_refused(R(syrk)(1, 1, 2, &a, 1, 0, &c, huge), &c);
    assert_refused(R(syrk_square)(1, 1, &a, huge, &c, 1), &c);
    assert_refused(R(syrk_square)(1, 1, &a, 1, &c, huge), &c);
    assert_refused(R(syrk_turned)(1, 1, &a, huge, &c, 1), &c);
    assert_refused(R(syrk_turned)(1, 1, &a, 1, &c, huge), &c);
    assert_refused(R(transpose)(1, 1, &a, huge, &c, 1), &c);
    assert_refused(R(transpose)(1, 1, &a, 1, &c, huge), &c);
    a = 2;
    assert_refused(R(trsm)(false, 1, 1, &a, huge, &b, 1), &b);
    assert_refused(R(trsm)(false, 1, 1, &a, 1, &b, huge), &b);
}

static int enter(void **unused)
{
    (void)unused;
    state = 1;
    return linalg_enter(1) == GEMML_OK ? 0 : -1;
}

static int enter_chunked(void **unused)
{
    R(linalg_chunk) = 7;
    return enter(unused);
}

static int leave(void **unused)
{
    (void)unused;
    R(linalg_chunk) = MANY;
    linalg_leave(1);
    return 0;
}

/* m equal rows: their value; and in double the same bits wherever a row lies in memory. */
static void check_gemv_alike(size_t m, size_t k, size_t stride)
{
    struct padded x = vector_make(k, 1), row = matrix_make(1, k);
    real *A = malloc((m * stride + 8) * sizeof *A), *y = malloc(m * sizeof *y), first = 0;
    long double truth = 0.375;
    for (size_t j = 0; j < k; j++)
        truth += (long double)row.data[j] * (long double)x.data[j];
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t i = 0; i < m * stride; i++)
            A[offset + i] = i % stride < k ? row.data[i % stride] : (real)NAN;
        for (size_t i = 0; i < m; i++)
            y[i] = REAL_C(0.75);
        assert_int_equal(R(gemv_alike)(m, k, A + offset, stride, x.data, REAL_C(0.5), y), GEMML_OK);
        first = offset == 0 ? y[0] : first;
        for (size_t i = 0; i < m; i++) {
            assert_true(fabsl(y[i] - truth) <= THRESHOLD * (long double)(k + 1));
            if (sizeof(real) == sizeof(double))
                assert_memory_equal(y + i, &first, sizeof first);
        }
    }
    free(A), free(y), free(x.data), free(row.data);
}

static void test_gemv_alike(void **unused)
{
    (void)unused;
    for (size_t k = 1; k <= 65; k++)
        for (size_t gap = 0; gap < 2; gap++)
            check_gemv_alike(k % 2 ? 48 : 192, k, k + gap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gemm),        cmocka_unit_test(test_gemv),
        cmocka_unit_test(test_syrk),        cmocka_unit_test(test_syrk_square),
        cmocka_unit_test(test_syrk_turned), cmocka_unit_test(test_trsm),
        cmocka_unit_test(test_vectors),     cmocka_unit_test(test_vectors_huge_increment),
        cmocka_unit_test(test_transpose),   cmocka_unit_test(test_gemv_rows),
    };
    const struct CMUnitTest whole[] = {cmocka_unit_test(test_stride_beyond_int), cmocka_unit_test(test_gemv_alike)};
    int failed = cmocka_run_group_tests_name("linalg", tests, enter, leave);
    failed += cmocka_run_group_tests_name("linalg in chunks of seven", tests, enter_chunked, leave);
    return failed + cmocka_run_group_tests_name("linalg, whole only", whole, enter, leave);
}

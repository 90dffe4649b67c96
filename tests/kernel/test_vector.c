/* kernel/vector: the transcendental functions against long double, in units of
 * the last place; the others against their plain-loop twins, bit by bit; and the
 * promise that a value's bits depend on the value alone. */
#include "kernel/vector.h"

#include <math.h>

#include "naive/naive.h"
#include "support/support.h"

#ifdef GEMML_REAL_F32
#define REAL_MIN_EXPONENT FLT_MIN_EXP
#define REAL_DIGITS FLT_MANT_DIG
#define REAL_MAX FLT_MAX
#define REAL_SUBNORMAL FLT_TRUE_MIN
#define EXP_LOWEST (-104)
#define EXP_HIGHEST REAL_C(88.72)
#else
#define REAL_MIN_EXPONENT DBL_MIN_EXP
#define REAL_DIGITS DBL_MANT_DIG
#define REAL_MAX DBL_MAX
#define REAL_SUBNORMAL DBL_TRUE_MIN
#define EXP_LOWEST (-746)
#define EXP_HIGHEST REAL_C(709.78)
#endif

#define SPAN 68      /* offsets and lengths 0 .. 67: several vectors of any width, and every tail */
#define SAMPLES 4000 /* random arguments of each kind */

typedef void (*unary)(size_t n, const real *x, real *y);

struct function {
    const char *name;
    unary fast;
    long double (*truth)(long double);
    double ulps; /* its largest error */
    real low, high;
};

static long double sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double softplus(long double x)
{
    return fmaxl(x, 0) + log1pl(expl(-fabsl(x)));
}

/* libmvec promises 4 ulp for each call; sigmoid adds two roundings, softplus one
 * and the slope of log1p. */
static const struct function functions[] = {
    {"exp", R(vector_exp), expl, 4, EXP_LOWEST, EXP_HIGHEST},
    {"sigmoid", R(vector_sigmoid), sigmoid, 6, EXP_LOWEST, 40},
    {"tanh", R(vector_tanh), tanhl, 4, -20, 20},
    {"softplus", R(vector_softplus), softplus, 8, EXP_LOWEST, 100},
};
#define FUNCTIONS (sizeof functions / sizeof functions[0])

static const unary others[] = {R(vector_relu)};

/* |value - truth| in units of the last place that a real near truth has. */
static double ulps(real value, long double truth)
{
    if ((long double)value == truth)
        return 0;
    int exponent = truth == 0 ? REAL_MIN_EXPONENT - 1 : ilogbl(truth);
    if (exponent < REAL_MIN_EXPONENT - 1)
        exponent = REAL_MIN_EXPONENT - 1;
    return (double)(fabsl((long double)value - truth) / ldexpl(1, exponent - REAL_DIGITS + 1));
}

/* Valgrind computes long double in 64 bits: no reference for double. */
static void skip_without_reference(void)
{
    volatile long double one = 1, fraction = (long double)REAL_EPSILON / 64;
    if (one + fraction == one)
        skip();
}

static void fill(uint64_t *state, real low, real high, size_t n, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = low + (high - low) * (real)(0.5 + 0.5 * test_random(state));
}

static void assert_same_bits(const real *value, const real *truth, size_t n)
{
    assert_memory_equal(value, truth, n * sizeof(real));
}

static void check_accuracy(const struct function *function, real low, real high)
{
    static real x[SAMPLES], y[SAMPLES];
    uint64_t state = 7;
    fill(&state, low, high, SAMPLES, x);
    function->fast(SAMPLES, x, y);
    for (size_t i = 0; i < SAMPLES; i++) {
        double error = ulps(y[i], function->truth((long double)x[i]));
        if (!(error <= function->ulps))
            fail_msg("%s(%.17g) = %.17g is %.2f ulp off", function->name, (double)x[i], (double)y[i], error);
    }
}

static void test_accuracy(void **unused)
{
    (void)unused;
    skip_without_reference();
    for (size_t f = 0; f < FUNCTIONS; f++) {
        check_accuracy(functions + f, functions[f].low, functions[f].high);
        check_accuracy(functions + f, functions[f].low, functions[f].low + 60); /* towards underflow */
        check_accuracy(functions + f, -4, 4);
        check_accuracy(functions + f, REAL_C(-1e-3), REAL_C(1e-3));
        check_accuracy(functions + f, -8 * REAL_SUBNORMAL, 8 * REAL_SUBNORMAL);
    }
}

/* f(x) in the middle of ordinary neighbours, as scalar code would not see it. */
static real at(unary f, real x)
{
    real block[19];
    for (size_t i = 0; i < 19; i++)
        block[i] = (real)i / 8;
    block[10] = x;
    f(19, block, block);
    return block[10];
}

static void test_infinite_and_nan(void **unused)
{
    (void)unused;
    const real infinity = (real)INFINITY;
    for (size_t f = 0; f < FUNCTIONS; f++)
        assert_true(isnan(at(functions[f].fast, (real)NAN)));
    assert_true(isnan(at(R(vector_relu), (real)NAN)));

    assert_true(at(R(vector_exp), infinity) == infinity);
    assert_true(at(R(vector_exp), REAL_MAX) == infinity);
    assert_true(at(R(vector_exp), -infinity) == 0);
    assert_true(at(R(vector_exp), -REAL_MAX) == 0);
    assert_true(at(R(vector_sigmoid), infinity) == 1);
    assert_true(at(R(vector_sigmoid), REAL_MAX) == 1);
    assert_true(at(R(vector_sigmoid), -infinity) == 0);
    assert_true(at(R(vector_sigmoid), -REAL_MAX) == 0);
    assert_true(at(R(vector_tanh), infinity) == 1);
    assert_true(at(R(vector_tanh), -infinity) == -1);
    assert_true(at(R(vector_tanh), REAL_MAX) == 1);
    assert_true(at(R(vector_relu), infinity) == infinity);
    assert_true(at(R(vector_relu), -infinity) == 0);
    assert_true(at(R(vector_softplus), infinity) == infinity);
    assert_true(at(R(vector_softplus), REAL_MAX) == REAL_MAX);
    assert_true(at(R(vector_softplus), -infinity) == 0);
}

static void test_zero(void **unused)
{
    (void)unused;
    for (int sign = -1; sign <= 1; sign += 2) {
        real zero = sign < 0 ? -REAL_C(0.0) : REAL_C(0.0);
        assert_true(at(R(vector_exp), zero) == 1);
        assert_true(at(R(vector_sigmoid), zero) == REAL_C(0.5));
        assert_true(at(R(vector_tanh), zero) == 0);
        assert_true(signbit(at(R(vector_tanh), zero)) == signbit(zero));
        assert_true(at(R(vector_relu), zero) == 0);
        assert_true(ulps(at(R(vector_softplus), zero), logl(2)) <= 4);
    }
}

/* Arguments with everything in them: ordinary, huge, tiny, zeros, infinite, NaN. */
static void fill_mixed(real *x)
{
    static const real special[] = {0,        -REAL_C(0.0), (real)INFINITY, -(real)INFINITY, (real)NAN,
                                   REAL_MAX, -REAL_MAX,    REAL_SUBNORMAL, -REAL_SUBNORMAL, EXP_LOWEST + 10};
    const size_t specials = sizeof special / sizeof special[0];
    uint64_t state = 11;
    fill(&state, -9, 9, SPAN, x);
    for (size_t i = 0; i < specials; i++)
        x[6 * i + 1] = special[i];
}

/* f at every offset and length, beside itself and in place, has the bits that
 * one element alone has, and touches nothing else. */
static void check_places(unary f)
{
    real x[SPAN], alone[SPAN], source[2 * SPAN], out[2 * SPAN + 1];
    fill_mixed(x);
    for (size_t i = 0; i < SPAN; i++)
        f(1, x + i, alone + i);
    for (size_t offset = 0; offset < SPAN; offset++)
        for (size_t n = 0; n < SPAN; n++) {
            memcpy(source + offset, x, n * sizeof(real));
            for (size_t i = 0; i < 2 * SPAN + 1; i++)
                out[i] = 77;
            f(n, source + offset, out + offset + 1);
            assert_same_bits(out + offset + 1, alone, n);
            assert_true(out[offset] == 77 && out[offset + n + 1] == 77);
            f(n, source + offset, source + offset);
            assert_same_bits(source + offset, alone, n);
        }
}

static void test_same_bits_everywhere(void **unused)
{
    (void)unused;
    for (size_t f = 0; f < FUNCTIONS; f++)
        check_places(functions[f].fast);
    for (size_t f = 0; f < sizeof others / sizeof others[0]; f++)
        check_places(others[f]);
}

static void check_backward(unary fast, unary plain, size_t n)
{
    real a[SPAN], d[SPAN + 1], truth[SPAN + 1];
    uint64_t state = 13 + n;
    fill(&state, -1, 1, SPAN, a);
    fill(&state, -1, 1, SPAN + 1, d);
    a[n / 2] = 0;
    memcpy(truth, d, sizeof d);
    fast(n, a, d);
    plain(n, a, truth);
    assert_same_bits(d, truth, SPAN + 1);
}

static void test_backward(void **unused)
{
    (void)unused;
    for (size_t n = 0; n < SPAN; n++) {
        check_backward(R(vector_sigmoid_backward), R(naive_sigmoid_backward), n);
        check_backward(R(vector_tanh_backward), R(naive_tanh_backward), n);
        check_backward(R(vector_relu_backward), R(naive_relu_backward), n);
    }
}

static void test_affine_rows(void **unused)
{
    (void)unused;
    enum { ROWS = 5, LD = SPAN + 3 };
    real x[ROWS * LD], shift[SPAN], scale[SPAN], y[ROWS * LD], truth[ROWS * LD];
    uint64_t state = 17;
    fill(&state, -1, 1, SPAN, shift);
    fill(&state, REAL_C(0.5), 2, SPAN, scale);
    for (size_t n = 0; n < SPAN; n++) {
        fill(&state, -1, 1, ROWS * LD, x);
        fill(&state, -1, 1, ROWS * LD, y);
        memcpy(truth, y, sizeof y);
        R(vector_affine_rows)(ROWS, n, x, LD, shift, scale, y, LD - 2);
        R(naive_affine_rows)(ROWS, n, x, LD, shift, scale, truth, LD - 2);
        assert_same_bits(y, truth, ROWS * LD);
        R(naive_affine_rows)(ROWS, n, x, LD, shift, scale, truth, LD);
        R(vector_affine_rows)(ROWS, n, x, LD, shift, scale, x, LD);
        for (size_t i = 0; i < ROWS; i++)
            assert_same_bits(x + i * LD, truth + i * LD, n);
    }
}

/* The same map by rows, turned here; what lies between the columns stays. */
static void test_affine_turned(void **unused)
{
    (void)unused;
    enum { COLUMNS = 5, LD = COLUMNS + 2 };
    real x[SPAN * LD], shift[COLUMNS], scale[COLUMNS], rows[SPAN * COLUMNS], y[COLUMNS * SPAN], truth[COLUMNS * SPAN];
    uint64_t state = 18;
    fill(&state, -1, 1, COLUMNS, shift);
    fill(&state, REAL_C(0.5), 2, COLUMNS, scale);
    for (size_t m = 0; m < SPAN; m++)
        for (size_t n = 0; n <= COLUMNS; n++) {
            fill(&state, -1, 1, SPAN * LD, x);
            fill(&state, -1, 1, COLUMNS * SPAN, y);
            memcpy(truth, y, sizeof y);
            R(vector_affine_turned)(m, n, x, LD, shift, scale, y, SPAN);
            R(naive_affine_rows)(m, n, x, LD, shift, scale, rows, n);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++)
                    truth[j * SPAN + i] = rows[i * n + j];
            assert_same_bits(y, truth, COLUMNS * SPAN);
        }
}

static void test_all_finite(void **unused)
{
    (void)unused;
    enum { MANY = 5000 };
    static real x[MANY + 1];
    static const real bad[] = {(real)INFINITY, -(real)INFINITY, (real)NAN, -(real)NAN};
    uint64_t state = 19;
    fill(&state, -1, 1, MANY, x);
    x[3] = REAL_MAX, x[4] = -REAL_MAX, x[5] = REAL_SUBNORMAL, x[6] = 0;
    for (size_t n = 0; n <= MANY; n = n < SPAN ? n + 1 : n + 493) {
        real after = x[n];
        x[n] = (real)NAN;
        assert_true(R(vector_all_finite)(n, x));
        x[n] = after;
        for (size_t i = 0; i < n; i += n < SPAN ? 1 : 61) {
            real here = x[i];
            x[i] = bad[i % 4];
            assert_false(R(vector_all_finite)(n, x));
            x[i] = here;
        }
    }
}

/* The order that the header states, whatever the alignment. */
static void test_sum(void **unused)
{
    (void)unused;
    real x[2 * SPAN], moved[2 * SPAN + SPAN];
    uint64_t state = 23;
    fill(&state, -1, 1, 2 * SPAN, x);
    for (size_t n = 0; n < 2 * SPAN; n++) {
        double running[8] = {0};
        for (size_t i = 0; i < n; i++)
            running[i % 8] += (double)x[i];
        double truth = ((running[0] + running[1]) + (running[2] + running[3])) +
                       ((running[4] + running[5]) + (running[6] + running[7]));
        for (size_t offset = 0; offset < SPAN; offset++) {
            memcpy(moved + offset, x, n * sizeof(real));
            assert_true(R(vector_sum)(n, moved + offset) == truth);
        }
        assert_near(R(naive_sum)(n, x), truth, 1e-14);
    }
}

/* The order of the sum, so that weights of 1 are as none; and a turned sign is exact, that of 0 too. */
static void test_weighted_sum_and_turn(void **unused)
{
    (void)unused;
    real x[2 * SPAN], w[2 * SPAN], ones[2 * SPAN], y[2 * SPAN], z[2 * SPAN];
    uint64_t state = 37;
    fill(&state, -1, 1, 2 * SPAN, x);
    fill(&state, 0, 3, 2 * SPAN, w);
    for (size_t i = 0; i < 2 * SPAN; i++) {
        ones[i] = 1;
        y[i] = (real)(i % 3 == 1);
    }
    x[4] = 0;
    for (size_t n = 0; n < 2 * SPAN; n++) {
        double running[8] = {0};
        for (size_t i = 0; i < n; i++)
            running[i % 8] += (double)w[i] * (double)x[i];
        assert_true(R(vector_weighted_sum)(n, w, x) == ((running[0] + running[1]) + (running[2] + running[3])) +
                                                           ((running[4] + running[5]) + (running[6] + running[7])));
        assert_true(R(vector_weighted_sum)(n, ones, x) == R(vector_sum)(n, x));
        R(vector_turn)(n, y, x, z);
        for (size_t i = 0; i < n; i++) {
            real truth = i % 3 == 1 ? -x[i] : x[i];
            assert_memory_equal(&z[i], &truth, sizeof(real));
        }
        memcpy(z, x, sizeof z);
        R(vector_turn)(n, y, z, z);
        for (size_t i = 0; i < 2 * SPAN; i++)
            assert_true(z[i] == (i % 3 == 1 && i < n ? -x[i] : x[i]));
    }
}

static void check_difference(size_t n, const real *x, const real *y, size_t offset)
{
    real moved[2 * SPAN + SPAN];
    double running[8] = {0};
    for (size_t i = 0; i < n; i++)
        running[i % 8] += (double)(x[i] - y[i]) * (double)(x[i] - y[i]);
    double truth = ((running[0] + running[1]) + (running[2] + running[3])) +
                   ((running[4] + running[5]) + (running[6] + running[7]));
    memcpy(moved + offset, x, n * sizeof(real));
    assert_true(R(vector_difference)(n, moved + offset, y, moved + offset) == truth);
    for (size_t i = 0; i < n; i++)
        assert_true(moved[offset + i] == x[i] - y[i]);
}

/* In place too, and whatever the alignment. */
static void test_difference(void **unused)
{
    (void)unused;
    real x[2 * SPAN], y[2 * SPAN];
    uint64_t state = 29;
    fill(&state, -1, 1, 2 * SPAN, x);
    fill(&state, -1, 1, 2 * SPAN, y);
    for (size_t n = 0; n < 2 * SPAN; n++)
        for (size_t offset = 0; offset < SPAN; offset++)
            check_difference(n, x, y, offset);
}

/* One row against its definition: the exponentials of the rounded differences
 * within 4 ulp, their sum and the quotient within a rounding each. */
static void check_softmax_row(size_t k, const real *x, const real *y)
{
    real most = x[0];
    long double sum = 0;
    for (size_t j = 0; j < k; j++)
        most = x[j] > most ? x[j] : most;
    for (size_t j = 0; j < k; j++)
        sum += expl((long double)(real)(x[j] - most));
    for (size_t j = 0; j < k; j++)
        if (!(ulps(y[j], expl((long double)(real)(x[j] - most)) / sum) <= 10))
            fail_msg("softmax of %zu: %.17g at %zu", k, (double)y[j], j);
}

/* Contiguous, padded and in place give the same bits, and the padding stays. */
static void test_softmax(void **unused)
{
    (void)unused;
    enum { ROWS = 70, LD = SPAN + 2 };
    static real x[ROWS * LD], y[ROWS * LD], packed[ROWS * LD];
    uint64_t state = 29;
    for (size_t k = 0; k < SPAN; k++) {
        fill(&state, -30, 30, ROWS * LD, x);
        fill(&state, -30, 30, ROWS * LD, y);
        for (size_t i = 0; i < ROWS * LD; i++)
            if (i % LD >= k)
                x[i] = y[i] = (real)NAN;
        R(vector_softmax)(ROWS, k, x, LD, y, LD);
        R(vector_softmax)(ROWS, k, x, LD, packed, k);
        for (size_t i = 0; i < ROWS; i++) {
            check_softmax_row(k, x + i * LD, y + i * LD);
            assert_same_bits(packed + i * k, y + i * LD, k);
        }
        R(vector_softmax)(ROWS, k, x, LD, x, LD);
        assert_same_bits(x, y, ROWS * LD);
    }
}

static void test_softmax_extremes(void **unused)
{
    (void)unused;
    const real infinity = (real)INFINITY;
    real huge[3] = {REAL_MAX, 0, -REAL_MAX}, minus[3] = {-infinity, 5, 5}, nan[3] = {1, (real)NAN, 2};
    R(vector_softmax)(1, 3, huge, 3, huge, 3);
    assert_true(huge[0] == 1 && huge[1] == 0 && huge[2] == 0);
    R(vector_softmax)(1, 3, minus, 3, minus, 3);
    assert_true(minus[0] == 0 && minus[1] == REAL_C(0.5) && minus[2] == REAL_C(0.5));
    R(vector_softmax)(1, 3, nan, 3, nan, 3);
    assert_true(isnan(nan[0]) && isnan(nan[1]) && isnan(nan[2]));
}

/* A row longer than what one pass keeps in the cache. */
static void test_softmax_long_row(void **unused)
{
    (void)unused;
    skip_without_reference();
    enum { K = 5003 };
    static real x[2 * K], y[2 * K];
    uint64_t state = 31;
    fill(&state, -5, 5, 2 * K, x);
    R(vector_softmax)(2, K, x, K, y, K);
    check_softmax_row(K, x, y);
    check_softmax_row(K, x + K, y + K);
}

/* The twins that benchmarks measure against compute the same functions. */
static void test_naive_twins(void **unused)
{
    (void)unused;
    static const unary twins[FUNCTIONS] = {R(naive_exp), R(naive_sigmoid), R(naive_tanh), R(naive_softplus)};
    real x[SPAN], y[SPAN], fast[SPAN];
    uint64_t state = 37;
    fill(&state, -9, 9, SPAN, x);
    for (size_t f = 0; f < FUNCTIONS; f++) {
        twins[f](SPAN, x, y);
        for (size_t i = 0; i < SPAN; i++)
            assert_true(ulps(y[i], functions[f].truth((long double)x[i])) <= functions[f].ulps);
    }
    R(naive_softmax)(4, 17, x, 17, y, 17);
    R(vector_softmax)(4, 17, x, 17, fast, 17);
    for (size_t i = 0; i < 4 * 17; i++)
        assert_true(ulps(y[i], (long double)fast[i]) <= 20);
    R(naive_relu)(SPAN, x, y);
    R(vector_relu)(SPAN, x, fast);
    assert_same_bits(fast, y, SPAN);
    assert_true(R(naive_all_finite)(SPAN, x));
    x[3] = (real)NAN;
    assert_false(R(naive_all_finite)(SPAN, x));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accuracy),
        cmocka_unit_test(test_infinite_and_nan),
        cmocka_unit_test(test_zero),
        cmocka_unit_test(test_same_bits_everywhere),
        cmocka_unit_test(test_backward),
        cmocka_unit_test(test_affine_rows),
        cmocka_unit_test(test_affine_turned),
        cmocka_unit_test(test_all_finite),
        cmocka_unit_test(test_sum),
        cmocka_unit_test(test_weighted_sum_and_turn),
        cmocka_unit_test(test_difference),
        cmocka_unit_test(test_softmax),
        cmocka_unit_test(test_softmax_extremes),
        cmocka_unit_test(test_softmax_long_row),
        cmocka_unit_test(test_naive_twins),
    };
    return cmocka_run_group_tests_name("vector", tests, NULL, NULL);
}

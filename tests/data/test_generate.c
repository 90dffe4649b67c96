/* Generators: the truth is recomputed from what they hand out, and moments are
 * compared with those of the stated distributions. */
#include "support/support.h"

#include <gemml.h>
#include <math.h>

#include "data/failing.h"
#include "generated.h"

#define ASSERT_REFUSED(wanted, said, call)                          \
    do {                                                            \
        assert_int_equal(call, wanted);                             \
        if (!strstr(gemml_last_error(), said))                      \
            fail_msg("no \"%s\" in: %s", said, gemml_last_error()); \
    } while (0)

enum { N = 20000, P = 6 };

/* Without noise y is b + x w to rounding; coefficients lie in [0, 100) where they are
 * not 0, and as many as were asked for. x is normal: mean 0, variance 1, kurtosis 3,
 * each within five standard errors. */
static void test_regression(void **state)
{
    (void)state;
    double *x = make(N, P), *y = make(N, 2), *w = make(P, 2);
    gemml_regression_options options = GEMML_REGRESSION_OPTIONS_INIT;
    options.informative = 4;
    options.bias = -7.5;
    assert_ok(gemml_generate_regression(&options, gemml_matrix_f64(x, N, P), gemml_matrix_f64(y, N, 2),
                                        gemml_matrix_f64(w, P, 2)));
    size_t informative = 0;
    for (size_t j = 0; j < P; j++) {
        assert_true((w[2 * j] > 0) == (w[2 * j + 1] > 0));
        assert_true(w[2 * j] >= 0 && w[2 * j] < 100);
        informative += w[2 * j] > 0;
    }
    assert_int_equal(informative, 4);
    for (size_t i = 0; i < N; i++)
        for (size_t k = 0; k < 2; k++) {
            long double sum = -7.5L;
            for (size_t j = 0; j < P; j++)
                sum += (long double)x[i * P + j] * w[2 * j + k];
            assert_true(fabsl(sum - y[2 * i + k]) < 1e-12L * 600);
        }
    struct moments of = moments_of(x, (size_t)N * P);
    double root = sqrt((double)N * P);
    assert_true(fabs(of.mean) < 5 / root);
    assert_true(fabs(of.variance - 1) < 5 * sqrt(2) / root);
    assert_true(fabs(of.kurtosis - 3) < 5 * sqrt(24) / root);
    free(x), free(y), free(w);
}

/* What stands between y and b + x w is normal noise of the deviation asked for. */
static void test_noise(void **state)
{
    (void)state;
    double *x = make(N, P), *y = make(N, 1), *w = make(P, 1);
    gemml_regression_options options = GEMML_REGRESSION_OPTIONS_INIT;
    options.noise = 3;
    options.seed = 9;
    assert_ok(gemml_generate_regression(&options, gemml_matrix_f64(x, N, P), gemml_matrix_f64(y, N, 1),
                                        gemml_matrix_f64(w, P, 1)));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < P; j++)
            y[i] -= x[i * P + j] * w[j];
    struct moments of = moments_of(y, N);
    assert_true(fabs(of.mean) < 5 * 3 / sqrt(N));
    assert_true(fabs(of.variance / 9 - 1) < 5 * sqrt(2.0 / N));
    assert_true(fabs(of.kurtosis - 3) < 5 * sqrt(24.0 / N));
    free(x), free(y), free(w);
}

/* The first and second moments of one cluster of unshuffled rows: mean a corner, all
 * components of absolute value `separation`. */
static void test_clusters(void **state)
{
    (void)state;
    enum { K = 3, PER_CLASS = 2, C = K * PER_CLASS, M = 3, COLUMNS = 7 };
    double *x = make(N, COLUMNS), *y = make(N, 1);
    int corner[C] = {0};
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.informative = M;
    options.redundant = 2;
    options.repeated = 1;
    options.classes = K;
    options.clusters_per_class = PER_CLASS;
    options.separation = 4;
    options.flip = 0;
    options.shuffle = 0;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x, N, COLUMNS), gemml_matrix_f64(y, N, 1)));
    for (size_t i = 0; i < N; i++)
        assert_true(y[i] == (double)(i % K));
    for (size_t c = 0; c < C; c++)
        for (size_t j = 0; j < M; j++) {
            double sum = 0, count = 0;
            for (size_t i = c; i < N; i += C, count++)
                sum += x[i * COLUMNS + j];
            /* a column's variance is a sum of M squares below 1 */
            assert_true(fabs(fabs(sum / count) - 4) < 5 * sqrt(M / count));
            corner[c] |= (sum > 0) << j;
        }
    for (size_t c = 0; c < C; c++)
        for (size_t d = 0; d < c; d++)
            assert_int_not_equal(corner[c], corner[d]);
    double *column = make(N, 1);
    for (size_t i = 0; i < N; i++)
        column[i] = x[i * COLUMNS + COLUMNS - 1];
    struct moments of = moments_of(column, N);
    assert_true(fabs(of.mean) < 5 / sqrt(N) && fabs(of.variance - 1) < 5 * sqrt(2.0 / N));
    free(x), free(y), free(column);
}

/* Redundant columns are combinations of the informative ones: four rows decide
 * them, found by elimination in long double, and the others follow. */
static void test_redundant(void **state)
{
    (void)state;
    enum { ROWS = 400, COLUMNS = 4 };
    double *x = make(ROWS, COLUMNS), *y = make(ROWS, 1);
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.informative = 2;
    options.redundant = 1;
    options.repeated = 1;
    options.clusters_per_class = 1;
    options.shuffle = 0;
    options.flip = 0;
    assert_ok(
        gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, COLUMNS), gemml_matrix_f64(y, ROWS, 1)));
    long double det = (long double)x[0] * x[5] - (long double)x[1] * x[4];
    long double a = ((long double)x[2] * x[5] - (long double)x[1] * x[6]) / det;
    long double b = ((long double)x[0] * x[6] - (long double)x[2] * x[4]) / det;
    assert_true(fabsl(a) < 1 && fabsl(b) < 1 && fabsl(a) > 0 && fabsl(b) > 0);
    for (size_t i = 0; i < ROWS; i++) {
        const double *row = x + COLUMNS * i;
        assert_true(fabsl(a * row[0] + b * row[1] - row[2]) < 1e-12L);
        assert_true(row[3] == row[0] || row[3] == row[1] || row[3] == row[2]);
    }
    free(x), free(y);
}

/* Shuffled or not, scaled or not: the same rows. A share `flip` of the classes is drawn anew,
 * of which one in K stays what it was. */
static void test_flip_and_order(void **state)
{
    (void)state;
    double *x = make(N, 2), *y = make(N, 1), *x2 = make(N, 2), *y2 = make(N, 1);
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.redundant = 0;
    options.shuffle = 0;
    options.flip = 0.3;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x, N, 2), gemml_matrix_f64(y, N, 1)));
    double flipped = 0, ones = 0, sum[2] = {0}, sum2[2] = {0};
    for (size_t i = 0; i < N; i++)
        flipped += y[i] != (double)(i % 2);
    assert_true(fabs(flipped / N - 0.15) < 5 * sqrt(0.15 * 0.85 / N));
    options.shuffle = 1;
    options.shift = 1;
    options.scale = -2;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x2, N, 2), gemml_matrix_f64(y2, N, 1)));
    for (size_t i = 0; i < N; i++) {
        ones += y2[i] - y[i];
        for (size_t j = 0; j < 2; j++) {
            sum[j] += -2 * (x[2 * i + j] + 1);
            sum2[j] += x2[2 * i + j];
        }
    }
    assert_true(ones == 0);
    bool swapped = fabs(sum[0] - sum2[0]) > 1e-8;
    assert_near(sum2[swapped], sum[0], 1e-9);
    assert_near(sum2[!swapped], sum[1], 1e-9);
    assert_true(memcmp(y, y2, N * sizeof *y) != 0);
    free(x), free(y), free(x2), free(y2);
}

/* Points on the curves that their class says, half of them each. */
static void test_shapes(void **state)
{
    (void)state;
    enum { ROWS = 501 };
    double x[2 * ROWS], y[ROWS], ones = 0;
    gemml_shape_options options = GEMML_SHAPE_OPTIONS_INIT;
    options.factor = 0.3;
    assert_ok(gemml_generate_moons(&options, gemml_matrix_f64(x, ROWS, 2), gemml_matrix_f64(y, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++) {
        double a = y[i] == 0 ? x[2 * i] : 1 - x[2 * i], b = y[i] == 0 ? x[2 * i + 1] : 0.5 - x[2 * i + 1];
        assert_near(hypot(a, b), 1, 1e-14);
        assert_true(b > -1e-14);
        ones += y[i];
    }
    assert_true(ones == 251);
    assert_ok(gemml_generate_circles(&options, gemml_matrix_f64(x, ROWS, 2), gemml_matrix_f64(y, ROWS, 1)));
    double sum[2] = {0};
    for (size_t i = 0; i < ROWS; i++) {
        assert_near(hypot(x[2 * i], x[2 * i + 1]), y[i] == 0 ? 1 : 0.3, 1e-14);
        sum[0] += x[2 * i];
        sum[1] += x[2 * i + 1];
    }
    assert_near(sum[0], 0, 1e-10); /* closed: the points of a circle balance */
    assert_near(sum[1], 0, 1e-10);
    options.noise = 0.5;
    options.factor = 0;
    double far = 0;
    assert_ok(gemml_generate_circles(&options, gemml_matrix_f64(x, ROWS, 2), gemml_matrix_f64(y, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++)
        far += y[i] == 1 ? x[2 * i] * x[2 * i] + x[2 * i + 1] * x[2 * i + 1] : 0;
    assert_near(far / 251 / 0.5, 1, 5 * sqrt(1.0 / 251)); /* 2 sigma^2, its relative deviation 1/sqrt(n) */
}

static void test_curve(void **state)
{
    (void)state;
    double *x = make(N, 1), *y = make(N, 1);
    gemml_curve_options options = GEMML_CURVE_OPTIONS_INIT;
    options.low = -1;
    options.high = 4;
    options.noise = 0.1;
    assert_ok(gemml_generate_curve(&options, gemml_matrix_f64(x, N, 1), gemml_matrix_f64(y, N, 1)));
    struct moments of = moments_of(x, N);
    assert_true(fabs(of.mean - 1.5) < 5 * sqrt(25.0 / 12 / N));
    assert_true(fabs(of.kurtosis - 1.8) < 0.05);
    for (size_t i = 0; i < N; i++) {
        assert_true(x[i] >= -1 && x[i] < 4);
        y[i] -= cos(x[i] / 2 - 0.5) + 0.15 * pow(x[i], 2) - cos(0.2 * pow(x[i], 3)) + sin(0.5 * pow(x[i], 2));
    }
    of = moments_of(y, N);
    assert_true(fabs(of.mean) < 5 * 0.1 / sqrt(N) && fabs(of.variance / 0.01 - 1) < 5 * sqrt(2.0 / N));
    free(x), free(y);
}

/* One, two and five threads, and a matrix with a stride, in float: the same numbers.
 * Another seed gives others. */
static void test_determinism(void **state)
{
    (void)state;
    enum { ROWS = 3000, COLUMNS = 5, STRIDE = 8 };
    double *x = make(ROWS, COLUMNS), *y = make(ROWS, 1), *again = make(ROWS, COLUMNS), *y2 = make(ROWS, 1);
    float *single = calloc(ROWS * STRIDE, sizeof *single);
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    gemml_matrix out = gemml_matrix_f64(again, ROWS, COLUMNS), labels = gemml_matrix_f64(y2, ROWS, 1);
    assert_ok(gemml_set_threads(1));
    assert_ok(
        gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, COLUMNS), gemml_matrix_f64(y, ROWS, 1)));
    for (size_t threads = 2; threads <= 5; threads += 3) {
        assert_ok(gemml_set_threads(threads));
        assert_ok(gemml_generate_classification(&options, out, labels));
        assert_memory_equal(x, again, ROWS * COLUMNS * sizeof *x);
        assert_memory_equal(y, y2, ROWS * sizeof *y);
    }
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f32_strided(single, ROWS, COLUMNS, STRIDE), labels));
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < STRIDE; j++)
            assert_true(single[i * STRIDE + j] == (j < COLUMNS ? (float)x[i * COLUMNS + j] : 0));
    options.seed = 1;
    assert_ok(gemml_generate_classification(&options, out, labels));
    assert_memory_not_equal(x, again, ROWS * COLUMNS * sizeof *x);
    assert_ok(gemml_set_threads(0));
    free(x), free(y), free(again), free(y2), free(single);
}

static void test_refused(void **state)
{
    (void)state;
    double x[12], y[4], w[3];
    gemml_matrix X = gemml_matrix_f64(x, 4, 3), Y = gemml_matrix_f64(y, 4, 1), none = {NULL, 0, 0, 0, GEMML_F64, 0};
    gemml_matrix two = gemml_matrix_f64(x, 4, 2), one = gemml_matrix_f64(x, 4, 1);
#define WITH(type, member, value) \
    (options = (gemml_##type##_options){0}, gemml_##type##_options_init(&options), options.member = value)
    {
        gemml_regression_options options;
        WITH(regression, informative, 4);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "informative is 4", gemml_generate_regression(&options, X, Y, none));
        WITH(regression, noise, -1);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "noise is -1", gemml_generate_regression(&options, X, Y, none));
        WITH(regression, effective_rank, 0);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "effective_rank is 0", gemml_generate_regression(&options, X, Y, none));
        WITH(regression, tail_strength, 1.5);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "tail_strength is 1.5", gemml_generate_regression(&options, X, Y, none));
        WITH(regression, bias, (double)INFINITY);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "bias is inf", gemml_generate_regression(&options, X, Y, none));
        ASSERT_REFUSED(GEMML_ERROR_SHAPE, "coefficients is 3 x 1",
                       gemml_generate_regression(NULL, two, Y, gemml_matrix_f64(w, 3, 1)));
        ASSERT_REFUSED(GEMML_ERROR_SHAPE, "y is 3 x 1",
                       gemml_generate_regression(NULL, X, gemml_matrix_f64(y, 3, 1), none));
    }
    {
        gemml_classification_options options;
        WITH(classification, classes, 1);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "classes is 1", gemml_generate_classification(&options, X, Y));
        WITH(classification, clusters_per_class, 0);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "clusters_per_class is 0", gemml_generate_classification(&options, X, Y));
        WITH(classification, clusters_per_class, 3);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "has 4 corners", gemml_generate_classification(&options, X, Y));
        WITH(classification, classes, SIZE_MAX / 2);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "2^20", gemml_generate_classification(&options, X, Y));
        WITH(classification, informative, 0);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "informative is 0", gemml_generate_classification(&options, X, Y));
        WITH(classification, repeated, 2);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "repeated 2: x has 3", gemml_generate_classification(&options, X, Y));
        WITH(classification, flip, 1.5);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "flip is 1.5", gemml_generate_classification(&options, X, Y));
        static const double negative[] = {1.5, -0.5}, small[] = {0.5, 0.4};
        WITH(classification, shares, negative);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "shares[0] is 1.5", gemml_generate_classification(&options, X, Y));
        WITH(classification, shares, small);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "sum 0.9", gemml_generate_classification(&options, X, Y));
        WITH(classification, scale, (double)INFINITY);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "scale is inf", gemml_generate_classification(&options, X, Y));
        WITH(classification, separation, (double)NAN);
        ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "separation is", gemml_generate_classification(&options, X, Y));
    }
    gemml_shape_options shape = GEMML_SHAPE_OPTIONS_INIT;
    shape.factor = 1;
    ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "factor is 1", gemml_generate_circles(&shape, two, Y));
    ASSERT_REFUSED(GEMML_ERROR_SHAPE, "x is 4 x 3", gemml_generate_moons(NULL, X, Y));
    gemml_curve_options curve = GEMML_CURVE_OPTIONS_INIT;
    curve.low = 5;
    ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "low is 5", gemml_generate_curve(&curve, one, Y));
    ASSERT_REFUSED(GEMML_ERROR_ARGUMENT, "x has no data", gemml_generate_curve(NULL, none, Y));
}

static gemml_status all_kinds(void *context)
{
    static double x[30], y[10], w[3];
    gemml_matrix X = gemml_matrix_f64(x, 10, 3), two = gemml_matrix_f64(x, 10, 2), Y = gemml_matrix_f64(y, 10, 1);
    (void)context;
    static const double shares[] = {0.25, 0.75};
    gemml_regression_options ranked = GEMML_REGRESSION_OPTIONS_INIT;
    gemml_classification_options uneven = GEMML_CLASSIFICATION_OPTIONS_INIT;
    ranked.effective_rank = 1;
    uneven.shares = shares;
    gemml_status status = gemml_generate_regression(NULL, X, Y, gemml_matrix_f64(w, 3, 1));
    if (status == GEMML_OK)
        status = gemml_generate_regression(&ranked, X, Y, gemml_matrix_f64(w, 3, 1));
    if (status == GEMML_OK)
        status = gemml_generate_classification(&uneven, X, Y);
    if (status == GEMML_OK)
        status = gemml_generate_moons(NULL, two, Y);
    return status == GEMML_OK ? gemml_generate_circles(NULL, two, Y) : status;
}

static void test_no_memory(void **state)
{
    (void)state;
    fail_each_allocation(all_kinds, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_regression), cmocka_unit_test(test_noise),          cmocka_unit_test(test_clusters),
        cmocka_unit_test(test_redundant),  cmocka_unit_test(test_flip_and_order), cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_curve),      cmocka_unit_test(test_determinism),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

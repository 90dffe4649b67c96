/* What options of generators change: shares of classes, corners of a polytope, drawn units,
 * the spectrum of the columns. */
#include "generated.h"

#include <math.h>

/* Each cluster has floor(n share / clusters of the class) rows, and the first ones have one more. */
static void test_shares(void **state)
{
    (void)state;
    enum { ROWS = 1007, K = 3, C = 6 };
    static const double shares[K] = {0.7, 0.25, 0.05};
    double *x = make(ROWS, 3), *y = make(ROWS, 1), *y2 = make(ROWS, 1);
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.informative = 3;
    options.redundant = 0;
    options.classes = K;
    options.flip = 0;
    options.separation = 50;
    options.shares = shares;
    options.shuffle = 0;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, 3), gemml_matrix_f64(y, ROWS, 1)));
    size_t size[C], left = ROWS, row = 0;
    for (size_t c = 0; c < C; c++)
        left -= size[c] = (size_t)(ROWS * shares[c % K] / 2);
    assert_in_range(left, 1, C);
    for (size_t c = 0; c < C; c++)
        for (size_t i = 0; i < size[c] + (c < left); i++, row++) {
            assert_true(y[row] == (double)(c % K));
            for (size_t j = 0; i > 0 && j < 3; j++) /* the same corner, far from the others */
                assert_true(x[3 * row + j] * x[3 * (row - 1) + j] > 0);
        }
    assert_int_equal(row, ROWS);
    options.shuffle = 1;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, 3), gemml_matrix_f64(y2, ROWS, 1)));
    double count[K] = {0};
    for (size_t i = 0; i < ROWS; i++)
        count[(size_t)y[i]]++, count[(size_t)y2[i]]--;
    for (size_t k = 0; k < K; k++)
        assert_true(count[k] == 0);
    assert_true(memcmp(y, y2, ROWS * sizeof *y) != 0);
    free(x), free(y), free(y2);
}

/* A cluster's corner of the polytope is that of the cube times a_c b_j, within 0 and 1. */
static void test_polytope(void **state)
{
    (void)state;
    enum { ROWS = 400, C = 4 };
    double *x = make(ROWS, 2), *y = make(ROWS, 1), *inner = make(ROWS, 2), corner[C][2];
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.redundant = 0;
    options.shuffle = 0;
    options.separation = 10;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, 2), gemml_matrix_f64(y, ROWS, 1)));
    options.cube = 0;
    assert_ok(gemml_generate_classification(&options, gemml_matrix_f64(inner, ROWS, 2), gemml_matrix_f64(y, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++)
        for (size_t j = 0; j < 2; j++) {
            double moved = x[2 * i + j] - inner[2 * i + j]; /* (1 - a b) 10, outwards; the same for the cluster */
            if (i < C)
                corner[i][j] = 1 - fabs(moved) / 10;
            assert_near(1 - fabs(moved) / 10, corner[i % C][j], 1e-12);
            assert_true(corner[i % C][j] > 0 && corner[i % C][j] < 1);
        }
    for (size_t c = 1; c < C; c++) { /* of rank 1 */
        assert_near(corner[c][0] * corner[0][1], corner[c][1] * corner[0][0], 1e-12);
        assert_true(fabs(corner[c][0] - corner[0][0]) > 1e-6);
        assert_true(fabs(corner[c][0] - corner[c][1]) > 1e-6);
    }
    free(x), free(y), free(inner);
}

/* Drawn shifts and scales: a line from the plain column to each, within the stated bounds. */
static void test_units(void **state)
{
    (void)state;
    enum { ROWS = 60, COLUMNS = 40 };
    double *x = make(ROWS, COLUMNS), *y = make(ROWS, 1), *drawn = make(ROWS, COLUMNS), shift[COLUMNS], scale[COLUMNS];
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    options.separation = 2;
    options.shuffle = 0;
    assert_ok(
        gemml_generate_classification(&options, gemml_matrix_f64(x, ROWS, COLUMNS), gemml_matrix_f64(y, ROWS, 1)));
    options.shift = options.scale = (double)NAN;
    assert_ok(
        gemml_generate_classification(&options, gemml_matrix_f64(drawn, ROWS, COLUMNS), gemml_matrix_f64(y, ROWS, 1)));
    for (size_t j = 0; j < COLUMNS; j++) {
        scale[j] = (drawn[j] - drawn[COLUMNS + j]) / (x[j] - x[COLUMNS + j]);
        shift[j] = drawn[j] / scale[j] - x[j];
        assert_true(scale[j] > 1 && scale[j] < 101 && fabs(shift[j]) < 2 + 1e-9);
        for (size_t i = 0; i < ROWS; i++)
            assert_near(drawn[i * COLUMNS + j], (x[i * COLUMNS + j] + shift[j]) * scale[j], 1e-9);
    }
    struct moments shifts = moments_of(shift, COLUMNS), scales = moments_of(scale, COLUMNS);
    assert_true(fabs(shifts.mean) < 5 * sqrt(16.0 / 12 / COLUMNS));
    assert_true(fabs(scales.mean - 51) < 5 * sqrt(10000.0 / 12 / COLUMNS));
    free(x), free(y), free(drawn);
}

/* trace((X'X)^q) for q = 1 .. p decide the eigenvalues of X'X: those are s_i^2 as stated. */
static void check_spectrum(size_t n, size_t p, size_t rank, double tail)
{
    size_t k = n < p ? n : p;
    double *x = make(n, p), *y = make(n, 1), *w = make(p, 1), *gram = make(p, p), *power = make(p, p),
           *next = make(p, p);
    gemml_regression_options options = GEMML_REGRESSION_OPTIONS_INIT;
    options.informative = 2;
    options.effective_rank = rank;
    options.tail_strength = tail;
    assert_ok(gemml_generate_regression(&options, gemml_matrix_f64(x, n, p), gemml_matrix_f64(y, n, 1),
                                        gemml_matrix_f64(w, p, 1)));
    for (size_t i = 0; i < n; i++) {
        long double sum = 0;
        for (size_t j = 0; j < p; j++) {
            sum += (long double)x[i * p + j] * w[j];
            for (size_t l = 0; l < p; l++)
                gram[j * p + l] += x[i * p + j] * x[i * p + l];
        }
        assert_true(fabsl(sum - y[i]) < 1e-11L);
    }
    memcpy(power, gram, p * p * sizeof *gram);
    for (size_t q = 1; q <= p; q++) {
        double trace = 0, wanted = 0;
        for (size_t j = 0; j < p; j++)
            trace += power[j * p + j];
        for (size_t i = 0; i < k; i++) {
            double at = (double)i / (double)rank;
            wanted += pow((1 - tail) * exp(-at * at) + tail * exp(-0.1 * at), 2 * (double)q);
        }
        assert_near(trace, wanted, 1e-13 * (double)(q * p));
        for (size_t j = 0; j < p; j++)
            for (size_t l = 0; l < p; l++) {
                next[j * p + l] = 0;
                for (size_t m = 0; m < p; m++)
                    next[j * p + l] += power[j * p + m] * gram[m * p + l];
            }
        memcpy(power, next, p * p * sizeof *gram);
    }
    free(x), free(y), free(w), free(gram), free(power), free(next);
}

static void test_effective_rank(void **state)
{
    (void)state;
    check_spectrum(700, 6, 2, 0.5);
    check_spectrum(300, 5, 1, 0);
    check_spectrum(4, 7, 3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_polytope),
        cmocka_unit_test(test_units),
        cmocka_unit_test(test_effective_rank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

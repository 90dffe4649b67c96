/* Robust errors, leverage, Cook's distance and intervals against long double, and
 * against fits with a row left out. */
#include "inverse.h"

/* A sample whose errors grow with x, some rows without weight. */
static struct sample uneven_sample(size_t n, size_t p, size_t K, bool weighted)
{
    struct sample s = sample_make(n, p, K, 17 * n + p);
    uint64_t seed = n;
    for (size_t i = 0; i < n * K; i++)
        s.y[i] += s.x[i / K * p] * test_random(&seed);
    if (weighted) {
        sample_weigh(&s, n + 1);
        for (size_t i = 3; i < n; i += 7)
            s.w[i] = 0;
    }
    return s;
}

static gemml_model *fit_sample(const struct sample *s, bool intercept, gemml_scaling scaling)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_dataset data = sample_dataset(s);
    options.intercept = intercept;
    options.scaling = scaling;
    return fit_model(&options, &data);
}

/* C (sum_i c_i x_i'x_i) C, its diagonal. */
static long double robust_error(const struct long_fit *fit, gemml_errors kind, size_t j, size_t k)
{
    const struct sample *s = fit->sample;
    long double sum = 0, n = fit->rows, r = fit->rank;
    for (size_t i = 0; i < s->n; i++) {
        long double w = long_weight(s, i), e = long_residual(fit, i, k), room = 1 - w * long_hat(fit, i), g = 0;
        for (size_t c = 0; c < fit->q; c++)
            g += fit->C[j * fit->q + c] * long_column(fit, i, c);
        long double factor = kind == GEMML_ERRORS_HC0   ? 1
                             : kind == GEMML_ERRORS_HC1 ? n / (n - r)
                             : kind == GEMML_ERRORS_HC2 ? 1 / room
                                                        : 1 / (room * room);
        sum += factor * (w * e * g) * (w * e * g);
    }
    return sqrtl(sum);
}

static void check_robust(const struct sample *s, bool intercept, gemml_scaling scaling)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_sample(s, intercept, scaling);
    struct long_fit fit = long_fit_make(s, intercept, 0);
    double *out = malloc(fit.q * s->K * sizeof *out);
    for (int kind = GEMML_ERRORS_HC0; kind <= GEMML_ERRORS_HC3; kind++) {
        assert_ok(gemml_robust_errors(model, &data, (gemml_errors)kind, gemml_matrix_f64(out, fit.q, s->K)));
        gemml_summary summary = GEMML_SUMMARY_INIT;
        assert_ok(gemml_get_summary(model, &summary));
        assert_int_equal(summary.robust, kind);
        assert_bits(summary.robust_error + (intercept ? 0 : s->K), out + (intercept ? 0 : s->K),
                    (fit.q - !intercept) * s->K);
        for (size_t j = 0; j < fit.q; j++)
            for (size_t k = 0; k < s->K; k++)
                assert_close(out[j * s->K + k],
                             j == 0 && !intercept ? (long double)NAN : robust_error(&fit, (gemml_errors)kind, j, k),
                             1e-11, "a robust error");
    }
    free(out);
    long_fit_free(&fit);
    gemml_model_free(model);
}

static void robust_errors_match_long_double(void **state)
{
    const size_t shapes[][3] = {{12, 1, 1}, {40, 3, 2}, {193, 5, 1}, {1700, 2, 1}, {3500, 4, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        for (int way = 0; way < 6; way++) { /* without an intercept the scaling's shift is another model */
            struct sample s = uneven_sample(shapes[i][0], shapes[i][1], shapes[i][2], way & 1);
            check_robust(&s, way >= 2, way >= 4 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE);
            sample_free(&s);
        }
}

/* Wider than a strip, with merged blocks of the sum. */
static void robust_errors_of_many_columns(void **state)
{
    (void)state;
    struct sample s = uneven_sample(5000, 30, 1, true);
    check_robust(&s, true, GEMML_SCALING_NONE);
    sample_free(&s);
}

/* The distance by its definition: fit without row i, compare all predictions. */
static long double cook_by_deletion(const struct sample *s, const struct long_fit *fit, size_t row, size_t k)
{
    struct sample less = *s;
    less.w = malloc(s->n * sizeof(double));
    for (size_t i = 0; i < s->n; i++)
        less.w[i] = i == row ? 0 : (double)long_weight(s, i);
    struct long_fit without = long_fit_make(&less, fit->intercept, 0);
    long double sum = 0, sigma = long_sigma(fit, k);
    for (size_t i = 0; i < s->n; i++) {
        long double change = long_prediction(fit, i, k) - long_prediction(&without, i, k);
        sum += long_weight(s, i) * change * change;
    }
    long_fit_free(&without);
    free(less.w);
    return sum / ((long double)fit->rank * sigma * sigma);
}

static void check_influence(const struct sample *s, bool intercept, bool deleting)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_sample(s, intercept, GEMML_SCALING_NONE);
    struct long_fit fit = long_fit_make(s, intercept, 0);
    double *h = malloc(s->n * sizeof *h), *cook = malloc(s->n * s->K * sizeof *cook), sum = 0;
    assert_ok(gemml_influence(model, &data, gemml_matrix_f64(h, s->n, 1), gemml_matrix_f64(cook, s->n, s->K)));
    for (size_t i = 0; i < s->n; i++) {
        long double w = long_weight(s, i), truth = w * long_hat(&fit, i);
        sum += h[i];
        assert_close(h[i], truth, 1e-11, "a leverage");
        for (size_t k = 0; k < s->K; k++) {
            long double e = long_residual(&fit, i, k), sigma = long_sigma(&fit, k), scaled = e / sigma / (1 - truth);
            assert_near(cook[i * s->K + k], (double)(w * scaled * scaled * truth / (long double)fit.rank), 1e-11);
            if (deleting)
                assert_close(cook[i * s->K + k], cook_by_deletion(s, &fit, i, k), 1e-8, "Cook's distance");
        }
    }
    assert_near(sum, (double)fit.rank, 1e-12);
    free(h), free(cook);
    long_fit_free(&fit);
    gemml_model_free(model);
}

static void leverages_and_distances(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        struct sample small = uneven_sample(25, 3, 2, way & 1), large = uneven_sample(3300, 4, 1, way & 1);
        check_influence(&small, way & 2, true);
        check_influence(&large, way & 2, false);
        sample_free(&small), sample_free(&large);
    }
}

/* A row alone in its level has a leverage of 1, and leaves HC3 undefined; HC0 is not touched. */
static void a_row_that_makes_its_own_prediction(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 2, 1, 5);
    for (size_t i = 0; i < 30; i++)
        s.x[2 * i + 1] = i == 4;
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_sample(&s, true, GEMML_SCALING_NONE);
    double h[30], cook[30], out[3];
    assert_ok(gemml_influence(model, &data, gemml_matrix_f64(h, 30, 1), gemml_matrix_f64(cook, 30, 1)));
    assert_near(h[4], 1, 1e-12);
    assert_true(isnan(cook[4]) && cook[5] >= 0);
    assert_ok(gemml_robust_errors(model, &data, GEMML_ERRORS_HC3, gemml_matrix_f64(out, 3, 1)));
    assert_true(isnan(out[0]) && isnan(out[1]));
    assert_ok(gemml_robust_errors(model, &data, GEMML_ERRORS_HC0, gemml_matrix_f64(out, 3, 1)));
    assert_true(out[0] > 0 && out[1] > 0);
    gemml_model_free(model);
    sample_free(&s);
}

/* Ridge has leverages, of the penalised hat matrix; dependent columns have those of the space they span. */
static void leverages_without_an_inverse(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 3, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.l2 = 2.5;
    gemml_model *ridge = fit_model(&options, &data);
    struct long_fit fit = long_fit_make(&s, true, 2.5);
    double h[60], cook[60], sum = 0;
    gemml_matrix unwanted = {0};
    assert_ok(gemml_influence(ridge, &data, gemml_matrix_f64(h, 60, 1), unwanted));
    for (size_t i = 0; i < 60; i++)
        assert_close(h[i], long_hat(&fit, i), 1e-12, "a leverage of ridge");
    assert_refused(gemml_influence(ridge, &data, unwanted, gemml_matrix_f64(cook, 60, 1)), GEMML_ERROR_UNSUPPORTED,
                   "l2", "2", "5");
    for (size_t i = 0; i < 60; i++)
        s.x[3 * i + 2] = s.x[3 * i] - 2 * s.x[3 * i + 1];
    gemml_model *dependent = fit_model(NULL, &data);
    assert_ok(gemml_influence(dependent, &data, gemml_matrix_f64(h, 60, 1), gemml_matrix_f64(cook, 60, 1)));
    for (size_t i = 0; i < 60; i++)
        sum += h[i];
    assert_near(sum, 3, 1e-12);
    long_fit_free(&fit);
    gemml_model_free(ridge), gemml_model_free(dependent);
    sample_free(&s);
}

/* The limits of intervals, from C, sigma and the t of the confidence intervals. */
static void check_intervals(const struct sample *s, bool intercept, gemml_dtype dtype)
{
    gemml_model *model = fit_sample(s, intercept, GEMML_SCALING_NONE);
    struct long_fit fit = long_fit_make(s, intercept, 0);
    size_t cols = 3 * s->K;
    double *out = malloc(s->n * cols * sizeof *out), *table = malloc(fit.q * 2 * sizeof *table);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    assert_ok(gemml_confidence_interval(model, 0, GEMML_ERRORS_CLASSICAL, 0.9, gemml_matrix_f64(table, fit.q, 2)));
    double t = (table[3] - table[2]) / 2 / summary.std_error[s->K];
    for (int kind = GEMML_INTERVAL_MEAN; kind <= GEMML_INTERVAL_PREDICTION; kind++) {
        gemml_matrix matrix = {out, s->n, cols, cols, dtype, 0};
        assert_ok(gemml_predict_interval(model, sample_x(s), 0.9, (gemml_interval)kind, matrix));
        for (size_t i = 0; i < s->n; i++)
            for (size_t k = 0; k < s->K; k++) {
                long double value = long_prediction(&fit, i, k), h = long_hat(&fit, i);
                long double half = t * long_sigma(&fit, k) * sqrtl(kind == GEMML_INTERVAL_MEAN ? h : 1 + h);
                for (int c = 0; c < 3; c++) {
                    size_t at = i * cols + 3 * k + (size_t)c;
                    double given = dtype == GEMML_F64 ? out[at] : (double)((float *)(void *)out)[at];
                    assert_near(given,
                                (double)(value + (c == 0   ? 0
                                                  : c == 1 ? -half
                                                           : half)),
                                dtype == GEMML_F64 ? 1e-12 : 1e-6);
                }
            }
    }
    free(out), free(table);
    long_fit_free(&fit);
    gemml_model_free(model);
}

static void intervals_match_long_double(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) {
        struct sample s = uneven_sample(way & 4 ? 1000 : 20, 3, 2, way & 1);
        check_intervals(&s, way & 2, GEMML_F64);
        check_intervals(&s, way & 2, GEMML_F32);
        sample_free(&s);
    }
}

/* A row's interval has the same bits in whatever batch it stands, for any number of threads. With
 * 100 columns the product of a few rows is small to BLAS, that of a strip is not. */
static void check_intervals_of_batches(size_t p)
{
    struct sample s = uneven_sample(900, p, 1, false);
    gemml_model *model = fit_sample(&s, true, GEMML_SCALING_NONE);
    double *whole = malloc(900 * 3 * sizeof *whole), part[3 * 50];
    for (size_t threads = 1; threads <= 4; threads++) {
        assert_ok(gemml_set_threads(threads));
        assert_ok(
            gemml_predict_interval(model, sample_x(&s), 0.95, GEMML_INTERVAL_MEAN, gemml_matrix_f64(whole, 900, 3)));
        for (size_t first = 0; first < 850; first += 37) {
            gemml_view rows = gemml_view_f64(s.x + p * first, 1 + first % 50, p);
            assert_ok(
                gemml_predict_interval(model, rows, 0.95, GEMML_INTERVAL_MEAN, gemml_matrix_f64(part, rows.rows, 3)));
            assert_bits(part, whole + 3 * first, 3 * rows.rows);
        }
    }
    assert_ok(gemml_set_threads(0));
    free(whole);
    gemml_model_free(model);
    sample_free(&s);
}

static void intervals_do_not_depend_on_the_batch(void **state)
{
    (void)state;
    check_intervals_of_batches(5);
    check_intervals_of_batches(100);
}

/* The same bits of robust errors and distances for any number of threads. */
static void influence_does_not_depend_on_threads(void **state)
{
    (void)state;
    struct sample s = uneven_sample(4000, 6, 1, true);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_sample(&s, true, GEMML_SCALING_NONE);
    double first[7], again[7], *cook = malloc(4000 * sizeof *cook), *other = malloc(4000 * sizeof *other);
    gemml_matrix unwanted = {0};
    for (size_t threads = 1; threads <= 4; threads++) {
        double *errors = threads == 1 ? first : again, *distances = threads == 1 ? cook : other;
        assert_ok(gemml_set_threads(threads));
        assert_ok(gemml_robust_errors(model, &data, GEMML_ERRORS_HC2, gemml_matrix_f64(errors, 7, 1)));
        assert_ok(gemml_influence(model, &data, unwanted, gemml_matrix_f64(distances, 4000, 1)));
        assert_bits(errors, first, 7);
        assert_bits(distances, cook, 4000);
    }
    assert_ok(gemml_set_threads(0));
    free(cook), free(other);
    gemml_model_free(model);
    sample_free(&s);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 2, 1, 5);
    gemml_dataset data = sample_dataset(&s), wrong = data;
    gemml_model *model = fit_model(NULL, &data), *unfitted = new_model(NULL);
    double out[60];
    gemml_matrix unwanted = {0}, three = gemml_matrix_f64(out, 3, 1), rows = gemml_matrix_f64(out, 20, 1);
    gemml_matrix limits = gemml_matrix_f64(out, 20, 3);
    assert_refused(gemml_robust_errors(unfitted, &data, GEMML_ERRORS_HC3, three), GEMML_ERROR_UNFITTED, "fitted");
    assert_refused(gemml_robust_errors(model, &data, GEMML_ERRORS_CLASSICAL, three), GEMML_ERROR_ARGUMENT, "0", "1",
                   "4");
    assert_refused(gemml_robust_errors(model, &data, (gemml_errors)5, three), GEMML_ERROR_ARGUMENT, "5");
    assert_refused(gemml_robust_errors(model, &data, GEMML_ERRORS_HC3, rows), GEMML_ERROR_SHAPE, "20", "3");
    assert_refused(gemml_influence(model, &data, unwanted, unwanted), GEMML_ERROR_ARGUMENT, "leverage");
    assert_refused(gemml_influence(model, &data, three, unwanted), GEMML_ERROR_SHAPE, "leverage", "20");
    assert_refused(gemml_influence(model, &data, unwanted, three), GEMML_ERROR_SHAPE, "cook", "20");
    assert_refused(gemml_predict_interval(model, data.x, 1, GEMML_INTERVAL_MEAN, limits), GEMML_ERROR_ARGUMENT, "1");
    assert_refused(gemml_predict_interval(model, data.x, NAN, GEMML_INTERVAL_MEAN, limits), GEMML_ERROR_ARGUMENT,
                   "nan");
    assert_refused(gemml_predict_interval(model, data.x, 0.9, (gemml_interval)2, limits), GEMML_ERROR_ARGUMENT, "2");
    assert_refused(gemml_predict_interval(model, data.x, 0.9, GEMML_INTERVAL_MEAN, rows), GEMML_ERROR_SHAPE, "20", "3");
    wrong.y = gemml_view_f64(out, 20, 1);
    for (size_t i = 0; i < 20; i++)
        out[i] = i == 7 ? INFINITY : 1;
    double errors[3] = {-1, -1, -1};
    assert_refused(gemml_robust_errors(model, &wrong, GEMML_ERRORS_HC3, gemml_matrix_f64(errors, 3, 1)),
                   GEMML_ERROR_NONFINITE, "y", "7");
    assert_true(errors[0] == -1);
    gemml_model_free(model), gemml_model_free(unfitted);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(robust_errors_match_long_double),
        cmocka_unit_test(robust_errors_of_many_columns),
        cmocka_unit_test(leverages_and_distances),
        cmocka_unit_test(a_row_that_makes_its_own_prediction),
        cmocka_unit_test(leverages_without_an_inverse),
        cmocka_unit_test(intervals_match_long_double),
        cmocka_unit_test(intervals_do_not_depend_on_the_batch),
        cmocka_unit_test(influence_does_not_depend_on_threads),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

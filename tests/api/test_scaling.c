/* Scaled inputs and targets: the same as data that were scaled by hand, and undone
 * in predictions, coefficients and scores. */
#include "sample.h"

/* y' = (y - shift) scale, by hand. */
struct by_hand {
    double shift[2], scale[2];
};

static struct by_hand scale_targets(struct sample *s, gemml_scaling scaling, bool intercept)
{
    struct by_hand map;
    double all_low = INFINITY, all_high = -INFINITY, low[2], high[2], mean[2], deviation[2];
    for (size_t k = 0; k < s->K; k++) {
        long double sum = 0, squares = 0;
        low[k] = INFINITY, high[k] = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            sum += s->y[i * s->K + k];
            low[k] = fmin(low[k], s->y[i * s->K + k]);
            high[k] = fmax(high[k], s->y[i * s->K + k]);
        }
        mean[k] = (double)(sum / s->n);
        for (size_t i = 0; i < s->n; i++)
            squares += (s->y[i * s->K + k] - mean[k]) * (s->y[i * s->K + k] - mean[k]);
        deviation[k] = (double)sqrtl(squares / s->n);
        all_low = fmin(all_low, low[k]), all_high = fmax(all_high, high[k]);
    }
    for (size_t k = 0; k < s->K; k++) {
        bool standard = scaling == GEMML_SCALING_STANDARDIZE, all = scaling == GEMML_SCALING_MINMAX_ALL;
        double from = all ? all_low : low[k], to = all ? all_high : high[k];
        /* To -1 .. 3. */
        map.scale[k] = standard ? 1 / deviation[k] : 4 / (to - from);
        map.shift[k] = !intercept ? 0 : standard ? mean[k] : from + 1 / map.scale[k];
        for (size_t i = 0; i < s->n; i++)
            s->y[i * s->K + k] = (s->y[i * s->K + k] - map.shift[k]) * map.scale[k];
    }
    return map;
}

static gemml_linear_options base_options(gemml_solver solver, gemml_dtype dtype, bool intercept)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = solver;
    options.dtype = dtype;
    options.intercept = intercept;
    options.l2 = 3;
    options.range_low = -1;
    options.range_high = 3;
    return options;
}

/* Fitted by the library's scaling, and to targets that were scaled by hand: equal
 * parameters and loss; predictions and coefficients differ by the map. */
static void check_targets(gemml_solver solver, gemml_scaling scaling, gemml_dtype dtype, bool intercept)
{
    struct sample s = sample_make(80, 3, 2, 21), hand = sample_make(80, 3, 2, 21);
    gemml_linear_options options = base_options(solver, dtype, intercept), plain = options;
    gemml_dataset data = sample_dataset(&s), scaled = sample_dataset(&hand);
    struct by_hand map = scale_targets(&hand, scaling, intercept);
    options.target_scaling = scaling;
    gemml_model *model = fit_model(&options, &data), *other = fit_model(&plain, &scaled);
    double tolerance = dtype == GEMML_F32 ? 3e-5 : 1e-11, out[80 * 2], out_scaled[80 * 2], w[8], w_scaled[8];
    gemml_fit_info info = GEMML_FIT_INFO_INIT, info_scaled = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    assert_ok(gemml_get_fit_info(other, &info_scaled));
    assert_near(info.loss, info_scaled.loss, tolerance);
    assert_near(info.objective / 80, info_scaled.objective / 80, tolerance);
    assert_ok(gemml_predict(model, data.x, gemml_matrix_f64(out, 80, 2)));
    assert_ok(gemml_predict(other, data.x, gemml_matrix_f64(out_scaled, 80, 2)));
    assert_ok(gemml_coefficients(model, gemml_matrix_f64(w, 4, 2)));
    assert_ok(gemml_coefficients(other, gemml_matrix_f64(w_scaled, 4, 2)));
    for (size_t i = 0; i < 160; i++)
        assert_near(out[i], out_scaled[i] / map.scale[i % 2] + map.shift[i % 2], 10 * tolerance);
    for (size_t i = 0; i < 8; i++)
        assert_near(w[i], w_scaled[i] / map.scale[i % 2] + (i < 2 ? map.shift[i % 2] : 0), 10 * tolerance);
    gemml_model_free(model);
    gemml_model_free(other);
    sample_free(&s);
    sample_free(&hand);
}

static void test_targets(void **state)
{
    (void)state;
    static const gemml_solver solvers[] = {GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR, GEMML_SOLVER_SVD,
                                           GEMML_SOLVER_DESCENT};
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++)
        for (int scaling = GEMML_SCALING_STANDARDIZE; scaling <= GEMML_SCALING_MINMAX_ALL; scaling++)
            for (int intercept = 0; intercept <= 1; intercept++) {
                check_targets(solvers[i], (gemml_scaling)scaling, GEMML_F64, intercept);
                check_targets(solvers[i], (gemml_scaling)scaling, GEMML_F32, intercept);
            }
}

/* The score, the summary and the check are of the targets as they are; the gradient is zero at the minimum. */
static void test_undone_everywhere(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 2, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_model *plain = fit_model(NULL, &data);
    options.target_scaling = GEMML_SCALING_STANDARDIZE;
    options.scaling = GEMML_SCALING_MINMAX_ALL;
    gemml_model *model = fit_model(&options, &data);
    gemml_metrics a = GEMML_METRICS_INIT, b = GEMML_METRICS_INIT;
    gemml_summary of_a = GEMML_SUMMARY_INIT, of_b = GEMML_SUMMARY_INIT;
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    double loss, gradient[3];
    assert_ok(gemml_score(plain, &data, &a));
    assert_ok(gemml_score(model, &data, &b));
    assert_near(a.mse, b.mse, 1e-14);
    assert_near(a.r2, b.r2, 1e-14);
    assert_ok(gemml_get_summary(plain, &of_a));
    assert_ok(gemml_get_summary(model, &of_b));
    assert_near(of_a.r2[0], of_b.r2[0], 1e-14);
    assert_near(of_a.sigma[0], of_b.sigma[0], 1e-14);
    assert_ok(gemml_normal_equation_check(model, &data, &check));
    assert_true(check.residual < 1e-13 && check.digits > 14);
    assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
    for (size_t i = 0; i < 3; i++)
        assert_near(gradient[i], 0, 1e-14);
    gemml_model_free(plain);
    gemml_model_free(model);
    sample_free(&s);
}

/* A saved model predicts the same bits. */
static void test_saved(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 2, 2, 6);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = base_options(GEMML_SOLVER_AUTO, GEMML_F64, true);
    options.scaling = GEMML_SCALING_MINMAX;
    options.target_scaling = GEMML_SCALING_MINMAX;
    gemml_model *model = fit_model(&options, &data), *loaded = NULL;
    double before[120], after[120];
    assert_ok(gemml_save(model, scratch_path("scaled.gemml")));
    assert_ok(gemml_load(&loaded, scratch_path("scaled.gemml")));
    assert_ok(gemml_predict(model, data.x, gemml_matrix_f64(before, 60, 2)));
    assert_ok(gemml_predict(loaded, data.x, gemml_matrix_f64(after, 60, 2)));
    assert_memory_equal(before, after, sizeof before);
    assert_ok(gemml_fit(loaded, &data, NULL, NULL)); /* its options are there too */
    assert_ok(gemml_predict(loaded, data.x, gemml_matrix_f64(after, 60, 2)));
    assert_memory_equal(before, after, sizeof before);
    gemml_model_free(model);
    gemml_model_free(loaded);
    sample_free(&s);
}

static void test_refused(void **state)
{
    (void)state;
    static const double ranges[][2] = {{1, 1}, {2, 1}, {0, INFINITY}, {-INFINITY, 0}, {(double)NAN, 1}};
    gemml_model *model = NULL;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
        options.range_low = logistic.range_low = ranges[i][0];
        options.range_high = logistic.range_high = ranges[i][1];
        assert_refused(gemml_linear_create(&model, &options), GEMML_ERROR_ARGUMENT, "range");
        assert_refused(gemml_logistic_create(&model, &logistic), GEMML_ERROR_ARGUMENT, "range");
    }
    assert_null(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_undone_everywhere),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

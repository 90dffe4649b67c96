/* gemml_score against sums in long double. */
#include "sample.h"

struct truth {
    double loss, mse, mae, r2;
};

/* Over all rows and outputs, as the comment of gemml_metrics says. */
static struct truth truth_of(const struct sample *s, const double *predictions)
{
    long double sum = 0, squares = 0, absolute = 0, r2 = 0;
    for (size_t i = 0; i < s->n; i++)
        sum += s->w ? s->w[i] : 1;
    for (size_t k = 0; k < s->K; k++) {
        long double mean = 0, rss = 0, tss = 0;
        for (size_t i = 0; i < s->n; i++)
            mean += (s->w ? s->w[i] : 1) * (long double)s->y[i * s->K + k] / sum;
        for (size_t i = 0; i < s->n; i++) {
            long double w = s->w ? s->w[i] : 1, y = s->y[i * s->K + k], e = y - predictions[i * s->K + k];
            rss += w * e * e;
            tss += w * (y - mean) * (y - mean);
            absolute += w * fabsl(e);
        }
        squares += rss;
        r2 += tss > 0 ? 1 - rss / tss : NAN;
    }
    long double K = (long double)s->K;
    return (struct truth){(double)(squares / sum / 2), (double)(squares / sum / K), (double)(absolute / sum / K),
                          (double)(r2 / K)};
}

static void check_metrics(const gemml_model *model, const struct sample *s, double tolerance)
{
    gemml_dataset data = sample_dataset(s);
    gemml_metrics metrics = GEMML_METRICS_INIT;
    double *predictions = predictions_of(model, s);
    struct truth truth = truth_of(s, predictions);
    assert_ok(gemml_score(model, &data, &metrics));
    assert_int_equal(metrics.rows, s->n);
    assert_near(metrics.loss, truth.loss, tolerance);
    assert_near(metrics.mse, truth.mse, tolerance);
    assert_near(metrics.rmse, sqrt(truth.mse), tolerance);
    assert_near(metrics.mae, truth.mae, tolerance);
    assert_near(metrics.r2, truth.r2, tolerance);
    free(predictions);
}

static void test_metrics(void **state)
{
    (void)state;
    for (size_t K = 1; K <= 3; K++)
        for (int weighted = 0; weighted <= 1; weighted++)
            for (int dtype = GEMML_F64; dtype <= GEMML_F32; dtype++) {
                struct sample train = sample_make(50, 4, K, 1), test = sample_make(3333, 4, K, 2);
                if (weighted)
                    sample_weigh(&test, 3);
                gemml_dataset data = sample_dataset(&train);
                gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
                options.dtype = (gemml_dtype)dtype;
                options.l2 = 20; /* not too good a fit */
                gemml_model *model = fit_model(&options, &data);
                check_metrics(model, &test, 1e-12);
                check_metrics(model, &train, 1e-12);
                gemml_model_free(model);
                sample_free(&train);
                sample_free(&test);
            }
}

/* What the fit reports of its own data is what the score finds. */
static void test_score_of_the_fit(void **state)
{
    (void)state;
    struct sample s = sample_make(400, 3, 2, 4);
    sample_weigh(&s, 5);
    gemml_dataset data = sample_dataset(&s);
    for (int solver = GEMML_SOLVER_CHOLESKY; solver <= GEMML_SOLVER_LBFGS; solver++) {
        gemml_linear_options options = descent_options(30);
        options.solver = (gemml_solver)solver;
        gemml_model *model = new_model(&options);
        gemml_fit_info info = GEMML_FIT_INFO_INIT;
        gemml_metrics metrics = GEMML_METRICS_INIT;
        gemml_summary summary = GEMML_SUMMARY_INIT;
        double loss, gradient[8];
        assert_ok(gemml_fit(model, &data, NULL, &info));
        assert_ok(gemml_score(model, &data, &metrics));
        assert_ok(gemml_get_summary(model, &summary));
        assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
        assert_near(metrics.loss, info.loss, 1e-12);
        assert_near(metrics.loss, loss, 1e-12);
        assert_near(metrics.r2, (summary.r2[0] + summary.r2[1]) / 2, 1e-12);
        gemml_model_free(model);
    }
    sample_free(&s);
}

static void test_perfect_and_mean_predictions(void **state)
{
    (void)state;
    const double x[4] = {1, 2, 3, 4}, y[4] = {2, 4, 6, 8}, flat[4] = {0, 0, 0, 0};
    gemml_dataset data = GEMML_DATASET_INIT, zeros = GEMML_DATASET_INIT;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    data.x = gemml_view_f64(x, 4, 1);
    data.y = gemml_view_f64(y, 4, 1);
    gemml_model *model = fit_model(NULL, &data);
    assert_ok(gemml_score(model, &data, &metrics));
    assert_near(metrics.r2, 1, 1e-15);
    assert_true(metrics.mse < 1e-28);
    zeros.x = gemml_view_f64(flat, 4, 1);
    zeros.y = data.y;
    gemml_model *mean = fit_model(NULL, &zeros);
    assert_ok(gemml_score(mean, &zeros, &metrics));
    assert_near(metrics.r2, 0, 1e-15);
    assert_near(metrics.mse, 5, 1e-15);
    assert_near(metrics.mae, 2, 1e-15);
    gemml_model_free(model);
    gemml_model_free(mean);
}

static void test_constant_target(void **state)
{
    (void)state;
    struct sample s = sample_make(2000, 2, 2, 6);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    for (size_t i = 0; i < s.n; i++)
        s.y[i * 2] = 0.1;
    gemml_metrics metrics = GEMML_METRICS_INIT;
    assert_ok(gemml_score(model, &data, &metrics));
    assert_true(isnan(metrics.r2));
    assert_true(isfinite(metrics.mse) && isfinite(metrics.mae) && isfinite(metrics.loss));
    data.y = gemml_view_f64_strided(s.y + 1, s.n, 1, 2);
    gemml_model *one = fit_model(NULL, &data);
    assert_ok(gemml_score(one, &data, &metrics)); /* the other column alone has one */
    assert_true(metrics.r2 > 0.5);
    gemml_dataset row = data;
    row.x.rows = row.y.rows = 1;
    assert_ok(gemml_score(one, &row, &metrics));
    assert_int_equal(metrics.rows, 1);
    assert_true(isnan(metrics.r2) && metrics.mse >= 0);
    gemml_model_free(model);
    gemml_model_free(one);
    sample_free(&s);
}

/* The mean of the targets takes their digits, and r2 must not lose them. */
static void test_targets_far_from_zero(void **state)
{
    (void)state;
    struct sample s = sample_make(1000, 2, 1, 7);
    for (size_t i = 0; i < s.n; i++)
        s.y[i] = 1e9 + ldexp(round(ldexp(s.y[i], 8)), -8);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    check_metrics(model, &s, 1e-12);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_weights_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 2, 1, 8);
    sample_weigh(&s, 9);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_metrics metrics = GEMML_METRICS_INIT;
    s.w[5] = -1;
    assert_refused(gemml_score(model, &data, &metrics), GEMML_ERROR_ARGUMENT, "weight", "5");
    for (size_t i = 0; i < s.n; i++)
        s.w[i] = 0;
    assert_refused(gemml_score(model, &data, &metrics), GEMML_ERROR_ARGUMENT, "20");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metrics),
        cmocka_unit_test(test_score_of_the_fit),
        cmocka_unit_test(test_perfect_and_mean_predictions),
        cmocka_unit_test(test_constant_target),
        cmocka_unit_test(test_targets_far_from_zero),
        cmocka_unit_test(test_weights_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

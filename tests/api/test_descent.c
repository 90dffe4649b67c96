/* gemml_fit by gradient descent: its steps against steps by hand, what ends a
 * run, and what is kept. */
#include "sample.h"

/* theta -= rate (dF/dtheta / sum w), plainly, for one output; theta = (b, w). The
 * loss before the step is returned. */
static double plain_step(const struct sample *s, double rate, double lambda, double *theta)
{
    double sum = 0, loss = 0, *gradient = calloc(s->p + 1, sizeof *gradient);
    for (size_t i = 0; i < s->n; i++) {
        double w = s->w ? s->w[i] : 1, r = theta[0] - s->y[i];
        for (size_t j = 0; j < s->p; j++)
            r += s->x[i * s->p + j] * theta[1 + j];
        sum += w;
        loss += 0.5 * w * r * r;
        gradient[0] += w * r;
        for (size_t j = 0; j < s->p; j++)
            gradient[1 + j] += w * r * s->x[i * s->p + j];
    }
    for (size_t j = 0; j <= s->p; j++)
        theta[j] -= rate / sum * (gradient[j] + (j > 0 ? lambda * theta[j] : 0));
    free(gradient);
    return loss / sum;
}

static void test_steps(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 1, 1);
    sample_weigh(&s, 2);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(7);
    options.rate = 0.1;
    options.l2 = 3;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, NULL);
    double theta[4] = {0}, *w = coefficients_of(model, 3, 1);
    assert_int_equal(info.outcome, GEMML_LIMIT);
    assert_int_equal(info.solver, GEMML_SOLVER_DESCENT);
    assert_int_equal(info.epochs, 7);
    assert_int_equal(info.iterations, 7);
    assert_int_equal(info.best_epoch, 7);
    assert_int_equal(info.loss_history_count, 7);
    for (size_t e = 0; e < 7; e++)
        assert_near(info.loss_history[e], plain_step(&s, 0.1, 3, theta), 1e-13);
    for (size_t j = 0; j < 4; j++)
        assert_near(w[j], theta[j], 1e-13);
    double kept[4];
    memcpy(kept, theta, sizeof kept);
    double loss = plain_step(&s, 0.1, 3, theta), sum = 0;
    for (size_t i = 0; i < s.n; i++)
        sum += s.w[i];
    assert_near(info.loss, loss, 1e-13);
    assert_near(info.objective, loss * sum + 1.5 * (kept[1] * kept[1] + kept[2] * kept[2] + kept[3] * kept[3]), 1e-13);
    assert_non_null(strstr(info.notice, "7 epochs"));
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

/* gemml_loss_gradient is the step: theta(1) = theta(0) - rate gradient(theta(0)). */
static void test_gradient_is_the_step(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 2, 2, 3);
    sample_weigh(&s, 4);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(3);
    options.rate = 0.05;
    options.l2 = 2;
    options.scaling = GEMML_SCALING_STANDARDIZE;
    gemml_model *three = fit_model(&options, &data);
    options.epochs = 4;
    gemml_model *four = fit_model(&options, &data);
    const void *from, *to;
    size_t count;
    double gradient[6], loss;
    assert_ok(gemml_parameters(three, &from, &count));
    assert_ok(gemml_parameters(four, &to, &count));
    assert_ok(gemml_loss_gradient(three, &data, &loss, gradient));
    for (size_t i = 0; i < 6; i++)
        assert_near(((const double *)to)[i], ((const double *)from)[i] - 0.05 * gradient[i], 1e-14);
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(four, &info));
    assert_near(info.loss_history[3], loss, 1e-14);
    gemml_model_free(three);
    gemml_model_free(four);
    sample_free(&s);
}

/* Floats go along with doubles; the loss need not be wanted. */
static void test_gradient_in_floats(void **state)
{
    (void)state;
    struct sample s = sample_make(64, 3, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(3);
    gemml_model *exact = fit_model(&options, &data);
    options.dtype = GEMML_F32;
    gemml_model *model = fit_model(&options, &data);
    float gradient[4];
    double expected[4], loss, expected_loss;
    assert_ok(gemml_loss_gradient(model, &data, &loss, gradient));
    assert_ok(gemml_loss_gradient(exact, &data, &expected_loss, expected));
    assert_ok(gemml_loss_gradient(exact, &data, NULL, expected));
    assert_near(loss, expected_loss, 1e-5);
    for (size_t i = 0; i < 4; i++)
        assert_near((double)gradient[i], expected[i], 1e-5);
    gemml_model_free(model);
    gemml_model_free(exact);
    sample_free(&s);
}

static void test_reaches_the_closed_form(void **state)
{
    (void)state;
    for (size_t K = 1; K <= 2; K++)
        for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++)
            for (int intercept = 0; intercept <= 1; intercept++) {
                struct sample s = sample_make(100, 4, K, 6);
                gemml_dataset data = sample_dataset(&s);
                gemml_linear_options options = descent_options(100000);
                options.scaling = (gemml_scaling)scaling;
                options.intercept = intercept;
                options.l2 = 0.5;
                gemml_model *model = new_model(&options);
                gemml_fit_info info = fit_info(model, &data, NULL);
                assert_int_equal(info.outcome, GEMML_CONVERGED);
                assert_true(info.epochs < 100000 && info.iterations == info.epochs - 1);
                options.solver = GEMML_SOLVER_CHOLESKY;
                gemml_model *closed = fit_model(&options, &data);
                assert_same_coefficients(model, closed, 4, K, 1e-9);
                gemml_model_free(model);
                gemml_model_free(closed);
                sample_free(&s);
            }
}

static void test_loss_falls_at_the_default_rate(void **state)
{
    (void)state;
    struct sample s = sample_make(80, 5, 1, 7);
    for (size_t i = 0; i < 80; i++)
        s.x[5 * i] *= 1000;
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(200);
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, NULL);
    for (size_t e = 1; e < info.loss_history_count; e++)
        assert_true(info.loss_history[e] < info.loss_history[e - 1]);
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- What ends a run ---- */

static void test_tolerance_and_patience(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 3, 1, 8);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(5000);
    for (size_t patience = 1; patience <= 4; patience++) {
        options.tolerance = 1e-4;
        options.patience = patience;
        gemml_model *model = new_model(&options);
        gemml_fit_info info = fit_info(model, &data, NULL);
        assert_int_equal(info.outcome, GEMML_STOPPED_EARLY);
        size_t idle = 0, e = 1;
        while (e < info.loss_history_count && idle < patience) {
            idle = info.loss_history[e - 1] - info.loss_history[e] < 1e-4 ? idle + 1 : 0;
            e++;
        }
        assert_int_equal(idle, patience); /* then, and not before */
        assert_int_equal(e, info.loss_history_count);
        assert_int_equal(info.epochs, e);
        gemml_model_free(model);
    }
    sample_free(&s);
}

static void test_most_steps(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 2, 1, 9);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(100);
    options.batch = 20; /* three steps an epoch: 20, 20, 10 */
    options.max_iterations = 5;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = fit_info(model, &data, NULL);
    assert_int_equal(info.outcome, GEMML_LIMIT);
    assert_int_equal(info.iterations, 5);
    assert_int_equal(info.epochs, 2);
    gemml_model_free(model);
    options.max_iterations = GEMML_AUTO_COUNT;
    options.epochs = 4;
    model = new_model(&options);
    info = fit_info(model, &data, NULL);
    assert_int_equal(info.iterations, 12);
    assert_int_equal(info.epochs, 4);
    gemml_model_free(model);
    sample_free(&s);
}

static void assert_finite_model(const gemml_model *model, const struct sample *s, const gemml_fit_info *info)
{
    double *w = coefficients_of(model, s->p, s->K);
    for (size_t i = 0; i < (s->p + 1) * s->K; i++)
        assert_true(isfinite(w[i]));
    assert_true(isfinite(info->loss) && isfinite(info->objective));
    free(w);
}

/* Whole batches keep the best parameters, here those of the start. */
static void test_divergence(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 1, 11);
    gemml_dataset data = sample_dataset(&s);
    for (int floats = 0; floats <= 1; floats++) {
        gemml_linear_options options = descent_options(100000);
        options.rate = 1000;
        options.dtype = floats ? GEMML_F32 : GEMML_F64;
        gemml_model *model = new_model(&options), *loaded = NULL;
        gemml_fit_info info = fit_info(model, &data, NULL);
        assert_int_equal(info.outcome, GEMML_DIVERGED);
        assert_int_equal(info.best_epoch, 0);
        assert_true(info.loss == info.loss_history[0]);
        assert_finite_model(model, &s, &info);
        assert_true(holds_word(info.notice, "1000"));
        const char *path = scratch_path("diverged.gemml"); /* a model like any other */
        assert_ok(gemml_save(model, path));
        assert_ok(gemml_load(&loaded, path));
        gemml_model_free(loaded);
        gemml_model_free(model);
    }
    sample_free(&s);
}

static void test_divergence_of_batches(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 2, 12);
    gemml_dataset data = sample_dataset(&s);
    const double rates[] = {3, 1e3, 1e100, 1e300};
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        gemml_linear_options options = descent_options(100000);
        options.rate = rates[i];
        options.batch = 8;
        gemml_model *model = new_model(&options);
        gemml_fit_info info = fit_info(model, &data, NULL);
        assert_int_equal(info.outcome, GEMML_DIVERGED);
        assert_finite_model(model, &s, &info);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* ---- Batches ---- */

/* A batch of all rows is no batch; one of a permutation is another, by its seed. */
static void test_batches(void **state)
{
    (void)state;
    struct sample s = sample_make(90, 3, 1, 13);
    sample_weigh(&s, 14);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(20);
    options.rate = 0.05;
    gemml_model *whole = fit_model(&options, &data);
    options.batch = 90;
    gemml_model *all = fit_model(&options, &data);
    assert_same_coefficients(all, whole, 3, 1, 0);
    options.batch = 32;
    options.epochs = 1000;
    gemml_model *first = fit_model(&options, &data), *again = fit_model(&options, &data);
    options.seed = 1;
    gemml_model *second = fit_model(&options, &data);
    double *u = coefficients_of(first, 3, 1), *v = coefficients_of(again, 3, 1), *w = coefficients_of(second, 3, 1);
    assert_bits(u, v, 4);
    assert_true(u[1] != w[1]);
    assert_closed_form(first, &s, 0, true, 1); /* near it, each of them */
    assert_closed_form(second, &s, 0, true, 1);
    free(u);
    free(v);
    free(w);
    gemml_model_free(whole);
    gemml_model_free(all);
    gemml_model_free(first);
    gemml_model_free(again);
    gemml_model_free(second);
    sample_free(&s);
}

/* Each row once an epoch: with rows that touch a parameter each, one step on one
 * row at rate 1 brings its parameter to the target. */
static void test_each_row_once(void **state)
{
    (void)state;
    enum { n = 12 };
    double x[n * n] = {0}, y[n];
    for (size_t i = 0; i < n; i++) {
        x[i * n + i] = 1;
        y[i] = (double)(i + 1);
    }
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, n, n);
    data.y = gemml_view_f64(y, n, 1);
    gemml_linear_options options = descent_options(1);
    options.intercept = 0;
    options.batch = 1;
    options.rate = 1;
    gemml_model *model = fit_model(&options, &data);
    double *w = coefficients_of(model, n, 1);
    for (size_t j = 0; j < n; j++)
        assert_true(w[1 + j] == y[j]);
    free(w);
    gemml_model_free(model);
}

static void test_summary_of_descent(void **state)
{
    (void)state;
    struct sample s = sample_make(70, 3, 2, 18);
    sample_weigh(&s, 19);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = descent_options(100000);
    gemml_model *model = fit_model(&options, &data), *closed = fit_model(NULL, &data);
    gemml_summary a = GEMML_SUMMARY_INIT, b = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &a));
    assert_ok(gemml_get_summary(closed, &b));
    assert_int_equal(a.rank, 4);
    assert_near(a.condition, b.condition, 1e-14);
    for (size_t j = 0; j < 8; j++) /* it converged: there are standard errors */
        assert_near(a.std_error[j], b.std_error[j], 1e-9);
    for (size_t k = 0; k < 2; k++) {
        assert_near(a.r2[k], b.r2[k], 1e-9);
        assert_near(a.adjusted_r2[k], b.adjusted_r2[k], 1e-9);
        assert_near(a.sigma[k], b.sigma[k], 1e-9);
    }
    gemml_model_free(model);
    options.epochs = 3; /* not there yet: its errors would say nothing */
    model = fit_model(&options, &data);
    assert_ok(gemml_get_summary(model, &a));
    assert_true(a.rank == 0 && isnan(a.condition) && isnan(a.std_error[0]) && isnan(a.f[0]));
    gemml_model_free(model);
    gemml_model_free(closed);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_gradient_is_the_step),
        cmocka_unit_test(test_gradient_in_floats),
        cmocka_unit_test(test_reaches_the_closed_form),
        cmocka_unit_test(test_loss_falls_at_the_default_rate),
        cmocka_unit_test(test_tolerance_and_patience),
        cmocka_unit_test(test_most_steps),
        cmocka_unit_test(test_divergence),
        cmocka_unit_test(test_divergence_of_batches),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_each_row_once),
        cmocka_unit_test(test_summary_of_descent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gemml_fit by the closed form: against long double, at the edges of what a fit
 * is, with weights, penalties, several outputs, scaling and floats. */
#include "sample.h"

/* The program of the README and of the plan, with numbers. */
static void test_first_program(void **state)
{
    (void)state;
    enum { n = 6, p = 2, m = 2 };
    const double x[n * p] = {1, 2, 2, 1, 3, 4, 4, 3, 5, 6, 6, 5}, x_new[m * p] = {7, 8, 0, 1};
    double y[n], out[m];
    for (size_t i = 0; i < n; i++)
        y[i] = 1 + 2 * x[i * p] - 3 * x[i * p + 1];

    gemml_model *model = NULL;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_dataset train = GEMML_DATASET_INIT;
    train.x = gemml_view_f64(x, n, p);
    train.y = gemml_view_f64(y, n, 1);
    bool failed = gemml_linear_create(&model, &options) || gemml_fit(model, &train, NULL, NULL) ||
                  gemml_predict(model, gemml_view_f64(x_new, m, p), gemml_matrix_f64(out, m, 1));
    assert_false(failed);
    assert_near(out[0], 1 + 14 - 24, 1e-13);
    assert_near(out[1], 1 - 3, 1e-13);
    gemml_model_free(model);
}

static void test_closed_form(void **state)
{
    (void)state;
    for (size_t K = 1; K <= 3; K += 2)
        for (int weighted = 0; weighted <= 1; weighted++)
            for (int intercept = 0; intercept <= 1; intercept++) {
                struct sample s = sample_make(200, 7, K, 1 + K);
                if (weighted)
                    sample_weigh(&s, 3);
                gemml_dataset data = sample_dataset(&s);
                gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
                options.intercept = intercept;
                gemml_model *model = fit_model(&options, &data);
                assert_closed_form(model, &s, 0, intercept, 12);
                gemml_model_free(model);
                sample_free(&s);
            }
}

static void test_info(void **state)
{
    (void)state;
    struct sample s = sample_make(100, 3, 2, 5);
    sample_weigh(&s, 6);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.l2 = 4;
    gemml_model *model = new_model(&options);
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_fit(model, &data, NULL, &info));
    double *w = coefficients_of(model, 3, 2), *out = predictions_of(model, &s);
    long double loss = 0, sum = 0, squares = 0;
    for (size_t i = 0; i < s.n; i++) {
        sum += s.w[i];
        for (size_t k = 0; k < 2; k++)
            loss += 0.5L * s.w[i] * (out[i * 2 + k] - (long double)s.y[i * 2 + k]) * (out[i * 2 + k] - s.y[i * 2 + k]);
    }
    for (size_t j = 2; j < 8; j++)
        squares += (long double)w[j] * w[j];
    assert_near(info.loss, (double)(loss / sum), 1e-12);
    assert_near(info.objective, (double)(loss + 2 * squares), 1e-12);
    assert_int_equal(info.outcome, GEMML_CONVERGED);
    assert_int_equal(info.solver, GEMML_SOLVER_CHOLESKY);
    assert_int_equal(info.epochs, 0);
    assert_int_equal(info.loss_history_count, 0);
    assert_string_equal(info.notice, "");
    assert_true(info.seconds > 0 && info.seconds < 60);
    free(w);
    free(out);
    gemml_model_free(model);
    sample_free(&s);
}

/* ---- Ridge and scaling ---- */

static void test_ridge(void **state)
{
    (void)state;
    const double lambdas[] = {1e-6, 0.1, 10, 1e4};
    struct sample s = sample_make(80, 5, 2, 7);
    sample_weigh(&s, 8);
    gemml_dataset data = sample_dataset(&s);
    for (int intercept = 0; intercept <= 1; intercept++)
        for (size_t i = 0; i < sizeof lambdas / sizeof *lambdas; i++) {
            gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
            options.l2 = lambdas[i];
            options.intercept = intercept;
            gemml_model *model = fit_model(&options, &data);
            assert_closed_form(model, &s, lambdas[i], intercept, 12);
            gemml_model_free(model);
        }
    sample_free(&s);
}

/* Without a penalty the map changes nothing but the parameters. */
static void test_scaling_keeps_the_fit(void **state)
{
    (void)state;
    struct sample s = sample_make(90, 4, 1, 9);
    sample_weigh(&s, 10);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i * 4] *= 1e6;
        s.x[i * 4 + 1] = 1e-5 * s.x[i * 4 + 1] + 3;
    }
    gemml_dataset data = sample_dataset(&s);
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = (gemml_scaling)scaling;
        gemml_model *model = fit_model(&options, &data);
        assert_closed_form(model, &s, 0, true, 12);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* x mapped by hand as the options' comment says; lambda then acts on the mapped columns. */
static struct sample mapped(const struct sample *s, gemml_scaling scaling)
{
    struct sample map = sample_make(s->n, s->p, s->K, 1);
    memcpy(map.y, s->y, s->n * s->K * sizeof(double));
    map.w = malloc(s->n * sizeof(double));
    memcpy(map.w, s->w, s->n * sizeof(double));
    for (size_t j = 0; j < s->p; j++) {
        long double sum = 0, mean = 0, variance = 0, low = INFINITY, high = -INFINITY;
        for (size_t i = 0; i < s->n; i++) {
            sum += s->w[i];
            mean += (long double)s->w[i] * s->x[i * s->p + j];
            low = fminl(low, s->x[i * s->p + j]);
            high = fmaxl(high, s->x[i * s->p + j]);
        }
        mean /= sum;
        for (size_t i = 0; i < s->n; i++)
            variance += s->w[i] * (s->x[i * s->p + j] - mean) * (s->x[i * s->p + j] - mean) / sum;
        long double shift = scaling == GEMML_SCALING_MINMAX ? low : mean;
        long double width = scaling == GEMML_SCALING_MINMAX ? high - low : sqrtl(variance);
        for (size_t i = 0; i < s->n; i++)
            map.x[i * s->p + j] = (double)((s->x[i * s->p + j] - shift) / width);
    }
    return map;
}

static void test_ridge_acts_after_scaling(void **state)
{
    (void)state;
    struct sample s = sample_make(70, 3, 2, 11);
    sample_weigh(&s, 12);
    gemml_dataset data = sample_dataset(&s);
    for (int scaling = GEMML_SCALING_STANDARDIZE; scaling <= GEMML_SCALING_MINMAX; scaling++)
        for (int intercept = 0; intercept <= 1; intercept++) {
            struct sample map = mapped(&s, (gemml_scaling)scaling);
            gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
            options.scaling = (gemml_scaling)scaling;
            options.intercept = intercept;
            options.l2 = 5;
            gemml_model *model = fit_model(&options, &data);
            const void *flat;
            size_t count;
            double theta[4];
            assert_ok(gemml_parameters(model, &flat, &count));
            for (size_t k = 0; k < 2; k++) {
                closed_form(&map, k, 5, intercept, theta);
                for (size_t j = 0; j < 3; j++)
                    assert_near(((const double *)flat)[j * 2 + k], theta[1 + j], 1e-13);
                if (intercept)
                    assert_near(((const double *)flat)[6 + k], theta[0], 1e-13);
            }
            sample_free(&map);
            gemml_model_free(model);
        }
    sample_free(&s);
}

static void test_floats(void **state)
{
    (void)state;
    struct sample s = sample_make(300, 6, 2, 13);
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.dtype = GEMML_F32;
    gemml_model *model = fit_model(&options, &data), *exact = fit_model(NULL, &data);
    const void *floats, *doubles;
    size_t count;
    assert_ok(gemml_parameters(model, &floats, &count));
    assert_ok(gemml_parameters(exact, &doubles, &count));
    for (size_t i = 0; i < count; i++) /* solved in double, then rounded */
        assert_true(((const float *)floats)[i] == (float)((const double *)doubles)[i]);
    double *u = predictions_of(model, &s), *v = predictions_of(exact, &s);
    for (size_t i = 0; i < s.n * s.K; i++)
        assert_near(u[i], v[i], 1e-5);
    free(u);
    free(v);
    gemml_model_free(model);
    gemml_model_free(exact);
    sample_free(&s);
}

/* ---- Edges ---- */

static const char *notice_of(const gemml_model *model)
{
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    return info.notice;
}

static gemml_summary summary_of(const gemml_model *model)
{
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    return summary;
}

static void test_one_value(void **state)
{
    (void)state;
    const double x = 3, y = 7;
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(&x, 1, 1);
    data.y = gemml_view_f64(&y, 1, 1);
    for (int intercept = 0; intercept <= 1; intercept++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.intercept = intercept;
        gemml_model *model = fit_model(&options, &data);
        double out, *w = coefficients_of(model, 1, 1);
        assert_ok(gemml_predict(model, data.x, gemml_matrix_f64(&out, 1, 1)));
        assert_near(out, 7, 1e-15);
        assert_near(w[0], intercept ? 7 : 0, 1e-15);
        assert_near(w[1], intercept ? 0 : 7.0 / 3, 1e-15);
        assert_int_equal(summary_of(model).rank, 1);
        assert_true(isnan(summary_of(model).sigma[0]) && isnan(summary_of(model).adjusted_r2[0]));
        free(w);
        gemml_model_free(model);
    }
}

/* Fewer rows than columns: the row is met exactly by the weights of least norm. */
static void test_one_row(void **state)
{
    (void)state;
    const double x[3] = {1, 2, 2}, y[2] = {9, -18};
    gemml_dataset data = GEMML_DATASET_INIT;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.intercept = 0;
    data.x = gemml_view_f64(x, 1, 3);
    data.y = gemml_view_f64(y, 1, 2);
    gemml_model *model = fit_model(&options, &data);
    double *w = coefficients_of(model, 3, 2);
    for (size_t j = 0; j < 3; j++) { /* x y / |x|^2 */
        assert_near(w[(1 + j) * 2], x[j], 1e-14);
        assert_near(w[(1 + j) * 2 + 1], -2 * x[j], 1e-14);
    }
    assert_int_equal(summary_of(model).rank, 1);
    free(w);
    gemml_model_free(model);
}

static void test_fewer_rows_than_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(6, 15, 2, 14);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    double *out = predictions_of(model, &s), *w = coefficients_of(model, 15, 2);
    for (size_t i = 0; i < 12; i++)
        assert_near(out[i], s.y[i], 1e-12);
    assert_int_equal(summary_of(model).rank, 6);
    assert_true(isinf(summary_of(model).condition) && isnan(summary_of(model).sigma[0]));
    assert_true(holds_word(notice_of(model), "6") && holds_word(notice_of(model), "16"));
    /* Of least norm: the weights are a combination of the centred rows, so the
     * ridge solution tends to them. */
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.l2 = 1e-9;
    gemml_model *ridge = fit_model(&options, &data);
    assert_same_coefficients(model, ridge, 15, 2, 1e-6);
    free(out);
    free(w);
    gemml_model_free(model);
    gemml_model_free(ridge);
    sample_free(&s);
}

static void test_constant_target(void **state)
{
    (void)state;
    struct sample s = sample_make(37, 3, 2, 15);
    for (size_t i = 0; i < s.n; i++)
        s.y[i * 2] = 0.1;
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    double *w = coefficients_of(model, 3, 2);
    assert_near(w[0], 0.1, 1e-16);
    for (size_t j = 1; j <= 3; j++)
        assert_true(w[j * 2] == 0);
    gemml_summary summary = summary_of(model);
    assert_true(isnan(summary.r2[0]) && isnan(summary.adjusted_r2[0]));
    assert_true(summary.r2[1] > 0.9);
    assert_true(summary.sigma[0] < 1e-16);
    assert_true(holds_word(notice_of(model), "0") && strstr(notice_of(model), "constant"));
    free(w);
    gemml_model_free(model);
    sample_free(&s);
}

/* A column of one value has coefficient 0 beside an intercept; the others are
 * those of a fit without it. */
static void test_constant_column(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 1, 16), without = sample_make(50, 2, 1, 1);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i * 3 + 1] = 123.456;
        without.x[i * 2] = s.x[i * 3];
        without.x[i * 2 + 1] = s.x[i * 3 + 2];
        without.y[i] = s.y[i];
    }
    gemml_dataset data = sample_dataset(&s), data_without = sample_dataset(&without);
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.scaling = (gemml_scaling)scaling;
        gemml_model *model = fit_model(&options, &data), *other = fit_model(&options, &data_without);
        double *w = coefficients_of(model, 3, 1), *v = coefficients_of(other, 2, 1);
        assert_true(w[2] == 0);
        assert_near(w[0], v[0], 1e-13);
        assert_near(w[1], v[1], 1e-13);
        assert_near(w[3], v[2], 1e-13);
        assert_int_equal(summary_of(model).rank, 3);
        assert_true(holds_word(notice_of(model), "1") && strstr(notice_of(model), "constant"));
        free(w);
        free(v);
        gemml_model_free(model);
        gemml_model_free(other);
    }
    sample_free(&s);
    sample_free(&without);
}

/* Two equal columns share the coefficient; one that is twice another takes twice
 * as much; the predictions are those of the fit without them. */
static void test_collinear_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(60, 4, 1, 17), without = sample_make(60, 2, 1, 1);
    for (size_t i = 0; i < s.n; i++) {
        double *row = s.x + i * 4;
        row[2] = row[0];
        row[3] = 2 * row[1];
        without.x[i * 2] = row[0];
        without.x[i * 2 + 1] = row[1];
        without.y[i] = s.y[i];
    }
    gemml_dataset data = sample_dataset(&s), data_without = sample_dataset(&without);
    gemml_model *model = fit_model(NULL, &data), *other = fit_model(NULL, &data_without);
    double *w = coefficients_of(model, 4, 1), *v = coefficients_of(other, 2, 1);
    assert_near(w[1], v[1] / 2, 1e-12);
    assert_near(w[3], v[1] / 2, 1e-12);
    assert_near(w[2], v[2] / 5, 1e-12);
    assert_near(w[4], 2 * v[2] / 5, 1e-12);
    assert_near(w[0], v[0], 1e-12);
    assert_int_equal(summary_of(model).rank, 3);
    assert_true(holds_word(notice_of(model), "3") && holds_word(notice_of(model), "5"));
    assert_near(summary_of(model).sigma[0], summary_of(other).sigma[0], 1e-12);
    free(w);
    free(v);
    gemml_model_free(model);
    gemml_model_free(other);
    sample_free(&s);
    sample_free(&without);
}

/* Without an intercept a constant column is a column like any other, and r2 is about 0. */
static void test_constant_column_without_intercept(void **state)
{
    (void)state;
    struct sample s = sample_make(50, 3, 1, 18);
    for (size_t i = 0; i < s.n; i++)
        s.x[i * 3 + 2] = 4;
    gemml_dataset data = sample_dataset(&s);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.intercept = 0;
    gemml_model *model = fit_model(&options, &data);
    assert_closed_form(model, &s, 0, false, 12);
    double *out = predictions_of(model, &s);
    long double rss = 0, tss = 0;
    for (size_t i = 0; i < s.n; i++) {
        rss += (s.y[i] - (long double)out[i]) * (s.y[i] - (long double)out[i]);
        tss += (long double)s.y[i] * s.y[i];
    }
    assert_near(summary_of(model).r2[0], (double)(1 - rss / tss), 1e-13);
    assert_near(summary_of(model).adjusted_r2[0], (double)(1 - rss / tss * 50 / 47), 1e-13);
    free(out);
    gemml_model_free(model);
    sample_free(&s);
}

/* Far from zero and close together: the means take twelve digits of each column. */
static void test_large_means(void **state)
{
    (void)state;
    struct sample s = sample_make(100, 2, 1, 19);
    for (size_t i = 0; i < 2 * s.n; i++)
        s.x[i] = 1e12 + ldexp(round(ldexp(s.x[i], 10)), -10);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    struct sample centred = sample_make(100, 2, 1, 1);
    for (size_t i = 0; i < s.n; i++) {
        centred.x[i * 2] = s.x[i * 2] - 1e12; /* exact */
        centred.x[i * 2 + 1] = s.x[i * 2 + 1] - 1e12;
        centred.y[i] = s.y[i];
    }
    double *w = coefficients_of(model, 2, 1), theta[3];
    closed_form(&centred, 0, 0, true, theta);
    for (size_t j = 1; j <= 2; j++)
        if (digits(w[j], theta[j]) < 13)
            fail_msg("coefficient %zu: %.17g is not %.17g", j, w[j], theta[j]);
    free(w);
    gemml_model_free(model);
    sample_free(&s);
    sample_free(&centred);
}

/* The closed form for 200 columns is found by the other way through the rows. */
static void test_many_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(700, 200, 1, 20);
    sample_weigh(&s, 21);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    assert_closed_form(model, &s, 0, true, 11);
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_program),
        cmocka_unit_test(test_closed_form),
        cmocka_unit_test(test_info),
        cmocka_unit_test(test_ridge),
        cmocka_unit_test(test_scaling_keeps_the_fit),
        cmocka_unit_test(test_ridge_acts_after_scaling),
        cmocka_unit_test(test_floats),
        cmocka_unit_test(test_one_value),
        cmocka_unit_test(test_one_row),
        cmocka_unit_test(test_fewer_rows_than_columns),
        cmocka_unit_test(test_constant_target),
        cmocka_unit_test(test_constant_column),
        cmocka_unit_test(test_collinear_columns),
        cmocka_unit_test(test_constant_column_without_intercept),
        cmocka_unit_test(test_large_means),
        cmocka_unit_test(test_many_columns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Standard errors, tests and intervals: against R, NIST and long double. */
#include "inverse.h"

#include <jansson.h>

/* A published table with its model and the reference answers. */
struct published {
    gemml_table *table;
    gemml_schema *schema;
    gemml_frame *frame;
    gemml_model *model;
    gemml_dataset data;
    gemml_summary summary;
    json_t *json, *precise; /* the file, and its high_precision block */
    size_t rows;            /* p + 1 */
    double *coefficients;   /* rows x 4 */
};

static json_t *read_json(const char *name)
{
    json_error_t error;
    json_t *file = json_load_file(data_path(name), 0, &error);
    assert_non_null(file);
    return file;
}

static struct published fit_published(const char *name, const char *target, const char *features, size_t degree,
                                      bool intercept)
{
    struct published p = {.summary = GEMML_SUMMARY_INIT};
    char path[64];
    gemml_schema_options columns = GEMML_SCHEMA_OPTIONS_INIT;
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    columns.target = target;
    columns.features = features;
    columns.polynomial = degree;
    options.intercept = intercept;
    snprintf(path, sizeof path, "%s.csv", name);
    assert_ok(gemml_table_read(&p.table, data_path(path)));
    assert_ok(gemml_schema_create(&p.schema, p.table, &columns));
    assert_ok(gemml_encode(&p.frame, p.schema, p.table, GEMML_ENCODE_LEARN));
    p.data = gemml_frame_dataset(p.frame);
    p.model = fit_model(&options, &p.data);
    p.rows = p.data.x.cols + 1;
    p.coefficients = malloc(p.rows * 4 * sizeof(double));
    assert_ok(gemml_get_summary(p.model, &p.summary));
    assert_ok(gemml_coefficient_table(p.model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(p.coefficients, p.rows, 4)));
    snprintf(path, sizeof path, "%s.json", name);
    p.json = read_json(path);
    p.precise = json_object_get(p.json, "high_precision");
    return p;
}

static void published_free(struct published *p)
{
    free(p->coefficients);
    json_decref(p->json);
    gemml_model_free(p->model);
    gemml_frame_free(p->frame);
    gemml_schema_free(p->schema);
    gemml_table_free(p->table);
}

/* A number, or a string that is one. */
static double number(const json_t *value)
{
    assert_non_null(value);
    return json_is_string(value) ? strtod(json_string_value(value), NULL) : json_number_value(value);
}

static double item(const json_t *object, const char *key, size_t index)
{
    return number(json_array_get(json_object_get(object, key), index));
}

static void assert_digits(double value, double truth, double least, const char *what)
{
    if (!(digits(value, truth) >= least))
        fail_msg("%s is %.17g, not %.17g", what, value, truth);
}

/* R's lm: what does not depend on R's rounding to 13 digits, the rest to what R gives. */
static void check_r(const char *name, const char *target)
{
    struct published p = fit_published(name, target, NULL, 1, true);
    double *limits = malloc(p.rows * 2 * sizeof *limits), *V = malloc(p.rows * p.rows * sizeof *V);
    assert_ok(gemml_confidence_interval(p.model, 0, GEMML_ERRORS_CLASSICAL, 0.95, gemml_matrix_f64(limits, p.rows, 2)));
    assert_ok(gemml_covariance(p.model, 0, gemml_matrix_f64(V, p.rows, p.rows)));
    for (size_t i = 0; i < p.rows; i++) {
        const double *row = p.coefficients + 4 * i;
        assert_digits(row[0], item(p.precise, "coef", i), 13, "an estimate");
        assert_digits(row[1], item(p.precise, "std_error", i), 13, "a standard error");
        assert_digits(row[2], item(p.precise, "coef", i) / item(p.precise, "std_error", i), 13, "a t");
        assert_digits(row[3], item(p.json, "p_value", i), 9, "a p");
        assert_true(p.summary.std_error[i] == row[1]);
        assert_digits(limits[2 * i], item(p.json, "confint_95_low", i), 9, "a lower limit");
        assert_digits(limits[2 * i + 1], item(p.json, "confint_95_high", i), 9, "an upper limit");
        for (size_t j = 0; j < p.rows; j++)
            assert_near(V[i * p.rows + j] / row[1] / p.coefficients[4 * j + 1],
                        number(json_array_get(json_array_get(json_object_get(p.json, "vcov"), i), j)) /
                            item(p.json, "std_error", i) / item(p.json, "std_error", j),
                        1e-9);
    }
    assert_digits(p.summary.sigma[0], number(json_object_get(p.precise, "sigma")), 13, "sigma");
    assert_digits(p.summary.r2[0], number(json_object_get(p.precise, "r_squared")), 14, "R^2");
    assert_digits(p.summary.adjusted_r2[0], number(json_object_get(p.json, "adj_r_squared")), 12, "adjusted R^2");
    assert_digits(p.summary.f[0], number(json_object_get(p.precise, "f_statistic")), 13, "F");
    assert_digits(p.summary.f_p[0], number(json_object_get(p.json, "f_p_value")), 9, "the p of F");
    assert_int_equal(p.summary.f_freedom, item(p.json, "f_df", 0));
    assert_int_equal(p.summary.freedom, item(p.json, "f_df", 1));
    assert_digits(p.summary.log_likelihood[0], number(json_object_get(p.json, "log_lik")), 11, "the likelihood");
    assert_digits(p.summary.aic[0], number(json_object_get(p.json, "aic")), 12, "AIC");
    assert_digits(p.summary.bic[0], number(json_object_get(p.json, "bic")), 12, "BIC");
    free(limits), free(V);
    published_free(&p);
}

static void r_fits(void **state)
{
    (void)state;
    check_r("r/mtcars", "mpg");
    check_r("r/longley", "Employed");
}

static void r_leverages(void **state)
{
    (void)state;
    struct published p = fit_published("r/mtcars", "mpg", NULL, 1, true);
    gemml_matrix unwanted = {0};
    double h[32];
    assert_ok(gemml_influence(p.model, &p.data, gemml_matrix_f64(h, 32, 1), unwanted));
    for (size_t i = 0; i < 32; i++)
        assert_digits(h[i], item(p.json, "hat_values", i), 12, "a leverage");
    published_free(&p);
}

/* NIST's certified values in 30 digits; `exact`: they are zero. */
static void check_nist(const char *name, size_t degree, bool intercept, bool exact)
{
    struct published p = fit_published(name, "y", NULL, degree, intercept);
    json_t *parameters = json_object_get(p.precise, "parameters");
    size_t first = intercept ? 0 : 1;
    assert_int_equal(json_array_size(parameters), p.rows - first);
    for (size_t i = first; i < p.rows; i++) {
        double truth = number(json_object_get(json_array_get(parameters, i - first), "std_error"));
        double value = p.coefficients[4 * i + 1];
        if (exact)
            assert_true(value >= 0 && value < 1e-9);
        else
            assert_digits(value, truth, 13, "a standard error");
    }
    double sigma = number(json_object_get(p.precise, "residual_sd"));
    if (exact)
        assert_true(p.summary.sigma[0] < 1e-9 && p.summary.r2[0] == 1 && p.summary.f[0] > 1e20);
    else
        assert_digits(p.summary.sigma[0], sigma, 13, "sigma");
    if (!exact)
        assert_digits(p.summary.f[0], number(json_object_get(p.precise, "f_statistic")), 13, "F");
    assert_digits(p.summary.r2[0], number(json_object_get(p.precise, "r_squared")), 14, "R^2");
    assert_int_equal(p.summary.f_freedom, p.rows - 1);
    published_free(&p);
}

static void nist_fits(void **state)
{
    (void)state;
    check_nist("nist/Longley", 1, true, false);
    check_nist("nist/Norris", 1, true, false);
    check_nist("nist/NoInt1", 1, false, false);
    check_nist("nist/Wampler1", 5, true, true);
    check_nist("nist/Wampler4", 5, true, false);
}

/* What R's predict(lm(mpg ~ wt [+ hp]), interval = ) answers, in 17 digits by
 * arithmetic of 40. */
static void r_intervals(void **state)
{
    const struct {
        const char *features;
        double x[2], level, value, mean[2], limits[2];
    } cases[] = {
        {"wt",
         {3, 0},
         0.95,
         21.251711449174001545,
         {20.12443558740845233, 22.37898731093955076},
         {14.929873545724520387, 27.573549352623482703}},
        {"wt,hp",
         {2.5, 100},
         0.99,
         24.355398562219399082,
         {22.743915792339447185, 25.96688133209935098},
         {17.027566444082738538, 31.683230680356059627}},
    };
    (void)state;
    for (size_t c = 0; c < 2; c++) {
        struct published p = fit_published("r/mtcars", "mpg", cases[c].features, 1, true);
        gemml_view x = gemml_view_f64(cases[c].x, 1, p.data.x.cols);
        for (int kind = GEMML_INTERVAL_MEAN; kind <= GEMML_INTERVAL_PREDICTION; kind++) {
            const double *truth = kind == GEMML_INTERVAL_MEAN ? cases[c].mean : cases[c].limits;
            double out[3];
            assert_ok(
                gemml_predict_interval(p.model, x, cases[c].level, (gemml_interval)kind, gemml_matrix_f64(out, 1, 3)));
            assert_digits(out[0], cases[c].value, 14, "a prediction");
            assert_digits(out[1], truth[0], 13, "a lower limit");
            assert_digits(out[2], truth[1], 13, "an upper limit");
        }
        published_free(&p);
    }
}

/* ---- Against long double ---- */

static void check_sample(const struct sample *s, bool intercept, gemml_scaling scaling, gemml_dtype dtype)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_dataset data = sample_dataset(s);
    options.intercept = intercept;
    options.scaling = scaling;
    options.dtype = dtype;
    gemml_model *model = fit_model(&options, &data);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    struct long_fit fit = long_fit_make(s, intercept, 0);
    double *table = malloc(fit.q * 4 * sizeof *table), *V = malloc(fit.q * fit.q * sizeof *V);
    assert_ok(gemml_get_summary(model, &summary));
    for (size_t k = 0; k < s->K; k++) {
        long double sigma = long_sigma(&fit, k), n = fit.rows, logs = 0;
        assert_ok(gemml_coefficient_table(model, k, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(table, fit.q, 4)));
        assert_ok(gemml_covariance(model, k, gemml_matrix_f64(V, fit.q, fit.q)));
        for (size_t j = 0; j < fit.q; j++) {
            bool absent = j == 0 && !intercept;
            long double error = absent ? (long double)NAN : sigma * sqrtl(fit.C[j * fit.q + j]);
            assert_close(table[4 * j + 1], error, 1e-12, "a standard error");
            for (size_t c = 0; c < fit.q; c++)
                assert_close(V[j * fit.q + c],
                             absent || (c == 0 && !intercept) ? (long double)NAN : sigma * sigma * fit.C[j * fit.q + c],
                             1e-9, "a covariance");
        }
        for (size_t i = 0; i < s->n; i++)
            logs += long_weight(s, i) > 0 ? logl(long_weight(s, i)) : 0;
        long double likelihood = (logs - n * (logl(2 * acosl(-1)) + logl(fit.rss[k] / n) + 1)) / 2;
        assert_close(summary.log_likelihood[k], likelihood, 1e-12, "the likelihood");
        assert_close(summary.aic[k], 2 * (fit.rank + 1) - 2 * likelihood, 1e-12, "AIC");
        assert_close(summary.bic[k], logl(n) * (fit.rank + 1) - 2 * likelihood, 1e-12, "BIC");
        long double r2 = summary.r2[k], freedom = n - fit.rank, m = fit.rank - intercept;
        assert_close(summary.f[k], r2 / m / ((1 - r2) / freedom), 1e-11, "F");
    }
    free(table), free(V);
    long_fit_free(&fit);
    gemml_model_free(model);
}

static void errors_match_long_double(void **state)
{
    (void)state;
    for (int way = 0; way < 8; way++) {
        struct sample s = sample_make(way & 4 ? 4000 : 30, 4, 2, (uint64_t)way);
        if (way & 1)
            sample_weigh(&s, 8);
        for (size_t i = 2; s.w && i < s.n; i += 5)
            s.w[i] = 0; /* counts for nothing, as in R */
        check_sample(&s, way & 2, GEMML_SCALING_NONE, GEMML_F64);
        if (way & 2) {
            check_sample(&s, true, GEMML_SCALING_STANDARDIZE, GEMML_F64);
            check_sample(&s, true, GEMML_SCALING_MINMAX, GEMML_F32);
        }
        sample_free(&s);
    }
}

/* Weights are precisions: all of them multiplied by a number changes nothing but sigma. */
static void weights_of_any_size(void **state)
{
    (void)state;
    const double factors[] = {1e-300, 1e300};
    for (size_t f = 0; f < 2; f++) {
        struct sample s = sample_make(50, 3, 1, 4);
        sample_weigh(&s, 9);
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_model(NULL, &data), *scaled;
        double a[16], b[16];
        assert_ok(gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(a, 4, 4)));
        for (size_t i = 0; i < 50; i++)
            s.w[i] *= factors[f];
        scaled = fit_model(NULL, &data);
        assert_ok(gemml_coefficient_table(scaled, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(b, 4, 4)));
        for (size_t i = 0; i < 16; i++)
            assert_digits(b[i], a[i], 11, "a number of the table");
        double robust[4];
        assert_ok(gemml_robust_errors(scaled, &data, GEMML_ERRORS_HC3, gemml_matrix_f64(robust, 4, 1)));
        assert_true(robust[1] > a[5] / 3 && robust[1] < a[5] * 3);
        gemml_model_free(model), gemml_model_free(scaled);
        sample_free(&s);
    }
}

/* Every solver that arrives gives the same table. */
static void every_solver(void **state)
{
    (void)state;
    const gemml_solver solvers[] = {GEMML_SOLVER_QR, GEMML_SOLVER_SVD, GEMML_SOLVER_LBFGS, GEMML_SOLVER_DESCENT};
    struct sample s = sample_make(60, 3, 1, 12);
    sample_weigh(&s, 13);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *exact = fit_model(NULL, &data);
    double truth[16], table[16];
    assert_ok(gemml_coefficient_table(exact, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(truth, 4, 4)));
    for (size_t i = 0; i < sizeof solvers / sizeof *solvers; i++) {
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.solver = solvers[i];
        options.tolerance = solvers[i] == GEMML_SOLVER_LBFGS ? 1e-12 : GEMML_AUTO;
        options.scaling = GEMML_SCALING_STANDARDIZE;
        options.target_scaling = i % 2 ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
        gemml_model *model = fit_model(&options, &data);
        assert_ok(gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(table, 4, 4)));
        for (size_t j = 0; j < 12; j++)
            assert_digits(table[j + j / 3], truth[j + j / 3], solvers[i] == GEMML_SOLVER_DESCENT ? 8 : 10,
                          "a number of the table");
        gemml_model_free(model);
    }
    gemml_model_free(exact);
    sample_free(&s);
}

/* ---- Where numbers do not exist ---- */

static void assert_no_inference(const gemml_model *model, size_t p)
{
    double *table = malloc((p + 1) * 4 * sizeof *table), *V = malloc((p + 1) * (p + 1) * sizeof *V), out[3];
    double *x = calloc(p, sizeof *x);
    assert_ok(gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(table, p + 1, 4)));
    assert_ok(gemml_covariance(model, 0, gemml_matrix_f64(V, p + 1, p + 1)));
    for (size_t j = 0; j <= p; j++)
        assert_true(isfinite(table[4 * j]) && isnan(table[4 * j + 1]) && isnan(table[4 * j + 2]) &&
                    isnan(table[4 * j + 3]) && isnan(V[j]));
    assert_ok(gemml_confidence_interval(model, 0, GEMML_ERRORS_CLASSICAL, 0.5, gemml_matrix_f64(table, p + 1, 2)));
    assert_true(isnan(table[0]) && isnan(table[3]));
    assert_int_equal(
        gemml_predict_interval(model, gemml_view_f64(x, 1, p), 0.9, GEMML_INTERVAL_MEAN, gemml_matrix_f64(out, 1, 3)),
        GEMML_ERROR_UNSUPPORTED);
    free(table), free(V), free(x);
}

static void where_errors_do_not_exist(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 3, 1, 5);
    gemml_dataset data = sample_dataset(&s), few = data;
    gemml_linear_options ridge = GEMML_LINEAR_OPTIONS_INIT, descent = descent_options(3);
    ridge.l2 = 1;
    gemml_summary summary = GEMML_SUMMARY_INIT;
    gemml_model *model = fit_model(&ridge, &data);
    assert_no_inference(model, 3);
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(isnan(summary.f[0]) && isnan(summary.f_p[0]) && isnan(summary.aic[0]));
    gemml_model_free(model);
    model = fit_model(&descent, &data);
    assert_no_inference(model, 3);
    gemml_model_free(model);
    few.x.rows = few.y.rows = 4; /* as many rows as columns: an exact fit without freedom */
    model = fit_model(NULL, &few);
    assert_no_inference(model, 3);
    gemml_model_free(model);
    for (size_t i = 0; i < 30; i++)
        s.x[3 * i + 2] = s.x[3 * i] + s.x[3 * i + 1];
    model = fit_model(NULL, &data);
    assert_no_inference(model, 3);
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(summary.f[0] > 0 && summary.f_freedom == 2 && summary.freedom == 27); /* these do exist */
    gemml_model_free(model);
    sample_free(&s);
}

static void what_is_refused(void **state)
{
    (void)state;
    struct sample s = sample_make(20, 2, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data), *unfitted = new_model(NULL);
    double out[12];
    gemml_matrix table = gemml_matrix_f64(out, 3, 4), limits = gemml_matrix_f64(out, 3, 2);
    assert_refused(gemml_coefficient_table(NULL, 0, GEMML_ERRORS_CLASSICAL, table), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_coefficient_table(unfitted, 0, GEMML_ERRORS_CLASSICAL, table), GEMML_ERROR_UNFITTED, "fitted");
    assert_refused(gemml_coefficient_table(model, 1, GEMML_ERRORS_CLASSICAL, table), GEMML_ERROR_ARGUMENT, "output",
                   "1");
    assert_refused(gemml_coefficient_table(model, 0, GEMML_ERRORS_HC1, table), GEMML_ERROR_ARGUMENT, "HC1", "none");
    assert_refused(gemml_coefficient_table(model, 0, (gemml_errors)7, table), GEMML_ERROR_ARGUMENT, "7");
    assert_refused(gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, limits), GEMML_ERROR_SHAPE, "3", "2", "4");
    assert_refused(gemml_confidence_interval(model, 0, GEMML_ERRORS_CLASSICAL, 0, limits), GEMML_ERROR_ARGUMENT, "0");
    assert_refused(gemml_confidence_interval(model, 0, GEMML_ERRORS_CLASSICAL, 0.9, table), GEMML_ERROR_SHAPE, "2");
    assert_refused(gemml_covariance(model, 0, table), GEMML_ERROR_SHAPE, "3", "4");
    assert_ok(gemml_robust_errors(model, &data, GEMML_ERRORS_HC1, gemml_matrix_f64(out, 3, 1)));
    double robust[12];
    assert_ok(gemml_coefficient_table(model, 0, GEMML_ERRORS_HC1, gemml_matrix_f64(robust, 3, 4)));
    assert_true(robust[1] == out[0] && robust[2] == robust[0] / robust[1]);
    assert_refused(gemml_coefficient_table(model, 0, GEMML_ERRORS_HC3, table), GEMML_ERROR_ARGUMENT, "HC3", "HC1");
    gemml_model_free(model), gemml_model_free(unfitted);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r_fits),
        cmocka_unit_test(r_leverages),
        cmocka_unit_test(nist_fits),
        cmocka_unit_test(r_intervals),
        cmocka_unit_test(errors_match_long_double),
        cmocka_unit_test(weights_of_any_size),
        cmocka_unit_test(every_solver),
        cmocka_unit_test(where_errors_do_not_exist),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Logistic regression against published optima (50-digit Newton iterations), an
 * objective in long double, and itself: weights, saved files, threads. */
#include "classes.h"

static const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS};

static void assert_digits(double value, double truth, double least, const char *what)
{
    if (!(digits(value, truth) >= least))
        fail_msg("%s: %.17g is not %.17g to %g digits", what, value, truth, least);
}

/* By every solver, with and without scaling. */
static void check_published(const char *file, const double *truth, double deviance)
{
    struct sample s = classes_read(file);
    gemml_dataset data = sample_dataset(&s);
    for (size_t i = 0; i < 3; i++)
        for (int scaling = 0; scaling <= 2; scaling++) {
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.solver = solvers[i];
            options.scaling = (gemml_scaling)scaling;
            gemml_model *model = fit_logistic(&options, &data);
            double *w = coefficients_of(model, s.p, 1);
            gemml_fit_info info = info_of(model);
            assert_int_equal(info.outcome, GEMML_CONVERGED);
            assert_digits(2 * info.objective, deviance, solvers[i] == GEMML_SOLVER_LBFGS ? 12 : 14, "deviance");
            assert_digits(info.loss * (double)s.n, info.objective, 14, "loss");
            for (size_t j = 0; j <= s.p; j++)
                assert_digits(w[j], truth[j], solvers[i] == GEMML_SOLVER_LBFGS ? 6 : 13, "coefficient");
            free(w);
            gemml_model_free(model);
        }
    sample_free(&s);
}

static void published_coefficients(void **state)
{
    (void)state;
    check_published("r/infert.csv",
                    (const double[]){-2.852390367654265358443754, 0.05318098748212696475098567,
                                     -0.7088300628698712448411388, 1.925338237782348989259123,
                                     1.189656210689662563649295},
                    260.9433674871183629239174);
    check_published(
        "r/mtcars_am.csv",
        (const double[]){18.86629871720415464656369, -8.08347518244464900947695, 0.03625559608221661497176882},
        10.05911047226698737892109);
}

/* Standard errors, z, p, intervals, deviance and AIC of the same two fits. */
static void check_statistics(const char *file, const double *coefficient, const double *error, double deviance,
                             double null_deviance, double bic)
{
    struct sample s = classes_read(file);
    gemml_dataset data = sample_dataset(&s);
    for (size_t i = 0; i < 3; i++)
        for (int scaling = 0; scaling <= 1; scaling++) {
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.solver = solvers[i];
            options.scaling = (gemml_scaling)scaling;
            gemml_model *model = fit_logistic(&options, &data);
            gemml_summary summary = GEMML_SUMMARY_INIT;
            double table[20], interval[10], least = solvers[i] == GEMML_SOLVER_LBFGS ? 5 : 12;
            assert_ok(gemml_get_summary(model, &summary));
            assert_ok(gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(table, s.p + 1, 4)));
            assert_ok(gemml_confidence_interval(model, 0, GEMML_ERRORS_CLASSICAL, 0.95,
                                                gemml_matrix_f64(interval, s.p + 1, 2)));
            for (size_t j = 0; j <= s.p; j++) {
                assert_digits(table[4 * j + 1], error[j], least, "standard error");
                assert_true(table[4 * j + 1] == summary.std_error[j]);
                assert_digits(table[4 * j + 2], coefficient[j] / error[j], least, "z");
                assert_near(table[4 * j + 3], erfc(fabs(table[4 * j + 2]) / sqrt(2)), 1e-13);
                assert_digits(interval[2 * j], table[4 * j] - 1.959963984540054 * table[4 * j + 1], 12, "lower limit");
                assert_digits(interval[2 * j + 1], table[4 * j] + 1.959963984540054 * table[4 * j + 1], 12,
                              "upper limit");
            }
            assert_digits(summary.deviance, deviance, 12, "deviance");
            assert_digits(summary.log_likelihood[0], -deviance / 2, 12, "log-likelihood");
            assert_digits(summary.null_deviance, null_deviance, 14, "null deviance");
            assert_digits(summary.aic[0], deviance + 2 * (double)(s.p + 1), 12, "AIC");
            assert_digits(summary.bic[0], bic, 12, "BIC");
            assert_int_equal(summary.rank, s.p + 1);
            assert_int_equal(summary.freedom, s.n - s.p - 1);
            assert_true(isnan(summary.r2[0]) && isnan(summary.sigma[0]));
            gemml_model_free(model);
        }
    sample_free(&s);
}

static void published_standard_errors(void **state)
{
    (void)state;
    check_statistics(
        "r/infert.csv",
        (const double[]){-2.852390367654265358443754, 0.05318098748212696475098567, -0.7088300628698712448411388,
                         1.925338237782348989259123, 1.189656210689662563649295},
        (const double[]){1.004282913795779921102382, 0.03014150255077985159526335, 0.1809139321904958970667525,
                         0.2986307024606958805036457, 0.2898752484121009802330545},
        260.9433674871183629239174, 316.1711108164044, 288.51051121794325);
    check_statistics(
        "r/mtcars_am.csv",
        (const double[]){18.86629871720415464656369, -8.08347518244464900947695, 0.03625559608221661497176882},
        (const double[]){7.443558427981727763375878, 3.068675275390591912507082, 0.01773415433194703725120881},
        10.05911047226698737892109, 43.22973327685781, 20.456318180666166);
}

/* With a penalty, with more classes or without a maximum there are no standard errors. */
static void where_there_are_no_standard_errors(void **state)
{
    (void)state;
    for (int reason = 0; reason < 3; reason++) {
        struct sample s = classes_make(100, 2, reason == 1 ? 3 : 2, 19);
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        gemml_summary summary = GEMML_SUMMARY_INIT;
        options.l2 = reason == 0 ? 1 : 0;
        for (size_t i = 0; reason == 2 && i < 100; i++)
            s.y[i] = s.x[2 * i] > 0;
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_logistic(&options, &data);
        assert_ok(gemml_get_summary(model, &summary));
        for (size_t i = 0; i < 3 * summary.outputs; i++)
            assert_true(isnan(summary.std_error[i]));
        assert_near(summary.deviance, 2 * info_of(model).loss * 100, 1e-13);
        assert_true(isnan(summary.aic[0]) == (reason != 1));
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* data/r/breast_cancer_logistic_l2.json: F and the first weights, per standard deviation. */
static void a_penalised_optimum(void **state)
{
    const double weights[] = {-0.3630925319179326111290452, -0.3876754424187573009614274, -0.3510621186796732187210115};
    const gemml_solver all[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS};
    struct sample s = classes_read("uci/breast_cancer.csv");
    gemml_dataset data = sample_dataset(&s);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.l2 = 1;
        options.solver = all[i];
        gemml_model *model = fit_logistic(&options, &data);
        const void *parameters;
        size_t count;
        assert_ok(gemml_parameters(model, &parameters, &count));
        assert_int_equal(count, 31);
        const double *theta = parameters;
        double least = all[i] == GEMML_SOLVER_LBFGS ? 5 : 10;
        assert_digits(info_of(model).objective, 37.75894596187597001160996, least == 5 ? 11 : 14, "objective");
        assert_digits(info_of(model).loss * (double)s.n, 30.37996691860678803804791, least, "loss");
        for (size_t j = 0; j < 3; j++)
            assert_digits(theta[j], weights[j], least, "weight");
        assert_digits(theta[30], 0.2145027174017551259205562, least, "intercept");
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* Iris, lambda = 1, standardised; a Newton iteration with 30 digits. Columns sum to 0. */
static void a_softmax_optimum(void **state)
{
    static const double truth[5][3] = {
        {-1.07406615415682497, 0.587810239847943762, 0.486255914308881204},
        {1.16011511621445716, -0.361840626328496697, -0.798274489885960464},
        {-1.93069186168256275, -0.363431022937377489, 2.29412288461994024},
        {-1.81155612424710337, -0.826269576403044986, 2.63782570065014835},
        {-0.205241133016211172, 2.07483978423522236, -1.86959865121901119},
    };
    struct sample s = classes_read("uci/iris.csv");
    gemml_dataset data = sample_dataset(&s);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.l2 = 1;
        options.solver = solvers[i];
        gemml_model *model = fit_logistic(&options, &data);
        const void *parameters;
        size_t count;
        assert_ok(gemml_parameters(model, &parameters, &count));
        const double *theta = parameters;
        double least = solvers[i] == GEMML_SOLVER_LBFGS ? 5 : 12;
        assert_digits(info_of(model).objective, 31.378768260796470267, least == 5 ? 10 : 14, "objective");
        assert_true(largest_gradient(model, &data) <= 1.01e-8);
        for (size_t j = 0; j < 5; j++)
            for (size_t k = 0; k < 3; k++)
                assert_digits(theta[j * 3 + k], truth[j][k], least, "parameter");
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* F by its definition, from the coefficients in original units. */
static long double plain_objective(const struct sample *s, const double *w, size_t outputs)
{
    long double F = 0;
    for (size_t i = 0; i < s->n; i++) {
        long double sum = 0, z[8] = {0}, most = 0;
        size_t shift = outputs == 1;
        for (size_t k = 0; k < outputs; k++) {
            z[k + shift] = w[k];
            for (size_t j = 0; j < s->p; j++)
                z[k + shift] += s->x[i * s->p + j] * (long double)w[(1 + j) * outputs + k];
        }
        for (size_t k = 0; k < outputs + shift; k++)
            most = k == 0 || z[k] > most ? z[k] : most;
        for (size_t k = 0; k < outputs + shift; k++)
            sum += expl(z[k] - most);
        F += (s->w ? s->w[i] : 1) * (logl(sum) + most - z[(size_t)s->y[i]]);
    }
    return F;
}

/* All solvers, both dtypes, weights: F is what it should be, and lowest where the gradient is 0. */
static void the_objective_is_what_it_says(void **state)
{
    const gemml_solver all[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS, GEMML_SOLVER_DESCENT};
    (void)state;
    for (size_t classes = 2; classes <= 4; classes++)
        for (size_t i = 0; i < 4; i++)
            for (int dtype = 0; dtype <= 1; dtype++) {
                struct sample s = classes_make(400, 3, classes, 7 + classes);
                sample_weigh(&s, 3);
                gemml_dataset data = sample_dataset(&s);
                gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
                options.solver = all[i];
                options.dtype = (gemml_dtype)dtype;
                gemml_model *model = fit_logistic(&options, &data);
                size_t outputs = classes == 2 ? 1 : classes;
                double *w = coefficients_of(model, s.p, outputs);
                gemml_fit_info info = info_of(model);
                assert_int_equal(info.outcome, GEMML_CONVERGED);
                assert_near(info.objective, (double)plain_objective(&s, w, outputs), dtype ? 1e-5 : 1e-12);
                if (dtype == 0)
                    assert_true(largest_gradient(model, &data) < 2e-8);
                /* Intercepts, and without a penalty each column's weights, sum to 0. */
                for (size_t j = 0; outputs > 1 && j <= s.p && all[i] != GEMML_SOLVER_DESCENT; j++) {
                    double sum = 0;
                    for (size_t k = 0; k < outputs; k++)
                        sum += w[j * outputs + k];
                    assert_near(sum, 0, dtype ? 1e-5 : 1e-12);
                }
                free(w);
                gemml_model_free(model);
                sample_free(&s);
            }
}

static void without_an_intercept(void **state)
{
    struct sample s = classes_make(300, 3, 2, 5);
    gemml_dataset data = sample_dataset(&s);
    (void)state;
    for (int scaling = 0; scaling <= 1; scaling++)
        for (size_t i = 0; i < 3; i++) {
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.intercept = 0;
            options.solver = solvers[i];
            options.scaling = (gemml_scaling)scaling;
            gemml_model *model = fit_logistic(&options, &data);
            const void *parameters;
            size_t count;
            assert_ok(gemml_parameters(model, &parameters, &count));
            assert_int_equal(count, 3);
            assert_true(largest_gradient(model, &data) < 2e-8);
            gemml_model_free(model);
        }
    sample_free(&s);
}

/* A row of weight 3 is that row three times, one of weight 0 none. After its last step Newton's method is off by
 * some (R / 2) d^2 / m, with d the decrement before it, R the largest norm of a row and m the least eigenvalue of
 * the Hessian. By default d^2 / 2 <= 1e-12, which leaves up to 1e-10 here; a gradient g of 1e-12 leaves
 * d^2 <= |g|^2 / m, some 1e-22, and so what rounding does. */
static void weights_are_replicated_rows(void **state)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.tolerance = 1e-12;
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++) {
        struct sample s = classes_make(200, 3, classes, 11), twice = sample_make(600, 3, 1, 1);
        size_t rows = 0;
        s.w = malloc(s.n * sizeof(double));
        for (size_t i = 0; i < s.n; i++) {
            s.w[i] = (double)(i % 4);
            for (size_t c = 0; c < i % 4; c++, rows++) {
                memcpy(twice.x + rows * 3, s.x + i * 3, 3 * sizeof(double));
                twice.y[rows] = s.y[i];
            }
        }
        twice.n = rows;
        gemml_dataset weighted = sample_dataset(&s), replicated = sample_dataset(&twice);
        gemml_model *a = fit_logistic(&options, &weighted), *b = fit_logistic(&options, &replicated);
        assert_same_coefficients(a, b, 3, classes == 2 ? 1 : 3, 1e-11);
        assert_near(info_of(a).objective, info_of(b).objective, 1e-13);
        gemml_model_free(a);
        gemml_model_free(b);
        sample_free(&s);
        sample_free(&twice);
    }
}

static void class_weights_are_weights(void **state)
{
    const double given[] = {0.5, 3, 1.25};
    (void)state;
    for (int balanced = 0; balanced <= 1; balanced++) {
        struct sample s = classes_make(300, 2, 3, 13), weighted = classes_make(300, 2, 3, 13);
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        double count[3] = {0};
        options.classes = 3;
        options.class_weighting = balanced ? GEMML_CLASS_WEIGHT_BALANCED : GEMML_CLASS_WEIGHT_GIVEN;
        options.class_weight = balanced ? NULL : given;
        weighted.w = malloc(300 * sizeof(double));
        for (size_t i = 0; i < 300; i++)
            count[(size_t)s.y[i]]++;
        for (size_t i = 0; i < 300; i++)
            weighted.w[i] = balanced ? 100 / count[(size_t)s.y[i]] : given[(size_t)s.y[i]];
        gemml_dataset data = sample_dataset(&s), other = sample_dataset(&weighted);
        gemml_model *a = fit_logistic(&options, &data), *b = fit_logistic(NULL, &other);
        assert_same_coefficients(a, b, 2, 3, 1e-12);
        assert_near(info_of(a).objective, info_of(b).objective, 1e-13);
        gemml_model_free(a);
        gemml_model_free(b);
        sample_free(&s);
        sample_free(&weighted);
    }
}

/* Any dtype of x and y, padded or not, gives the same fit. */
static void any_dtype(void **state)
{
    struct sample s = classes_make(120, 2, 3, 17);
    gemml_dataset data = sample_dataset(&s);
    int32_t y32[240];
    int64_t y64[120];
    float yf[120];
    for (size_t i = 0; i < 120; i++)
        y32[2 * i] = (int32_t)s.y[i], y32[2 * i + 1] = INT32_MIN, y64[i] = (int64_t)s.y[i], yf[i] = (float)s.y[i];
    const gemml_view views[] = {gemml_view_i32_strided(y32, 120, 1, 2), gemml_view_i64(y64, 120, 1),
                                gemml_view_f32(yf, 120, 1)};
    gemml_model *truth = fit_logistic(NULL, &data);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        data.y = views[i];
        gemml_model *model = fit_logistic(NULL, &data);
        assert_same_coefficients(model, truth, 2, 3, 0);
        gemml_model_free(model);
    }
    gemml_model_free(truth);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_coefficients),
        cmocka_unit_test(published_standard_errors),
        cmocka_unit_test(where_there_are_no_standard_errors),
        cmocka_unit_test(a_penalised_optimum),
        cmocka_unit_test(a_softmax_optimum),
        cmocka_unit_test(the_objective_is_what_it_says),
        cmocka_unit_test(without_an_intercept),
        cmocka_unit_test(weights_are_replicated_rows),
        cmocka_unit_test(class_weights_are_weights),
        cmocka_unit_test(any_dtype),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

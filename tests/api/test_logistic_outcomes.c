/* Logistic regression where something is to be told: separated classes, limits,
 * dependent columns, columns far from 0. */
#include "classes.h"

static void assert_notice(const gemml_model *model, const char *words)
{
    if (!strstr(info_of(model).notice, words))
        fail_msg("\"%s\" is not in the notice: %s", words, info_of(model).notice);
}

static const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS};

/* Column 1 separates: y = 1 where it is above 0.5. */
static void one_column_separates(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int dtype = 0; dtype <= 1; dtype++) {
            struct sample s = classes_make(100, 3, 2, 3);
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.solver = solvers[i];
            options.dtype = (gemml_dtype)dtype;
            for (size_t k = 0; k < 100; k++)
                s.y[k] = s.x[k * 3 + 1] > 0.5;
            gemml_dataset data = sample_dataset(&s);
            gemml_model *model = fit_logistic(&options, &data);
            assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
            assert_notice(model, "perfectly separated by column 1 of x");
            assert_true(isfinite(info_of(model).objective) && info_of(model).loss < 1e-3);
            double y[100];
            assert_ok(gemml_predict(model, data.x, gemml_matrix_f64(y, 100, 1)));
            assert_memory_equal(y, s.y, sizeof y);
            gemml_model_free(model);
            /* A penalty makes it a fit. */
            options.l2 = 0.1;
            model = fit_logistic(&options, &data);
            assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
            assert_string_equal(info_of(model).notice, "");
            gemml_model_free(model);
            sample_free(&s);
        }
}

/* Columns 0 and 2 together separate, none alone. */
static void two_columns_separate_together(void **state)
{
    struct sample s = classes_make(200, 3, 2, 5);
    (void)state;
    for (size_t i = 0; i < 200; i++)
        s.y[i] = s.x[i * 3] + s.x[i * 3 + 2] > 1;
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_logistic(NULL, &data);
    assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
    assert_notice(model, "perfectly separated by columns 0");
    gemml_model_free(model);
    sample_free(&s);
}

/* Column 2 is 1 in some rows only, all of them of class 1: the others overlap. */
static void a_level_that_occurs_in_one_class_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sample s = classes_make(150, 3, 2, 7);
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.solver = solvers[i];
        size_t ones = 0;
        for (size_t k = 0; k < 150; k++) {
            s.x[k * 3 + 2] = k % 10 == 0;
            s.y[k] = k % 10 == 0 ? 1 : s.y[k];
            ones += s.y[k] > 0;
        }
        assert_true(ones < 120);
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_logistic(&options, &data);
        assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
        assert_notice(model, "partly separated by column 2 of x");
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Two values of one column, the classes touching in the middle one. */
static void touching_classes(void **state)
{
    double x[] = {1, 2, 3, 3, 4, 5}, y[] = {0, 0, 0, 1, 1, 1};
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, 6, 1);
    data.y = gemml_view_f64(y, 6, 1);
    gemml_model *model = fit_logistic(NULL, &data);
    (void)state;
    assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
    assert_notice(model, "partly separated by column 0 of x");
    gemml_model_free(model);
    y[2] = 1, y[3] = 0, y[4] = 0; /* they overlap: 0 0 1 0 0 1 */
    model = fit_logistic(NULL, &data);
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    gemml_model_free(model);
}

/* Class 2 of three is separated from the others, which overlap. */
static void one_class_of_three_is_separated(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct sample s = classes_make(150, 2, 2, 9);
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.solver = solvers[i];
        for (size_t k = 0; k < 150; k += 3) {
            s.y[k] = 2;
            s.x[k * 2] += 10;
        }
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_logistic(&options, &data);
        assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
        assert_notice(model, "partly separated by column");
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Rows without weight cannot hide a separation, nor make one. */
static void rows_without_weight_do_not_count(void **state)
{
    double x[] = {1, 2, 3, 4, 5, 6}, y[] = {0, 0, 1, 0, 1, 1}, w[] = {1, 1, 0, 1, 1, 1};
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, 6, 1);
    data.y = gemml_view_f64(y, 6, 1);
    data.weight = gemml_view_f64(w, 6, 1);
    gemml_model *model = fit_logistic(NULL, &data);
    (void)state;
    assert_int_equal(info_of(model).outcome, GEMML_SEPARATED);
    w[2] = 1e-3;
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    gemml_model_free(model);
}

static void a_limit_says_what_is_missing(void **state)
{
    struct sample s = classes_make(300, 4, 3, 1);
    gemml_dataset data = sample_dataset(&s);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.solver = solvers[i];
        options.max_iterations = 2;
        gemml_model *model = fit_logistic(&options, &data);
        gemml_fit_info info = info_of(model);
        assert_int_equal(info.outcome, GEMML_LIMIT);
        assert_int_equal(info.iterations, 2);
        assert_notice(model, "after 2 iterations");
        assert_notice(model, "gradient");
        assert_notice(model, "Try more iterations");
        assert_true(info.loss_history_count == 3 && info.loss_history[2] < info.loss_history[1] &&
                    info.loss_history[1] < info.loss_history[0]);
        assert_near(info.loss_history[0], log(3), 1e-14);
        gemml_model_free(model);
    }
    sample_free(&s);
}

static int stop_at_three(const gemml_progress *progress, void *data)
{
    ++*(size_t *)data;
    return progress->iteration == 3;
}

static void a_callback_may_end_it(void **state)
{
    struct sample s = classes_make(300, 4, 3, 1);
    gemml_dataset data = sample_dataset(&s);
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
        size_t calls = 0;
        fit.progress = stop_at_three;
        fit.progress_data = &calls;
        options.solver = solvers[i];
        gemml_model *model = new_logistic(&options);
        assert_ok(gemml_fit(model, &data, &fit, NULL));
        assert_int_equal(info_of(model).outcome, GEMML_CANCELLED);
        assert_int_equal(calls, 4);
        assert_int_equal(info_of(model).iterations, 3);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* Column 2 is column 0 plus twice column 1, column 3 constant. */
static void dependent_columns(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++) {
        struct sample s = classes_make(200, 4, classes, 23);
        for (size_t i = 0; i < 200; i++) {
            double *x = s.x + 4 * i;
            x[2] = x[0] + 2 * x[1];
            x[3] = 6;
        }
        gemml_dataset data = sample_dataset(&s), two = sample_dataset(&s);
        two.x = gemml_view_f64_strided(s.x, 200, 2, 4);
        gemml_model *model = fit_logistic(NULL, &data), *truth = fit_logistic(NULL, &two);
        assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
        assert_notice(model, "rank 3 of 5");
        assert_near(info_of(model).objective, info_of(truth).objective, 1e-13);
        gemml_summary summary = GEMML_SUMMARY_INIT;
        assert_ok(gemml_get_summary(model, &summary));
        assert_int_equal(summary.rank, 3);
        assert_int_equal(summary.aliased_count, 2);
        assert_true(summary.aliased[0] == 2 && summary.aliased[1] == 3);
        assert_notice(model, "Columns 2, 3 of x (counted from 0) are combinations of columns before them");
        size_t outputs = classes == 2 ? 1 : classes;
        double *w = coefficients_of(model, 4, outputs), *v = coefficients_of(truth, 2, outputs);
        for (size_t k = 0; k < outputs; k++)
            for (size_t j = 0; j < 2; j++) /* what the columns add up to is the same */
                assert_near(w[(1 + j) * outputs + k] + (double)(1 + j) * w[3 * outputs + k], v[(1 + j) * outputs + k],
                            1e-11);
        free(w);
        free(v);
        gemml_model_free(model);
        gemml_model_free(truth);
        sample_free(&s);
    }
}

/* x + 10^6: the coefficients are those of x, to the digits that the columns have. */
static void columns_far_from_zero(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++)
        for (int scaling = 0; scaling <= 1; scaling++) {
            struct sample s = classes_make(500, 3, 2, 41), far = classes_make(500, 3, 2, 41);
            for (size_t k = 0; k < 1500; k++)
                s.x[k] = rint(s.x[k] * 0x1p20) * 0x1p-20, far.x[k] = s.x[k] + 1048576;
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.solver = solvers[i];
            options.scaling = (gemml_scaling)scaling;
            gemml_dataset data = sample_dataset(&s), other = sample_dataset(&far);
            gemml_model *near = fit_logistic(&options, &data), *model = fit_logistic(&options, &other);
            double *w = coefficients_of(near, 3, 1), *v = coefficients_of(model, 3, 1);
            for (size_t j = 1; j <= 3; j++)
                assert_near(v[j], w[j], 1e-6);
            assert_near(info_of(near).objective, info_of(model).objective, 1e-12);
            free(w);
            free(v);
            gemml_model_free(near);
            gemml_model_free(model);
            sample_free(&s);
            sample_free(&far);
        }
}

/* With more parameters than Newton's matrix is made for the answer says what is not known. */
static void too_many_parameters_to_look(void **state)
{
    enum { N = 1100, WIDE = 1040 };
    (void)state;
    struct sample s = classes_make(N, WIDE, 2, 41);
    for (size_t i = 0; i < N; i++) { /* columns that tell little, so that the classes overlap */
        for (size_t j = 1; j < WIDE; j++)
            s.x[i * WIDE + j] = 0;
        s.x[i * WIDE] = 6 * s.x[i * WIDE];
        s.y[i] = i % 9 == 0 ? (double)(i % 2) : s.x[i * WIDE] > 0;
    }
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_logistic(NULL, &data);
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    assert_notice(model, "1041 parameters are more than 1024");
    gemml_model_free(model);
    sample_free(&s);
}

/* A tolerance that is given is one of the chain's gradient, of every class and column: with the
 * last class apart from the others by a column of large units, that of its weights counts most. */
static void a_tolerance_is_kept_for_every_class(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 4; classes++)
        for (int scaling = 0; scaling <= 1; scaling++) {
            struct sample s = classes_make(300, 3, classes, 11);
            gemml_dataset data = sample_dataset(&s);
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            for (size_t i = 0; i < s.n; i++)
                s.x[3 * i + 2] = 20 * s.x[3 * i + 2] + 30 * (s.y[i] == (double)(classes - 1));
            options.solver = GEMML_SOLVER_LBFGS;
            options.scaling = (gemml_scaling)scaling;
            options.l2 = 0.1;
            options.tolerance = 1e-3;
            gemml_model *model = fit_logistic(&options, &data);
            assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
            if (largest_gradient(model, &data) > 1e-3)
                fail_msg("%zu classes: a gradient of %g", classes, largest_gradient(model, &data));
            gemml_model_free(model);
            sample_free(&s);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_column_separates),
        cmocka_unit_test(two_columns_separate_together),
        cmocka_unit_test(a_level_that_occurs_in_one_class_only),
        cmocka_unit_test(touching_classes),
        cmocka_unit_test(one_class_of_three_is_separated),
        cmocka_unit_test(rows_without_weight_do_not_count),
        cmocka_unit_test(a_limit_says_what_is_missing),
        cmocka_unit_test(a_callback_may_end_it),
        cmocka_unit_test(dependent_columns),
        cmocka_unit_test(too_many_parameters_to_look),
        cmocka_unit_test(columns_far_from_zero),
        cmocka_unit_test(a_tolerance_is_kept_for_every_class),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

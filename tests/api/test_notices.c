/* What a fit tells in its notice: how many columns depend, constant targets, limits; and nothing where there is
 * nothing to tell. */
#include "classes.h"

#include <math.h>

static void assert_holds(const char *notice, const char *words)
{
    if (!strstr(notice, words))
        fail_msg("\"%s\" is not in the notice: %s", words, notice);
}

/* Three columns of their own, and then `more` that are multiples of them. */
static struct sample dependent(size_t more)
{
    size_t p = 3 + more;
    struct sample s = sample_make(40, p, 1, 5);
    for (size_t i = 0; i < s.n; i++)
        for (size_t j = 3; j < p; j++)
            s.x[i * p + j] = (double)(1 + j) * s.x[i * p + j % 3];
    return s;
}

static void dependent_columns_are_listed(void **state)
{
    static const struct {
        size_t more;
        const char *words;
    } cases[] = {
        {1, "Column 3 of x (counted from 0) is a combination of columns before it."},
        {2, "Columns 3, 4 of x (counted from 0) are combinations of columns before them."},
        {5, "Columns 3, 4, 5, 6, 7 of x (counted from 0) are combinations of columns before them."},
        {6, "Columns 3, 4, 5, 6, 7 and 1 more of x (counted from 0) are combinations of columns before them."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct sample s = dependent(cases[i].more);
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_model(NULL, &data);
        char rank[64];
        snprintf(rank, sizeof rank, "linearly dependent: rank 4 of %zu with the intercept;", 4 + cases[i].more);
        assert_holds(info_of(model).notice, rank);
        assert_holds(info_of(model).notice, cases[i].words);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Several dependencies at once, whose null space has no basis that tells them apart by itself. */
static void several_dependencies_of_a_logistic_fit(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++) {
        struct sample s = classes_make(300, 7, classes, 5);
        for (size_t i = 0; i < s.n; i++) {
            double *x = s.x + 7 * i;
            x[2] = x[0] + x[1];
            x[4] = x[0] - 2 * x[1] + x[3];
            x[5] = 3 * x[3];
            x[6] = x[5] - x[4];
        }
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_logistic(NULL, &data);
        gemml_summary summary = GEMML_SUMMARY_INIT;
        assert_ok(gemml_get_summary(model, &summary));
        assert_int_equal(summary.rank, 4);
        assert_int_equal(summary.aliased_count, 4);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(summary.aliased[k], ((const int64_t[]){2, 4, 5, 6})[k]);
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Beside an intercept a constant column says nothing: its coefficient is 0, whatever its units. */
static void a_constant_column_of_a_logistic_fit(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_NEWTON, GEMML_SOLVER_LBFGS};
    (void)state;
    for (size_t classes = 2; classes <= 3; classes++)
        for (size_t k = 0; k < 2; k++) {
            struct sample s = classes_make(200, 3, classes, 5);
            gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
            options.solver = solvers[k];
            for (size_t i = 0; i < s.n; i++)
                s.x[3 * i + 1] = 3e-5;
            gemml_dataset data = sample_dataset(&s);
            gemml_model *model = fit_logistic(&options, &data);
            size_t outputs = classes == 2 ? 1 : classes;
            double *w = coefficients_of(model, 3, outputs);
            for (size_t c = 0; c < outputs; c++)
                assert_true(w[2 * outputs + c] == 0 && w[outputs + c] != 0 && w[3 * outputs + c] != 0);
            free(w);
            gemml_model_free(model);
            sample_free(&s);
        }
}

/* Of three targets the middle one; and no notice where all vary. */
static void constant_targets_are_told(void **state)
{
    (void)state;
    struct sample s = sample_make(40, 2, 3, 5);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    assert_string_equal(info_of(model).notice, "");
    for (size_t i = 0; i < s.n; i++)
        s.y[i * 3 + 1] = 4;
    assert_ok(gemml_fit(model, &data, NULL, NULL));
    assert_string_equal(info_of(model).notice, "Target 1 is constant: there is nothing to explain.");
    gemml_model_free(model);
    sample_free(&s);
}

/* In single precision a column far from 0 costs digits of the prediction, of each of two outputs as of one alone. */
static void single_precision_is_not_enough(void **state)
{
    (void)state;
    for (size_t K = 1; K <= 2; K++) {
        struct sample s = sample_make(50, 2, K, 5);
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        for (size_t i = 0; i < s.n; i++)
            s.x[2 * i] += 3e5;
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = fit_model(&options, &data);
        assert_string_equal(info_of(model).notice, "");
        gemml_model_free(model);
        options.dtype = GEMML_F32;
        model = fit_model(&options, &data);
        assert_holds(info_of(model).notice, "Rounded to single precision");
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* Values that are finite, with a variance that is not. */
static void a_variance_that_overflows(void **state)
{
    const gemml_solver solvers[] = {GEMML_SOLVER_LBFGS, GEMML_SOLVER_DESCENT};
    (void)state;
    for (size_t k = 0; k < 2; k++) {
        struct sample s = sample_make(50, 2, 1, 5);
        gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
        options.solver = solvers[k];
        options.scaling = GEMML_SCALING_STANDARDIZE;
        for (size_t i = 0; i < s.n; i++)
            s.x[2 * i + 1] *= 1e200;
        gemml_dataset data = sample_dataset(&s);
        gemml_model *model = new_model(&options);
        assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "overflow");
        gemml_model_free(model);
        sample_free(&s);
    }
}

/* With all rows in a step the gradient says how far it is; with batches it does not tell. */
static void limits_of_descent(void **state)
{
    (void)state;
    struct sample s = sample_make(100, 3, 1, 5);
    gemml_dataset data = sample_dataset(&s);
    for (int batches = 0; batches <= 1; batches++) {
        gemml_linear_options options = descent_options(3);
        options.batch = batches ? 10 : 100;
        gemml_model *model = fit_model(&options, &data);
        assert_int_equal(info_of(model).outcome, GEMML_LIMIT);
        assert_holds(info_of(model).notice, "The limit was reached after 3 epochs");
        assert_true((strstr(info_of(model).notice, "of the first one") == NULL) == batches);
        gemml_model_free(model);
    }
    sample_free(&s);
}

/* Why a logistic fit ended: there was no time; or by default at a gradient that its dtype can come to. */
static void ends_of_a_logistic_fit(void **state)
{
    (void)state;
    struct sample s = classes_make(300, 4, 3, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_fit_options fit = GEMML_FIT_OPTIONS_INIT;
    options.solver = GEMML_SOLVER_LBFGS;
    fit.time_budget = 1e-9;
    gemml_model *model = new_logistic(&options);
    assert_ok(gemml_fit(model, &data, &fit, NULL));
    assert_int_equal(info_of(model).outcome, GEMML_TIME_LIMIT);
    assert_holds(info_of(model).notice, "The limit was reached after");
    assert_holds(info_of(model).notice, "Try more time");
    gemml_model_free(model);
    model = fit_logistic(&options, &data);
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    assert_true(largest_gradient(model, &data) <= 1.0001e-8);
    gemml_model_free(model);
    options.dtype = GEMML_F32;
    model = fit_logistic(&options, &data);
    assert_int_equal(info_of(model).outcome, GEMML_CONVERGED);
    assert_string_equal(info_of(model).notice, "");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dependent_columns_are_listed),
        cmocka_unit_test(several_dependencies_of_a_logistic_fit),
        cmocka_unit_test(a_constant_column_of_a_logistic_fit),
        cmocka_unit_test(constant_targets_are_told),
        cmocka_unit_test(single_precision_is_not_enough),
        cmocka_unit_test(a_variance_that_overflows),
        cmocka_unit_test(limits_of_descent),
        cmocka_unit_test(ends_of_a_logistic_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

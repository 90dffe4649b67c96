/* scikit-learn's checks of data that an estimator must refuse. */
#include "checks.h"

/* ---- Data that are refused ------------------------------------------------------ */

static void check_estimators_empty_data_messages(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    set.data.x.rows = set.data.y.rows = 0;
    assert_status(e, fit_status(&set), GEMML_ERROR_SHAPE);
    set.data = sample_dataset(&set.s);
    set.data.x.cols = 0;
    assert_status(e, fit_status(&set), GEMML_ERROR_SHAPE);
    setting_free(&set);
}

static void check_estimators_nan_inf(const struct estimator *e)
{
    const double wrong[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        struct setting set = setting_make(e, ROWS);
        double out[3 * ROWS], kept = set.s.x[31];
        gemml_matrix to = gemml_matrix_f64(out, ROWS, e->classes ? 1 : 2);
        set.s.x[31] = wrong[i];
        assert_status(e, fit_status(&set), GEMML_ERROR_NONFINITE);
        set.s.x[31] = kept;
        assert_status(e, fit_status(&set), GEMML_OK);
        set.s.x[31] = wrong[i];
        assert_status(e, gemml_predict(set.model, set.data.x, to), GEMML_ERROR_NONFINITE);
        setting_free(&set);
    }
}

static void check_supervised_y_no_nan(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    set.s.y[7] = NAN;
    assert_status(e, fit_status(&set), GEMML_ERROR_NONFINITE);
    set.s.y[7] = INFINITY;
    assert_status(e, fit_status(&set), GEMML_ERROR_NONFINITE);
    setting_free(&set);
}

static void check_requires_y_none(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    set.data.y = (gemml_view)GEMML_EMPTY_VIEW;
    gemml_status status = fit_status(&set);
    if (status != GEMML_ERROR_SHAPE && status != GEMML_ERROR_ARGUMENT)
        fail_msg("%s: without y a fit gives %s", e->name, gemml_status_string(status));
    setting_free(&set);
}

static void check_sample_weights_shape(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    double weights[2 * ROWS];
    for (size_t i = 0; i < 2 * ROWS; i++)
        weights[i] = 1;
    set.data.weight = gemml_view_f64(weights, ROWS, 2);
    assert_status(e, fit_status(&set), GEMML_ERROR_SHAPE);
    set.data.weight = gemml_view_f64(weights, ROWS - 1, 1);
    assert_status(e, fit_status(&set), GEMML_ERROR_SHAPE);
    setting_free(&set);
}

/* Values are not class indices. */
static void check_classifiers_regression_target(const struct estimator *e)
{
    if (e->classes == 0)
        return;
    struct setting set = setting_make(e, ROWS);
    set.s.y[5] = 0.5;
    assert_status(e, fit_status(&set), GEMML_ERROR_ARGUMENT);
    set.s.y[5] = -1;
    assert_status(e, fit_status(&set), GEMML_ERROR_ARGUMENT);
    setting_free(&set);
}

/* Of one class alone, by the labels or by the weights, nothing is to be learned: refused, not invented. */
static void check_classifiers_one_label(const struct estimator *e)
{
    if (e->classes == 0)
        return;
    struct setting set = setting_make(e, ROWS);
    for (size_t i = 0; i < ROWS; i++)
        set.s.y[i] = 0;
    assert_status(e, fit_status(&set), GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(gemml_last_error(), "class"));
    setting_free(&set);
}

static void check_classifiers_one_label_sample_weights(const struct estimator *e)
{
    if (e->classes == 0)
        return;
    struct setting set = setting_make(e, ROWS);
    double weights[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        weights[i] = set.s.y[i] == 0;
    set.data.weight = gemml_view_f64(weights, ROWS, 1);
    assert_status(e, fit_status(&set), GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(gemml_last_error(), "class"));
    setting_free(&set);
}

/* ---- The table ---- */

static const struct named_check checks[] = {
    CHECK(check_estimators_empty_data_messages),
    CHECK(check_estimators_nan_inf),
    CHECK(check_supervised_y_no_nan),
    CHECK(check_requires_y_none),
    CHECK(check_sample_weights_shape),
    CHECK(check_classifiers_regression_target),
    CHECK(check_classifiers_one_label),
    CHECK(check_classifiers_one_label_sample_weights),
};

int main(void)
{
    return run_checks(checks, sizeof checks / sizeof *checks);
}

/* scikit-learn's checks of what an estimator does: making, asking, data at the edge, learning. */
#include <sys/mman.h>

#include "checks.h"

/* ---- Making and asking --------------------------------------------------------- */

static void check_parameters_default_constructible(const struct estimator *e)
{
    gemml_model *model = NULL;
    assert_status(e,
                  e->kind == GEMML_LINEAR     ? gemml_linear_create(&model, NULL)
                  : e->kind == GEMML_LOGISTIC ? gemml_logistic_create(&model, NULL)
                                              : gemml_mlp_create(&model, NULL),
                  GEMML_OK);
    assert_false(model_info(model).fitted);
    gemml_model_free(model);
}

static void check_param_validation(const struct estimator *e)
{
    gemml_model *model = NULL;
    gemml_linear_options linear = GEMML_LINEAR_OPTIONS_INIT;
    gemml_logistic_options logistic = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_mlp_options mlp = GEMML_MLP_OPTIONS_INIT;
    linear.l2 = logistic.l2 = mlp.l2 = -1;
    assert_status(e,
                  e->kind == GEMML_LINEAR     ? gemml_linear_create(&model, &linear)
                  : e->kind == GEMML_LOGISTIC ? gemml_logistic_create(&model, &logistic)
                                              : gemml_mlp_create(&model, &mlp),
                  GEMML_ERROR_ARGUMENT);
    assert_null(model);
}

static void check_estimators_unfitted(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    double out[3 * ROWS];
    gemml_metrics metrics = GEMML_METRICS_INIT;
    gemml_matrix wide = gemml_matrix_f64(out, ROWS, answers(e, &set.s));
    assert_status(e, gemml_predict(set.model, set.data.x, gemml_matrix_f64(out, ROWS, e->classes ? 1 : 2)),
                  GEMML_ERROR_UNFITTED);
    if (e->classes)
        assert_status(e, gemml_predict_proba(set.model, set.data.x, wide), GEMML_ERROR_UNFITTED);
    assert_status(e, gemml_score(set.model, &set.data, &metrics), GEMML_ERROR_UNFITTED);
    assert_status(e, gemml_save(set.model, scratch_path("unfitted.gemml")), GEMML_ERROR_UNFITTED);
    setting_free(&set);
}

static void check_fit_check_is_fitted(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    assert_false(model_info(set.model).fitted);
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_true(model_info(set.model).fitted);
    setting_free(&set);
}

static void check_n_features_in(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    assert_int_equal(model_info(set.model).inputs, 0);
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_int_equal(model_info(set.model).inputs, set.s.p);
    setting_free(&set);
}

static void check_n_features_in_after_fitting(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    double out[3 * ROWS];
    assert_status(e, fit_status(&set), GEMML_OK);
    gemml_matrix to = gemml_matrix_f64(out, ROWS, e->classes ? 1 : 2);
    assert_status(e, gemml_predict(set.model, gemml_view_f64(set.s.x, ROWS, set.s.p - 1), to), GEMML_ERROR_SHAPE);
    setting_free(&set);
}

static void check_non_transformer_estimators_n_iter(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    assert_status(e, fit_status(&set), GEMML_OK);
    bool iterates = e->solver == GEMML_SOLVER_LBFGS || e->solver == GEMML_SOLVER_NEWTON ||
                    e->solver == GEMML_SOLVER_DESCENT || e->kind == GEMML_LOGISTIC;
    if (iterates && info_of(set.model).iterations < 1)
        fail_msg("%s: no iteration", e->name);
    setting_free(&set);
}

/* Options are those that were given, before and after a fit. */
static void check_estimators_overwrite_params(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    gemml_mlp_options before = GEMML_MLP_OPTIONS_INIT, after = GEMML_MLP_OPTIONS_INIT;
    gemml_model_info asked = model_info(set.model);
    if (e->kind == GEMML_MLP)
        assert_ok(gemml_mlp_get_options(set.model, &before));
    assert_status(e, fit_status(&set), GEMML_OK);
    gemml_model_info info = model_info(set.model);
    assert_int_equal(info.kind, asked.kind);
    assert_int_equal(info.dtype, asked.dtype);
    assert_int_equal(info.intercept, asked.intercept);
    assert_int_equal(info.scaling, asked.scaling);
    assert_true(info.l2 == asked.l2);
    if (e->kind == GEMML_MLP) {
        assert_ok(gemml_mlp_get_options(set.model, &after));
        assert_memory_equal(before.hidden, after.hidden, before.hidden_count * sizeof *before.hidden);
        before.hidden = after.hidden = NULL;
        assert_memory_equal(&before, &after, sizeof before);
    }
    setting_free(&set);
}

/* ---- Data at the edge ------------------------------------------------------------ */

/* One row is enough for values; classes need a row each. */
static void check_fit2d_1sample(const struct estimator *e)
{
    struct setting set = setting_make(e, 1);
    set.s.y[0] = 0.25 * (e->classes == 0);
    assert_status(e, fit_status(&set), e->classes ? GEMML_ERROR_ARGUMENT : GEMML_OK);
    if (!e->classes)
        free(finite_answers(e, &set));
    setting_free(&set);
}

static void check_fit2d_1feature(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    set.s.p = 1;
    set.data = sample_dataset(&set.s);
    assert_status(e, fit_status(&set), GEMML_OK);
    free(finite_answers(e, &set));
    setting_free(&set);
}

/* Data in memory that cannot be written to. */
static void check_readonly_memmap_input(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    size_t bytes = 1 << 16;
    double *page = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    double *x = page, *y = x + ROWS * set.s.p, *w = y + ROWS * set.s.K;
    memcpy(x, set.s.x, ROWS * set.s.p * sizeof *x);
    memcpy(y, set.s.y, ROWS * set.s.K * sizeof *y);
    for (size_t i = 0; i < ROWS; i++)
        w[i] = 1 + (double)(i % 2);
    assert_int_equal(mprotect(page, bytes, PROT_READ), 0);
    set.data.x = gemml_view_f64(x, ROWS, set.s.p);
    set.data.y = gemml_view_f64(y, ROWS, set.s.K);
    set.data.weight = gemml_view_f64(w, ROWS, 1);
    assert_status(e, fit_status(&set), GEMML_OK);
    double *out = malloc(ROWS * answers(e, &set.s) * sizeof *out);
    answer(e, set.model, set.data.x, gemml_matrix_f64(out, ROWS, answers(e, &set.s)));
    free(out);
    munmap(page, bytes);
    setting_free(&set);
}

static void check_sample_weights_not_overwritten(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS);
    double weights[ROWS], kept[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        weights[i] = kept[i] = 0.5 + (double)(i % 3);
    set.data.weight = gemml_view_f64(weights, ROWS, 1);
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_memory_equal(weights, kept, sizeof kept);
    setting_free(&set);
}

/* The same whole numbers in each dtype: the same fit. To the bit but for the L-BFGS of a
 * logistic regression in f64, which reads rows of f64 in place and others by a copy. */
static void check_estimators_dtypes(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS), other = setting_make(e, ROWS);
    size_t cells = ROWS * set.s.p;
    float f32[3 * ROWS];
    int32_t i32[3 * ROWS];
    int64_t i64[3 * ROWS];
    for (size_t i = 0; i < cells; i++) {
        set.s.x[i] = round(8 * set.s.x[i]);
        f32[i] = (float)set.s.x[i];
        i32[i] = (int32_t)set.s.x[i];
        i64[i] = (int64_t)set.s.x[i];
    }
    const gemml_view views[] = {gemml_view_f32(f32, ROWS, 3), gemml_view_i32(i32, ROWS, 3),
                                gemml_view_i64(i64, ROWS, 3)};
    assert_status(e, fit_status(&set), GEMML_OK);
    for (size_t v = 0; v < 3; v++) {
        other.data.x = views[v];
        assert_status(e, fit_status(&other), GEMML_OK);
        bool in_place = e->kind == GEMML_LOGISTIC && e->solver == GEMML_SOLVER_LBFGS && e->dtype == GEMML_F64;
        assert_same_answers(e, other.model, set.model, &set.s, in_place ? 10 : 16);
    }
    setting_free(&set);
    setting_free(&other);
}

/* Targets as integers are the targets. */
static void check_regressors_int(const struct estimator *e)
{
    struct setting set = setting_make(e, ROWS), other = setting_make(e, ROWS);
    int32_t y[2 * ROWS];
    for (size_t i = 0; i < ROWS * set.s.K; i++) {
        set.s.y[i] = round(set.s.y[i]);
        y[i] = (int32_t)set.s.y[i];
    }
    other.data.y = gemml_view_i32(y, ROWS, set.s.K);
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_status(e, fit_status(&other), GEMML_OK);
    assert_same_answers(e, other.model, set.model, &set.s, 16);
    setting_free(&set);
    setting_free(&other);
}

/* ---- Learning --------------------------------------------------------------------- */

/* Well separated groups are told apart; probabilities are probabilities, and the class
 * is the most probable one. */
static void check_classifiers_train(const struct estimator *e)
{
    if (e->classes == 0)
        return;
    struct setting set = setting_make(e, ROWS);
    double out[ROWS], hits = 0;
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < set.s.p; j++)
            set.s.x[i * set.s.p + j] += 4 * (set.s.y[i] == (double)(j % e->classes));
    }
    assert_status(e, fit_status(&set), GEMML_OK);
    double *p = finite_answers(e, &set);
    assert_ok(gemml_predict(set.model, set.data.x, gemml_matrix_f64(out, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++) {
        double sum = 0;
        size_t best = 0;
        for (size_t k = 0; k < e->classes; k++) {
            assert_true(p[i * e->classes + k] >= 0 && p[i * e->classes + k] <= 1);
            sum += p[i * e->classes + k];
            best = p[i * e->classes + k] > p[i * e->classes + best] ? k : best;
        }
        assert_near(sum, 1, 1e-6);
        assert_true(out[i] == (double)best);
        hits += out[i] == set.s.y[i];
    }
    /* Fifteen steps of a network on all rows are few. */
    bool few = e->kind == GEMML_MLP && e->solver == GEMML_SOLVER_DESCENT;
    if (hits < (few ? 0.5 : 0.9) * ROWS)
        fail_msg("%s: %g of %d right", e->name, hits, ROWS);
    free(p);
    setting_free(&set);
}

/* The order of the decision's values is that of the probabilities. */
static void check_decision_proba_consistency(const struct estimator *e)
{
    if (e->classes != 2)
        return;
    struct setting set = setting_make(e, ROWS);
    double z[ROWS];
    assert_status(e, fit_status(&set), GEMML_OK);
    double *p = answers_to(e, set.model, &set.s);
    assert_ok(gemml_decision(set.model, set.data.x, gemml_matrix_f64(z, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++)
        assert_near(p[2 * i + 1], 1 / (1 + exp(-z[i])), 1e-12);
    free(p);
    setting_free(&set);
}

/* A line with some noise is found. */
static void check_regressors_train(const struct estimator *e)
{
    if (e->classes)
        return;
    struct setting set = setting_make(e, ROWS);
    assert_status(e, fit_status(&set), GEMML_OK);
    bool few = e->kind == GEMML_MLP && e->solver == GEMML_SOLVER_DESCENT;
    if (score_of(set.model, &set.data).r2 < (few ? -1 : 0.5))
        fail_msg("%s: r2 is %g", e->name, score_of(set.model, &set.data).r2);
    setting_free(&set);
}

static void check_regressors_no_decision_function(const struct estimator *e)
{
    if (e->classes)
        return;
    struct setting set = setting_make(e, ROWS);
    double out[2 * ROWS];
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_status(e, gemml_predict_proba(set.model, set.data.x, gemml_matrix_f64(out, ROWS, 2)),
                  GEMML_ERROR_UNSUPPORTED);
    setting_free(&set);
}

/* A class of much larger weight is predicted more often. */
static void check_class_weight_classifiers(const struct estimator *e)
{
    if (e->kind != GEMML_LOGISTIC)
        return;
    struct setting set = setting_make(e, ROWS);
    const double weight[] = {1000, 1, 1};
    double out[ROWS], first = 0;
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    gemml_model_free(set.model);
    options.solver = e->solver;
    options.classes = e->classes;
    options.dtype = e->dtype;
    options.l2 = 1;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weight;
    set.model = new_logistic(&options);
    assert_status(e, fit_status(&set), GEMML_OK);
    assert_ok(gemml_predict(set.model, set.data.x, gemml_matrix_f64(out, ROWS, 1)));
    for (size_t i = 0; i < ROWS; i++)
        first += out[i] == 0;
    if (first < 0.87 * ROWS)
        fail_msg("%s: %g of %d rows are of the class of weight 1000", e->name, first, ROWS);
    setting_free(&set);
}

/* BALANCED is a weight of n / (K n_k). */
static void check_class_weight_balanced_classifiers(const struct estimator *e)
{
    if (e->kind != GEMML_LOGISTIC)
        return;
    struct setting set = setting_make(e, ROWS);
    double weight[3] = {0}, count[3] = {0};
    for (size_t i = 0; i < ROWS; i++)
        count[(size_t)set.s.y[i]]++;
    for (size_t k = 0; k < e->classes; k++)
        weight[k] = ROWS / ((double)e->classes * count[k]);
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = e->solver;
    options.classes = e->classes;
    options.dtype = e->dtype;
    options.l2 = 1;
    options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    options.class_weight = weight;
    gemml_model *given = fit_logistic(&options, &set.data);
    options.class_weighting = GEMML_CLASS_WEIGHT_BALANCED;
    options.class_weight = NULL;
    gemml_model *balanced = fit_logistic(&options, &set.data);
    assert_same_answers(e, balanced, given, &set.s, e->digits);
    gemml_model_free(given);
    gemml_model_free(balanced);
    setting_free(&set);
}

/* ---- The table ---- */

static const struct named_check checks[] = {
    CHECK(check_parameters_default_constructible),
    CHECK(check_param_validation),
    CHECK(check_estimators_unfitted),
    CHECK(check_fit_check_is_fitted),
    CHECK(check_n_features_in),
    CHECK(check_n_features_in_after_fitting),
    CHECK(check_non_transformer_estimators_n_iter),
    CHECK(check_estimators_overwrite_params),
    CHECK(check_fit2d_1sample),
    CHECK(check_fit2d_1feature),
    CHECK(check_readonly_memmap_input),
    CHECK(check_sample_weights_not_overwritten),
    CHECK(check_estimators_dtypes),
    CHECK(check_regressors_int),
    CHECK(check_classifiers_train),
    CHECK(check_decision_proba_consistency),
    CHECK(check_regressors_train),
    CHECK(check_regressors_no_decision_function),
    CHECK(check_class_weight_classifiers),
    CHECK(check_class_weight_balanced_classifiers),
};

int main(void)
{
    return run_checks(checks, sizeof checks / sizeof *checks);
}

/* The choice of lambda: each point of the path against fits with every row left out
 * in turn, in long double. */
#include "inverse.h"

/* sum_i w_i (y_i - prediction of the fit without row i)^2 / W, mean over outputs. */
static long double brute_force(const struct sample *s, bool intercept, double lambda)
{
    struct sample less = *s;
    long double sum = 0, W = 0;
    less.w = malloc(s->n * sizeof(double));
    for (size_t row = 0; row < s->n; row++) {
        long double w = long_weight(s, row);
        if (w == 0)
            continue;
        for (size_t i = 0; i < s->n; i++)
            less.w[i] = i == row ? 0 : (double)long_weight(s, i);
        struct long_fit fit = long_fit_make(&less, intercept, lambda);
        for (size_t k = 0; k < s->K; k++)
            sum += w * long_residual(&fit, row, k) * long_residual(&fit, row, k);
        W += w;
        long_fit_free(&fit);
    }
    free(less.w);
    return sum / W / (long double)s->K;
}

static struct sample noisy_sample(size_t n, size_t p, size_t K, bool weighted, double noise)
{
    struct sample s = sample_make(n, p, K, 31 * n + p);
    uint64_t seed = n + 1;
    for (size_t i = 0; i < n * K; i++)
        s.y[i] += noise * test_random(&seed);
    if (weighted) {
        sample_weigh(&s, n + 1);
        for (size_t i = 3; i < n; i += 7)
            s.w[i] = 0;
    }
    return s;
}

static gemml_model *fit_auto(const struct sample *s, bool intercept, gemml_scaling scaling, gemml_fit_info *info)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_dataset data = sample_dataset(s);
    options.l2 = GEMML_AUTO;
    options.intercept = intercept;
    options.scaling = scaling;
    gemml_model *model = new_model(&options);
    gemml_fit_info_init(info);
    assert_ok(gemml_fit(model, &data, NULL, info));
    return model;
}

/* The path ascends, and the chosen lambda is its best. */
static void check_path(const gemml_fit_info *info)
{
    double least = INFINITY, chosen = INFINITY;
    assert_true(info->l2_path_count >= 49 && isfinite(info->l2) && info->l2 >= 0);
    for (size_t l = 0; l < info->l2_path_count; l++) {
        const double *pair = info->l2_path + 2 * l;
        assert_true(l == 0 || pair[0] > pair[-2]);
        least = fmin(least, pair[1]);
        chosen = pair[0] == info->l2 ? pair[1] : chosen;
    }
    assert_true(chosen == least);
}

static void check_against_refits(size_t n, size_t p, size_t K, bool weighted, bool intercept)
{
    struct sample s = noisy_sample(n, p, K, weighted, 6);
    gemml_fit_info info;
    gemml_model *model = fit_auto(&s, intercept, GEMML_SCALING_NONE, &info);
    check_path(&info);
    for (size_t l = 0; l < info.l2_path_count; l += 3)
        assert_close(info.l2_path[2 * l + 1], brute_force(&s, intercept, info.l2_path[2 * l]), 1e-9,
                     "a leave-one-out error");
    assert_closed_form(model, &s, info.l2, intercept, 10); /* the model is the one of that lambda */
    gemml_model_free(model);
    sample_free(&s);
}

static void each_point_is_exact(void **state)
{
    (void)state;
    for (int way = 0; way < 4; way++) {
        check_against_refits(18, 4, 1, way & 1, way & 2);
        check_against_refits(25, 3, 2, way & 1, way & 2);
    }
}

/* With standardised columns lambda acts on those: the same as fitting them. */
static void scaling_counts(void **state)
{
    (void)state;
    struct sample s = noisy_sample(30, 4, 1, false, 6), scaled = noisy_sample(30, 4, 1, false, 6);
    for (size_t j = 0; j < 4; j++) {
        long double mean = 0, square = 0;
        for (size_t i = 0; i < 30; i++)
            mean += s.x[4 * i + j] / 30;
        for (size_t i = 0; i < 30; i++)
            square += (s.x[4 * i + j] - mean) * (s.x[4 * i + j] - mean) / 30;
        for (size_t i = 0; i < 30; i++)
            scaled.x[4 * i + j] = (double)((s.x[4 * i + j] - mean) / sqrtl(square));
        for (size_t i = 0; i < 30; i++)
            s.x[4 * i + j] *= 1000 * (double)(j + 1); /* the units drop out */
    }
    gemml_fit_info a, b;
    gemml_model *standardised = fit_auto(&s, true, GEMML_SCALING_STANDARDIZE, &a);
    gemml_model *plain = fit_auto(&scaled, true, GEMML_SCALING_NONE, &b);
    assert_int_equal(a.l2_path_count, b.l2_path_count);
    for (size_t i = 0; i < 2 * a.l2_path_count; i++)
        assert_close(a.l2_path[i], b.l2_path[i], 1e-11, "a number of the path");
    assert_close(a.l2, b.l2, 1e-11, "lambda");
    gemml_model_free(standardised), gemml_model_free(plain);
    sample_free(&s), sample_free(&scaled);
}

/* Rows of one more block and many columns: refits for a few lambdas only. */
static void more_columns_than_rows(void **state)
{
    (void)state;
    struct sample s = noisy_sample(14, 20, 1, false, 2);
    gemml_fit_info info;
    gemml_model *model = fit_auto(&s, true, GEMML_SCALING_NONE, &info);
    check_path(&info);
    assert_true(info.l2_path[0] > 0); /* without a penalty nothing is left to leave out */
    for (size_t l = info.l2_path_count / 2; l < info.l2_path_count; l += 7)
        assert_close(info.l2_path[2 * l + 1], brute_force(&s, true, info.l2_path[2 * l]), 1e-8,
                     "a leave-one-out error");
    gemml_model_free(model);
    sample_free(&s);
}

/* Where the columns explain all, no penalty is best; where they explain nothing, the largest. */
static void ends_of_the_path_are_noticed(void **state)
{
    (void)state;
    struct sample s = noisy_sample(400, 3, 1, false, 0);
    gemml_fit_info info;
    for (size_t i = 0; i < 400; i++)
        s.y[i] = 1 + s.x[3 * i] + s.x[3 * i + 1];
    gemml_model *model = fit_auto(&s, true, GEMML_SCALING_NONE, &info);
    check_path(&info);
    assert_true(info.l2 == 0);
    assert_non_null(strstr(info.notice, "no penalty better than none"));
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    assert_true(summary.std_error[0] >= 0); /* without a penalty they exist */
    gemml_model_free(model);
    for (size_t i = 0; i < 400; i++) /* orthogonal to the columns by their signs */
        s.y[i] = i % 2 ? 1 : -1, memcpy(s.x + 3 * i, s.x + 3 * (i - i % 2), 3 * sizeof *s.x);
    model = fit_auto(&s, true, GEMML_SCALING_NONE, &info);
    check_path(&info);
    assert_true(info.l2 == info.l2_path[2 * info.l2_path_count - 2]);
    assert_non_null(strstr(info.notice, "upper end"));
    gemml_model_free(model);
    sample_free(&s);
}

static void one_row_has_nothing_to_leave_out(void **state)
{
    (void)state;
    struct sample s = sample_make(1, 2, 1, 3);
    gemml_fit_info info;
    gemml_model *model = fit_auto(&s, true, GEMML_SCALING_NONE, &info);
    assert_true(info.l2 == 0);
    assert_non_null(strstr(info.notice, "not defined"));
    gemml_model_free(model);
    sample_free(&s);
}

/* The path is kept in the file, and does not depend on threads. */
static void path_in_a_file(void **state)
{
    (void)state;
    struct sample s = noisy_sample(3000, 5, 2, true, 6);
    gemml_fit_info first, loaded = GEMML_FIT_INFO_INIT, other;
    gemml_model *model = fit_auto(&s, true, GEMML_SCALING_STANDARDIZE, &first), *copy = NULL;
    const char *path = scratch_path("auto.gemml");
    assert_ok(gemml_save(model, path));
    assert_ok(gemml_load(&copy, path));
    assert_ok(gemml_get_fit_info(copy, &loaded));
    assert_true(loaded.l2 == first.l2 && loaded.l2_path_count == first.l2_path_count);
    assert_bits(loaded.l2_path, first.l2_path, 2 * first.l2_path_count);
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    assert_ok(gemml_model_get_info(copy, &info));
    assert_true(info.l2 == first.l2);
    for (size_t threads = 1; threads <= 3; threads++) {
        assert_ok(gemml_set_threads(threads));
        gemml_model *again = fit_auto(&s, true, GEMML_SCALING_STANDARDIZE, &other);
        assert_bits(other.l2_path, first.l2_path, 2 * first.l2_path_count);
        gemml_model_free(again);
    }
    assert_ok(gemml_set_threads(0));
    gemml_dataset data = sample_dataset(&s); /* and a copy fits as the model did: AUTO is kept too */
    assert_ok(gemml_fit(copy, &data, NULL, &other));
    assert_true(other.l2 == first.l2 && other.l2_path_count == first.l2_path_count);
    gemml_model_free(model), gemml_model_free(copy);
    sample_free(&s);
}

/* Columns so small that no number is large enough for the penalty; data that are not finite. */
static void what_is_refused(void **state)
{
    (void)state;
    struct sample s = noisy_sample(20, 2, 1, false, 6);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    gemml_dataset data = sample_dataset(&s);
    options.l2 = GEMML_AUTO;
    gemml_model *model = new_model(&options);
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    assert_ok(gemml_model_get_info(model, &info));
    assert_true(isnan(info.l2));
    s.x[7] = NAN;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "x", "row", "3", "column", "1");
    s.x[7] = 1;
    for (size_t i = 0; i < 40; i++)
        s.x[i] *= 1e200;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "penalty");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_point_is_exact),
        cmocka_unit_test(scaling_counts),
        cmocka_unit_test(more_columns_than_rows),
        cmocka_unit_test(ends_of_the_path_are_noticed),
        cmocka_unit_test(one_row_has_nothing_to_leave_out),
        cmocka_unit_test(path_in_a_file),
        cmocka_unit_test(what_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

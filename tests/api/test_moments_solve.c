/* Solutions without the rows: what a fit of the rows gives, for subsets of the columns,
 * penalties, scalings; published problems; dependent columns; files. */
#include "api/moments_truth.h"

#include <jansson.h>

/* Added in three batches. */
static gemml_moments *in_batches(const struct sample *s)
{
    gemml_moments *moments = moments_of(s, 0, s->n / 2);
    add_rows(moments, s, s->n / 2, s->n / 3);
    add_rows(moments, s, s->n / 2 + s->n / 3, s->n - s->n / 2 - s->n / 3);
    return moments;
}

/* The sample with some of its columns; weights are shared. */
static struct sample take_columns(const struct sample *s, const size_t *columns, size_t count)
{
    struct sample part = {s->n, count, s->K, malloc(s->n * count * sizeof(double)), s->y, s->w};
    for (size_t i = 0; i < s->n; i++)
        for (size_t j = 0; j < count; j++)
            part.x[i * count + j] = s->x[i * s->p + columns[j]];
    return part;
}

/* |a - b| relative to what the coefficient moves: beta_j sd_j beside sd of y; the
 * intercept beside the sum of the sizes of its terms. */
static void assert_same_solution(const struct sample *s, const double *w, const gemml_model *model, double tolerance)
{
    double *v = coefficients_of(model, s->p, s->K);
    struct truth t = truth_make(s, NULL);
    for (size_t k = 0; k < s->K; k++) {
        double level = fabs((double)(t.anchor[s->p + k] + t.mean[s->p + k])), sum = level;
        double sd_y = (double)sqrtl(t.C[(s->p + k) * (t.m + 1)] / t.W);
        for (size_t j = 0; j < s->p; j++) {
            double sd = (double)sqrtl(t.C[j * (t.m + 1)] / t.W), mean = (double)(t.anchor[j] + t.mean[j]);
            double error = fabs(w[(1 + j) * s->K + k] - v[(1 + j) * s->K + k]) * sd / sd_y;
            if (!(error <= tolerance))
                fail_msg("feature %zu, output %zu: %.17g is not %.17g", j, k, w[(1 + j) * s->K + k],
                         v[(1 + j) * s->K + k]);
            sum += fabs(v[(1 + j) * s->K + k] * mean);
        }
        if (!(fabs(w[k] - v[k]) <= tolerance * sum))
            fail_msg("intercept of output %zu: %.17g is not %.17g", k, w[k], v[k]);
    }
    truth_free(&t);
    free(v);
}

static void check_solution(const struct sample *s, const gemml_moments *moments, const size_t *columns, size_t count,
                           const gemml_linear_options *options)
{
    gemml_moments_options same = GEMML_MOMENTS_OPTIONS_INIT;
    same.l2 = options->l2;
    same.intercept = options->intercept;
    same.scaling = options->scaling;
    struct sample part = take_columns(s, columns, count);
    gemml_dataset data = sample_dataset(&part);
    gemml_model *model = fit_model(options, &data);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    double *w = malloc((count + 1) * s->K * sizeof *w), rss[2], r2[2], adjusted_r2[2], sigma[2];
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    fit.rss = rss, fit.r2 = r2, fit.adjusted_r2 = adjusted_r2, fit.sigma = sigma;
    assert_ok(gemml_moments_solve(moments, columns, count, &same, gemml_matrix_f64(w, count + 1, s->K), &fit));
    assert_same_solution(&part, w, model, 1e-12);
    assert_ok(gemml_get_summary(model, &summary));
    assert_int_equal(fit.rank, summary.rank);
    assert_int_equal(fit.freedom, summary.freedom);
    assert_near(fit.condition / summary.condition, 1, 1e-6);
    for (size_t k = 0; k < s->K; k++) {
        assert_near(r2[k], summary.r2[k], 1e-12);
        assert_near(adjusted_r2[k], summary.adjusted_r2[k], 1e-12);
        assert_near(sigma[k] / summary.sigma[k], 1, 1e-11);
        assert_near(rss[k] / (sigma[k] * sigma[k] * (double)fit.freedom), 1, 1e-14);
    }
    gemml_model_free(model);
    free(part.x);
    free(w);
}

/* Subsets in any order, with penalties, as a fit of those columns. */
static void test_subsets_and_penalties(void **state)
{
    (void)state;
    const size_t columns[][6] = {{0, 1, 2, 3, 4, 5}, {5, 0, 3}, {2}, {4, 3, 2, 1}};
    const size_t counts[] = {6, 3, 1, 4};
    const double lambdas[] = {0, 1e-3, 1, 1e3, 1e12};
    struct sample s = sample_make(400, 6, 2, 11);
    sample_weigh(&s, 12);
    s.w[3] = 0;
    sample_move(&s, 1, 100, 10);
    gemml_moments *moments = in_batches(&s);
    for (size_t c = 0; c < 4; c++)
        for (size_t l = 0; l < 5; l++)
            for (int intercept = 0; intercept < 2; intercept++)
                for (int scaling = 0; scaling < 2; scaling++) {
                    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
                    options.l2 = lambdas[l];
                    options.intercept = intercept;
                    options.scaling = scaling ? GEMML_SCALING_STANDARDIZE : GEMML_SCALING_NONE;
                    check_solution(&s, moments, columns[c], counts[c], &options);
                }
    gemml_moments_free(moments);
    sample_free(&s);
}

/* Means far beyond the spread, against the closed form about the means in long double. */
static void test_badly_centred(void **state)
{
    (void)state;
    struct sample s = sample_make(500, 3, 1, 2);
    sample_weigh(&s, 4);
    for (size_t j = 0; j < 3; j++)
        sample_move(&s, j, 1e8 * (double)(1 + j), 1);
    sample_move(&s, 3, -1e8, 1);
    gemml_moments *moments = in_batches(&s);
    double w[4], theta[4];
    assert_ok(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 4, 1), NULL));
    for (size_t j = 0; j < 3; j++) /* differences from a row of the data are exact */
        sample_move(&s, j, -1e8 * (double)(1 + j), 1);
    sample_move(&s, 3, 1e8, 1);
    closed_form(&s, 0, 0, true, theta);
    for (size_t j = 1; j < 4; j++)
        assert_true(digits(w[j], theta[j]) > 13);
    theta[0] += -1e8 - 1e8 * (theta[1] + 2 * theta[2] + 3 * theta[3]);
    assert_true(digits(w[0], theta[0]) > 13);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* ---- Published: Longley ---- */

static struct sample read_longley(void)
{
    struct sample s = {16, 6, 1, malloc(96 * sizeof(double)), malloc(16 * sizeof(double)), NULL};
    char *text = read_file(data_path("nist/Longley.csv"), NULL), *at = strchr(text, '\n') + 1;
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < 7; j++) {
            *(j < 6 ? &s.x[i * 6 + j] : &s.y[i]) = strtod(at, &at);
            at++;
        }
    free(text);
    return s;
}

static double certified(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    assert_non_null(text);
    return strtod(text, NULL);
}

/* From moments of three batches alone, without refinement: nine digits and more. */
static void test_longley(void **state)
{
    (void)state;
    struct sample s = read_longley();
    gemml_moments *moments = in_batches(&s);
    json_t *json = json_load_file(data_path("nist/Longley.json"), 0, NULL);
    json_t *parameters = json_object_get(json, "parameters");
    double w[7], rss, r2, sigma;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    fit.rss = &rss, fit.r2 = &r2, fit.sigma = &sigma;
    assert_ok(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 7, 1), &fit));
    for (size_t j = 0; j < 7; j++)
        assert_true(digits(w[j], certified(json_array_get(parameters, j), "estimate")) > 11);
    json_t *residual = json_object_get(json_object_get(json, "anova"), "residual");
    assert_true(digits(rss, certified(residual, "sum_of_squares")) > 11);
    assert_true(digits(sigma, certified(json, "residual_sd")) > 11);
    assert_true(digits(r2, certified(json, "r_squared")) > 13);
    assert_true(fit.rank == 7 && fit.freedom == 9);
    json_decref(json);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* ---- Dependent columns ---- */

static void test_dependent_columns(void **state)
{
    (void)state;
    struct sample s = sample_make(100, 4, 1, 3);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i * 4 + 2] = s.x[i * 4]; /* twice the same */
        s.x[i * 4 + 3] = 7;          /* constant */
    }
    gemml_moments *moments = in_batches(&s);
    double w[5], alone[3];
    const size_t first_two[] = {0, 1}, twice[] = {1, 0, 0};
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    assert_ok(gemml_moments_solve(moments, first_two, 2, NULL, gemml_matrix_f64(alone, 3, 1), &fit));
    assert_true(fit.rank == 3 && isfinite(fit.condition));
    assert_ok(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 5, 1), &fit));
    assert_true(fit.rank == 3 && isinf(fit.condition) && fit.freedom == 97);
    assert_near(w[1], alone[1] / 2, 1e-13);
    assert_near(w[3], alone[1] / 2, 1e-13);
    assert_near(w[2], alone[2], 1e-13);
    assert_true(w[4] == 0);
    assert_ok(gemml_moments_solve(moments, twice, 3, NULL, gemml_matrix_f64(w, 4, 1), &fit)); /* named twice */
    assert_int_equal(fit.rank, 3);
    assert_near(w[1], alone[2], 1e-13);
    assert_near(w[2], alone[1] / 2, 1e-13);
    assert_near(w[3], alone[1] / 2, 1e-13);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* Fewer rows than columns: of all lines through the points the one of least norm. */
static void test_few_rows(void **state)
{
    (void)state;
    struct sample s = sample_make(3, 5, 1, 3);
    gemml_moments *moments = moments_of(&s, 0, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    double w[6], rss = -1, sigma = -1;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    fit.rss = &rss, fit.sigma = &sigma;
    assert_ok(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 6, 1), &fit));
    assert_true(fit.rank == 1 && w[0] == s.y[0] && w[1] == 0 && w[5] == 0); /* one row: its y */
    add_rows(moments, &s, 1, 2);
    assert_ok(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 6, 1), &fit));
    assert_same_solution(&s, w, model, 1e-12);
    assert_true(fit.rank == 3 && fit.freedom == 0 && isnan(sigma));
    assert_near(rss, 0, 1e-13);
    gemml_model_free(model);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* ---- Arguments ---- */

static void test_refusals(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 3, 1, 3);
    gemml_moments *moments = in_batches(&s);
    const size_t bad[] = {0, 3};
    double w[4] = {7, 7, 7, 7}, sigma = 7;
    gemml_matrix out = gemml_matrix_f64(w, 4, 1);
    gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    fit.sigma = &sigma;
    fit.rank = 12345;
    assert_refused(gemml_moments_solve(NULL, NULL, 0, NULL, out, &fit), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_solve(moments, bad, 0, NULL, out, &fit), GEMML_ERROR_ARGUMENT, "count");
    assert_refused(gemml_moments_solve(moments, bad, 2, NULL, out, &fit), GEMML_ERROR_ARGUMENT, "columns", "1", "3");
    assert_refused(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 3, 1), &fit), GEMML_ERROR_SHAPE, "3",
                   "4");
    const double lambdas[] = {-1, NAN, INFINITY};
    for (size_t l = 0; l < 3; l++) {
        options.l2 = lambdas[l];
        assert_refused(gemml_moments_solve(moments, NULL, 0, &options, out, &fit), GEMML_ERROR_ARGUMENT, "l2");
    }
    options.l2 = 1e308; /* of columns that are scaled down, too much */
    options.scaling = GEMML_SCALING_MINMAX;
    assert_refused(gemml_moments_solve(moments, NULL, 0, &options, out, &fit), GEMML_ERROR_UNSUPPORTED, "MINMAX");
    options.scaling = (gemml_scaling)9;
    assert_refused(gemml_moments_solve(moments, NULL, 0, &options, out, &fit), GEMML_ERROR_ARGUMENT, "scaling", "9");
    gemml_moments_options_init(&options);
    options.struct_size = 0;
    assert_refused(gemml_moments_solve(moments, NULL, 0, &options, out, &fit), GEMML_ERROR_ARGUMENT, "struct_size");
    fit.struct_size = 0;
    assert_refused(gemml_moments_solve(moments, NULL, 0, NULL, out, &fit), GEMML_ERROR_ARGUMENT, "struct_size");
    assert_true(w[0] == 7 && w[3] == 7 && sigma == 7 && fit.rank == 12345);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* Coefficients and sums that no double, or no float, can hold. */
static void test_overflow(void **state)
{
    (void)state;
    struct sample s = sample_make(30, 2, 1, 3);
    sample_move(&s, 0, 0, 1e-200);
    sample_move(&s, 2, 0, 1e200);
    gemml_moments *moments = in_batches(&s);
    double w[3] = {7, 7, 7};
    float small[2] = {7, 7};
    const size_t second = 1;
    gemml_moments_options options = GEMML_MOMENTS_OPTIONS_INIT;
    assert_refused(gemml_moments_solve(moments, NULL, 0, NULL, gemml_matrix_f64(w, 3, 1), NULL), GEMML_ERROR_NONFINITE,
                   "coefficient", "1");
    assert_refused(gemml_moments_solve(moments, &second, 1, NULL, gemml_matrix_f32(small, 2, 1), NULL),
                   GEMML_ERROR_NONFINITE, "coefficient");
    options.l2 = 1e300;
    assert_refused(gemml_moments_solve(moments, NULL, 0, &options, gemml_matrix_f64(w, 3, 1), NULL),
                   GEMML_ERROR_NONFINITE, "penalty");
    for (size_t i = 0; i < s.n; i++)
        s.x[i * 2] = 1e200; /* constant: its square about zero overflows */
    gemml_moments *constant = in_batches(&s);
    options.l2 = 0;
    options.intercept = 0;
    assert_refused(gemml_moments_solve(constant, NULL, 0, &options, gemml_matrix_f64(w, 3, 1), NULL),
                   GEMML_ERROR_NONFINITE, "squares");
    assert_true(w[0] == 7 && w[2] == 7 && small[0] == 7);
    assert_ok(gemml_moments_solve(constant, NULL, 0, NULL, gemml_matrix_f64(w, 3, 1), NULL));
    assert_true(w[1] == 0);
    gemml_moments_free(constant);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* ---- Files ---- */

/* What was saved solves, and goes on, to the bit as what was kept. */
static void test_files(void **state)
{
    (void)state;
    struct sample s = sample_make(300, 4, 2, 21);
    sample_weigh(&s, 3);
    const char *path = scratch_path("moments.gemml");
    for (size_t rows = 0; rows <= 200; rows += 100) {
        gemml_moments *kept = new_moments(4, 2), *loaded = NULL, *part = moments_of(&s, 0, 50);
        double w[10], v[10];
        if (rows > 0)
            add_rows(kept, &s, 0, rows);
        assert_ok(gemml_moments_save(kept, path));
        assert_ok(gemml_moments_load(&loaded, path));
        add_rows(kept, &s, 200, 100);
        add_rows(loaded, &s, 200, 100);
        assert_ok(gemml_moments_subtract(kept, part));
        assert_ok(gemml_moments_subtract(loaded, part));
        assert_ok(gemml_moments_solve(kept, NULL, 0, NULL, gemml_matrix_f64(w, 5, 2), NULL));
        assert_ok(gemml_moments_solve(loaded, NULL, 0, NULL, gemml_matrix_f64(v, 5, 2), NULL));
        assert_bits(v, w, 10);
        assert_ok(gemml_moments_save(kept, path));
        size_t count, again_count;
        char *bytes = read_file(path, &count);
        assert_ok(gemml_moments_save(loaded, path));
        char *again = read_file(path, &again_count);
        assert_int_equal(again_count, count);
        assert_memory_equal(again, bytes, count);
        free(bytes);
        free(again);
        gemml_moments_free(kept);
        gemml_moments_free(loaded);
        gemml_moments_free(part);
    }
    gemml_moments *moments = moments_of(&s, 0, 10), *untouched = moments;
    assert_refused(gemml_moments_save(moments, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_save(moments, ""), GEMML_ERROR_ARGUMENT, "empty");
    assert_refused(gemml_moments_save(moments, "/nowhere/moments"), GEMML_ERROR_IO, "nowhere");
    assert_refused(gemml_moments_load(NULL, path), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_load(&untouched, "/nowhere/moments"), GEMML_ERROR_IO, "nowhere");
    assert_refused(gemml_moments_load(&untouched, write_text("text", "x,y\n1,2\n3,4\n5,6\n")), GEMML_ERROR_FORMAT,
                   "text");
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data), *no_model = model;
    assert_ok(gemml_save(model, path)); /* one is not the other */
    assert_refused(gemml_moments_load(&untouched, path), GEMML_ERROR_FORMAT, "kind", "linear");
    assert_ok(gemml_moments_save(moments, path));
    assert_refused(gemml_load(&no_model, path), GEMML_ERROR_UNSUPPORTED, "moments");
    assert_true(untouched == moments && no_model == model);
    gemml_model_free(model);
    gemml_moments_free(moments);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subsets_and_penalties),
        cmocka_unit_test(test_badly_centred),
        cmocka_unit_test(test_longley),
        cmocka_unit_test(test_dependent_columns),
        cmocka_unit_test(test_few_rows),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

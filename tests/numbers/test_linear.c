/* Linear regression at the ends of what numbers can be: what each case must come to, by each solver.
 *
 * A fit that says that it converged, and nothing else, is checked: the gradient at its coefficients,
 * in quadruple precision about the means, relative to what rounding may leave of it,
 *
 *   ratio_j = |u_j'W r - lambda b_j| / (|u_j| (|y| + sum_k |u_k| |b_k|) max(n, p) u)
 *
 * is below 30 for the solvers that factor, u being the unit of the dtype. Of those that go step by
 * step |u_j'W r - lambda b_j| is below 1e-6 of |u_j| (|y| + ...). r2 is recomputed too. Whatever else a
 * fit comes to, it says. */
#include "../support/quad.h"
#include "cases.h"

static const struct engine {
    const char *name;
    gemml_solver solver;
    gemml_dtype dtype;
    bool factors; /* otherwise step by step */
} engines[] = {
    {"auto", GEMML_SOLVER_AUTO, GEMML_F64, true},
    {"cholesky", GEMML_SOLVER_CHOLESKY, GEMML_F64, true},
    {"qr", GEMML_SOLVER_QR, GEMML_F64, true},
    {"svd", GEMML_SOLVER_SVD, GEMML_F64, true},
    {"auto, f32", GEMML_SOLVER_AUTO, GEMML_F32, true},
    {"lbfgs", GEMML_SOLVER_LBFGS, GEMML_F64, false},
    {"descent", GEMML_SOLVER_DESCENT, GEMML_F64, false},
};
#define ENGINES (sizeof engines / sizeof *engines)

/* What an engine comes to, a letter for each in their order:
 *
 *   c  converged, and the gradient shows it; the notice has the words, or is empty where there are none
 *   k  converged, with the words: columns of eight units in the last place count as constant
 *   r  converged, but single precision moves the predictions, and the notice says so
 *   u  converged, but a parameter is too small for the model's numbers, and the notice says so
 *   w  converged by the gradient's size, but the notice warns that the residuals are not the least
 *   l  a limit was reached or the run diverged, and the notice says so
 *   n  NONFINITE      a  ARGUMENT, both with the words */
struct numbers_case {
    const char *name;
    size_t n, p;
    void (*change)(struct sample *s);
    double l2;
    const char *expected, *words;
};

static const struct numbers_case cases[] = {
    {"plain", 40, 3, as_it_is, 0, "ccccccc", ""},
    {"nan in x", 40, 3, nan_x, 0, "nnnnnnn", "row 5"},
    {"infinity in x", 40, 3, infinite_x, 0, "nnnnnnn", "row 5"},
    {"nan in y", 40, 3, nan_y, 0, "nnnnnnn", "row 5"},
    {"infinity in y", 40, 3, infinite_y, 0, "nnnnnnn", "row 5"},
    {"nan as weight", 40, 3, nan_weight, 0, "nnnnnnn", "weight"},
    {"infinite weight", 40, 3, infinite_weight, 0, "nnnnnnn", "weight"},
    {"negative weight", 40, 3, negative_weight, 0, "aaaaaaa", "weight"},
    {"no weight", 40, 3, no_weight, 0, "aaaaaaa", "weight"},
    {"weights overflow", 40, 3, weights_that_overflow, 0, "nnnnnnn", "weight"},
    {"nan without weight", 40, 3, nan_without_weight, 0, "nnnnnnn", "row 5"},
    {"some weights zero", 40, 3, some_weights_zero, 0, "ccccccc", ""},
    {"huge weights", 40, 3, huge_weights, 0, "ccccccc", ""},
    {"tiny weights", 40, 3, tiny_weights, 0, "ccccccc", ""},
    {"weights far apart", 40, 3, weights_apart, 0, "ccccccc", ""},
    {"large x", 40, 3, large_x, 0, "ccccucl", ""},
    {"huge x", 40, 3, huge_x, 0, "ccccunl", ""},
    {"small x", 40, 3, small_x, 0, "ccccncw", ""},
    {"tiny x", 40, 3, tiny_x, 0, "ccccnww", ""},
    {"denormal x", 40, 3, denormal_x, 0, "nnnnnww", ""},
    {"scales far apart", 40, 3, scales_apart, 0, "ccccnnl", ""},
    {"the whole range in x", 40, 3, whole_range, 0, "uuuuunn", ""},
    {"one outlier of 1e300", 40, 3, one_outlier, 0, "ccccunl", ""},
    {"far from zero", 40, 3, far_from_zero, 0, "ccccrcl", ""},
    {"integers beyond 2^53", 40, 3, integers_without_fraction, 0, "kkkkkkk", "constant"},
    {"x is zero", 40, 3, zero_x, 0, "ccccccc", "constant"},
    {"constant column", 40, 3, constant_column, 0, "ccccccc", "constant"},
    {"constant column of 1e300", 40, 3, constant_huge_column, 0, "ccccccl", "constant"},
    {"constant column of the largest double", 40, 3, all_largest, 0, "nnnnnnn", "overflow"},
    {"a column twice", 40, 3, copied_column, 0, "ccccccc", "combination"},
    {"a sum of columns", 40, 3, summed_column, 0, "ccccccc", "combination"},
    {"a column nearly twice", 40, 3, nearly_copied_column, 0, "ccccrll", ""},
    {"a column twice, penalised", 40, 3, copied_column, 1, "ccccccc", ""},
    {"equal rows", 40, 3, equal_rows, 0, "ccccccc", "constant"},
    {"huge y", 40, 3, huge_y, 0, "ccccnnn", ""},
    {"tiny y", 40, 3, tiny_y, 0, "cccculc", ""},
    {"denormal y", 40, 3, denormal_y, 0, "uuuuulc", ""},
    {"the whole range in y", 40, 3, whole_range_y, 0, "ccccnnn", ""},
    {"constant y", 40, 3, constant_y, 0, "ccccccc", "Target 0 is constant"},
    {"y is zero", 40, 3, zero_y, 0, "ccccccc", "Target 0 is constant"},
    {"coefficient beyond double", 40, 3, coefficient_beyond_double, 0, "nnnnnnn", ""},
    {"one row", 1, 3, as_it_is, 0, "ccccccc", "constant"},
    {"two rows", 2, 3, as_it_is, 0, "ccccccc", "rank"},
    {"as many rows as parameters", 4, 3, as_it_is, 0, "ccccccc", ""},
    {"fewer rows than columns", 4, 8, as_it_is, 0, "ccccccc", "rank"},
    {"wide", 20, 150, as_it_is, 0, "ccccccc", "rank"},
    {"wide, penalised", 20, 150, as_it_is, 1, "ccccccl", ""},
    {"one column", 40, 1, as_it_is, 0, "ccccccc", ""},
    {"huge penalty", 40, 3, as_it_is, 1e300, "ccccull", ""},
    {"tiny penalty", 40, 3, as_it_is, 1e-300, "ccccccc", ""},
};
#define CASES (sizeof cases / sizeof *cases)

/* ---- The truth ---- */

struct truth {
    const struct sample *s;
    double l2;
    const double *b; /* the intercept first */
};

static quad weight_of(const struct sample *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

/* Column j of (X, y) about its mean; its norm, that of the penalty included. */
static quad centre(const struct truth *truth, size_t j, quad *column)
{
    const struct sample *s = truth->s;
    quad mean = 0, W = 0, square = j < s->p ? truth->l2 : 0;
    for (size_t i = 0; i < s->n; i++) {
        column[i] = j < s->p ? s->x[i * s->p + j] : s->y[i];
        mean += weight_of(s, i) * column[i];
        W += weight_of(s, i);
    }
    for (size_t i = 0; i < s->n; i++) {
        column[i] -= mean / W;
        square += weight_of(s, i) * column[i] * column[i];
    }
    return quad_root(square);
}

/* Whether squares of y are: then there is no r2. */
static bool beyond_double(const struct sample *s)
{
    double square = s->y[0] * s->y[0];
    return !(square >= DBL_MIN && square <= DBL_MAX / 1024);
}

/* The largest |g_j| / (|u_j| (|y| + sum_k |u_k| |b_k|)), and r2. */
static double largest_gradient(const struct truth *truth, double *r2)
{
    const struct sample *s = truth->s;
    size_t n = s->n, p = s->p;
    quad *U = malloc((p + 1) * n * sizeof *U), *norm = malloc((p + 1) * sizeof *norm), rss = 0, size = 0;
    double largest = 0;
    for (size_t j = 0; j <= p; j++) {
        norm[j] = centre(truth, j, U + j * n);
        size += norm[j] * (j < p ? quad_size(truth->b[1 + j]) : 1);
    }
    quad *r = malloc(n * sizeof *r);
    for (size_t i = 0; i < n; i++) {
        r[i] = s->y[i] - (quad)truth->b[0];
        for (size_t j = 0; j < p; j++)
            r[i] -= (quad)s->x[i * p + j] * truth->b[1 + j];
        rss += weight_of(s, i) * r[i] * r[i];
    }
    for (size_t j = 0; j < p; j++) {
        quad g = -(quad)truth->l2 * truth->b[1 + j];
        for (size_t i = 0; i < n; i++)
            g += weight_of(s, i) * U[j * n + i] * r[i];
        if (norm[j] > 0 && norm[p] > 0)
            largest = fmax(largest, (double)(quad_size(g) / (norm[j] * size)));
    }
    *r2 = norm[p] > 0 ? (double)(1 - rss / (norm[p] * norm[p])) : NAN;
    free(U), free(norm), free(r);
    return largest;
}

/* ---- A case by an engine ---- */

static const char *names(const struct numbers_case *one, const struct engine *engine)
{
    static char text[128];
    snprintf(text, sizeof text, "%s, by %s", one->name, engine->name);
    return text;
}

static void check_minimum(const char *name, const struct truth *truth, const struct engine *engine,
                          const gemml_model *model)
{
    size_t n = truth->s->n, p = truth->s->p;
    double r2, unit = engine->dtype == GEMML_F32 ? 0x1p-24 : 0x1p-53;
    double largest = largest_gradient(truth, &r2);
    double most = engine->factors ? 30 * (double)(n > p ? n : p) * unit : 1e-6;
    if (!(largest < most))
        fail_msg("%s: a gradient of %g, above %g", name, largest, most);
    gemml_summary summary = GEMML_SUMMARY_INIT;
    assert_ok(gemml_get_summary(model, &summary));
    if (!isnan(r2) && truth->l2 == 0 && !(isnan(summary.r2[0]) && beyond_double(truth->s)) &&
        !(fabs(summary.r2[0] - r2) < 1e-6))
        fail_msg("%s: r2 is %g, not %g", name, summary.r2[0], r2);
}

static void check_fitted(const struct numbers_case *one, const struct engine *engine, char letter, gemml_model *model,
                         const struct sample *s)
{
    const char *name = names(one, engine);
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    assert_ok(gemml_get_fit_info(model, &info));
    double *b = coefficients_of(model, s->p, 1);
    for (size_t j = 0; j <= s->p; j++)
        assert_true(isfinite(b[j]));
    check_outcome(name, &info, letter != 'l', GEMML_CONVERGED);
    if (letter == 'c' && !one->words[0] && info.notice[0])
        fail_msg("%s: %s", name, info.notice);
    if (letter == 'c' || letter == 'k')
        says(name, info.notice, one->words);
    if (letter == 'u')
        says(name, info.notice, "so small that the model's numbers lose their digits");
    if (letter == 'r')
        says(name, info.notice, "Rounded to single precision");
    if (letter == 'w')
        says(name, info.notice, "standardise the columns");
    if (letter == 'c')
        check_minimum(name, &(struct truth){s, one->l2, b}, engine, model);
    free(b);
}

static void check(const struct numbers_case *one, const struct engine *engine, char letter)
{
    struct sample s = sample_make(one->n, one->p, 1, 17);
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    one->change(&s);
    options.solver = engine->solver, options.dtype = engine->dtype, options.l2 = one->l2;
    gemml_model *model = new_model(&options);
    gemml_dataset data = sample_dataset(&s);
    gemml_status status = gemml_fit(model, &data, NULL, NULL);
    gemml_status expected = letter == 'n' ? GEMML_ERROR_NONFINITE : letter == 'a' ? GEMML_ERROR_ARGUMENT : GEMML_OK;
    if (status != expected)
        fail_msg("%s: status %d instead of %d: %s", names(one, engine), status, expected, gemml_last_error());
    if (status == GEMML_OK)
        check_fitted(one, engine, letter, model, &s);
    else
        says(names(one, engine), gemml_last_error(), one->words);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_case(void **state)
{
    const struct numbers_case *one = *state;
    assert_int_equal(strlen(one->expected), ENGINES);
    for (size_t e = 0; e < ENGINES; e++)
        check(one, &engines[e], one->expected[e]);
}

int main(void)
{
    struct CMUnitTest tests[CASES];
    for (size_t c = 0; c < CASES; c++)
        tests[c] = (struct CMUnitTest){cases[c].name, test_case, NULL, NULL, (void *)(uintptr_t)&cases[c]};
    return _cmocka_run_group_tests("numbers", tests, CASES, NULL, NULL);
}

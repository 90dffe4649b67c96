/* Logistic regression at the ends of what numbers can be: what each case must come to, by each solver.
 *
 * A fit that says that it converged is checked: for each output k and column j the gradient
 *
 *   g_jk = sum_i w_i (p_ik - [y_i = k]) (x_ij - m_j) + lambda b_jk t_j
 *
 * (t_j = var_j with standardised columns, whose weights are b_j sd_j; else 1) at its coefficients, in long
 * double about the means, is small beside what it sums: sum_i w_i |x_ij - m_j| + lambda |b_jk| t_j. */
#include "../api/classes.h"
#include "cases.h"

static const struct engine {
    const char *name;
    gemml_solver solver;
    gemml_dtype dtype;
    gemml_scaling scaling;
    double tolerance;
} engines[] = {
    {"newton", GEMML_SOLVER_NEWTON, GEMML_F64, GEMML_SCALING_STANDARDIZE, 1e-9},
    {"newton, raw", GEMML_SOLVER_NEWTON, GEMML_F64, GEMML_SCALING_NONE, 1e-9},
    {"lbfgs", GEMML_SOLVER_LBFGS, GEMML_F64, GEMML_SCALING_STANDARDIZE, 1e-7},
    {"lbfgs, raw", GEMML_SOLVER_LBFGS, GEMML_F64, GEMML_SCALING_NONE, 1e-7},
    {"lbfgs, f32", GEMML_SOLVER_LBFGS, GEMML_F32, GEMML_SCALING_STANDARDIZE, 1e-4},
    {"lbfgs, f32, raw", GEMML_SOLVER_LBFGS, GEMML_F32, GEMML_SCALING_NONE, 1e-4},
    {"descent", GEMML_SOLVER_DESCENT, GEMML_F64, GEMML_SCALING_STANDARDIZE, 1e-7},
    {"descent, raw", GEMML_SOLVER_DESCENT, GEMML_F64, GEMML_SCALING_NONE, 1e-7},
};
#define ENGINES (sizeof engines / sizeof *engines)

/* ---- Classes ---- */

static void one_class(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 1;
}

static void a_class_left_out(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = i % 2 ? 0 : 2;
}

static void half_a_class(struct sample *s)
{
    s->y[3] = 0.5;
}

static void negative_class(struct sample *s)
{
    s->y[3] = -1;
}

static void class_of_1e18(struct sample *s)
{
    s->y[3] = 1e18;
}

static void one_row_of_a_class(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = i == 0;
}

static void separated(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->x[i * s->p] > 0;
}

static void separated_in_large_units(struct sample *s)
{
    separated(s);
    scale_x(s, 1e150);
}

/* What an engine comes to, a letter for each in their order:
 *
 *   c  converged, and the gradient shows it; the notice has the words, or is empty where there are none
 *   k  converged, with the words: columns whose squares are 0 count as constant; and the intercept in
 *      original units of columns at 2^53 is rounded, though not that of the model
 *   r  converged, but rounding of the parameters moves the predictions, and the notice says so
 *   s  SEPARATED, with the words in the notice
 *   l  a limit was reached or the run diverged, and the notice says so
 *   e  c or l: the last bits decide, which the kernels of BLAS do not share
 *   p  ARGUMENT: weights that single precision cannot sum
 *   n  NONFINITE      a  ARGUMENT, both with the words */
struct numbers_case {
    const char *name;
    size_t n, p, classes;
    void (*change)(struct sample *s);
    double l2;
    const char *expected, *words;
};

static const struct numbers_case cases[] = {
    {"plain", 60, 3, 2, as_it_is, 0, "cccccccc", ""},
    {"three classes", 90, 3, 3, as_it_is, 0, "cccccccc", ""},
    {"nan in x", 60, 3, 2, nan_x, 0, "nnnnnnnn", "row 5"},
    {"infinity in x", 60, 3, 2, infinite_x, 0, "nnnnnnnn", "row 5"},
    {"nan in y", 60, 3, 2, nan_y, 0, "nnnnnnnn", "row 5"},
    {"infinity in y", 60, 3, 2, infinite_y, 0, "nnnnnnnn", "row 5"},
    {"nan as weight", 60, 3, 2, nan_weight, 0, "nnnnnnnn", "weight"},
    {"infinite weight", 60, 3, 2, infinite_weight, 0, "nnnnnnnn", "weight"},
    {"negative weight", 60, 3, 2, negative_weight, 0, "aaaaaaaa", "weight"},
    {"no weight", 60, 3, 2, no_weight, 0, "aaaaaaaa", "weight"},
    {"weights overflow", 60, 3, 2, weights_that_overflow, 0, "nnnnnnnn", "weights overflow"},
    {"some weights zero", 60, 3, 2, some_weights_zero, 0, "cccccccc", ""},
    {"huge weights", 60, 3, 2, huge_weights, 0, "ccccppcc", ""},
    {"tiny weights", 60, 3, 2, tiny_weights, 0, "ccccppcc", ""},
    {"weights far apart", 60, 3, 2, weights_apart, 0, "ccccppcc", ""},
    {"large x", 60, 3, 2, large_x, 0, "cccccrcl", ""},
    {"huge x", 60, 3, 2, huge_x, 0, "nnnnnnnn", "overflow"},
    {"small x", 60, 3, 2, small_x, 0, "cccccncl", ""},
    {"tiny x", 60, 3, 2, tiny_x, 0, "kkkkkkll", "rank 1 of 4"},
    {"denormal x", 60, 3, 2, denormal_x, 0, "kkkkkkll", "rank 1 of 4"},
    {"scales far apart", 60, 3, 2, scales_apart, 0, "nnnnnnnn", "overflow"},
    {"the whole range in x", 60, 3, 2, whole_range, 0, "nnnnnnnn", "overflow"},
    {"one outlier of 1e300", 60, 3, 2, one_outlier, 0, "nnnnnnnn", "overflow"},
    {"far from zero", 60, 3, 2, far_from_zero, 0, "cccccrcl", ""},
    {"integers beyond 2^53", 60, 3, 2, integers_without_fraction, 0, "krkrkrkl", ""},
    {"x is zero", 60, 3, 2, zero_x, 0, "cccccccc", "rank 1 of 4"},
    {"constant column", 60, 3, 2, constant_column, 0, "cccccccc", "rank 3 of 4"},
    {"constant column of 1e300", 60, 3, 2, constant_huge_column, 0, "ccccccll", "rank 3 of 4"},
    {"constant column of the largest double", 60, 3, 2, all_largest, 0, "ccccccnn", ""},
    {"a column twice", 60, 3, 2, copied_column, 0, "cccccccc", "rank 3 of 4"},
    {"a column twice, three classes", 90, 3, 3, copied_column, 0, "cccccccc", "rank 3 of 4"},
    {"a sum of columns", 60, 3, 2, summed_column, 0, "cccccccc", "rank 3 of 4"},
    {"a column nearly twice", 60, 3, 2, nearly_copied_column, 0, "cceeccll", ""},
    {"equal rows", 60, 3, 2, equal_rows, 0, "cccccccc", "rank 1 of 4"},
    {"one class", 60, 3, 2, one_class, 0, "aaaaaaaa", "of class 1"},
    {"a class left out", 60, 3, 2, a_class_left_out, 0, "aaaaaaaa", "class 1 has no rows"},
    {"half a class", 60, 3, 2, half_a_class, 0, "aaaaaaaa", "0.5 in row 3"},
    {"negative class", 60, 3, 2, negative_class, 0, "aaaaaaaa", "-1 in row 3"},
    {"class of 1e18", 60, 3, 2, class_of_1e18, 0, "aaaaaaaa", "1e+18 in row 3"},
    {"one row of a class", 60, 3, 2, one_row_of_a_class, 0, "cccccccc", ""},
    {"separated", 60, 3, 2, separated, 0, "ssssssss", "separated by column 0"},
    {"separated, in large units", 60, 3, 2, separated_in_large_units, 0, "sssssssl", "separated by column 0"},
    {"separated, penalised", 60, 3, 2, separated, 1, "cccccccc", ""},
    {"one row", 1, 3, 2, as_it_is, 0, "aaaaaaaa", "at least two classes"},
    {"two rows", 2, 3, 2, as_it_is, 0, "ssssssss", "separated by column"},
    {"fewer rows than columns", 6, 9, 2, as_it_is, 0, "ssssssss", "separated by column"},
    {"fewer rows than columns, penalised", 6, 9, 2, as_it_is, 1, "cccccccc", ""},
    {"wide, penalised", 20, 150, 2, as_it_is, 1, "cccccccl", ""},
    {"huge penalty", 60, 3, 2, as_it_is, 1e300, "ccllllll", ""},
    {"tiny penalty", 60, 3, 2, as_it_is, 1e-300, "cccccccc", ""},
};
#define CASES (sizeof cases / sizeof *cases)

/* ---- The truth ---- */

static long double weight_of(const struct sample *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

/* Probabilities of the K outputs of row i, from (p + 1) x K coefficients; K = 1: of class 1. */
static void probabilities(const struct sample *s, size_t i, size_t K, const double *b, long double *out)
{
    long double largest = K > 1 ? -INFINITY : 0, sum = K > 1 ? 0 : 1;
    for (size_t k = 0; k < K; k++) {
        out[k] = b[k];
        for (size_t j = 0; j < s->p; j++)
            out[k] += (long double)s->x[i * s->p + j] * b[(1 + j) * K + k];
        largest = fmaxl(largest, out[k]);
    }
    if (K == 1)
        sum = expl(-largest);
    for (size_t k = 0; k < K; k++)
        sum += out[k] = expl(out[k] - largest);
    for (size_t k = 0; k < K; k++)
        out[k] /= sum;
}

/* sum_i w (x_ij - m_j)^2 / W, and m_j. */
static long double variance_of(const struct sample *s, size_t j, long double *mean)
{
    long double W = 0, square = 0;
    *mean = 0;
    for (size_t i = 0; i < s->n; i++) {
        W += weight_of(s, i);
        *mean += weight_of(s, i) * s->x[i * s->p + j];
    }
    *mean /= W;
    for (size_t i = 0; i < s->n; i++)
        square += weight_of(s, i) * (s->x[i * s->p + j] - *mean) * (s->x[i * s->p + j] - *mean);
    return square / W;
}

/* The largest |g_jk| beside what it sums. */
static double worst_gradient(const struct sample *s, size_t K, const double *b, double l2, bool standardised)
{
    long double largest = 0, *p = malloc(s->n * K * sizeof *p);
    for (size_t i = 0; i < s->n; i++)
        probabilities(s, i, K, b, p + i * K);
    for (size_t j = 0; j < s->p; j++) {
        long double mean, variance = variance_of(s, j, &mean), t = standardised ? variance : 1;
        for (size_t k = 0; k < K; k++) {
            long double penalty = l2 * t * b[(1 + j) * K + k], g = penalty, size = fabsl(penalty);
            for (size_t i = 0; i < s->n; i++) {
                long double x = s->x[i * s->p + j] - mean, is = s->y[i] == (double)(K == 1 ? 1 : k);
                g += weight_of(s, i) * (p[i * K + k] - is) * x;
                size += weight_of(s, i) * fabsl(x);
            }
            largest = size > 0 && variance > 1e-30L * mean * mean ? fmaxl(largest, fabsl(g) / size) : largest;
        }
    }
    free(p);
    return (double)largest;
}

/* What roundings of its terms may do to a decision value, and so to a gradient that is relative: a few u times
 * the largest sum_j |x_ij - m_j| |b_jk|, which is large where columns are nearly dependent. */
static double rounding_of(const struct sample *s, size_t K, const double *b)
{
    long double largest = 0, *mean = malloc(s->p * sizeof *mean);
    for (size_t j = 0; j < s->p; j++)
        variance_of(s, j, &mean[j]);
    for (size_t i = 0; i < s->n; i++)
        for (size_t k = 0; k < K; k++) {
            long double sum = 0;
            for (size_t j = 0; j < s->p; j++)
                sum += fabsl((s->x[i * s->p + j] - mean[j]) * b[(1 + j) * K + k]);
            largest = fmaxl(largest, sum);
        }
    free(mean);
    return 16 * DBL_EPSILON * (double)largest;
}

/* ---- A case by an engine ---- */

static const char *names(const struct numbers_case *one, const struct engine *engine)
{
    static char text[128];
    snprintf(text, sizeof text, "%s, by %s", one->name, engine->name);
    return text;
}

static void check_fitted(const struct numbers_case *one, const struct engine *engine, char letter, gemml_model *model,
                         const struct sample *s)
{
    const char *name = names(one, engine);
    gemml_fit_info info = info_of(model);
    size_t K = one->classes > 2 ? one->classes : 1;
    double *b = coefficients_of(model, s->p, K);
    if (letter == 'e') /* the last bits decide */
        letter = info.outcome == GEMML_LIMIT ? 'l' : 'c';
    check_outcome(name, &info, letter != 'l', letter == 's' ? GEMML_SEPARATED : GEMML_CONVERGED);
    if (letter == 'c' && !one->words[0] && one->change != all_largest && info.notice[0])
        fail_msg("%s: %s", name, info.notice);
    if (letter == 'c' || letter == 'k' || letter == 's')
        says(name, info.notice, one->words);
    if (letter == 'r')
        says(name, info.notice, "Rounded to ");
    double largest = letter == 'c' ? worst_gradient(s, K, b, one->l2, engine->scaling != GEMML_SCALING_NONE) : 0;
    if (letter == 'c' && !(largest < engine->tolerance + rounding_of(s, K, b)))
        fail_msg("%s: a gradient of %g", name, largest);
    free(b);
}

static void check(const struct numbers_case *one, const struct engine *engine, char letter)
{
    struct sample s = classes_make(one->n, one->p, one->classes, 17);
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    one->change(&s);
    options.solver = engine->solver, options.dtype = engine->dtype, options.scaling = engine->scaling;
    options.l2 = one->l2;
    if (engine->solver == GEMML_SOLVER_DESCENT)
        options.epochs = 20000;
    gemml_model *model = new_logistic(&options);
    gemml_dataset data = sample_dataset(&s);
    gemml_status status = gemml_fit(model, &data, NULL, NULL);
    gemml_status expected = letter == 'n'                    ? GEMML_ERROR_NONFINITE
                            : letter == 'a' || letter == 'p' ? GEMML_ERROR_ARGUMENT
                                                             : GEMML_OK;
    if (status != expected)
        fail_msg("%s: status %d instead of %d: %s", names(one, engine), status, expected, gemml_last_error());
    if (status == GEMML_OK)
        check_fitted(one, engine, letter, model, &s);
    else
        says(names(one, engine), gemml_last_error(), letter == 'p' ? "single precision cannot sum" : one->words);
    gemml_model_free(model);
    sample_free(&s);
}

static void test_case(void **state)
{
    const struct numbers_case *one = *state;
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

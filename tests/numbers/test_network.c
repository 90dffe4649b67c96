/* Networks at the ends of what numbers can be: what each case must come to, by each way of training.
 *
 * Of every fit the loss that it reports is recomputed from its parameters, by plain loops in long double
 * over columns and targets that are standardised here. Where L-BFGS says that it converged, so is the gradient:
 * its largest component over sum w is within the tolerance. One hidden layer of tanh:
 *
 *   a_h = tanh(x' W_h + b_h),  z = a V + c,  loss = 1/2 (z - y')^2,  or log(1 + exp(-z)) + (1 - y) z of classes */
#include "../api/classes.h"
#include "../api/network.h"
#include "cases.h"

enum { HIDDEN = 3 };

static const struct engine {
    const char *name;
    gemml_solver solver;
    gemml_dtype dtype;
    double tolerance; /* of the loss, relative, for parameters of size 1 */
} engines[] = {
    {"adam, f32", GEMML_SOLVER_DESCENT, GEMML_F32, 1e-5},
    {"adam", GEMML_SOLVER_DESCENT, GEMML_F64, 1e-12},
    {"lbfgs", GEMML_SOLVER_LBFGS, GEMML_F64, 1e-12},
};
#define ENGINES (sizeof engines / sizeof *engines)
#define GRADIENT_TOLERANCE 1e-7

static void one_class(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 1;
}

static void half_a_class(struct sample *s)
{
    s->y[3] = 0.5;
}

static void separated(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = s->x[i * s->p] > 0;
}

/* A letter for each engine: f fitted, and its loss is right; n NONFINITE, a ARGUMENT, both with the words;
 * p ARGUMENT: weights that single precision cannot sum. */
static const struct numbers_case {
    const char *name;
    size_t n;
    bool classes;
    void (*change)(struct sample *s);
    const char *expected, *words;
} cases[] = {
    {"plain", 40, false, as_it_is, "fff", ""},
    {"nan in x", 40, false, nan_x, "nnn", "row 5"},
    {"infinity in x", 40, false, infinite_x, "nnn", "row 5"},
    {"nan in y", 40, false, nan_y, "nnn", "row 5"},
    {"infinity in y", 40, false, infinite_y, "nnn", "row 5"},
    {"nan as weight", 40, false, nan_weight, "nnn", "weight"},
    {"negative weight", 40, false, negative_weight, "aaa", "weight"},
    {"no weight", 40, false, no_weight, "aaa", "weight"},
    {"weights overflow", 40, false, weights_that_overflow, "nnn", "weights overflow"},
    {"some weights zero", 40, false, some_weights_zero, "fff", ""},
    {"huge weights", 40, false, huge_weights, "pff", ""},
    {"tiny weights", 40, false, tiny_weights, "pff", ""},
    {"large x", 40, false, large_x, "fff", ""},
    {"huge x", 40, false, huge_x, "nnn", "overflow"},
    {"small x", 40, false, small_x, "fff", ""},
    {"the whole range in x", 40, false, whole_range, "nnn", "overflow"},
    {"one outlier of 1e300", 40, false, one_outlier, "nnn", "overflow"},
    {"far from zero", 40, false, far_from_zero, "fff", ""},
    {"x is zero", 40, false, zero_x, "fff", ""},
    {"constant column", 40, false, constant_column, "fff", ""},
    {"a column twice", 40, false, copied_column, "fff", ""},
    {"equal rows", 40, false, equal_rows, "fff", ""},
    {"one row", 1, false, as_it_is, "fff", ""},
    {"two rows", 2, false, as_it_is, "fff", ""},
    {"constant y", 40, false, constant_y, "fff", ""},
    {"y is zero", 40, false, zero_y, "fff", ""},
    {"huge y", 40, false, huge_y, "nnn", "overflow"},
    {"y beyond float", 40, false, y_beyond_float, "fff", ""},
    {"classes", 60, true, as_it_is, "fff", ""},
    {"classes, nan in x", 60, true, nan_x, "nnn", "row 5"},
    {"classes, nan in y", 60, true, nan_y, "nnn", "row 5"},
    {"classes, large x", 60, true, large_x, "fff", ""},
    {"classes, separated", 60, true, separated, "fff", ""},
    {"classes, one class", 60, true, one_class, "aaa", "of class 1"},
    {"classes, half a class", 60, true, half_a_class, "aaa", "0.5 in row 3"},
    {"classes, equal rows", 60, true, equal_rows, "fff", ""},
    {"classes, huge weights", 60, true, huge_weights, "pff", ""},
};
#define CASES (sizeof cases / sizeof *cases)

/* ---- The truth ---- */

static long double weight_of(const struct sample *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

/* Column j of `count` in `values` becomes (v - mean) / sd; a constant one v - mean. */
static void standardise(const struct sample *s, const double *values, size_t count, size_t j, long double *out)
{
    long double mean = 0, W = 0, square = 0;
    for (size_t i = 0; i < s->n; i++) {
        W += weight_of(s, i);
        mean += weight_of(s, i) * values[i * count + j];
    }
    mean /= W;
    for (size_t i = 0; i < s->n; i++) {
        out[i * count + j] = values[i * count + j] - mean;
        square += weight_of(s, i) * out[i * count + j] * out[i * count + j];
    }
    long double sd = sqrtl(square / W);
    for (size_t i = 0; i < s->n; i++)
        out[i * count + j] /= sd > 1e-15L * fabsl(mean) ? sd : 1;
}

struct truth {
    long double loss, gradient; /* over sum w; the largest component */
};

/* Loss of a row, to which z belongs, and dloss/dz. */
static long double loss_of(long double z, long double y, bool classes, long double *d)
{
    if (!classes) {
        *d = z - y;
        return *d * *d / 2;
    }
    *d = 1 / (1 + expl(-z)) - y;
    return fmaxl(z, 0) + log1pl(expl(-fabsl(z))) - y * z;
}

/* theta: W (p x h), b (h), V (h), c. */
static struct truth evaluate(const struct sample *s, const double *theta, bool classes)
{
    size_t p = s->p, count = (p + 1) * HIDDEN + HIDDEN + 1;
    const double *b = theta + p * HIDDEN, *V = b + HIDDEN;
    long double *x = malloc(s->n * p * sizeof *x), *y = malloc(s->n * sizeof *y), W = 0;
    long double *g = calloc(count, sizeof *g);
    struct truth truth = {0, 0};
    for (size_t j = 0; j < p; j++)
        standardise(s, s->x, p, j, x);
    standardise(s, s->y, 1, 0, y);
    for (size_t i = 0; i < s->n; i++) {
        long double w = weight_of(s, i), a[HIDDEN], z = V[HIDDEN], d;
        for (size_t h = 0; h < HIDDEN; h++) {
            long double sum = b[h];
            for (size_t j = 0; j < p; j++)
                sum += x[i * p + j] * theta[j * HIDDEN + h];
            a[h] = tanhl(sum);
            z += a[h] * V[h];
        }
        truth.loss += w * loss_of(z, classes ? s->y[i] : y[i], classes, &d);
        W += w;
        for (size_t h = 0; h < HIDDEN; h++) {
            long double back = w * d * V[h] * (1 - a[h] * a[h]);
            for (size_t j = 0; j < p; j++)
                g[j * HIDDEN + h] += back * x[i * p + j];
            g[p * HIDDEN + h] += back;
            g[(p + 1) * HIDDEN + h] += w * d * a[h];
        }
        g[count - 1] += w * d;
    }
    for (size_t i = 0; i < count; i++)
        truth.gradient = fmaxl(truth.gradient, fabsl(g[i]) / W);
    truth.loss /= W;
    free(x), free(y), free(g);
    return truth;
}

/* ---- A case by an engine ---- */

static void check_fitted(const struct numbers_case *one, const struct engine *engine, gemml_model *model,
                         const struct sample *s)
{
    gemml_fit_info info = info_of(model);
    const void *parameters;
    size_t count, expected = (s->p + 1) * HIDDEN + HIDDEN + 1;
    double *theta = malloc(expected * sizeof *theta), largest = 1; /* what rounding of x' is multiplied by */
    assert_ok(gemml_parameters(model, &parameters, &count));
    assert_int_equal(count, expected);
    for (size_t i = 0; i < count; i++) {
        theta[i] =
            engine->dtype == GEMML_F32 ? (double)((const float *)parameters)[i] : ((const double *)parameters)[i];
        assert_true(isfinite(theta[i]));
        largest = fmax(largest, fabs(theta[i]));
    }
    struct truth truth = evaluate(s, theta, one->classes);
    if (one->change == far_from_zero) /* x' has lost so much to the mean */
        largest *= 0x1p26;
    if (!(fabsl(truth.loss - info.loss) <= engine->tolerance * largest * fmaxl(truth.loss, 1e-3L)))
        fail_msg("%s, by %s: the loss is %.12g, not %.12g", one->name, engine->name, (double)truth.loss, info.loss);
    if (engine->solver == GEMML_SOLVER_LBFGS && info.outcome == GEMML_CONVERGED &&
        !(truth.gradient <= 1.01L * GRADIENT_TOLERANCE))
        fail_msg("%s, by %s: converged at a gradient of %g", one->name, engine->name, (double)truth.gradient);
    if (info.outcome == GEMML_DIVERGED)
        fail_msg("%s, by %s: diverged", one->name, engine->name);
    free(theta);
}

static void check(const struct numbers_case *one, const struct engine *engine, char letter)
{
    const size_t hidden[] = {HIDDEN};
    struct sample s = one->classes ? classes_make(one->n, 3, 2, 17) : sample_make(one->n, 3, 1, 17);
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    one->change(&s);
    options.task = one->classes ? GEMML_TASK_CLASSIFICATION : GEMML_TASK_REGRESSION;
    options.hidden = hidden, options.hidden_count = 1;
    options.activation = GEMML_ACTIVATION_TANH;
    options.solver = engine->solver, options.dtype = engine->dtype;
    if (engine->solver == GEMML_SOLVER_LBFGS)
        options.tolerance = GRADIENT_TOLERANCE, options.max_iterations = 300;
    else
        options.epochs = 30;
    gemml_model *model = new_mlp(&options);
    gemml_dataset data = sample_dataset(&s);
    gemml_status status = gemml_fit(model, &data, NULL, NULL);
    gemml_status expected = letter == 'n' ? GEMML_ERROR_NONFINITE : letter == 'f' ? GEMML_OK : GEMML_ERROR_ARGUMENT;
    if (status != expected)
        fail_msg("%s, by %s: status %d instead of %d: %s", one->name, engine->name, status, expected,
                 gemml_last_error());
    if (status == GEMML_OK)
        check_fitted(one, engine, model, &s);
    else
        says(one->name, gemml_last_error(), letter == 'p' ? "single precision cannot sum" : one->words);
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

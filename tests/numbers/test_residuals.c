/* Residual ratios of logistic regression, over the kinds of matrices of which LAPACK's own tests are made.
 *
 * At the minimum the gradient is zero; what rounding of the data and of the coefficients may leave of it is,
 * for column j about its mean, u_j, and output k,
 *
 *   g_jk = sum_i w_i u_ij (p_ik - [y_i = k]) + lambda t_j b_jk
 *   ratio_jk = (|g_jk| - a_j) / (|u_j| (sqrt W (1 + |b_0k|) + sum_l |u_l| |b_lk|) max(n, p) 2^-53)
 *
 * (a columnwise backward error; Higham, Accuracy and Stability of Numerical Algorithms, 2002, section
 * 20.7), with weighted norms, W = sum_i w_i, t_j the variance where columns are standardised and else 1, |u_j|^2 +
 * lambda t_j for |u_j|^2, b_0 the intercept in original units, and a_j what the tolerance allows: W tolerance in the
 * model's coordinates. Below 30 it counts as small. Decision values and gradients are summed in quadruple
 * precision, exponentials taken in long double. */
#include "../api/classes.h"
#include "support/kinds.h"
#include "support/quad.h"

static uint64_t random_state = 11;

static double weight_of(const struct sample *s, size_t i)
{
    return s->w ? s->w[i] : 1;
}

/* For each column j: u_j (n numbers, about the mean where the model has one), |u_j|, t_j, a_j / W / tolerance. */
struct columns {
    quad *U, *norm, *t, *allowed, W;
};

static void measure_column(const struct sample *s, const gemml_logistic_options *options, struct columns *c, size_t j)
{
    bool standardised = options->scaling == GEMML_SCALING_STANDARDIZE;
    quad mean = 0, square = 0, *u = c->U + j * s->n;
    for (size_t i = 0; i < s->n; i++)
        mean += (quad)weight_of(s, i) * (quad)s->x[i * s->p + j] / c->W;
    for (size_t i = 0; i < s->n; i++) {
        u[i] = (quad)s->x[i * s->p + j] - (options->intercept || standardised ? mean : 0);
        square += (quad)weight_of(s, i) * u[i] * u[i];
    }
    c->t[j] = standardised ? square / c->W : 1;
    c->norm[j] = quad_root(square + (quad)options->l2 * c->t[j]);
    c->allowed[j] = standardised ? quad_root(c->t[j]) : 1 + quad_size(mean);
}

static struct columns columns_of(const struct sample *s, const gemml_logistic_options *options)
{
    struct columns c = {.U = malloc(s->n * s->p * sizeof(quad)), .norm = malloc(3 * s->p * sizeof(quad))};
    c.t = c.norm + s->p;
    c.allowed = c.t + s->p;
    for (size_t i = 0; i < s->n; i++)
        c.W += (quad)weight_of(s, i);
    for (size_t j = 0; j < s->p; j++)
        measure_column(s, options, &c, j);
    return c;
}

static void columns_free(struct columns *c)
{
    free(c->U);
    free(c->norm);
}

/* p_ik - [y_i = k] of row i and the K outputs, from (p + 1) x K coefficients; K = 1: of class 1. */
static void errors_of_row(const struct sample *s, size_t i, size_t K, const double *b, long double *e)
{
    long double largest = K > 1 ? -INFINITY : 0, sum = 0;
    for (size_t k = 0; k < K; k++) {
        quad z = (quad)b[k];
        for (size_t j = 0; j < s->p; j++)
            z += (quad)s->x[i * s->p + j] * (quad)b[(1 + j) * K + k];
        e[k] = (long double)z;
        largest = fmaxl(largest, e[k]);
    }
    sum = K > 1 ? 0 : expl(-largest);
    for (size_t k = 0; k < K; k++)
        sum += e[k] = expl(e[k] - largest);
    for (size_t k = 0; k < K; k++)
        e[k] = e[k] / sum - (s->y[i] == (double)(K == 1 ? 1 : k));
}

/* The largest ratio_jk of output k; e holds n x K errors. */
static double ratio_of_output(const struct sample *s, const struct columns *c, size_t K, size_t k, const double *b,
                              const long double *e, const gemml_logistic_options *options)
{
    double largest = 0, unit = (double)(s->n > s->p ? s->n : s->p) * 0x1p-53;
    quad size = quad_root(c->W) * (1 + quad_size((quad)b[k]));
    for (size_t j = 0; j < s->p; j++)
        size += c->norm[j] * quad_size((quad)b[(1 + j) * K + k]);
    for (size_t j = 0; j < s->p; j++) {
        quad g = (quad)options->l2 * c->t[j] * (quad)b[(1 + j) * K + k];
        for (size_t i = 0; i < s->n; i++)
            g += (quad)weight_of(s, i) * c->U[j * s->n + i] * (quad)e[i * K + k];
        quad excess = quad_size(g) - c->W * (quad)options->tolerance * c->allowed[j];
        if (c->norm[j] > 0)
            largest = fmax(largest, (double)(excess / (c->norm[j] * size) / (quad)unit));
    }
    return largest;
}

static double largest_ratio(const struct sample *s, size_t K, const double *b, const gemml_logistic_options *options)
{
    struct columns c = columns_of(s, options);
    long double *e = malloc(s->n * K * sizeof *e);
    double largest = 0;
    for (size_t i = 0; i < s->n; i++)
        errors_of_row(s, i, K, b, e + i * K);
    for (size_t k = 0; k < K; k++)
        largest = fmax(largest, ratio_of_output(s, &c, K, k, b, e, options));
    free(e);
    columns_free(&c);
    return largest;
}

/* ---- Fits ---- */

/* Classes by chance, each with a row at least: only few rows in many columns are separated. */
static struct sample sample_of(const struct kind *kind, size_t classes, bool weighted)
{
    struct sample s = sample_make(kind->n, kind->p, 1, ++random_state);
    for (size_t i = 0; i < s.n * s.p; i++)
        s.x[i] = test_random(&random_state);
    kind_apply(kind, s.x);
    for (size_t i = 0; i < s.n; i++) {
        double chance = 0.5 * (1 + test_random(&random_state));
        s.y[i] = i < classes ? (double)i : fmin(floor((double)classes * chance), (double)classes - 1);
    }
    if (weighted)
        sample_weigh(&s, 5);
    return s;
}

/* Is the model one that converged? Then its ratio is small; else it says why not. */
static bool check_fitted(const char *kind, const struct sample *s, const gemml_logistic_options *options)
{
    gemml_dataset data = sample_dataset(s);
    gemml_model *model = fit_logistic(options, &data);
    gemml_fit_info info = info_of(model);
    size_t K = options->classes > 2 ? options->classes : 1;
    double *b = coefficients_of(model, s->p, K);
    bool converged = info.outcome == GEMML_CONVERGED;
    double ratio = converged ? largest_ratio(s, K, b, options) : 0;
    if (!(ratio < 30))
        fail_msg("%s, solver %d, tolerance %g: a residual ratio of %g", kind, (int)options->solver, options->tolerance,
                 ratio);
    if (!converged && !info.notice[0])
        fail_msg("%s, solver %d: %s, without a word", kind, (int)options->solver, gemml_outcome_string(info.outcome));
    free(b);
    gemml_model_free(model);
    return converged;
}

/* One kind of matrix with and without weights, an intercept, a penalty, a third class and scaled columns. */
static size_t check_kind(const struct kind *kind, gemml_solver solver, double tolerance)
{
    size_t converged = 0;
    for (int form = 0; form < 32; form++) {
        gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
        options.solver = solver, options.tolerance = tolerance;
        options.intercept = !(form & 2), options.l2 = form & 4 ? 0.25 : 0, options.classes = form & 8 ? 3 : 2;
        options.scaling = form & 16 ? GEMML_SCALING_NONE : GEMML_SCALING_STANDARDIZE;
        struct sample s = sample_of(kind, options.classes, form & 1);
        converged += check_fitted(kind->name, &s, &options);
        sample_free(&s);
    }
    return converged;
}

/* Of the fits at least so many of a hundred converge: others are separated (few rows), or ask for a gradient that is
 * smaller than its rounding (columns of 1e120, not scaled). */
static void check_solver(gemml_solver solver, double tolerance, size_t least)
{
    size_t converged = 0;
    for (size_t k = 0; k < KINDS; k++)
        converged += check_kind(&kinds[k], solver, tolerance);
    if (100 * converged < least * 32 * KINDS)
        fail_msg("solver %d, tolerance %g: %zu of %zu fits converged", (int)solver, tolerance, converged, 32 * KINDS);
}

static void newton_to_the_last_digits(void **state)
{
    (void)state;
    check_solver(GEMML_SOLVER_NEWTON, 1e-12, 70);
}

static void the_solver_that_is_chosen(void **state)
{
    (void)state;
    check_solver(GEMML_SOLVER_AUTO, 1e-8, 80);
}

static void lbfgs(void **state)
{
    (void)state;
    check_solver(GEMML_SOLVER_LBFGS, 1e-8, 70);
}

/* What the ratio is there to see: a coefficient that is wrong in its tenth digit. */
static void a_wrong_digit(void **state)
{
    (void)state;
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.classes = 2, options.tolerance = 1e-12;
    struct sample s = sample_of(&kinds[0], 2, false);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_logistic(&options, &data);
    double *b = coefficients_of(model, s.p, 1);
    assert_true(largest_ratio(&s, 1, b, &options) < 30);
    b[3] *= 1 + 1e-10;
    assert_true(largest_ratio(&s, 1, b, &options) > 30);
    free(b);
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newton_to_the_last_digits),
        cmocka_unit_test(the_solver_that_is_chosen),
        cmocka_unit_test(lbfgs),
        cmocka_unit_test(a_wrong_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Linear regressions to be solved, by the library and by a singular value
 * decomposition in long double (one-sided Jacobi; Hestenes 1958), which shares no
 * step with the normal equations. */
#ifndef GEMML_TESTS_SOLVE_PROBLEM_H
#define GEMML_TESTS_SOLVE_PROBLEM_H

#include <math.h>

#include "fold/truth.h"
#include "solve/inverse.h"
#include "solve/linear.h"
#include "solve/quadratic.h"
#include "support/guard.h"
#include "support/support.h"
#include "train/engine.h"

/* Row-major x (n x p), x_low (likewise, or NULL), y (n x K), w (n, or NULL); coefficients are (p + 1) x K in
 * original units, the constant first, as gemml_coefficients gives them. */
struct problem {
    size_t n, p, K;
    double *x, *x_low, *y, *w;
    gemml_linear_options options;
    struct linear_problem linear;
    struct fitted *fitted; /* by problem_solve */
    long double *coef;     /* likewise */
};

static inline struct problem problem_make(size_t n, size_t p, size_t K)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    return (struct problem){.n = n,
                            .p = p,
                            .K = K,
                            .options = options,
                            .x = calloc(n * p + 1, sizeof(double)),
                            .y = calloc(n * K + 1, sizeof(double)),
                            .coef = calloc((p + 1) * K, sizeof(long double))};
}

/* center_j + spread_j * uniform, the same for all columns; y a plane with noise. */
static inline struct problem problem_random(size_t n, size_t p, size_t K, double center, double spread,
                                            uint64_t *random)
{
    struct problem problem = problem_make(n, p, K);
    for (size_t i = 0; i < n * p; i++)
        problem.x[i] = center + spread * test_random(random);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < K; k++) {
            double y = 3 + 0.3 * test_random(random);
            for (size_t j = 0; j < p; j++)
                y += ((double)(j + k) - 1.5) * (problem.x[i * p + j] - center) / spread;
            problem.y[i * K + k] = y;
        }
    return problem;
}

static inline void problem_weigh(struct problem *problem, uint64_t *random)
{
    problem->w = malloc(problem->n * sizeof *problem->w);
    for (size_t i = 0; i < problem->n; i++)
        problem->w[i] = i % 6 == 4 ? 0 : 2 + 2 * test_random(random);
}

static inline void problem_free(struct problem *problem)
{
    fitted_free(problem->fitted);
    free(problem->x);
    free(problem->x_low);
    free(problem->y);
    free(problem->w);
    free(problem->coef);
}

/* The diagonal of the inverse, by way of its root. */
static inline gemml_status inverse_diagonal(struct normal_equations *equations, const struct source *source,
                                            double *diagonal)
{
    size_t rank, p = equations->features;
    double *root = malloc(p * p * sizeof *root);
    gemml_status status = normal_equations_root(equations, root, &rank);
    if (status == GEMML_OK)
        status = least_squares_inverse_diagonal(equations, source, root, diagonal);
    free(root);
    return status;
}

static inline long double problem_weight(const struct problem *problem, size_t i)
{
    return problem->w ? problem->w[i] : 1;
}

/* The linear problem that the solvers see. */
static inline void problem_describe(struct problem *problem)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    struct linear_problem *linear = &problem->linear;
    gemml_dataset_init(&linear->data);
    linear->data.x = gemml_view_f64(problem->x, problem->n, problem->p);
    linear->data.y = gemml_view_f64(problem->y, problem->n, problem->K);
    linear->data.weight = problem->w ? gemml_view_f64(problem->w, problem->n, 1) : none;
    linear->data.x_low = problem->x_low ? gemml_view_f64(problem->x_low, problem->n, problem->p) : none;
    linear->options = &problem->options;
    linear->l2 = problem->options.l2;
    linear->positive_rows = 0;
    linear->sum_weight = 0;
    for (size_t i = 0; i < problem->n; i++) {
        linear->positive_rows += problem_weight(problem, i) > 0;
        linear->sum_weight += (double)problem_weight(problem, i);
    }
}

/* Undoes the input map: coef from the chain's parameters. */
static inline void problem_read_coefficients(struct problem *problem)
{
    const struct fitted *fitted = problem->fitted;
    size_t p = problem->p, K = problem->K;
    for (size_t k = 0; k < K; k++) {
        long double constant = 0;
        for (size_t j = 0; j <= p; j++) {
            size_t at = j * K + k;
            if (j == p && !problem->options.intercept)
                break;
            long double value = fitted->dtype == GEMML_F32 ? ((const float *)fitted->parameters)[at]
                                                           : ((const double *)fitted->parameters)[at];
            if (j == p) {
                constant += value;
                break;
            }
            long double beta = fitted->map.scale ? value * fitted->map.scale[j] : value;
            problem->coef[(1 + j) * K + k] = beta;
            constant -= fitted->map.shift ? beta * fitted->map.shift[j] : 0;
        }
        problem->coef[k] = constant;
    }
}

static inline gemml_status problem_descend(struct fitted *fitted, struct problem *problem, struct training *training)
{
    const struct engine *engine = engine_of(fitted->dtype);
    struct trainer *trainer = NULL;
    struct quadratic *quadratic = NULL;
    gemml_status status = descent_prepare(fitted, &problem->linear, training, &quadratic);
    if (status == GEMML_OK)
        status = engine->trainer_make(&trainer, fitted, &problem->linear.data, training);
    if (status == GEMML_OK)
        status = engine->trainer_run(trainer);
    engine->trainer_release(trainer);
    quadratic_free(quadratic);
    return status == GEMML_OK ? descent_finish(fitted, &problem->linear, training) : status;
}

/* By direct_fit, by lbfgs_fit where the options say so, or by descent where `training` is not NULL. On failure the
 * state is freed and problem->fitted is NULL. */
static inline gemml_status problem_solve_with(struct problem *problem, struct training *training)
{
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = problem->options.intercept != 0;
    struct fitted *fitted = NULL;
    fitted_free(problem->fitted);
    problem->fitted = NULL;
    problem_describe(problem);
    gemml_status status = fitted_new(&fitted);
    if (status != GEMML_OK)
        return status;
    fitted->dtype = problem->options.dtype;
    fitted->map.inputs = problem->p;
    status =
        chain_make(&fitted->chain, 1, (const size_t[]){problem->p, problem->K}, &identity, &bias, LOSS_SQUARED_ERROR);
    if (status == GEMML_OK)
        status = memory_zeroed(&fitted->parameters, fitted->chain.parameters, dtype_size(fitted->dtype));
    if (status == GEMML_OK)
        status = problem->options.solver == GEMML_SOLVER_LBFGS ? lbfgs_fit(fitted, &problem->linear, training)
                 : training                                    ? problem_descend(fitted, problem, training)
                                                               : direct_fit(fitted, &problem->linear);
    if (status != GEMML_OK) {
        fitted_free(fitted);
        return status;
    }
    problem->fitted = fitted;
    problem_read_coefficients(problem);
    return GEMML_OK;
}

static inline void problem_solve(struct problem *problem)
{
    assert_int_equal(problem_solve_with(problem, NULL), GEMML_OK);
}

/* One-sided Jacobi: A (n x p) becomes U S, its columns orthogonal; V gathers the
 * rotations, so that A_before V = U S. */
static inline void jacobi_svd(size_t n, size_t p, long double *A, long double *V)
{
    for (size_t i = 0; i < p * p; i++)
        V[i] = i % (p + 1) == 0;
    for (int sweep = 0, turned = 1; sweep < 60 && turned; sweep++) {
        turned = 0;
        for (size_t a = 0; a + 1 < p; a++)
            for (size_t b = a + 1; b < p; b++) {
                long double aa = 0, bb = 0, ab = 0;
                for (size_t i = 0; i < n; i++) {
                    aa += A[i * p + a] * A[i * p + a];
                    bb += A[i * p + b] * A[i * p + b];
                    ab += A[i * p + a] * A[i * p + b];
                }
                if (fabsl(ab) <= 1e-18L * sqrtl(aa * bb))
                    continue;
                turned = 1;
                long double zeta = (bb - aa) / (2 * ab);
                long double t = (zeta < 0 ? -1 : 1) / (fabsl(zeta) + sqrtl(1 + zeta * zeta));
                long double c = 1 / sqrtl(1 + t * t), s = c * t;
                for (size_t i = 0; i < n + p; i++) {
                    long double *row = i < n ? A + i * p : V + (i - n) * p;
                    long double x = row[a], y = row[b];
                    row[a] = c * x - s * y;
                    row[b] = s * x + c * y;
                }
            }
    }
}

/* The problem's minimum of least norm in the chain's weights, with the input map
 * (shift a, scale t; both NULL: none), into coef; gives the rank of the columns,
 * the intercept included. */
static inline size_t problem_truth(const struct problem *problem, const double *a, const double *t, long double *coef)
{
    size_t n = problem->n, p = problem->p, K = problem->K, rank = 0;
    bool intercept = problem->options.intercept != 0;
    long double *A = calloc(n * p, sizeof *A), *V = malloc(p * p * sizeof *V), *center = calloc(p + K, sizeof *center);
    long double W = 0, largest = 0;
    for (size_t i = 0; i < n; i++) {
        W += problem_weight(problem, i);
        for (size_t j = 0; j < p + K; j++)
            center[j] +=
                problem_weight(problem, i) * (long double)(j < p ? problem->x[i * p + j] : problem->y[i * K + j - p]);
    }
    for (size_t j = 0; j < p + K; j++)
        center[j] = intercept ? center[j] / W : j < p && a ? a[j] : 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p; j++)
            A[i * p + j] =
                sqrtl(problem_weight(problem, i)) * (problem->x[i * p + j] - center[j]) * (long double)(t ? t[j] : 1);
    jacobi_svd(n, p, A, V);
    for (size_t j = 0; j < p; j++) {
        long double square = 0;
        for (size_t i = 0; i < n; i++)
            square += A[i * p + j] * A[i * p + j];
        largest = fmaxl(largest, square);
    }
    for (size_t i = 0; i < (p + 1) * K; i++)
        coef[i] = 0;
    for (size_t j = 0; j < p; j++) {
        long double square = 0;
        for (size_t i = 0; i < n; i++)
            square += A[i * p + j] * A[i * p + j];
        if (square <= 1e-24L * largest)
            continue;
        rank++;
        for (size_t k = 0; k < K; k++) {
            long double projection = 0;
            for (size_t i = 0; i < n; i++)
                projection +=
                    A[i * p + j] * sqrtl(problem_weight(problem, i)) * (problem->y[i * K + k] - center[p + k]);
            projection /= square + (long double)problem->options.l2;
            for (size_t l = 0; l < p; l++)
                coef[(1 + l) * K + k] += V[l * p + j] * projection * (long double)(t ? t[l] : 1);
        }
    }
    for (size_t k = 0; k < K; k++) {
        coef[k] = intercept ? center[p + k] : 0;
        for (size_t j = 0; j < p; j++)
            coef[k] -= center[j] * coef[(1 + j) * K + k];
    }
    free(A);
    free(V);
    free(center);
    return rank + intercept;
}

/* Fails unless the library's coefficients are `truth` to the tolerance, each
 * output relative to its largest coefficient (the constant to itself or 1 too). */
static inline void assert_coefficients(const struct problem *problem, const long double *truth, double tolerance)
{
    size_t K = problem->K;
    for (size_t k = 0; k < K; k++) {
        long double size = 0;
        for (size_t j = 1; j <= problem->p; j++)
            size = fmaxl(size, fabsl(truth[j * K + k]));
        for (size_t j = 0; j <= problem->p; j++) {
            long double value = problem->coef[j * K + k], unit = j == 0 ? 1 + fabsl(truth[k]) : size;
            if (!(fabsl(value - truth[j * K + k]) <= (long double)(truth_slack() * tolerance) * unit))
                fail_msg("coefficient %zu of output %zu is %.18Lg, not %.18Lg", j, k, value, truth[j * K + k]);
        }
    }
}

/* Solves, and compares with the truth (with the fitted input map). */
static inline void problem_check(struct problem *problem, double tolerance)
{
    long double *truth = malloc((problem->p + 1) * problem->K * sizeof *truth);
    problem_solve(problem);
    size_t rank = problem_truth(problem, problem->fitted->map.shift, problem->fitted->map.scale, truth);
    assert_coefficients(problem, truth, tolerance);
    if (problem->fitted->summary.rank != rank)
        fail_msg("rank %zu, not %zu (%zu x %zu)", problem->fitted->summary.rank, rank, problem->n, problem->p);
    free(truth);
}

#endif

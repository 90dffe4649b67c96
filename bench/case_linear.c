/* Linear regression through the public interface, on all threads, against the
 * naive loops: the fit by the normal equations, the fit by gradient descent, and
 * prediction. n rows, p features, y = 1 + X w + noise, double precision. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "naive/naive.h"
#include "runner.h"
#include "util/alloc.h"

#define EPOCHS 20
#define RATE 0.5 /* below 2 / the largest eigenvalue for features uniform on [-1, 1) */

struct problem {
    size_t n, p;
    double *x, *y, *out;     /* out: our predictions */
    double *gram, *gradient; /* scratch of the naive loops */
    double *theta, *naive_out;
    gemml_dataset train;
    gemml_model *model;
};

static void problem_free(void *state)
{
    struct problem *problem = state;
    memory_free(problem->x);
    memory_free(problem->y);
    memory_free(problem->out);
    memory_free(problem->gram);
    memory_free(problem->gradient);
    memory_free(problem->theta);
    memory_free(problem->naive_out);
    gemml_model_free(problem->model);
    memory_free(problem);
}

/* y_i = 1 + sum_j x_ij w_j + e_i with random w and e. */
static gemml_status make_targets(struct problem *problem)
{
    size_t n = problem->n, p = problem->p;
    problem->theta[0] = 1;
    bench_random_f64(2, p, problem->theta + 1);
    naive_predict_f64(n, p, problem->x, p, problem->theta, problem->y);
    bench_random_f64(3, n, problem->naive_out);
    for (size_t i = 0; i < n; i++)
        problem->y[i] += problem->naive_out[i] / 10;
    memset(problem->theta, 0, (p + 1) * sizeof(double));
    return GEMML_OK;
}

static gemml_status problem_fill(struct problem *problem, const struct bench_case *bench)
{
    size_t n = problem->n = bench->shape[0], p = problem->p = bench->shape[1];
    TRY(memory_alloc(&problem->x, memory_product(n, p), sizeof(double)));
    TRY(memory_alloc(&problem->y, n, sizeof(double)));
    TRY(memory_alloc(&problem->out, n, sizeof(double)));
    TRY(memory_alloc(&problem->gram, memory_product(p + 1, p + 1), sizeof(double)));
    TRY(memory_alloc(&problem->gradient, p + 1, sizeof(double)));
    TRY(memory_alloc(&problem->theta, p + 1, sizeof(double)));
    TRY(memory_alloc(&problem->naive_out, n, sizeof(double)));
    bench_random_f64(1, n * p, problem->x);
    TRY(make_targets(problem));
    gemml_dataset_init(&problem->train);
    problem->train.x = gemml_view_f64(problem->x, n, p);
    problem->train.y = gemml_view_f64(problem->y, n, 1);
    return gemml_linear_create(&problem->model, bench->operation);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct problem *problem;
    TRY(memory_zeroed(&problem, 1, sizeof *problem));
    gemml_status status = problem_fill(problem, bench);
    if (status != GEMML_OK)
        problem_free(problem);
    else
        *state = problem;
    return status;
}

static gemml_status setup_fitted(const struct bench_case *bench, void **state)
{
    void *made;
    TRY(setup(bench, &made));
    struct problem *problem = made;
    gemml_status status = gemml_fit(problem->model, &problem->train, NULL, NULL);
    if (status == GEMML_OK)
        status = gemml_coefficients(problem->model, gemml_matrix_f64(problem->theta, problem->p + 1, 1));
    if (status != GEMML_OK)
        problem_free(problem);
    else
        *state = problem;
    return status;
}

static gemml_status fit_run(void *state)
{
    struct problem *problem = state;
    return gemml_fit(problem->model, &problem->train, NULL, NULL);
}

static gemml_status cholesky_naive(void *state)
{
    struct problem *o = state;
    if (!naive_normal_equations_f64(o->n, o->p, o->x, o->p, o->y, 0, o->gram, o->theta))
        return error_set(GEMML_ERROR_NONFINITE, "the naive Gram matrix is not positive definite");
    return GEMML_OK;
}

static gemml_status descent_naive(void *state)
{
    struct problem *o = state;
    memset(o->theta, 0, (o->p + 1) * sizeof(double));
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        naive_descent_epoch_f64(o->n, o->p, o->x, o->p, o->y, 0, RATE, o->theta, o->gradient);
    return GEMML_OK;
}

static gemml_status predict_run(void *state)
{
    struct problem *o = state;
    return gemml_predict(o->model, o->train.x, gemml_matrix_f64(o->out, o->n, 1));
}

static gemml_status predict_naive(void *state)
{
    struct problem *o = state;
    naive_predict_f64(o->n, o->p, o->x, o->p, o->theta, o->naive_out);
    return GEMML_OK;
}

/* The relative residual of the normal equations at our coefficients. */
static gemml_status normal_equation_residual(void *state, double *residual)
{
    struct problem *o = state;
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    TRY(gemml_normal_equation_check(o->model, &o->train, &check));
    *residual = check.residual;
    return GEMML_OK;
}

/* max |a - b| / max |b|. */
static double distance(size_t n, const double *a, const double *b)
{
    double error = 0, scale = 0;
    for (size_t i = 0; i < n; i++) {
        error = isnan(a[i]) ? INFINITY : fmax(error, fabs(a[i] - b[i]));
        scale = fmax(scale, fabs(b[i]));
    }
    return error / scale;
}

/* After as many epochs, from our coefficients to the naive ones. */
static gemml_status descent_residual(void *state, double *residual)
{
    struct problem *o = state;
    TRY(gemml_coefficients(o->model, gemml_matrix_f64(o->gradient, o->p + 1, 1)));
    *residual = distance(o->p + 1, o->gradient, o->theta);
    return GEMML_OK;
}

static gemml_status predict_residual(void *state, double *residual)
{
    struct problem *o = state;
    *residual = distance(o->n, o->out, o->naive_out);
    return GEMML_OK;
}

static const gemml_linear_options *cholesky_options(void)
{
    static gemml_linear_options options;
    gemml_linear_options_init(&options);
    options.solver = GEMML_SOLVER_CHOLESKY;
    return &options;
}

static const gemml_linear_options *descent_options(void)
{
    static gemml_linear_options options;
    gemml_linear_options_init(&options);
    options.solver = GEMML_SOLVER_DESCENT;
    options.epochs = EPOCHS;
    options.rate = RATE;
    options.tolerance = 0;
    return &options;
}

static gemml_status add(struct bench_list *list, const char *name, size_t n, size_t p, struct bench_case bench)
{
    struct bench_case *place = bench_add(list);
    if (!place)
        return GEMML_ERROR_MEMORY;
    bench.precision = "f64";
    bench.parallel = true;
    bench.shape[0] = n, bench.shape[1] = p;
    bench.bytes = (double)(n * (p + 1)) * sizeof(double);
    bench.teardown = problem_free;
    snprintf(bench.name, sizeof bench.name, "linear/%s/%zux%zu/f64", name, n, p);
    *place = bench;
    return GEMML_OK;
}

/* One pass that forms the Gram matrix (its upper triangle), and its factor. */
static gemml_status add_cholesky(struct bench_list *list, size_t n, size_t p)
{
    double q = (double)p + 1;
    struct bench_case bench = {.flops = (double)n * q * (q + 1) + q * q * q / 3,
                               .tolerance = 1e-13,
                               .operation = cholesky_options(),
                               .setup = setup,
                               .run = fit_run,
                               .naive = cholesky_naive,
                               .residual = normal_equation_residual};
    return add(list, "cholesky", n, p, bench);
}

static gemml_status add_descent(struct bench_list *list, size_t n, size_t p)
{
    struct bench_case bench = {.flops = 4.0 * EPOCHS * (double)(n * p),
                               .tolerance = 1e-12,
                               .operation = descent_options(),
                               .setup = setup,
                               .run = fit_run,
                               .naive = descent_naive,
                               .residual = descent_residual};
    TRY(add(list, "descent", n, p, bench));
    list->cases[list->count - 1].bytes *= EPOCHS; /* each epoch reads the data */
    return GEMML_OK;
}

static gemml_status add_predict(struct bench_list *list, size_t n, size_t p)
{
    struct bench_case bench = {.flops = 2.0 * (double)(n * p),
                               .tolerance = 1e-13,
                               .operation = cholesky_options(),
                               .setup = setup_fitted,
                               .run = predict_run,
                               .naive = predict_naive,
                               .residual = predict_residual};
    return add(list, "predict", n, p, bench);
}

gemml_status bench_linear(struct bench_list *list, bool quick)
{
    TRY(add_cholesky(list, 1000, 10));
    TRY(add_cholesky(list, 10000, quick ? 200 : 1000));
    TRY(add_cholesky(list, quick ? 10000 : 100000, 100));
    TRY(add_cholesky(list, quick ? 10000 : 100000, quick ? 300 : 500));
    TRY(add_descent(list, 100000, 20));
    TRY(add_predict(list, 1000, 10));
    return add_predict(list, 100000, 100);
}

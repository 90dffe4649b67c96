/* The table, the model, and the fit. */
#include "problem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "naive/naive.h"
#include "util/alloc.h"
#include "util/rng.h"

#define RATE 0.5 /* of descent: below 2 / the largest eigenvalue for features uniform on [-1, 1) */

void problem_free(void *state)
{
    struct problem *problem = state;
    memory_free(problem->x);
    memory_free(problem->y);
    memory_free(problem->theta);
    memory_free(problem->plain);
    memory_free(problem->gradient);
    memory_free(problem->naive_gradient);
    memory_free(problem->scratch);
    gemml_model_free(problem->model);
    memory_free(problem);
}

/* One of K classes, drawn from the softmax of x theta: the largest score with Gumbel noise. */
static size_t draw_class(const struct problem *problem, const double *x, struct rng *rng)
{
    size_t best = 0, p = problem->p, outputs = problem->outputs;
    double most = -INFINITY;
    for (size_t k = 0; k < problem->K; k++) {
        double z = -log(-log(rng_uniform(rng) + 1e-300));
        for (size_t j = 0; k < outputs && j < p; j++)
            z += x[j] * problem->theta[(1 + j) * outputs + k];
        if (z > most)
            most = z, best = k;
    }
    return best;
}

static void make_targets(struct problem *problem)
{
    size_t n = problem->n, p = problem->p, count = (p + 1) * problem->outputs;
    struct rng rng = rng_make(4, 0);
    bench_random_f64(2, count, problem->theta);
    for (size_t k = 0; problem->K > 1 && k < count; k++)
        problem->theta[k] *= 4 / sqrt((double)p); /* scores that are neither certain nor idle */
    if (problem->K == 1)
        naive_predict_f64(n, p, problem->x, p, problem->theta, problem->y);
    for (size_t i = 0; i < n; i++)
        problem->y[i] = problem->K == 1 ? problem->y[i] + (rng_uniform(&rng) - 0.5) / 5
                                        : (double)draw_class(problem, problem->x + i * p, &rng);
}

static gemml_status make_table(struct problem *problem)
{
    size_t n = problem->n, p = problem->p, count = (p + 1) * problem->outputs;
    TRY(memory_alloc(&problem->x, memory_product(n, p), sizeof(double)));
    TRY(memory_alloc(&problem->y, n, sizeof(double)));
    TRY(memory_zeroed(&problem->theta, count, sizeof(double)));
    TRY(memory_zeroed(&problem->plain, count, sizeof(double)));
    TRY(memory_alloc(&problem->gradient, count, sizeof(double)));
    TRY(memory_alloc(&problem->naive_gradient, count, sizeof(double)));
    TRY(memory_alloc(&problem->scratch, problem->outputs, sizeof(double)));
    bench_random_f64(1, n * p, problem->x);
    make_targets(problem);
    gemml_dataset_init(&problem->train);
    problem->train.x = gemml_view_f64(problem->x, n, p);
    problem->train.y = gemml_view_f64(problem->y, n, 1);
    return GEMML_OK;
}

static gemml_status make_linear(struct problem *problem, const struct job *job)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = job->solver;
    options.l2 = job->l2;
    options.epochs = job->epochs;
    options.max_iterations = job->iterations;
    options.rate = job->solver == GEMML_SOLVER_DESCENT ? RATE : GEMML_AUTO;
    options.tolerance = job->iterations == GEMML_AUTO_COUNT && job->epochs == GEMML_AUTO_COUNT ? GEMML_AUTO : 0;
    return gemml_linear_create(&problem->model, &options);
}

static gemml_status make_logistic(struct problem *problem, const struct job *job)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = job->solver;
    options.scaling = GEMML_SCALING_NONE;
    options.l2 = job->l2;
    options.classes = job->classes;
    options.epochs = job->epochs;
    options.max_iterations = job->iterations;
    options.rate = job->solver == GEMML_SOLVER_DESCENT ? RATE : GEMML_AUTO;
    options.tolerance = job->iterations == GEMML_AUTO_COUNT && job->epochs == GEMML_AUTO_COUNT ? GEMML_AUTO : 0;
    return gemml_logistic_create(&problem->model, &options);
}

static gemml_status make_network(struct problem *problem, const struct job *job)
{
    static const size_t hidden[] = {64, 64};
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    options.hidden = hidden;
    options.hidden_count = 2;
    options.batch = 256;
    options.epochs = job->epochs;
    return gemml_mlp_create(&problem->model, &options);
}

static gemml_status problem_fill(struct problem *problem, const struct bench_case *bench)
{
    const struct job *job = bench->operation;
    problem->n = bench->shape[0], problem->p = bench->shape[1], problem->K = job->classes;
    problem->outputs = job->classes == 2 ? 1 : job->classes;
    TRY(make_table(problem));
    gemml_fit_info_init(&problem->info);
    switch (job->kind) {
    case GEMML_LINEAR:
        return make_linear(problem, job);
    case GEMML_LOGISTIC:
        return make_logistic(problem, job);
    default:
        return make_network(problem, job);
    }
}

gemml_status problem_make(struct problem **made, const struct bench_case *bench)
{
    struct problem *problem;
    TRY(memory_zeroed(&problem, 1, sizeof *problem));
    gemml_status status = problem_fill(problem, bench);
    if (status != GEMML_OK)
        problem_free(problem);
    else
        *made = problem;
    return status;
}

gemml_status problem_setup(const struct bench_case *bench, void **state)
{
    struct problem *problem;
    TRY(problem_make(&problem, bench));
    *state = problem;
    return GEMML_OK;
}

gemml_status problem_fit(void *state)
{
    struct problem *problem = state;
    return gemml_fit(problem->model, &problem->train, NULL, &problem->info);
}

double problem_iterations(void *state)
{
    const struct problem *problem = state;
    return (double)problem->info.iterations;
}

gemml_status problem_coefficients(struct problem *problem)
{
    return gemml_coefficients(problem->model, gemml_matrix_f64(problem->theta, problem->p + 1, problem->outputs));
}

static gemml_status normal_equation_residual(struct problem *problem, double *residual)
{
    gemml_normal_equations check = GEMML_NORMAL_EQUATIONS_INIT;
    TRY(gemml_normal_equation_check(problem->model, &problem->train, &check));
    *residual = check.residual;
    return GEMML_OK;
}

static double largest(size_t count, const double *values)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = isnan(values[i]) ? INFINITY : fmax(most, fabs(values[i]));
    return most;
}

static gemml_status gradient_residual(struct problem *problem, double *residual)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    size_t count = (problem->p + 1) * problem->outputs;
    TRY(gemml_model_get_info(problem->model, &info));
    memset(problem->theta, 0, count * sizeof(double));
    naive_logistic_gradient_f64(problem->n, problem->p, problem->outputs, problem->x, problem->p, problem->y, info.l2,
                                problem->theta, problem->gradient, problem->scratch);
    double first = largest(count, problem->gradient);
    TRY(problem_coefficients(problem));
    naive_logistic_gradient_f64(problem->n, problem->p, problem->outputs, problem->x, problem->p, problem->y, info.l2,
                                problem->theta, problem->gradient, problem->scratch);
    *residual = largest(count, problem->gradient) / first;
    return GEMML_OK;
}

/* Of a network: its loss beside that of the mean, in scaled units, where that one is 1/2. */
static gemml_status loss_residual(struct problem *problem, double *residual)
{
    *residual = 2 * problem->info.loss;
    return GEMML_OK;
}

gemml_status problem_residual(void *state, double *residual)
{
    struct problem *problem = state;
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    TRY(gemml_model_get_info(problem->model, &info));
    switch (info.kind) {
    case GEMML_LINEAR:
        return normal_equation_residual(problem, residual);
    case GEMML_LOGISTIC:
        return gradient_residual(problem, residual);
    default:
        return loss_residual(problem, residual);
    }
}

struct bench_case *problem_add(struct bench_list *list, const char *room, const struct job *job, size_t n, size_t p)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return NULL;
    *bench = (struct bench_case){.precision = "f64",
                                 .parallel = true,
                                 .shape = {n, p},
                                 .bytes = (double)n * (double)(p + 1) * sizeof(double),
                                 .operation = job,
                                 .setup = problem_setup,
                                 .run = problem_fit,
                                 .residual = problem_residual,
                                 .teardown = problem_free};
    char classes[24] = "";
    if (job->classes > 2)
        snprintf(classes, sizeof classes, "x%zu", job->classes);
    snprintf(bench->name, sizeof bench->name, "%s/%s/%zux%zu%s/f64", room, job->name, n, p, classes);
    return bench;
}

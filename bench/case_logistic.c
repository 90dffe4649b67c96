/* Logistic regression through the public interface, on all threads, and one pass of
 * its objective with the gradient: forward, loss and backward over all rows. The plain
 * loops of a fit are passes by plain loops under the same L-BFGS, to the same tolerance. */
#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "kernel/linalg_guard.h"
#include "naive/naive.h"
#include "problem.h"
#include "rooms.h"
#include "solve/lbfgs.h"
#include "train/engine.h"
#include "util/parallel.h"

#define L2 1.0
#define TOLERANCE 1e-8 /* of the largest component of grad F / n: the library's default */

static const struct job two = {"fit", GEMML_LOGISTIC, GEMML_SOLVER_AUTO, 2, L2, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};
static const struct job ten = {"fit", GEMML_LOGISTIC, GEMML_SOLVER_AUTO, 10, L2, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};
static const struct job pass_of_two = {"pass", GEMML_LOGISTIC,   GEMML_SOLVER_AUTO, 2,
                                       0,      GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};
static const struct job pass_of_ten = {"pass", GEMML_LOGISTIC,   GEMML_SOLVER_AUTO, 10,
                                       0,      GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};

/* f = F / n and its gradient by plain loops. */
static gemml_status evaluate_naive(void *function, const double *theta, double *value, double *gradient)
{
    struct problem *o = function;
    *value = naive_logistic_gradient_f64(o->n, o->p, o->outputs, o->x, o->p, o->y, L2, theta, gradient, o->scratch);
    *value /= (double)o->n;
    for (size_t i = 0; i < (o->p + 1) * o->outputs; i++)
        gradient[i] /= (double)o->n;
    return GEMML_OK;
}

static gemml_status stop_naive(void *observer, size_t iteration, const double *theta, double value,
                               const double *gradient, bool *stop)
{
    const struct problem *o = observer;
    double largest = 0;
    (void)iteration, (void)theta, (void)value;
    for (size_t i = 0; i < (o->p + 1) * o->outputs; i++)
        largest = fmax(largest, fabs(gradient[i]));
    *stop = largest <= TOLERANCE;
    return GEMML_OK;
}

static gemml_status fit_naive(void *state)
{
    struct problem *o = state;
    double K = (double)o->K;
    struct lbfgs_settings settings = {.variables = (o->p + 1) * o->outputs,
                                      .iterations = 1000,
                                      .first_step = 3 * K * K / (K - 1), /* of columns uniform on [-1, 1) */
                                      .noise = 1e-14,
                                      .evaluate = evaluate_naive,
                                      .observe = stop_naive,
                                      .function = o,
                                      .observer = o};
    struct lbfgs_result result;
    memset(o->plain, 0, settings.variables * sizeof(double));
    TRY(linalg_enter(1));
    gemml_status status = lbfgs_minimise(o->plain, &settings, &result);
    linalg_leave(1);
    return status;
}

/* The larger of what our gradient leaves and the distance from the plain loops' solution. */
static gemml_status fit_residual(void *state, double *residual)
{
    struct problem *o = state;
    TRY(problem_residual(o, residual));
    *residual = fmax(*residual, bench_distance((o->p + 1) * o->outputs, o->theta, o->plain));
    return GEMML_OK;
}

/* theta and the gradient of a chain have the intercepts last. */
static void intercepts_last(const struct problem *o, const double *theta, double *chain)
{
    size_t K = o->outputs, weights = o->p * K;
    memcpy(chain, theta + K, weights * sizeof(double));
    memcpy(chain + weights, theta, K * sizeof(double));
}

/* gradient = that of F at theta, in the chain's layout. */
static gemml_status pass_run(void *state)
{
    struct problem *o = state;
    size_t sizes[] = {o->p, o->outputs}, callers = parallel_threads();
    enum activation activation = o->outputs == 1 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX;
    bool bias = true;
    struct chain chain;
    struct objective objective;
    TRY(chain_make(&chain, 1, sizes, &activation, &bias, LOSS_CROSS_ENTROPY));
    gemml_status status = linalg_enter(callers);
    if (status == GEMML_OK) {
        status = engine_of(GEMML_F64)->evaluate(&chain, o->plain, NULL, &o->train, NULL, o->n, &objective, o->gradient);
        linalg_leave(callers);
    }
    chain_free(&chain);
    return status;
}

static gemml_status pass_setup(const struct bench_case *bench, void **state)
{
    struct problem *o;
    TRY(problem_make(&o, bench));
    intercepts_last(o, o->theta, o->plain); /* the parameters that the table was made with */
    *state = o;
    return GEMML_OK;
}

static gemml_status pass_naive(void *state)
{
    struct problem *o = state;
    naive_logistic_gradient_f64(o->n, o->p, o->outputs, o->x, o->p, o->y, 0, o->theta, o->naive_gradient, o->scratch);
    return GEMML_OK;
}

static gemml_status pass_residual(void *state, double *residual)
{
    struct problem *o = state;
    size_t K = o->outputs, weights = o->p * K;
    double error = bench_distance(weights, o->gradient, o->naive_gradient + K);
    double error_of_intercepts = bench_distance(K, o->gradient + weights, o->naive_gradient);
    *residual = error > error_of_intercepts ? error : error_of_intercepts;
    return GEMML_OK;
}

static gemml_status add_fit(struct bench_list *list, const struct job *job, size_t n, size_t p)
{
    struct bench_case *bench = problem_add(list, "logistic", job, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->bytes = 0;        /* of how many passes is known afterwards */
    bench->tolerance = 1e-5; /* of coefficients at a gradient of 1e-8 */
    bench->passes = problem_iterations;
    bench->naive = fit_naive;
    bench->residual = fit_residual;
    return GEMML_OK;
}

static gemml_status add_pass(struct bench_list *list, const struct job *job, size_t n, size_t p)
{
    struct bench_case *bench = problem_add(list, "logistic", job, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->flops = 4.0 * (double)(n * p) * (double)(job->classes == 2 ? 1 : job->classes);
    bench->bound = job->classes == 2 ? BENCH_READ : BENCH_GEMM;
    bench->tolerance = 1e-11;
    bench->setup = pass_setup;
    bench->run = pass_run;
    bench->naive = pass_naive;
    bench->residual = pass_residual;
    return GEMML_OK;
}

gemml_status bench_logistic(struct bench_list *list, bool quick)
{
    TRY(add_fit(list, &two, 1000, 2));
    TRY(add_fit(list, &two, quick ? 2000 : 10000, quick ? 100 : 1000));
    TRY(add_fit(list, &two, quick ? 5000 : 100000, quick ? 100 : 500));
    TRY(add_fit(list, &two, quick ? 20000 : 1000000, quick ? 20 : 100));
    TRY(add_fit(list, &ten, quick ? 2000 : 100000, quick ? 20 : 200));
    TRY(add_pass(list, &pass_of_two, 1000, 10));
    TRY(add_pass(list, &pass_of_two, quick ? 20000 : 1000000, 100));
    return add_pass(list, &pass_of_ten, quick ? 5000 : 100000, quick ? 20 : 200);
}

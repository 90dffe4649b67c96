/* Linear regression through the public interface, on all threads, against the
 * naive loops: the fit by the normal equations, and gradient descent. */
#include <string.h>

#include "naive/naive.h"
#include "problem.h"
#include "rooms.h"
#include "util/alloc.h"

#define EPOCHS 20
#define RATE 0.5 /* that of problem.c */

static const struct job exact = {"fit", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};
static const struct job descent = {"descent", GEMML_LINEAR, GEMML_SOLVER_DESCENT, 1, 0, EPOCHS, GEMML_AUTO_COUNT};

static gemml_status normal_equations_naive(void *state)
{
    struct problem *o = state;
    double *gram;
    TRY(memory_alloc(&gram, memory_product(o->p + 1, o->p + 1), sizeof(double)));
    bool definite = naive_normal_equations_f64(o->n, o->p, o->x, o->p, o->y, 0, gram, o->plain);
    memory_free(gram);
    if (!definite)
        return error_set(GEMML_ERROR_NONFINITE, "the naive Gram matrix is not positive definite");
    return GEMML_OK;
}

static gemml_status descent_naive(void *state)
{
    struct problem *o = state;
    memset(o->plain, 0, (o->p + 1) * sizeof(double));
    for (int epoch = 0; epoch < EPOCHS; epoch++)
        naive_descent_epoch_f64(o->n, o->p, o->x, o->p, o->y, 0, RATE, o->plain, o->gradient);
    return GEMML_OK;
}

/* After as many epochs, from our coefficients to the naive ones. */
static gemml_status descent_residual(void *state, double *residual)
{
    struct problem *o = state;
    TRY(problem_coefficients(o));
    *residual = bench_distance(o->p + 1, o->theta, o->plain);
    return GEMML_OK;
}

/* One pass that forms the Gram matrix (its upper triangle), and its factor. */
static gemml_status add_fit(struct bench_list *list, size_t n, size_t p)
{
    double q = (double)p + 1;
    struct bench_case *bench = problem_add(list, "linear", &exact, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->flops = (double)n * q * (q + 1) + q * q * q / 3;
    bench->tolerance = 1e-13;
    bench->naive = normal_equations_naive;
    return GEMML_OK;
}

static gemml_status add_descent(struct bench_list *list, size_t n, size_t p)
{
    struct bench_case *bench = problem_add(list, "linear", &descent, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->flops = 4.0 * EPOCHS * (double)(n * p);
    bench->footprint = bench->bytes;
    bench->bytes *= EPOCHS; /* each epoch reads the data */
    bench->bound = BENCH_READ;
    bench->tolerance = 1e-12;
    bench->naive = descent_naive;
    bench->residual = descent_residual;
    return GEMML_OK;
}

gemml_status bench_linear(struct bench_list *list, bool quick)
{
    TRY(add_fit(list, 1000, 10));
    TRY(add_fit(list, quick ? 5000 : 10000, quick ? 200 : 1000));
    TRY(add_fit(list, quick ? 10000 : 100000, quick ? 300 : 500));
    TRY(add_fit(list, quick ? 30000 : 1000000, 100));
    TRY(add_descent(list, 1000, 10));
    TRY(add_descent(list, quick ? 30000 : 100000, 20));
    return add_descent(list, quick ? 10000 : 1000000, 100);
}

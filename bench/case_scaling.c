/* The same fits on 1, 2, 4, ... threads. */
#include <stdio.h>
#include <string.h>

#include "problem.h"
#include "rooms.h"
#include "util/error.h"

static const struct job cholesky = {"cholesky", GEMML_LINEAR,     GEMML_SOLVER_CHOLESKY, 1,
                                    0,          GEMML_AUTO_COUNT, GEMML_AUTO_COUNT};
static const struct job lbfgs = {"lbfgs", GEMML_LOGISTIC, GEMML_SOLVER_LBFGS, 2, 1, GEMML_AUTO_COUNT, 20};
static const struct job network = {"network", GEMML_MLP, GEMML_SOLVER_AUTO, 1, 0, 2, GEMML_AUTO_COUNT};

static gemml_status add(struct bench_list *list, const struct job *job, size_t n, size_t p, size_t threads)
{
    struct bench_case *bench = problem_add(list, "scaling", job, n, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->threads = threads;
    bench->bytes = 0;
    bench->tolerance = job->kind == GEMML_LINEAR ? 1e-13 : job->kind == GEMML_LOGISTIC ? 1e-3 : 1;
    snprintf(bench->name + strlen(bench->name), sizeof bench->name - strlen(bench->name), "/%zu", threads);
    return GEMML_OK;
}

gemml_status bench_scaling(struct bench_list *list, bool quick)
{
    size_t all = gemml_threads(), n = quick ? 10000 : 100000;
    for (size_t threads = 1; threads <= all; threads = threads < all && 2 * threads > all ? all : 2 * threads)
        TRY(add(list, &cholesky, n, 100, threads));
    for (size_t threads = 1; threads <= all; threads = threads < all && 2 * threads > all ? all : 2 * threads)
        TRY(add(list, &lbfgs, n, 100, threads));
    for (size_t threads = 1; threads <= all; threads = threads < all && 2 * threads > all ? all : 2 * threads)
        TRY(add(list, &network, n / 2, 100, threads));
    return GEMML_OK;
}

/* Each fit at more and more rows of 20 columns: time of a row and pass, and memory beyond
 * the data. Iterations are as many for all sizes; one that looks at all rows is a pass. */
#include "problem.h"
#include "rooms.h"
#include "util/error.h"

#define COLUMNS 20
#define STEPS 10

static const struct job jobs[] = {
    {"linear-cholesky", GEMML_LINEAR, GEMML_SOLVER_CHOLESKY, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
    {"linear-qr", GEMML_LINEAR, GEMML_SOLVER_QR, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
    {"linear-svd", GEMML_LINEAR, GEMML_SOLVER_SVD, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
    {"linear-lbfgs", GEMML_LINEAR, GEMML_SOLVER_LBFGS, 1, 0, GEMML_AUTO_COUNT, STEPS},
    {"linear-descent", GEMML_LINEAR, GEMML_SOLVER_DESCENT, 1, 0, STEPS, GEMML_AUTO_COUNT},
    {"logistic-lbfgs", GEMML_LOGISTIC, GEMML_SOLVER_LBFGS, 2, 1, GEMML_AUTO_COUNT, STEPS},
    {"logistic-newton", GEMML_LOGISTIC, GEMML_SOLVER_NEWTON, 2, 1, GEMML_AUTO_COUNT, 4},
    {"logistic-descent", GEMML_LOGISTIC, GEMML_SOLVER_DESCENT, 2, 1, STEPS, GEMML_AUTO_COUNT},
    {"network", GEMML_MLP, GEMML_SOLVER_AUTO, 1, 0, 1, GEMML_AUTO_COUNT},
};

static double one_pass(void *state)
{
    (void)state;
    return 1;
}

static bool iterates(const struct job *job)
{
    return job->kind == GEMML_LOGISTIC || job->solver == GEMML_SOLVER_LBFGS || job->solver == GEMML_SOLVER_DESCENT;
}

static gemml_status add(struct bench_list *list, const struct job *job, size_t n)
{
    struct bench_case *bench = problem_add(list, "growth", job, n, COLUMNS);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->bytes = 0;
    bench->memory = true;
    bench->passes = iterates(job) ? problem_iterations : one_pass;
    bench->tolerance = job->kind == GEMML_MLP || iterates(job) ? 0.99 : 1e-12; /* those have but begun */
    return GEMML_OK;
}

gemml_status bench_growth(struct bench_list *list, bool quick)
{
    const size_t rows[] = {10000, quick ? 40000 : 100000, quick ? 0 : 1000000, quick ? 0 : 4000000};
    for (size_t j = 0; j < sizeof jobs / sizeof *jobs; j++)
        for (size_t r = 0; r < 4 && rows[r] > 0; r++)
            TRY(add(list, jobs + j, rows[r]));
    return GEMML_OK;
}

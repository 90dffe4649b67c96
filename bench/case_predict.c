/* Predictions of 1, 32, 1024 and many rows by a linear and a logistic regression of 100
 * columns through the public interface, against plain loops. On all threads, and once
 * more on the caller's with its own scratch. */
#include <stdio.h>

#include "naive/naive.h"
#include "problem.h"
#include "rooms.h"
#include "util/alloc.h"

#define FITTED_ROWS 2000 /* at least */

struct prediction {
    size_t m; /* rows: the first ones of the table that the model was fitted to */
    struct problem *problem;
    double *out, *plain; /* m each */
    void *scratch;
    size_t scratch_bytes;
};

static void prediction_free(void *state)
{
    struct prediction *o = state;
    if (o->problem)
        problem_free(o->problem);
    memory_free(o->out);
    memory_free(o->plain);
    memory_free(o->scratch);
    memory_free(o);
}

static gemml_view rows_of(const struct prediction *o)
{
    return gemml_view_f64(o->problem->x, o->m, o->problem->p);
}

static gemml_status prediction_fill(struct prediction *o, const struct bench_case *bench)
{
    struct bench_case fit = *bench;
    fit.shape[0] = o->m > FITTED_ROWS ? o->m : FITTED_ROWS;
    TRY(problem_make(&o->problem, &fit));
    TRY(problem_fit(o->problem));
    TRY(problem_coefficients(o->problem));
    TRY(memory_alloc(&o->out, o->m, sizeof(double)));
    TRY(memory_zeroed(&o->plain, o->m, sizeof(double)));
    o->scratch_bytes = gemml_predict_scratch_size(o->problem->model, rows_of(o));
    return memory_alloc(&o->scratch, o->scratch_bytes, 1);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct prediction *o;
    TRY(memory_zeroed(&o, 1, sizeof *o));
    o->m = bench->shape[0];
    gemml_status status = prediction_fill(o, bench);
    if (status != GEMML_OK)
        prediction_free(o);
    else
        *state = o;
    return status;
}

static gemml_status run(void *state)
{
    struct prediction *o = state;
    return gemml_predict(o->problem->model, rows_of(o), gemml_matrix_f64(o->out, o->m, 1));
}

static gemml_status run_scratch(void *state)
{
    struct prediction *o = state;
    return gemml_predict_scratch(o->problem->model, rows_of(o), gemml_matrix_f64(o->out, o->m, 1), o->scratch,
                                 o->scratch_bytes);
}

static gemml_status naive(void *state)
{
    struct prediction *o = state;
    const struct problem *problem = o->problem;
    naive_predict_f64(o->m, problem->p, problem->x, problem->p, problem->theta, o->plain);
    for (size_t i = 0; problem->K == 2 && i < o->m; i++)
        o->plain[i] = o->plain[i] > 0;
    return GEMML_OK;
}

/* Of values the distance, of classes the share of rows that differ: rounding may tip a few. */
static gemml_status residual(void *state, double *result)
{
    struct prediction *o = state;
    size_t different = 0;
    for (size_t i = 0; i < o->m; i++)
        different += o->out[i] != o->plain[i];
    *result = o->problem->K == 1 ? bench_distance(o->m, o->out, o->plain) : (double)different / (double)o->m;
    return GEMML_OK;
}

static gemml_status add(struct bench_list *list, const struct job *job, size_t m, size_t p, bool scratch)
{
    struct bench_case *bench = problem_add(list, "predict", job, m, p);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    bench->flops = 2.0 * (double)(m * p);
    bench->bytes = (double)(m * p) * sizeof(double);
    bench->bound = BENCH_READ;
    bench->tolerance = job->classes == 1 ? 1e-13 : 0.001;
    bench->parallel = !scratch;
    bench->setup = setup;
    bench->run = scratch ? run_scratch : run;
    bench->naive = naive;
    bench->residual = residual;
    bench->teardown = prediction_free;
    snprintf(bench->name, sizeof bench->name, "predict/%s%s/%zux%zu/f64", job->name, scratch ? "-scratch" : "", m, p);
    return GEMML_OK;
}

gemml_status bench_predict(struct bench_list *list, bool quick)
{
    static const struct job jobs[] = {
        {"linear", GEMML_LINEAR, GEMML_SOLVER_AUTO, 1, 0, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT},
        {"logistic", GEMML_LOGISTIC, GEMML_SOLVER_AUTO, 2, 1, GEMML_AUTO_COUNT, GEMML_AUTO_COUNT}};
    const size_t batches[] = {1, 32, 1024, quick ? 4096 : 400000};
    for (size_t j = 0; j < 2; j++)
        for (int scratch = 0; scratch < 2; scratch++)
            for (size_t b = 0; b < 4; b++)
                TRY(add(list, jobs + j, batches[b], 100, scratch));
    return GEMML_OK;
}

/* What generators share: numbers by their place, orders, and blocks on threads. */
#include "data/generate.h"

#include "kernel/linalg_guard.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

struct rng draw_at(uint64_t seed, enum draw draw, uint64_t index)
{
    struct rng rng = rng_make(seed, RNG_STREAM_GENERATE + (uint64_t)draw);
    rng.index = 2 * index;
    return rng;
}

double draw_normal(uint64_t seed, enum draw draw, uint64_t index)
{
    struct rng rng = draw_at(seed, draw, index);
    return rng_normal(&rng);
}

double draw_uniform(uint64_t seed, enum draw draw, uint64_t index)
{
    struct rng rng = draw_at(seed, draw, index);
    return rng_uniform(&rng);
}

gemml_status draw_order(size_t **order, uint64_t seed, enum draw draw, size_t n, bool shuffle)
{
    struct rng rng = draw_at(seed, draw, 0);
    TRY(memory_alloc(order, n, sizeof **order));
    if (shuffle)
        rng_permutation(&rng, *order, n);
    else
        for (size_t i = 0; i < n; i++)
            (*order)[i] = i;
    return GEMML_OK;
}

struct generate_job {
    size_t count, tasks, doubles; /* doubles of scratch for one task */
    generate_block block;
    const void *context;
    double *scratch; /* of all tasks */
    struct task_error error;
};

static void run_task(void *context, size_t task)
{
    struct generate_job *job = context;
    for (size_t i = task; i < job->count && !task_error_failed(&job->error, i); i += job->tasks)
        task_error_note(&job->error, i, job->block(job->context, i, job->scratch + task * job->doubles));
}

gemml_status generate_blocks(size_t count, size_t doubles, generate_block block, const void *context)
{
    size_t threads = parallel_threads(), tasks = count < threads ? count : threads;
    struct generate_job job = {.count = count, .tasks = tasks, .doubles = doubles, .block = block, .context = context};
    TRY(memory_alloc(&job.scratch, memory_product(tasks, doubles), sizeof *job.scratch));
    gemml_status status = linalg_enter(tasks);
    if (status == GEMML_OK) {
        task_error_init(&job.error);
        parallel_for(tasks, run_task, &job);
        linalg_leave(tasks);
        status = task_error_finish(&job.error);
    }
    memory_free(job.scratch);
    return status;
}

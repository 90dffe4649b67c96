/* The products of a step, and nothing else. */
#include "bare_step.h"

#include <string.h>

#include "chain/objective.h"
#include "runner.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

static gemml_status make_bare_chain(struct chain *bare, const struct chain *chain)
{
    TRY(chain_copy(bare, chain));
    for (size_t l = 0; l < bare->layers; l++) {
        bare->layer[l].activation = ACTIVATION_IDENTITY;
        bare->layer[l].bias = false;
    }
    return GEMML_OK;
}

gemml_status bare_step_create(struct bare_step *bare, const struct chain *chain, size_t rows, const real *X,
                              const real *theta)
{
    size_t block = R(objective_block)(chain, rows), count = (rows - 1) / block + 1;
    size_t values = rows * chain_outputs(chain);
    *bare = (struct bare_step){.rows = rows, .block = block, .count = count, .X = X, .theta = theta};
    TRY(make_bare_chain(&bare->chain, chain));
    bare->bytes_of_block = R(pass_bytes)(&bare->chain, block, true);
    TRY(memory_alloc(&bare->memory, memory_product(count, bare->bytes_of_block), 1));
    TRY(memory_alloc(&bare->gradients, memory_product(count, chain->parameters), sizeof(real)));
    TRY(memory_alloc(&bare->last, values, sizeof(real)));
    R(bench_random)(4, values, bare->last);
    return GEMML_OK;
}

void bare_step_free(struct bare_step *bare)
{
    chain_free(&bare->chain);
    memory_free(bare->memory);
    memory_free(bare->gradients);
    memory_free(bare->last);
}

static gemml_status run_block(const struct bare_step *bare, size_t index)
{
    size_t first = index * bare->block, outputs = chain_outputs(&bare->chain), p = chain_inputs(&bare->chain);
    size_t n = bare->rows - first < bare->block ? bare->rows - first : bare->block;
    const real *X = bare->X + first * p;
    struct pass pass = R(pass_layout)(&bare->chain, bare->block, true, bare->memory + index * bare->bytes_of_block);
    TRY(R(pass_decision)(&pass, bare->theta, n, X, p));
    memcpy(pass.delta, bare->last + first * outputs, n * outputs * sizeof(real));
    return R(pass_backward)(&pass, bare->theta, n, X, p, 0, bare->gradients + index * bare->chain.parameters);
}

struct blocks {
    const struct bare_step *bare;
    struct task_error error;
};

static void run_task(void *context, size_t index)
{
    struct blocks *blocks = context;
    task_error_note(&blocks->error, index, run_block(blocks->bare, index));
}

/* A single block is no task: its tiles are for all threads. */
gemml_status bare_step_run(const struct bare_step *bare)
{
    struct blocks blocks = {.bare = bare};
    if (bare->count == 1)
        return run_block(bare, 0);
    task_error_init(&blocks.error);
    parallel_for(bare->count, run_task, &blocks);
    return task_error_finish(&blocks.error);
}

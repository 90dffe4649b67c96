#include "chain/objective.h"

#include <string.h>

#include "chain/losses.h"
#include "fold/fold.h"
#include "kernel/linalg.h"

struct objective_job {
    const struct chain *chain;
    const real *theta;
    const struct source *source;
    bool backward;
    size_t strip; /* rows of one pass */
    const struct dropout *dropout;
};

/* The state: struct losses, then the gradient. */
static real *gradient_of(void *state)
{
    return (real *)(void *)((char *)state + memory_round(sizeof(struct losses)));
}

static const real *const_gradient_of(const void *state)
{
    return (const real *)(const void *)((const char *)state + memory_round(sizeof(struct losses)));
}

/* Rows whose inputs and activations stay in a core's own cache (256 KB). */
static size_t strip_rows(const struct chain *chain)
{
    size_t widths = chain_inputs(chain);
    for (size_t l = 0; l < chain->layers; l++)
        widths += chain->layer[l].outputs;
    size_t rows = ((size_t)256 << 10) / sizeof(real) / widths / 64 * 64;
    return rows < 64 ? 64 : rows > 1024 ? 1024 : rows;
}

static void objective_init(const void *context, void *state)
{
    const struct objective_job *job = context;
    memset(state, 0, sizeof(struct losses));
    if (job->backward)
        memset(gradient_of(state), 0, job->chain->parameters * sizeof(real));
}

static gemml_status add_strip(const struct objective_job *job, void *state, size_t first, size_t count, void *scratch)
{
    const struct chain *chain = job->chain;
    struct pass pass = R(pass_layout)(chain, job->strip, job->backward, scratch);
    struct block block;
    pass.dropout = job->dropout;
    pass.first = first;
    TRY(job->source->block(job->source, first, count, (char *)scratch + R(pass_bytes)(chain, job->strip, job->backward),
                           &block));
    TRY(R(pass_decision)(&pass, job->theta, count, block.X, block.ldx));
    R(losses_add)(state, chain, &block, R(pass_scored)(&pass, count), pass.delta);
    if (!job->backward)
        return GEMML_OK;
    R(pass_scored_backward)(&pass, count);
    return R(pass_backward)(&pass, job->theta, count, block.X, block.ldx, gradient_of(state));
}

static gemml_status objective_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct objective_job *job = context;
    for (size_t done = 0; done < count; done += job->strip)
        TRY(add_strip(job, state, first + done, count - done < job->strip ? count - done : job->strip, scratch));
    return GEMML_OK;
}

static void objective_merge(const void *context, void *into_memory, const void *from_memory)
{
    const struct objective_job *job = context;
    struct losses *into = into_memory;
    const struct losses *from = from_memory;
    into->loss += from->loss;
    into->sum_weight += from->sum_weight;
    if (job->backward)
        R(axpy)(job->chain->parameters, 1, const_gradient_of(from), 1, gradient_of(into), 1);
}

gemml_status R(objective_fold)(struct objective *objective, const struct chain *chain, const real *theta,
                               const struct source *source, size_t first, size_t rows, real *gradient)
{
    return R(objective_fold_dropout)(objective, chain, theta, source, first, rows, NULL, gradient);
}

gemml_status R(objective_fold_dropout)(struct objective *objective, const struct chain *chain, const real *theta,
                                       const struct source *source, size_t first, size_t rows,
                                       const struct dropout *dropout, real *gradient)
{
    struct objective_job job = {chain, theta, source, gradient != NULL, strip_rows(chain), dropout};
    size_t parameters = gradient ? chain->parameters : 0;
    struct accumulator accumulator = {
        .state_bytes = memory_sum(memory_round(sizeof(struct losses)), memory_product(parameters, sizeof(real))),
        .scratch_bytes = memory_sum(R(pass_bytes)(chain, job.strip, job.backward), source->scratch(source, job.strip)),
        .init = objective_init,
        .add = objective_add,
        .merge = objective_merge,
    };
    struct losses *head;
    TRY(memory_alloc(&head, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, &job, first, rows, 4 * job.strip, head);
    if (status == GEMML_OK) {
        *objective = (struct objective){head->loss / head->sum_weight, head->sum_weight};
        if (gradient)
            memcpy(gradient, gradient_of(head), parameters * sizeof(real));
    }
    memory_free(head);
    return status;
}

double R(objective_squares)(const struct chain *chain, const real *theta)
{
    double squares = 0;
    for (size_t l = 0; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        const real *W = theta + layer->weight_offset;
        squares += (double)R(dot)(layer->inputs * layer->outputs, W, 1, W, 1);
    }
    return squares;
}

void R(objective_add_penalty)(const struct chain *chain, const real *theta, double lambda, real *gradient)
{
    for (size_t l = 0; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        R(axpy)
        (layer->inputs * layer->outputs, (real)lambda, theta + layer->weight_offset, 1, gradient + layer->weight_offset,
         1);
    }
}

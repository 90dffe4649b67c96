#include "chain/objective.h"

#include <string.h>

#include "chain/losses.h"
#include "fold/fold.h"
#include "kernel/linalg.h"
#include "util/alloc.h"
#include "util/parallel.h"

enum {
    CACHE = 256 << 10,       /* bytes of a strip's inputs and activations: a core's own cache */
    CACHE_AHEAD = 104 << 10, /* the same where another strip is asked for meanwhile */
    BEFORE_GRADIENT = 32,    /* lines that are asked for before the product of the gradient */
    LARGE_LAYER = 1 << 16,   /* weights from which on copies of the gradient cost more than tiles */
    LARGE_STRIP = 512,       /* rows at most in a strip of a chain with such a layer */
    BLOCK_WORK = 1 << 18,    /* rows times weights in a block at least: 20 to 40 us */
    FEW_BLOCKS = 8,          /* blocks that as many rows as make them are worth */
    SLICE = 1 << 14          /* elements of the gradient that a thread adds up at a time */
};

/* How the rows are cut; from shapes alone. */
struct cut {
    size_t strip; /* rows of one pass */
    size_t block; /* rows of one state of the gradient */
};

struct objective_job {
    const struct chain *chain;
    const real *theta;
    const struct source *source;
    bool backward;
    struct cut cut;
    const struct dropout *dropout;

    size_t first;   /* row */
    real *gradient; /* where the sums are wanted */
    real *parts;    /* gradients of the second block and those behind it; NULL: all are in the states */
};

/* The state: this head, then the gradient, where it is in the state. */
struct sums {
    struct losses losses;
    bool filled; /* the gradient; else it holds nothing yet */
};

static real *gradient_of(void *state)
{
    return (real *)(void *)((char *)state + memory_round(sizeof(struct sums)));
}

static const real *const_gradient_of(const void *state)
{
    return (const real *)(const void *)((const char *)state + memory_round(sizeof(struct sums)));
}

static size_t rounded_up(size_t rows)
{
    return (rows + 63) / 64 * 64;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows of a strip that stays in the cache; fewer than 64 are not worth their calls. */
static size_t strip_of(size_t bytes, size_t widths, size_t quantum)
{
    size_t strip = bytes / sizeof(real) / widths / quantum * quantum;
    return strip < 64 ? 64 : smaller(strip, 1024);
}

/* A chain of small layers: strips that stay in the cache, in blocks that go to threads,
 * each with a gradient of its own. */
static struct cut cut_small(size_t strip, size_t strips, size_t weights, size_t rows)
{
    size_t paying = rounded_up(BLOCK_WORK / weights + 1), share = rounded_up((rows - 1) / FEW_BLOCKS + 1);
    size_t block = smaller(share < paying ? paying : share, strips * strip);
    return (struct cut){smaller(strip, block), block};
}

/* A large layer: one gradient, to whose tiles threads add, strip by strip. */
static struct cut cut_large(size_t rows)
{
    size_t strips = (rows - 1) / LARGE_STRIP + 1;
    return (struct cut){rounded_up((rows - 1) / strips + 1), rows};
}

static struct cut cut_of(const struct chain *chain, size_t rows)
{
    size_t widths = chain_inputs(chain), weights = 0, largest = 0;
    for (size_t l = 0; l < chain->layers; l++) {
        size_t count = chain->layer[l].inputs * chain->layer[l].outputs;
        widths += chain->layer[l].outputs;
        weights += count;
        largest = count > largest ? count : largest;
    }
    rows = rows > 0 ? rows : 1;
    if (largest >= LARGE_LAYER)
        return cut_large(rows);
    if (R(pass_in_order)(chain))
        return cut_small(strip_of(CACHE_AHEAD, widths, 16), 8, weights, rows);
    return cut_small(strip_of(CACHE, widths, 64), 4, weights, rows);
}

size_t R(objective_block)(const struct chain *chain, size_t rows)
{
    return cut_of(chain, rows).block;
}

/* `block` is a strip, the first of the `left` rows that are left. A product with one column takes it from memory, and
 * asks for the next strip meanwhile; other products want it to be read before. */
static void look_ahead(struct pass *pass, const struct block *block, size_t left)
{
    size_t p = chain_inputs(pass->chain);
    if (!block->in_place)
        return;
    if (!R(pass_in_order)(pass->chain)) {
        R(block_fetch)(block, p);
        return;
    }
    if (pass->ahead.pace == 0 && left > block->rows)
        pass->ahead = R(ahead_of)(block->X, left, p, block->ldx);
    R(ahead_strip)(&pass->ahead, block->rows);
}

/* The pass over the rows of a strip, of `left` ones that are left of the block. */
static gemml_status add_strip(const struct objective_job *job, struct pass *pass, void *source_scratch,
                              struct sums *sums, size_t first, size_t left, real *gradient)
{
    const struct chain *chain = job->chain;
    struct block block;
    size_t count = smaller(left, job->cut.strip);
    pass->first = first;
    TRY(job->source->block(job->source, first, count, source_scratch, &block));
    look_ahead(pass, &block, left);
    TRY(R(pass_decision)(pass, job->theta, count, block.X, block.ldx));
    R(losses_add)(&sums->losses, chain, &block, R(pass_scored)(pass, count), pass->delta, &pass->ahead);
    if (job->backward) {
        ahead_ask(&pass->ahead, BEFORE_GRADIENT);
        R(pass_scored_backward)(pass, count);
        TRY(R(pass_backward)(pass, job->theta, count, block.X, block.ldx, sums->filled, gradient));
    }
    sums->filled = true;
    return GEMML_OK;
}

static gemml_status add_rows(const struct objective_job *job, struct sums *sums, size_t first, size_t rows,
                             void *scratch, real *gradient)
{
    size_t strip = job->cut.strip;
    struct pass pass = R(pass_layout)(job->chain, strip, job->backward, scratch);
    void *source_scratch = (char *)scratch + R(pass_bytes)(job->chain, strip, job->backward);
    pass.dropout = job->dropout;
    for (size_t done = 0; done < rows; done += strip)
        TRY(add_strip(job, &pass, source_scratch, sums, first + done, rows - done, gradient));
    return GEMML_OK;
}

static size_t scratch_bytes(const struct objective_job *job)
{
    return memory_sum(R(pass_bytes)(job->chain, job->cut.strip, job->backward),
                      job->source->scratch(job->source, job->cut.strip));
}

/* ---- Several blocks: a fold --------------------------------------------------- */

/* From one part to the next. */
static size_t part_stride(const struct chain *chain)
{
    return memory_round(memory_product(chain->parameters, sizeof(real))) / sizeof(real);
}

/* Where the gradient of the block from row `first` on is summed: the first one's where it is wanted. */
static real *gradient_of_block(const struct objective_job *job, void *state, size_t first)
{
    size_t index = (first - job->first) / job->cut.block;
    if (!job->parts)
        return gradient_of(state);
    return index == 0 ? job->gradient : job->parts + (index - 1) * part_stride(job->chain);
}

static void sums_init(const void *job, void *state)
{
    (void)job;
    memset(state, 0, sizeof(struct sums));
}

static gemml_status sums_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct objective_job *job = context;
    return add_rows(job, state, first, count, scratch, gradient_of_block(job, state, first));
}

static void sums_merge(const void *context, void *into_memory, const void *from_memory)
{
    const struct objective_job *job = context;
    struct sums *into = into_memory;
    const struct sums *from = from_memory;
    into->losses.loss += from->losses.loss;
    into->losses.sum_weight += from->losses.sum_weight;
    if (job->backward && !job->parts)
        R(axpy)(job->chain->parameters, 1, const_gradient_of(from), 1, gradient_of(into), 1);
}

/* The blocks behind the first, where they are so few that each has a gradient of its own until the end. */
static size_t part_count(const struct objective_job *job, size_t rows)
{
    size_t blocks = (rows - 1) / job->cut.block + 1;
    return job->backward && blocks <= FEW_BLOCKS ? blocks - 1 : 0;
}

static struct accumulator accumulator_of(const struct objective_job *job, size_t rows)
{
    bool in_states = job->backward && part_count(job, rows) == 0;
    size_t parameters = in_states ? job->chain->parameters : 0;
    return (struct accumulator){
        .state_bytes = memory_sum(memory_round(sizeof(struct sums)), memory_product(parameters, sizeof(real))),
        .scratch_bytes = scratch_bytes(job),
        .init = sums_init,
        .add = sums_add,
        .merge = sums_merge,
    };
}

/* ---- In a workspace ------------------------------------------------------------ */

/* What is not the fold's: the scratch of one block, or the state that a fold ends in and the parts. */
static gemml_status fit_memory(struct objective_workspace *workspace, size_t bytes)
{
    if (workspace->memory && bytes <= workspace->memory_bytes)
        return GEMML_OK;
    memory_free(workspace->memory);
    workspace->memory_bytes = 0;
    TRY(memory_alloc(&workspace->memory, bytes, 1));
    workspace->memory_bytes = bytes;
    return GEMML_OK;
}

void R(objective_workspace_free)(struct objective_workspace *workspace)
{
    fold_workspace_free(&workspace->fold);
    memory_free(workspace->memory);
    *workspace = (struct objective_workspace){0};
}

/* Of several blocks. */
static size_t many_bytes(const struct objective_job *job, const struct accumulator *accumulator, size_t rows)
{
    size_t parts = memory_product(part_count(job, rows), part_stride(job->chain));
    return memory_sum(memory_round(accumulator->state_bytes), memory_product(parts, sizeof(real)));
}

gemml_status R(objective_reserve)(struct objective_workspace *workspace, const struct chain *chain,
                                  const struct source *source, size_t rows, bool backward)
{
    struct objective_job job = {.chain = chain, .source = source, .backward = backward, .cut = cut_of(chain, rows)};
    struct accumulator accumulator = accumulator_of(&job, rows);
    if (rows <= job.cut.block)
        return fit_memory(workspace, accumulator.scratch_bytes);
    TRY(fit_memory(workspace, many_bytes(&job, &accumulator, rows)));
    return fold_reserve(&workspace->fold, &accumulator, rows, job.cut.block);
}

/* One block needs no state: the sums are made where they are wanted. */
static gemml_status fold_one(struct objective_job *job, struct objective_workspace *workspace, size_t rows,
                             struct sums *sums)
{
    TRY(fit_memory(workspace, scratch_bytes(job)));
    TRY(add_rows(job, sums, job->first, rows, workspace->memory, job->gradient));
    if (job->backward && !sums->filled)
        memset(job->gradient, 0, job->chain->parameters * sizeof(real));
    return GEMML_OK;
}

static gemml_status fold_many(struct objective_job *job, struct objective_workspace *workspace, size_t rows,
                              struct sums *sums)
{
    struct accumulator accumulator = accumulator_of(job, rows);
    TRY(fit_memory(workspace, many_bytes(job, &accumulator, rows)));
    if (part_count(job, rows) > 0)
        job->parts = (real *)(void *)((char *)workspace->memory + memory_round(accumulator.state_bytes));
    TRY(fold_in(&workspace->fold, &accumulator, job, job->first, rows, job->cut.block, workspace->memory));
    memcpy(sums, workspace->memory, sizeof *sums);
    if (job->backward && !job->parts)
        memcpy(job->gradient, gradient_of(workspace->memory), job->chain->parameters * sizeof(real));
    return GEMML_OK;
}

gemml_status R(objective_fold_parts)(struct objective_workspace *workspace, struct objective *objective,
                                     const struct chain *chain, const real *theta, const struct source *source,
                                     size_t first, size_t rows, const struct dropout *dropout, real *gradient,
                                     struct objective_parts *parts)
{
    struct objective_job job = {chain, theta,    source, gradient != NULL, cut_of(chain, rows), dropout,
                                first, gradient, NULL};
    struct sums sums = {0};
    TRY((rows <= job.cut.block ? fold_one : fold_many)(&job, workspace, rows, &sums));
    *objective = (struct objective){sums.losses.loss / sums.losses.sum_weight, sums.losses.sum_weight};
    *parts = (struct objective_parts){job.parts, job.parts ? part_count(&job, rows) : 0, part_stride(chain)};
    return GEMML_OK;
}

void R(objective_add_parts)(const struct objective_parts *parts, size_t first, size_t count, real *gradient)
{
    for (size_t i = 0; i < parts->count; i++)
        R(axpy)(count, 1, parts->gradient + i * parts->stride + first, 1, gradient + first, 1);
}

/* Adding up the parts of a gradient, by slices that go to threads. */
struct slices {
    const struct objective_parts *parts;
    size_t elements;
    real *gradient;
};

static void add_slice(void *context, size_t index)
{
    const struct slices *slices = context;
    size_t first = index * SLICE;
    R(objective_add_parts)(slices->parts, first, smaller(slices->elements - first, SLICE), slices->gradient);
}

gemml_status R(objective_fold_in)(struct objective_workspace *workspace, struct objective *objective,
                                  const struct chain *chain, const real *theta, const struct source *source,
                                  size_t first, size_t rows, const struct dropout *dropout, real *gradient)
{
    struct objective_parts parts;
    TRY(R(objective_fold_parts)(workspace, objective, chain, theta, source, first, rows, dropout, gradient, &parts));
    struct slices slices = {&parts, chain->parameters, gradient};
    if (parts.count > 0)
        parallel_for((chain->parameters - 1) / SLICE + 1, add_slice, &slices);
    return GEMML_OK;
}

gemml_status R(objective_fold_dropout)(struct objective *objective, const struct chain *chain, const real *theta,
                                       const struct source *source, size_t first, size_t rows,
                                       const struct dropout *dropout, real *gradient)
{
    struct objective_workspace workspace = {0};
    gemml_status status =
        R(objective_fold_in)(&workspace, objective, chain, theta, source, first, rows, dropout, gradient);
    R(objective_workspace_free)(&workspace);
    return status;
}

gemml_status R(objective_fold)(struct objective *objective, const struct chain *chain, const real *theta,
                               const struct source *source, size_t first, size_t rows, real *gradient)
{
    return R(objective_fold_dropout)(objective, chain, theta, source, first, rows, NULL, gradient);
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

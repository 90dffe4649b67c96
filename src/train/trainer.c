#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "kernel/linalg.h"
#include "train/gradient.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/parallel.h"

/* What the passes of an epoch need, so that they allocate nothing: of a batch, and of the
 * last one, which may be shorter. */
static gemml_status reserve(struct trainer *trainer)
{
    const struct training *training = trainer->training;
    size_t n = trainer->source.source.rows, last = (n - 1) % training->batch + 1;
    if (training->by_hand || (training->accumulate > 1 && training->batch < n))
        TRY(memory_alloc(&trainer->part, trainer->chain->parameters, sizeof(real)));
    TRY(R(objective_reserve)(&trainer->workspace, trainer->chain, &trainer->source.source, last, true));
    return R(objective_reserve)(&trainer->workspace, trainer->chain, &trainer->source.source, training->batch, true);
}

static gemml_status allocate(struct trainer *trainer)
{
    const struct training *training = trainer->training;
    size_t count = trainer->chain->parameters, n = trainer->source.source.rows;
    TRY(memory_zeroed(&trainer->sums, count, sizeof(real)));
    trainer->mean = trainer->sums;
    if (training->by_hand)
        TRY(memory_zeroed(&trainer->mean, count, sizeof(real)));
    TRY(memory_copy(&trainer->best, trainer->theta, count, sizeof(real)));
    for (size_t i = 0; i < OPTIMIZER_VECTORS; i++)
        if (R(optimizer_keeps)(training->optimizer.rule, i))
            TRY(memory_zeroed(&trainer->vector[i], count, sizeof(real)));
    if (training->clip > 0)
        TRY(memory_alloc(&trainer->squares, chunk_count(count), sizeof *trainer->squares));
    if (trainer_shuffles(trainer) && n <= ORDERED_ROWS)
        TRY(memory_alloc(&trainer->order, n, sizeof *trainer->order));
    trainer->source.order = trainer->order;
    trainer->source.permutation = trainer_shuffles(trainer) && !trainer->order ? &trainer->permutation : NULL;
    return reserve(trainer);
}

gemml_status R(trainer_create)(struct trainer *trainer, const struct chain *chain, real *theta,
                               const struct view_source *source, struct training *training, struct fit_record *record)
{
    training_resolve(training);
    *trainer = (struct trainer){.chain = chain,
                                .training = training,
                                .record = record,
                                .source = *source,
                                .theta = theta,
                                .rate = training->rate,
                                .now = {.best_measure = INFINITY, .previous_loss = INFINITY},
                                .last_checkpoint = clock_seconds()};
    if (training->valid)
        trainer->valid = R(trainer_source)(trainer, training->valid);
    gemml_status status = allocate(trainer);
    if (status != GEMML_OK)
        R(trainer_free)(trainer);
    return status;
}

struct view_source R(trainer_source)(const struct trainer *trainer, const gemml_dataset *data)
{
    struct view_source source = R(view_source)(data->x, data->y, data->weight);
    source.shift = trainer->source.shift;
    source.scale = trainer->source.scale;
    source.y_shift = trainer->source.y_shift;
    source.y_scale = trainer->source.y_scale;
    return source;
}

void R(trainer_free)(struct trainer *trainer)
{
    if (trainer->mean != trainer->sums)
        memory_free(trainer->mean);
    memory_free(trainer->sums);
    memory_free(trainer->part);
    memory_free(trainer->best);
    memory_free(trainer->squares);
    memory_free(trainer->order);
    R(objective_workspace_free)(&trainer->workspace);
    for (size_t i = 0; i < OPTIMIZER_VECTORS; i++)
        memory_free(trainer->vector[i]);
    *trainer = (struct trainer){0};
}

/* The sums over a batch into `gradient`, but for *parts, with dropout drawn anew. */
static gemml_status fold_batch(struct trainer *trainer, const struct source *source, size_t first, size_t rows,
                               struct objective *objective, real *gradient, struct objective_parts *parts)
{
    const struct training *training = trainer->training;
    const struct chain *chain = trainer->chain;
    *parts = (struct objective_parts){0};
    if (training->objective) {
        objective->sum_weight = training->sum_weight;
        return training->objective(training->objective_data, trainer->theta, &objective->loss, gradient);
    }
    uint64_t stream = train_stream(STREAM_DROPOUT, trainer->now.passes++ * chain->layers);
    struct dropout dropout = {training->dropout, training->seed, stream};
    return R(objective_fold_parts)(&trainer->workspace, objective, chain, trainer->theta, source, first, rows,
                                   training->dropout > 0 ? &dropout : NULL, gradient, parts);
}

/* Whether sums over a batch may be taken. */
static bool usable(const struct objective *objective)
{
    return objective->sum_weight == 0 || isfinite(objective->loss);
}

/* Whether backward adds to what there is. */
static bool has_sums(const struct trainer *trainer)
{
    bool kept = trainer->content == GRADIENT_MEAN && trainer->training->by_hand;
    return trainer->content == GRADIENT_SUMS || kept;
}

/* Adds to the sums what is left of the last batch: the workspace will be used again. */
static void complete_sums(struct trainer *trainer)
{
    R(objective_add_parts)(&trainer->parts, 0, trainer->chain->parameters, trainer->sums);
    trainer->parts.count = 0;
}

/* Adds a batch to the sums. */
static gemml_status add_to_sums(struct trainer *trainer, const struct source *source, size_t first, size_t rows,
                                struct objective *objective)
{
    struct objective_parts parts;
    size_t count = trainer->chain->parameters;
    if (!trainer->part)
        TRY(memory_alloc(&trainer->part, count, sizeof(real)));
    complete_sums(trainer);
    TRY(fold_batch(trainer, source, first, rows, objective, trainer->part, &parts));
    if (!usable(objective))
        return GEMML_OK;
    R(axpy)(count, 1, trainer->part, 1, trainer->sums, 1);
    trainer->parts = parts;
    trainer->sum_weight += objective->sum_weight;
    trainer->content = GRADIENT_SUMS;
    return GEMML_OK;
}

/* Begins new sums with a batch. */
static gemml_status begin_sums(struct trainer *trainer, const struct source *source, size_t first, size_t rows,
                               struct objective *objective)
{
    TRY(fold_batch(trainer, source, first, rows, objective, trainer->sums, &trainer->parts));
    trainer->sum_weight = objective->sum_weight;
    trainer->content = GRADIENT_SUMS;
    if (!usable(objective))
        R(trainer_zero_gradient)(trainer);
    return GEMML_OK;
}

gemml_status R(trainer_backward)(struct trainer *trainer, const struct source *source, size_t first, size_t rows,
                                 double *loss, double *sum_weight)
{
    struct objective objective;
    TRY((has_sums(trainer) ? add_to_sums : begin_sums)(trainer, source, first, rows, &objective));
    *loss = objective.sum_weight == 0 ? 0 : objective.loss;
    *sum_weight = objective.sum_weight;
    return GEMML_OK;
}

void R(trainer_zero_gradient)(struct trainer *trainer)
{
    size_t bytes = trainer->chain->parameters * sizeof(real);
    memset(trainer->sums, 0, bytes);
    memset(trainer->mean, 0, bytes);
    trainer->parts.count = 0;
    trainer->content = GRADIENT_NOTHING;
}

/* The sums of a chunk, on some thread. */
static void sum_chunk(struct trainer *trainer, size_t c)
{
    size_t P = trainer->chain->parameters;
    R(objective_add_parts)(&trainer->parts, chunk_first(P, c), chunk_size(P, c), trainer->sums);
}

/* A chunk's share of average, on some thread. */
static void average_chunk(void *context, size_t c)
{
    struct trainer *trainer = context;
    const struct training *training = trainer->training;
    size_t P = trainer->chain->parameters, first = chunk_first(P, c), count = chunk_size(P, c);
    sum_chunk(trainer, c);
    if (training->by_hand)
        memcpy(trainer->mean + first, trainer->sums + first, count * sizeof(real));
    R(gradient_mean)
    (trainer->chain, trainer->theta, trainer->sum_weight, training->lambda / training->sum_weight, c, trainer->mean);
}

void R(trainer_average)(struct trainer *trainer)
{
    if (trainer->content == GRADIENT_SUMS) {
        parallel_for(chunk_count(trainer->chain->parameters), average_chunk, trainer);
        trainer->parts.count = 0;
        trainer->content = GRADIENT_MEAN;
    }
}

static void square_chunk(void *context, size_t c)
{
    struct trainer *trainer = context;
    size_t P = trainer->chain->parameters;
    const real *g = trainer->mean + chunk_first(P, c);
    trainer->squares[c] = (double)R(dot)(chunk_size(P, c), g, 1, g, 1);
}

/* The factor by which clipping shortens the gradient. */
static double clip_factor(struct trainer *trainer)
{
    size_t count = trainer->chain->parameters;
    if (!trainer->squares)
        return 1;
    R(trainer_average)(trainer);
    parallel_for(chunk_count(count), square_chunk, trainer);
    return R(gradient_clip)(count, trainer->mean, trainer->squares, trainer->training->clip);
}

struct step_job {
    struct trainer *trainer;
    double clip;
};

/* Whether all that is between the sums and the gradient is a division by their weight, which the
 * update then does itself. That of sgd is axpy, which would round rate / weight first: the bits would tell whether
 * somebody has looked at the gradient. */
static bool sums_are_gradient(const struct trainer *trainer)
{
    const struct training *training = trainer->training;
    return trainer->content == GRADIENT_SUMS && training->optimizer.rule != OPTIMIZER_SGD && !training->by_hand &&
           !(training->lambda > 0) && trainer->sum_weight != 0;
}

/* A chunk goes through all of a step while it is in the cache. */
static void step_chunk(void *context, size_t c)
{
    const struct step_job *job = context;
    struct trainer *trainer = job->trainer;
    size_t P = trainer->chain->parameters, first = chunk_first(P, c), count = chunk_size(P, c);
    double scale = 1;
    if (sums_are_gradient(trainer)) {
        sum_chunk(trainer, c);
        scale = 1 / trainer->sum_weight;
    } else if (trainer->content == GRADIENT_SUMS)
        average_chunk(trainer, c);
    if (job->clip != 1)
        R(scal)(count, (real)job->clip, trainer->mean + first, 1);
    R(optimizer_update)
    (&trainer->training->optimizer, trainer->chain, trainer->rate, trainer->now.steps + 1, first, count, scale,
     trainer->mean, trainer->vector, trainer->theta);
}

size_t R(trainer_epoch_steps)(const struct trainer *trainer)
{
    size_t batches = (trainer->source.source.rows - 1) / trainer->training->batch + 1;
    return (batches - 1) / trainer->training->accumulate + 1;
}

static double scheduled_rate(const struct trainer *trainer)
{
    const struct training *training = trainer->training;
    size_t per_epoch = R(trainer_epoch_steps)(trainer), steps = memory_product(training->epochs, per_epoch);
    if (training->iterations < steps)
        steps = training->iterations;
    return schedule_rate(&training->schedule, trainer->now.steps, steps, per_epoch, training->rate);
}

bool R(trainer_step)(struct trainer *trainer)
{
    if (trainer->content == GRADIENT_NOTHING)
        return false;
    trainer->rate = scheduled_rate(trainer);
    struct step_job job = {trainer, clip_factor(trainer)};
    parallel_for(chunk_count(trainer->chain->parameters), step_chunk, &job);
    trainer->parts.count = 0;
    trainer->content = trainer->training->by_hand ? GRADIENT_SUMS : GRADIENT_NOTHING;
    trainer->now.steps++;
    return true;
}

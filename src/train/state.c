#include <string.h>

#include "train/trainer.h"
#include "util/alloc.h"

struct train_state R(trainer_export)(const struct trainer *trainer)
{
    gemml_outcome outcome = trainer->record->outcome;
    struct train_state state = {
        .dtype = REAL_DTYPE,
        .parameters = trainer->chain->parameters,
        .rule = trainer->training->optimizer.rule,
        .seed = trainer->training->seed,
        .theta = trainer->theta,
        .best = trainer->best,
        .vector = {trainer->vector[0], trainer->vector[1]},
        .progress = trainer->now,
        .rate = trainer->now.steps > 0 ? trainer->rate : trainer->training->rate,
        .outcome = trainer->now.ended ? outcome : GEMML_LIMIT,
        .record = trainer->record,
    };
    /* Whoever was cut short by a limit or cancelled can go on. */
    state.progress.ended = trainer->now.ended && (outcome == GEMML_CONVERGED || outcome == GEMML_STOPPED_EARLY);
    return state;
}

static gemml_status check(const struct trainer *trainer, const struct train_state *state)
{
    const struct training *training = trainer->training;
    const char *name = state->name ? state->name : "the state";
    if (state->dtype != REAL_DTYPE || state->parameters != trainer->chain->parameters)
        return error_set(GEMML_ERROR_ARGUMENT, "%s has %zu parameters of dtype %d but the trainer %zu of %d", name,
                         state->parameters, (int)state->dtype, trainer->chain->parameters, (int)REAL_DTYPE);
    if (state->rule != training->optimizer.rule)
        return error_set(GEMML_ERROR_ARGUMENT, "%s is of optimizer %d but the trainer's is %d", name, (int)state->rule,
                         (int)training->optimizer.rule);
    if (state->seed != training->seed)
        return error_set(GEMML_ERROR_ARGUMENT, "%s is of seed %llu but the trainer's is %llu", name,
                         (unsigned long long)state->seed, (unsigned long long)training->seed);
    size_t n = trainer->source.source.rows, position = state->progress.position, epoch = state->progress.epoch;
    if (position >= n || position % training->batch != 0 || state->record->loss_history_count != epoch)
        return error_set(GEMML_ERROR_ARGUMENT,
                         "%s stands at row %zu after %zu epochs with %zu losses, which no run over %zu rows in "
                         "batches of %zu comes to",
                         name, position, epoch, state->record->loss_history_count, n, training->batch);
    return GEMML_OK;
}

/* The histories of a record, into one that has none. */
static gemml_status copy_histories(struct fit_record *copy, const struct fit_record *record, size_t parameters)
{
    size_t losses = record->loss_history_count, validations = record->valid_history_count;
    size_t recorded = record->recorded_count;
    copy->recorded_count = recorded;
    copy->loss_history_count = losses;
    copy->valid_history_count = validations;
    TRY(memory_copy(&copy->loss_history, record->loss_history, losses, sizeof(double)));
    TRY(memory_copy(&copy->valid_loss_history, record->valid_loss_history, validations, sizeof(double)));
    TRY(memory_copy(&copy->score_history, record->score_history, validations, sizeof(double)));
    TRY(memory_copy(&copy->valid_epochs, record->valid_epochs, validations, sizeof(size_t)));
    TRY(memory_copy(&copy->recorded, record->recorded, memory_product(recorded, parameters), sizeof(double)));
    return memory_copy(&copy->recorded_epochs, record->recorded_epochs, recorded, sizeof(size_t));
}

static gemml_status import_histories(struct trainer *trainer, const struct train_state *state)
{
    struct fit_record *record = trainer->record, copy = {0};
    gemml_status status = copy_histories(&copy, state->record, state->parameters);
    if (status != GEMML_OK) {
        fit_record_free(&copy);
        return status;
    }
    if (state->progress.ended)
        copy.outcome = state->record->outcome;
    copy.l2_path = record->l2_path; /* of this run: the penalty was chosen before it began */
    copy.l2_path_count = record->l2_path_count;
    record->l2_path = NULL;
    fit_record_free(record);
    *record = copy;
    trainer->loss_capacity = record->loss_history_count;
    for (size_t i = 0; i < VALID_HISTORIES; i++)
        trainer->valid_capacity[i] = record->valid_history_count;
    trainer->recorded_capacity[0] = record->recorded_count * state->parameters;
    trainer->recorded_capacity[1] = record->recorded_count;
    return GEMML_OK;
}

static void import_vectors(struct trainer *trainer, const struct train_state *state)
{
    size_t bytes = state->parameters * sizeof(real);
    memcpy(trainer->theta, state->theta, bytes);
    memcpy(trainer->best, state->best, bytes);
    for (size_t i = 0; i < OPTIMIZER_VECTORS; i++)
        if (trainer->vector[i])
            memcpy(trainer->vector[i], state->vector[i], bytes);
}

gemml_status R(trainer_import)(struct trainer *trainer, const struct train_state *state)
{
    TRY(check(trainer, state));
    TRY(import_histories(trainer, state));
    import_vectors(trainer, state);
    trainer->content = GRADIENT_NOTHING;
    trainer->now = state->progress;
    return GEMML_OK;
}

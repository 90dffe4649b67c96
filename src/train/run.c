/* The training loop: the one that all training goes through. */
#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "train/gradient.h"
#include "train/state.h"
#include "train/trainer.h"
#include "train/validate.h"
#include "util/alloc.h"
#include "util/clock.h"
#include "util/rng.h"

/* F, from the loss at theta. */
static double objective_of(const struct trainer *trainer, double loss)
{
    const struct training *training = trainer->training;
    return loss * training->sum_weight + training->lambda / 2 * R(objective_squares)(trainer->chain, trainer->theta);
}

/* Keeps theta, the state after `epoch` epochs, if its measure is the lowest so far. */
static void keep_best(struct trainer *trainer, double measure, size_t epoch)
{
    if (!(measure <= trainer->now.best_measure))
        return;
    trainer->now.best_measure = measure;
    trainer->now.best_epoch = epoch;
    memcpy(trainer->best, trainer->theta, trainer->chain->parameters * sizeof(real));
}

static void end_run(struct trainer *trainer, gemml_outcome outcome)
{
    trainer->now.ended = true;
    trainer->record->outcome = outcome;
}

static bool out_of_time(const struct training *training)
{
    return clock_seconds() - training->started >= training->time_budget; /* never with NaN */
}

/* A loss or a gradient is not finite. Data that are not are to blame, whichever
 * batch met them first; else, at the first step, sums that overflow, later the run. */
static gemml_status not_finite(struct trainer *trainer)
{
    if (trainer->now.steps == 0)
        return R(source_explain_nonfinite)(&trainer->source);
    TRY(R(source_find_nonfinite)(&trainer->source));
    end_run(trainer, GEMML_DIVERGED);
    return GEMML_OK;
}

/* The whole batch knows the objective and the gradient at theta exactly: it can
 * tell convergence, and which parameters are best. */
static bool exact(const struct trainer *trainer)
{
    return !trainer_shuffles(trainer) && !(trainer->training->dropout > 0);
}

static gemml_status look_at_full_gradient(struct trainer *trainer, double loss)
{
    R(trainer_average)(trainer);
    double largest = R(gradient_largest)(trainer->chain->parameters, trainer->mean);
    if (!isfinite(largest))
        return not_finite(trainer);
    if (trainer->now.steps == 0)
        trainer->now.first_gradient = largest;
    trainer->now.settled = trainer->now.first_gradient > 0 ? largest / trainer->now.first_gradient : 0;
    if (!trainer->training->valid)
        keep_best(trainer, objective_of(trainer, loss), trainer->now.epoch);
    if (largest <= REAL_SETTLED * trainer->now.first_gradient)
        end_run(trainer, GEMML_CONVERGED);
    return GEMML_OK;
}

static gemml_status call_checkpoint(struct trainer *trainer)
{
    const struct training *training = trainer->training;
    if (!training->checkpoint)
        return GEMML_OK;
    struct train_state state = R(trainer_export)(trainer);
    trainer->last_checkpoint = clock_seconds();
    return training->checkpoint(&state, training->checkpoint_data);
}

static bool checkpoint_time(const struct trainer *trainer)
{
    const struct training *training = trainer->training;
    return training->checkpoint && training->checkpoint_seconds > 0 &&
           clock_seconds() - trainer->last_checkpoint >= training->checkpoint_seconds;
}

/* A step with what was summed; the run may end before it or with it. */
static gemml_status take_step(struct trainer *trainer, double loss)
{
    if (exact(trainer))
        TRY(look_at_full_gradient(trainer, loss));
    if (trainer->now.ended)
        return GEMML_OK;
    R(trainer_step)(trainer);
    trainer->content = GRADIENT_NOTHING;
    if (trainer->now.steps >= trainer->training->iterations)
        end_run(trainer, GEMML_LIMIT);
    else if (out_of_time(trainer->training))
        end_run(trainer, GEMML_TIME_LIMIT);
    return GEMML_OK;
}

/* backward over the batch at `*position`, which moves behind it. */
static gemml_status add_batch(struct trainer *trainer, size_t *position, double *loss)
{
    size_t left = trainer->source.source.rows - *position, batch = trainer->training->batch;
    size_t rows = left < batch ? left : batch;
    double sum_weight;
    TRY(R(trainer_backward)(trainer, &trainer->source.source, *position, rows, loss, &sum_weight));
    trainer->now.epoch_loss += *loss * sum_weight;
    trainer->now.epoch_weight += sum_weight;
    *position += rows;
    return GEMML_OK;
}

/* Up to `accumulate` batches, and a step. */
static gemml_status run_batches(struct trainer *trainer)
{
    size_t position = trainer->now.position;
    double loss;
    for (size_t b = 0; b < trainer->training->accumulate && position < trainer->source.source.rows; b++) {
        TRY(add_batch(trainer, &position, &loss));
        if (!isfinite(loss))
            return not_finite(trainer);
    }
    TRY(take_step(trainer, loss));
    trainer->now.position = position;
    return GEMML_OK;
}

/* The order of the epoch under way; a function of the seed and its number. */
static void shuffle(struct trainer *trainer)
{
    size_t number = trainer->now.epoch + 1, n = trainer->source.source.rows;
    uint64_t seed = trainer->training->seed, stream = train_stream(STREAM_SHUFFLE, number);
    struct rng rng = rng_make(seed, stream);
    if (!trainer_shuffles(trainer) || trainer->shuffled == number)
        return;
    if (trainer->order)
        rng_permutation(&rng, trainer->order, n);
    else
        trainer->permutation = permutation_make(seed, stream, n);
    trainer->shuffled = number;
}

/* All batches of an epoch, or those that are left of it. */
static gemml_status run_rows(struct trainer *trainer)
{
    shuffle(trainer);
    while (trainer->now.position < trainer->source.source.rows && !trainer->now.ended) {
        TRY(run_batches(trainer));
        if (!trainer->now.ended && checkpoint_time(trainer))
            TRY(call_checkpoint(trainer));
    }
    return GEMML_OK;
}

static gemml_status remember_loss(struct trainer *trainer, double loss)
{
    struct fit_record *record = trainer->record;
    size_t count = record->loss_history_count;
    TRY(memory_grow(&record->loss_history, &trainer->loss_capacity, count, count + 1, sizeof *record->loss_history));
    record->loss_history[record->loss_history_count++] = loss;
    return GEMML_OK;
}

static gemml_status remember_validation(struct trainer *trainer, const struct validation *validation)
{
    struct fit_record *record = trainer->record;
    size_t used = record->valid_history_count, *capacity = trainer->valid_capacity;
    TRY(memory_grow(&record->valid_loss_history, &capacity[0], used, used + 1, sizeof(double)));
    TRY(memory_grow(&record->score_history, &capacity[1], used, used + 1, sizeof(double)));
    TRY(memory_grow(&record->valid_epochs, &capacity[2], used, used + 1, sizeof(size_t)));
    record->valid_loss_history[used] = validation->loss;
    record->score_history[used] = validation->score;
    record->valid_epochs[used] = trainer->now.epoch;
    record->valid_history_count++;
    return GEMML_OK;
}

/* Keeps theta as it stands after now.epoch epochs, once. */
static gemml_status record_parameters(struct trainer *trainer)
{
    struct fit_record *record = trainer->record;
    size_t used = record->recorded_count, P = trainer->chain->parameters, *capacity = trainer->recorded_capacity;
    if (used > 0 && record->recorded_epochs[used - 1] == trainer->now.epoch)
        return GEMML_OK;
    TRY(memory_grow(&record->recorded, &capacity[0], used * P, memory_product(used + 1, P), sizeof(double)));
    TRY(memory_grow(&record->recorded_epochs, &capacity[1], used, used + 1, sizeof(size_t)));
    for (size_t i = 0; i < P; i++)
        record->recorded[used * P + i] = (double)trainer->theta[i];
    record->recorded_epochs[used] = trainer->now.epoch;
    record->recorded_count++;
    return GEMML_OK;
}

/* The parameters after the epoch, where they are to be kept. */
static gemml_status record_epoch(struct trainer *trainer)
{
    size_t every = trainer->training->record_every;
    return every > 0 && trainer->now.epoch % every == 0 ? record_parameters(trainer) : GEMML_OK;
}

/* `now` has been measured `epochs` epochs after what stands against it. */
static void stop_early(struct trainer *trainer, double before, double now, size_t epochs)
{
    const struct training *training = trainer->training;
    bool idle = !(before - now >= training->tolerance);
    trainer->now.idle_epochs = idle ? trainer->now.idle_epochs + epochs : 0;
    if (!trainer->now.ended && trainer->now.idle_epochs >= training->patience && !isnan(training->tolerance))
        end_run(trainer, GEMML_STOPPED_EARLY);
}

/* Measures theta on the validation rows: which parameters are best, and whether
 * they still become better. */
static gemml_status validate(struct trainer *trainer)
{
    struct validation validation;
    double best = trainer->now.best_measure;
    TRY(R(validate)(&validation, trainer->chain, trainer->theta, &trainer->valid.source, trainer->training->score));
    if (!isfinite(validation.loss))
        TRY(R(source_find_nonfinite)(&trainer->valid));
    TRY(remember_validation(trainer, &validation));
    keep_best(trainer, validation.loss, trainer->now.epoch);
    stop_early(trainer, best, validation.loss, trainer->training->valid_every);
    return GEMML_OK;
}

static void tell_progress(struct trainer *trainer, double loss)
{
    const struct training *training = trainer->training;
    const struct fit_record *record = trainer->record;
    size_t validations = record->valid_history_count;
    if (!training->progress || trainer->now.ended)
        return;
    gemml_progress progress = {sizeof progress,
                               trainer->now.epoch,
                               training->epochs,
                               trainer->now.steps,
                               loss,
                               trainer->rate,
                               clock_seconds() - training->started,
                               validations > 0 ? record->valid_loss_history[validations - 1] : (double)NAN,
                               validations > 0 ? record->score_history[validations - 1] : (double)NAN};
    if (training->progress(&progress, training->progress_data) != 0)
        end_run(trainer, GEMML_CANCELLED);
}

static bool diverged(const struct trainer *trainer)
{
    return trainer->now.ended && trainer->record->outcome == GEMML_DIVERGED;
}

/* The next epoch's beginning; *loss is that of the one that is done. */
static gemml_status count_epoch(struct trainer *trainer, double *loss)
{
    *loss = trainer->now.epoch_weight > 0 ? trainer->now.epoch_loss / trainer->now.epoch_weight : 0;
    TRY(remember_loss(trainer, *loss));
    trainer->now.epoch++;
    trainer->now.position = 0;
    trainer->now.epoch_loss = trainer->now.epoch_weight = 0;
    return GEMML_OK;
}

/* What follows the rows of an epoch. */
static gemml_status close_epoch(struct trainer *trainer)
{
    double loss;
    TRY(count_epoch(trainer, &loss));
    if (!trainer->training->valid) {
        if (!exact(trainer) && isfinite(loss))
            keep_best(trainer, objective_of(trainer, loss), trainer->now.epoch);
        stop_early(trainer, trainer->now.previous_loss, loss, 1);
        trainer->now.previous_loss = loss;
    } else if (trainer->now.epoch % trainer->training->valid_every == 0 && !diverged(trainer)) {
        TRY(validate(trainer));
    }
    tell_progress(trainer, loss);
    return record_epoch(trainer);
}

static gemml_status checkpoint_after_epoch(struct trainer *trainer)
{
    const struct training *training = trainer->training;
    bool last = trainer->now.ended || trainer->now.epoch >= training->epochs;
    bool due = training->checkpoint_epochs > 0 && trainer->now.epoch % training->checkpoint_epochs == 0;
    return last || due || checkpoint_time(trainer) ? call_checkpoint(trainer) : GEMML_OK;
}

gemml_status R(trainer_next)(struct trainer *trainer, double *loss)
{
    double epoch_loss;
    shuffle(trainer);
    TRY(add_batch(trainer, &trainer->now.position, loss));
    if (trainer->now.position == trainer->source.source.rows)
        TRY(count_epoch(trainer, &epoch_loss));
    return isfinite(*loss) ? GEMML_OK : R(source_find_nonfinite)(&trainer->source);
}

gemml_status R(trainer_epoch)(struct trainer *trainer)
{
    trainer->content = GRADIENT_NOTHING;
    if (trainer->now.steps >= trainer->training->iterations && !trainer->now.ended)
        end_run(trainer, GEMML_LIMIT);
    if (trainer->now.ended && trainer->now.position == 0)
        return GEMML_OK;
    if (trainer->now.epoch == 0 && trainer->now.position == 0)
        TRY(record_epoch(trainer));
    TRY(run_rows(trainer));
    if (diverged(trainer))
        return close_epoch(trainer);
    /* Cut short, the run goes on from where it stands, not from the end of the epoch. */
    bool complete = trainer->now.position == trainer->source.source.rows;
    if (!complete)
        TRY(call_checkpoint(trainer));
    TRY(close_epoch(trainer));
    return complete ? checkpoint_after_epoch(trainer) : GEMML_OK;
}

/* The loss at theta, over all training rows as they stand. */
static gemml_status loss_of_rows(const struct trainer *trainer, double *loss)
{
    struct objective objective;
    struct view_source all = trainer->source;
    all.order = NULL;
    all.permutation = NULL;
    TRY(R(objective_fold)(&objective, trainer->chain, trainer->theta, &all.source, 0, all.source.rows, NULL));
    *loss = objective.loss;
    return GEMML_OK;
}

/* The loss and F at theta, as the steps have seen them. */
static gemml_status measure(struct trainer *trainer)
{
    const struct training *training = trainer->training;
    double *loss = &trainer->record->loss;
    trainer->content = GRADIENT_NOTHING;
    TRY(training->objective ? training->objective(training->objective_data, trainer->theta, loss, trainer->sums)
                            : loss_of_rows(trainer, loss));
    trainer->record->objective = objective_of(trainer, *loss);
    return GEMML_OK;
}

static void restore_best(struct trainer *trainer)
{
    memcpy(trainer->theta, trainer->best, trainer->chain->parameters * sizeof(real));
}

/* Is the last objective as good as the best one but for rounding? On the way to a minimum the gradient still
 * tells parameters apart when the objective no longer does: the last ones are nearest. */
static bool last_is_best(const struct trainer *trainer)
{
    double best = trainer->now.best_measure, last = trainer->record->objective;
    return last <= best + 16 * (double)REAL_EPSILON * fabs(best);
}

/* Decides between the last parameters and the best ones by the objective on all
 * rows. A minibatch run keeps the last ones, unless they are not finite: its
 * running objectives are of parameters that changed meanwhile. */
static gemml_status choose_by_objective(struct trainer *trainer)
{
    struct fit_record *record = trainer->record;
    TRY(measure(trainer));
    if (isfinite(record->objective) && (!exact(trainer) || last_is_best(trainer))) {
        /* The epoch that finds the gradient zero takes no step. */
        trainer->now.best_epoch = record->outcome == GEMML_CONVERGED ? trainer->now.epoch - 1 : trainer->now.epoch;
        return GEMML_OK;
    }
    restore_best(trainer);
    return measure(trainer);
}

/* The best ones by the validation loss, to which the last ones are still to be put
 * where the last epoch was not measured. */
static gemml_status choose_by_validation(struct trainer *trainer)
{
    const struct fit_record *record = trainer->record;
    size_t count = record->valid_history_count;
    bool measured = count > 0 && record->valid_epochs[count - 1] == trainer->now.epoch;
    if (!measured && !diverged(trainer))
        TRY(validate(trainer));
    if (!isfinite(trainer->now.best_measure))
        return choose_by_objective(trainer);
    restore_best(trainer);
    return measure(trainer);
}

gemml_status R(trainer_finish)(struct trainer *trainer)
{
    struct fit_record *record = trainer->record;
    if (!trainer->now.ended)
        end_run(trainer, GEMML_LIMIT);
    record->epochs = trainer->now.epoch;
    record->iterations = trainer->now.steps;
    trainer->training->settled = trainer->now.settled;
    if (trainer->training->record_every > 0) /* not before: a run that was cut short goes on without these */
        TRY(record_parameters(trainer));
    TRY(trainer->training->valid ? choose_by_validation(trainer) : choose_by_objective(trainer));
    record->best_epoch = trainer->now.best_epoch;
    return GEMML_OK;
}

bool R(trainer_over)(const struct trainer *trainer)
{
    bool cut = trainer->now.ended && trainer->now.position > 0; /* a run that goes on ends where the epoch does */
    return trainer->now.epoch >= trainer->training->epochs || (trainer->now.ended && !cut);
}

gemml_status R(trainer_run)(struct trainer *trainer)
{
    while (!R(trainer_over)(trainer))
        TRY(R(trainer_epoch)(trainer));
    return R(trainer_finish)(trainer);
}

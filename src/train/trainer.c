/* theta parameters, F objective, w weights, lambda the L2 penalty; a step is
 *
 *   theta -= rate (sum_batch w dloss/dtheta / sum_batch w + lambda / sum w W). */
#include "train/trainer.h"

#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "kernel/linalg.h"
#include "util/alloc.h"
#include "util/clock.h"

gemml_status R(trainer_create)(struct trainer *trainer, const struct chain *chain, real *theta,
                               const struct view_source *source, const struct training *training)
{
    size_t count = chain->parameters, n = source->source.rows;
    *trainer = (struct trainer){
        .chain = chain, .source = *source, .training = training, .theta = theta, .best_objective = INFINITY};
    gemml_status status = memory_alloc(&trainer->gradient, count, sizeof(real));
    if (status == GEMML_OK)
        status = memory_copy(&trainer->best, theta, count, sizeof(real));
    if (status == GEMML_OK && training->batch < n)
        status = memory_alloc(&trainer->order, n, sizeof *trainer->order);
    if (status != GEMML_OK)
        R(trainer_free)(trainer);
    trainer->source.order = trainer->order;
    return status;
}

void R(trainer_free)(struct trainer *trainer)
{
    memory_free(trainer->gradient);
    memory_free(trainer->best);
    memory_free(trainer->order);
    trainer->gradient = trainer->best = NULL;
    trainer->order = NULL;
}

gemml_status R(trainer_backward)(struct trainer *trainer, size_t first, size_t rows, double *loss, double *sum_weight)
{
    const struct training *training = trainer->training;
    struct objective objective;
    TRY(R(objective_fold)(&objective, trainer->chain, trainer->theta, &trainer->source.source, first, rows,
                          trainer->gradient));
    *loss = objective.loss;
    *sum_weight = objective.sum_weight;
    if (objective.sum_weight == 0)
        *loss = 0;
    else
        R(scal)(trainer->chain->parameters, (real)(1 / objective.sum_weight), trainer->gradient, 1);
    R(objective_add_penalty)
    (trainer->chain, trainer->theta, training->lambda / training->sum_weight, trainer->gradient);
    return GEMML_OK;
}

void R(trainer_step)(struct trainer *trainer)
{
    R(axpy)(trainer->chain->parameters, (real)-trainer->training->rate, trainer->gradient, 1, trainer->theta, 1);
    trainer->steps++;
}

/* F, from the loss at theta. */
static double objective_of(const struct trainer *trainer, double loss)
{
    const struct training *training = trainer->training;
    return loss * training->sum_weight + training->lambda / 2 * R(objective_squares)(trainer->chain, trainer->theta);
}

/* Keeps theta, the state after `epoch` epochs, if its objective is the lowest so far. */
static void keep_best(struct trainer *trainer, double objective, size_t epoch)
{
    if (!(objective <= trainer->best_objective))
        return;
    trainer->best_objective = objective;
    trainer->best_epoch = epoch;
    memcpy(trainer->best, trainer->theta, trainer->chain->parameters * sizeof(real));
}

/* NaN when a component is. */
static double largest_component(size_t count, const real *gradient)
{
    double largest = 0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(gradient[i]))
            return (double)gradient[i];
        largest = fmax(largest, fabs((double)gradient[i]));
    }
    return largest;
}

static bool out_of_time(const struct training *training)
{
    return clock_seconds() - training->started >= training->time_budget; /* never with NaN */
}

/* How the run stands. `ended` is set by whatever ends it, with the outcome. */
struct run {
    struct trainer *trainer;
    struct training *training;
    struct fit_record *record;
    double first_gradient; /* the largest component of the first gradient */
    double previous_loss;
    size_t idle_epochs; /* in a row */
    size_t history_capacity;
    bool ended;
};

static void end_run(struct run *run, gemml_outcome outcome)
{
    run->ended = true;
    run->record->outcome = outcome;
}

/* A loss or a gradient is not finite. Data that are not are to blame, whichever
 * batch met them first; else, at the first step, sums that overflow, later the run. */
static gemml_status not_finite(struct run *run)
{
    if (run->trainer->steps == 0)
        return R(source_explain_nonfinite)(&run->trainer->source);
    TRY(R(source_find_nonfinite)(&run->trainer->source));
    end_run(run, GEMML_DIVERGED);
    return GEMML_OK;
}

/* The whole batch knows the objective and the gradient at theta exactly: it can
 * tell convergence, and which parameters are best. */
static gemml_status look_at_full_gradient(struct run *run, double loss, size_t epoch)
{
    struct trainer *trainer = run->trainer;
    double largest = largest_component(trainer->chain->parameters, trainer->gradient);
    if (!isfinite(largest))
        return not_finite(run);
    if (trainer->steps == 0)
        run->first_gradient = largest;
    run->training->settled = run->first_gradient > 0 ? largest / run->first_gradient : 0;
    keep_best(trainer, objective_of(trainer, loss), epoch - 1);
    if (largest <= REAL_SETTLED * run->first_gradient)
        end_run(run, GEMML_CONVERGED);
    return GEMML_OK;
}

static gemml_status run_batch(struct run *run, size_t first, size_t rows, size_t epoch, double *loss, double *weight)
{
    struct trainer *trainer = run->trainer;
    TRY(R(trainer_backward)(trainer, first, rows, loss, weight));
    if (!isfinite(*loss))
        return not_finite(run);
    if (!trainer->order)
        TRY(look_at_full_gradient(run, *loss, epoch));
    if (run->ended)
        return GEMML_OK;
    R(trainer_step)(trainer);
    if (trainer->steps >= run->training->iterations)
        end_run(run, GEMML_LIMIT);
    else if (out_of_time(run->training))
        end_run(run, GEMML_TIME_LIMIT);
    return GEMML_OK;
}

/* All batches of an epoch, in a fresh order where there are several. */
static gemml_status run_epoch(struct run *run, size_t epoch, double *loss)
{
    struct trainer *trainer = run->trainer;
    size_t n = trainer->source.source.rows, batch = run->training->batch;
    double losses = 0, weights = 0;
    if (trainer->order) {
        struct rng rng = rng_make(run->training->seed, epoch);
        rng_permutation(&rng, trainer->order, n);
    }
    for (size_t first = 0; first < n && !run->ended; first += batch) {
        double batch_loss, weight;
        TRY(run_batch(run, first, n - first < batch ? n - first : batch, epoch, &batch_loss, &weight));
        losses += batch_loss * weight;
        weights += weight;
    }
    *loss = weights > 0 ? losses / weights : 0;
    if (trainer->order && isfinite(*loss))
        keep_best(trainer, objective_of(trainer, *loss), epoch);
    return GEMML_OK;
}

static gemml_status remember_loss(struct run *run, double loss)
{
    struct fit_record *record = run->record;
    size_t count = record->loss_history_count;
    TRY(memory_grow(&record->loss_history, &run->history_capacity, count, count + 1, sizeof *record->loss_history));
    record->loss_history[record->loss_history_count++] = loss;
    return GEMML_OK;
}

static void tell_progress(struct run *run, size_t epoch, double loss)
{
    const struct training *training = run->training;
    if (!training->progress || run->ended)
        return;
    gemml_progress progress = {sizeof progress,
                               epoch,
                               training->epochs,
                               run->trainer->steps,
                               loss,
                               training->rate,
                               clock_seconds() - training->started};
    if (training->progress(&progress, training->progress_data) != 0)
        end_run(run, GEMML_CANCELLED);
}

static void stop_early(struct run *run, double loss)
{
    bool idle = run->previous_loss - loss < run->training->tolerance; /* never with NaN */
    run->idle_epochs = idle ? run->idle_epochs + 1 : 0;
    run->previous_loss = loss;
    if (!run->ended && run->idle_epochs >= run->training->patience && !isnan(run->training->tolerance))
        end_run(run, GEMML_STOPPED_EARLY);
}

/* Measures the last parameters on all rows; keeps them unless earlier ones were
 * better. A minibatch run keeps the last ones, unless they are not finite: its
 * running objectives are of parameters that changed meanwhile. */
static gemml_status finish(struct run *run, size_t epoch)
{
    struct trainer *trainer = run->trainer;
    struct objective last;
    size_t count = trainer->chain->parameters, n = trainer->source.source.rows;
    bool batches = trainer->order != NULL;
    trainer->source.order = NULL;
    TRY(R(objective_fold)(&last, trainer->chain, trainer->theta, &trainer->source.source, 0, n, NULL));
    double objective = objective_of(trainer, last.loss);
    if (isfinite(objective) && (batches || objective <= trainer->best_objective)) {
        /* The epoch that finds the gradient zero takes no step. */
        trainer->best_epoch = run->record->outcome == GEMML_CONVERGED ? epoch - 1 : epoch;
    } else {
        memcpy(trainer->theta, trainer->best, count * sizeof(real));
        TRY(R(objective_fold)(&last, trainer->chain, trainer->theta, &trainer->source.source, 0, n, NULL));
        objective = objective_of(trainer, last.loss);
    }
    run->record->loss = last.loss;
    run->record->objective = objective;
    run->record->best_epoch = trainer->best_epoch;
    return GEMML_OK;
}

gemml_status R(trainer_run)(struct trainer *trainer, struct training *training, struct fit_record *record)
{
    struct run run = {.trainer = trainer, .training = training, .record = record, .previous_loss = INFINITY};
    size_t epoch = 0;
    while (!run.ended && epoch < training->epochs) {
        double loss;
        epoch++;
        TRY(run_epoch(&run, epoch, &loss));
        TRY(remember_loss(&run, loss));
        stop_early(&run, loss);
        tell_progress(&run, epoch, loss);
    }
    if (!run.ended)
        record->outcome = GEMML_LIMIT;
    record->epochs = epoch;
    record->iterations = trainer->steps;
    return finish(&run, epoch);
}

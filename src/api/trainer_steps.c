/* The steps of a gemml_trainer: checks, and the engine's functions between linalg_enter and linalg_leave. */
#include <math.h>

#include "api/describe.h"
#include "api/options.h"
#include "api/predict.h"
#include "api/trainer.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "util/parallel.h"

/* A trainer whose run goes on. */
static gemml_status check(const gemml_trainer *trainer)
{
    if (!trainer)
        return error_set(GEMML_ERROR_ARGUMENT, "the trainer is NULL");
    return trainer->fitted ? GEMML_OK : error_set(GEMML_ERROR_ARGUMENT, "the trainer has finished: its run is over");
}

static size_t class_count(const gemml_trainer *trainer)
{
    return chain_classes(&trainer->fitted->chain);
}

static gemml_status check_classifier(const gemml_trainer *trainer)
{
    TRY(check(trainer));
    return class_count(trainer) > 0
               ? GEMML_OK
               : error_set(GEMML_ERROR_UNSUPPORTED, "the trainer's model predicts values: it tells no classes apart");
}

/* ---- Forward ---------------------------------------------------------------------- */

gemml_status gemml_trainer_forward(const gemml_trainer *trainer, gemml_view x, gemml_matrix out)
{
    TRY(check(trainer));
    return predict_outputs(trainer->fitted, class_count(trainer) > 0 ? OUTPUT_PROBABILITY : OUTPUT_ACTIVATION, x, out);
}

gemml_status gemml_trainer_classify(const gemml_trainer *trainer, gemml_view x, gemml_matrix out)
{
    TRY(check_classifier(trainer));
    return predict_outputs(trainer->fitted, OUTPUT_CLASS, x, out);
}

gemml_status gemml_trainer_evaluate(const gemml_trainer *trainer, const gemml_dataset *data, double *loss,
                                    double *score)
{
    struct linear_problem rows = {0};
    struct validation validation;
    TRY(check(trainer));
    TRY(validate_rows(trainer->fitted, data, &rows));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = trainer_engine(trainer)->trainer_evaluate(trainer->steps, &rows.data, &validation);
    linalg_leave(callers);
    TRY(status);
    if (loss)
        *loss = validation.loss;
    if (score)
        *score = validation.score;
    return GEMML_OK;
}

gemml_status gemml_trainer_accuracy(const gemml_trainer *trainer, const gemml_dataset *data, double *accuracy)
{
    TRY(check_classifier(trainer));
    if (!accuracy)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the accuracy is NULL");
    return gemml_trainer_evaluate(trainer, data, NULL, accuracy);
}

/* ---- Backward and step ------------------------------------------------------------ */

/* The weights of a batch's rows become w times their class's factor. */
static gemml_status weigh_batch(gemml_trainer *trainer, gemml_dataset *batch)
{
    const struct classes *classes = &trainer->problem.classes;
    size_t rows = batch->x.rows;
    if (!classes->factor)
        return GEMML_OK;
    TRY(memory_grow(&trainer->batch_weight, &trainer->batch_capacity, 0, rows, sizeof *trainer->batch_weight));
    classes_weigh_rows(classes, batch, trainer->batch_weight);
    batch->weight = gemml_view_f64(trainer->batch_weight, rows, 1);
    return GEMML_OK;
}

/* `batch` NULL: the next one of the training rows. */
static gemml_status add_batch(gemml_trainer *trainer, const gemml_dataset *batch, double *loss)
{
    const struct engine *engine = trainer_engine(trainer);
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status =
        batch ? engine->trainer_backward(trainer->steps, batch, loss) : engine->trainer_next(trainer->steps, loss);
    linalg_leave(callers);
    return status;
}

gemml_status gemml_trainer_backward(gemml_trainer *trainer, const gemml_dataset *batch, double *loss)
{
    struct linear_problem rows = {0};
    double unwanted;
    TRY(check(trainer));
    if (batch) {
        TRY(validate_rows(trainer->fitted, batch, &rows));
        TRY(weigh_batch(trainer, &rows.data));
    }
    return add_batch(trainer, batch ? &rows.data : NULL, loss ? loss : &unwanted);
}

gemml_status gemml_trainer_zero_gradient(gemml_trainer *trainer)
{
    TRY(check(trainer));
    trainer_engine(trainer)->trainer_zero_gradient(trainer->steps);
    return GEMML_OK;
}

gemml_status gemml_trainer_step(gemml_trainer *trainer)
{
    TRY(check(trainer));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    bool done = trainer_engine(trainer)->trainer_step(trainer->steps);
    linalg_leave(callers);
    return done ? GEMML_OK
                : error_set(GEMML_ERROR_ARGUMENT, "there is no gradient to step along: call backward before");
}

gemml_status gemml_trainer_epoch(gemml_trainer *trainer)
{
    TRY(check(trainer));
    if (trainer_engine(trainer)->trainer_over(trainer->steps))
        return GEMML_OK;
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = trainer_engine(trainer)->trainer_epoch(trainer->steps);
    linalg_leave(callers);
    return status;
}

gemml_status gemml_trainer_finish(gemml_trainer *trainer, gemml_fit_info *info)
{
    TRY(check(trainer));
    if (info)
        TRY(options_write("gemml_fit_info", info, NULL, sizeof *info));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = trainer_engine(trainer)->trainer_finish(trainer->steps);
    linalg_leave(callers);
    TRY(status);
    TRY(trainer_publish(trainer));
    return info ? gemml_get_fit_info(trainer->model, info) : GEMML_OK;
}

/* ---- What a trainer tells ---------------------------------------------------------- */

static double last_of(const double *history, size_t count)
{
    return count > 0 ? history[count - 1] : NAN;
}

gemml_status gemml_trainer_get_info(const gemml_trainer *trainer, gemml_trainer_info *info)
{
    TRY(check(trainer));
    const struct chain *chain = &trainer->fitted->chain;
    const struct fit_record *record = &trainer->fitted->record;
    struct train_state state = trainer_engine(trainer)->trainer_export(trainer->steps);
    gemml_trainer_info known = GEMML_TRAINER_INFO_INIT;
    known.inputs = chain_inputs(chain);
    known.outputs = chain_outputs(chain);
    known.classes = chain_classes(chain);
    known.layers = chain->layers;
    known.parameters = chain->parameters;
    known.dtype = trainer->fitted->dtype;
    known.steps = state.progress.steps;
    known.epochs = state.progress.epoch;
    known.rate = state.rate;
    known.loss = last_of(record->loss_history, record->loss_history_count);
    known.valid_loss = last_of(record->valid_loss_history, record->valid_history_count);
    known.score = last_of(record->score_history, record->valid_history_count);
    known.ended = trainer_engine(trainer)->trainer_over(trainer->steps);
    known.outcome = state.outcome;
    return options_write("gemml_trainer_info", info, &known, sizeof known);
}

gemml_status gemml_trainer_set_rate(gemml_trainer *trainer, double rate)
{
    TRY(check(trainer));
    TRY(options_real("rate", rate, true, false));
    trainer->call.training.rate = rate;
    return GEMML_OK;
}

/* ---- The vectors -------------------------------------------------------------------- */

static gemml_status check_places(const void *data, const void *count)
{
    return data && count ? GEMML_OK
                         : error_set(GEMML_ERROR_ARGUMENT, "the place for the %s is NULL", data ? "count" : "vector");
}

gemml_status gemml_trainer_parameters(gemml_trainer *trainer, void **data, size_t *count)
{
    TRY(check(trainer));
    TRY(check_places(data, count));
    *data = trainer->fitted->parameters;
    *count = trainer->fitted->chain.parameters;
    return GEMML_OK;
}

/* g, made of the sums if it is not yet. */
static gemml_status find_gradient(gemml_trainer *trainer, void **gradient)
{
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    *gradient = trainer_engine(trainer)->trainer_gradient(trainer->steps);
    linalg_leave(callers);
    return GEMML_OK;
}

gemml_status gemml_trainer_gradient(gemml_trainer *trainer, void **data, size_t *count)
{
    TRY(check(trainer));
    TRY(check_places(data, count));
    TRY(find_gradient(trainer, data));
    *count = trainer->fitted->chain.parameters;
    return GEMML_OK;
}

gemml_status gemml_trainer_layer_statistics(gemml_trainer *trainer, size_t index, gemml_layer_statistics *parameters,
                                            gemml_layer_statistics *gradient)
{
    void *vector;
    TRY(check(trainer));
    if (parameters)
        TRY(describe_layer(trainer->fitted, index, NULL, parameters));
    if (!gradient)
        return GEMML_OK;
    TRY(find_gradient(trainer, &vector));
    return describe_layer(trainer->fitted, index, vector, gradient);
}

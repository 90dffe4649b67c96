#include "api/run.h"

#include "api/options.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "solve/digest.h"
#include "util/parallel.h"

bool run_is_trained(const gemml_model *model)
{
    gemml_solver solver = model_settings(model).solver;
    return model->kind == GEMML_MLP ? solver != GEMML_SOLVER_LBFGS : solver == GEMML_SOLVER_DESCENT;
}

/* What a validation measures. */
static enum score score_of(const gemml_model *model)
{
    bool classes =
        model->kind == GEMML_LOGISTIC || (model->kind == GEMML_MLP && model->mlp.task == GEMML_TASK_CLASSIFICATION);
    return classes ? SCORE_ACCURACY : SCORE_R2;
}

/* The schema, if there is one, must still speak of the same columns. */
static gemml_status check_schema(const gemml_model *model, const struct linear_problem *problem)
{
    const gemml_schema *schema = model->schema;
    if (!schema ||
        (gemml_schema_inputs(schema) == problem->data.x.cols && gemml_schema_outputs(schema) == problem->data.y.cols))
        return GEMML_OK;
    return error_set(
        GEMML_ERROR_SHAPE, "the model's schema has %zu inputs and %zu outputs but x has %zu columns and y %zu",
        gemml_schema_inputs(schema), gemml_schema_outputs(schema), problem->data.x.cols, problem->data.y.cols);
}

static gemml_status read_valid(struct run_call *call, const gemml_dataset *valid)
{
    const gemml_dataset *data = &call->valid.data, *train = &call->problem.data;
    TRY(validate_dataset(valid, &call->valid));
    if (data->x.cols != train->x.cols || data->y.cols != train->y.cols)
        return error_set(GEMML_ERROR_SHAPE,
                         "the validation rows have %zu columns and %zu targets but the training rows %zu and %zu",
                         data->x.cols, data->y.cols, train->x.cols, train->y.cols);
    call->training.valid = data;
    return GEMML_OK;
}

static gemml_status take_digest(const gemml_dataset *data, uint64_t *digest)
{
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = data_digest(data, digest);
    linalg_leave(callers);
    return status;
}

/* Of the type train_checkpoint. */
static gemml_status save_checkpoint(const struct train_state *state, void *context)
{
    const struct run_call *call = context;
    return checkpoint_save(call->checkpoint, call->model, &call->data, state);
}

/* Where and when checkpoints are written, and the one to go on from. */
static gemml_status read_checkpoint(struct run_call *call, const gemml_fit_options *options)
{
    struct training *training = &call->training;
    bool found = false, timed = options->checkpoint_seconds > 0;
    call->checkpoint = options->checkpoint;
    training->checkpoint = save_checkpoint;
    training->checkpoint_data = call;
    training->checkpoint_seconds = timed ? options->checkpoint_seconds : 0;
    training->checkpoint_epochs = options->checkpoint_epochs != GEMML_AUTO_COUNT ? options->checkpoint_epochs
                                  : timed                                        ? 0
                                                                                 : 1;
    call->data.rows[0] = call->problem.data.x.rows;
    TRY(take_digest(&call->problem.data, &call->data.digest[0]));
    if (training->valid) {
        call->data.rows[1] = training->valid->x.rows;
        TRY(take_digest(training->valid, &call->data.digest[1]));
    }
    if (options->resume)
        TRY(checkpoint_load(&call->resumed, &found, call->checkpoint, call->model, &call->data));
    training->resume = found ? &call->resumed.state : NULL;
    return GEMML_OK;
}

/* Whether sums over rows are of single precision. Solvers that factor, and Newton's method, work in double. */
static bool sums_in_single(const gemml_model *model)
{
    struct model_settings settings = model_settings(model);
    bool steps = settings.solver == GEMML_SOLVER_DESCENT || settings.solver == GEMML_SOLVER_LBFGS;
    if (settings.dtype != GEMML_F32)
        return false;
    return model->kind == GEMML_MLP || (model->kind == GEMML_LINEAR ? steps : settings.solver != GEMML_SOLVER_NEWTON);
}

/* Weights of any unit are as good as others in double; in single precision they may all be 0, or infinite. */
static gemml_status check_unit(const gemml_model *model, const struct linear_problem *problem)
{
    double mean = problem->sum_weight / (double)problem->positive_rows;
    if (!sums_in_single(model) || (mean >= 0x1p-60 && mean <= 0x1p60))
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT,
                     "the mean of the weights is %g, which single precision cannot sum: divide them by it, or take "
                     "double",
                     mean);
}

gemml_status run_call_read(struct run_call *call, const gemml_model *model, const gemml_dataset *train,
                           const gemml_fit_options *options, double started)
{
    gemml_fit_options local;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the model is NULL");
    TRY(fit_options_read(options, &local));
    *call = (struct run_call){
        .problem = {.options = &model->linear, .l2 = model_settings(model).l2, .schema = model->schema}};
    TRY(validate_dataset(train, &call->problem));
    TRY(check_unit(model, &call->problem));
    TRY(check_schema(model, &call->problem));
    call->training = (struct training){.time_budget = local.time_budget,
                                       .started = started,
                                       .progress = local.progress,
                                       .progress_data = local.progress_data,
                                       .record_every = local.record == GEMML_AUTO_COUNT ? 0 : local.record,
                                       .score = score_of(model)};
    if ((local.valid || local.checkpoint || call->training.record_every > 0) && !run_is_trained(model))
        return error_set(GEMML_ERROR_UNSUPPORTED, "only descent and networks without L-BFGS have %s",
                         local.valid        ? "validation rows"
                         : local.checkpoint ? "checkpoints"
                                            : "parameters to be recorded");
    call->model = model;
    if (local.valid)
        TRY(read_valid(call, local.valid));
    return local.checkpoint ? read_checkpoint(call, &local) : GEMML_OK;
}

void run_call_free(struct run_call *call)
{
    checkpoint_free(&call->resumed);
}

gemml_status run_check_classes(const struct training *training, size_t classes)
{
    return training->valid && classes > 0 ? validate_classes(&training->valid->y, classes, NULL) : GEMML_OK;
}

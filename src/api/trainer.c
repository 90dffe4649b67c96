/* The life of a trainer: from a model and data to a run, and from its end to a fitted model. */
#include "api/trainer.h"

#include <math.h>

#include "kernel/linalg_guard.h"
#include "solve/quadratic.h"
#include "solve/ridge.h"
#include "util/clock.h"
#include "util/parallel.h"

/* ---- Before and after the run, by kind ------------------------------------------- */

static gemml_status prepare(gemml_trainer *trainer)
{
    struct fit_problem *problem = &trainer->problem;
    struct training *training = &trainer->call.training;
    struct logistic_problem logistic = fit_problem_logistic(problem);
    struct network_problem network = fit_problem_network(problem);
    if (trainer->model->kind == GEMML_MLP)
        return network_prepare(trainer->fitted, &network, training);
    TRY(fit_problem_lay_out(trainer->fitted, problem));
    if (trainer->model->kind == GEMML_LOGISTIC)
        return logistic_prepare(trainer->fitted, &logistic, training, &trainer->columns);
    if (isnan(problem->rows.l2))
        TRY(ridge_choose(&problem->rows, trainer->fitted));
    return descent_prepare(trainer->fitted, &problem->rows, training, &trainer->quadratic);
}

static gemml_status conclude(gemml_trainer *trainer)
{
    struct fit_problem *problem = &trainer->problem;
    struct training *training = &trainer->call.training;
    struct logistic_problem logistic = fit_problem_logistic(problem);
    struct network_problem network = fit_problem_network(problem);
    return trainer->model->kind == GEMML_MLP ? network_finish(trainer->fitted, &network, training)
           : trainer->model->kind == GEMML_LOGISTIC
               ? logistic_finish(trainer->fitted, &logistic, training, trainer->columns)
               : descent_finish(trainer->fitted, &problem->rows, training);
}

/* ---- Open and publish ------------------------------------------------------------- */

static gemml_status start(gemml_trainer *trainer)
{
    TRY(fit_problem_make(&trainer->problem, trainer->model, &trainer->call.problem));
    TRY(run_check_classes(&trainer->call.training, trainer->problem.classes.count));
    TRY(fitted_new(&trainer->fitted));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = prepare(trainer);
    if (status == GEMML_OK)
        status = trainer_engine(trainer)->trainer_make(&trainer->steps, trainer->fitted, &trainer->problem.rows.data,
                                                       &trainer->call.training);
    linalg_leave(callers);
    trainer->fitted->record.l2 = trainer->problem.rows.l2; /* a state that goes on has none */
    return status;
}

gemml_status trainer_open(gemml_trainer **trainer, gemml_model *model, const gemml_dataset *train,
                          const gemml_fit_options *options, bool by_hand, double started)
{
    gemml_trainer *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->model = model;
    gemml_status status = run_call_read(&made->call, model, train, options, started);
    made->call.training.by_hand = by_hand;
    if (status == GEMML_OK)
        status = start(made);
    if (status == GEMML_OK)
        *trainer = made;
    else
        gemml_trainer_free(made);
    return status;
}

/* What is left after the state has gone to the model, or has come to nothing. */
static void release(gemml_trainer *trainer)
{
    if (trainer->fitted)
        trainer_engine(trainer)->trainer_release(trainer->steps);
    trainer->steps = NULL;
}

gemml_status trainer_publish(gemml_trainer *trainer)
{
    gemml_model *model = trainer->model;
    size_t callers = parallel_threads();
    gemml_status status = linalg_enter(callers);
    if (status == GEMML_OK) {
        status = conclude(trainer);
        linalg_leave(callers);
    }
    release(trainer);
    if (status == GEMML_OK) {
        fitted_free(model->fitted);
        model->fitted = trainer->fitted;
        model->seconds = clock_seconds() - trainer->call.training.started;
    } else {
        fitted_free(trainer->fitted);
    }
    trainer->fitted = NULL;
    return status;
}

/* ---- The handle --------------------------------------------------------------------- */

gemml_status gemml_trainer_create(gemml_trainer **trainer, gemml_model *model, const gemml_dataset *train,
                                  const gemml_fit_options *options)
{
    double started = clock_seconds();
    if (!trainer)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new trainer is NULL");
    if (model && !run_is_trained(model))
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s",
                         model->kind == GEMML_MLP ? "a network with the solver LBFGS is not trained by steps"
                                                  : "only a regression with the solver DESCENT is trained by steps");
    return trainer_open(trainer, model, train, options, true, started);
}

void gemml_trainer_free(gemml_trainer *trainer)
{
    if (!trainer)
        return;
    release(trainer);
    fitted_free(trainer->fitted);
    logistic_columns_free(trainer->columns);
    quadratic_free(trainer->quadratic);
    fit_problem_free(&trainer->problem);
    run_call_free(&trainer->call);
    memory_free(trainer->batch_weight);
    memory_free(trainer);
}

/* gemml_fit, the normal-equation check, and what they left in the model. A fit
 * works on a state of its own and publishes it when complete. */
#include <math.h>

#include "api/options.h"
#include "api/trainer.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "solve/ridge.h"
#include "util/clock.h"
#include "util/parallel.h"

static gemml_status solve_linear(struct fitted *fitted, struct linear_problem *problem, struct training *training)
{
    if (isnan(problem->l2))
        TRY(ridge_choose(problem, fitted));
    return problem->options->solver == GEMML_SOLVER_LBFGS ? lbfgs_fit(fitted, problem, training)
                                                          : direct_fit(fitted, problem);
}

/* By the solver of the model's kind. */
static gemml_status solve(struct fitted *fitted, struct fit_problem *problem, struct training *training)
{
    struct logistic_problem logistic = fit_problem_logistic(problem);
    struct network_problem network = fit_problem_network(problem);
    if (problem->model->kind == GEMML_MLP)
        return network_fit(fitted, &network, training);
    TRY(fit_problem_lay_out(fitted, problem));
    return problem->model->kind == GEMML_LOGISTIC ? logistic_fit(fitted, &logistic, training)
                                                  : solve_linear(fitted, &problem->rows, training);
}

/* A fitted state for the problem. */
static gemml_status make_fitted(struct fitted **fitted, struct fit_problem *problem, struct training *training)
{
    struct fitted *made;
    size_t callers = parallel_threads();
    TRY(fitted_new(&made));
    gemml_status status = linalg_enter(callers);
    if (status == GEMML_OK) {
        status = solve(made, problem, training);
        linalg_leave(callers);
    }
    made->record.l2 = problem->rows.l2;
    if (status == GEMML_OK)
        *fitted = made;
    else
        fitted_free(made);
    return status;
}

static gemml_status fit_at_once(gemml_model *model, const gemml_dataset *train, const gemml_fit_options *options,
                                double started)
{
    struct run_call call;
    struct fit_problem problem;
    struct fitted *fitted;
    TRY(run_call_read(&call, model, train, options, started));
    TRY(fit_problem_make(&problem, model, &call.problem));
    gemml_status status = make_fitted(&fitted, &problem, &call.training);
    fit_problem_free(&problem);
    TRY(status);
    fitted_free(model->fitted);
    model->fitted = fitted;
    model->seconds = clock_seconds() - started;
    return GEMML_OK;
}

/* A trainer, run to its end. */
static gemml_status fit_by_steps(gemml_model *model, const gemml_dataset *train, const gemml_fit_options *options,
                                 double started)
{
    gemml_trainer *trainer;
    size_t callers = parallel_threads();
    TRY(trainer_open(&trainer, model, train, options, false, started));
    gemml_status status = linalg_enter(callers);
    if (status == GEMML_OK) {
        status = trainer_engine(trainer)->trainer_run(trainer->steps);
        linalg_leave(callers);
    }
    if (status == GEMML_OK)
        status = trainer_publish(trainer);
    gemml_trainer_free(trainer);
    return status;
}

static gemml_fit_info describe(const gemml_model *model)
{
    const struct fit_record *record = &model->fitted->record;
    gemml_fit_info info = GEMML_FIT_INFO_INIT;
    info.outcome = record->outcome;
    info.solver = record->solver;
    info.epochs = record->epochs;
    info.iterations = record->iterations;
    info.objective = record->objective;
    info.loss = record->loss;
    info.best_epoch = record->best_epoch;
    info.seconds = model->seconds;
    info.loss_history = record->loss_history;
    info.loss_history_count = record->loss_history_count;
    info.notice = record->notice ? record->notice : "";
    info.l2 = record->l2;
    info.l2_path = record->l2_path;
    info.l2_path_count = record->l2_path_count;
    info.valid_loss_history = record->valid_loss_history;
    info.score_history = record->score_history;
    info.valid_epochs = record->valid_epochs;
    info.valid_history_count = record->valid_history_count;
    info.recorded = record->recorded;
    info.recorded_epochs = record->recorded_epochs;
    info.recorded_count = record->recorded_count;
    return info;
}

gemml_status gemml_fit(gemml_model *model, const gemml_dataset *train, const gemml_fit_options *options,
                       gemml_fit_info *info)
{
    double started = clock_seconds();
    if (info)
        TRY(options_write("gemml_fit_info", info, NULL, sizeof *info));
    TRY((model && run_is_trained(model) ? fit_by_steps : fit_at_once)(model, train, options, started));
    return info ? gemml_get_fit_info(model, info) : GEMML_OK;
}

gemml_status gemml_get_fit_info(const gemml_model *model, gemml_fit_info *info)
{
    TRY(validate_fitted(model));
    gemml_fit_info known = describe(model);
    return options_write("gemml_fit_info", info, &known, sizeof known);
}

const char *gemml_outcome_string(gemml_outcome outcome)
{
    static const char *const names[] = {"converged", "stopped_early", "limit",   "time_limit",
                                        "cancelled", "separated",     "diverged"};
    size_t index = (size_t)outcome;
    return index < sizeof names / sizeof *names ? names[index] : "unknown outcome";
}

gemml_status gemml_normal_equation_check(gemml_model *model, const gemml_dataset *data, gemml_normal_equations *check)
{
    gemml_normal_equations known = GEMML_NORMAL_EQUATIONS_INIT;
    struct linear_problem problem = {0};
    if (check)
        TRY(options_write("gemml_normal_equations", check, NULL, sizeof known));
    TRY(validate_fitted_data(model, data, &problem));
    if (model->kind != GEMML_LINEAR)
        return error_set(GEMML_ERROR_UNSUPPORTED, "only a linear regression has normal equations");
    problem.options = &model->linear;
    problem.l2 = model->fitted->record.l2;
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = normal_equations_check(model->fitted, &problem, &known);
    linalg_leave(callers);
    if (status != GEMML_OK)
        return status;
    model->fitted->summary.normal_equation_residual = known.residual;
    model->fitted->summary.closed_form_distance = known.distance;
    return check ? options_write("gemml_normal_equations", check, &known, sizeof known) : GEMML_OK;
}

gemml_status gemml_recall(gemml_model *model, size_t index)
{
    TRY(validate_fitted(model));
    const struct fit_record *record = &model->fitted->record;
    size_t parameters = model->fitted->chain.parameters;
    gemml_matrix out = fitted_parameters_out(model->fitted);
    if (index >= record->recorded_count)
        return error_set(GEMML_ERROR_ARGUMENT, "there are no recorded parameters %zu: %zu were recorded", index,
                         record->recorded_count);
    for (size_t i = 0; i < parameters; i++)
        matrix_store(&out, 0, i, record->recorded[index * parameters + i]);
    return GEMML_OK;
}

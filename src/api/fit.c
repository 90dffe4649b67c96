/* gemml_fit, the normal-equation check, and what they left in the model. A fit
 * works on a state of its own and publishes it when complete. */
#include <math.h>

#include "api/classes.h"
#include "api/options.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "solve/ridge.h"
#include "train/engine.h"
#include "util/clock.h"
#include "util/parallel.h"

static gemml_status solve_linear(struct fitted *fitted, struct linear_problem *problem, struct training *training)
{
    size_t callers = parallel_threads();
    TRY(fitted_lay_out(fitted, problem->data.x.cols, problem->data.y.cols, ACTIVATION_IDENTITY, LOSS_SQUARED_ERROR,
                       problem->options->intercept != 0, problem->options->dtype));
    TRY(linalg_enter(callers));
    gemml_solver solver = problem->options->solver;
    gemml_status status = isnan(problem->l2) ? ridge_choose(problem, fitted) : GEMML_OK;
    if (status == GEMML_OK)
        status = solver == GEMML_SOLVER_DESCENT ? descent_fit(fitted, problem, training)
                 : solver == GEMML_SOLVER_LBFGS ? lbfgs_fit(fitted, problem, training)
                                                : cholesky_fit(fitted, problem);
    linalg_leave(callers);
    return status;
}

/* A fitted state for the problem. */
static gemml_status make_fitted(struct fitted **fitted, const gemml_model *model, struct linear_problem *problem,
                                struct training *training)
{
    struct fitted *made;
    TRY(fitted_new(&made));
    gemml_status status = model->kind == GEMML_LOGISTIC ? classes_fit(made, model, problem, training)
                                                        : solve_linear(made, problem, training);
    made->record.l2 = problem->l2;
    if (status == GEMML_OK)
        *fitted = made;
    else
        fitted_free(made);
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
    return info;
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

gemml_status gemml_fit(gemml_model *model, const gemml_dataset *train, const gemml_fit_options *options,
                       gemml_fit_info *info)
{
    double started = clock_seconds();
    gemml_fit_options local;
    struct fitted *fitted;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the model is NULL");
    struct linear_problem problem = {.options = &model->linear, .l2 = model_settings(model).l2, .schema = model->schema};
    TRY(fit_options_read(options, &local));
    if (info)
        TRY(options_write("gemml_fit_info", info, NULL, sizeof *info));
    TRY(validate_dataset(train, &problem));
    TRY(check_schema(model, &problem));
    struct training training = {.time_budget = local.time_budget,
                                .started = started,
                                .progress = local.progress,
                                .progress_data = local.progress_data};
    TRY(make_fitted(&fitted, model, &problem, &training));
    fitted_free(model->fitted);
    model->fitted = fitted;
    model->seconds = clock_seconds() - started;
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

/* Logistic regression: which solver, what it leaves in the model. */
#include "solve/logistic.h"

#include <math.h>
#include <string.h>

#include "chain/fisher.h"
#include "chain/notice.h"
#include "data/scaler.h"
#include "solve/lbfgs.h"
#include "solve/linear.h"
#include "solve/logistic_start.h"
#include "solve/logistic_summary.h"
#include "solve/newton.h"
#include "solve/separation.h"

/* A fit under way. theta: in the solvers' coordinates. */
struct run {
    struct fitted *fitted;
    const struct logistic_problem *problem;
    struct logistic_space space;
    struct logistic_monitor monitor;
    double *theta, *gradient;
    const struct columns *columns;
    bool sampled, misled; /* L-BFGS starts at a sample's answer; in vain */
};

/* Flops of a pass for the Fisher information; depends on shapes alone. */
static double fisher_flops(const struct run *run)
{
    double order = (double)fisher_order(&run->fitted->chain);
    return (double)run->problem->data.x.rows * order * order;
}

/* Few parameters, or so little data that a Newton step costs no more than a few passes. */
static gemml_solver choose_solver(const struct run *run)
{
    gemml_solver asked = run->problem->options->solver;
    size_t order = fisher_order(&run->fitted->chain);
    if (asked != GEMML_SOLVER_AUTO)
        return asked;
    bool small = order <= 16 || (order <= 512 && fisher_flops(run) <= 1e8);
    return small ? GEMML_SOLVER_NEWTON : GEMML_SOLVER_LBFGS;
}

/* After LBFGS: steps of Newton for the last digits, where they cost little. */
static bool should_polish(const struct run *run)
{
    return run->problem->options->solver == GEMML_SOLVER_AUTO && fisher_order(&run->fitted->chain) <= 512 &&
           fisher_flops(run) <= 2e9 && run->fitted->dtype == GEMML_F64;
}

static double default_tolerance(const struct run *run, gemml_solver solver)
{
    double given = run->problem->options->tolerance;
    return !isnan(given) ? given : run->fitted->dtype == GEMML_F32 && solver == GEMML_SOLVER_LBFGS ? 1e-5 : 1e-8;
}

static size_t default_iterations(const struct run *run, gemml_solver solver)
{
    size_t given = run->problem->options->max_iterations;
    return given != GEMML_AUTO_COUNT ? given : solver == GEMML_SOLVER_NEWTON ? 100 : 1000;
}

/* ---- L-BFGS -------------------------------------------------------------------- */

/* Columns whose mean is large beside their spread would cancel in c - sum m s u; so
 * would those of f32 with much less. */
static bool may_be_implicit(const struct run *run)
{
    const struct logistic_space *space = &run->space;
    for (size_t j = 0; j < space->p; j++)
        if (fabs(space->center[j]) * space->scale[j] > 1000)
            return false;
    return space->intercept && run->fitted->dtype == GEMML_F64 && run->problem->data.x.dtype == GEMML_F64;
}

/* The Hessian of the loss at theta = 0, over columns that do not correlate: p (1 - p) with p = 1 / K. */
static double first_step(const struct run *run)
{
    double K = (double)run->problem->classes;
    return K * K / (K - 1);
}

/* Of the type of lbfgs_settings' observe. At theta = 0 all classes are equally probable: a
 * start that is no better was none. */
static gemml_status observe(void *context, size_t iteration, const double *theta, double value, const double *gradient,
                            bool *stop)
{
    struct run *run = context;
    run->misled = run->sampled && iteration == 0 && !(value < log((double)run->problem->classes));
    *stop = run->misled;
    return run->misled ? GEMML_OK : logistic_observe(&run->monitor, iteration, theta, value, gradient, stop);
}

/* From theta = 0, or where `start` leads. */
static gemml_status minimise_lbfgs(struct run *run, struct logistic_function *function, struct logistic_start *start)
{
    struct lbfgs_settings settings = {.variables = run->fitted->chain.parameters,
                                      .iterations = run->monitor.most_iterations,
                                      .first_step = first_step(run),
                                      .noise = run->fitted->dtype == GEMML_F32 ? 1e-7 : 1e-14,
                                      .evaluate = logistic_function_evaluate,
                                      .observe = observe,
                                      .function = function,
                                      .observer = run};
    struct lbfgs_result result;
    if (start)
        TRY(logistic_start_make(start, function, run->theta, &settings));
    run->sampled = settings.metric != NULL;
    return lbfgs_minimise(run->theta, &settings, &result);
}

/* On much data from a sample's answer. */
static gemml_status start_lbfgs(struct run *run, struct logistic_function *function)
{
    struct logistic_start start;
    gemml_solver asked = run->problem->options->solver;
    if (asked == GEMML_SOLVER_AUTO && logistic_start_pays(run->problem->data.x.rows, run->fitted->chain.parameters)) {
        gemml_status status = minimise_lbfgs(run, function, &start);
        logistic_start_free(&start);
        if (status != GEMML_OK || !run->misled)
            return status;
        memset(run->theta, 0, run->fitted->chain.parameters * sizeof *run->theta);
    }
    return minimise_lbfgs(run, function, NULL);
}

static gemml_status run_lbfgs(struct run *run)
{
    struct logistic_function function;
    TRY(logistic_function_make(&function, run->problem, &run->space, &run->fitted->chain, run->fitted->dtype,
                               may_be_implicit(run)));
    run->monitor.function = &function;
    run->monitor.most_iterations = default_iterations(run, GEMML_SOLVER_LBFGS);
    run->monitor.tolerance = default_tolerance(run, GEMML_SOLVER_LBFGS);
    if (should_polish(run))
        run->monitor.tolerance = fmax(run->monitor.tolerance, 1e-6);
    gemml_status status = start_lbfgs(run, &function);
    logistic_function_free(&function);
    if (status == GEMML_OK && !run->monitor.ended)
        run->monitor.outcome = GEMML_LIMIT;
    return status;
}

/* ---- Newton -------------------------------------------------------------------- */

static gemml_status run_newton(struct run *run, struct newton *newton)
{
    size_t done = run->fitted->record.iterations;
    run->monitor.function = newton->function;
    run->monitor.done = done;
    run->monitor.ended = false;
    run->monitor.tolerance = default_tolerance(run, GEMML_SOLVER_NEWTON);
    run->monitor.most_iterations = default_iterations(run, GEMML_SOLVER_NEWTON);
    return newton_minimise(newton, run->theta, run->monitor.most_iterations, &run->monitor);
}

/* ---- What a fit leaves --------------------------------------------------------- */

/* Of the answers that differ by the same for all classes, the one that sums to 0. */
static void center_classes(struct run *run)
{
    size_t K = run->space.K, count = run->fitted->chain.parameters / K;
    for (size_t j = 0; K > 1 && j < count; j++) {
        double mean = 0, *u = run->theta + j * K;
        for (size_t k = 0; k < K; k++)
            mean += u[k] / (double)K;
        for (size_t k = 0; k < K; k++)
            u[k] -= mean;
    }
}

/* A constant column says nothing beside an intercept: its coefficient is 0, not what rounding left of the
 * null space, which in the column's own units may be anything. */
static void drop_constants(struct run *run)
{
    size_t K = run->space.K;
    for (size_t j = 0; j < run->space.p; j++)
        if (run->columns->variance[j] == 0 && (run->space.intercept || run->columns->mean[j] == 0))
            memset(run->theta + j * K, 0, K * sizeof *run->theta);
}

/* The model's precision may not hold what the columns ask for: sum_j |du_j| is how far the rounding of the chain's
 * parameters moves z near the mean. `rounded`: room for theta as it is after it. */
static gemml_status note_rounding(struct run *run, double *rounded)
{
    gemml_view stored = fitted_parameters(run->fitted);
    size_t K = run->space.K;
    double largest = 0;
    logistic_space_from_parameters(&run->space, &stored, rounded);
    for (size_t k = 0; k < K; k++) {
        double sum = 0;
        for (size_t i = k; i < stored.cols; i += K)
            sum += fabs(rounded[i] - run->theta[i]);
        largest = fmax(largest, sum);
    }
    if (!(largest > 1e-2))
        return GEMML_OK;
    bool single = run->fitted->dtype == GEMML_F32;
    return notice_add(&run->fitted->record,
                      "Rounded to %s precision, the parameters move log odds by up to %.2g: %sstandardise the columns.",
                      single ? "single" : "double", largest, single ? "take double, or " : "");
}

static gemml_status store_parameters(struct run *run)
{
    struct fitted *fitted = run->fitted;
    gemml_matrix to = fitted_parameters_out(fitted);
    gemml_view stored = fitted_parameters(fitted);
    double *parameters;
    TRY(memory_alloc(&parameters, to.cols, sizeof *parameters));
    logistic_space_parameters(&run->space, run->theta, parameters);
    gemml_status status = GEMML_OK;
    for (size_t i = 0; i < to.cols && status == GEMML_OK; i++) {
        matrix_store(&to, 0, i, parameters[i]);
        if (!isfinite(view_element(&stored, 0, i)))
            status =
                error_set(GEMML_ERROR_NONFINITE,
                          "parameter %zu of the fit is %g: beyond the range of the model's numbers", i, parameters[i]);
    }
    if (status == GEMML_OK)
        status = note_rounding(run, parameters);
    memory_free(parameters);
    return status;
}

/* The loss of the answer is known from the iteration, but for f32's, whose digits are few. */
static gemml_status store_loss(struct run *run, struct logistic_function *function)
{
    struct fit_record *record = &run->fitted->record;
    double value;
    record->loss = run->monitor.loss;
    if (run->fitted->dtype == GEMML_F32) {
        TRY(logistic_function_evaluate(function, run->theta, &value, run->gradient));
        record->loss = function->loss;
    }
    record->objective = run->problem->sum_weight * (record->loss + logistic_penalty(function, run->theta));
    return GEMML_OK;
}

/* Without a penalty: is the answer one? */
static gemml_status look(struct run *run, struct logistic_function *function, struct newton *newton)
{
    double value;
    if (run->problem->options->l2 > 0)
        return GEMML_OK;
    if (newton) {
        TRY(logistic_function_evaluate(function, run->theta, &value, run->gradient));
        TRY(newton_direction(newton, run->theta, run->gradient));
    }
    return separation_look(run->fitted, function, run->theta, newton);
}

static gemml_status note_limit(struct run *run)
{
    struct fit_record *record = &run->fitted->record;
    const struct logistic_monitor *monitor = &run->monitor;
    bool exhausted = record->iterations >= monitor->most_iterations;
    if (record->outcome != GEMML_LIMIT && record->outcome != GEMML_TIME_LIMIT)
        return GEMML_OK;
    if (record->outcome == GEMML_LIMIT && !exhausted)
        return notice_add(record,
                          "After %zu iterations no step reduces the objective beyond its rounding, but the largest "
                          "component of its gradient is %.3g, above the tolerance of %.3g. Try a larger tolerance%s.",
                          record->iterations, monitor->largest, monitor->tolerance,
                          run->fitted->dtype == GEMML_F32 ? ", or f64" : "");
    return notice_add(record,
                      "The limit was reached after %zu iterations: the largest component of the gradient was still "
                      "%.3g, above the tolerance of %.3g. Try more %s, standardised columns, or l2 > 0.",
                      record->iterations, monitor->largest, monitor->tolerance,
                      record->outcome == GEMML_LIMIT ? "iterations" : "time");
}

/* The answer, and what is known of it. `newton` is NULL where its matrix is too large. */
static gemml_status finish(struct run *run, struct logistic_function *function, struct newton *newton)
{
    bool descent = run->fitted->record.solver == GEMML_SOLVER_DESCENT;
    if (!descent) {
        drop_constants(run);
        center_classes(run);
        run->fitted->record.outcome = run->monitor.outcome;
        TRY(store_parameters(run));
        TRY(store_loss(run, function));
        TRY(note_limit(run));
    }
    TRY(look(run, function, newton));
    return logistic_summary_store(run->fitted, function, newton);
}

/* With Newton's matrix at hand. */
static gemml_status solve_with_newton(struct run *run, struct logistic_function *function, bool iterate)
{
    struct newton newton;
    TRY(newton_make(&newton, function));
    gemml_status status = iterate ? run_newton(run, &newton) : GEMML_OK;
    if (status == GEMML_OK)
        status = finish(run, function, &newton);
    newton_free(&newton);
    return status;
}

/* Unpenalised answers are looked at with Newton's matrix, for separation and standard errors. */
static bool wants_information(const struct run *run)
{
    return run->problem->options->l2 == 0 && fisher_order(&run->fitted->chain) <= NEWTON_MOST;
}

/* From theta: Newton's steps where `iterate` says so, and what is known of the answer. */
static gemml_status conclude(struct run *run, bool iterate)
{
    struct logistic_function function;
    TRY(logistic_function_make(&function, run->problem, &run->space, &run->fitted->chain, GEMML_F64, false));
    gemml_status status =
        iterate || wants_information(run) ? solve_with_newton(run, &function, iterate) : finish(run, &function, NULL);
    logistic_function_free(&function);
    return status;
}

static gemml_status solve(struct run *run)
{
    gemml_solver solver = choose_solver(run);
    run->fitted->record.solver = solver;
    if (solver == GEMML_SOLVER_LBFGS)
        TRY(run_lbfgs(run));
    bool polish = solver == GEMML_SOLVER_LBFGS && run->monitor.outcome == GEMML_CONVERGED && should_polish(run);
    return conclude(run, solver == GEMML_SOLVER_NEWTON || polish);
}

/* What the trainer came to, in the solvers' coordinates. */
static gemml_status finish_descent(struct run *run)
{
    gemml_view parameters = fitted_parameters(run->fitted);
    run->fitted->record.solver = GEMML_SOLVER_DESCENT;
    TRY(descent_note_outcome(run->fitted, run->monitor.training));
    logistic_space_from_parameters(&run->space, &parameters, run->theta);
    return conclude(run, false);
}

/* Does `work` on a run in the space of these columns. */
static gemml_status in_space(struct fitted *fitted, const struct logistic_problem *problem, struct training *training,
                             const struct columns *columns, gemml_status (*work)(struct run *run))
{
    struct run run = {.fitted = fitted, .problem = problem, .columns = columns};
    size_t parameters = fitted->chain.parameters;
    TRY(logistic_space_make(&run.space, columns, &fitted->map, fitted->chain.layer[0].bias,
                            chain_outputs(&fitted->chain), problem->options->l2));
    gemml_status status = memory_zeroed(&run.theta, memory_product(2, parameters), sizeof *run.theta);
    if (status == GEMML_OK) {
        run.gradient = run.theta + parameters;
        run.monitor = (struct logistic_monitor){
            .problem = problem, .space = &run.space, .training = training, .record = &fitted->record};
        status = work(&run);
    }
    memory_free(run.theta);
    logistic_space_free(&run.space);
    return status;
}

static gemml_status fold_columns(struct columns *columns, const struct logistic_problem *problem)
{
    struct view_source source = view_source_f64(problem->data.x, problem->data.y, problem->data.weight);
    return linear_columns(columns, &source);
}

static gemml_status fit_map(struct fitted *fitted, const struct logistic_problem *problem,
                            const struct columns *columns)
{
    const gemml_logistic_options *options = problem->options;
    struct scaling scaling = {options->scaling, options->range_low, options->range_high};
    return scaler_fit(&fitted->map, scaling, problem->data.x.cols, columns, problem->schema);
}

gemml_status logistic_fit(struct fitted *fitted, const struct logistic_problem *problem, struct training *training)
{
    struct columns columns;
    TRY(fold_columns(&columns, problem));
    gemml_status status = fit_map(fitted, problem, &columns);
    if (status == GEMML_OK)
        status = in_space(fitted, problem, training, &columns, solve);
    columns_free(&columns);
    return status;
}

gemml_status logistic_prepare(struct fitted *fitted, const struct logistic_problem *problem, struct training *training,
                              struct columns **columns)
{
    TRY(memory_zeroed(columns, 1, sizeof **columns));
    TRY(fold_columns(*columns, problem));
    TRY(fit_map(fitted, problem, *columns));
    return logistic_descent_settings(training, fitted, problem);
}

void logistic_columns_free(struct columns *columns)
{
    if (columns)
        columns_free(columns);
    memory_free(columns);
}

gemml_status logistic_finish(struct fitted *fitted, const struct logistic_problem *problem, struct training *training,
                             const struct columns *columns)
{
    return in_space(fitted, problem, training, columns, finish_descent);
}

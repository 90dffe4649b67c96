/* A network by L-BFGS: the objective F / sum w of all rows as a function of the chain's
 * parameters, from those that the rule of initialisation gave. In double, but for the
 * pass over the data, which is in the model's dtype. Per evaluation one forward and one
 * backward pass; memory of 2 LBFGS_MEMORY + 6 vectors of parameters. */
#include <math.h>

#include "chain/notice.h"
#include "chain/objective.h"
#include "solve/lbfgs.h"
#include "solve/network.h"
#include "train/engine.h"
#include "util/clock.h"

struct run {
    struct fitted *fitted;
    const struct network_problem *problem;
    struct training *training;
    void *gradient; /* of the model's dtype */
    double loss, largest, tolerance;
    size_t most_iterations, capacity;
};

static void store(struct run *run, const double *theta)
{
    gemml_matrix to = fitted_parameters_out(run->fitted);
    for (size_t i = 0; i < to.cols; i++)
        matrix_store(&to, 0, i, theta[i]);
}

/* F / sum w and its gradient. Where sums overflow F is infinite, and the line search turns back. */
static gemml_status evaluate(void *context, const double *theta, double *value, double *gradient)
{
    struct run *run = context;
    const struct chain *chain = &run->fitted->chain;
    double lambda = run->problem->options->l2;
    store(run, theta);
    gemml_status status =
        engine_of(run->fitted->dtype)->objective(run->fitted, &run->problem->data, lambda, &run->loss, run->gradient);
    *value = INFINITY;
    if (status == GEMML_ERROR_NONFINITE)
        return GEMML_OK;
    TRY(status);
    *value = run->loss;
    if (lambda > 0)
        *value += lambda / 2 * objective_squares_f64(chain, theta) / run->problem->sum_weight;
    gemml_view view = {run->gradient, 1, chain->parameters, chain->parameters, run->fitted->dtype, 0};
    for (size_t i = 0; i < chain->parameters; i++)
        gradient[i] = view_element(&view, 0, i);
    return GEMML_OK;
}

static gemml_status remember_loss(struct run *run)
{
    struct fit_record *record = &run->fitted->record;
    size_t count = record->loss_history_count;
    TRY(memory_grow(&record->loss_history, &run->capacity, count, count + 1, sizeof *record->loss_history));
    record->loss_history[record->loss_history_count++] = run->loss;
    return GEMML_OK;
}

static bool is_cancelled(const struct run *run, size_t iteration)
{
    const struct training *training = run->training;
    double seconds = clock_seconds() - training->started;
    gemml_progress progress = {
        sizeof progress, iteration, run->most_iterations, iteration, run->loss, NAN, seconds, NAN, NAN};
    return training->progress && training->progress(&progress, training->progress_data) != 0;
}

static gemml_status observe(void *context, size_t iteration, const double *theta, double value, const double *gradient,
                            bool *stop)
{
    struct run *run = context;
    struct fit_record *record = &run->fitted->record;
    (void)theta;
    record->iterations = record->epochs = record->best_epoch = iteration;
    if (iteration > 0)
        TRY(remember_loss(run));
    run->largest = 0;
    for (size_t i = 0; i < run->fitted->chain.parameters; i++)
        run->largest = fmax(run->largest, fabs(gradient[i]));
    *stop = true;
    if (!isfinite(value))
        record->outcome = GEMML_DIVERGED;
    else if (run->largest <= run->tolerance)
        record->outcome = GEMML_CONVERGED;
    else if (clock_seconds() - run->training->started >= run->training->time_budget)
        record->outcome = GEMML_TIME_LIMIT;
    else if (is_cancelled(run, iteration))
        record->outcome = GEMML_CANCELLED;
    else
        *stop = false;
    return GEMML_OK;
}

/* The parameters kept, and what F is there. */
static gemml_status finish(struct run *run, const double *theta, double *gradient)
{
    struct fit_record *record = &run->fitted->record;
    double value;
    TRY(evaluate(run, theta, &value, gradient));
    record->solver = GEMML_SOLVER_LBFGS;
    record->loss = run->loss;
    record->objective = value * run->problem->sum_weight;
    if (record->outcome != GEMML_LIMIT || record->iterations >= run->most_iterations)
        return GEMML_OK;
    return notice_add(record,
                      "After %zu iterations no step reduces the objective beyond its rounding, but the largest "
                      "component of its gradient is %.3g, above the tolerance of %.3g.",
                      record->iterations, run->largest, run->tolerance);
}

static gemml_status minimise(struct run *run, double *theta, double *gradient)
{
    gemml_view first = fitted_parameters(run->fitted);
    for (size_t i = 0; i < first.cols; i++)
        theta[i] = view_element(&first, 0, i);
    run->fitted->record.outcome = GEMML_LIMIT;
    struct lbfgs_settings settings = {.variables = first.cols,
                                      .iterations = run->most_iterations,
                                      .first_step = 1,
                                      .noise = run->fitted->dtype == GEMML_F32 ? 1e-7 : 1e-14,
                                      .evaluate = evaluate,
                                      .observe = observe,
                                      .function = run,
                                      .observer = run};
    struct lbfgs_result result;
    TRY(lbfgs_minimise(theta, &settings, &result));
    return finish(run, theta, gradient);
}

gemml_status network_lbfgs(struct fitted *fitted, const struct network_problem *problem, struct training *training)
{
    const gemml_mlp_options *options = problem->options;
    size_t count = fitted->chain.parameters;
    struct run run = {.fitted = fitted, .problem = problem, .training = training};
    run.tolerance = isnan(options->tolerance) ? 1e-5 : options->tolerance;
    run.most_iterations = options->epochs == GEMML_AUTO_COUNT ? 1000 : options->epochs;
    if (options->max_iterations < run.most_iterations)
        run.most_iterations = options->max_iterations;
    double *theta;
    TRY(memory_alloc(&theta, memory_product(2, count), sizeof *theta));
    gemml_status status = memory_alloc(&run.gradient, count, dtype_size(fitted->dtype));
    if (status == GEMML_OK)
        status = minimise(&run, theta, theta + count);
    memory_free(run.gradient);
    memory_free(theta);
    return status;
}

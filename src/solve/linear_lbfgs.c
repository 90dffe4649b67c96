/* Linear regression by L-BFGS: the chain's objective, on the centred and scaled columns
 * that logistic.h describes (there is nothing logistic about them), from beta = 0 and
 * b = the mean target. Targets of several outputs should be of one scale: the tolerance is
 * relative to the largest gradient of them all. Per iteration 2 p^2 K flops where the shape is one for which the
 * objective as a quadratic pays (quadratic.h); else one pass of 4 n p K, and no p x p matrix: memory of 2 LBFGS_MEMORY
 * vectors of p K numbers. */
#include <float.h>
#include <math.h>

#include "chain/notice.h"
#include "solve/lbfgs.h"
#include "solve/linear.h"
#include "solve/logistic.h"
#include "solve/quadratic.h"

struct run {
    struct fitted *fitted;
    struct logistic_problem problem; /* what the function and the monitor look at */
    gemml_logistic_options options;
    struct logistic_space space;
    struct logistic_function function;
    struct logistic_monitor monitor;
    struct quadratic *quadratic; /* NULL: evaluations are passes over the data */
    double *theta, *gradient;
};

static void adapt(struct run *run, const struct linear_problem *problem)
{
    gemml_logistic_options_init(&run->options);
    run->options.tolerance = problem->options->tolerance;
    run->problem = (struct logistic_problem){.data = problem->data,
                                             .positive_rows = problem->positive_rows,
                                             .sum_weight = problem->sum_weight,
                                             .options = &run->options};
}

/* Of the gradient, what rounding of targets of this size leaves: where the run begins at the minimum, it
 * is all there is. */
static double rounding_of(const struct run *run, const struct columns *columns)
{
    double largest = 0;
    for (size_t k = run->space.p; k < columns->count; k++)
        largest = fmax(largest, fabs(columns->mean[k]) + sqrt(columns->variance[k]));
    return (run->fitted->dtype == GEMML_F32 ? (double)FLT_EPSILON : DBL_EPSILON) * largest;
}

/* The library's own tolerance is relative to the first gradient: targets have units. */
static gemml_status minimise(struct run *run, const struct linear_problem *problem, const struct columns *columns)
{
    const gemml_linear_options *options = problem->options;
    bool single = run->fitted->dtype == GEMML_F32;
    size_t count = run->fitted->chain.parameters;
    double value;
    TRY(logistic_function_evaluate(&run->function, run->theta, &value, run->gradient));
    run->monitor.tolerance =
        isnan(options->tolerance)
            ? fmax((single ? 1e-6 : 1e-12) * logistic_largest(count, run->gradient), rounding_of(run, columns))
            : options->tolerance;
    struct lbfgs_settings settings = {.variables = count,
                                      .iterations = run->monitor.most_iterations,
                                      .first_step = 1, /* the columns' variance is 1 */
                                      .noise = single ? 1e-7 : 1e-14,
                                      .evaluate = logistic_function_evaluate,
                                      .observe = logistic_observe,
                                      .function = &run->function,
                                      .observer = &run->monitor};
    struct lbfgs_result result;
    TRY(lbfgs_minimise(run->theta, &settings, &result));
    run->fitted->record.outcome = run->monitor.ended ? run->monitor.outcome : GEMML_LIMIT;
    return GEMML_OK;
}

/* Parameters, and the objective where they stand: over targets that went through the output map. */
static gemml_status store(struct run *run, const struct linear_problem *problem)
{
    struct fitted *fitted = run->fitted;
    struct fit_record *record = &fitted->record;
    double *parameters = run->gradient, squares = 0, lambda = problem->l2;
    logistic_space_parameters(&run->space, run->theta, parameters);
    linear_scale_parameters(fitted->chain.layer, &fitted->target_map, parameters);
    TRY(linear_store_parameters(fitted, parameters));
    TRY(engine_of(fitted->dtype)->objective(fitted, &problem->data, lambda, &record->loss, NULL));
    for (size_t i = 0; lambda > 0 && i < run->space.p * run->space.K; i++)
        squares += parameters[i] * parameters[i];
    record->objective = record->loss * problem->sum_weight + lambda / 2 * squares;
    record->solver = GEMML_SOLVER_LBFGS;
    if (record->outcome == GEMML_LIMIT)
        return notice_add(record,
                          "No minimum was reached in %zu iterations: the largest component of the gradient was still "
                          "%.3g, above the tolerance of %.3g.",
                          record->iterations, run->monitor.largest, run->monitor.tolerance);
    return GEMML_OK;
}

/* Where it pays, evaluations cost no pass over the data. */
static gemml_status make_quadratic(struct run *run, const struct linear_problem *problem,
                                   const struct view_source *source)
{
    struct gram gram;
    if (run->fitted->dtype != GEMML_F64 ||
        !quadratic_pays(problem->data.x.rows, run->space.p, run->monitor.most_iterations))
        return GEMML_OK;
    TRY(linear_gram(&gram, source));
    gemml_status status = quadratic_make(&run->quadratic, run->function.chain, source, &gram, &run->function.map, NULL);
    run->function.quadratic = run->quadratic;
    gram_free(&gram);
    return status;
}

static gemml_status run_in_space(struct run *run, const struct linear_problem *problem,
                                 const struct view_source *source, const struct columns *columns,
                                 struct training *training)
{
    const gemml_linear_options *options = problem->options;
    struct fitted *fitted = run->fitted;
    size_t count = fitted->chain.parameters, p = run->space.p, K = run->space.K;
    TRY(memory_zeroed(&run->theta, memory_product(2, count), sizeof *run->theta));
    run->gradient = run->theta + count;
    for (size_t k = 0; run->space.intercept && k < K; k++)
        run->theta[p * K + k] = columns->mean[p + k];
    TRY(logistic_function_make(&run->function, &run->problem, &run->space, &fitted->chain, fitted->dtype, false));
    run->monitor = (struct logistic_monitor){
        .problem = &run->problem,
        .space = &run->space,
        .function = &run->function,
        .training = training,
        .record = &fitted->record,
        .most_iterations = options->max_iterations == GEMML_AUTO_COUNT ? 1000 : options->max_iterations};
    TRY(make_quadratic(run, problem, source));
    TRY(minimise(run, problem, columns));
    return store(run, problem);
}

gemml_status lbfgs_fit(struct fitted *fitted, const struct linear_problem *problem, struct training *training)
{
    struct run run = {.fitted = fitted};
    struct view_source source = linear_source(problem);
    struct columns columns;
    adapt(&run, problem);
    TRY(linear_maps(fitted, problem, &source));
    TRY(linear_columns(&columns, &source));
    gemml_status status = logistic_space_make(&run.space, &columns, &fitted->map, problem->options->intercept != 0,
                                              problem->data.y.cols, problem->l2);
    if (status == GEMML_OK)
        status = run_in_space(&run, problem, &source, &columns, training);
    logistic_function_free(&run.function);
    quadratic_free(run.quadratic);
    logistic_space_free(&run.space);
    memory_free(run.theta);
    columns_free(&columns);
    return status == GEMML_OK ? linear_iterated_summary(fitted, problem) : status;
}

/* Linear regression by gradient descent: the step length, the trainer, how it evaluates the objective, and what
 * is known of the fit afterwards. */
#include <math.h>

#include "chain/notice.h"
#include "solve/linear.h"
#include "solve/quadratic.h"
#include "stats/regression.h"

/* The default: 1 / the largest eigenvalue of the Hessian of F / sum w, for which
 * every component of the error shrinks. */
static gemml_status choose_rate(double *rate, const struct fitted *fitted, const struct linear_problem *problem,
                                const struct gram *gram)
{
    double largest = 0;
    TRY(normal_equations_largest_eigenvalue(gram, &fitted->map, problem->options->intercept != 0, problem->l2,
                                            &largest));
    *rate = largest > 0 ? 1 / largest : 1;
    return GEMML_OK;
}

/* Steps over all rows, but those by hand, whose rows are the caller's, and those in single precision, whose sums have
 * the rounding of single precision. */
static bool wants_quadratic(const struct fitted *fitted, const struct linear_problem *problem,
                            const struct training *training)
{
    size_t n = problem->data.x.rows, steps = training->epochs;
    if (training->iterations < steps)
        steps = training->iterations;
    return training->batch == n && !training->by_hand && fitted->dtype == GEMML_F64 &&
           quadratic_pays(n, problem->data.x.cols, steps);
}

/* Of the type train_objective. */
static gemml_status evaluate_quadratic(void *data, const void *theta, double *loss, void *gradient)
{
    return quadratic_evaluate(data, theta, loss, gradient);
}

/* Steps then cost no pass. `gram` is re-centred. */
static gemml_status make_quadratic(struct quadratic **quadratic, const struct fitted *fitted,
                                   const struct view_source *source, struct gram *gram, struct training *training)
{
    TRY(quadratic_make(quadratic, &fitted->chain, source, gram, &fitted->map, &fitted->target_map));
    training->objective = *quadratic ? evaluate_quadratic : NULL;
    training->objective_data = *quadratic;
    return GEMML_OK;
}

/* What the Gram matrix is wanted for: the rate, and a way to the objective. */
static gemml_status use_gram(struct quadratic **quadratic, const struct fitted *fitted,
                             const struct linear_problem *problem, const struct view_source *source,
                             struct training *training)
{
    struct gram gram;
    gemml_status status = GEMML_OK;
    bool wanted = wants_quadratic(fitted, problem, training);
    if (!wanted && !isnan(training->rate))
        return GEMML_OK;
    TRY(linear_gram(&gram, source));
    if (isnan(training->rate))
        status = choose_rate(&training->rate, fitted, problem, &gram);
    if (status == GEMML_OK && wanted)
        status = make_quadratic(quadratic, fitted, source, &gram, training);
    gram_free(&gram);
    return status;
}

/* r2, sigma and freedom of all outputs, with this rank of the columns. */
static void store_quality(struct fitted *fitted, const struct linear_problem *problem, const struct residual_sums *sums,
                          const double *tss, size_t rank)
{
    for (size_t k = 0; k < sums->outputs; k++)
        regression_statistics(&fitted->summary, k, sums->rss[k], tss[k], problem->positive_rows, rank,
                              problem->options->intercept != 0);
}

/* That a gradient has become small beside its first says nothing of columns beside which both are
 * nothing. Where the squares of the residuals have not become the least, the user must know. */
static gemml_status note_distance(struct fitted *fitted, const struct normal_equations *equations,
                                  const struct solution *solution, const struct residual_sums *sums, const double *tss)
{
    double tolerance = fitted->dtype == GEMML_F32 ? 1e-4 : 1e-6;
    for (size_t k = 0; k < sums->outputs; k++) {
        double unit = equations->scale[equations->features + k], least = solution->rss[k] / unit / unit;
        if (equations->tss[k] > 0 && sums->rss[k] - least > tolerance * tss[k])
            return notice_add(&fitted->record,
                              "The gradient is small, but the sum of squared residuals is %.3g where the least one is "
                              "%.3g: standardise the columns.",
                              sums->rss[k], least);
    }
    return GEMML_OK;
}

/* What a factor tells, by one more pass: rank, condition and standard errors, at a minimum where they exist. */
static gemml_status store_inference(struct fitted *fitted, const struct linear_problem *problem,
                                    const struct residual_sums *sums, const double *tss)
{
    struct view_source source = linear_source(problem);
    struct normal_equations equations;
    struct solution solution;
    TRY(linear_solve(&equations, &solution, &source, &fitted->map, problem, false));
    gemml_status status = linear_rank(fitted, &equations, problem->positive_rows);
    if (status == GEMML_OK)
        status = note_distance(fitted, &equations, &solution, sums, tss);
    solution_free(&solution);
    if (status == GEMML_OK) {
        fitted->summary.condition = normal_equations_condition(&equations);
        store_quality(fitted, problem, sums, tss, equations.rank);
        status = linear_statistics(fitted, &equations, problem, &source.source, sums->rss, tss);
    }
    normal_equations_free(&equations);
    return status;
}

gemml_status linear_iterated_summary(struct fitted *fitted, const struct linear_problem *problem)
{
    bool intercept = problem->options->intercept != 0;
    struct residual_sums sums;
    TRY(linear_summary(&fitted->summary, problem));
    TRY(residual_sums_fold(&sums, fitted, &problem->data));
    const double *tss = intercept ? sums.tss : sums.tss_zero;
    gemml_status status = GEMML_OK;
    store_quality(fitted, problem, &sums, tss, problem->data.x.cols + (intercept ? 1 : 0));
    if (fitted->record.outcome == GEMML_CONVERGED && problem->l2 == 0)
        status = store_inference(fitted, problem, &sums, tss);
    residual_sums_free(&sums);
    return status;
}

gemml_status descent_note_outcome(struct fitted *fitted, const struct training *training)
{
    struct fit_record *record = &fitted->record;
    if (record->outcome == GEMML_LIMIT && !(training->settled > 0)) /* of batches, which do not tell */
        return notice_add(record, "The limit was reached after %zu epochs. Try more epochs, or standardised columns.",
                          record->epochs);
    if (record->outcome == GEMML_LIMIT)
        return notice_add(record,
                          "The limit was reached after %zu epochs: the largest component of the gradient was still "
                          "%.3g of the first one. Try more epochs, or standardised columns.",
                          record->epochs, training->settled);
    if (record->outcome == GEMML_DIVERGED)
        return notice_add(record, "The loss grew beyond all numbers in epoch %zu with rate %g: try a smaller rate.",
                          record->epochs, training->rate);
    return GEMML_OK;
}

/* What a second or two can do: small problems of bad condition (Longley's takes
 * 211,000 epochs) arrive, and large ones are not given up early. */
size_t descent_default_epochs(double size)
{
    return (size_t)fmin(300000, fmax(10000, 1e9 / size));
}

gemml_status descent_prepare(struct fitted *fitted, const struct linear_problem *problem, struct training *training,
                             struct quadratic **quadratic)
{
    const gemml_linear_options *options = problem->options;
    struct view_source source = linear_source(problem);
    TRY(linear_maps(fitted, problem, &source));
    training->rate = options->rate;
    training->tolerance = options->tolerance;
    training->patience = options->patience == GEMML_AUTO_COUNT ? 1 : options->patience;
    training->epochs = options->epochs == GEMML_AUTO_COUNT
                           ? descent_default_epochs((double)problem->data.x.rows * (double)fitted->chain.parameters)
                           : options->epochs;
    training->iterations = options->max_iterations;
    training->batch = options->batch < problem->data.x.rows ? options->batch : problem->data.x.rows;
    training->lambda = problem->l2;
    training->sum_weight = problem->sum_weight;
    training->seed = options->seed;
    return use_gram(quadratic, fitted, problem, &source, training);
}

gemml_status descent_finish(struct fitted *fitted, const struct linear_problem *problem,
                            const struct training *training)
{
    fitted->record.solver = GEMML_SOLVER_DESCENT;
    TRY(descent_note_outcome(fitted, training));
    return linear_iterated_summary(fitted, problem);
}

/* Linear regression by a factor of the normal equations, whichever the columns allow (linear_solve), refinement
 * in double-double (normal_equations.h, least_squares.h), and what is known of the fit afterwards. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "chain/notice.h"
#include "solve/linear.h"
#include "stats/regression.h"

gemml_status linear_store_parameters(struct fitted *fitted, const double *theta)
{
    gemml_matrix parameters = fitted_parameters_out(fitted);
    gemml_view stored = fitted_parameters(fitted);
    double least = fitted->dtype == GEMML_F32 ? (double)FLT_MIN : DBL_MIN;
    size_t small = 0, first = 0;
    for (size_t i = 0; i < parameters.cols; i++) {
        matrix_store(&parameters, 0, i, theta[i]);
        if (!isfinite(view_element(&stored, 0, i)))
            return error_set(GEMML_ERROR_NONFINITE,
                             "parameter %zu of the fit is %g: beyond the range of the model's numbers", i, theta[i]);
        if (theta[i] != 0 && fabs(theta[i]) < least && small++ == 0)
            first = i;
    }
    return small == 0
               ? GEMML_OK
               : notice_add(&fitted->record,
                            "%zu of %zu parameters, the first is number %zu, %.3g, are so small that the model's "
                            "numbers lose their digits: bring the columns to a common scale.",
                            small, parameters.cols, first, theta[first]);
}

/* F = sum w loss + lambda/2 sum W^2, from the sums of squares. */
static void store_objective(struct fitted *fitted, const struct normal_equations *equations,
                            const struct solution *solution, const double *theta, double lambda)
{
    double loss = 0, squares = 0;
    for (size_t k = 0; k < solution->outputs; k++) {
        double unit = equations->scale[equations->features + k];
        if (fitted->target_map.scale)
            unit /= fitted->target_map.scale[k];
        loss += 0.5 * solution->rss[k] / unit / unit;
    }
    for (size_t i = 0; lambda > 0 && i < equations->features * equations->outputs; i++)
        squares += theta[i] * theta[i];
    fitted->record.loss = loss / equations->sum_weight;
    fitted->record.objective = loss + lambda / 2 * squares;
}

static gemml_status store_summary(struct fitted *fitted, struct normal_equations *equations,
                                  const struct solution *solution, const struct linear_problem *problem,
                                  const struct source *source)
{
    struct summary_record *summary = &fitted->summary;
    size_t K = solution->outputs;
    double *rss;
    TRY(memory_alloc(&rss, memory_product(2, K), sizeof *rss));
    double *tss = rss + K;
    summary->condition = normal_equations_condition(equations);
    for (size_t k = 0; k < K; k++) {
        double s_y = equations->scale[equations->features + k];
        rss[k] = solution->rss[k] / s_y / s_y;
        tss[k] = equations->tss[k] / s_y / s_y;
        regression_statistics(summary, k, rss[k], tss[k], problem->positive_rows, equations->rank,
                              equations->intercept);
    }
    gemml_status status = linear_statistics(fitted, equations, problem, source, rss, tss);
    memory_free(rss);
    return status;
}

/* How far the rounding of the parameters of output k may move a prediction near the mean: with the mean
 * mu_j and the spread sigma_j of the chain's inputs, |db| + sum_j |dW_j| (|mu_j| + sigma_j). */
static double rounding_of(const struct fitted *fitted, const struct normal_equations *equations, size_t k,
                          const double *theta)
{
    const struct input_map *map = &fitted->map;
    gemml_view stored = fitted_parameters(fitted);
    size_t p = equations->features, K = equations->outputs;
    double sum = equations->intercept ? fabs(view_element(&stored, 0, p * K + k) - theta[p * K + k]) : 0;
    for (size_t j = 0; j < p; j++) {
        double shift = map->shift ? map->shift[j] : 0, scale = map->scale ? map->scale[j] : 1;
        double mean = fabs((equations->center[j] - shift) * scale);
        double spread = sqrt(equations->square[j] / equations->sum_weight) / equations->to_chain[j];
        sum += fabs(view_element(&stored, 0, j * K + k) - theta[j * K + k]) * (mean + spread);
    }
    return sum;
}

/* That single precision is not enough for these columns: where rounding moves predictions by more than a
 * thousandth of the target's spread. */
static gemml_status note_rounding(struct fitted *fitted, const struct normal_equations *equations, const double *theta)
{
    size_t p = equations->features;
    for (size_t k = 0; k < equations->outputs && fitted->dtype == GEMML_F32; k++) {
        double spread = sqrt(equations->tss[k] / equations->sum_weight) / equations->scale[p + k];
        spread *= fitted->target_map.scale ? fitted->target_map.scale[k] : 1;
        double rounding = rounding_of(fitted, equations, k, theta);
        if (spread > 0 && rounding > 1e-3 * spread)
            return notice_add(&fitted->record,
                              "Rounded to single precision, the parameters move predictions by up to %.2g of the "
                              "target's spread: take double, or standardise the columns.",
                              rounding / spread);
    }
    return GEMML_OK;
}

static gemml_status store(struct fitted *fitted, struct normal_equations *equations, const struct solution *solution,
                          const struct linear_problem *problem, const struct source *source)
{
    double *theta;
    TRY(linear_summary(&fitted->summary, problem));
    TRY(linear_rank(fitted, equations, problem->positive_rows));
    TRY(memory_alloc(&theta, fitted->chain.parameters, sizeof *theta));
    solution_parameters(solution, equations, &fitted->map, theta);
    linear_scale_parameters(fitted->chain.layer, &fitted->target_map, theta);
    gemml_status status = linear_store_parameters(fitted, theta);
    if (status == GEMML_OK)
        status = note_rounding(fitted, equations, theta);
    store_objective(fitted, equations, solution, theta, problem->l2);
    memory_free(theta);
    if (status == GEMML_OK)
        status = store_summary(fitted, equations, solution, problem, source);
    fitted->record.outcome = GEMML_CONVERGED;
    fitted->record.solver = equations->solver;
    fitted->record.iterations = solution->steps;
    return status;
}

gemml_status direct_fit(struct fitted *fitted, const struct linear_problem *problem)
{
    struct view_source source = linear_source(problem);
    struct normal_equations equations;
    struct solution solution;
    TRY(linear_maps(fitted, problem, &source));
    TRY(linear_solve(&equations, &solution, &source, &fitted->map, problem, false));
    gemml_status status = store(fitted, &equations, &solution, problem, &source.source);
    solution_free(&solution);
    normal_equations_free(&equations);
    return status;
}

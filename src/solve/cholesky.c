/* Linear regression by the normal equations: Gram matrix, Cholesky factor,
 * refinement in double-double (see normal_equations.h, least_squares.h). */
#include <math.h>
#include <string.h>

#include "solve/linear.h"
#include "stats/regression.h"

gemml_status linear_store_parameters(struct fitted *fitted, const double *theta)
{
    gemml_matrix parameters = fitted_parameters_out(fitted);
    gemml_view stored = fitted_parameters(fitted);
    for (size_t i = 0; i < parameters.cols; i++) {
        matrix_store(&parameters, 0, i, theta[i]);
        if (!isfinite(view_element(&stored, 0, i)))
            return error_set(GEMML_ERROR_NONFINITE,
                             "parameter %zu of the fit is %g: beyond the range of the model's numbers", i, theta[i]);
    }
    return GEMML_OK;
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

static gemml_status store(struct fitted *fitted, struct normal_equations *equations, const struct solution *solution,
                          const struct linear_problem *problem, const struct source *source)
{
    double *theta;
    TRY(linear_summary(&fitted->summary, problem));
    TRY(linear_rank(fitted, equations, problem->positive_rows));
    TRY(memory_alloc(&theta, fitted->chain.parameters, sizeof *theta));
    solution_parameters(solution, equations, &fitted->map, theta);
    linear_scale_parameters(fitted, theta);
    gemml_status status = linear_store_parameters(fitted, theta);
    store_objective(fitted, equations, solution, theta, problem->l2);
    memory_free(theta);
    if (status == GEMML_OK)
        status = store_summary(fitted, equations, solution, problem, source);
    fitted->record.outcome = GEMML_CONVERGED;
    fitted->record.solver = equations->solver;
    fitted->record.iterations = solution->steps;
    return status;
}

gemml_status cholesky_fit(struct fitted *fitted, const struct linear_problem *problem)
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

/* What is known of a least squares fit beyond its solution: the root of the inverse,
 * standard errors, F, likelihood (stats/inference.h). p^3 flops, and a look at the data
 * only where they are few and the condition costs digits. */
#include <math.h>

#include "fold/weights.h"
#include "solve/inverse.h"
#include "solve/linear.h"
#include "stats/inference.h"

/* center = m, scale = s d, so that u has the Gram matrix A, and F = root of its inverse. */
static gemml_status store_inverse(struct inverse_root *inverse, const struct normal_equations *equations)
{
    size_t p = equations->features;
    struct inverse_root made = {.inputs = p};
    gemml_status status = memory_copy(&made.center, equations->center, p, sizeof *made.center);
    if (status == GEMML_OK)
        status = memory_alloc(&made.scale, p, sizeof *made.scale);
    if (status == GEMML_OK)
        status = memory_alloc(&made.root, memory_product(p, p), sizeof *made.root);
    if (status == GEMML_OK)
        status = normal_equations_root(equations, made.root, &made.rank);
    if (status != GEMML_OK) {
        memory_free(made.center);
        memory_free(made.scale);
        memory_free(made.root);
        return status;
    }
    for (size_t j = 0; j < p; j++)
        made.scale[j] = equations->scale[j] * equations->equilibration[j];
    *inverse = made;
    return GEMML_OK;
}

/* std_error = sigma s_j sqrt(C_jj), from the refined diagonal where the data are few. */
static gemml_status store_errors(struct summary_record *summary, struct normal_equations *equations,
                                 const struct source *source)
{
    size_t p = equations->features, K = equations->outputs;
    double *errors;
    TRY(memory_alloc(&errors, memory_sum(p, 1), sizeof *errors));
    gemml_status status = least_squares_inverse_diagonal(equations, source, summary->inverse.root, errors);
    for (size_t j = 0; j <= p && status == GEMML_OK; j++)
        errors[j] = j == 0 ? sqrt(errors[0]) : equations->scale[j - 1] * sqrt(errors[j]);
    if (!equations->intercept)
        errors[0] = NAN;
    for (size_t k = 0; k < K && status == GEMML_OK; k++)
        inference_std_errors(summary, K, k, p + 1, errors);
    memory_free(errors);
    return status;
}

gemml_status linear_statistics(struct fitted *fitted, struct normal_equations *equations,
                               const struct linear_problem *problem, const struct source *source, const double *rss,
                               const double *tss)
{
    struct summary_record *summary = &fitted->summary;
    size_t p = equations->features, K = equations->outputs, columns = p + (equations->intercept ? 1 : 0);
    double log_weights = weights_log_sum(&problem->data.weight);
    TRY(store_inverse(&summary->inverse, equations));
    if (problem->l2 > 0)
        return GEMML_OK;
    for (size_t k = 0; k < K; k++)
        inference_fit(summary, k, rss[k], tss[k], log_weights, equations->intercept);
    return equations->rank == columns ? store_errors(summary, equations, source) : GEMML_OK;
}

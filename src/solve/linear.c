#include "solve/linear.h"

#include <math.h>

#include "data/scaler.h"
#include "kernel/linalg.h"
#include "solve/qr.h"

/* Of the normal equations' matrix: below it squaring costs more digits than a few steps of
 * refinement give back cheaply (each wins -log10(2^-53 / rcond) of them). */
#define SAFE_RCOND 1e-10

struct view_source linear_source(const struct linear_problem *problem)
{
    struct view_source source = view_source_f64(problem->data.x, problem->data.y, problem->data.weight);
    source.x_low = problem->data.x_low;
    return source;
}

gemml_status linear_gram(struct gram *gram, const struct view_source *source)
{
    TRY(gram_fold(gram, &source->source));
    if (gram_finite(gram))
        return GEMML_OK;
    gram_free(gram);
    return source_explain_nonfinite_f64(source);
}

gemml_status linear_triangle(struct triangle *triangle, const struct view_source *source)
{
    TRY(triangle_fold(triangle, &source->source));
    if (triangle_finite(triangle))
        return GEMML_OK;
    triangle_free(triangle);
    return source_explain_nonfinite_f64(source);
}

gemml_status linear_columns(struct columns *columns, const struct view_source *source)
{
    TRY(columns_fold(columns, &source->source));
    double sum = columns->sum_weight;
    for (size_t j = 0; j < columns->count; j++)
        sum += columns->variance[j] * 0 + columns->mean[j] * 0; /* NaN when one is not finite */
    if (isfinite(sum))
        return GEMML_OK;
    columns_free(columns);
    return source_explain_nonfinite_f64(source);
}

/* What shifts targets needs an intercept. */
static void keep_origin(struct output_map *map, bool intercept)
{
    for (size_t k = 0; map->shift && k < map->outputs && !intercept; k++)
        map->shift[k] = 0;
}

gemml_status linear_maps(struct fitted *fitted, const struct linear_problem *problem, const struct view_source *source)
{
    const gemml_linear_options *options = problem->options;
    struct scaling inputs = {options->scaling, options->range_low, options->range_high}, targets = inputs;
    struct columns columns = {0};
    targets.kind = options->target_scaling;
    if (inputs.kind != GEMML_SCALING_NONE || targets.kind != GEMML_SCALING_NONE)
        TRY(linear_columns(&columns, source));
    gemml_status status = scaler_fit(&fitted->map, inputs, problem->data.x.cols, &columns, problem->schema);
    if (status == GEMML_OK)
        status = scaler_fit_targets(&fitted->target_map, targets, problem->data.x.cols, &columns);
    keep_origin(&fitted->target_map, options->intercept != 0);
    columns_free(&columns);
    return status;
}

void linear_scale_parameters(const struct layer *layer, const struct output_map *map, double *theta)
{
    for (size_t k = 0; map->scale && k < layer->outputs; k++) {
        scal_f64(layer->inputs, map->scale[k], theta + layer->weight_offset + k, layer->outputs);
        if (layer->bias)
            theta[layer->bias_offset + k] = (theta[layer->bias_offset + k] - map->shift[k]) * map->scale[k];
    }
}

void linear_unscale_parameters(const struct layer *layer, const struct output_map *map, double *theta)
{
    for (size_t k = 0; map->scale && k < layer->outputs; k++) {
        for (size_t j = 0; j < layer->inputs; j++)
            theta[layer->weight_offset + j * layer->outputs + k] /= map->scale[k];
        if (layer->bias)
            theta[layer->bias_offset + k] = theta[layer->bias_offset + k] / map->scale[k] + map->shift[k];
    }
}

/* *good is false where CHOLESKY would not be safe; where it was asked for, where it is not possible. */
static gemml_status factor_cholesky(struct normal_equations *equations, const struct view_source *source,
                                    const struct input_map *map, const struct linear_problem *problem, bool *good)
{
    bool asked = problem->options->solver == GEMML_SOLVER_CHOLESKY;
    double least = asked ? normal_equations_singular(problem->data.x.cols) : SAFE_RCOND;
    struct gram gram;
    TRY(linear_gram(&gram, source));
    gemml_status status =
        normal_equations_try(equations, &gram, map, problem->options->intercept != 0, problem->l2, least, good);
    gram_free(&gram);
    return status;
}

static gemml_status factor_orthogonal(struct normal_equations *equations, const struct view_source *source,
                                      const struct input_map *map, const struct linear_problem *problem)
{
    struct triangle triangle;
    size_t rows = source->source.rows;
    TRY(linear_triangle(&triangle, source));
    gemml_status status =
        qr_make(equations, &triangle, map, problem->options->intercept != 0, problem->l2, problem->sum_weight);
    triangle_free(&triangle);
    TRY(status);
    if (problem->options->solver == GEMML_SOLVER_SVD || qr_rank_is_doubtful(equations, rows)) {
        status = svd_factor(equations, rows);
        if (status != GEMML_OK)
            normal_equations_free(equations);
    }
    return status;
}

static gemml_status factor(struct normal_equations *equations, const struct view_source *source,
                           const struct input_map *map, const struct linear_problem *problem)
{
    bool good = false, asked = problem->options->solver == GEMML_SOLVER_CHOLESKY;
    /* With fewer rows than parameters, and no penalty, there is no factor to be had. */
    bool hopeless = problem->l2 == 0 && problem->positive_rows < problem->data.x.cols && !asked;
    if (problem->options->solver != GEMML_SOLVER_QR && problem->options->solver != GEMML_SOLVER_SVD && !hopeless)
        TRY(factor_cholesky(equations, source, map, problem, &good));
    return good ? GEMML_OK : factor_orthogonal(equations, source, map, problem);
}

static gemml_status factor_and_solve(struct normal_equations *equations, struct solution *solution,
                                     const struct view_source *source, const struct input_map *map,
                                     const struct linear_problem *problem, bool refine)
{
    TRY(factor(equations, source, map, problem));
    gemml_status status = solution_make(solution, equations);
    if (status == GEMML_OK && (refine || solution_should_refine(solution, equations, source->source.rows))) {
        status = solution_refine(solution, equations, &source->source);
        if (status != GEMML_OK)
            solution_free(solution);
    }
    if (status != GEMML_OK)
        normal_equations_free(equations);
    return status;
}

/* A power of four that brings the mean weight near 1, where squares of columns times
 * weights might otherwise leave the range of a double; mostly 1. */
static double weight_unit(const struct linear_problem *problem)
{
    double mean = problem->sum_weight / (double)problem->positive_rows;
    if (mean > 0x1p-100 && mean < 0x1p100)
        return 1;
    int half = ilogb(mean) / 2;
    return ldexp(1, -2 * (half < -500 ? -500 : half));
}

/* From weights c w, and c lambda, back to w: F is c times what it was, and A the same for
 * equilibration by another sqrt(c). */
static void restore_unit(struct normal_equations *equations, struct solution *solution, double c)
{
    equations->sum_weight /= c;
    for (size_t j = 0; j < equations->features; j++) {
        equations->penalty[j] /= c;
        equations->square[j] /= c;
        equations->equilibration[j] *= sqrt(c);
    }
    for (size_t k = 0; k < equations->outputs; k++) {
        equations->tss[k] /= c;
        solution->rss[k] /= c;
    }
}

gemml_status linear_solve(struct normal_equations *equations, struct solution *solution,
                          const struct view_source *source, const struct input_map *map,
                          const struct linear_problem *problem, bool refine)
{
    double c = weight_unit(problem);
    if (c == 1)
        return factor_and_solve(equations, solution, source, map, problem, refine);
    struct view_source scaled_source = *source;
    struct linear_problem scaled = *problem;
    scaled_source.weight_scale = c;
    scaled.sum_weight *= c;
    scaled.l2 *= c;
    TRY(factor_and_solve(equations, solution, &scaled_source, map, &scaled, refine));
    restore_unit(equations, solution, c);
    return GEMML_OK;
}

gemml_status linear_summary(struct summary_record *summary, const struct linear_problem *problem)
{
    summary->rows = problem->data.x.rows;
    summary->sum_weight = problem->sum_weight;
    return summary_lay_out(summary, problem->data.x.cols, problem->data.y.cols);
}

/* Least squares from moments: the Gram matrix of the chosen columns is a part of
 * the whole one, and the normal equations are those of any fit. */
#include <float.h>
#include <math.h>

#include "kernel/doubled.h"
#include "solve/equations.h"
#include "solve/least_squares.h"
#include "solve/moments.h"
#include "stats/regression.h"
#include "util/alloc.h"
#include "util/view.h"

/* What a fit has at most as squares: sums and products of a few of them do not overflow. */
#define MOST_SQUARE (DBL_MAX / 64)

static size_t column_of(const size_t *columns, size_t j)
{
    return columns ? columns[j] : j;
}

/* Row and column j of the part: a chosen feature, an output, or the last one. */
static size_t index_of(const struct gram *part, const struct gram *whole, const size_t *columns, size_t j)
{
    return j < part->features ? column_of(columns, j) : whole->features + (j - part->features);
}

/* The Gram matrix of the chosen features and all outputs. */
static gemml_status gather(struct gram *part, const struct gram *whole, const size_t *columns, size_t count)
{
    TRY(gram_new(part, count, whole->outputs));
    part->rows = whole->rows;
    for (size_t j = 0; j < part->order; j++) {
        size_t a = index_of(part, whole, columns, j);
        for (size_t k = j; k < part->order; k++) {
            size_t b = index_of(part, whole, columns, k);
            part->G[j * part->ld + k] = a < b ? whole->G[a * whole->ld + b] : whole->G[b * whole->ld + a];
        }
        if (j == part->order - 1)
            break;
        part->shift[j] = whole->shift[a];
        part->scale[j] = whole->scale[a];
    }
    return GEMML_OK;
}

/* LAPACK must not see what is not finite: sums of squares about zero, without an
 * intercept, may overflow, and so may the penalty. */
static gemml_status check_range(const struct gram *gram, const struct input_map *map,
                                const gemml_moments_options *options)
{
    for (size_t j = 0; j < gram->order - 1; j++) {
        double square = options->intercept ? gram->G[j * (gram->ld + 1)] : gram_square_about_zero(gram, j);
        double ratio = j < gram->features ? gram->scale[j] / (map->scale ? map->scale[j] : 1) : 0;
        if (!(square <= MOST_SQUARE) || !(options->l2 * ratio * ratio <= MOST_SQUARE))
            return error_set(GEMML_ERROR_NONFINITE, "%s: bring the columns to a common scale",
                             square <= MOST_SQUARE ? "the penalty in scaled columns overflows"
                                                   : "sums of squares overflow");
    }
    return GEMML_OK;
}

/* (x - mean) / sd, with the divisor sum w; a constant column is shifted only. One
 * allocation, at shift. */
static gemml_status standardize(struct input_map *map, const struct gram *gram)
{
    double W = gram_sum_weight(gram);
    TRY(memory_alloc(&map->shift, memory_product(2, gram->features), sizeof *map->shift));
    map->scale = map->shift + gram->features;
    for (size_t j = 0; j < gram->features; j++) {
        double square = gram_square(gram, j), sd = sqrt(fmax(square, 0) / W) / gram->scale[j];
        bool constant = equations_constant(square, gram_square_about_zero(gram, j)) || !(sd > 0);
        map->shift[j] = gram->shift[j] + gram->G[j * gram->ld + gram->order - 1] / W / gram->scale[j];
        map->scale[j] = constant ? 1 : 1 / sd;
    }
    return GEMML_OK;
}

/* Row 0 the intercepts, row 1 + j the coefficients of chosen feature j, in original
 * units: (p + 1) x K. Powers of two but for the division by one of them: exact. */
static void coefficients(const struct solution *solution, const struct normal_equations *equations, double *beta)
{
    size_t p = solution->features, K = solution->outputs;
    for (size_t k = 0; k < K; k++) {
        double s_y = equations->scale[p + k];
        beta[k] = doubled_value(solution->alpha[k]) / s_y;
        for (size_t j = 0; j < p; j++)
            beta[(1 + j) * K + k] = doubled_value(solution->v[k * p + j]) * equations->scale[j] / s_y;
    }
}

static gemml_status store_coefficients(const double *beta, const gemml_matrix *out)
{
    double most = out->dtype == GEMML_F32 ? FLT_MAX : DBL_MAX;
    for (size_t i = 0; i < out->rows * out->cols; i++)
        if (!(fabs(beta[i]) <= most))
            return error_set(GEMML_ERROR_NONFINITE, "coefficient %zu of output %zu is %g: beyond the range of out",
                             i / out->cols, i % out->cols, beta[i]);
    for (size_t i = 0; i < out->rows; i++)
        for (size_t k = 0; k < out->cols; k++)
            matrix_store(out, i, k, beta[i * out->cols + k]);
    return GEMML_OK;
}

/* `numbers` is room for three of each output. */
static void store_fit(const struct solution *solution, const struct normal_equations *equations, size_t rows,
                      double *numbers, gemml_moments_fit *fit)
{
    size_t K = solution->outputs;
    struct summary_record summary = {.r2 = numbers, .adjusted_r2 = numbers + K, .sigma = numbers + 2 * K};
    fit->rank = equations->rank;
    fit->condition = normal_equations_condition(equations);
    for (size_t k = 0; k < K; k++) {
        double s_y = equations->scale[solution->features + k], rss = solution->rss[k] / s_y / s_y;
        regression_statistics(&summary, k, rss, equations->tss[k] / s_y / s_y, rows, equations->rank,
                              equations->intercept);
        if (fit->rss)
            fit->rss[k] = rss;
        if (fit->r2)
            fit->r2[k] = summary.r2[k];
        if (fit->adjusted_r2)
            fit->adjusted_r2[k] = summary.adjusted_r2[k];
        if (fit->sigma)
            fit->sigma[k] = summary.sigma[k];
    }
    fit->freedom = summary.freedom;
}

static gemml_status solve_and_store(struct normal_equations *equations, size_t rows, const gemml_matrix *out,
                                    gemml_moments_fit *fit)
{
    struct solution solution;
    double *beta;
    TRY(solution_make(&solution, equations));
    gemml_status status = memory_alloc(&beta, memory_product(memory_sum(out->rows, 3), out->cols), sizeof *beta);
    if (status == GEMML_OK) {
        coefficients(&solution, equations, beta);
        status = store_coefficients(beta, out);
        if (status == GEMML_OK)
            store_fit(&solution, equations, rows, beta + out->rows * out->cols, fit);
        memory_free(beta);
    }
    solution_free(&solution);
    return status;
}

/* Re-centres the part in place. */
static gemml_status solve_part(struct gram *part, const struct input_map *map, const gemml_moments_options *options,
                               const gemml_matrix *out, gemml_moments_fit *fit)
{
    struct normal_equations equations;
    TRY(check_range(part, map, options));
    TRY(normal_equations_make(&equations, part, map, options->intercept != 0, options->l2));
    gemml_status status = solve_and_store(&equations, part->rows, out, fit);
    normal_equations_free(&equations);
    return status;
}

gemml_status moments_solve(const struct gemml_moments *moments, const size_t *columns, size_t count,
                           const gemml_moments_options *options, const gemml_matrix *out, gemml_moments_fit *fit)
{
    struct gram part;
    struct input_map map = {.inputs = columns ? count : moments->gram.features};
    TRY(gather(&part, &moments->gram, columns, map.inputs));
    gemml_status status = options->scaling == GEMML_SCALING_STANDARDIZE ? standardize(&map, &part) : GEMML_OK;
    if (status == GEMML_OK)
        status = solve_part(&part, &map, options, out, fit);
    memory_free(map.shift);
    gram_free(&part);
    return status;
}

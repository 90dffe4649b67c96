#include "solve/qr.h"

#include <math.h>
#include <string.h>

#include "kernel/doubled.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "solve/equations.h"

/* The columns of [T T_y], order p + K, within the triangle. */
static double *inner_column(const struct triangle *triangle, size_t j)
{
    return triangle->R + (1 + j) * triangle->order + 1;
}

/* Row 0, that of the ones: r_00, and r_0j of column j. */
static double level(const struct triangle *triangle, size_t j)
{
    return triangle->R[(1 + j) * triangle->order];
}

/* Sum of squares of column j about zero, in scaled units. */
static double square_about_zero(const struct triangle *triangle, size_t j)
{
    const double *column = inner_column(triangle, j);
    double first = level(triangle, j) + triangle->R[0] * (triangle->shift[j] * triangle->scale[j]);
    return first * first + dot_f64(j + 1, column, 1, column, 1);
}

static double square_about_center(const struct triangle *triangle, size_t j)
{
    const double *column = inner_column(triangle, j);
    return dot_f64(j + 1, column, 1, column, 1);
}

/* With an intercept the centre is the mean, which row 0 tells. */
static void center_at_means(struct normal_equations *equations, const struct triangle *triangle)
{
    for (size_t j = 0; j < triangle->order - 1; j++) {
        double offset = level(triangle, j) / triangle->R[0];
        struct doubled mean = two_sum(triangle->shift[j], offset / triangle->scale[j]);
        equations->center[j] = mean.hi;
        equations->center_rest[j] = mean.lo;
    }
}

/* Without one, row 0 moved from the provisional shift to the centre is a row like any other. */
static gemml_status center_at_map(struct normal_equations *equations, struct triangle *triangle,
                                  const struct input_map *map, double *work)
{
    size_t q = triangle->order - 1;
    double *row = work + lapack_qr_work(q);
    for (size_t j = 0; j < q; j++) {
        equations->center[j] = j < triangle->features && map->shift ? map->shift[j] : 0;
        equations->center_rest[j] = 0;
        row[j] =
            level(triangle, j) + triangle->R[0] * ((triangle->shift[j] - equations->center[j]) * triangle->scale[j]);
    }
    return lapack_qr_update(q, inner_column(triangle, 0), triangle->order, 1, 0, row, 1, work);
}

static void scale_columns(struct normal_equations *equations, struct triangle *triangle, const double *about_zero)
{
    size_t p = equations->features;
    for (size_t j = 0; j < p; j++) {
        equations_equilibrate(equations, j, square_about_center(triangle, j), about_zero[j]);
        double *column = inner_column(triangle, j);
        for (size_t i = 0; i <= j; i++)
            column[i] *= equations->equilibration[j];
    }
    for (size_t k = 0; k < equations->outputs; k++) {
        double square = square_about_center(triangle, p + k);
        bool constant = equations_constant(square, about_zero[p + k]);
        equations->tss[k] = constant ? 0 : square;
        if (constant)
            memset(inner_column(triangle, p + k), 0, (p + k + 1) * sizeof(double));
    }
}

/* The rows sqrt(Lambda) D; a constant column, which is zero now, gets a one. */
static gemml_status append_rows(const struct normal_equations *equations, struct triangle *triangle, double *work)
{
    size_t p = equations->features, q = triangle->order - 1;
    bool any = false;
    double *B;
    TRY(memory_zeroed(&B, memory_product(p, q), sizeof *B));
    for (size_t j = 0; j < p; j++) {
        double d = equations->equilibration[j];
        B[j * (p + 1)] = d == 0 ? 1 : sqrt(equations->penalty[j]) * d;
        any |= B[j * (p + 1)] != 0;
    }
    gemml_status status = GEMML_OK;
    if (any)
        status = lapack_qr_update(q, inner_column(triangle, 0), triangle->order, p, p, B, p, work);
    memory_free(B);
    return status;
}

static void take_factor(struct normal_equations *equations, const struct triangle *triangle)
{
    size_t p = equations->features, K = equations->outputs;
    for (size_t j = 0; j < p; j++)
        for (size_t i = 0; i < p; i++)
            equations->factor[i * p + j] = i <= j ? inner_column(triangle, j)[i] : 0;
    for (size_t k = 0; k < K; k++) {
        const double *column = inner_column(triangle, p + k);
        for (size_t i = 0; i < p; i++)
            equations->projected[i * K + k] = column[i];
        equations->least[k] = dot_f64(k + 1, column + p, 1, column + p, 1);
    }
}

static gemml_status factor(struct normal_equations *equations, struct triangle *triangle, const struct input_map *map,
                           double *about_zero, double *work)
{
    for (size_t j = 0; j < triangle->order - 1; j++)
        about_zero[j] = square_about_zero(triangle, j);
    if (equations->intercept)
        center_at_means(equations, triangle);
    else
        TRY(center_at_map(equations, triangle, map, work));
    scale_columns(equations, triangle, about_zero);
    TRY(append_rows(equations, triangle, work));
    take_factor(equations, triangle);
    TRY(lapack_triangular_rcond(equations->features, equations->factor, equations->features, &equations->rcond));
    equations->rcond *= equations->rcond; /* of A = R'R */
    equations_count_rank(equations);
    return GEMML_OK;
}

gemml_status qr_make(struct normal_equations *equations, struct triangle *triangle, const struct input_map *map,
                     bool intercept, double lambda, double sum_weight)
{
    size_t p = triangle->features, K = triangle->outputs, q = p + K;
    double *work = NULL;
    TRY(equations_lay_out(equations, p, K));
    equations->solver = GEMML_SOLVER_QR;
    equations->intercept = intercept;
    equations->sum_weight = sum_weight;
    gemml_status status = equations_set_penalty(equations, triangle->scale, map, lambda);
    if (status == GEMML_OK)
        status = memory_alloc(&equations->projected, memory_product(memory_sum(p, 1), K), sizeof(double));
    if (status == GEMML_OK) {
        equations->least = equations->projected + p * K;
        status = memory_alloc(&work, memory_sum(lapack_qr_work(q), memory_product(2, q)), sizeof *work);
    }
    if (status == GEMML_OK)
        status = factor(equations, triangle, map, work + lapack_qr_work(q) + q, work);
    memory_free(work);
    if (status != GEMML_OK)
        normal_equations_free(equations);
    return status;
}

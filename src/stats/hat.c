/* The scratch: Z, U, the source's. Rows are padded by zeros to a multiple of
 * GEMM_ROWS_ALIKE, so that BLAS treats none as an edge. */
#include "stats/hat.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "util/alloc.h"

struct hat hat_make(const struct fitted *fitted, gemml_view x)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    const struct summary_record *summary = &fitted->summary;
    bool intercept = fitted->chain.layer[0].bias;
    return (struct hat){.inverse = &summary->inverse,
                        .intercept = intercept,
                        .constant = intercept ? 1 / sqrt(summary->sum_weight) : 0,
                        .width = 1 + summary->inverse.rank,
                        .stride = memory_round((1 + summary->inverse.rank) * sizeof(double)) / sizeof(double),
                        .rows = view_source_f64(x, none, none)};
}

static size_t matrix_bytes(size_t cols)
{
    return memory_round(memory_product(memory_product(PREDICT_ROWS, cols), sizeof(double)));
}

size_t hat_bytes(const struct hat *hat)
{
    size_t source = hat->rows.source.scratch(&hat->rows.source, PREDICT_ROWS);
    return memory_round(memory_sum(memory_sum(matrix_bytes(hat->stride), matrix_bytes(hat->inverse->inputs)), source));
}

gemml_status hat_rows(const struct hat *hat, size_t first, size_t count, void *scratch, double **Z)
{
    const struct inverse_root *inverse = hat->inverse;
    size_t p = inverse->inputs, padded = (count + GEMM_ROWS_ALIKE - 1) / GEMM_ROWS_ALIKE * GEMM_ROWS_ALIKE;
    double *z = scratch, *U = (double *)(void *)((char *)scratch + matrix_bytes(hat->stride));
    struct block block;
    TRY(hat->rows.source.block(&hat->rows.source, first, count, (char *)(void *)U + matrix_bytes(p), &block));
    if (!block_finite_f64(&block, p))
        return source_explain_nonfinite_f64(&hat->rows);
    vector_affine_rows_f64(count, p, block.X, block.ldx, inverse->center, inverse->scale, U, p);
    memset(U + count * p, 0, (padded - count) * p * sizeof *U);
    TRY(gemm_alike_f64(padded, inverse->rank, p, U, p, inverse->root, inverse->rank, 0, z + 1, hat->stride));
    for (size_t i = 0; i < count; i++)
        z[i * hat->stride] = hat->constant;
    *Z = z;
    return GEMML_OK;
}

double hat_square(const struct hat *hat, const double *z)
{
    return dot_f64(hat->width, z, 1, z, 1);
}

gemml_status hat_coefficient_root(const struct hat *hat, double *T, double *units)
{
    const struct inverse_root *inverse = hat->inverse;
    size_t p = inverse->inputs, r = inverse->rank, width = hat->width;
    for (size_t j = 0; j < p; j++) {
        double *row = T + (1 + j) * width;
        row[0] = 0;
        memcpy(row + 1, inverse->root + j * r, r * sizeof *row);
        units[1 + j] = inverse->center[j] * inverse->scale[j];
    }
    TRY(gemv_f64(true, p, r, -1, inverse->root, r, units + 1, 1, 0, T + 1, 1));
    T[0] = hat->constant;
    units[0] = 1;
    for (size_t j = 0; j < p; j++)
        units[1 + j] = inverse->scale[j];
    return GEMML_OK;
}

/* Rows of a linear model, in blocks:
 *
 *   X ~ N(0, 1),  W = 100 U(0, 1) in the informative columns,  Y = X W + 1 b + noise N(0, 1)
 *
 * X n x p, W p x K, Y n x K. */
#include "data/generate.h"
#include "kernel/linalg.h"
#include "util/alloc.h"
#include "util/view.h"

struct regression {
    const gemml_regression_options *options;
    gemml_matrix x, y;
    const double *W;
};

static gemml_status fill_block(const void *context, size_t index, double *scratch)
{
    const struct regression *job = context;
    const gemml_regression_options *options = job->options;
    size_t first = index * GENERATE_ROWS, left = job->x.rows - first, p = job->x.cols, K = job->y.cols;
    size_t rows = left < GENERATE_ROWS ? left : GENERATE_ROWS;
    double *X = scratch, *Y = X + rows * p;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p; j++) {
            X[i * p + j] = draw_normal(options->seed, DRAW_FEATURE, (uint64_t)(first + i) * p + j);
            matrix_store(&job->x, first + i, j, X[i * p + j]);
        }
    TRY(gemm_f64(false, false, rows, K, p, 1, X, p, job->W, K, 0, Y, K));
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < K; k++) {
            double noise = draw_normal(options->seed, DRAW_NOISE, (uint64_t)(first + i) * K + k);
            matrix_store(&job->y, first + i, k, Y[i * K + k] + options->bias + options->noise * noise);
        }
    return GEMML_OK;
}

/* W, and its copy for the caller. */
static gemml_status draw_coefficients(const gemml_regression_options *options, double *W, size_t p, size_t K,
                                      const gemml_matrix *coefficients)
{
    size_t *column;
    TRY(draw_order(&column, options->seed, DRAW_COLUMN_ORDER, p, options->shuffle));
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++) {
            double w = j < options->informative ? 100 * draw_uniform(options->seed, DRAW_COEFFICIENT, j * K + k) : 0;
            W[column[j] * K + k] = w;
            if (coefficients->data)
                matrix_store(coefficients, column[j], k, w);
        }
    memory_free(column);
    return GEMML_OK;
}

gemml_status generate_regression(const gemml_regression_options *options, gemml_matrix x, gemml_matrix y,
                                 gemml_matrix coefficients)
{
    size_t p = x.cols, K = y.cols, blocks = (x.rows - 1) / GENERATE_ROWS + 1;
    double *W;
    TRY(memory_alloc(&W, memory_product(p, K), sizeof *W));
    struct regression job = {options, x, y, W};
    gemml_status status = draw_coefficients(options, W, p, K, &coefficients);
    if (status == GEMML_OK)
        status = generate_blocks(blocks, memory_product(GENERATE_ROWS, memory_sum(p, K)), fill_block, &job);
    memory_free(W);
    return status;
}

/* Rows of a linear model, in blocks:
 *
 *   X ~ N(0, 1),  W = 100 U(0, 1) in the informative columns,  Y = X W + 1 b + noise N(0, 1)
 *
 * X n x p, W p x K, Y n x K. With an effective rank X = U' S, of k = min(n, p) singular values:
 * U k x n with orthonormal rows, S = diag(s) V, V k x p with orthonormal rows. */
#include <math.h>

#include "data/generate.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "util/alloc.h"
#include "util/view.h"

struct regression {
    const gemml_regression_options *options;
    gemml_matrix x, y;
    const double *W;
    double *U, *S; /* NULL without an effective rank */
    size_t k;
};

/* The block of X from row `first`. */
static gemml_status fill_features(const struct regression *job, size_t first, size_t rows, double *X)
{
    size_t p = job->x.cols;
    if (job->U)
        return gemm_f64(true, false, rows, p, job->k, 1, job->U + first, job->x.rows, job->S, p, 0, X, p);
    for (size_t i = 0; i < rows * p; i++)
        X[i] = draw_normal(job->options->seed, DRAW_FEATURE, (uint64_t)first * p + i);
    return GEMML_OK;
}

static gemml_status fill_block(const void *context, size_t index, double *scratch)
{
    const struct regression *job = context;
    const gemml_regression_options *options = job->options;
    size_t first = index * GENERATE_ROWS, left = job->x.rows - first, p = job->x.cols, K = job->y.cols;
    size_t rows = left < GENERATE_ROWS ? left : GENERATE_ROWS;
    double *X = scratch, *Y = X + rows * p;
    TRY(fill_features(job, first, rows, X));
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < p; j++)
            matrix_store(&job->x, first + i, j, X[i * p + j]);
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

/* k orthonormal rows of length n: the basis of the space that as many normal vectors span. */
static gemml_status draw_basis(double **basis, size_t k, size_t n, uint64_t seed, enum draw draw)
{
    TRY(memory_alloc(basis, memory_product(k, n), sizeof **basis));
    for (size_t i = 0; i < k * n; i++)
        (*basis)[i] = draw_normal(seed, draw, i);
    return lapack_orthonormalise(k, n, *basis, n);
}

/* U and S. */
static gemml_status draw_spectrum(struct regression *job)
{
    const gemml_regression_options *options = job->options;
    size_t n = job->x.rows, p = job->x.cols;
    double r = (double)options->effective_rank, t = options->tail_strength;
    job->k = n < p ? n : p;
    TRY(draw_basis(&job->U, job->k, n, options->seed, DRAW_LEFT));
    TRY(draw_basis(&job->S, job->k, p, options->seed, DRAW_RIGHT));
    for (size_t i = 0; i < job->k; i++) {
        double at = (double)i / r;
        scal_f64(p, (1 - t) * exp(-at * at) + t * exp(-0.1 * at), job->S + i * p, 1);
    }
    return GEMML_OK;
}

static gemml_status prepare(struct regression *job)
{
    if (job->options->effective_rank == GEMML_AUTO_COUNT)
        return GEMML_OK;
    TRY(linalg_enter(1));
    gemml_status status = draw_spectrum(job);
    linalg_leave(1);
    return status;
}

gemml_status generate_regression(const gemml_regression_options *options, gemml_matrix x, gemml_matrix y,
                                 gemml_matrix coefficients)
{
    size_t p = x.cols, K = y.cols, blocks = (x.rows - 1) / GENERATE_ROWS + 1;
    double *W;
    TRY(memory_alloc(&W, memory_product(p, K), sizeof *W));
    struct regression job = {.options = options, .x = x, .y = y, .W = W};
    gemml_status status = draw_coefficients(options, W, p, K, &coefficients);
    if (status == GEMML_OK)
        status = prepare(&job);
    if (status == GEMML_OK)
        status = generate_blocks(blocks, memory_product(GENERATE_ROWS, memory_sum(p, K)), fill_block, &job);
    memory_free(job.U);
    memory_free(job.S);
    memory_free(W);
    return status;
}

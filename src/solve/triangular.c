/* Cholesky's factor R, A = R'R, by rows of blocks: with the first b rows of blocks
 *
 *   R_11'R_11 = A_11,   R_12 = inv(R_11') A_12,   and the rest is the factor of A_22 - R_12'R_12
 *
 * where the columns of R_12, and then strips of the rest, are tasks.
 *
 * V = inv(R): with D_i the inverse of the block i on R's diagonal, by columns of blocks
 *
 *   V_jj = D_j,   V_ij = -D_i (R_i,i+1 V_i+1,j + ... + R_ij V_jj)   for i = j - 1 .. 0
 *
 * where each column is a task of its own. LAPACK has one thread here, and its dtrtri a third of gemm's speed. */
#include "solve/triangular.h"

#include <string.h>

#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

enum {
    BLOCKED_ORDER = 256,
    BLOCK = 96, /* 96^3 multiplications count as small (fold/panel.c) */
    STRIP = 48
};

/* Rows from .. from + width - 1 of the factor are under way. */
struct factor_job {
    size_t p;
    double *A;
    double *row; /* the same rows right of the diagonal block, in blocks of columns: in A they lie far apart */
    size_t from, width;
    struct task_error error;
};

static double *packed(const struct factor_job *job, size_t index)
{
    return job->row + index * BLOCK * job->width;
}

/* Columns of block `index` to the right of the diagonal one. */
static size_t packed_width(const struct factor_job *job, size_t index)
{
    size_t left = job->p - job->from - job->width - index * BLOCK;
    return left < BLOCK ? left : BLOCK;
}

static gemml_status solve_block(const struct factor_job *job, size_t index)
{
    size_t p = job->p, width = packed_width(job, index);
    double *diagonal = job->A + job->from * (p + 1), *block = diagonal + job->width + index * BLOCK;
    TRY(trsm_f64(true, job->width, width, diagonal, p, block, p));
    for (size_t i = 0; i < job->width; i++)
        memcpy(packed(job, index) + i * width, block + i * p, width * sizeof *block);
    return GEMML_OK;
}

static void solve(void *context, size_t index)
{
    struct factor_job *job = context;
    task_error_note(&job->error, index, solve_block(job, index));
}

/* A_ij -= R_i'R_j on and above the diagonal, for the rows of a strip; A is its first one there, R the strip's columns
 * of the packed block. */
static gemml_status subtract_square(const struct factor_job *job, size_t height, const double *R, size_t ldr, double *A)
{
    double square[STRIP * STRIP];
    TRY(gemm_f64(true, false, height, height, job->width, 1, R, ldr, R, ldr, 0, square, height));
    for (size_t i = 0; i < height; i++)
        for (size_t j = i; j < height; j++)
            A[i * job->p + j] -= square[i * height + j];
    return GEMML_OK;
}

/* Rows of a strip, which is part of a block, and the columns from its diagonal on: those of the block, then of
 * the others. */
static gemml_status subtract_strip(const struct factor_job *job, size_t strip)
{
    size_t first = strip * STRIP, block = first / BLOCK, inside = first % BLOCK, p = job->p;
    size_t begin = job->from + job->width, left = p - begin - first, height = left < STRIP ? left : STRIP;
    size_t ldr = packed_width(job, block), done = inside + height;
    const double *R = packed(job, block) + inside;
    double *row = job->A + (begin + first) * p + begin;
    TRY(subtract_square(job, height, R, ldr, row + first));
    for (size_t j = block; j * BLOCK < p - begin; j++) {
        size_t width = packed_width(job, j);
        TRY(gemm_f64(true, false, height, width - done, job->width, -1, R, ldr, packed(job, j) + done, width, 1,
                     row + j * BLOCK + done, p));
        done = 0;
    }
    return GEMML_OK;
}

static void subtract(void *context, size_t index)
{
    struct factor_job *job = context;
    task_error_note(&job->error, index, subtract_strip(job, index));
}

static gemml_status factor_rows(struct factor_job *job, bool *definite)
{
    size_t p = job->p, left = p - job->from - job->width;
    TRY(lapack_cholesky(job->width, job->A + job->from * (p + 1), p, definite));
    if (!*definite || left == 0)
        return GEMML_OK;
    task_error_init(&job->error);
    parallel_for((left - 1) / BLOCK + 1, solve, job);
    TRY(task_error_finish(&job->error));
    task_error_init(&job->error);
    parallel_for((left - 1) / STRIP + 1, subtract, job);
    return task_error_finish(&job->error);
}

gemml_status triangular_factor(size_t p, double *A, bool *definite)
{
    if (p < BLOCKED_ORDER)
        return lapack_cholesky(p, A, p, definite);
    struct factor_job job = {.p = p, .A = A};
    gemml_status status = memory_alloc(&job.row, memory_product(p, BLOCK), sizeof *job.row);
    *definite = true;
    for (; job.from < p && *definite && status == GEMML_OK; job.from += BLOCK) {
        job.width = p - job.from < BLOCK ? p - job.from : BLOCK;
        status = factor_rows(&job, definite);
    }
    memory_free(job.row);
    return status;
}

struct inverse_job {
    size_t p, blocks;
    const double *R;
    double *V;
    double *D; /* the inverses of the diagonal blocks, BLOCK^2 each */
    struct task_error error;
};

static size_t block_width(const struct inverse_job *job, size_t i)
{
    size_t left = job->p - i * BLOCK;
    return left < BLOCK ? left : BLOCK;
}

static double *diagonal_inverse(const struct inverse_job *job, size_t i)
{
    return job->D + i * BLOCK * BLOCK;
}

/* D = inv(R), zeros below the diagonal. */
static gemml_status invert_whole(size_t p, const double *R, size_t ldr, double *D)
{
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            D[i * p + j] = j < i ? 0 : R[i * ldr + j];
    return lapack_triangular_inverse(p, D, p);
}

static void invert_diagonal(void *context, size_t i)
{
    struct inverse_job *job = context;
    task_error_note(
        &job->error, i,
        invert_whole(block_width(job, i), job->R + i * BLOCK * (job->p + 1), job->p, diagonal_inverse(job, i)));
}

/* Block i of the column `V` (rows of `width` numbers), from those below it. */
static gemml_status invert_block(const struct inverse_job *job, size_t i, size_t j, double *V, double *sum)
{
    size_t p = job->p, width = block_width(job, j);
    const double *R = job->R + i * BLOCK * p;
    for (size_t k = i + 1; k <= j; k++)
        TRY(gemm_f64(false, false, BLOCK, width, block_width(job, k), 1, R + k * BLOCK, p, V + k * BLOCK * width, width,
                     k > i + 1, sum, width));
    return gemm_f64(false, false, BLOCK, width, BLOCK, -1, diagonal_inverse(job, i), BLOCK, sum, width, 0,
                    V + i * BLOCK * width, width);
}

/* Rows of V's copy in the matrix lie far apart: it is made in `column`, with room for a block behind it. */
static gemml_status invert_column(const struct inverse_job *job, size_t j, double *column)
{
    size_t p = job->p, first = j * BLOCK, width = block_width(job, j), rows = first + width;
    memcpy(column + first * width, diagonal_inverse(job, j), width * width * sizeof *column);
    for (size_t i = j; i-- > 0;)
        TRY(invert_block(job, i, j, column, column + rows * width));
    for (size_t i = 0; i < rows; i++)
        memcpy(job->V + i * p + first, column + i * width, width * sizeof *column);
    for (size_t i = rows; i < p; i++)
        memset(job->V + i * p + first, 0, width * sizeof *column);
    return GEMML_OK;
}

static gemml_status make_column(const struct inverse_job *job, size_t j)
{
    double *column;
    TRY(memory_alloc(&column, (j + 2) * BLOCK * BLOCK, sizeof *column));
    gemml_status status = invert_column(job, j, column);
    memory_free(column);
    return status;
}

/* The last column first: it is the dearest. */
static void invert(void *context, size_t index)
{
    struct inverse_job *job = context;
    if (!task_error_failed(&job->error, index))
        task_error_note(&job->error, index, make_column(job, job->blocks - 1 - index));
}

gemml_status triangular_inverse(size_t p, const double *R, double *V)
{
    if (p < BLOCKED_ORDER)
        return invert_whole(p, R, p, V);
    struct inverse_job job = {.p = p, .blocks = (p - 1) / BLOCK + 1, .R = R, .V = V};
    TRY(memory_alloc(&job.D, memory_product(job.blocks, BLOCK * BLOCK), sizeof *job.D));
    task_error_init(&job.error);
    parallel_for(job.blocks, invert_diagonal, &job);
    gemml_status status = task_error_finish(&job.error);
    if (status == GEMML_OK) {
        task_error_init(&job.error);
        parallel_for(job.blocks, invert, &job);
        status = task_error_finish(&job.error);
    }
    memory_free(job.D);
    return status;
}

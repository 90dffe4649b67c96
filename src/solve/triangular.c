/* Cholesky's factor R, A = R'R, by rows of blocks: with the first b rows of blocks
 *
 *   R_11'R_11 = A_11,   R_12 = inv(R_11') A_12,   and the rest is the factor of A_22 - R_12'R_12
 *
 * where the columns of R_12, and then strips of the rest, are tasks.
 *
 * V = inv(R): the columns j .. j + b - 1 of V end in row j + b - 1, so they are the solution of
 *
 *   R_(j + b) V_j = E_j,   the leading square of R of order j + b, and the last b columns of the identity
 *
 * for each block of b columns by itself. LAPACK has one thread here, and its dtrtri a third of gemm's speed. */
#include "solve/triangular.h"

#include <string.h>

#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "util/parallel.h"
#include "util/task_error.h"

enum {
    BLOCKED_ORDER = 256,
    WIDTH = 64, /* of blocks of the inverse */
    BLOCK = 96, /* of the factor; 48 x 192 x 96 multiplications count as small (fold/panel.c) */
    STRIP = 48,
    ACROSS = 192
};

/* Rows from .. from + width - 1 of the factor are under way. */
struct factor_job {
    size_t p;
    double *A;
    size_t from, width;
    struct task_error error;
};

static void solve_block(void *context, size_t index)
{
    struct factor_job *job = context;
    size_t p = job->p, j = job->from + job->width + index * BLOCK, left = p - j;
    double *row = job->A + job->from * p;
    task_error_note(&job->error, index,
                    trsm_f64(true, job->width, left < BLOCK ? left : BLOCK, row + job->from, p, row + j, p));
}

/* A_ij -= R_i'R_j for the rows i of a strip and the columns j from there on. */
static gemml_status subtract_strip(const struct factor_job *job, size_t i)
{
    size_t p = job->p, height = p - i < STRIP ? p - i : STRIP, width;
    const double *R = job->A + job->from * p;
    double *row = job->A + i * p;
    TRY(syrk_f64(height, job->width, -1, R + i, p, 1, row + i, p));
    for (size_t j = i + height; j < p; j += width) {
        width = p - j < ACROSS ? p - j : ACROSS;
        TRY(gemm_f64(true, false, height, width, job->width, -1, R + i, p, R + j, p, 1, row + j, p));
    }
    return GEMML_OK;
}

static void subtract(void *context, size_t index)
{
    struct factor_job *job = context;
    task_error_note(&job->error, index, subtract_strip(job, job->from + job->width + index * STRIP));
}

static gemml_status factor_rows(struct factor_job *job, bool *definite)
{
    size_t p = job->p, left = p - job->from - job->width;
    TRY(lapack_cholesky(job->width, job->A + job->from * (p + 1), p, definite));
    if (!*definite || left == 0)
        return GEMML_OK;
    task_error_init(&job->error);
    parallel_for((left - 1) / BLOCK + 1, solve_block, job);
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
    *definite = true;
    for (; job.from < p && *definite; job.from += BLOCK) {
        job.width = p - job.from < BLOCK ? p - job.from : BLOCK;
        TRY(factor_rows(&job, definite));
    }
    return GEMML_OK;
}

struct inverse_job {
    size_t p;
    const double *R;
    double *V;
    struct task_error error;
};

static gemml_status invert_columns(const struct inverse_job *job, size_t from, size_t width)
{
    size_t p = job->p;
    for (size_t i = 0; i < p; i++)
        for (size_t j = from; j < from + width; j++)
            job->V[i * p + j] = i == j;
    return trsm_f64(false, from + width, width, job->R, p, job->V + from, p);
}

/* The last block first: it is the dearest. */
static void invert_block(void *context, size_t index)
{
    struct inverse_job *job = context;
    size_t from = ((job->p - 1) / WIDTH - index) * WIDTH, left = job->p - from;
    if (!task_error_failed(&job->error, index))
        task_error_note(&job->error, index, invert_columns(job, from, left < WIDTH ? left : WIDTH));
}

static gemml_status invert_whole(size_t p, const double *R, double *V)
{
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            V[i * p + j] = j < i ? 0 : R[i * p + j];
    return lapack_triangular_inverse(p, V, p);
}

gemml_status triangular_inverse(size_t p, const double *R, double *V)
{
    if (p < BLOCKED_ORDER)
        return invert_whole(p, R, V);
    struct inverse_job job = {.p = p, .R = R, .V = V};
    task_error_init(&job.error);
    parallel_for((p - 1) / WIDTH + 1, invert_block, &job);
    return task_error_finish(&job.error);
}

/* The factorisations of kernel/linalg_lapack on one thread, of a symmetric positive
 * definite A = I + B'B / n or of n random rows; small, middle and large n. Each answer is
 * checked by products; plain loops stand beside those that have a twin. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "naive/naive.h"
#include "rooms.h"
#include "util/alloc.h"

#define QR_ROWS 1024 /* that a QR takes up at once */

struct factor {
    size_t n;
    double *A, *B;         /* n x n, symmetric; QR_ROWS x n */
    double *result, *more; /* of ours: n x n, more: 2 n x n or what the operation needs */
    double *plain, *values, *work;
};

struct operation {
    const char *name;
    double flops; /* in n^3 */
    double tolerance;
    gemml_status (*run)(void *state);
    gemml_status (*naive)(void *state);
    gemml_status (*residual)(void *state, double *residual);
};

static void factor_free(void *state)
{
    struct factor *o = state;
    linalg_leave(1);
    memory_free(o->A);
    memory_free(o);
}

/* A = I + B'B / QR_ROWS, both triangles. */
static gemml_status make_operands(struct factor *o)
{
    size_t n = o->n, square = n * n;
    size_t work = lapack_qr_work(n) > n ? lapack_qr_work(n) : n;
    TRY(memory_zeroed(&o->A, 5 * square + 2 * QR_ROWS * n + n + work, sizeof(double)));
    o->result = o->A + square;
    o->more = o->result + square; /* two squares */
    o->plain = o->more + 2 * square;
    o->B = o->plain + square;
    o->values = o->B + 2 * QR_ROWS * n; /* after a copy of B */
    o->work = o->values + n;
    bench_random_f64(1, QR_ROWS * n, o->B);
    for (size_t i = 0; i < n; i++)
        o->A[i * n + i] = 1;
    return gemm_f64(true, false, n, n, QR_ROWS, 1.0 / QR_ROWS, o->B, n, o->B, n, 1, o->A, n);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct factor *o;
    TRY(linalg_enter(1));
    gemml_status status = memory_zeroed(&o, 1, sizeof *o);
    if (status != GEMML_OK) {
        linalg_leave(1);
        return status;
    }
    o->n = bench->shape[0];
    status = make_operands(o);
    if (status != GEMML_OK)
        factor_free(o);
    else
        *state = o;
    return status;
}

/* max |X - Y| / max |Y|, the upper triangle only where asked. */
static double apart(const struct factor *o, const double *X, const double *Y, bool triangle)
{
    double error = 0, scale = 0;
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = triangle ? i : 0; j < o->n; j++) {
            double x = X[i * o->n + j], y = Y[i * o->n + j];
            error = isnan(x) ? INFINITY : fmax(error, fabs(x - y));
            scale = fmax(scale, fabs(y));
        }
    return error / scale;
}

static void clear_lower(size_t n, double *U)
{
    for (size_t i = 0; i < n; i++)
        memset(U + i * n, 0, i * sizeof *U);
}

/* A = U'U. */
static gemml_status factorise(struct factor *o)
{
    bool definite;
    memcpy(o->result, o->A, o->n * o->n * sizeof(double));
    TRY(lapack_cholesky(o->n, o->result, o->n, &definite));
    return definite ? GEMML_OK : error_set(GEMML_ERROR_NONFINITE, "a pivot is not positive");
}

static gemml_status cholesky_run(void *state)
{
    return factorise(state);
}

/* A = LL': L is the transpose of U. */
static gemml_status cholesky_naive(void *state)
{
    struct factor *o = state;
    memcpy(o->plain, o->A, o->n * o->n * sizeof(double));
    (void)naive_cholesky_f64(o->n, o->plain);
    return GEMML_OK;
}

static gemml_status cholesky_residual(void *state, double *residual)
{
    struct factor *o = state;
    clear_lower(o->n, o->result);
    naive_gemm_f64(true, false, o->n, o->n, o->n, 1, o->result, o->n, o->result, o->n, 0, o->more, o->n);
    *residual = apart(o, o->more, o->A, false);
    return GEMML_OK;
}

/* result = inv(A), by the factor. */
static gemml_status inverse_run(void *state)
{
    struct factor *o = state;
    TRY(factorise(o));
    return lapack_cholesky_inverse(o->n, o->result, o->n);
}

/* Unit vector by unit vector. */
static gemml_status inverse_naive(void *state)
{
    struct factor *o = state;
    TRY(cholesky_naive(o));
    memset(o->more, 0, o->n * o->n * sizeof(double));
    for (size_t i = 0; i < o->n; i++) {
        o->more[i * o->n + i] = 1;
        naive_cholesky_solve_f64(o->n, o->plain, o->more + i * o->n);
    }
    return GEMML_OK;
}

static gemml_status inverse_residual(void *state, double *residual)
{
    struct factor *o = state;
    *residual = apart(o, o->result, o->more, true);
    return GEMML_OK;
}

/* result = inv(U) of U = I + strict upper triangle of A. */
static gemml_status triangular_run(void *state)
{
    struct factor *o = state;
    memcpy(o->result, o->A, o->n * o->n * sizeof(double));
    return lapack_triangular_inverse(o->n, o->result, o->n);
}

static gemml_status triangular_naive(void *state)
{
    struct factor *o = state;
    memset(o->plain, 0, o->n * o->n * sizeof(double));
    for (size_t i = 0; i < o->n; i++)
        o->plain[i * o->n + i] = 1;
    naive_trsm_f64(false, o->n, o->n, o->A, o->n, o->plain, o->n);
    return GEMML_OK;
}

static gemml_status triangular_residual(void *state, double *residual)
{
    struct factor *o = state;
    *residual = apart(o, o->result, o->plain, true);
    return GEMML_OK;
}

/* result = R of B = QR; a row-major B' is a column-major B, so the rows are those of B'. */
static gemml_status qr_run(void *state)
{
    struct factor *o = state;
    double *copy = o->B + QR_ROWS * o->n;
    memset(o->result, 0, o->n * o->n * sizeof(double));
    memcpy(copy, o->B, QR_ROWS * o->n * sizeof(double));
    return lapack_qr_update(o->n, o->result, o->n, QR_ROWS, 0, copy, QR_ROWS, o->work);
}

/* R'R = B'B; row-major, the result is R' and the rows of B are its columns. */
static gemml_status qr_residual(void *state, double *residual)
{
    struct factor *o = state;
    size_t n = o->n;
    naive_gemm_f64(false, true, n, n, QR_ROWS, 1, o->B, QR_ROWS, o->B, QR_ROWS, 0, o->more, n);
    naive_gemm_f64(false, true, n, n, n, 1, o->result, n, o->result, n, 0, o->plain, n);
    *residual = apart(o, o->plain, o->more, false);
    return GEMML_OK;
}

static gemml_status svd_run(void *state)
{
    struct factor *o = state;
    memcpy(o->result, o->A, o->n * o->n * sizeof(double));
    return lapack_svd(o->n, o->result, o->n, o->values, o->more, o->more + o->n * o->n);
}

/* sum_i values_i u_i v_i', u_i the columns of U and v_i the rows of V. */
static gemml_status svd_residual(void *state, double *residual)
{
    struct factor *o = state;
    double *U = o->more, *V = o->more + o->n * o->n;
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = 0; j < o->n; j++)
            V[i * o->n + j] *= o->values[i];
    naive_gemm_f64(false, false, o->n, o->n, o->n, 1, U, o->n, V, o->n, 0, o->plain, o->n);
    *residual = apart(o, o->plain, o->A, false);
    return GEMML_OK;
}

static gemml_status eigen_run(void *state)
{
    struct factor *o = state;
    memcpy(o->result, o->A, o->n * o->n * sizeof(double));
    return lapack_symmetric_eigen(o->n, o->result, o->n, o->values);
}

/* sum_i values_i v_i v_i', v_i the rows. */
static gemml_status eigen_residual(void *state, double *residual)
{
    struct factor *o = state;
    for (size_t i = 0; i < o->n; i++)
        for (size_t j = 0; j < o->n; j++)
            o->more[i * o->n + j] = o->values[i] * o->result[i * o->n + j];
    naive_gemm_f64(true, false, o->n, o->n, o->n, 1, o->result, o->n, o->more, o->n, 0, o->plain, o->n);
    *residual = apart(o, o->plain, o->A, false);
    return GEMML_OK;
}

static gemml_status add(struct bench_list *list, const struct operation *operation, size_t n)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    double order = (double)n;
    *bench = (struct bench_case){.precision = "f64",
                                 .shape = {n},
                                 .flops = operation->flops * order * order * order,
                                 .tolerance = operation->tolerance,
                                 .setup = setup,
                                 .run = operation->run,
                                 .naive = operation->naive,
                                 .residual = operation->residual,
                                 .teardown = factor_free};
    if (operation->run == qr_run)
        bench->flops = 2 * QR_ROWS * order * order;
    snprintf(bench->name, sizeof bench->name, "lapack/%s/%zu/f64", operation->name, n);
    return GEMML_OK;
}

gemml_status bench_lapack(struct bench_list *list, bool quick)
{
    static const struct operation operations[] = {
        {"cholesky", 1.0 / 3, 1e-13, cholesky_run, cholesky_naive, cholesky_residual},
        {"inverse", 1, 1e-11, inverse_run, inverse_naive, inverse_residual},
        {"triangular-inverse", 1.0 / 3, 1e-11, triangular_run, triangular_naive, triangular_residual},
        {"qr-update", 2, 1e-12, qr_run, NULL, qr_residual},
        {"svd", 0, 1e-12, svd_run, NULL, svd_residual},
        {"eigen", 0, 1e-12, eigen_run, NULL, eigen_residual}};
    const size_t orders[] = {10, 100, quick ? 200 : 500};
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++)
        for (size_t j = 0; j < 3; j++)
            TRY(add(list, operations + i, orders[j]));
    return GEMML_OK;
}

/* The calls of LAPACKE, all column-major. Work arrays come from util/alloc, by
 * the _work variants, so that an allocation that fails is a status. */
#include "kernel/linalg_lapack.h"

#include <lapacke.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "util/alloc.h"

static gemml_status narrow(size_t size, lapack_int *out)
{
    if (size > INT_MAX)
        return error_set(GEMML_ERROR_SHAPE, "a matrix dimension of %zu is more than LAPACK can address (%d)", size,
                         INT_MAX);
    *out = size > 0 ? (lapack_int)size : 1;
    return GEMML_OK;
}

/* An argument that LAPACK refuses is an error of this library, not of its user;
 * it is reported all the same. */
static gemml_status refused(const char *routine, lapack_int info)
{
    return error_set(GEMML_ERROR_UNSUPPORTED, "LAPACK's %s failed with info %d", routine, (int)info);
}

gemml_status lapack_cholesky(size_t n, double *A, size_t lda, bool *definite)
{
    lapack_int order, ld;
    *definite = true;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(lda, &ld));
    lapack_int info = LAPACKE_dpotrf_work(LAPACK_COL_MAJOR, 'L', order, A, ld);
    if (info < 0)
        return refused("dpotrf", info);
    *definite = info == 0;
    return GEMML_OK;
}

double lapack_symmetric_norm(size_t n, const double *A, double *sums)
{
    double norm = 0;
    for (size_t j = 0; j < n; j++)
        sums[j] = 0;
    for (size_t j = 0; j < n; j++)
        for (size_t k = j; k < n; k++) {
            sums[j] += fabs(A[j * n + k]);
            if (k > j)
                sums[k] += fabs(A[j * n + k]);
        }
    for (size_t j = 0; j < n; j++)
        norm = sums[j] > norm ? sums[j] : norm;
    return norm;
}

gemml_status lapack_cholesky_inverse(size_t n, double *U, size_t ldu)
{
    lapack_int order, ld;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(ldu, &ld));
    lapack_int info = LAPACKE_dpotri_work(LAPACK_COL_MAJOR, 'L', order, U, ld);
    return info == 0 ? GEMML_OK : refused("dpotri", info);
}

gemml_status lapack_triangular_inverse(size_t n, double *U, size_t ldu)
{
    lapack_int order, ld;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(ldu, &ld));
    lapack_int info = LAPACKE_dtrtri_work(LAPACK_COL_MAJOR, 'L', 'N', order, U, ld);
    return info == 0 ? GEMML_OK : refused("dtrtri", info);
}

/* |inv A|_1 by the inverse itself: for a small matrix a third of the estimator's time. */
static gemml_status inverse_norm(size_t n, const double *U, size_t ldu, double *work, double *norm)
{
    double *inverse = work, *sums = work + n * n;
    for (size_t j = 0; j < n; j++)
        memcpy(inverse + j * n + j, U + j * ldu + j, (n - j) * sizeof *inverse);
    TRY(lapack_cholesky_inverse(n, inverse, n));
    *norm = lapack_symmetric_norm(n, inverse, sums);
    return GEMML_OK;
}

static gemml_status estimate_rcond(size_t n, const double *U, size_t ldu, double norm, double *work, double *rcond)
{
    lapack_int order, ld, *iwork;
    TRY(narrow(n, &order));
    TRY(narrow(ldu, &ld));
    TRY(memory_alloc(&iwork, n, sizeof *iwork));
    lapack_int info = LAPACKE_dpocon_work(LAPACK_COL_MAJOR, 'L', order, U, ld, norm, rcond, work, iwork);
    memory_free(iwork);
    return info == 0 ? GEMML_OK : refused("dpocon", info);
}

gemml_status lapack_cholesky_rcond(size_t n, const double *U, size_t ldu, double norm, double *rcond)
{
    enum { SMALL = 16 };
    double *work;
    *rcond = 1;
    if (n == 0)
        return GEMML_OK;
    TRY(memory_alloc(&work, memory_product(n, n <= SMALL ? n + 1 : 3), sizeof *work));
    gemml_status status;
    if (n <= SMALL) {
        double inverse = 1;
        status = inverse_norm(n, U, ldu, work, &inverse);
        *rcond = 1 / (norm * inverse);
    } else {
        status = estimate_rcond(n, U, ldu, norm, work, rcond);
    }
    memory_free(work);
    return status;
}

gemml_status lapack_triangular_rcond(size_t n, const double *U, size_t ldu, double *rcond)
{
    lapack_int order, ld;
    double *work;
    *rcond = 1;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(ldu, &ld));
    /* 3 n reals, and n integers that are no larger. */
    TRY(memory_alloc(&work, memory_product(4, n), sizeof *work));
    lapack_int info =
        LAPACKE_dtrcon_work(LAPACK_COL_MAJOR, '1', 'L', 'N', order, U, ld, rcond, work, (lapack_int *)(work + 3 * n));
    memory_free(work);
    return info == 0 ? GEMML_OK : refused("dtrcon", info);
}

/* Columns that are factored at a time. */
static size_t qr_block(size_t n)
{
    return n < 32 ? n : 32;
}

size_t lapack_qr_work(size_t n)
{
    return memory_product(2, memory_product(qr_block(n), n));
}

gemml_status lapack_qr_update(size_t n, double *R, size_t ldr, size_t m, size_t trapezoid, double *B, size_t ldb,
                              double *work)
{
    lapack_int order, rows, last, r, b, block = (lapack_int)qr_block(n);
    if (n == 0 || m == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(m, &rows));
    TRY(narrow(ldr, &r));
    TRY(narrow(ldb, &b));
    last = (lapack_int)trapezoid;
    double *T = work, *rest = work + qr_block(n) * n;
    lapack_int info = LAPACKE_dtpqrt_work(LAPACK_COL_MAJOR, rows, order, last, block, R, r, B, b, T, block, rest);
    return info == 0 ? GEMML_OK : refused("dtpqrt", info);
}

static void swap_entries(size_t count, double *x, double *y, size_t stride)
{
    for (size_t i = 0; i < count; i++) {
        double kept = x[i * stride];
        x[i * stride] = y[i * stride];
        y[i * stride] = kept;
    }
}

/* LAPACK has them descending. */
static void reverse_svd(size_t n, double *values, double *U, double *V)
{
    for (size_t i = 0, k = n - 1; i < k; i++, k--) {
        swap_entries(1, values + i, values + k, 1);
        swap_entries(n, U + i, U + k, n);
        swap_entries(n, V + i * n, V + k * n, 1);
    }
}

/* Row-major A is LAPACK's A' = V S U': its left vectors, by columns, are the rows of V,
 * and its U' by columns is U by rows. */
gemml_status lapack_svd(size_t n, double *A, size_t lda, double *values, double *U, double *V)
{
    lapack_int order, ld, info, lwork, *iwork;
    double reals = 0, *work;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(lda, &ld));
    TRY(memory_alloc(&iwork, memory_product(8, n), sizeof *iwork));
    info =
        LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'A', order, order, A, ld, values, V, order, U, order, &reals, -1, iwork);
    gemml_status status = info == 0 ? narrow((size_t)reals, &lwork) : refused("dgesdd", info);
    if (status == GEMML_OK)
        status = memory_alloc(&work, (size_t)lwork, sizeof *work);
    if (status == GEMML_OK) {
        info = LAPACKE_dgesdd_work(LAPACK_COL_MAJOR, 'A', order, order, A, ld, values, V, order, U, order, work, lwork,
                                   iwork);
        memory_free(work);
        status = info == 0 ? GEMML_OK : refused("dgesdd", info);
    }
    memory_free(iwork);
    if (status == GEMML_OK)
        reverse_svd(n, values, U, V);
    return status;
}

gemml_status lapack_symmetric_eigen(size_t n, double *A, size_t lda, double *values)
{
    lapack_int order, ld, info, integers = 0;
    double reals = 0;
    if (n == 0)
        return GEMML_OK;
    TRY(narrow(n, &order));
    TRY(narrow(lda, &ld));
    info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', order, A, ld, values, &reals, -1, &integers, -1);
    if (info != 0)
        return refused("dsyevd", info);
    lapack_int lwork;
    TRY(narrow((size_t)reals, &lwork));
    double *work;
    lapack_int *iwork;
    TRY(memory_alloc(&work, (size_t)lwork, sizeof *work));
    gemml_status status = memory_alloc(&iwork, (size_t)integers, sizeof *iwork);
    if (status == GEMML_OK) {
        info = LAPACKE_dsyevd_work(LAPACK_COL_MAJOR, 'V', 'L', order, A, ld, values, work, lwork, iwork, integers);
        if (info != 0)
            status = refused("dsyevd", info);
    }
    memory_free(iwork);
    memory_free(work);
    return status;
}

/* The rows of a row-major A are the columns of a column-major n x k matrix: A' = QR, of which the first
 * `columns` of Q stand in A's place, by rows; R' in L, row-major k x k, unless that is NULL. */
static gemml_status factor_rows(size_t k, size_t n, double *A, size_t lda, size_t columns, double *L)
{
    lapack_int rows, cols, ld, made, lwork, info;
    TRY(narrow(n, &rows));
    TRY(narrow(k, &cols));
    TRY(narrow(lda, &ld));
    TRY(narrow(columns, &made));
    /* A block of 64 columns is what dgeqrf and dorgqr ask for at most. */
    TRY(narrow(memory_product(64, columns), &lwork));
    double *tau, *work;
    TRY(memory_alloc(&tau, k, sizeof *tau));
    gemml_status status = memory_alloc(&work, (size_t)lwork, sizeof *work);
    if (status == GEMML_OK) {
        info = LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, rows, cols, A, ld, tau, work, lwork);
        for (size_t i = 0; L && i < k * k; i++)
            L[i] = i % k <= i / k ? A[i / k * lda + i % k] : 0;
        if (info == 0)
            info = LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, rows, made, cols, A, ld, tau, work, lwork);
        if (info != 0)
            status = refused("dgeqrf or dorgqr", info);
    }
    memory_free(work);
    memory_free(tau);
    return status;
}

gemml_status lapack_orthonormalise(size_t k, size_t n, double *A, size_t lda)
{
    return k == 0 ? GEMML_OK : factor_rows(k, n, A, lda, k, NULL);
}

gemml_status lapack_complete(size_t k, size_t n, double *A, double *L)
{
    return k == 0 ? GEMML_OK : factor_rows(k, n, A, n, n, L);
}

/* The wrappers of what exists once: threads and factorisations. */
#include "counts.h"
#include "kernel/linalg_lapack.h"
#include "util/parallel.h"

void __real_parallel_for(size_t count, gemml_task task, void *context);
void __wrap_parallel_for(size_t count, gemml_task task, void *context);
void __wrap_parallel_for(size_t count, gemml_task task, void *context)
{
    counted[COUNT_PARALLEL]++;
    counted[COUNT_TASKS] += count;
    __real_parallel_for(count, task, context);
}

gemml_status __real_lapack_cholesky(size_t n, double *A, size_t lda, bool *definite);
gemml_status __wrap_lapack_cholesky(size_t n, double *A, size_t lda, bool *definite);
gemml_status __wrap_lapack_cholesky(size_t n, double *A, size_t lda, bool *definite)
{
    counted[COUNT_FACTORS]++;
    return __real_lapack_cholesky(n, A, lda, definite);
}

gemml_status __real_lapack_qr_update(size_t n, double *R, size_t ldr, size_t m, size_t trapezoid, double *B, size_t ldb,
                                     double *work);
gemml_status __wrap_lapack_qr_update(size_t n, double *R, size_t ldr, size_t m, size_t trapezoid, double *B, size_t ldb,
                                     double *work);
gemml_status __wrap_lapack_qr_update(size_t n, double *R, size_t ldr, size_t m, size_t trapezoid, double *B, size_t ldb,
                                     double *work)
{
    counted[COUNT_FACTORS]++;
    return __real_lapack_qr_update(n, R, ldr, m, trapezoid, B, ldb, work);
}

gemml_status __real_lapack_svd(size_t n, double *A, size_t lda, double *values, double *U, double *V);
gemml_status __wrap_lapack_svd(size_t n, double *A, size_t lda, double *values, double *U, double *V);
gemml_status __wrap_lapack_svd(size_t n, double *A, size_t lda, double *values, double *U, double *V)
{
    counted[COUNT_FACTORS]++;
    return __real_lapack_svd(n, A, lda, values, U, V);
}

gemml_status __real_lapack_symmetric_eigen(size_t n, double *A, size_t lda, double *values);
gemml_status __wrap_lapack_symmetric_eigen(size_t n, double *A, size_t lda, double *values);
gemml_status __wrap_lapack_symmetric_eigen(size_t n, double *A, size_t lda, double *values)
{
    counted[COUNT_FACTORS]++;
    return __real_lapack_symmetric_eigen(n, A, lda, values);
}

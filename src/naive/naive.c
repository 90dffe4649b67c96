/* Plain loops for the operations of kernel/linalg.h and kernel/vector.h. */
#include "naive/naive.h"

#include <math.h>

#ifdef GEMML_REAL_F32
#define exp_real expf
#define log1p_real log1pf
#define tanh_real tanhf
#define fabs_real fabsf
#else
#define exp_real exp
#define log1p_real log1p
#define tanh_real tanh
#define fabs_real fabs
#endif

/* C_ij = alpha sum_l op(A)_il op(B)_lj + beta C_ij. */
void R(naive_gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                   size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            real sum = 0;
            for (size_t l = 0; l < k; l++)
                sum +=
                    (transpose_a ? A[l * lda + i] : A[i * lda + l]) * (transpose_b ? B[j * ldb + l] : B[l * ldb + j]);
            C[i * ldc + j] = beta == 0 ? alpha * sum : alpha * sum + beta * C[i * ldc + j];
        }
}

/* y_i = alpha sum_j op(A)_ij x_j + beta y_i. */
void R(naive_gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                   size_t incx, real beta, real *y, size_t incy)
{
    size_t rows = transpose ? n : m, cols = transpose ? m : n;
    for (size_t i = 0; i < rows; i++) {
        real sum = 0;
        for (size_t j = 0; j < cols; j++)
            sum += (transpose ? A[j * lda + i] : A[i * lda + j]) * x[j * incx];
        y[i * incy] = beta == 0 ? alpha * sum : alpha * sum + beta * y[i * incy];
    }
}

/* C_ij = alpha sum_l A_li A_lj + beta C_ij for j >= i. */
void R(naive_syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i; j < n; j++) {
            real sum = 0;
            for (size_t l = 0; l < k; l++)
                sum += A[l * lda + i] * A[l * lda + j];
            C[i * ldc + j] = beta == 0 ? alpha * sum : alpha * sum + beta * C[i * ldc + j];
        }
}

/* U B := B from the last row up, or U' B := B from the first row down. */
void R(naive_trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb)
{
    for (size_t step = 0; step < n; step++) {
        size_t i = transpose ? step : n - 1 - step;
        for (size_t j = 0; j < k; j++) {
            real sum = B[i * ldb + j];
            for (size_t l = 0; l < step; l++) {
                size_t solved = transpose ? l : n - 1 - l;
                sum -= (transpose ? U[solved * ldu + i] : U[i * ldu + solved]) * B[solved * ldb + j];
            }
            B[i * ldb + j] = sum / U[i * ldu + i];
        }
    }
}

void R(naive_axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy)
{
    for (size_t i = 0; i < n; i++)
        y[i * incy] += alpha * x[i * incx];
}

void R(naive_scal)(size_t n, real alpha, real *x, size_t incx)
{
    for (size_t i = 0; i < n; i++)
        x[i * incx] *= alpha;
}

real R(naive_dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy)
{
    real sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i * incx] * y[i * incy];
    return sum;
}

void R(naive_exp)(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = exp_real(x[i]);
}

void R(naive_sigmoid)(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = 1 / (1 + exp_real(-x[i]));
}

void R(naive_tanh)(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = tanh_real(x[i]);
}

void R(naive_relu)(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

void R(naive_softplus)(size_t n, const real *x, real *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = (x[i] > 0 ? x[i] : 0) + log1p_real(exp_real(-fabs_real(x[i])));
}

/* Y_ij = exp(X_ij - max_j X_ij) / sum_j exp(X_ij - max_j X_ij). */
void R(naive_softmax)(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
{
    for (size_t i = 0; i < n; i++) {
        const real *x = X + i * ldx;
        real *y = Y + i * ldy;
        real most = -(real)INFINITY;
        for (size_t j = 0; j < k; j++)
            most = x[j] > most ? x[j] : most;
        real sum = 0;
        for (size_t j = 0; j < k; j++)
            sum += y[j] = exp_real(x[j] - most);
        for (size_t j = 0; j < k; j++)
            y[j] /= sum;
    }
}

void R(naive_sigmoid_backward)(size_t n, const real *a, real *d)
{
    for (size_t i = 0; i < n; i++)
        d[i] *= a[i] * (1 - a[i]);
}

void R(naive_tanh_backward)(size_t n, const real *a, real *d)
{
    for (size_t i = 0; i < n; i++)
        d[i] *= 1 - a[i] * a[i];
}

void R(naive_relu_backward)(size_t n, const real *a, real *d)
{
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] > 0 ? d[i] : 0;
}

void R(naive_affine_rows)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale, real *Y,
                          size_t ldy)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++)
            Y[i * ldy + j] = (X[i * ldx + j] - shift[j]) * scale[j];
}

bool R(naive_all_finite)(size_t n, const real *x)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

double R(naive_sum)(size_t n, const real *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i];
    return sum;
}

/* Plain loops for linear regression: the normal equations by Cholesky, gradient
 * descent, prediction. A = [1 X], theta = (b, w), q = 1 + p.
 *
 * Method: Golub and Van Loan, Matrix Computations, sections 4.2 and 5.3. */
#include <math.h>

#include "naive/naive.h"

#ifdef GEMML_REAL_F32
#define sqrt_real sqrtf
#else
#define sqrt_real sqrt
#endif

/* G = sum_i (1, x_i)' (1, x_i): the upper triangle row by row, then the mirror. */
void R(naive_gram)(size_t n, size_t p, const real *X, size_t ldx, real *G)
{
    size_t q = p + 1;
    for (size_t i = 0; i < q * q; i++)
        G[i] = 0;
    G[0] = (real)n;
    for (size_t i = 0; i < n; i++) {
        const real *x = X + i * ldx;
        for (size_t j = 0; j < p; j++) {
            G[j + 1] += x[j];
            for (size_t l = j; l < p; l++)
                G[(j + 1) * q + l + 1] += x[j] * x[l];
        }
    }
    for (size_t i = 0; i < q; i++)
        for (size_t j = 0; j < i; j++)
            G[i * q + j] = G[j * q + i];
}

/* L_ij = (A_ij - sum_{l<j} L_il L_jl) / L_jj,  L_ii = sqrt(A_ii - sum_{l<i} L_il^2). */
bool R(naive_cholesky)(size_t n, real *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            real sum = A[i * n + j];
            for (size_t l = 0; l < j; l++)
                sum -= A[i * n + l] * A[j * n + l];
            if (j < i)
                A[i * n + j] = sum / A[j * n + j];
            else if (sum > 0)
                A[i * n + i] = sqrt_real(sum);
            else
                return false;
        }
    return true;
}

/* L z = x downwards, then L'x = z upwards. */
void R(naive_cholesky_solve)(size_t n, const real *L, real *x)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            x[i] -= L[i * n + j] * x[j];
        x[i] /= L[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            x[i] -= L[j * n + i] * x[j];
        x[i] /= L[i * n + i];
    }
}

/* c = A'y. */
static void cross_product(size_t n, size_t p, const real *X, size_t ldx, const real *y, real *c)
{
    for (size_t j = 0; j <= p; j++)
        c[j] = 0;
    for (size_t i = 0; i < n; i++) {
        c[0] += y[i];
        for (size_t j = 0; j < p; j++)
            c[j + 1] += X[i * ldx + j] * y[i];
    }
}

bool R(naive_normal_equations)(size_t n, size_t p, const real *X, size_t ldx, const real *y, real lambda, real *G,
                               real *theta)
{
    size_t q = p + 1;
    R(naive_gram)(n, p, X, ldx, G);
    for (size_t j = 1; j < q; j++)
        G[j * q + j] += lambda;
    cross_product(n, p, X, ldx, y, theta);
    if (!R(naive_cholesky)(q, G))
        return false;
    R(naive_cholesky_solve)(q, G, theta);
    return true;
}

/* r_i = z_i - y_i,  loss = 1/n sum 1/2 r_i^2,  g = 1/n (sum r_i, sum r_i x_i + lambda w). */
real R(naive_descent_epoch)(size_t n, size_t p, const real *X, size_t ldx, const real *y, real lambda, real rate,
                            real *theta, real *gradient)
{
    real loss = 0;
    gradient[0] = 0;
    for (size_t j = 1; j <= p; j++)
        gradient[j] = lambda * theta[j];
    for (size_t i = 0; i < n; i++) {
        const real *x = X + i * ldx;
        real residual = theta[0] - y[i];
        for (size_t j = 0; j < p; j++)
            residual += x[j] * theta[j + 1];
        loss += residual * residual / 2;
        gradient[0] += residual;
        for (size_t j = 0; j < p; j++)
            gradient[j + 1] += residual * x[j];
    }
    for (size_t j = 0; j <= p; j++) {
        gradient[j] /= (real)n;
        theta[j] -= rate * gradient[j];
    }
    return loss / (real)n;
}

void R(naive_predict)(size_t n, size_t p, const real *X, size_t ldx, const real *theta, real *out)
{
    for (size_t i = 0; i < n; i++) {
        real z = theta[0];
        for (size_t j = 0; j < p; j++)
            z += X[i * ldx + j] * theta[j + 1];
        out[i] = z;
    }
}

/* Logistic regression by plain loops, along the rows of matrices as a careful author
 * would write them: z = b + x w, d = p(k | x) - [y = k], g = sum_i (1, x_i)' d_i. */
#include <math.h>

#include "naive/naive.h"

#ifdef GEMML_REAL_F32
#define exp_real expf
#define log_real logf
#define log1p_real log1pf
#define fabs_real fabsf
#else
#define exp_real exp
#define log_real log
#define log1p_real log1p
#define fabs_real fabs
#endif

/* d = z of a row. */
static void scores(size_t p, size_t K, const real *x, const real *theta, real *d)
{
    for (size_t k = 0; k < K; k++)
        d[k] = theta[k];
    for (size_t j = 0; j < p; j++)
        for (size_t k = 0; k < K; k++)
            d[k] += x[j] * theta[(1 + j) * K + k];
}

/* d: in z, out p(1) - y. Gives log(1 + exp(z)) - y z. */
static real sigmoid_error(real y, real *d)
{
    real z = *d;
    *d = 1 / (1 + exp_real(-z)) - y;
    return (z > 0 ? z : 0) + log1p_real(exp_real(-fabs_real(z))) - y * z;
}

/* d: in z, out p(k) - [y = k]. Gives log sum_k exp(z_k) - z_y. */
static real softmax_error(size_t K, size_t y, real *d)
{
    real most = d[0], sum = 0, z = d[y];
    for (size_t k = 1; k < K; k++)
        most = d[k] > most ? d[k] : most;
    for (size_t k = 0; k < K; k++)
        sum += d[k] = exp_real(d[k] - most);
    for (size_t k = 0; k < K; k++)
        d[k] = d[k] / sum - (real)(y == k);
    return log_real(sum) + most - z;
}

real R(naive_logistic_gradient)(size_t n, size_t p, size_t K, const real *X, size_t ldx, const real *y, real lambda,
                                const real *theta, real *gradient, real *d)
{
    real F = 0;
    for (size_t k = 0; k < K; k++)
        gradient[k] = 0;
    for (size_t k = K; k < (1 + p) * K; k++) {
        gradient[k] = lambda * theta[k];
        F += lambda / 2 * theta[k] * theta[k];
    }
    for (size_t i = 0; i < n; i++) {
        const real *x = X + i * ldx;
        scores(p, K, x, theta, d);
        F += K == 1 ? sigmoid_error(y[i], d) : softmax_error(K, (size_t)y[i], d);
        for (size_t k = 0; k < K; k++)
            gradient[k] += d[k];
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < K; k++)
                gradient[(1 + j) * K + k] += x[j] * d[k];
    }
    return F;
}

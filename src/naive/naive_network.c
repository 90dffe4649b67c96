/* A network by plain loops: hidden layers with relu, a softmax at the end, cross entropy.
 * The loops run along the rows of matrices, as a careful author would write them. */
#include <math.h>

#include "naive/naive.h"

#ifdef GEMML_REAL_F32
#define exp_real expf
#define log_real logf
#else
#define exp_real exp
#define log_real log
#endif

/* Where layer l's W and b begin in theta. */
static size_t weights_of(const size_t *sizes, size_t l)
{
    size_t offset = 0;
    for (size_t i = 0; i < l; i++)
        offset += (sizes[i] + 1) * sizes[i + 1];
    return offset;
}

/* The n x sizes[l] values of layer l stand after those of the layers before it, X apart. */
static size_t values_of(const size_t *sizes, size_t n, size_t l)
{
    size_t offset = 0;
    for (size_t i = 1; i < l; i++)
        offset += n * sizes[i];
    return offset;
}

/* Z = A W + 1 b, n x m; A is n x k. */
static void affine(size_t n, size_t k, size_t m, const real *A, const real *W, real *Z)
{
    const real *b = W + k * m;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < m; j++)
            Z[i * m + j] = b[j];
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < m; j++)
                Z[i * m + j] += A[i * k + l] * W[l * m + j];
    }
}

/* The gradient of W and b from D = dF/dZ. */
static void affine_gradient(size_t n, size_t k, size_t m, const real *A, const real *D, real *G)
{
    for (size_t j = 0; j < (k + 1) * m; j++)
        G[j] = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < k; l++)
            for (size_t j = 0; j < m; j++)
                G[l * m + j] += A[i * k + l] * D[i * m + j];
        for (size_t j = 0; j < m; j++)
            G[k * m + j] += D[i * m + j];
    }
}

/* A = D W' where A > 0, else 0: the D of the layer below takes the place of its values. */
static void relu_delta(size_t n, size_t k, size_t m, const real *D, const real *W, real *A)
{
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < k; l++) {
            real sum = 0;
            for (size_t j = 0; j < m; j++)
                sum += D[i * m + j] * W[l * m + j];
            A[i * k + l] = A[i * k + l] > 0 ? sum : 0;
        }
}

/* Z becomes D = softmax(Z) - [k = y]; the sum of -log p(y). */
static real softmax_delta(size_t n, size_t K, const real *y, real *Z)
{
    real loss = 0;
    for (size_t i = 0; i < n; i++) {
        real *z = Z + i * K, most = z[0], sum = 0;
        size_t class = (size_t)y[i];
        for (size_t k = 1; k < K; k++)
            most = z[k] > most ? z[k] : most;
        for (size_t k = 0; k < K; k++)
            sum += exp_real(z[k] - most);
        loss += log_real(sum) - (z[class] - most);
        for (size_t k = 0; k < K; k++)
            z[k] = exp_real(z[k] - most) / sum - (k == class);
    }
    return loss;
}

size_t R(naive_network_values)(size_t layers, const size_t *sizes, size_t n)
{
    return values_of(sizes, n, layers + 1);
}

void R(naive_network_decision)(size_t layers, const size_t *sizes, size_t n, const real *X, const real *theta,
                               real *values)
{
    for (size_t l = 0; l < layers; l++) {
        const real *A = l > 0 ? values + values_of(sizes, n, l) : X;
        real *Z = values + values_of(sizes, n, l + 1);
        affine(n, sizes[l], sizes[l + 1], A, theta + weights_of(sizes, l), Z);
        for (size_t i = 0; l + 1 < layers && i < n * sizes[l + 1]; i++)
            Z[i] = Z[i] > 0 ? Z[i] : 0;
    }
}

real R(naive_network_gradient)(size_t layers, const size_t *sizes, size_t n, const real *X, const real *y,
                               const real *theta, real *values, real *gradient)
{
    R(naive_network_decision)(layers, sizes, n, X, theta, values);
    real loss = softmax_delta(n, sizes[layers], y, values + values_of(sizes, n, layers));
    for (size_t l = layers; l-- > 0;) {
        size_t k = sizes[l], m = sizes[l + 1], offset = weights_of(sizes, l);
        real *A = l > 0 ? values + values_of(sizes, n, l) : NULL, *D = values + values_of(sizes, n, l + 1);
        affine_gradient(n, k, m, A ? A : X, D, gradient + offset);
        if (A)
            relu_delta(n, k, m, D, theta + offset, A);
    }
    return loss;
}

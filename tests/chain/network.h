/* A chain by plain loops, row by row, in long double: what the passes are tested
 * against. It shares the layout of the parameters with the library, no arithmetic. */
#ifndef GEMML_TESTS_CHAIN_NETWORK_H
#define GEMML_TESTS_CHAIN_NETWORK_H

#include <math.h>

#include "chain/chain.h"
#include "kernel/real.h"
#include "support/support.h"

enum { WIDEST = 64 };

static inline struct chain network_chain(size_t layers, const size_t *sizes, const enum activation *activations,
                                         const bool *bias)
{
    struct chain chain;
    assert_int_equal(chain_make(&chain, layers, sizes, activations, bias, LOSS_SQUARED_ERROR), GEMML_OK);
    return chain;
}

static inline long double network_activate(enum activation activation, long double z)
{
    switch (activation) {
    case ACTIVATION_RELU:
        return z > 0 ? z : 0;
    case ACTIVATION_SIGMOID:
        return 1 / (1 + expl(-z));
    case ACTIVATION_TANH:
        return tanhl(z);
    case ACTIVATION_LEAKY_RELU:
        return z < 0 ? (long double)REAL_C(0.01) * z : z;
    case ACTIVATION_GELU:
        return z * erfcl(-z * sqrtl(0.5L)) / 2;
    case ACTIVATION_SOFTMAX: /* of a row: below */
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
    return z;
}

/* a = exp(z - max z) / sum. */
static inline void network_softmax(size_t K, const long double *z, long double *a)
{
    long double most = z[0], sum = 0;
    for (size_t k = 1; k < K; k++)
        most = fmaxl(most, z[k]);
    for (size_t k = 0; k < K; k++)
        sum += a[k] = expl(z[k] - most);
    for (size_t k = 0; k < K; k++)
        a[k] /= sum;
}

/* a (the inputs; then, WIDEST at most, the outputs A_L) and z (Z_L) of one row. */
static inline void network_row(const struct chain *chain, const long double *theta, long double *a, long double *z)
{
    for (size_t l = 0; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        for (size_t k = 0; k < layer->outputs; k++) {
            z[k] = layer->bias ? theta[layer->bias_offset + k] : 0;
            for (size_t j = 0; j < layer->inputs; j++)
                z[k] += a[j] * theta[layer->weight_offset + j * layer->outputs + k];
        }
        for (size_t k = 0; k < layer->outputs; k++)
            a[k] = network_activate(layer->activation, z[k]);
        if (layer->activation == ACTIVATION_SOFTMAX)
            network_softmax(layer->outputs, z, a);
    }
}

/* Random parameters, and the same in long double. */
static inline real *network_parameters(const struct chain *chain, long double **exact, uint64_t *random)
{
    real *theta = malloc((chain->parameters + 1) * sizeof *theta);
    *exact = malloc((chain->parameters + 1) * sizeof **exact);
    for (size_t i = 0; i < chain->parameters; i++) {
        theta[i] = (real)test_random(random);
        (*exact)[i] = theta[i];
    }
    return theta;
}

/* df/dtheta_i of f(theta, context) by a central difference of fourth order. */
static inline double network_difference(long double (*f)(const long double *, void *), void *context,
                                        long double *theta, size_t i)
{
    const long double h = 1e-3L, kept = theta[i];
    long double value[5];
    for (int s = 0; s < 5; s++) {
        theta[i] = kept + (s - 2) * h;
        value[s] = f(theta, context);
    }
    theta[i] = kept;
    return (double)((8 * (value[3] - value[1]) - (value[4] - value[0])) / (12 * h));
}

#endif

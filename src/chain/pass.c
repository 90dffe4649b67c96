#include "chain/pass.h"

#include <string.h>

#include "kernel/linalg.h"
#include "kernel/vector.h"

static size_t widest(const struct chain *chain)
{
    size_t width = 0;
    for (size_t l = 0; l < chain->layers; l++)
        if (chain->layer[l].outputs > width)
            width = chain->layer[l].outputs;
    return width;
}

static size_t matrix_bytes(size_t rows, size_t cols)
{
    return memory_round(memory_product(memory_product(rows, cols), sizeof(real)));
}

size_t R(pass_bytes)(const struct chain *chain, size_t rows, bool backward)
{
    size_t bytes = memory_round(memory_product(chain->layers, sizeof(real *)));
    for (size_t l = 0; l < chain->layers; l++)
        bytes = memory_sum(bytes, matrix_bytes(rows, chain->layer[l].outputs));
    if (backward)
        bytes =
            memory_sum(bytes, memory_sum(memory_product(2, matrix_bytes(rows, widest(chain))), matrix_bytes(rows, 1)));
    return bytes;
}

static real *part(char **memory, size_t bytes)
{
    real *start = (real *)(void *)*memory;
    *memory += bytes;
    return start;
}

struct pass R(pass_layout)(const struct chain *chain, size_t rows, bool backward, void *memory)
{
    char *free = memory;
    struct pass pass = {.chain = chain, .rows = rows};
    pass.A = (real **)memory;
    free += memory_round(chain->layers * sizeof(real *));
    for (size_t l = 0; l < chain->layers; l++)
        pass.A[l] = part(&free, matrix_bytes(rows, chain->layer[l].outputs));
    if (backward) {
        pass.delta = part(&free, matrix_bytes(rows, widest(chain)));
        pass.delta_next = part(&free, matrix_bytes(rows, widest(chain)));
        pass.ones = part(&free, matrix_bytes(rows, 1));
        for (size_t i = 0; i < rows; i++)
            pass.ones[i] = 1;
    }
    return pass;
}

/* Z = 1 b (zero without a bias). */
static void broadcast_bias(const struct layer *layer, const real *theta, size_t n, real *Z)
{
    size_t K = layer->outputs;
    if (!layer->bias)
        memset(Z, 0, n * K * sizeof *Z);
    for (size_t i = 0; layer->bias && i < n; i++)
        memcpy(Z + i * K, theta + layer->bias_offset, K * sizeof *Z);
}

/* Z = A W + 1 b; one output is a matrix-vector product. */
static gemml_status affine(const struct layer *layer, const real *theta, size_t n, const real *A, size_t lda, real *Z)
{
    const real *W = theta + layer->weight_offset;
    broadcast_bias(layer, theta, n, Z);
    if (layer->outputs == 1)
        return R(gemv)(false, n, layer->inputs, 1, A, lda, W, 1, 1, Z, 1);
    return R(gemm)(false, false, n, layer->outputs, layer->inputs, 1, A, lda, W, layer->outputs, 1, Z, layer->outputs);
}

static void activate(enum activation activation, size_t count, real *Z)
{
    switch (activation) {
    case ACTIVATION_RELU:
        R(vector_relu)(count, Z, Z);
        break;
    case ACTIVATION_SIGMOID:
        R(vector_sigmoid)(count, Z, Z);
        break;
    case ACTIVATION_TANH:
        R(vector_tanh)(count, Z, Z);
        break;
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

/* D *= f'(Z), from A = f(Z). */
static void activate_backward(enum activation activation, size_t count, const real *A, real *D)
{
    switch (activation) {
    case ACTIVATION_RELU:
        R(vector_relu_backward)(count, A, D);
        break;
    case ACTIVATION_SIGMOID:
        R(vector_sigmoid_backward)(count, A, D);
        break;
    case ACTIVATION_TANH:
        R(vector_tanh_backward)(count, A, D);
        break;
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

gemml_status R(pass_forward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx)
{
    for (size_t l = 0; l < pass->chain->layers; l++) {
        const struct layer *layer = &pass->chain->layer[l];
        TRY(affine(layer, theta, n, X, ldx, pass->A[l]));
        activate(layer->activation, n * layer->outputs, pass->A[l]);
        X = pass->A[l];
        ldx = layer->outputs;
    }
    return GEMML_OK;
}

/* gradient of W += A' D, of b += 1' D. */
static gemml_status affine_backward(const struct layer *layer, size_t n, const real *A, size_t lda, const real *D,
                                    const real *ones, real *gradient)
{
    size_t K = layer->outputs;
    real *gradient_W = gradient + layer->weight_offset;
    if (K == 1)
        TRY(R(gemv)(true, n, layer->inputs, 1, A, lda, D, 1, 1, gradient_W, 1));
    else
        TRY(R(gemm)(true, false, layer->inputs, K, n, 1, A, lda, D, K, 1, gradient_W, K));
    if (layer->bias)
        TRY(R(gemv)(true, n, K, 1, D, K, ones, 1, 1, gradient + layer->bias_offset, 1));
    return GEMML_OK;
}

gemml_status R(pass_backward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx, real *gradient)
{
    for (size_t l = pass->chain->layers; l-- > 0;) {
        const struct layer *layer = &pass->chain->layer[l];
        if (l == 0)
            return affine_backward(layer, n, X, ldx, pass->delta, pass->ones, gradient);
        const real *A = pass->A[l - 1];
        size_t width = layer->inputs;
        TRY(affine_backward(layer, n, A, width, pass->delta, pass->ones, gradient));
        /* D_{l-1} = D_l W_l' * f'(Z_{l-1}). */
        TRY(R(gemm)(false, true, n, width, layer->outputs, 1, pass->delta, layer->outputs, theta + layer->weight_offset,
                    layer->outputs, 0, pass->delta_next, width));
        activate_backward(pass->chain->layer[l - 1].activation, n * width, A, pass->delta_next);
        real *swap = pass->delta;
        pass->delta = pass->delta_next;
        pass->delta_next = swap;
    }
    return GEMML_OK;
}

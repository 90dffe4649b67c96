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

/* The others' derivatives follow from A = f(Z). */
static bool keeps_Z(const struct layer *layer, bool backward)
{
    return backward && layer->activation == ACTIVATION_GELU;
}

size_t R(pass_bytes)(const struct chain *chain, size_t rows, bool backward)
{
    size_t bytes = memory_round(memory_product(2 * chain->layers, sizeof(real *)));
    for (size_t l = 0; l < chain->layers; l++) {
        size_t matrix = matrix_bytes(rows, chain->layer[l].outputs);
        bytes = memory_sum(bytes, keeps_Z(&chain->layer[l], backward) ? memory_product(2, matrix) : matrix);
    }
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
    pass.Z = pass.A + chain->layers;
    free += memory_round(2 * chain->layers * sizeof(real *));
    for (size_t l = 0; l < chain->layers; l++) {
        size_t bytes = matrix_bytes(rows, chain->layer[l].outputs);
        pass.A[l] = part(&free, bytes);
        pass.Z[l] = keeps_Z(&chain->layer[l], backward) ? part(&free, bytes) : pass.A[l];
    }
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

/* A = f(Z), n rows. */
static void activate(const struct layer *layer, size_t n, const real *Z, real *A)
{
    size_t K = layer->outputs, count = n * K;
    switch (layer->activation) {
    case ACTIVATION_RELU:
        R(vector_relu)(count, Z, A);
        break;
    case ACTIVATION_SIGMOID:
        R(vector_sigmoid)(count, Z, A);
        break;
    case ACTIVATION_TANH:
        R(vector_tanh)(count, Z, A);
        break;
    case ACTIVATION_SOFTMAX:
        R(vector_softmax)(n, K, Z, K, A, K);
        break;
    case ACTIVATION_LEAKY_RELU:
        R(vector_leaky_relu)(count, Z, A);
        break;
    case ACTIVATION_GELU:
        R(vector_gelu)(count, Z, A);
        break;
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

/* D *= f'(Z), from A = f(Z) where that is enough. */
static void activate_backward(enum activation activation, size_t count, const real *Z, const real *A, real *D)
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
    case ACTIVATION_LEAKY_RELU:
        R(vector_leaky_relu_backward)(count, A, D);
        break;
    case ACTIVATION_GELU:
        R(vector_gelu_backward)(count, Z, D);
        break;
    case ACTIVATION_SOFTMAX: /* of the last layer only, whose D is given */
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

/* V = V * M_l, V n x outputs_l. */
static void drop(const struct pass *pass, size_t l, size_t n, real *V)
{
    const struct dropout *dropout = pass->dropout;
    size_t width = pass->chain->layer[l].outputs;
    R(vector_dropout)(dropout->seed, dropout->stream + l, pass->first * width, n * width, dropout->rate, V);
}

gemml_status R(pass_decision)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx)
{
    for (size_t l = 0; l < pass->chain->layers; l++) {
        const struct layer *layer = &pass->chain->layer[l];
        if (l > 0) {
            activate(layer - 1, n, pass->Z[l - 1], pass->A[l - 1]);
            if (pass->dropout)
                drop(pass, l - 1, n, pass->A[l - 1]);
            X = pass->A[l - 1];
            ldx = layer->inputs;
        }
        TRY(affine(layer, theta, n, X, ldx, pass->Z[l]));
    }
    return GEMML_OK;
}

real *R(pass_scored)(struct pass *pass, size_t n)
{
    size_t last = pass->chain->layers - 1;
    if (pass->chain->loss == LOSS_CROSS_ENTROPY)
        return pass->Z[last];
    activate(&pass->chain->layer[last], n, pass->Z[last], pass->A[last]);
    return pass->A[last];
}

void R(pass_scored_backward)(struct pass *pass, size_t n)
{
    size_t last = pass->chain->layers - 1;
    const struct layer *layer = &pass->chain->layer[last];
    if (pass->chain->loss == LOSS_SQUARED_ERROR)
        activate_backward(layer->activation, n * layer->outputs, pass->Z[last], pass->A[last], pass->delta);
}

gemml_status R(pass_forward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx)
{
    size_t last = pass->chain->layers - 1;
    TRY(R(pass_decision)(pass, theta, n, X, ldx));
    activate(&pass->chain->layer[last], n, pass->Z[last], pass->A[last]);
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

/* D = D * M_l; and A_l as before dropout, where D is not 0, for the derivative. */
static void undrop(const struct pass *pass, size_t l, size_t n, real *D)
{
    drop(pass, l, n, D);
    R(scal)(n * pass->chain->layer[l].outputs, (real)(1 - pass->dropout->rate), pass->A[l], 1);
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
        /* D_{l-1} = D_l W_l' * M_{l-1} * f'(Z_{l-1}). */
        TRY(R(gemm)(false, true, n, width, layer->outputs, 1, pass->delta, layer->outputs, theta + layer->weight_offset,
                    layer->outputs, 0, pass->delta_next, width));
        if (pass->dropout)
            undrop(pass, l - 1, n, pass->delta_next);
        activate_backward(pass->chain->layer[l - 1].activation, n * width, pass->Z[l - 1], A, pass->delta_next);
        real *swap = pass->delta;
        pass->delta = pass->delta_next;
        pass->delta_next = swap;
    }
    return GEMML_OK;
}

/* The chain: where each layer's weights and bias stand in the flat parameter
 * vector. Knows no precision; the passes over data are in pass.h.
 *
 *   A_0 = X,   Z_l = A_{l-1} W_l + 1 b_l,   A_l = f_l(Z_l)
 *
 * W_l is inputs x outputs, row-major; layer by layer W_l, then b_l. */
#ifndef GEMML_CHAIN_CHAIN_H
#define GEMML_CHAIN_CHAIN_H

#include <stdbool.h>

#include "util/alloc.h"

enum activation { ACTIVATION_IDENTITY = 0, ACTIVATION_RELU, ACTIVATION_SIGMOID, ACTIVATION_TANH, ACTIVATION_COUNT };

/* loss_i = 1/2 sum_k (z_ik - y_ik)^2. */
enum loss { LOSS_SQUARED_ERROR = 0 };

struct layer {
    size_t inputs, outputs;
    enum activation activation;
    bool bias;
    size_t weight_offset, bias_offset; /* into the flat vector */
};

struct chain {
    size_t layers;
    struct layer *layer;
    size_t parameters; /* length of the flat vector */
    enum loss loss;
};

/* A chain of `layers` layers: sizes[0] inputs, sizes[l] outputs of layer l. */
gemml_status chain_make(struct chain *chain, size_t layers, const size_t *sizes, const enum activation *activations,
                        const bool *bias, enum loss loss);
gemml_status chain_copy(struct chain *chain, const struct chain *source);
void chain_free(struct chain *chain);

size_t chain_inputs(const struct chain *chain);
size_t chain_outputs(const struct chain *chain);

/* "identity", "relu", ...; and back: false for an unknown name. */
const char *activation_name(enum activation activation);
bool activation_find(const char *name, enum activation *activation);

#endif

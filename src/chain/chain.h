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

enum activation {
    ACTIVATION_IDENTITY = 0,
    ACTIVATION_RELU,
    ACTIVATION_SIGMOID,
    ACTIVATION_TANH,
    ACTIVATION_SOFTMAX, /* over a row's outputs; of the last layer only */
    ACTIVATION_LEAKY_RELU,
    ACTIVATION_GELU,
    ACTIVATION_COUNT
};

/* Of a row with the last Z's z_1 .. z_K:
 *   SQUARED_ERROR  1/2 sum_k (f(z_k) - y_k)^2, f any activation but the softmax
 *   CROSS_ENTROPY  -log p(y), y a class index: after a sigmoid (one output) p(1) = 1 / (1 + exp(-z)),
 *                  after a softmax p(k) = exp(z_k) / sum_l exp(z_l) */
enum loss { LOSS_SQUARED_ERROR = 0, LOSS_CROSS_ENTROPY };

/* More class indices than a float counts exactly, or than anybody has. */
#define MOST_CLASSES (1 << 20)

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

/* How many classes the chain tells apart: 0 when its loss is not cross entropy. */
size_t chain_classes(const struct chain *chain);

/* "identity", "relu", ...; and back: false for an unknown name. */
extern const char *const activation_texts[ACTIVATION_COUNT];
const char *activation_name(enum activation activation);
bool activation_find(const char *name, enum activation *activation);

#endif

/* The layout of a chain's parameters: for layer l of in x out
 *
 *   weight_offset = sum over earlier layers of in out + (out if there is a bias),
 *   bias_offset = weight_offset + in out. */
#include "chain/chain.h"

#include <stdint.h>
#include <string.h>

/* Doubles that one object may hold: every chain can then be kept in either precision. */
#define MAX_PARAMETERS ((size_t)PTRDIFF_MAX / sizeof(double))

/* Places one layer behind `*used` parameters, and moves `*used` behind it. */
static gemml_status place_layer(struct layer *layer, size_t index, bool last, size_t *used)
{
    if (layer->inputs == 0 || layer->outputs == 0)
        return error_set(GEMML_ERROR_SHAPE, "layer %zu is %zu x %zu: both must be at least 1", index, layer->inputs,
                         layer->outputs);
    if ((unsigned)layer->activation >= ACTIVATION_COUNT)
        return error_set(GEMML_ERROR_ARGUMENT, "layer %zu has the unknown activation %d", index,
                         (int)layer->activation);
    if (layer->activation == ACTIVATION_SOFTMAX && !last)
        return error_set(GEMML_ERROR_ARGUMENT, "layer %zu has the softmax, which only the last may have", index);
    size_t weights = memory_product(layer->inputs, layer->outputs);
    layer->weight_offset = *used;
    layer->bias_offset = memory_sum(*used, weights);
    *used = memory_sum(layer->bias_offset, layer->bias ? layer->outputs : 0);
    if (*used > MAX_PARAMETERS)
        return error_set(GEMML_ERROR_MEMORY, "layer %zu is %zu x %zu: more parameters than can be addressed", index,
                         layer->inputs, layer->outputs);
    return GEMML_OK;
}

gemml_status chain_make(struct chain *chain, size_t layers, const size_t *sizes, const enum activation *activations,
                        const bool *bias, enum loss loss)
{
    if (layers == 0)
        return error_set(GEMML_ERROR_SHAPE, "a chain has at least one layer");
    struct chain made = {.layers = layers, .loss = loss};
    TRY(memory_alloc(&made.layer, layers, sizeof *made.layer));
    gemml_status status = GEMML_OK;
    for (size_t l = 0; l < layers && status == GEMML_OK; l++) {
        made.layer[l] =
            (struct layer){.inputs = sizes[l], .outputs = sizes[l + 1], .activation = activations[l], .bias = bias[l]};
        status = place_layer(&made.layer[l], l, l + 1 == layers, &made.parameters);
    }
    if (status != GEMML_OK) {
        chain_free(&made);
        return status;
    }
    *chain = made;
    return GEMML_OK;
}

gemml_status chain_copy(struct chain *chain, const struct chain *source)
{
    struct chain copy = *source;
    TRY(memory_copy(&copy.layer, source->layer, source->layers, sizeof *source->layer));
    *chain = copy;
    return GEMML_OK;
}

void chain_free(struct chain *chain)
{
    memory_free(chain->layer);
    *chain = (struct chain){0};
}

size_t chain_inputs(const struct chain *chain)
{
    return chain->layer[0].inputs;
}

size_t chain_outputs(const struct chain *chain)
{
    return chain->layer[chain->layers - 1].outputs;
}

size_t chain_classes(const struct chain *chain)
{
    size_t outputs = chain_outputs(chain);
    return chain->loss != LOSS_CROSS_ENTROPY ? 0 : outputs == 1 ? 2 : outputs;
}

const char *const activation_texts[ACTIVATION_COUNT] = {
    [ACTIVATION_IDENTITY] = "identity", [ACTIVATION_RELU] = "relu",       [ACTIVATION_SIGMOID] = "sigmoid",
    [ACTIVATION_TANH] = "tanh",         [ACTIVATION_SOFTMAX] = "softmax", [ACTIVATION_LEAKY_RELU] = "leaky_relu",
    [ACTIVATION_GELU] = "gelu",
};

const char *activation_name(enum activation activation)
{
    return activation_texts[activation];
}

bool activation_find(const char *name, enum activation *activation)
{
    for (size_t i = 0; i < ACTIVATION_COUNT; i++) {
        if (strcmp(name, activation_texts[i]) == 0) {
            *activation = (enum activation)i;
            return true;
        }
    }
    return false;
}

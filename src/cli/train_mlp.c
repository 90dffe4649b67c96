/* From the options of train mlp to a network. */
#include <stdlib.h>
#include <string.h>

#include "cli/number.h"
#include "cli/status.h"
#include "cli/train_options.h"

enum { LAYERS_MAX = 100 };

struct layers {
    size_t count;
    size_t hidden[LAYERS_MAX];
    gemml_activation activations[LAYERS_MAX];
    int biases[LAYERS_MAX + 1];
};

/* The items of a list: copies the next one and moves *list behind it; false at the end. */
static bool next_item(const char **list, char *item, size_t bytes)
{
    size_t length = *list ? strcspn(*list, ",") : 0;
    if (!*list)
        return false;
    snprintf(item, bytes, "%.*s", (int)length, *list);
    *list = (*list)[length] == ',' ? *list + length + 1 : NULL;
    return true;
}

static int parse_hidden(struct layers *layers, const char *text)
{
    char item[NUMBER_BYTES];
    layers->count = 0;
    if (strcmp(text, "0") == 0)
        return EXIT_DONE;
    for (const char *rest = text; next_item(&rest, item, sizeof item); layers->count++) {
        if (layers->count == LAYERS_MAX)
            return failed("--hidden: at most %d layers", (int)LAYERS_MAX);
        uint64_t units;
        if (!number_count(item, &units) || units == 0 || units > SIZE_MAX)
            return failed("--hidden takes numbers of units such as 64,32 (or 0: no hidden layer), not '%s'", text);
        layers->hidden[layers->count] = (size_t)units;
    }
    return EXIT_DONE;
}

static int parse_activation(gemml_activation *activation, const char *option, const char *name)
{
    for (int f = 0; f <= GEMML_ACTIVATION_GELU; f++)
        if (f != GEMML_ACTIVATION_SOFTMAX && strcmp(name, gemml_activation_string((gemml_activation)f)) == 0) {
            *activation = (gemml_activation)f;
            return EXIT_DONE;
        }
    return failed("%s: '%s' is not one of relu, leaky_relu, gelu, sigmoid, tanh, identity", option, name);
}

/* One for all, or one for each of the layers. */
static int parse_activations(struct layers *layers, gemml_mlp_options *options, const char *text)
{
    char item[NUMBER_BYTES];
    size_t count = 0;
    const char *rest = text;
    if (!strchr(text, ','))
        return parse_activation(&options->activation, "--activation", text);
    for (; next_item(&rest, item, sizeof item); count++) {
        int status = count < LAYERS_MAX ? parse_activation(&layers->activations[count], "--activation", item)
                                        : failed("--activation: at most %d layers", (int)LAYERS_MAX);
        if (status)
            return status;
    }
    if (options->hidden_count != count)
        return failed("--activation names %zu activations: give one for all, or one for each layer of --hidden", count);
    options->activations = layers->activations;
    return EXIT_DONE;
}

/* yes or no, one for each hidden layer and one for the outputs. */
static int parse_biases(struct layers *layers, gemml_mlp_options *options, const char *text)
{
    char item[NUMBER_BYTES];
    size_t count = 0;
    for (const char *rest = text; next_item(&rest, item, sizeof item); count++) {
        bool yes = strcmp(item, "yes") == 0;
        if (!yes && strcmp(item, "no") != 0)
            return failed("--biases takes a list of yes and no, not '%s'", text);
        if (count > LAYERS_MAX)
            return failed("--biases: at most %d layers", (int)LAYERS_MAX + 1);
        layers->biases[count] = yes;
    }
    if (options->hidden_count == GEMML_AUTO_COUNT || options->hidden_count + 1 != count)
        return failed("--biases names %zu layers: give one for each layer of --hidden, and one for the outputs", count);
    options->biases = layers->biases;
    return EXIT_DONE;
}

static int parse_layers(struct layers *layers, gemml_mlp_options *options, const struct train_options *values)
{
    int status = EXIT_DONE;
    if (values->hidden) {
        status = parse_hidden(layers, values->hidden);
        options->hidden = layers->hidden;
        options->hidden_count = layers->count;
    }
    if (!status && values->activation)
        status = parse_activations(layers, options, values->activation);
    if (!status && values->biases)
        status = parse_biases(layers, options, values->biases);
    if (!status && values->output_activation)
        status = parse_activation(&options->output_activation, "--output-activation", values->output_activation);
    return status;
}

/* NaN and SIZE_MAX are the library's "choose" too. */
static void take_training(gemml_mlp_options *options, const struct train_options *values)
{
    options->solver = values->mlp_solver ? GEMML_SOLVER_LBFGS : GEMML_SOLVER_DESCENT;
    options->optimizer = (gemml_optimizer)values->optimizer;
    options->rate = values->rate;
    options->momentum = values->momentum;
    options->beta1 = values->beta1;
    options->beta2 = options->decay = values->beta2;
    options->epsilon = values->epsilon;
    options->weight_decay = values->weight_decay;
    options->schedule = (gemml_schedule)values->schedule;
    options->schedule_factor = values->schedule_factor;
    options->schedule_every = values->schedule_every;
    options->schedule_floor = values->schedule_floor;
    options->warmup = values->warmup;
    options->batch = values->batch;
    options->accumulate = values->accumulate == GEMML_AUTO_COUNT ? 1 : values->accumulate;
    options->clip = values->clip;
    options->dropout = values->dropout > 0 ? values->dropout : 0;
    options->epochs = values->epochs;
    options->max_iterations = values->max_iterations;
    options->tolerance = values->tolerance;
    options->patience = values->patience;
    options->valid_every = values->valid_every == GEMML_AUTO_COUNT ? 1 : values->valid_every;
    options->seed = values->seed;
}

static void take_model(gemml_mlp_options *options, const struct train_options *values, const gemml_schema *schema)
{
    options->classes = gemml_schema_classes(schema) > 0 ? gemml_schema_classes(schema) : GEMML_AUTO_COUNT;
    options->task = gemml_schema_classes(schema) > 0 ? GEMML_TASK_CLASSIFICATION : GEMML_TASK_REGRESSION;
    options->bias = !values->no_intercept;
    options->initialisation = (gemml_initialisation)values->initialisation;
    options->scaling = train_scaling(values, GEMML_SCALING_STANDARDIZE);
    options->target_scaling = (gemml_scaling)values->target_scaling;
    options->dtype = values->mlp_dtype ? GEMML_F64 : GEMML_F32;
    options->l2 = values->l2;
    train_range(values, &options->range_low, &options->range_high);
}

int train_create_mlp(gemml_model **model, const struct train_options *values, const gemml_schema *schema)
{
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    struct layers layers;
    double *weights = NULL;
    take_model(&options, values, schema);
    take_training(&options, values);
    int status = parse_layers(&layers, &options, values);
    if (!status && values->class_weight && options.task == GEMML_TASK_REGRESSION)
        status = failed("--class-weight is for classes, but the target is one of numbers");
    if (!status)
        status = train_class_weight(&weights, values, schema);
    options.class_weight = weights;
    options.class_weighting = weights                ? GEMML_CLASS_WEIGHT_GIVEN
                              : values->class_weight ? GEMML_CLASS_WEIGHT_BALANCED
                                                     : GEMML_CLASS_WEIGHT_NONE;
    if (!status && gemml_mlp_create(model, &options))
        status = failed_library();
    free(weights);
    return status;
}

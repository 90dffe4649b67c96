/* The options of a network, read and checked. */
#include <math.h>
#include <stdio.h>

#include "api/options.h"
#include "chain/chain.h"

/* More layers than anybody has; what a file holds of them stays small. */
enum { MOST_LAYERS = 1000 };

/* Within [low, high], or the library's choice. */
static gemml_status check_within(const char *name, double value, double low, double high, bool below_high)
{
    if (isnan(value) || (value >= low && (below_high ? value < high : value <= high)))
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be at least %g and %s %g", name, value, low,
                     below_high ? "below" : "at most", high);
}

static gemml_status check_hidden_activation(size_t layer, gemml_activation activation)
{
    TRY(options_enum("activation", (int)activation, GEMML_ACTIVATION_GELU + 1));
    if (activation == GEMML_ACTIVATION_SOFTMAX)
        return error_set(GEMML_ERROR_ARGUMENT, "hidden layer %zu has the softmax, which is for the outputs of classes",
                         layer);
    return GEMML_OK;
}

/* The arrays count only where there is a number of layers. */
static gemml_status check_hidden(gemml_mlp_options *options)
{
    if (options->hidden_count == GEMML_AUTO_COUNT) {
        options->hidden = NULL;
        if (options->activations || options->biases)
            return error_set(GEMML_ERROR_ARGUMENT, "%s of each layer need the number of hidden layers",
                             options->activations ? "activations" : "biases");
        return GEMML_OK;
    }
    if (options->hidden_count > MOST_LAYERS)
        return error_set(GEMML_ERROR_ARGUMENT, "there are %zu hidden layers: at most %d", options->hidden_count,
                         (int)MOST_LAYERS);
    if (options->hidden_count > 0 && !options->hidden)
        return error_set(GEMML_ERROR_ARGUMENT, "hidden is NULL, but there are %zu hidden layers",
                         options->hidden_count);
    for (size_t l = 0; l < options->hidden_count; l++) {
        if (options->hidden[l] == 0)
            return error_set(GEMML_ERROR_ARGUMENT, "hidden layer %zu has 0 units: at least 1", l);
        if (options->activations)
            TRY(check_hidden_activation(l, options->activations[l]));
    }
    return GEMML_OK;
}

static gemml_status check_layers(gemml_mlp_options *options)
{
    TRY(options_enum("task", (int)options->task, GEMML_TASK_CLASSIFICATION + 1));
    TRY(check_hidden_activation(0, options->activation));
    TRY(check_hidden(options));
    TRY(options_enum("output_activation", (int)options->output_activation, GEMML_ACTIVATION_GELU + 1));
    bool classes = options->task == GEMML_TASK_CLASSIFICATION;
    if (options->output_activation == GEMML_ACTIVATION_SOFTMAX ||
        (classes && options->output_activation != GEMML_ACTIVATION_IDENTITY))
        return error_set(GEMML_ERROR_ARGUMENT, "output_activation is %s: %s",
                         activation_name((enum activation)options->output_activation),
                         classes ? "that of classes is the library's, leave it at identity" : "it is for classes only");
    TRY(options_enum("initialisation", (int)options->initialisation, GEMML_INIT_HE_NORMAL + 1));
    TRY(options_enum("dtype", (int)options->dtype, GEMML_F32 + 1));
    return options_class_weight(options->classes, options->class_weighting, &options->class_weight);
}

static gemml_status check_maps(const gemml_mlp_options *options)
{
    TRY(options_enum("scaling", (int)options->scaling, GEMML_SCALING_MINMAX_ALL + 1));
    TRY(options_enum("target_scaling", (int)options->target_scaling, GEMML_SCALING_MINMAX_ALL + 1));
    return options_range(options->range_low, options->range_high);
}

static gemml_status check_optimizer(const gemml_mlp_options *options)
{
    TRY(options_enum("optimizer", (int)options->optimizer, GEMML_OPTIMIZER_ADAMW + 1));
    TRY(options_real("rate", options->rate, true, true));
    TRY(check_within("momentum", options->momentum, 0, 1, true));
    TRY(check_within("decay", options->decay, 0, 1, true));
    TRY(check_within("beta1", options->beta1, 0, 1, true));
    TRY(check_within("beta2", options->beta2, 0, 1, true));
    TRY(options_real("epsilon", options->epsilon, true, true));
    return options_real("weight_decay", options->weight_decay, false, true);
}

static gemml_status check_schedule(const gemml_mlp_options *options)
{
    TRY(options_enum("schedule", (int)options->schedule, GEMML_SCHEDULE_ONE_CYCLE + 1));
    TRY(options_real("schedule_factor", options->schedule_factor, true, true));
    TRY(check_within("schedule_factor", options->schedule_factor, 0, 1, false));
    TRY(options_count("schedule_every", options->schedule_every));
    TRY(options_real("schedule_floor", options->schedule_floor, false, true));
    TRY(check_within("warmup", options->warmup, 0, 1, false));
    TRY(options_real("start_divisor", options->start_divisor, false, true));
    TRY(check_within("start_divisor", options->start_divisor, 1, INFINITY, true));
    return check_within("end_divisor", options->end_divisor, 1, INFINITY, true);
}

static gemml_status check_run(const gemml_mlp_options *options)
{
    if (options->solver != GEMML_SOLVER_AUTO && options->solver != GEMML_SOLVER_DESCENT &&
        options->solver != GEMML_SOLVER_LBFGS)
        return error_set(GEMML_ERROR_ARGUMENT, "solver is %d: a network has AUTO (0), DESCENT (2) and LBFGS (5)",
                         (int)options->solver);
    TRY(options_real("l2", options->l2, false, false));
    TRY(options_count("batch", options->batch));
    TRY(options_count("accumulate", options->accumulate));
    TRY(options_real("clip", options->clip, true, true));
    TRY(options_real("dropout", options->dropout, false, false));
    TRY(check_within("dropout", options->dropout, 0, 1, true));
    TRY(options_count("epochs", options->epochs));
    TRY(options_count("max_iterations", options->max_iterations));
    TRY(options_real("tolerance", options->tolerance, false, true));
    TRY(options_count("patience", options->patience));
    if (options->valid_every == GEMML_AUTO_COUNT || options->accumulate == GEMML_AUTO_COUNT)
        return error_set(GEMML_ERROR_ARGUMENT, "%s must be a number: its default is 1",
                         options->accumulate == GEMML_AUTO_COUNT ? "accumulate" : "valid_every");
    return options_count("valid_every", options->valid_every);
}

gemml_status mlp_options_read(const gemml_mlp_options *given, gemml_mlp_options *options)
{
    gemml_mlp_options_init(options);
    TRY(options_read("gemml_mlp_options", given, options, sizeof *options));
    TRY(check_layers(options));
    TRY(check_maps(options));
    TRY(check_optimizer(options));
    TRY(check_schedule(options));
    return check_run(options);
}

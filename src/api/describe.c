/* A model, or a trainer, as text, and statistics of its layers. */
#include "api/describe.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "api/options.h"
#include "api/trainer.h"
#include "api/validate.h"
#include "io/model_names.h"

/* ---- Text ---------------------------------------------------------------------- */

/* What fits of a text, and how long the whole of it is. */
struct writer {
    char *text;
    size_t capacity, length;
};

__attribute__((format(printf, 2, 3))) static void put(struct writer *writer, const char *format, ...)
{
    size_t used = writer->length < writer->capacity ? writer->length : writer->capacity;
    va_list arguments;
    va_start(arguments, format);
    int written = vsnprintf(writer->text ? writer->text + used : NULL, writer->capacity - used, format, arguments);
    va_end(arguments);
    writer->length += written > 0 ? (size_t)written : 0;
}

static void put_head(struct writer *writer, gemml_kind kind, const struct fitted *fitted)
{
    const struct chain *chain = &fitted->chain;
    size_t classes = chain_classes(chain), outputs = chain_outputs(chain);
    put(writer, "%s%s: %zu input%s, ", name_of(&kind_names, (int)kind), kind == GEMML_MLP ? "" : " regression",
        chain_inputs(chain), chain_inputs(chain) == 1 ? "" : "s");
    if (classes > 0)
        put(writer, "%zu classes", classes);
    else
        put(writer, "%zu output%s", outputs, outputs == 1 ? "" : "s");
    put(writer, ", %zu parameters of %s\n", chain->parameters, name_of(&dtype_names, (int)fitted->dtype));
}

static void put_layers(struct writer *writer, const struct chain *chain)
{
    put(writer, "%5s  %15s  %-10s  %-4s  %12s\n", "layer", "shape", "activation", "bias", "parameters");
    for (size_t l = 0; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        char shape[48];
        snprintf(shape, sizeof shape, "%zu x %zu", layer->inputs, layer->outputs);
        put(writer, "%5zu  %15s  %-10s  %-4s  %12zu\n", l, shape, activation_name(layer->activation),
            layer->bias ? "yes" : "no", layer->inputs * layer->outputs + (layer->bias ? layer->outputs : 0));
    }
}

/* Of a network: what is the library's choice is not shown. */
static void put_options(struct writer *writer, const gemml_mlp_options *options)
{
    put(writer, "scaling %s, targets %s, l2 %g, initialisation %s, seed %llu\n",
        name_of(&scaling_names, (int)options->scaling), name_of(&scaling_names, (int)options->target_scaling),
        options->l2, name_of(&initialisation_names, (int)options->initialisation), (unsigned long long)options->seed);
    if (options->solver == GEMML_SOLVER_LBFGS) {
        put(writer, "solver lbfgs\n");
        return;
    }
    put(writer, "optimizer %s, schedule %s", name_of(&optimizer_names, (int)options->optimizer),
        name_of(&schedule_names, (int)options->schedule));
    if (!isnan(options->rate))
        put(writer, ", rate %g", options->rate);
    if (options->batch != GEMML_AUTO_COUNT)
        put(writer, ", batch %zu", options->batch);
    if (options->accumulate > 1)
        put(writer, ", accumulate %zu", options->accumulate);
    if (options->dropout > 0)
        put(writer, ", dropout %g", options->dropout);
    if (!isnan(options->clip))
        put(writer, ", clip %g", options->clip);
    put(writer, "\n");
}

static void put_record(struct writer *writer, const struct fit_record *record)
{
    put(writer, "solver %s: %s after %zu epochs, %zu steps; objective %.6g, loss %.6g",
        name_of(&solver_names, (int)record->solver), name_of(&outcome_names, (int)record->outcome), record->epochs,
        record->iterations, record->objective, record->loss);
    if (record->valid_history_count > 0)
        put(writer, "; best validation after %zu epochs", record->best_epoch);
    put(writer, "\n");
}

static gemml_status check_place(const char *text, size_t capacity)
{
    return text || capacity == 0
               ? GEMML_OK
               : error_set(GEMML_ERROR_ARGUMENT, "the place for the text is NULL, but has %zu bytes", capacity);
}

gemml_status gemml_describe(const gemml_model *model, char *text, size_t capacity, size_t *length)
{
    TRY(validate_fitted(model));
    TRY(check_place(text, capacity));
    struct writer writer = {.text = text, .capacity = capacity};
    put_head(&writer, model->kind, model->fitted);
    put_layers(&writer, &model->fitted->chain);
    if (model->kind == GEMML_MLP)
        put_options(&writer, &model->mlp);
    put_record(&writer, &model->fitted->record);
    if (length)
        *length = writer.length;
    return GEMML_OK;
}

/* The optimizer with what it reads of its settings. */
static void put_optimizer(struct writer *writer, const struct optimizer_settings *optimizer)
{
    enum optimizer rule = optimizer->rule;
    bool adam = rule == OPTIMIZER_ADAM || rule == OPTIMIZER_ADAMW;
    put(writer, "optimizer %s", name_of(&optimizer_names, (int)rule));
    if (rule == OPTIMIZER_MOMENTUM || rule == OPTIMIZER_NESTEROV)
        put(writer, ", momentum %g", optimizer->momentum);
    if (rule == OPTIMIZER_RMSPROP)
        put(writer, ", decay %g, epsilon %g", optimizer->decay, optimizer->epsilon);
    if (adam)
        put(writer, ", beta1 %g, beta2 %g, epsilon %g", optimizer->beta1, optimizer->beta2, optimizer->epsilon);
    if (rule == OPTIMIZER_ADAMW)
        put(writer, ", weight decay %g", optimizer->weight_decay);
    put(writer, "\n");
}

/* The settings of a run, the library's choices filled in. */
static void put_settings(struct writer *writer, const struct training *training, size_t rows)
{
    put(writer, "rows %zu, batch %zu, accumulate %zu, at most %zu epochs, l2 %g, seed %llu\n", rows, training->batch,
        training->accumulate, training->epochs, training->lambda, (unsigned long long)training->seed);
    put_optimizer(writer, &training->optimizer);
    put(writer, "schedule %s, rate %g", name_of(&schedule_names, (int)training->schedule.kind), training->rate);
    if (training->dropout > 0)
        put(writer, ", dropout %g", training->dropout);
    if (training->clip > 0)
        put(writer, ", clip %g", training->clip);
    if (training->valid)
        put(writer, ", %zu validation rows", training->valid->x.rows);
    put(writer, "\n");
}

gemml_status gemml_trainer_describe(const gemml_trainer *trainer, char *text, size_t capacity, size_t *length)
{
    gemml_trainer_info info = GEMML_TRAINER_INFO_INIT;
    TRY(gemml_trainer_get_info(trainer, &info));
    TRY(check_place(text, capacity));
    struct writer writer = {.text = text, .capacity = capacity};
    put_head(&writer, trainer->model->kind, trainer->fitted);
    put_layers(&writer, &trainer->fitted->chain);
    put_settings(&writer, &trainer->call.training, trainer->problem.rows.data.x.rows);
    put(&writer, "%zu steps, %zu epochs", info.steps, info.epochs);
    if (!isnan(info.loss))
        put(&writer, "; loss %.6g", info.loss);
    if (!isnan(info.valid_loss))
        put(&writer, "; validation loss %.6g", info.valid_loss);
    put(&writer, "\n");
    if (length)
        *length = writer.length;
    return GEMML_OK;
}

/* ---- Statistics ---------------------------------------------------------------- */

/* Of elements first .. first + count - 1. */
static gemml_spread spread_of(const gemml_view *vector, size_t first, size_t count)
{
    gemml_spread spread = {0, 0, INFINITY, -INFINITY, 0, 0, count};
    double n = (double)count, largest = 0, squares = 0, deviations = 0;
    for (size_t i = first; i < first + count; i++) {
        double value = view_element(vector, 0, i);
        spread.mean += value / n;
        spread.minimum = fmin(spread.minimum, value);
        spread.maximum = fmax(spread.maximum, value);
        spread.zeros += value == 0;
        largest = fmax(largest, fabs(value));
    }
    for (size_t i = first; i < first + count; i++) {
        double value = view_element(vector, 0, i), d = value - spread.mean, ratio = largest > 0 ? value / largest : 0;
        deviations += d * d / n;
        squares += ratio * ratio; /* scaled, so that it does not overflow */
    }
    spread.deviation = sqrt(deviations);
    spread.norm = largest * sqrt(squares);
    return spread;
}

gemml_status describe_layer(const struct fitted *fitted, size_t index, const void *vector,
                            gemml_layer_statistics *statistics)
{
    if (index >= fitted->chain.layers)
        return error_set(GEMML_ERROR_ARGUMENT, "there is no layer %zu: the model has %zu, counted from 0", index,
                         fitted->chain.layers);
    const struct layer *layer = &fitted->chain.layer[index];
    gemml_view view = fitted_parameters(fitted);
    gemml_layer_statistics known = GEMML_LAYER_STATISTICS_INIT;
    if (vector)
        view.data = vector;
    known.weight = spread_of(&view, layer->weight_offset, layer->inputs * layer->outputs);
    if (layer->bias)
        known.bias = spread_of(&view, layer->bias_offset, layer->outputs);
    return options_write("gemml_layer_statistics", statistics, &known, sizeof known);
}

gemml_status gemml_layer_get_statistics(const gemml_model *model, size_t index, const void *vector,
                                        gemml_layer_statistics *statistics)
{
    TRY(validate_fitted(model));
    return describe_layer(model->fitted, index, vector, statistics);
}

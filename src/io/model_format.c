/* What holds for every model in a file. */
#include "io/model_format.h"

#include "data/schema.h"

const char *const summary_tensors[SUMMARY_VECTORS] = {"summary.r2",  "summary.adjusted_r2", "summary.sigma",
                                                      "summary.f",   "summary.f_p",         "summary.log_likelihood",
                                                      "summary.aic", "summary.bic"};

/* Index of the first element that is not finite; `count` when all are. */
static size_t first_nonfinite(const void *data, gemml_dtype dtype, size_t count)
{
    const double *f64 = data;
    const float *f32 = data;
    size_t i = 0;
    if (dtype == GEMML_F32)
        while (i < count && isfinite(f32[i]))
            i++;
    else
        while (i < count && isfinite(f64[i]))
            i++;
    return i;
}

gemml_status model_check_finite(const void *data, gemml_dtype dtype, size_t count, const char *what, const char *name)
{
    size_t bad = first_nonfinite(data, dtype, count);
    if (bad < count)
        return error_set(GEMML_ERROR_NONFINITE, "%s: %s %zu of %zu is not finite", name, what, bad, count);
    return GEMML_OK;
}

/* Of the one layer that a linear or logistic regression has. */
static enum activation only_activation(gemml_kind kind, size_t outputs)
{
    if (kind == GEMML_LINEAR)
        return ACTIVATION_IDENTITY;
    return outputs == 1 ? ACTIVATION_SIGMOID : ACTIVATION_SOFTMAX;
}

static gemml_status check_one_layer(const struct gemml_model *model, const char *name)
{
    const struct chain *chain = &model->fitted->chain;
    bool logistic = model->kind == GEMML_LOGISTIC;
    enum activation activation = only_activation(model->kind, chain_outputs(chain));
    if (chain->layers != 1 || chain->layer[0].activation != activation)
        return error_set(GEMML_ERROR_SHAPE, "%s: a %s regression is one layer with the %s, not %zu layers from %s on",
                         name, logistic ? "logistic" : "linear", activation_name(activation), chain->layers,
                         activation_name(chain->layer[0].activation));
    if (chain->loss != (logistic ? LOSS_CROSS_ENTROPY : LOSS_SQUARED_ERROR))
        return error_set(GEMML_ERROR_SHAPE, "%s: its loss is not that of a %s regression", name,
                         logistic ? "logistic" : "linear");
    bool intercept = model_settings(model).intercept;
    if (chain->layer[0].bias != intercept)
        return error_set(GEMML_ERROR_SHAPE, "%s: it has %s bias, but %s intercept", name,
                         chain->layer[0].bias ? "a" : "no", intercept ? "an" : "no");
    if (logistic && model->logistic.classes != GEMML_AUTO_COUNT && model->logistic.classes != chain_classes(chain))
        return error_set(GEMML_ERROR_SHAPE, "%s: it tells %zu classes apart, but its options say %zu", name,
                         chain_classes(chain), model->logistic.classes);
    return GEMML_OK;
}

/* The last layer of a network is that of its task; the hidden ones are as the options say. */
static gemml_status check_network(const struct gemml_model *model, const char *name)
{
    const struct chain *chain = &model->fitted->chain;
    const gemml_mlp_options *options = &model->mlp;
    bool classes = options->task == GEMML_TASK_CLASSIFICATION;
    enum activation last = chain->layer[chain->layers - 1].activation;
    enum activation expected = !classes                    ? (enum activation)options->output_activation
                               : chain_outputs(chain) == 1 ? ACTIVATION_SIGMOID
                                                           : ACTIVATION_SOFTMAX;
    if (chain->loss != (classes ? LOSS_CROSS_ENTROPY : LOSS_SQUARED_ERROR) || last != expected)
        return error_set(GEMML_ERROR_SHAPE, "%s: its loss or its last activation, %s, is not that of its task", name,
                         activation_name(last));
    size_t hidden = options->hidden_count;
    if (hidden != GEMML_AUTO_COUNT && hidden != chain->layers - 1)
        return error_set(GEMML_ERROR_SHAPE, "%s: it has %zu layers, but its options say %zu hidden ones", name,
                         chain->layers, hidden);
    for (size_t l = 0; l + 1 < chain->layers; l++) /* a softmax there chain_make() refuses */
        if (hidden != GEMML_AUTO_COUNT && options->hidden[l] != chain->layer[l].outputs)
            return error_set(GEMML_ERROR_SHAPE, "%s: hidden layer %zu has %zu units, but its options say %zu", name, l,
                             chain->layer[l].outputs, options->hidden[l]);
    return GEMML_OK;
}

static gemml_status check_chain(const struct gemml_model *model, const char *name)
{
    const struct fitted *fitted = model->fitted;
    TRY((model->kind == GEMML_MLP ? check_network : check_one_layer)(model, name));
    return model_check_finite(fitted->parameters, fitted->dtype, fitted->chain.parameters, "parameter", name);
}

static gemml_status check_map(const struct fitted *fitted, const char *name)
{
    const struct input_map *map = &fitted->map;
    size_t inputs = chain_inputs(&fitted->chain);
    if (!map->shift)
        return GEMML_OK;
    if (map->inputs != inputs)
        return error_set(GEMML_ERROR_SHAPE, "%s: its input map has %zu columns, but its first layer has %zu inputs",
                         name, map->inputs, inputs);
    TRY(model_check_finite(map->shift, GEMML_F64, inputs, "input shift", name));
    return model_check_finite(map->scale, GEMML_F64, inputs, "input scale", name);
}

static gemml_status check_target_map(const struct fitted *fitted, const char *name)
{
    const struct output_map *map = &fitted->target_map;
    size_t outputs = chain_outputs(&fitted->chain);
    if (!map->shift)
        return GEMML_OK;
    if (map->outputs != outputs || chain_classes(&fitted->chain) > 0)
        return error_set(GEMML_ERROR_SHAPE, "%s: its output map has %zu columns, but its last layer %zu outputs%s",
                         name, map->outputs, outputs, chain_classes(&fitted->chain) > 0 ? ", of classes" : "");
    TRY(model_check_finite(map->shift, GEMML_F64, outputs, "target shift", name));
    return model_check_finite(map->scale, GEMML_F64, outputs, "target scale", name);
}

static gemml_status check_record(const struct fitted *fitted, const char *name)
{
    double l2 = fitted->record.l2;
    if (!(l2 >= 0) || isinf(l2))
        return error_set(GEMML_ERROR_SHAPE, "%s: it was fitted with l2 = %g", name, l2);
    return GEMML_OK;
}

static gemml_status check_summary(const struct fitted *fitted, const char *name)
{
    const struct summary_record *summary = &fitted->summary;
    size_t columns = chain_inputs(&fitted->chain) + 1; /* the intercept's is one */
    if (summary->rows == 0 || !(summary->sum_weight > 0))
        return error_set(GEMML_ERROR_SHAPE, "%s: it was fitted to %zu rows with weight %g", name, summary->rows,
                         summary->sum_weight);
    if (summary->rank > columns)
        return error_set(GEMML_ERROR_SHAPE, "%s: its rank is %zu, but it has %zu columns", name, summary->rank,
                         columns);
    for (size_t i = 0; i < summary->aliased_count; i++) {
        int64_t column = summary->aliased[i], least = i > 0 ? summary->aliased[i - 1] + 1 : 0;
        if (column < least || column >= (int64_t)columns - 1)
            return error_set(GEMML_ERROR_SHAPE, "%s: number %zu of its aliased columns is %lld", name, i,
                             (long long)column);
    }
    if (summary->freedom > summary->rows)
        return error_set(GEMML_ERROR_SHAPE, "%s: it has %zu degrees of freedom, but was fitted to %zu rows", name,
                         summary->freedom, summary->rows);
    return GEMML_OK;
}

static gemml_status check_inverse(const struct fitted *fitted, const char *name)
{
    const struct inverse_root *inverse = &fitted->summary.inverse;
    size_t inputs = chain_inputs(&fitted->chain);
    if (!inverse->root)
        return GEMML_OK;
    if (inverse->inputs != inputs || inverse->rank > inputs)
        return error_set(GEMML_ERROR_SHAPE,
                         "%s: its inverse has %zu rows and %zu columns, but its first layer %zu inputs", name,
                         inverse->inputs, inverse->rank, inputs);
    TRY(model_check_finite(inverse->center, GEMML_F64, inputs, "centre", name));
    TRY(model_check_finite(inverse->scale, GEMML_F64, inputs, "scale of the inverse", name));
    return model_check_finite(inverse->root, GEMML_F64, inputs * inverse->rank, "number of the inverse", name);
}

static gemml_status check_schema(const struct gemml_model *model, const char *name)
{
    if (!model->schema)
        return GEMML_OK;
    const struct chain *chain = &model->fitted->chain;
    size_t inputs = model->schema->input_count, outputs = model->schema->target_count;
    size_t targets = chain_classes(chain) > 0 ? 1 : chain_outputs(chain);
    if (inputs != chain_inputs(chain) || outputs != targets)
        return error_set(GEMML_ERROR_SHAPE,
                         "%s: its schema has %zu inputs and %zu outputs, but its layers %zu inputs and %zu outputs",
                         name, inputs, outputs, chain_inputs(chain), targets);
    return GEMML_OK;
}

gemml_status model_check(const struct gemml_model *model, const char *name)
{
    TRY(check_chain(model, name));
    TRY(check_map(model->fitted, name));
    TRY(check_target_map(model->fitted, name));
    TRY(check_record(model->fitted, name));
    TRY(check_summary(model->fitted, name));
    TRY(check_inverse(model->fitted, name));
    return check_schema(model, name);
}

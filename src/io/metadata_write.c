/* The strings of a model file that say what its tensors are, how the model was
 * fitted, and what its columns mean. */
#include "io/metadata.h"
#include "io/metadata_values.h"
#include "io/mlp_options.h"

#include "data/schema.h"
#include "io/model_format.h"
#include "io/model_names.h"
#include "util/json_text.h"

/* ---- JSON values; NULL when memory is out -------------------------------------- */

json_t *metadata_number(double value)
{
    return isnan(value) ? json_null() : isinf(value) ? json_string(MODEL_INFINITY) : json_real(value);
}

json_t *metadata_unsigned(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_sprintf("%llu", (unsigned long long)value);
}

json_t *metadata_count(size_t value)
{
    return value == GEMML_AUTO_COUNT ? json_null() : metadata_unsigned(value);
}

json_t *metadata_name(const struct name_table *table, int value)
{
    return json_string(name_of(table, value));
}

/* A notice may quote a column's name that is not UTF-8, which JSON cannot hold:
 * then a question mark stands for each byte that is not ASCII. */
static json_t *json_notice(const char *notice)
{
    json_t *json = json_string(notice);
    char *ascii = NULL;
    if (json || memory_string(&ascii, notice) != GEMML_OK)
        return json;
    for (char *c = ascii; *c != '\0'; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    json = json_string(ascii);
    memory_free(ascii);
    return json;
}

static json_t *json_options(const gemml_linear_options *options)
{
    json_t *json = json_object();
    int failed = json_object_set_new(json, "solver", metadata_name(&solver_names, (int)options->solver));
    failed |= json_object_set_new(json, "scaling", metadata_name(&scaling_names, (int)options->scaling));
    failed |= json_object_set_new(json, "intercept", json_boolean(options->intercept != 0));
    failed |= json_object_set_new(json, "l2", metadata_number(options->l2));
    failed |= json_object_set_new(json, "tolerance", metadata_number(options->tolerance));
    failed |= json_object_set_new(json, "patience", metadata_count(options->patience));
    failed |= json_object_set_new(json, "epochs", metadata_count(options->epochs));
    failed |= json_object_set_new(json, "max_iterations", metadata_count(options->max_iterations));
    failed |= json_object_set_new(json, "batch", metadata_count(options->batch));
    failed |= json_object_set_new(json, "rate", metadata_number(options->rate));
    failed |= json_object_set_new(json, "seed", metadata_unsigned(options->seed));
    failed |= json_object_set_new(json, "range_low", metadata_number(options->range_low));
    failed |= json_object_set_new(json, "range_high", metadata_number(options->range_high));
    failed |= json_object_set_new(json, "target_scaling", metadata_name(&scaling_names, (int)options->target_scaling));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* What logistic options have in common with linear ones. */
static gemml_linear_options shared_options(const gemml_logistic_options *options)
{
    gemml_linear_options shared = GEMML_LINEAR_OPTIONS_INIT;
    shared.solver = options->solver, shared.scaling = options->scaling, shared.intercept = options->intercept;
    shared.l2 = options->l2, shared.tolerance = options->tolerance, shared.patience = options->patience;
    shared.epochs = options->epochs, shared.max_iterations = options->max_iterations;
    shared.batch = options->batch, shared.rate = options->rate, shared.seed = options->seed;
    shared.range_low = options->range_low, shared.range_high = options->range_high;
    return shared;
}

json_t *metadata_class_weight(size_t classes, const double *class_weight)
{
    if (!class_weight)
        return json_null();
    json_t *json = json_array();
    int failed = json ? 0 : -1;
    for (size_t k = 0; k < classes; k++)
        failed |= json_array_append_new(json, metadata_number(class_weight[k]));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *json_logistic_options(const gemml_logistic_options *options)
{
    gemml_linear_options shared = shared_options(options);
    json_t *json = json_options(&shared);
    int failed = json_object_set_new(json, "classes", metadata_count(options->classes));
    failed |= json_object_set_new(json, "class_weighting",
                                  metadata_name(&class_weighting_names, (int)options->class_weighting));
    failed |= json_object_set_new(json, "class_weight", metadata_class_weight(options->classes, options->class_weight));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *metadata_options(const struct gemml_model *model)
{
    return model->kind == GEMML_MLP        ? mlp_options_to_json(&model->mlp)
           : model->kind == GEMML_LOGISTIC ? json_logistic_options(&model->logistic)
                                           : json_options(&model->linear);
}

static json_t *json_fit(const struct fit_record *record)
{
    json_t *json = json_object();
    int failed = json_object_set_new(json, "outcome", metadata_name(&outcome_names, (int)record->outcome));
    failed |= json_object_set_new(json, "solver", metadata_name(&solver_names, (int)record->solver));
    failed |= json_object_set_new(json, "epochs", metadata_unsigned(record->epochs));
    failed |= json_object_set_new(json, "iterations", metadata_unsigned(record->iterations));
    failed |= json_object_set_new(json, "best_epoch", metadata_unsigned(record->best_epoch));
    failed |= json_object_set_new(json, "notice", json_notice(record->notice ? record->notice : ""));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *json_activations(const struct chain *chain)
{
    json_t *json = json_array();
    int failed = json ? 0 : -1;
    for (size_t l = 0; l < chain->layers; l++)
        failed |= json_array_append_new(json, json_string(activation_name(chain->layer[l].activation)));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- The strings --------------------------------------------------------------- */

static gemml_status set_text(json_t *metadata, const char *key, const char *text)
{
    return json_object_set_new(metadata, key, json_string(text)) == 0 ? GEMML_OK : json_text_memory();
}

/* The value as a JSON text; takes `value` over. */
static gemml_status set_json(json_t *metadata, const char *key, json_t *value)
{
    char *text = NULL;
    gemml_status status = json_text_make(&text, NULL, value);
    json_decref(value);
    if (status == GEMML_OK)
        status = set_text(metadata, key, text);
    memory_free(text);
    return status;
}

static gemml_status set_schema(json_t *metadata, const gemml_schema *schema)
{
    if (!schema)
        return GEMML_OK;
    char *text;
    TRY(schema_to_json(&text, schema));
    gemml_status status = set_text(metadata, "schema", text);
    memory_free(text);
    return status;
}

static gemml_status set_all(json_t *metadata, const struct gemml_model *model)
{
    const struct fitted *fitted = model->fitted;
    TRY(set_text(metadata, "format", MODEL_FORMAT));
    TRY(set_text(metadata, "format_version", MODEL_FORMAT_VERSION));
    TRY(set_text(metadata, "gemml_version", MODEL_LIBRARY_VERSION));
    TRY(set_text(metadata, "kind", name_of(&kind_names, (int)model->kind)));
    TRY(set_text(metadata, "dtype", name_of(&dtype_names, (int)fitted->dtype)));
    TRY(set_json(metadata, "activations", json_activations(&fitted->chain)));
    TRY(set_text(metadata, "loss", name_of(&loss_names, (int)fitted->chain.loss)));
    TRY(set_json(metadata, "options", metadata_options(model)));
    TRY(set_json(metadata, "fit", json_fit(&fitted->record)));
    return set_schema(metadata, model->schema);
}

gemml_status metadata_make(json_t **metadata, const struct gemml_model *model)
{
    json_t *made = json_object();
    gemml_status status = set_all(made, model);
    if (status != GEMML_OK) {
        json_decref(made);
        return status;
    }
    *metadata = made;
    return GEMML_OK;
}

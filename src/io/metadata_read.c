/* What the strings of a model file say. */
#include <float.h>
#include <string.h>

#include "data/number.h"
#include "data/schema.h"
#include "io/metadata.h"
#include "io/metadata_fields.h"
#include "io/mlp_options.h"
#include "io/model_format.h"
#include "io/model_names.h"
#include "io/safetensors.h"

/* ---- Members of an object ------------------------------------------------------ */

gemml_status field_bad(const struct fields *fields, const char *key)
{
    return error_set(GEMML_ERROR_FORMAT, "%s: there is no valid \"%s\" in its %s", fields->name, key, fields->part);
}

gemml_status field_number(const struct fields *fields, const char *key, double least, double *value)
{
    const struct json_node *node = json_member(fields->object, key);
    const char *text = json_string_text(node);
    double number = NAN;
    bool good = node != NULL;
    if (text && strcmp(text, MODEL_INFINITY) == 0)
        number = INFINITY;
    else if (node && node->kind == JSON_IS_NUMBER) {
        number_parse(node->text, node->text + strlen(node->text), &number); /* JSON has no others */
        good = isfinite(number);
    } else
        good = node && node->kind == JSON_IS_NULL;
    if (!good || number < least)
        return field_bad(fields, key);
    *value = number;
    return GEMML_OK;
}

gemml_status field_unsigned(const struct fields *fields, const char *key, uint64_t *value)
{
    const struct json_node *node = json_member(fields->object, key);
    const char *text = json_string_text(node);
    return (text ? json_unsigned_text(text, value) : json_unsigned_value(node, value)) ? GEMML_OK
                                                                                       : field_bad(fields, key);
}

gemml_status field_size(const struct fields *fields, const char *key, size_t *value)
{
    uint64_t number;
    TRY(field_unsigned(fields, key, &number));
    if (number > SIZE_MAX)
        return field_bad(fields, key);
    *value = (size_t)number;
    return GEMML_OK;
}

gemml_status field_count(const struct fields *fields, const char *key, size_t least, size_t *value)
{
    size_t count = GEMML_AUTO_COUNT;
    const struct json_node *node = json_member(fields->object, key);
    if (!node || node->kind != JSON_IS_NULL)
        TRY(field_size(fields, key, &count));
    if (count < least)
        return field_bad(fields, key);
    *value = count;
    return GEMML_OK;
}

gemml_status field_flag(const struct fields *fields, const char *key, int *value)
{
    const struct json_node *node = json_member(fields->object, key);
    if (!node || (node->kind != JSON_IS_TRUE && node->kind != JSON_IS_FALSE))
        return field_bad(fields, key);
    *value = node->kind == JSON_IS_TRUE;
    return GEMML_OK;
}

gemml_status field_name(const struct fields *fields, const char *key, const struct name_table *table, int *value)
{
    const char *text = json_string_text(json_member(fields->object, key));
    if (!text)
        return field_bad(fields, key);
    if (!name_find(table, text, value))
        return error_set(GEMML_ERROR_FORMAT, "%s: the %s \"%s\" in its %s is unknown", fields->name, key,
                         safetensors_shown(text), fields->part);
    return GEMML_OK;
}

static gemml_status field_text(const struct fields *fields, const char *key, const char **text)
{
    *text = json_string_text(json_member(fields->object, key));
    return *text ? GEMML_OK : field_bad(fields, key);
}

gemml_status fields_expect(const struct fields *fields, size_t count)
{
    size_t members = fields->object->kind == JSON_IS_OBJECT ? fields->object->count : 0;
    if (members != count)
        return error_set(GEMML_ERROR_FORMAT, "%s: there are %zu members instead of %zu in its %s", fields->name,
                         members, count, fields->part);
    return GEMML_OK;
}

gemml_status field_class_weight(const struct fields *fields, size_t classes, gemml_class_weighting weighting,
                                const double **class_weight)
{
    const struct json_node *list = json_member(fields->object, "class_weight");
    bool given = weighting == GEMML_CLASS_WEIGHT_GIVEN;
    if (!list || list->kind != (given ? JSON_IS_ARRAY : JSON_IS_NULL) || (given && list->count != classes))
        return field_bad(fields, "class_weight");
    if (!given)
        return GEMML_OK;
    double *weight;
    TRY(memory_alloc(&weight, classes, sizeof *weight));
    *class_weight = weight;
    for (size_t k = 0; k < classes; k++) {
        const struct json_node *node = list + 1 + k; /* each is one node, or refused */
        const char *text = node->kind == JSON_IS_NUMBER ? node->text : "";
        if (!number_parse(text, text + strlen(text), &weight[k]) || !isfinite(weight[k]) || weight[k] < 0)
            return field_bad(fields, "class_weight");
    }
    return GEMML_OK;
}

/* ---- The parts ----------------------------------------------------------------- */

/* Whether the text is a version after 1: digits without a leading zero, and not "1". */
static bool is_later_version(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    return digits > 0 && text[digits] == '\0' && text[0] != '0' && strcmp(text, MODEL_FORMAT_VERSION) != 0;
}

/* A file of this format, of this version, with a model of a kind that is known. */
static gemml_status read_kind(struct metadata *metadata, const struct fields *strings)
{
    const char *format, *version, *kind;
    TRY(field_text(strings, "format", &format));
    if (strcmp(format, MODEL_FORMAT) != 0)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: its format is \"%s\"", strings->name,
                         safetensors_shown(format));
    TRY(field_text(strings, "format_version", &version));
    if (is_later_version(version))
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s has format version %s; this library reads version %s",
                         strings->name, safetensors_shown(version), MODEL_FORMAT_VERSION);
    if (strcmp(version, MODEL_FORMAT_VERSION) != 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its format version is \"%s\"", strings->name,
                         safetensors_shown(version));
    TRY(field_text(strings, "kind", &kind));
    int value;
    if (!name_find(&kind_names, kind, &value))
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s is a model of the kind \"%s\", which this library does not know",
                         strings->name, safetensors_shown(kind));
    metadata->kind = (gemml_kind)value;
    return GEMML_OK;
}

static gemml_status read_loss(struct metadata *metadata, const struct fields *strings)
{
    int loss;
    TRY(field_name(strings, "loss", &loss_names, &loss));
    metadata->loss = (enum loss)loss;
    return GEMML_OK;
}

static gemml_status read_activations(struct metadata *metadata, const struct fields *fields)
{
    size_t layers = fields->object->kind == JSON_IS_ARRAY ? fields->object->count : 0;
    if (layers == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its activations are not a list", fields->name);
    TRY(memory_alloc(&metadata->activations, layers, sizeof *metadata->activations));
    metadata->layers = layers;
    for (size_t l = 0; l < layers; l++) {
        const char *text = json_string_text(fields->object + 1 + l); /* each is one node, or refused */
        if (!text || !activation_find(text, &metadata->activations[l]))
            return error_set(GEMML_ERROR_FORMAT, "%s: layer %zu has the unknown activation \"%s\"", fields->name, l,
                             text ? safetensors_shown(text) : "");
    }
    return GEMML_OK;
}

/* What only logistic options have. */
static gemml_status read_logistic_options(struct metadata *metadata, const struct fields *fields)
{
    gemml_logistic_options *options = &metadata->logistic;
    const gemml_linear_options *shared = &metadata->options;
    int weighting;
    TRY(field_count(fields, "classes", 2, &options->classes));
    TRY(field_name(fields, "class_weighting", &class_weighting_names, &weighting));
    options->class_weighting = (gemml_class_weighting)weighting;
    options->solver = shared->solver, options->scaling = shared->scaling, options->dtype = shared->dtype;
    options->intercept = shared->intercept, options->l2 = shared->l2, options->tolerance = shared->tolerance;
    options->patience = shared->patience, options->epochs = shared->epochs;
    options->max_iterations = shared->max_iterations, options->batch = shared->batch;
    options->rate = shared->rate, options->seed = shared->seed;
    options->range_low = shared->range_low, options->range_high = shared->range_high;
    return field_class_weight(fields, options->classes, options->class_weighting, &options->class_weight);
}

static gemml_status read_options(struct metadata *metadata, const struct fields *fields)
{
    gemml_linear_options *options = &metadata->options;
    bool logistic = metadata->kind == GEMML_LOGISTIC;
    if (metadata->kind == GEMML_MLP)
        return mlp_options_from_json(&metadata->mlp, fields);
    TRY(fields_expect(fields, logistic ? 17 : 14));
    int solver, scaling, target_scaling;
    TRY(field_name(fields, "solver", &solver_names, &solver));
    TRY(field_name(fields, "scaling", &scaling_names, &scaling));
    TRY(field_name(fields, "target_scaling", &scaling_names, &target_scaling));
    options->target_scaling = (gemml_scaling)target_scaling;
    options->solver = (gemml_solver)solver;
    options->scaling = (gemml_scaling)scaling;
    TRY(field_flag(fields, "intercept", &options->intercept));
    TRY(field_number(fields, "l2", 0, &options->l2));
    TRY(field_number(fields, "tolerance", 0, &options->tolerance));
    TRY(field_count(fields, "patience", 0, &options->patience));
    TRY(field_count(fields, "epochs", 0, &options->epochs));
    TRY(field_count(fields, "max_iterations", 0, &options->max_iterations));
    TRY(field_count(fields, "batch", 1, &options->batch));
    TRY(field_number(fields, "rate", DBL_TRUE_MIN, &options->rate));
    TRY(field_unsigned(fields, "seed", &options->seed));
    TRY(field_number(fields, "range_low", -DBL_MAX, &options->range_low));
    TRY(field_number(fields, "range_high", -DBL_MAX, &options->range_high));
    if (!isfinite(options->range_low) || !(options->range_low < options->range_high) || isinf(options->range_high))
        return field_bad(fields, "range_high");
    return logistic ? read_logistic_options(metadata, fields) : GEMML_OK;
}

static gemml_status read_fit(struct metadata *metadata, const struct fields *fields)
{
    struct fit_record *record = &metadata->record;
    TRY(fields_expect(fields, 6));
    int outcome, solver;
    TRY(field_name(fields, "outcome", &outcome_names, &outcome));
    TRY(field_name(fields, "solver", &solver_names, &solver));
    record->outcome = (gemml_outcome)outcome;
    record->solver = (gemml_solver)solver;
    TRY(field_size(fields, "epochs", &record->epochs));
    TRY(field_size(fields, "iterations", &record->iterations));
    TRY(field_size(fields, "best_epoch", &record->best_epoch));
    const char *notice;
    TRY(field_text(fields, "notice", &notice));
    return notice[0] == '\0' ? GEMML_OK : memory_string(&record->notice, notice);
}

static gemml_status read_schema(struct metadata *metadata, const struct fields *strings, size_t bytes)
{
    const char *text = json_string_text(json_member(strings->object, "schema"));
    return text ? schema_from_json(&metadata->schema, text, bytes, strings->name) : GEMML_OK;
}

/* Parses the string `key`, which is a JSON text, and reads it by `read`. */
static gemml_status read_part(struct metadata *metadata, const struct fields *strings, const char *key,
                              gemml_status (*read)(struct metadata *, const struct fields *))
{
    const char *text;
    struct json_document document;
    TRY(field_text(strings, key, &text));
    TRY(json_read(&document, text, strlen(text), SAFETENSORS_MAX_VALUES, strings->name, key));
    gemml_status status = read(metadata, &(struct fields){document.root, key, strings->name});
    json_document_free(&document);
    return status;
}

static gemml_status read_all(struct metadata *metadata, const struct fields *strings, size_t bytes)
{
    TRY(read_kind(metadata, strings));
    int dtype;
    TRY(field_name(strings, "dtype", &dtype_names, &dtype));
    metadata->options.dtype = metadata->mlp.dtype = (gemml_dtype)dtype;
    TRY(read_loss(metadata, strings));
    TRY(read_part(metadata, strings, "activations", read_activations));
    TRY(read_part(metadata, strings, "options", read_options));
    TRY(read_part(metadata, strings, "fit", read_fit));
    return read_schema(metadata, strings, bytes);
}

gemml_status metadata_read(struct metadata *metadata, const struct json_node *strings, size_t bytes, const char *name)
{
    struct metadata made = {
        .options = GEMML_LINEAR_OPTIONS_INIT, .logistic = GEMML_LOGISTIC_OPTIONS_INIT, .mlp = GEMML_MLP_OPTIONS_INIT};
    gemml_status status = read_all(&made, &(struct fields){strings, "metadata", name}, bytes);
    if (status != GEMML_OK) {
        metadata_free(&made);
        return status;
    }
    *metadata = made;
    return GEMML_OK;
}

void metadata_free(struct metadata *metadata)
{
    memory_free(metadata->activations);
    memory_free((double *)metadata->logistic.class_weight);
    mlp_options_free(&metadata->mlp);
    memory_free(metadata->record.notice);
    schema_free(metadata->schema);
    *metadata = (struct metadata){0};
}

/* Tables, schemas and frames: arguments are checked here, the work is in data/. */
#include <gemml/table.h>
#include <gemml/transform.h>

#include "api/options.h"
#include "api/validate.h"
#include "chain/model.h"
#include "data/frame.h"
#include "data/schema.h"
#include "data/split.h"
#include "data/table.h"

static gemml_status error_null(const char *function, const char *parameter)
{
    return error_set(GEMML_ERROR_ARGUMENT, "%s: %s is NULL", function, parameter);
}

gemml_status gemml_table_read(gemml_table **table, const char *path)
{
    if (!table || !path)
        return error_null("gemml_table_read", table ? "path" : "table");
    return table_read(table, path);
}

gemml_status gemml_table_of_view(gemml_table **table, gemml_view values, const char *const *names)
{
    if (!table)
        return error_null("gemml_table_of_view", "table");
    TRY(validate_view("values", &values));
    return table_of_view(table, values, names);
}

void gemml_table_free(gemml_table *table)
{
    table_free(table);
}

size_t gemml_table_rows(const gemml_table *table)
{
    return table ? table->rows : 0;
}

size_t gemml_table_columns(const gemml_table *table)
{
    return table ? table->columns : 0;
}

const char *gemml_table_column_name(const gemml_table *table, size_t column)
{
    return table && column < table->columns ? table->name[column] : NULL;
}

gemml_status gemml_table_split(gemml_table **train, gemml_table **held, const gemml_table *table,
                               const gemml_split_options *options)
{
    if (!train || !held || !table)
        return error_null("gemml_table_split", !train ? "train" : !held ? "held" : "table");
    gemml_split_options known = GEMML_SPLIT_OPTIONS_INIT;
    TRY(options_read("gemml_split_options", options, &known, sizeof known));
    if (!(known.share > 0 && known.share < 1))
        return error_set(GEMML_ERROR_ARGUMENT, "gemml_table_split: a share of %g: it must be above 0 and below 1",
                         known.share);
    return table_split(train, held, table, &known);
}

gemml_status gemml_schema_create(gemml_schema **schema, const gemml_table *table, const gemml_schema_options *options)
{
    if (!schema || !table)
        return error_null("gemml_schema_create", schema ? "table" : "schema");
    gemml_schema_options normal = GEMML_SCHEMA_OPTIONS_INIT;
    TRY(options_read("gemml_schema_options", options, &normal, sizeof normal));
    TRY(options_enum("target_type", (int)normal.target_type, GEMML_TARGET_AUTO + 1));
    TRY(options_enum("coding", (int)normal.coding, GEMML_CODING_ONE_HOT + 1));
    if (normal.polynomial == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "polynomial is 0: a degree is at least 1");
    if (normal.terms & ~SCHEMA_TERMS)
        return error_set(GEMML_ERROR_ARGUMENT, "terms is %u: it has bits that are none of gemml_term", normal.terms);
    return schema_fit(schema, table, &normal);
}

void gemml_schema_free(gemml_schema *schema)
{
    schema_free(schema);
}

size_t gemml_schema_inputs(const gemml_schema *schema)
{
    return schema ? schema->input_count : 0;
}

size_t gemml_schema_outputs(const gemml_schema *schema)
{
    return schema ? schema->target_count : 0;
}

size_t gemml_schema_classes(const gemml_schema *schema)
{
    return schema && schema_has_classes(schema) ? schema->targets[0].levels.count : 0;
}

const char *gemml_schema_class(const gemml_schema *schema, size_t index)
{
    if (index >= gemml_schema_classes(schema))
        return NULL;
    const struct schema_column *target = schema->targets;
    return target->levels.label[target->class_level[index]];
}

unsigned gemml_schema_terms(const gemml_schema *schema)
{
    return schema ? schema->terms : 0;
}

size_t gemml_schema_degree(const gemml_schema *schema)
{
    return schema ? schema->degree : 1;
}

const char *gemml_schema_input_name(const gemml_schema *schema, size_t input)
{
    return schema && input < schema->input_count ? schema->input[input].name : NULL;
}

const char *gemml_schema_output_name(const gemml_schema *schema, size_t output)
{
    return schema && output < schema->target_count ? schema->targets[output].name : NULL;
}

const char *gemml_schema_notice(const gemml_schema *schema)
{
    return schema && schema->notice ? schema->notice : "";
}

size_t gemml_schema_columns(const gemml_schema *schema)
{
    return schema ? schema->feature_count : 0;
}

gemml_status gemml_schema_column(const gemml_schema *schema, size_t column, gemml_column_info *info)
{
    gemml_column_info known = GEMML_COLUMN_INFO_INIT;
    if (!schema)
        return error_null("gemml_schema_column", "schema");
    if (column >= schema->feature_count)
        return error_set(GEMML_ERROR_ARGUMENT, "gemml_schema_column: there is no column %zu of %zu", column,
                         schema->feature_count);
    const struct schema_column *from = schema->features + column;
    bool category = from->type == GEMML_COLUMN_CATEGORICAL;
    known.name = from->name;
    known.type = from->type;
    known.mean = category ? GEMML_AUTO : from->mean;
    known.levels = category ? schema_level_count(from) : 0;
    known.missing_level = from->missing_level;
    known.coding = schema->coding;
    return options_write("gemml_column_info", info, &known, sizeof known);
}

const char *gemml_schema_level(const gemml_schema *schema, size_t column, size_t level)
{
    if (!schema || column >= schema->feature_count || level >= schema_level_count(schema->features + column))
        return NULL;
    const struct levels *levels = &schema->features[column].levels;
    return level < levels->count ? levels->label[level] : LEVEL_MISSING;
}

gemml_status gemml_encode(gemml_frame **frame, const gemml_schema *schema, const gemml_table *table,
                          gemml_encode_purpose purpose)
{
    if (!frame || !schema || !table)
        return error_null("gemml_encode", !frame ? "frame" : !schema ? "schema" : "table");
    if (purpose != GEMML_ENCODE_PREDICT && purpose != GEMML_ENCODE_LEARN)
        return error_set(GEMML_ERROR_ARGUMENT, "gemml_encode: %d is no purpose", (int)purpose);
    if (purpose == GEMML_ENCODE_LEARN && schema->target_count == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "gemml_encode: the schema has no target to learn");
    return frame_encode(frame, schema, table, purpose);
}

void gemml_frame_free(gemml_frame *frame)
{
    frame_free(frame);
}

gemml_dataset gemml_frame_dataset(const gemml_frame *frame)
{
    gemml_dataset none = GEMML_DATASET_INIT;
    return frame ? frame->data : none;
}

const char *gemml_frame_notice(const gemml_frame *frame)
{
    return frame && frame->notice ? frame->notice : "";
}

size_t gemml_frame_dropped(const gemml_frame *frame)
{
    return frame ? frame->dropped : 0;
}

size_t gemml_frame_imputed(const gemml_frame *frame)
{
    return frame ? frame->imputed : 0;
}

size_t gemml_frame_unseen(const gemml_frame *frame)
{
    return frame ? frame->unseen : 0;
}

/* SHAPE when a fitted model takes or gives another number of columns. */
static gemml_status check_fitted(const gemml_model *model, const gemml_schema *schema)
{
    if (!model->fitted)
        return GEMML_OK;
    size_t inputs = chain_inputs(&model->fitted->chain), outputs = chain_outputs(&model->fitted->chain);
    if (schema->input_count == inputs && schema->target_count == outputs)
        return GEMML_OK;
    return error_set(GEMML_ERROR_SHAPE,
                     "the model is fitted to %zu inputs and %zu outputs, but the schema has %zu and %zu", inputs,
                     outputs, schema->input_count, schema->target_count);
}

gemml_status gemml_model_set_schema(gemml_model *model, const gemml_schema *schema)
{
    gemml_schema *copy = NULL;
    if (!model)
        return error_null("gemml_model_set_schema", "model");
    if (schema) {
        TRY(check_fitted(model, schema));
        TRY(schema_copy(&copy, schema));
    }
    schema_free(model->schema); /* after the copy: it may be the one given */
    model->schema = copy;
    return GEMML_OK;
}

const gemml_schema *gemml_model_schema(const gemml_model *model)
{
    return model ? model->schema : NULL;
}

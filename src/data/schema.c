#include "data/schema.h"

#include <string.h>

#include "data/table.h"

gemml_status schema_new(gemml_schema **schema, size_t features, size_t targets)
{
    gemml_schema *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    gemml_status status = memory_zeroed(&made->features, features, sizeof *made->features);
    if (status == GEMML_OK)
        status = memory_zeroed(&made->targets, targets, sizeof *made->targets);
    if (status != GEMML_OK) {
        schema_free(made);
        return status;
    }
    made->feature_count = features;
    made->target_count = targets;
    *schema = made;
    return GEMML_OK;
}

static void free_columns(struct schema_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        memory_free(columns[i].name);
        levels_free(&columns[i].levels);
    }
    memory_free(columns);
}

void schema_free(gemml_schema *schema)
{
    if (!schema)
        return;
    free_columns(schema->features, schema->feature_count);
    free_columns(schema->targets, schema->target_count);
    memory_free(schema->weight);
    memory_free(schema->input);
    memory_free(schema->input_names);
    memory_free(schema->notice);
    memory_free(schema);
}

size_t schema_level_count(const struct schema_column *column)
{
    return column->levels.count + column->missing_level;
}

static const char *level_name(const struct schema_column *column, size_t level)
{
    return level < column->levels.count ? column->levels.label[level] : LEVEL_MISSING;
}

/* Counts the inputs, and the bytes of the names "column=level". */
static void measure_inputs(const gemml_schema *schema, size_t *inputs, size_t *bytes)
{
    *inputs = *bytes = 0;
    for (size_t i = 0; i < schema->feature_count; i++) {
        const struct schema_column *column = schema->features + i;
        size_t levels = column->type == GEMML_COLUMN_CATEGORICAL ? schema_level_count(column) : 0;
        *inputs += levels > 0 ? levels - 1 : 1;
        for (size_t level = 1; level < levels; level++)
            *bytes = memory_sum(*bytes, strlen(column->name) + strlen(level_name(column, level)) + 2);
    }
}

static void name_inputs(gemml_schema *schema)
{
    struct schema_input *input = schema->input;
    char *to = schema->input_names;
    for (size_t i = 0; i < schema->feature_count; i++) {
        const struct schema_column *column = schema->features + i;
        if (column->type != GEMML_COLUMN_CATEGORICAL)
            *input++ = (struct schema_input){column->name, false};
        for (size_t level = 1; column->type == GEMML_COLUMN_CATEGORICAL && level < schema_level_count(column);
             level++) {
            *input++ = (struct schema_input){to, true};
            to = stpcpy(stpcpy(stpcpy(to, column->name), "="), level_name(column, level)) + 1;
        }
    }
}

gemml_status schema_finish(gemml_schema *schema)
{
    size_t inputs, bytes;
    measure_inputs(schema, &inputs, &bytes);
    if (inputs > TABLE_COLUMNS_MAX)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "the columns are %zu inputs with all levels, and at most %zu can be had", inputs,
                         TABLE_COLUMNS_MAX);
    TRY(memory_alloc(&schema->input, inputs, sizeof *schema->input));
    TRY(memory_alloc(&schema->input_names, bytes, 1));
    schema->input_count = inputs;
    name_inputs(schema);
    return GEMML_OK;
}

bool schema_input_is_dummy(const gemml_schema *schema, size_t input)
{
    return schema && input < schema->input_count && schema->input[input].dummy;
}

static gemml_status copy_columns(struct schema_column *to, const struct schema_column *from, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        to[i].type = from[i].type;
        to[i].mean = from[i].mean;
        to[i].missing_level = from[i].missing_level;
        TRY(memory_string(&to[i].name, from[i].name));
        if (from[i].type == GEMML_COLUMN_CATEGORICAL)
            TRY(levels_copy(&to[i].levels, &from[i].levels, NULL));
    }
    return GEMML_OK;
}

static gemml_status fill_copy(gemml_schema *to, const gemml_schema *from)
{
    TRY(copy_columns(to->features, from->features, from->feature_count));
    TRY(copy_columns(to->targets, from->targets, from->target_count));
    if (from->weight)
        TRY(memory_string(&to->weight, from->weight));
    if (from->notice)
        TRY(memory_string(&to->notice, from->notice));
    to->header = from->header;
    return schema_finish(to);
}

gemml_status schema_copy(gemml_schema **copy, const gemml_schema *schema)
{
    gemml_schema *made;
    TRY(schema_new(&made, schema->feature_count, schema->target_count));
    gemml_status status = fill_copy(made, schema);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *copy = made;
    return status;
}

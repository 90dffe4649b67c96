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
    made->degree = 1;
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
        memory_free(columns[i].class_level);
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
    monomials_free(&schema->monomials);
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

size_t schema_first_level(const gemml_schema *schema)
{
    return schema->coding == GEMML_CODING_ONE_HOT ? 0 : 1;
}

size_t schema_column_inputs(const gemml_schema *schema, const struct schema_column *column)
{
    return column->type == GEMML_COLUMN_CATEGORICAL ? schema_level_count(column) - schema_first_level(schema) : 1;
}

bool schema_has_classes(const gemml_schema *schema)
{
    return schema->target_count == 1 && schema->targets[0].type == GEMML_COLUMN_CATEGORICAL;
}

/* Counts the inputs of columns, and the bytes of the names "column=level". */
static void measure_inputs(const gemml_schema *schema, size_t *inputs, size_t *numbers, size_t *bytes)
{
    *inputs = *numbers = *bytes = 0;
    for (size_t i = 0; i < schema->feature_count; i++) {
        const struct schema_column *column = schema->features + i;
        *inputs += schema_column_inputs(schema, column);
        *numbers += column->type == GEMML_COLUMN_NUMERIC;
        size_t levels = column->type == GEMML_COLUMN_CATEGORICAL ? schema_level_count(column) : 0;
        for (size_t level = schema_first_level(schema); level < levels; level++)
            *bytes = memory_sum(*bytes, strlen(column->name) + strlen(level_name(column, level)) + 2);
    }
}

/* Names the inputs of columns; gives the address behind the names. */
static char *name_inputs(gemml_schema *schema)
{
    struct schema_input *input = schema->input;
    char *to = schema->input_names;
    for (size_t i = 0; i < schema->feature_count; i++) {
        const struct schema_column *column = schema->features + i;
        if (column->type != GEMML_COLUMN_CATEGORICAL)
            *input++ = (struct schema_input){column->name, false};
        for (size_t level = schema_first_level(schema);
             column->type == GEMML_COLUMN_CATEGORICAL && level < schema_level_count(column); level++) {
            *input++ = (struct schema_input){to, true};
            to = stpcpy(stpcpy(stpcpy(to, column->name), "="), level_name(column, level)) + 1;
        }
    }
    return to;
}

/* The names of the numbers, of which the monomials are made. */
static gemml_status number_names(const char ***names, const gemml_schema *schema)
{
    size_t used = 0;
    TRY(memory_alloc(names, schema->monomials.numbers, sizeof **names));
    for (size_t i = 0; i < schema->feature_count; i++)
        if (schema->features[i].type == GEMML_COLUMN_NUMERIC)
            (*names)[used++] = schema->features[i].name;
    return GEMML_OK;
}

/* Names all inputs, those of columns first; `bytes` are those of their names, `most` those of all. */
static gemml_status list_inputs(gemml_schema *schema, size_t of_columns, size_t bytes, size_t most)
{
    const struct monomials *monomials = &schema->monomials;
    const struct waves *waves = &schema->waves;
    const char **names;
    TRY(number_names(&names, schema));
    for (size_t m = 0; m < monomials->count; m++)
        bytes = memory_sum(bytes, monomials_name(monomials, m, names, NULL));
    for (size_t w = 0; w < waves->count; w++)
        bytes = memory_sum(bytes, waves_name(waves, w, names, NULL));
    schema->input_count = of_columns + monomials->count + waves->count;
    gemml_status status = GEMML_OK;
    if (bytes > most)
        status = error_set(GEMML_ERROR_UNSUPPORTED, "the names of %zu inputs are longer than %zu bytes together",
                           schema->input_count, most);
    if (status == GEMML_OK)
        status = memory_alloc(&schema->input, schema->input_count, sizeof *schema->input);
    if (status == GEMML_OK)
        status = memory_alloc(&schema->input_names, bytes, 1);
    if (status == GEMML_OK) {
        struct schema_input *input = schema->input + of_columns;
        char *to = name_inputs(schema);
        for (size_t m = 0; m < monomials->count; m++) {
            *input++ = (struct schema_input){to, false};
            to += monomials_name(monomials, m, names, to);
        }
        for (size_t w = 0; w < waves->count; w++) {
            *input++ = (struct schema_input){to, false};
            to += waves_name(waves, w, names, to);
        }
    }
    memory_free(names);
    return status;
}

/* The classes in the order of the numbers where all labels are numbers, else as
 * the levels stand. */
static gemml_status order_classes(struct schema_column *target)
{
    struct numbered *list;
    size_t count = target->levels.count, numbers;
    TRY(levels_numbered(&list, &numbers, &target->levels));
    gemml_status status = memory_alloc(&target->class_level, memory_product(2, count), sizeof *target->class_level);
    for (size_t k = 0; status == GEMML_OK && k < count; k++) {
        target->class_level[k] = numbers == count ? list[k].level : k;
        target->class_level[count + target->class_level[k]] = k;
    }
    memory_free(list);
    return status;
}

gemml_status schema_finish_within(gemml_schema *schema, size_t most_inputs, size_t most_bytes)
{
    size_t inputs, numbers, bytes;
    measure_inputs(schema, &inputs, &numbers, &bytes);
    schema->waves = waves_make(numbers, schema->terms);
    inputs += schema->waves.count;
    if (inputs > most_inputs)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "the columns are %zu inputs with all levels and terms, and at most %zu can be had", inputs,
                         most_inputs);
    struct monomial_pairs pairs = {schema->terms & GEMML_TERM_SQUARE, schema->terms & GEMML_TERM_INTERACTIONS};
    TRY(monomials_make(&schema->monomials, numbers, schema->degree, pairs, most_inputs - inputs));
    TRY(list_inputs(schema, inputs - schema->waves.count, bytes, most_bytes));
    return schema_has_classes(schema) ? order_classes(schema->targets) : GEMML_OK;
}

gemml_status schema_finish(gemml_schema *schema)
{
    return schema_finish_within(schema, TABLE_COLUMNS_MAX, SIZE_MAX);
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
    to->coding = from->coding;
    to->degree = from->degree;
    to->terms = from->terms;
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

#include "data/encode.h"

#include <math.h>

#include "util/view.h"

/* Rows that are encoded together, so that what is written stays in the cache. */
#define BLOCK_ROWS ((size_t)128)

/* How one feature is encoded. */
struct encoder {
    const struct schema_column *column;
    size_t source;            /* column of the table */
    size_t input;             /* the first */
    size_t *level;            /* of each code, where the table's column holds texts */
    struct numbered *numbers; /* where it holds numbers */
    size_t number_count;
    size_t missing, unseen;
};

struct encoding {
    const gemml_schema *schema;
    const gemml_table *table;
    const struct rows *rows;
    struct encoder *encoder; /* of each feature */
    double *out;
};

/* The level of a text: the one called so, or the one that is the same number. */
static size_t level_of(const struct encoder *encoder, const char *label)
{
    double number;
    size_t level = levels_find(&encoder->column->levels, label);
    if (level == LEVEL_NONE && level_value(label, &number) == VALUE_NUMBER)
        level = numbered_find(encoder->numbers, encoder->number_count, number);
    return level;
}

static gemml_status prepare(struct encoder *encoder, const gemml_table *table)
{
    const struct column *source = table->column + encoder->source;
    if (encoder->column->type != GEMML_COLUMN_CATEGORICAL)
        return GEMML_OK;
    TRY(levels_numbered(&encoder->numbers, &encoder->number_count, &encoder->column->levels));
    if (source->first_text.line == 0)
        return GEMML_OK;
    TRY(memory_alloc(&encoder->level, source->levels.count, sizeof *encoder->level));
    for (size_t code = 0; code < source->levels.count; code++)
        encoder->level[code] = level_of(encoder, source->levels.label[code]);
    return GEMML_OK;
}

static size_t find_level(const struct encoder *encoder, double cell)
{
    if (isnan(cell))
        return encoder->column->missing_level ? encoder->column->levels.count : LEVEL_NONE;
    return encoder->level ? encoder->level[(size_t)cell] : numbered_find(encoder->numbers, encoder->number_count, cell);
}

/* Sets the dummy of the value's level in a row of zeros; the base has none. */
static void encode_category(struct encoder *encoder, double *row, double cell)
{
    size_t level = find_level(encoder, cell);
    if (level == LEVEL_NONE)
        encoder->unseen++;
    else if (level > 0)
        row[encoder->input + level - 1] = 1;
}

static void encode_number(struct encoder *encoder, double *row, double cell)
{
    bool missing = isnan(cell);
    encoder->missing += missing;
    row[encoder->input] = missing ? encoder->column->mean : cell;
}

static void encode_block(const struct encoding *encoding, struct encoder *encoder, size_t first, size_t end)
{
    const gemml_view *cells = &encoding->table->cells;
    size_t inputs = encoding->schema->input_count;
    bool category = encoder->column->type == GEMML_COLUMN_CATEGORICAL;
    for (size_t i = first; i < end; i++) {
        double cell = view_element(cells, row_at(encoding->rows, i), encoder->source),
               *row = encoding->out + i * inputs;
        if (category)
            encode_category(encoder, row, cell);
        else
            encode_number(encoder, row, cell);
    }
}

static void note_counts(struct encode_counts *counts, const struct encoder *encoder, size_t rows)
{
    counts->imputed += encoder->missing;
    counts->unseen += encoder->unseen;
    if (encoder->unseen > 0)
        name_list_add(&counts->unseen_columns, encoder->column->name);
    if (encoder->missing > rows / 2)
        name_list_add(&counts->mostly_missing, encoder->column->name);
}

static gemml_status encode_all(const struct encoding *encoding, struct encode_counts *counts)
{
    size_t features = encoding->schema->feature_count, rows = encoding->rows->count;
    for (size_t k = 0; k < features; k++)
        TRY(prepare(encoding->encoder + k, encoding->table));
    for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
        size_t end = rows - first < BLOCK_ROWS ? rows : first + BLOCK_ROWS;
        for (size_t k = 0; k < features; k++)
            encode_block(encoding, encoding->encoder + k, first, end);
    }
    for (size_t k = 0; k < features; k++)
        note_counts(counts, encoding->encoder + k, rows);
    return GEMML_OK;
}

static void set_encoders(const struct encoding *encoding, const size_t *features)
{
    size_t input = 0;
    for (size_t k = 0; k < encoding->schema->feature_count; k++) {
        const struct schema_column *column = encoding->schema->features + k;
        encoding->encoder[k] = (struct encoder){.column = column, .source = features[k], .input = input};
        input += column->type == GEMML_COLUMN_CATEGORICAL ? schema_level_count(column) - 1 : 1;
    }
}

gemml_status encode_features(double **out, struct encode_counts *counts, const gemml_schema *schema,
                             const gemml_table *table, const size_t *features, const struct rows *rows)
{
    struct encoding encoding = {schema, table, rows, NULL, NULL};
    TRY(memory_alloc(&encoding.encoder, schema->feature_count, sizeof *encoding.encoder));
    set_encoders(&encoding, features);
    gemml_status status =
        memory_zeroed(&encoding.out, memory_product(rows->count, schema->input_count), sizeof(double));
    if (status == GEMML_OK)
        status = encode_all(&encoding, counts);
    for (size_t k = 0; k < schema->feature_count; k++) {
        memory_free(encoding.encoder[k].level);
        memory_free(encoding.encoder[k].numbers);
    }
    memory_free(encoding.encoder);
    if (status != GEMML_OK)
        memory_free(encoding.out);
    else
        *out = encoding.out;
    return status;
}

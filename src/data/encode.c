#include "data/encode.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "util/view.h"

/* Rows that are encoded together, so that what is written stays in the cache. */
#define BLOCK_ROWS ((size_t)128)

/* How one feature is encoded. */
struct encoder {
    const struct schema_column *column;
    size_t source;            /* column of the table */
    size_t input;             /* the first */
    size_t first_level;       /* that has an input */
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
    double *out, *low;       /* low: NULL without monomials */
    bool inexact;            /* a low part is not zero */
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

/* Sets the dummy of the value's level in a row of zeros; the base has none, nor
 * has what is no level. */
static void encode_category(struct encoder *encoder, double *row, double cell)
{
    size_t level = find_level(encoder, cell);
    if (level == LEVEL_NONE)
        encoder->unseen++;
    else if (level >= encoder->first_level)
        row[encoder->input + level - encoder->first_level] = 1;
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

/* An input that is beyond the range of double: a power of a number that is large. */
static gemml_status error_overflow(const struct encoding *encoding, size_t row, size_t input)
{
    char name[EXCERPT_BYTES];
    const char *text = encoding->schema->input[input].name;
    excerpt(name, text, strlen(text));
    return error_set(GEMML_ERROR_FORMAT, "%s: \"%s\" is beyond the range of numbers in row %zu", encoding->table->file,
                     name, row_at(encoding->rows, row) + 1);
}

/* The monomials of row i, from value[0 .. q-1]; `offset` is their first input. */
static gemml_status encode_monomials(struct encoding *encoding, struct doubled *value, size_t i, size_t offset)
{
    const struct monomials *monomials = &encoding->schema->monomials;
    size_t inputs = encoding->schema->input_count;
    double *row = encoding->out + i * inputs, *low = encoding->low + i * inputs;
    monomials_evaluate(monomials, value);
    for (size_t m = 0; m < monomials->count; m++) {
        struct doubled term = value[monomials->numbers + m];
        if (!isfinite(term.hi) || !isfinite(term.lo))
            return error_overflow(encoding, i, offset + m);
        row[offset + m] = term.hi;
        low[offset + m] = term.lo;
        encoding->inexact = encoding->inexact || term.lo != 0;
    }
    return GEMML_OK;
}

/* The sines and cosines of row i, likewise. */
static gemml_status encode_waves(const struct encoding *encoding, const struct doubled *value, size_t i, size_t offset)
{
    const struct waves *waves = &encoding->schema->waves;
    double *row = encoding->out + i * encoding->schema->input_count;
    waves_evaluate(waves, &value->hi, sizeof *value / sizeof value->hi, row + offset);
    for (size_t w = 0; w < waves->count; w++)
        if (!isfinite(row[offset + w]))
            return error_overflow(encoding, i, offset + w);
    return GEMML_OK;
}

/* What is made of the numbers of rows first .. end - 1, which are encoded; `value` is work space. */
static gemml_status encode_terms(struct encoding *encoding, struct doubled *value, size_t first, size_t end)
{
    const gemml_schema *schema = encoding->schema;
    size_t waves = schema->input_count - schema->waves.count, monomials = waves - schema->monomials.count;
    for (size_t i = first; i < end; i++) {
        const double *row = encoding->out + i * schema->input_count;
        for (size_t k = 0, number = 0; k < schema->feature_count; k++)
            if (encoding->encoder[k].column->type == GEMML_COLUMN_NUMERIC)
                value[number++] = doubled_of(row[encoding->encoder[k].input]);
        if (schema->monomials.count > 0)
            TRY(encode_monomials(encoding, value, i, monomials));
        if (schema->waves.count > 0)
            TRY(encode_waves(encoding, value, i, waves));
    }
    return GEMML_OK;
}

static gemml_status encode_blocks(struct encoding *encoding)
{
    size_t features = encoding->schema->feature_count, rows = encoding->rows->count;
    const struct monomials *monomials = &encoding->schema->monomials;
    struct doubled *value;
    TRY(memory_alloc(&value, memory_sum(monomials->numbers, monomials->count), sizeof *value));
    gemml_status status = GEMML_OK;
    for (size_t first = 0; first < rows && status == GEMML_OK; first += BLOCK_ROWS) {
        size_t end = rows - first < BLOCK_ROWS ? rows : first + BLOCK_ROWS;
        for (size_t k = 0; k < features; k++)
            encode_block(encoding, encoding->encoder + k, first, end);
        if (monomials->count > 0 || encoding->schema->waves.count > 0)
            status = encode_terms(encoding, value, first, end);
    }
    memory_free(value);
    return status;
}

static gemml_status encode_all(struct encoding *encoding, struct encode_counts *counts)
{
    size_t features = encoding->schema->feature_count, rows = encoding->rows->count;
    for (size_t k = 0; k < features; k++)
        TRY(prepare(encoding->encoder + k, encoding->table));
    TRY(encode_blocks(encoding));
    for (size_t k = 0; k < features; k++)
        note_counts(counts, encoding->encoder + k, rows);
    return GEMML_OK;
}

static void set_encoders(const struct encoding *encoding, const size_t *features)
{
    size_t input = 0;
    for (size_t k = 0; k < encoding->schema->feature_count; k++) {
        const struct schema_column *column = encoding->schema->features + k;
        encoding->encoder[k] = (struct encoder){.column = column,
                                                .source = features[k],
                                                .input = input,
                                                .first_level = schema_first_level(encoding->schema)};
        input += schema_column_inputs(encoding->schema, column);
    }
}

static void encoder_free(struct encoder *encoder)
{
    memory_free(encoder->level);
    memory_free(encoder->numbers);
}

/* rows x inputs zeros each. */
static gemml_status allocate(struct encoding *encoding)
{
    size_t elements = memory_product(encoding->rows->count, encoding->schema->input_count);
    TRY(memory_zeroed(&encoding->out, elements, sizeof(double)));
    return encoding->schema->monomials.count > 0 ? memory_zeroed(&encoding->low, elements, sizeof(double)) : GEMML_OK;
}

gemml_status encode_features(double **out, double **low, struct encode_counts *counts, const gemml_schema *schema,
                             const gemml_table *table, const size_t *features, const struct rows *rows)
{
    struct encoding encoding = {.schema = schema, .table = table, .rows = rows};
    TRY(memory_alloc(&encoding.encoder, schema->feature_count, sizeof *encoding.encoder));
    set_encoders(&encoding, features);
    gemml_status status = allocate(&encoding);
    if (status == GEMML_OK)
        status = encode_all(&encoding, counts);
    for (size_t k = 0; k < schema->feature_count; k++)
        encoder_free(encoding.encoder + k);
    memory_free(encoding.encoder);
    if (status != GEMML_OK || !encoding.inexact) {
        memory_free(encoding.low);
        encoding.low = NULL;
    }
    if (status != GEMML_OK) {
        memory_free(encoding.out);
        return status;
    }
    *out = encoding.out;
    *low = encoding.low;
    return GEMML_OK;
}

static gemml_status error_class(const gemml_table *table, const struct schema_column *target, size_t column, size_t row)
{
    char name[EXCERPT_BYTES], shown[EXCERPT_BYTES];
    double cell = view_element(&table->cells, row, column);
    bool text = table->column[column].first_text.line > 0;
    struct name_list classes = {0};
    if (text)
        excerpt(shown, table->column[column].levels.label[(size_t)cell],
                strlen(table->column[column].levels.label[(size_t)cell]));
    else
        snprintf(shown, sizeof shown, "%.17g", cell);
    for (size_t k = 0; k < target->levels.count; k++)
        name_list_add(&classes, target->levels.label[target->class_level[k]]);
    return error_set(GEMML_ERROR_FORMAT, "%s: \"%s\" in column \"%s\", row %zu, is no class of the model: it has %s",
                     table->file, shown, table_shown_name(name, table, column), row + 1, name_list_text(&classes));
}

gemml_status encode_classes(double **out, const struct schema_column *target, const gemml_table *table, size_t column,
                            const struct rows *rows)
{
    struct encoder encoder = {.column = target, .source = column};
    double *made = NULL;
    gemml_status status = prepare(&encoder, table);
    if (status == GEMML_OK)
        status = memory_alloc(&made, rows->count, sizeof *made);
    for (size_t i = 0; i < rows->count && status == GEMML_OK; i++) {
        size_t level = find_level(&encoder, view_element(&table->cells, row_at(rows, i), column));
        if (level == LEVEL_NONE)
            status = error_class(table, target, column, row_at(rows, i));
        else
            made[i] = (double)target->class_level[target->levels.count + level];
    }
    encoder_free(&encoder);
    if (status != GEMML_OK)
        memory_free(made);
    else
        *out = made;
    return status;
}

#include "data/commas.h"

#include <string.h>

#include "data/message.h"
#include "data/walk.h"

struct comma_reader {
    struct visitor visitor;
    gemml_table *table;
    unsigned char *candidate; /* by column: every text so far is a number with a comma */
    bool point;               /* a number with a point was met */
};

/* A column of numbers with commas holds a text after all: that is what errors should show. */
static gemml_status note_text(struct comma_reader *reader, size_t column, const struct field *field)
{
    struct place *place = &reader->table->column[column].first_text;
    char shown[EXCERPT_BYTES], *text;
    excerpt(shown, field->begin, (size_t)(field->end - field->begin));
    TRY(memory_string(&text, shown));
    memory_free(place->text);
    *place = (struct place){field->line, text};
    reader->candidate[column] = 0;
    return GEMML_OK;
}

/* Stores a number with a comma in its cell; should the column stay one of texts, its
 * cells are written again. */
static gemml_status read_field(struct visitor *visitor, size_t row, size_t column, const struct field *field)
{
    struct comma_reader *reader = (struct comma_reader *)visitor;
    gemml_table *table = reader->table;
    double number;
    switch (field_value(field, &number)) {
    case VALUE_NUMBER:
        if (table->column[column].first_text.line == 0 || reader->candidate[column])
            reader->point = reader->point || memchr(field->begin, '.', (size_t)(field->end - field->begin));
        break;
    case VALUE_TEXT:
        if (!reader->candidate[column])
            break;
        if (!field_comma_number(field, &number))
            return note_text(reader, column, field);
        table->values[row * table->columns + column] = number;
        break;
    case VALUE_INFINITE:
    case VALUE_MISSING:
        break;
    }
    return GEMML_OK;
}

static void make_numeric(struct column *column)
{
    memory_free(column->first_text.text);
    column->first_text = (struct place){0, NULL};
    column->comma = true;
}

/* Columns whose first text is a number with a comma; false when there are none. */
static bool find_candidates(const gemml_table *table, unsigned char *candidate)
{
    bool any = false;
    for (size_t c = 0; c < table->columns; c++) {
        const char *text = table->column[c].first_text.text;
        double number;
        if (!text)
            continue;
        struct field field = {text, text + strlen(text), 0, false, false};
        candidate[c] = field_comma_number(&field, &number);
        any = any || candidate[c];
    }
    return any;
}

static gemml_status read_candidates(gemml_table *table, unsigned char *candidate, unsigned char *wanted)
{
    struct comma_reader reader = {{wanted, read_field}, table, candidate, false};
    if (!find_candidates(table, candidate))
        return GEMML_OK;
    memset(wanted, 1, table->columns);
    TRY(walk_text(table, &reader.visitor));
    for (size_t c = 0; c < table->columns && !reader.point; c++)
        if (candidate[c])
            make_numeric(table->column + c);
    return GEMML_OK;
}

gemml_status commas_read(gemml_table *table)
{
    unsigned char *candidate;
    if (table->text.delimiter == ',')
        return GEMML_OK;
    TRY(memory_zeroed(&candidate, 2, table->columns));
    gemml_status status = read_candidates(table, candidate, candidate + table->columns);
    memory_free(candidate);
    return status;
}

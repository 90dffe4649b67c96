#include "data/texts.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "data/message.h"
#include "data/walk.h"
#include "util/view.h"

/* ---- Columns that hold texts ------------------------------------------------------- */

struct text_coder {
    struct visitor visitor;
    gemml_table *table;
    struct dictionary *dictionary; /* by column */
};

/* A text is UTF-8, or the file is in some other code, in which the same text may be another. */
static gemml_status check_utf8(const gemml_table *table, size_t column, const char *text, size_t line)
{
    char shown[EXCERPT_BYTES], name[EXCERPT_BYTES];
    size_t length = strlen(text);
    if (utf8_is(text, length))
        return GEMML_OK;
    excerpt(shown, text, length);
    return error_set(GEMML_ERROR_FORMAT, "%s, line %zu, column %zu (\"%s\"): \"%s\" is not valid UTF-8" UTF8_ADVICE,
                     table->file, line, column + 1, table_shown_name(name, table, column), shown);
}

static gemml_status code_field(struct visitor *visitor, size_t row, size_t column, const struct field *field)
{
    struct text_coder *coder = (struct text_coder *)visitor;
    gemml_table *table = coder->table;
    size_t code;
    bool fresh;
    TRY(dictionary_add(coder->dictionary + column, field, &code, &fresh));
    table->values[row * table->columns + column] = (double)code;
    if (!fresh)
        return GEMML_OK;
    return check_utf8(table, column, dictionary_text(coder->dictionary + column, code), field->line);
}

/* Codes in the order of the rows become indices of levels. */
static gemml_status rank_codes(gemml_table *table, size_t column, struct dictionary *dictionary)
{
    size_t *rank;
    TRY(dictionary_levels(&table->column[column].levels, &rank, dictionary));
    for (size_t i = 0; i < table->rows; i++) {
        double *cell = table->values + i * table->columns + column;
        if (!isnan(*cell))
            *cell = (double)rank[(size_t)*cell];
    }
    memory_free(rank);
    return GEMML_OK;
}

static gemml_status code_columns(struct text_coder *coder)
{
    gemml_table *table = coder->table;
    TRY(walk_text(table, &coder->visitor));
    for (size_t c = 0; c < table->columns; c++)
        if (coder->visitor.wanted[c])
            TRY(rank_codes(table, c, coder->dictionary + c));
    return GEMML_OK;
}

static gemml_status code_wanted(gemml_table *table, const unsigned char *wanted)
{
    struct text_coder coder = {{wanted, code_field}, table, NULL};
    TRY(memory_zeroed(&coder.dictionary, table->columns, sizeof *coder.dictionary));
    gemml_status status = code_columns(&coder);
    for (size_t c = 0; c < table->columns; c++)
        dictionary_free(coder.dictionary + c);
    memory_free(coder.dictionary);
    return status;
}

gemml_status texts_code(gemml_table *table)
{
    unsigned char *wanted;
    bool any = false;
    TRY(memory_zeroed(&wanted, table->columns, 1));
    for (size_t c = 0; c < table->columns; c++) {
        wanted[c] = table->column[c].first_text.line > 0;
        any = any || wanted[c];
    }
    gemml_status status = any ? code_wanted(table, wanted) : GEMML_OK;
    memory_free(wanted);
    return status;
}

/* ---- Levels of one column in some rows --------------------------------------------- */

/* The levels of a column of texts that occur. */
static gemml_status used_levels(struct levels *levels, bool *missing, const gemml_table *table, size_t column,
                                const struct rows *rows)
{
    const struct levels *all = &table->column[column].levels;
    bool *used;
    TRY(memory_zeroed(&used, all->count, sizeof *used));
    *missing = false;
    for (size_t i = 0; i < rows->count; i++) {
        double code = view_element(&table->cells, row_at(rows, i), column);
        if (isnan(code))
            *missing = true;
        else
            used[(size_t)code] = true;
    }
    gemml_status status = levels_copy(levels, all, used);
    memory_free(used);
    return status;
}

/* Collects how the numbers of one column are written. */
struct number_coder {
    struct visitor visitor;
    const struct rows *rows;
    size_t next; /* of the rows */
    struct dictionary dictionary;
};

static gemml_status collect_field(struct visitor *visitor, size_t row, size_t column, const struct field *field)
{
    struct number_coder *coder = (struct number_coder *)visitor;
    size_t code;
    bool fresh;
    (void)column;
    while (coder->next < coder->rows->count && row_at(coder->rows, coder->next) < row)
        coder->next++;
    if (coder->next == coder->rows->count || row_at(coder->rows, coder->next) > row)
        return GEMML_OK;
    return dictionary_add(&coder->dictionary, field, &code, &fresh);
}

static gemml_status collect_text(struct number_coder *coder, const gemml_table *table, size_t column)
{
    unsigned char *wanted;
    TRY(memory_zeroed(&wanted, table->columns, 1));
    wanted[column] = 1;
    coder->visitor = (struct visitor){wanted, collect_field};
    gemml_status status = walk_text(table, &coder->visitor);
    memory_free(wanted);
    return status;
}

static gemml_status collect_number(struct number_coder *coder, double number)
{
    char text[40];
    double back = GEMML_AUTO;
    size_t code;
    bool fresh;
    for (int digits = 1; digits <= 17 && !(back >= number && back <= number); digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        level_value(text, &back);
    }
    struct field field = {text, text + strlen(text), 0, false, false};
    return dictionary_add(&coder->dictionary, &field, &code, &fresh);
}

/* Numbers of an array are written with as few digits as read back the same, in this thread's "C" locale. */
static gemml_status collect_array(struct number_coder *coder, const gemml_table *table, size_t column)
{
    locale_t host = uselocale(newlocale(LC_ALL_MASK, "C", (locale_t)0)); /* a constant of the C library */
    gemml_status status = GEMML_OK;
    for (size_t i = 0; i < coder->rows->count && status == GEMML_OK; i++) {
        double number = view_element(&table->cells, row_at(coder->rows, i), column);
        if (!isnan(number))
            status = collect_number(coder, number);
    }
    uselocale(host);
    return status;
}

/* Drops levels whose number another one has that comes before. */
static gemml_status merge_equal(struct levels *levels)
{
    struct numbered *list;
    struct levels merged = {0};
    size_t count;
    bool *wanted;
    TRY(memory_zeroed(&wanted, levels->count, sizeof *wanted));
    gemml_status status = levels_numbered(&list, &count, levels);
    if (status == GEMML_OK) {
        for (size_t i = 0; i < count; i++)
            wanted[list[i].level] = true;
        memory_free(list);
        status = levels_copy(&merged, levels, wanted);
    }
    memory_free(wanted);
    if (status == GEMML_OK) {
        levels_free(levels);
        *levels = merged;
    }
    return status;
}

static gemml_status number_levels(struct levels *levels, const gemml_table *table, size_t column,
                                  const struct rows *rows)
{
    struct number_coder coder = {.rows = rows};
    struct levels made = {0};
    size_t *rank = NULL;
    bool as_written = table->text.at && !table->column[column].comma;
    gemml_status status = as_written ? collect_text(&coder, table, column) : collect_array(&coder, table, column);
    if (status == GEMML_OK)
        status = dictionary_levels(&made, &rank, &coder.dictionary);
    if (status == GEMML_OK)
        status = merge_equal(&made);
    memory_free(rank);
    dictionary_free(&coder.dictionary);
    if (status != GEMML_OK)
        levels_free(&made);
    else
        *levels = made;
    return status;
}

gemml_status texts_levels(struct levels *levels, bool *missing, const gemml_table *table, size_t column,
                          const struct rows *rows)
{
    if (table->column[column].first_text.line > 0)
        return used_levels(levels, missing, table, column, rows);
    *missing = false;
    for (size_t i = 0; i < rows->count && table->column[column].missing > 0 && !*missing; i++)
        *missing = isnan(view_element(&table->cells, row_at(rows, i), column));
    return number_levels(levels, table, column, rows);
}

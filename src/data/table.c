#include "data/table.h"

#include <stdio.h>
#include <string.h>

#include "data/csv.h"
#include "data/message.h"
#include "data/npy.h"

#define FILE_SHOWN 128 /* bytes of a path in a message: its end */

/* The path as messages show it. */
static gemml_status shown_path(char **file, const char *path)
{
    if (strcmp(path, "-") == 0)
        return memory_string(file, "standard input");
    size_t length = strlen(path);
    if (length <= FILE_SHOWN)
        return memory_string(file, path);
    const char *tail = path + length - (FILE_SHOWN - 3);
    while (((unsigned char)*tail & 0xC0) == 0x80)
        tail++;
    TRY(memory_alloc(file, 3 + strlen(tail) + 1, 1));
    memcpy(*file, "...", 3);
    strcpy(*file + 3, tail);
    return GEMML_OK;
}

gemml_status table_new(gemml_table **table, const char *path)
{
    gemml_table *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->row_word = "line";
    gemml_status status = shown_path(&made->file, path);
    if (status != GEMML_OK)
        table_free(made);
    else
        *table = made;
    return status;
}

void table_free(gemml_table *table)
{
    if (!table)
        return;
    memory_free(table->chosen);
    if (table->base) { /* all else is the base's */
        memory_free(table);
        return;
    }
    for (size_t c = 0; table->column && c < table->columns; c++) {
        memory_free(table->column[c].first_text.text);
        memory_free(table->column[c].first_infinite.text);
        levels_free(&table->column[c].levels);
    }
    memory_free(table->column);
    names_free(&table->names);
    memory_free(table->name);
    memory_free(table->name_text);
    memory_free(table->values);
    input_close(&table->input);
    memory_free(table->file);
    memory_free(table);
}

gemml_status table_show(gemml_table **part, const gemml_table *table, size_t *chosen, size_t count)
{
    gemml_table *made;
    TRY(memory_copy(&made, table, 1, sizeof *made));
    made->base = table;
    made->chosen = chosen;
    made->rows = count;
    *part = made;
    return GEMML_OK;
}

gemml_status table_set_columns(gemml_table *table, size_t columns, size_t text_bytes)
{
    if (columns > TABLE_COLUMNS_MAX)
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s has %zu columns, and a table at most %zu", table->file, columns,
                         TABLE_COLUMNS_MAX);
    TRY(memory_zeroed(&table->column, columns, sizeof *table->column));
    table->columns = columns;
    TRY(memory_zeroed(&table->name, columns, sizeof *table->name));
    return memory_alloc(&table->name_text, text_bytes, 1);
}

size_t table_generated_bytes(size_t columns)
{
    return columns * sizeof "x1048576";
}

gemml_status table_name_columns(gemml_table *table)
{
    char *text = table->name_text;
    for (size_t c = 0; c < table->columns; c++) {
        table->name[c] = text;
        text += sprintf(text, "x%zu", c) + 1;
    }
    size_t duplicate;
    return table_index_names(table, &duplicate);
}

gemml_status table_index_names(gemml_table *table, size_t *duplicate)
{
    return names_make(&table->names, table->name, table->columns, duplicate);
}

const char *table_shown_name(char out[EXCERPT_BYTES], const gemml_table *table, size_t column)
{
    excerpt(out, table->name[column], strlen(table->name[column]));
    return out;
}

/* "t.csv, line 3, column 2 ("age"): "old" ..." */
static gemml_status error_place(const gemml_table *table, size_t column, const struct place *place, const char *said,
                                const char *role)
{
    char name[EXCERPT_BYTES];
    return error_set(GEMML_ERROR_FORMAT, "%s, %s %zu, column %zu (\"%s\"): \"%s\" %s%s", table->file, table->row_word,
                     place->line, column + 1, table_shown_name(name, table, column), place->text ? place->text : "inf",
                     said, role);
}

gemml_status table_require_number(const gemml_table *table, size_t column, const char *role)
{
    const struct column *known = table->column + column;
    if (known->first_text.line > 0)
        return error_place(table, column, &known->first_text, "is text, and the column must be numeric: it is ", role);
    if (known->first_infinite.line > 0)
        return error_place(table, column, &known->first_infinite, "is infinite, and the column must be finite: it is ",
                           role);
    return GEMML_OK;
}

static gemml_status read_content(gemml_table *table)
{
    if (npy_is(table->input.bytes, table->input.count))
        return npy_read(table);
    return csv_read(table);
}

gemml_status table_read(gemml_table **table, const char *path)
{
    gemml_table *made;
    TRY(table_new(&made, path));
    gemml_status status = input_open(&made->input, path);
    if (status == GEMML_OK)
        status = read_content(made);
    if (status != GEMML_OK)
        table_free(made);
    else
        *table = made;
    return status;
}

/* Copies the names and indexes them. */
static gemml_status copy_names(gemml_table *table, const char *const *names)
{
    char *text = table->name_text;
    size_t duplicate = NAME_NONE;
    for (size_t c = 0; c < table->columns; c++) {
        table->name[c] = text;
        text = stpcpy(text, names[c]) + 1;
    }
    TRY(table_index_names(table, &duplicate));
    if (duplicate == NAME_NONE)
        return GEMML_OK;
    char name[EXCERPT_BYTES];
    return error_set(GEMML_ERROR_ARGUMENT, "names: two columns are called \"%s\"",
                     table_shown_name(name, table, duplicate));
}

static gemml_status check_names(const char *const *names, size_t columns, size_t *bytes)
{
    *bytes = 0;
    for (size_t c = 0; c < columns; c++) {
        if (!names[c] || !names[c][0] || !utf8_is(names[c], strlen(names[c])))
            return error_set(GEMML_ERROR_ARGUMENT, "names[%zu] is %s", c,
                             !names[c]      ? "NULL"
                             : !names[c][0] ? "empty"
                                            : "not valid UTF-8");
        *bytes = memory_sum(*bytes, strlen(names[c]) + 1);
    }
    return GEMML_OK;
}

static gemml_status fill_from_view(gemml_table *table, const gemml_view *values, const char *const *names)
{
    size_t bytes = table_generated_bytes(values->cols);
    if (names)
        TRY(check_names(names, values->cols, &bytes));
    TRY(table_set_columns(table, values->cols, bytes));
    TRY(names ? copy_names(table, names) : table_name_columns(table));
    table->rows = values->rows;
    table->cells = *values;
    table->header = names != NULL;
    table->row_word = "row";
    return npy_note_nonfinite(table);
}

gemml_status table_of_view(gemml_table **table, gemml_view values, const char *const *names)
{
    gemml_table *made;
    TRY(table_new(&made, "table in memory"));
    gemml_status status = fill_from_view(made, &values, names);
    if (status != GEMML_OK)
        table_free(made);
    else
        *table = made;
    return status;
}

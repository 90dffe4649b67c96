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
    for (size_t c = 0; table->column && c < table->columns; c++) {
        memory_free(table->column[c].first_text.text);
        memory_free(table->column[c].first_infinite.text);
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

/* All text columns of the list at once, so that one answer drops them all. */
static gemml_status error_text_columns(const gemml_table *table, const size_t *list, size_t count, const char *role)
{
    struct name_list names = {0};
    const struct column *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct column *column = table->column + list[i];
        if (column->first_text.line == 0)
            continue;
        if (!first)
            first = column;
        name_list_add(&names, table->name[list[i]]);
    }
    if (names.total == 1)
        return error_set(GEMML_ERROR_FORMAT,
                         "%s: column %s holds text (\"%s\" in line %zu), and a %s must be numeric: leave it out with "
                         "--drop",
                         table->file, name_list_text(&names), first->first_text.text, first->first_text.line, role);
    return error_set(GEMML_ERROR_FORMAT,
                     "%s: columns %s hold text (the first \"%s\" in line %zu), and a %s must be numeric: leave them "
                     "out with --drop",
                     table->file, name_list_text(&names), first->first_text.text, first->first_text.line, role);
}

gemml_status table_require_numbers(const gemml_table *table, const size_t *list, size_t count, const char *role)
{
    char name[EXCERPT_BYTES];
    for (size_t i = 0; i < count; i++)
        if (table->column[list[i]].first_text.line > 0)
            return error_text_columns(table, list, count, role);
    for (size_t i = 0; i < count; i++) {
        const struct column *column = table->column + list[i];
        excerpt(name, table->name[list[i]], strlen(table->name[list[i]]));
        if (column->first_infinite.line > 0)
            return error_set(
                GEMML_ERROR_FORMAT, "%s, line %zu, column %zu (\"%s\"): \"%s\" is infinite, and a %s must be finite",
                table->file, column->first_infinite.line, list[i] + 1, name, column->first_infinite.text, role);
        if (column->missing > 0)
            return error_set(GEMML_ERROR_FORMAT,
                             "%s: column \"%s\" has %zu missing value%s (the first in line %zu), and a %s must be "
                             "complete: leave it out with --drop",
                             table->file, name, column->missing, column->missing == 1 ? "" : "s",
                             column->first_missing.line, role);
    }
    return GEMML_OK;
}

static gemml_status read_content(gemml_table *table)
{
    if (npy_is(table->input.bytes, table->input.count))
        return npy_read(table);
    TRY(csv_read(table));
    input_close(&table->input);
    return GEMML_OK;
}

gemml_status table_read(gemml_table **table, const char *path)
{
    gemml_table *made;
    TRY(table_new(&made, path));
    gemml_status status = input_open(&made->input, path, NPY_MAGIC, NPY_MAGIC_BYTES);
    if (status == GEMML_OK)
        status = read_content(made);
    if (status != GEMML_OK)
        table_free(made);
    else
        *table = made;
    return status;
}

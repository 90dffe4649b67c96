/* A table in memory: rows x columns numbers, row-major, and what is known of
 * each column. A CSV file's numbers are parsed into it, a NPY file's are the
 * mapped file; so the columns that a model uses are a strided view of the
 * table wherever they stand side by side. */
#ifndef GEMML_DATA_TABLE_H
#define GEMML_DATA_TABLE_H

#include <gemml/table.h>

#include "data/field.h"
#include "data/input.h"
#include "data/levels.h"
#include "data/names.h"

/* More columns than any table has: a file that says so is not one. */
#define TABLE_COLUMNS_MAX ((size_t)1 << 20)

/* Where a value of some sort is met first. */
struct place {
    size_t line; /* 0: nowhere */
    char *text;  /* an excerpt of it; NULL for missing values */
};

struct column {
    size_t missing; /* how many values; their cells are NaN */
    struct place first_missing;
    struct place first_text;     /* nowhere: the column is numeric */
    struct place first_infinite; /* "inf", or beyond the range of double */
    bool comma;                  /* its numbers are written with a comma for the point */
    struct levels levels;        /* of a column with texts: its cells are indices of these */
};

struct gemml_table {
    char *file; /* its name, as messages show it */
    size_t rows, columns;
    bool header;       /* false: names are x0, x1, ... by position */
    const char **name; /* columns names, into name_text */
    char *name_text;
    struct names names;
    struct column *column;
    const char *row_word; /* what a place counts: "line" of a text, "row" of an array */
    gemml_view cells;     /* rows x columns: into values, or into input */
    double *values;
    struct input input;
    const gemml_table *base; /* whose rows this table shows; NULL: its own */
    size_t *chosen;          /* rows of cells: `rows` of them, ascending; NULL: all */
    struct scanner text;     /* the rows of a CSV text within input, which is kept for the labels of categories */
};

/* A table of no columns. */
gemml_status table_new(gemml_table **table, const char *path);
void table_free(gemml_table *table);

/* A table that shows `count` rows of another, which must outlive it; `chosen` are
 * rows of its cells, and are taken over on success. */
gemml_status table_show(gemml_table **part, const gemml_table *table, size_t *chosen, size_t count);

/* Row i of the table as a row of its cells. */
static inline size_t table_row(const gemml_table *table, size_t i)
{
    return table->chosen ? table->chosen[i] : i;
}

/* Gives the table its columns: room for their names and for what is known of
 * them. `text_bytes`: all names with their zeros. */
gemml_status table_set_columns(gemml_table *table, size_t columns, size_t text_bytes);

/* Names the columns x0, x1, ... after table_set_columns(table, columns, table_generated_bytes(columns)). */
size_t table_generated_bytes(size_t columns);
gemml_status table_name_columns(gemml_table *table);

/* Indexes the names, once they are set; *duplicate as names_make. */
gemml_status table_index_names(gemml_table *table, size_t *duplicate);

/* FORMAT when a value of a column is no number, or infinite; it may be missing.
 * `role` is what the column is to be ("a feature"). */
gemml_status table_require_number(const gemml_table *table, size_t column, const char *role);

/* A column's name as messages show it. */
const char *table_shown_name(char out[EXCERPT_BYTES], const gemml_table *table, size_t column);

/* A table of a checked view's numbers, which it borrows; `names` NULL: x0, x1, ... */
gemml_status table_of_view(gemml_table **table, gemml_view values, const char *const *names);

/* Reads a table, CSV or NPY by its content. */
gemml_status table_read(gemml_table **table, const char *path);

#endif

/* Tables from files, and the schema: how a table's columns become numbers. */
#ifndef GEMML_TABLE_H
#define GEMML_TABLE_H

#include "model.h"

GEMML_BEGIN_DECLS

/* A table that was read: named columns. Immutable; safe from many threads. */
typedef struct gemml_table gemml_table;

/* Reads a table, CSV or NPY by its content.
 *
 *   table  out: to be freed by gemml_table_free; untouched on failure
 *   path   a file; "-" is the standard input (CSV)
 *
 * CSV: RFC 4180 quotes, embedded newlines, CRLF, byte-order mark; delimiter
 * (comma, semicolon, tab, runs of blanks) and header are detected; numbers do
 * not depend on the locale. A file without a header has columns x0, x1, ...
 * NPY: versions 1 to 3, f4, f8, i4, i8, C order, one or two dimensions; it is
 * mapped, not read: the file must not shrink while the table lives. Columns are
 * x0, x1, ...
 * Errors: ARGUMENT, IO, FORMAT (file, line and column are named), MEMORY,
 * UNSUPPORTED (a NPY file of another type, byte order or column-major; more than 2^20 columns). */
GEMML_API gemml_status gemml_table_read(gemml_table **table, const char *path);

/* Frees a table; NULL is allowed. Frames and views made from it die with it. */
GEMML_API void gemml_table_free(gemml_table *table);

GEMML_API size_t gemml_table_rows(const gemml_table *table);
GEMML_API size_t gemml_table_columns(const gemml_table *table);

/* Name of column `column`; NULL when there is no such column. Owned by the table. */
GEMML_API const char *gemml_table_column_name(const gemml_table *table, size_t column);

/* Which columns are what. Each member is a column, or a list of columns split
 * at commas outside double quotes; an argument that equals a column's name is
 * that column. A column is given by name or by index; -1 is the last. */
typedef struct gemml_schema_options {
    size_t struct_size;
    const char *target;   /* one or several columns; NULL: none */
    const char *features; /* NULL: all but the target, the weight and those dropped */
    const char *drop;     /* NULL: none */
    const char *weight;   /* one column; NULL: none */
} gemml_schema_options;
#define GEMML_SCHEMA_OPTIONS_INIT {sizeof(gemml_schema_options), NULL, NULL, NULL, NULL}
static inline void gemml_schema_options_init(gemml_schema_options *options)
{
    gemml_schema_options initial = GEMML_SCHEMA_OPTIONS_INIT;
    *options = initial;
}

/* What the columns mean. Immutable; safe from many threads. */
typedef struct gemml_schema gemml_schema;

/* Fits a schema to a training table.
 * Errors: ARGUMENT (no such column: the nearest names are given; a column used
 * twice; no features left), FORMAT (a column that is not numeric, or has missing
 * values: name and line), MEMORY, UNSUPPORTED. */
GEMML_API gemml_status gemml_schema_create(gemml_schema **schema, const gemml_table *table,
                                           const gemml_schema_options *options);
GEMML_API void gemml_schema_free(gemml_schema *schema);

GEMML_API size_t gemml_schema_inputs(const gemml_schema *schema);  /* p, encoded */
GEMML_API size_t gemml_schema_outputs(const gemml_schema *schema); /* K */

/* Names of encoded inputs and of targets; NULL when out of range. Owned by the schema. */
GEMML_API const char *gemml_schema_input_name(const gemml_schema *schema, size_t input);
GEMML_API const char *gemml_schema_output_name(const gemml_schema *schema, size_t output);

/* Numbers made from a table by a schema: owns what is not a view into the table. */
typedef struct gemml_frame gemml_frame;

typedef enum gemml_encode_purpose {
    GEMML_ENCODE_PREDICT = 0, /* features only */
    GEMML_ENCODE_LEARN = 1    /* features, targets, and the weight if the schema has one */
} gemml_encode_purpose;

/* Encodes a table: columns are bound by name, in any order.
 *
 *   frame   out: to be freed by gemml_frame_free, before the table
 *   schema  not kept
 *   table   borrowed: must outlive the frame
 *
 * A mapped NPY file whose features stand side by side is not copied.
 * Errors: ARGUMENT (also LEARN with a schema that has no target), SHAPE (columns
 * that are missing, named), FORMAT (a value that is not a number), MEMORY. */
GEMML_API gemml_status gemml_encode(gemml_frame **frame, const gemml_schema *schema, const gemml_table *table,
                                    gemml_encode_purpose purpose);
GEMML_API void gemml_frame_free(gemml_frame *frame);

/* The frame as a dataset of views, valid until the frame is freed. */
GEMML_API gemml_dataset gemml_frame_dataset(const gemml_frame *frame);

/* Gives a model a schema (copied; NULL takes it away), which gemml_save keeps.
 * Errors: ARGUMENT, SHAPE (the model is fitted to another number of columns), MEMORY. */
GEMML_API gemml_status gemml_model_set_schema(gemml_model *model, const gemml_schema *schema);

/* The model's schema, owned by it; NULL when it has none. */
GEMML_API const gemml_schema *gemml_model_schema(const gemml_model *model);

GEMML_END_DECLS

#endif

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
 * not depend on the locale; "1,5" is a number where the comma is not the delimiter and
 * no number has a point. The text is UTF-8. A file without a header has columns x0, x1, ...
 * Empty values, NA, NaN and ? are missing, TRUE and FALSE are 1 and 0; a column
 * with any other text is a column of texts. The text stays in memory with the table.
 * NPY: versions 1 to 3, f4, f8, i4, i8, C order, one or two dimensions; it is
 * mapped, not read: the file must not shrink while the table lives. Columns are
 * x0, x1, ... NaN is a missing value.
 * gzip: a file that is compressed is expanded in memory, to 64 MB or 256 times its size,
 * whichever is more, and to half of the machine's memory at most; beyond that: FORMAT.
 * Errors: ARGUMENT, IO, FORMAT (file, line and column are named), MEMORY,
 * UNSUPPORTED (a NPY file of another type, byte order or column-major; more than 2^20 columns). */
GEMML_API gemml_status gemml_table_read(gemml_table **table, const char *path);

/* A table of numbers in memory: what an array of the caller's is to a schema.
 *
 *   table   out: to be freed by gemml_table_free; untouched on failure
 *   values  n x p, any dtype; borrowed: must outlive the table. NaN is a missing
 *           value; infinite ones are an error where the column is used
 *   names   p names of the columns, UTF-8, not empty, distinct; copied. NULL: x0, x1, ...
 *
 * Errors: ARGUMENT, SHAPE, MEMORY, UNSUPPORTED (more than 2^20 columns). */
GEMML_API gemml_status gemml_table_of_view(gemml_table **table, gemml_view values, const char *const *names);

/* Frees a table; NULL is allowed. Frames and views made from it die with it. */
GEMML_API void gemml_table_free(gemml_table *table);

GEMML_API size_t gemml_table_rows(const gemml_table *table);
GEMML_API size_t gemml_table_columns(const gemml_table *table);

/* Name of column `column`; NULL when there is no such column. Owned by the table. */
GEMML_API const char *gemml_table_column_name(const gemml_table *table, size_t column);

/* What a target is to a model. */
typedef enum gemml_target_type {
    GEMML_TARGET_NUMBERS = 0, /* values: a text is an error */
    GEMML_TARGET_CLASSES = 1, /* labels: texts, or up to 1000 distinct integers */
    GEMML_TARGET_AUTO = 2     /* classes where the column holds a text, else values */
} gemml_target_type;

/* How a category of k levels becomes inputs of 0 and 1. */
typedef enum gemml_coding {
    GEMML_CODING_TREATMENT = 0, /* k - 1 of them: the first level, the base, has none */
    GEMML_CODING_ONE_HOT = 1    /* k: one for each level */
} gemml_coding;

/* Inputs made from the columns of numbers beside their powers. Values are bits, to be added up. */
typedef enum gemml_term {
    GEMML_TERM_SQUARE = 1,       /* x^2 */
    GEMML_TERM_INTERACTIONS = 2, /* a*b of each two columns */
    GEMML_TERM_SIN = 4,          /* sin(x), x in radians */
    GEMML_TERM_COS = 8,          /* cos(x) */
    GEMML_TERM_SIN_SQUARE = 16,  /* sin(x^2) */
    GEMML_TERM_COS_SQUARE = 32   /* cos(x^2) */
} gemml_term;

/* Which columns are what. Each text is a column, or a list of columns split
 * at commas outside double quotes; an argument that equals a column's name is
 * that column. A column is given by name or by index; -1 is the last. */
typedef struct gemml_schema_options {
    size_t struct_size;
    const char *target;            /* one or several columns; NULL: none */
    const char *features;          /* NULL: all but the target, the weight and those dropped */
    const char *drop;              /* NULL: none */
    const char *weight;            /* one column; NULL: none */
    const char *categorical;       /* features of numbers that are categories; NULL: none */
    const char *numeric;           /* columns that must be numbers: a text in them is an error; NULL: none */
    gemml_target_type target_type; /* default NUMBERS */
    gemml_coding coding;           /* of categories; default TREATMENT */
    size_t polynomial;             /* degree up to which the numbers' powers and products are inputs too;
                                      at least 1 (AUTO: 1, none) */
    unsigned terms;                /* bits of gemml_term: what else is made of the numbers (default 0, nothing) */
} gemml_schema_options;
#define GEMML_SCHEMA_OPTIONS_INIT                                                               \
    {                                                                                           \
        sizeof(gemml_schema_options), NULL, NULL, NULL, NULL, NULL, NULL, GEMML_TARGET_NUMBERS, \
            GEMML_CODING_TREATMENT, GEMML_AUTO_COUNT, 0                                         \
    }
static inline void gemml_schema_options_init(gemml_schema_options *options)
{
    gemml_schema_options initial = GEMML_SCHEMA_OPTIONS_INIT;
    *options = initial;
}

/* What the columns mean. Immutable; safe from many threads. */
typedef struct gemml_schema gemml_schema;

/* Fits a schema to a training table: what its columns are, by the rows that have
 * target and weight (those of weight 0 do not count).
 *
 * A column of numbers is one input; its mean stands for missing values. A column
 * of texts, or one listed in `categorical`, is a category of k levels: k - 1
 * inputs called "column=level", of which the j-th is 1 where the value is level j
 * and 0 elsewhere (treatment coding; Chambers and Hastie, Statistical Models in S,
 * 1992, section 2.3); with one-hot coding the first level has an input too. Levels stand in byte order, as they were
 * written (in a NPY file: with as few digits as read back the same); of numbers that are equal one writing is kept. The
 * first is the base, without an input. Missing values are one more level behind the others, called NA.
 *
 * With `polynomial` D > 1 all monomials of degree 2 .. D in the q columns of numbers
 * follow as inputs, called "x^2" and "a*b", by degree and then by their factors:
 * binomial(q + D, D) - q - 1 of them. They are computed by multiplication in
 * double-double, and handed on with their low parts (gemml_dataset's x_low).
 * `terms` adds squares and interactions, where the polynomial has them not, likewise;
 * and behind all of them sines and cosines of the numbers or of their squares, called
 * "sin(x)" and "cos(x^2)", function by function, in double.
 *
 * A target of classes is one column. Its classes are the levels of these rows: in
 * the order of the numbers where all of them are numbers, else in byte order;
 * labels are kept as they were written. y is the class's index, 0 .. K - 1.
 *
 * Left out, unless listed in `features`, `categorical` or `numeric`, and named in
 * the notice: columns of texts with more than 100 levels and more than a tenth of
 * the rows; columns without a value; categories of a single level.
 * Errors: ARGUMENT (no such column: the nearest names are given; a column used
 * twice; no features left), FORMAT (a target, a weight or a column listed in
 * `numeric` holds a text; a number is infinite; a text is not UTF-8: file, line
 * and column are named; no row has a target; no column is of use), MEMORY,
 * UNSUPPORTED (more than 2^20 inputs). */
GEMML_API gemml_status gemml_schema_create(gemml_schema **schema, const gemml_table *table,
                                           const gemml_schema_options *options);
GEMML_API void gemml_schema_free(gemml_schema *schema);

GEMML_API size_t gemml_schema_inputs(const gemml_schema *schema);  /* p, encoded */
GEMML_API size_t gemml_schema_outputs(const gemml_schema *schema); /* columns of y */

/* Number of classes of the target, and the label of one of them (NULL when out of
 * range; owned by the schema). 0 when the targets are numbers. */
GEMML_API size_t gemml_schema_classes(const gemml_schema *schema);
GEMML_API const char *gemml_schema_class(const gemml_schema *schema, size_t index);

/* The degree of the numbers' powers and products among the inputs; 1: none. */
GEMML_API size_t gemml_schema_degree(const gemml_schema *schema);

/* The bits of gemml_term that the schema was made with. */
GEMML_API unsigned gemml_schema_terms(const gemml_schema *schema);

/* Names of encoded inputs and of targets; NULL when out of range. Owned by the schema. */
GEMML_API const char *gemml_schema_input_name(const gemml_schema *schema, size_t input);
GEMML_API const char *gemml_schema_output_name(const gemml_schema *schema, size_t output);

/* What was left out when the schema was fitted, for the user; "" when nothing was,
 * or when the schema comes from a file. Owned by the schema. */
GEMML_API const char *gemml_schema_notice(const gemml_schema *schema);

typedef enum gemml_column_type { GEMML_COLUMN_NUMERIC = 0, GEMML_COLUMN_CATEGORICAL = 1 } gemml_column_type;

/* A feature as a column of the table. */
typedef struct gemml_column_info {
    size_t struct_size;
    const char *name; /* owned by the schema */
    gemml_column_type type;
    int missing_level;   /* 1: missing values are the last of the levels */
    double mean;         /* what stands for a missing number; NaN for a category */
    size_t levels;       /* of a category */
    gemml_coding coding; /* of a category: with TREATMENT the first level is the base */
} gemml_column_info;
#define GEMML_COLUMN_INFO_INIT                                                                          \
    {                                                                                                   \
        sizeof(gemml_column_info), NULL, GEMML_COLUMN_NUMERIC, 0, GEMML_AUTO, 0, GEMML_CODING_TREATMENT \
    }
static inline void gemml_column_info_init(gemml_column_info *info)
{
    gemml_column_info initial = GEMML_COLUMN_INFO_INIT;
    *info = initial;
}

/* Features as columns of the table, before they are encoded. Errors: ARGUMENT. */
GEMML_API size_t gemml_schema_columns(const gemml_schema *schema);
GEMML_API gemml_status gemml_schema_column(const gemml_schema *schema, size_t column, gemml_column_info *info);

/* A level of a category, as it was written; NULL when out of range. Owned by the schema. */
GEMML_API const char *gemml_schema_level(const gemml_schema *schema, size_t column, size_t level);

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
 * PREDICT keeps every row, in its order; LEARN drops rows without target or
 * weight. Missing numbers become the training mean. A value that is no level of
 * its category becomes the base; numbers are the same level however they are
 * written. Numbers whose columns stand side by side, none of them missing and no
 * row dropped, are not copied.
 * Errors: ARGUMENT (also LEARN with a schema that has no target), SHAPE (columns
 * that are missing, named), FORMAT (a text in a numeric column, an infinite
 * number: file, line and column; no row has a target), MEMORY. */
GEMML_API gemml_status gemml_encode(gemml_frame **frame, const gemml_schema *schema, const gemml_table *table,
                                    gemml_encode_purpose purpose);
GEMML_API void gemml_frame_free(gemml_frame *frame);

/* The frame as a dataset of views, valid until the frame is freed. */
GEMML_API gemml_dataset gemml_frame_dataset(const gemml_frame *frame);

/* How many rows were dropped; how many missing numbers were replaced by a mean;
 * how many values were no level of training. */
GEMML_API size_t gemml_frame_dropped(const gemml_frame *frame);
GEMML_API size_t gemml_frame_imputed(const gemml_frame *frame);
GEMML_API size_t gemml_frame_unseen(const gemml_frame *frame);

/* What the user should know of it: rows dropped, unseen levels, and columns that
 * are missing in more than half of the rows; "" when there is nothing. Owned by
 * the frame. */
GEMML_API const char *gemml_frame_notice(const gemml_frame *frame);

/* Gives a model a schema (copied; NULL takes it away), which gemml_save keeps. Give
 * it before the fit: gemml_fit does not scale inputs that stand for levels.
 * Errors: ARGUMENT, SHAPE (the model is fitted to another number of columns), MEMORY. */
GEMML_API gemml_status gemml_model_set_schema(gemml_model *model, const gemml_schema *schema);

/* The model's schema, owned by it; NULL when it has none. */
GEMML_API const gemml_schema *gemml_model_schema(const gemml_model *model);

GEMML_END_DECLS

#endif

/* Tables from texts, their schemas and frames, for white-box tests. */
#ifndef GEMML_TESTS_DATA_TABLES_H
#define GEMML_TESTS_DATA_TABLES_H

#include "support/support.h"

#include "data/frame.h"
#include "util/view.h"

static inline gemml_table *read_string(const char *text)
{
    gemml_table *table = NULL;
    if (table_read(&table, write_text("t.csv", text)) != GEMML_OK)
        fail_msg("%s", error_text());
    return table;
}

/* For fail_each_allocation; `path` is a string. */
static inline gemml_status read_and_free(void *path)
{
    gemml_table *table = NULL;
    gemml_status status = table_read(&table, path);
    table_free(table);
    return status;
}

static inline void assert_said(const char *said)
{
    if (!strstr(error_text(), said))
        fail_msg("no \"%s\" in: %s", said, error_text());
}

/* Options of which the target is y. */
static inline gemml_schema_options of_y(void)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "y";
    return options;
}

static inline gemml_schema *fit_ok(const gemml_table *table, gemml_schema_options options)
{
    gemml_schema *schema = NULL;
    if (schema_fit(&schema, table, &options) != GEMML_OK)
        fail_msg("%s", error_text());
    return schema;
}

static inline void assert_fit_refused(const char *text, gemml_schema_options options, gemml_status expected,
                                      const char *said)
{
    gemml_table *table = read_string(text);
    gemml_schema *schema = NULL;
    assert_int_equal(schema_fit(&schema, table, &options), expected);
    assert_null(schema);
    assert_said(said);
    table_free(table);
}

static inline gemml_frame *encode_ok(const gemml_schema *schema, const gemml_table *table, gemml_encode_purpose purpose)
{
    gemml_frame *frame = NULL;
    if (frame_encode(&frame, schema, table, purpose) != GEMML_OK)
        fail_msg("%s", error_text());
    return frame;
}

/* A view holds these numbers, row by row. */
static inline void assert_view(gemml_view view, size_t rows, size_t cols, const double *wanted)
{
    assert_int_equal(view.rows, rows);
    assert_int_equal(view.cols, cols);
    for (size_t i = 0; i < rows * cols; i++)
        if (view_element(&view, i / cols, i % cols) != wanted[i])
            fail_msg("element %zu is %g, not %g", i, view_element(&view, i / cols, i % cols), wanted[i]);
}

#endif

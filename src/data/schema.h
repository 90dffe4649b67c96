/* The schema's own side: what io stores, and what encoding reads. */
#ifndef GEMML_DATA_SCHEMA_H
#define GEMML_DATA_SCHEMA_H

#include <gemml/table.h>

#include "util/alloc.h"

/* What a column was in training. A numeric column is one encoded input. */
struct schema_column {
    char *name;
};

struct gemml_schema {
    struct schema_column *features, *targets;
    size_t feature_count, target_count;
    char *weight; /* the column of weights; NULL: none */
    bool header;  /* false: names were given by position, x0, x1, ... */
};

/* A schema with room for so many columns, all zero. */
gemml_status schema_new(gemml_schema **schema, size_t features, size_t targets);
void schema_free(gemml_schema *schema);

gemml_status schema_copy(gemml_schema **copy, const gemml_schema *schema);

/* Fits a schema to a table. */
gemml_status schema_fit(gemml_schema **schema, const gemml_table *table, const gemml_schema_options *options);

/* The schema as one JSON text (memory_free it), and back. In messages `name`
 * stands for the file that the text comes from, which may come from anyone. FORMAT:
 * the text is not a schema; UNSUPPORTED: a schema of another version; MEMORY. */
gemml_status schema_to_json(char **json, const gemml_schema *schema);
gemml_status schema_from_json(gemml_schema **schema, const char *json, const char *name);

#endif

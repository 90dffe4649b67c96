/* The schema's own side: what io stores. */
#ifndef GEMML_DATA_SCHEMA_H
#define GEMML_DATA_SCHEMA_H

#include <gemml/table.h>

#include "util/alloc.h"

gemml_status schema_copy(gemml_schema **copy, const gemml_schema *schema);

/* The schema as one JSON text (memory_free it), and back. FORMAT when the text
 * is not a schema. */
gemml_status schema_to_json(char **json, const gemml_schema *schema);
gemml_status schema_from_json(gemml_schema **schema, const char *json);

#endif

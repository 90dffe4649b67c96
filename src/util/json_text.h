/* JSON values of jansson as text in the library's memory, with its statuses. */
#ifndef GEMML_UTIL_JSON_TEXT_H
#define GEMML_UTIL_JSON_TEXT_H

#include <jansson.h>
#include <stddef.h>

#include "util/error.h"

/* The text of `json` (memory_free it), compact, with all digits of its reals,
 * followed by a zero byte that *length does not count; `length` may be NULL.
 * NULL for `json` is a value that could not be allocated: MEMORY. */
gemml_status json_text_make(char **text, size_t *length, const json_t *json);

/* The sentence for a JSON value that could not be allocated. */
gemml_status json_text_memory(void);

#endif

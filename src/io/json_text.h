/* JSON as text in the library's memory, with the library's statuses. */
#ifndef GEMML_IO_JSON_TEXT_H
#define GEMML_IO_JSON_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* The text of `json` (memory_free it), compact, with all digits of its reals,
 * followed by a zero byte that *length does not count; `length` may be NULL.
 * NULL for `json` is a value that could not be allocated: MEMORY. */
gemml_status json_text_make(char **text, size_t *length, const json_t *json);

/* Whether the text has at most `most` values, so that parsing it takes memory
 * in proportion: a parsed value costs far more than the two bytes that "0,"
 * takes. Counts brackets, braces and commas outside strings; needs no valid JSON. */
bool json_text_small(const char *text, size_t length, size_t most);

/* Parses a text of at most `most` values; FORMAT when it is not JSON, has a key
 * twice, bad UTF-8 or a zero character. In messages `name` is the file and
 * `part` what of it the text is: "the file m.gemml: its header ...". */
gemml_status json_text_parse(json_t **json, const char *text, size_t length, size_t most, const char *name,
                             const char *part);

/* The sentence for a JSON value that could not be allocated. */
gemml_status json_text_memory(void);

#endif

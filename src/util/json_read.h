/* Reading JSON (RFC 8259) that may come from anyone, in bounded memory.
 *
 * jansson writes our JSON, but does not read it: when memory runs out while it
 * reads, it takes a damaged text for a good one, writes behind a block, or aborts
 * the process (docs/decisions/0007-reading-json.md). This reader asks for two
 * blocks whose sizes follow from the text, before it reads it. */
#ifndef GEMML_UTIL_JSON_READ_H
#define GEMML_UTIL_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util/error.h"

#define JSON_MAX_DEPTH 32
#define JSON_MAX_MEMBERS 8192 /* of one object */

enum json_kind {
    JSON_IS_NULL,
    JSON_IS_FALSE,
    JSON_IS_TRUE,
    JSON_IS_NUMBER,
    JSON_IS_STRING,
    JSON_IS_ARRAY,
    JSON_IS_OBJECT
};

/* A value. Values stand in one array in the order of the text: the first member of
 * a container stands behind it, and `span` nodes on stands what follows it. */
struct json_node {
    enum json_kind kind;
    size_t count;     /* members */
    size_t span;      /* nodes of the value, itself included */
    const char *key;  /* of a member of an object; otherwise NULL */
    const char *text; /* of a string (decoded) or a number (as it stands) */
};

struct json_document {
    struct json_node *root;
    char *text; /* what the nodes' texts and keys point into */
};

/* How many values a text has at most: one more than its brackets, braces and
 * commas outside strings. Needs no valid JSON. */
size_t json_count_values(const char *text, size_t length);

/* Reads a text of at most `most` values. FORMAT when it is not JSON, or has a key
 * twice in an object, bad UTF-8, a zero character, more than JSON_MAX_DEPTH levels
 * or JSON_MAX_MEMBERS members; MEMORY. In messages `name` is the file and `part`
 * what of it the text is: "m.gemml: no valid JSON at byte 3 of its header". */
gemml_status json_read(struct json_document *document, const char *text, size_t length, size_t most, const char *name,
                       const char *part);
void json_document_free(struct json_document *document);

/* The member of an object with this key; NULL when there is none, or `node` is no object. */
const struct json_node *json_member(const struct json_node *node, const char *key);

/* The text of a string; NULL when `node` is NULL or something else. */
const char *json_string_text(const struct json_node *node);

/* A number that is written as an integer from 0 to 2^64 - 1; false when `node` is
 * NULL or something else. The same for a text of digits. */
bool json_unsigned_value(const struct json_node *node, uint64_t *value);
bool json_unsigned_text(const char *text, uint64_t *value);

#endif

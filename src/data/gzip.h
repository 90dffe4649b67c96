/* gzip (RFC 1952), in memory. */
#ifndef GEMML_DATA_GZIP_H
#define GEMML_DATA_GZIP_H

#include "data/input.h"

/* Whether bytes begin as a gzip file does. */
bool gzip_is(const char *bytes, size_t count);

/* Half of the machine's memory: what expands to more is not worth trying. */
size_t gzip_limit(void);

/* Expands the input, which was read and not mapped, in place: all members of the
 * file, one behind the other. FORMAT: `path` is cut, damaged, followed by
 * something else, or expands to more than `limit` bytes; MEMORY. The input stays
 * as it was on failure. */
gemml_status gzip_expand(struct input *input, const char *path, size_t limit);

#endif

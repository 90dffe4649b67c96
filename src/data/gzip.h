/* gzip (RFC 1952), in memory. */
#ifndef GEMML_DATA_GZIP_H
#define GEMML_DATA_GZIP_H

#include "data/input.h"

/* Whether bytes begin as a gzip file does. */
bool gzip_is(const char *bytes, size_t count);

/* To how many bytes a file of `packed` ones may expand: GZIP_UNASKED, or GZIP_RATIO times
 * its size where that is more, and never more than half of the machine's memory
 * (docs/decisions/0042-how-far-gzip-may-expand.md). */
#define GZIP_UNASKED ((size_t)64 << 20)
#define GZIP_RATIO ((size_t)256)
size_t gzip_limit(size_t packed);

/* Expands the input, which was read and not mapped, in place: all members of the
 * file, one behind the other. FORMAT: `path` is cut, damaged, followed by
 * something else, or expands to more than `limit` bytes; MEMORY. The input stays
 * as it was on failure. */
gemml_status gzip_expand(struct input *input, const char *path, size_t limit);

#endif

/* The bytes of a file: read into memory, or mapped. */
#ifndef GEMML_DATA_INPUT_H
#define GEMML_DATA_INPUT_H

#include <stdbool.h>

#include "util/alloc.h"

struct input {
    char *bytes; /* when not mapped, a zero byte stands behind the last */
    size_t count;
    size_t capacity; /* of the block; 0 when mapped */
};

/* All bytes of `path`, "-" being the standard input. A regular file that begins
 * with the `count` bytes `magic` is mapped, any other is read: a text may then
 * change or shrink under us without harm. IO with the system's reason. */
gemml_status input_open(struct input *input, const char *path, const char *magic, size_t count);

/* Gives the bytes back; a zeroed input is allowed. */
void input_close(struct input *input);

#endif

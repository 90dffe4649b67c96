/* The bytes of a file: read into memory, or mapped. */
#ifndef GEMML_DATA_INPUT_H
#define GEMML_DATA_INPUT_H

#include <stdbool.h>

#include "util/alloc.h"

/* So that a parser may look ahead without asking where the end is. */
#define INPUT_PADDING 32

struct input {
    char *bytes; /* when not mapped, INPUT_PADDING zeros stand behind the last */
    size_t count;
    size_t capacity; /* of the block; 0 when mapped */
};

/* All bytes of `path`, "-" being the standard input. A regular file
 * that holds NPY is mapped, any other is read: a text may then change or shrink under us
 * without harm; what is gzip is expanded. IO with the system's reason. */
gemml_status input_open(struct input *input, const char *path);

/* Asks for large pages for a block that is about to be filled once: far fewer
 * page faults. The system may do as it likes. */
void input_advise_large(void *block, size_t bytes);

/* Gives the bytes back; a zeroed input is allowed. */
void input_close(struct input *input);

#endif

/* How a CSV text is written: its delimiter, and whether its first record is a header. */
#ifndef GEMML_DATA_DIALECT_H
#define GEMML_DATA_DIALECT_H

#include "data/field.h"
#include "util/alloc.h"

struct dialect {
    char delimiter;
    bool header;
    size_t columns; /* fields of the first record; 0: there is none, or its quotes are broken */
};

/* Judges by the first records. The byte at `end` is readable, and zero. */
gemml_status dialect_detect(struct dialect *dialect, const char *begin, const char *end);

#endif

/* What writes files: the library, and writers that are unsafe on purpose, which the
 * tests must catch. */
#ifndef GEMML_TESTS_HARDENING_WRITERS_H
#define GEMML_TESTS_HARDENING_WRITERS_H

#include "support/support.h"

#include <gemml.h>

/* Writes a file to `path` over what is there; IO when that failed. */
struct writer {
    const char *name;
    gemml_status (*write)(const char *path);
};

/* gemml_save, gemml_moments_save, gemml_fit with a checkpoint. */
extern const struct writer safe_writers[];
extern const size_t safe_writer_count;

/* In place; without a sync; without a sync of the folder; deaf to errors; leaving what it began. */
extern const struct writer unsafe_writers[];
extern const size_t unsafe_writer_count;

/* Makes the models that are written. */
void writers_begin(void);

/* Of the models that gemml_save writes, the other one: small differences of the bytes. */
void writers_swap(void);

#endif

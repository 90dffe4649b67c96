/* What the fuzz targets share: a table made of bytes, and what must hold of any. */
#ifndef GEMML_TESTS_FUZZ_H
#define GEMML_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "data/table.h"

/* The entry point that libFuzzer calls; 0. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

/* Ends the process with the place and the condition that does not hold. */
#define REQUIRE(condition) ((condition) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #condition))
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

/* A table without columns whose input is these bytes. */
gemml_table *fuzz_table(const uint8_t *bytes, size_t count);

/* Checks what `status` and the table of a reader say, and frees the table. */
void fuzz_check(gemml_table *table, gemml_status status);

#endif

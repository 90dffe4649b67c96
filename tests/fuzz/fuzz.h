/* What the fuzz targets share: tables and containers made of bytes, and what must hold of any. */
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

/* What stands for the file in messages. */
#define FUZZ_NAME "fuzzed-file"

/* Where a target that computes begins, once: one thread, and inside the guard for good. */
void fuzz_begin(void);

/* How many inputs were accepted: a corpus of which none is has outlived its format. */
extern size_t fuzz_accepted;

/* A refusal is FORMAT, UNSUPPORTED or `also`, with one printable line that names the file. */
void fuzz_check_error(gemml_status status, gemml_status also);

/* Between these two, each block asked for is counted: what a reader asks for in all is at
 * most `multiple` times `count` bytes and FUZZ_BASE. A model may have names of inputs of up to 1024
 * times its size beside the rest. */
#define FUZZ_MULTIPLE 256
#define FUZZ_MODEL_MULTIPLE 1280
#define FUZZ_BASE ((size_t)1 << 16)
void fuzz_watch_memory(size_t count, size_t multiple);
void fuzz_check_memory(void);

/* mend.c: a copy of a safetensors file (free() it), whose digest is made right. How much else is made
 * right is in the lowest two bits of its last byte, which belongs to the digest and so is free:
 *   0       nothing: the header's length, and offsets, are as the fuzzer has them
 *   1       the header's length: where the braces of its text close
 *   2, 3    and the offsets and the length of the data, by the shapes */
uint8_t *fuzz_mend(const uint8_t *bytes, size_t *count);

/* A table without columns whose input is these bytes. */
gemml_table *fuzz_table(const uint8_t *bytes, size_t count);

/* Checks what `status` and the table of a reader say, and frees the table. */
void fuzz_check(gemml_table *table, gemml_status status);

#endif

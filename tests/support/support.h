/* What many tests need: the cmocka headers in their order, files, numbers. */
#ifndef GEMML_TESTS_SUPPORT_H
#define GEMML_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A file of the project's data/ folder; in a static buffer. */
const char *data_path(const char *name);

/* A new folder for this test's files; in a static buffer. Removed at exit. */
const char *scratch_directory(void);

/* "DIRECTORY/name" in the scratch folder; memory that lives until exit. */
const char *scratch_path(const char *name);

/* Writes a file in the scratch folder and gives its path. */
const char *write_file(const char *name, const void *bytes, size_t count);
const char *write_text(const char *name, const char *text);

/* All bytes of a file (free() them), with a zero behind them. */
char *read_file(const char *path, size_t *count);

/* Correct decimal digits of `value` against `truth`: -log10 of the relative
 * error, of the absolute one where truth is 0; 17 when equal. */
double digits(double value, double truth);

/* Fails the test unless |value - truth| <= tolerance * max(1, |truth|). */
void assert_near(double value, double truth, double tolerance);

/* Ends a child process as _exit does, but that in a build for coverage its counts are written. */
void leave_process(int code) __attribute__((noreturn));

/* Deterministic numbers for test data: uniform on [-1, 1). Not the library's. */
double test_random(uint64_t *state);

#endif

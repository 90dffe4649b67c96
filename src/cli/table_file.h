/* Tables of numbers written as NPY. */
#ifndef GEMML_CLI_TABLE_FILE_H
#define GEMML_CLI_TABLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Whether the path's name ends in ".npy". */
bool table_file_is_npy(const char *path);

/* Writes a NPY file, version 1.0, of doubles in row-major order. Errors of the
 * stream are seen when it is closed. */
void table_file_write_npy(FILE *file, const double *values, size_t rows, size_t cols);

#endif

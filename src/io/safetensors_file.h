/* Reading a safetensors file into memory. */
#ifndef GEMML_IO_SAFETENSORS_FILE_H
#define GEMML_IO_SAFETENSORS_FILE_H

#include <stddef.h>

#include "util/error.h"

/* *bytes = the whole file (memory_free it), read once its first bytes and its size
 * show that it can be one: a large table given by mistake is not read. What is in it
 * has not been checked. IO, FORMAT, MEMORY. */
gemml_status safetensors_file_read(unsigned char **bytes, size_t *count, const char *path);

#endif

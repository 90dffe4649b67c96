/* Reading a regular file whose size is known before its bytes are. */
#ifndef GEMML_IO_REGULAR_FILE_H
#define GEMML_IO_REGULAR_FILE_H

#include "util/error.h"

struct regular_file {
    int descriptor;
    size_t size;      /* when it was opened */
    const char *path; /* borrowed */
};

/* IO, with the path and the reason: missing, not readable, a directory, a pipe. */
gemml_status regular_file_open(struct regular_file *file, const char *path);

/* The next `count` bytes. IO when the file has become shorter, or cannot be read. */
gemml_status regular_file_read(const struct regular_file *file, void *bytes, size_t count);

void regular_file_close(struct regular_file *file);

#endif

/* Writing a file so that a crash leaves the old one or the new one, never half of one. */
#ifndef GEMML_IO_ATOMIC_FILE_H
#define GEMML_IO_ATOMIC_FILE_H

#include "util/error.h"

/* A part of what is written. */
struct piece {
    const void *bytes;
    size_t count;
};

/* Writes the pieces, one after another, to `path`:
 *
 *   - a file, or nothing yet: to a new file beside it, which is synced and renamed
 *     over it; then the folder is synced. An existing file keeps its mode, a new one
 *     gets what the umask allows. A symbolic link stays: what it points to is
 *     replaced. A file that the user may not write is refused. What a process that was
 *     killed while it wrote to the same target left beside it is removed.
 *   - a device or a pipe (/dev/stdout, /dev/null): straight into it. There is nothing
 *     to replace. A pipe without a reader raises SIGPIPE, as with any program.
 *
 * IO, with the path and the system's reason, on failure: the old file is as it
 * was, and nothing is left beside it. */
gemml_status atomic_file_write(const char *path, const struct piece *pieces, size_t count);

#endif

/* Writing a file so that a crash leaves the old one or the new one, never half of one. */
#ifndef GEMML_IO_ATOMIC_FILE_H
#define GEMML_IO_ATOMIC_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "util/error.h"

/* A part of what is written. */
struct piece {
    const void *bytes;
    size_t count;
};

/* A file on its way to replace another. */
struct atomic_file {
    const char *path;         /* as the caller gave it; borrowed */
    char target[PATH_MAX];    /* with the links of the last component followed */
    char folder[PATH_MAX];    /* of the target, "" or with its slash */
    char temporary[PATH_MAX]; /* "" while there is none */
    int file;                 /* where to write; -1: closed */
    int lock;                 /* the temporary file once more, which holds its lock until the end; -1: none */
    bool exists;
    mode_t mode; /* of the existing target */
};

/* Opens what will become `path`:
 *
 *   - a file, or nothing yet: a new file beside it, which is renamed over it when it is whole and
 *     synced; then the folder is synced. An existing file keeps its mode, a new one
 *     gets what the umask allows. A symbolic link stays: what it points to is
 *     replaced. A file that the user may not write is refused. What a process that was
 *     killed while it wrote to the same target left beside it is removed.
 *   - a device or a pipe (/dev/stdout, /dev/null): the thing itself. There is nothing
 *     to replace. A pipe without a reader raises SIGPIPE, as with any program.
 *
 * Each of these: IO, with the path and the system's reason, on failure; the old file is as it was.
 * On failure of the first nothing is left; the others leave that to atomic_file_discard. */
gemml_status atomic_file_open(struct atomic_file *it, const char *path);
gemml_status atomic_file_put(struct atomic_file *it, const struct piece *pieces, size_t count);
gemml_status atomic_file_finish(struct atomic_file *it);  /* syncs and closes it */
gemml_status atomic_file_publish(struct atomic_file *it); /* the same, if it is open, and puts it in its place */

/* Closes what is open, and removes what was not published. */
void atomic_file_discard(struct atomic_file *it);

/* All of that: writes the pieces, one after another. */
gemml_status atomic_file_write(const char *path, const struct piece *pieces, size_t count);

#endif

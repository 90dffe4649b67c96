/* Reading a regular file. Read, not mapped: a mapped file that another process
 * truncates kills the reader. */
#include "io/regular_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/path.h"

static gemml_status refuse(const char *path, const char *reason)
{
    return error_set(GEMML_ERROR_IO, "%s cannot be read: %s", path_shown(path), reason);
}

gemml_status regular_file_open(struct regular_file *file, const char *path)
{
    /* Not blocking: a pipe is refused below, not waited for. */
    struct regular_file opened = {.descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), .path = path};
    if (opened.descriptor < 0)
        return refuse(path, strerror(errno));
    struct stat status;
    const char *reason = NULL;
    if (fstat(opened.descriptor, &status) != 0)
        reason = strerror(errno);
    else if (S_ISDIR(status.st_mode))
        reason = "it is a directory";
    else if (!S_ISREG(status.st_mode))
        reason = "it is not a regular file";
    else if ((uintmax_t)status.st_size > PTRDIFF_MAX)
        reason = "it is too large for this machine";
    if (reason) {
        regular_file_close(&opened);
        return refuse(path, reason);
    }
    opened.size = (size_t)status.st_size;
    *file = opened;
    return GEMML_OK;
}

gemml_status regular_file_read(const struct regular_file *file, void *bytes, size_t count)
{
    char *next = bytes;
    for (size_t left = count; left > 0;) {
        ssize_t got = read(file->descriptor, next, left < SSIZE_MAX ? left : SSIZE_MAX);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return refuse(file->path, strerror(errno));
        if (got == 0)
            return refuse(file->path, "it became shorter while it was read");
        next += got;
        left -= (size_t)got;
    }
    return GEMML_OK;
}

void regular_file_close(struct regular_file *file)
{
    close(file->descriptor);
    file->descriptor = -1;
}

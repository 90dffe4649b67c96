/* Writing files while calls of the system fail: those below stand in for libc's, so that
 * each can be made to fail; otherwise they do what the originals do. */
#ifndef GEMML_TESTS_IO_FILE_FAULTS_H
#define GEMML_TESTS_IO_FILE_FAULTS_H

#include "support/support.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xxhash.h>

#include "io/atomic_file.h"

/* The call that fails: after `after` calls that do not, with `error`. */
enum call {
    CALL_NONE,
    CALL_WRITE,
    CALL_FSYNC,
    CALL_CLOSE,
    CALL_RENAME,
    CALL_CHMOD,
    CALL_RANDOM,
    CALL_READLINK,
    CALL_FCNTL,
    CALL_FLOCK,
    CALL_FSTAT
};
static struct {
    enum call call;
    size_t after;
    int error;
    size_t most;       /* bytes that one write takes; 0: all */
    size_t interrupts; /* writes that a signal interrupts first */
    size_t writes, syncs;
    bool same_random;   /* the numbers are the same each time */
    const char *stolen; /* a file that goes away as it is locked: another process took it for a left one */
} fault;

static inline bool fails(enum call call)
{
    if (fault.call != call || fault.after-- > 0)
        return false;
    fault.call = CALL_NONE;
    errno = fault.error;
    return true;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    fault.writes++;
    if (fault.interrupts > 0) {
        fault.interrupts--;
        errno = EINTR;
        return -1;
    }
    if (fails(CALL_WRITE))
        return fault.error == 0 ? 0 : -1;
    return syscall(SYS_write, file, bytes, fault.most > 0 && count > fault.most ? fault.most : count);
}

int fsync(int file)
{
    fault.syncs++;
    return fails(CALL_FSYNC) ? -1 : (int)syscall(SYS_fsync, file);
}

int close(int file)
{
    bool failing = fails(CALL_CLOSE);
    int error = errno;
    int result = (int)syscall(SYS_close, file);
    if (!failing)
        return result;
    errno = error;
    return -1;
}

int rename(const char *from, const char *to)
{
    return fails(CALL_RENAME) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fchmod(int file, mode_t mode)
{
    return fails(CALL_CHMOD) ? -1 : (int)syscall(SYS_fchmod, file, mode);
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags)
{
    if (fails(CALL_RANDOM))
        return -1;
    if (!fault.same_random)
        return syscall(SYS_getrandom, bytes, count, flags);
    memset(bytes, 0x11, count);
    return (ssize_t)count;
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t size)
{
    return fails(CALL_READLINK) ? -1 : readlinkat(AT_FDCWD, path, buffer, size);
}

/* For what is asked of it here: F_DUPFD_CLOEXEC. */
int fcntl(int file, int command, ...)
{
    va_list arguments;
    va_start(arguments, command);
    int least = va_arg(arguments, int);
    va_end(arguments);
    return fails(CALL_FCNTL) ? -1 : (int)syscall(SYS_fcntl, file, command, least);
}

int flock(int file, int operation)
{
    if (fault.stolen)
        unlinkat(AT_FDCWD, fault.stolen, 0);
    fault.stolen = NULL;
    return fails(CALL_FLOCK) ? -1 : (int)syscall(SYS_flock, file, operation);
}

int fstat(int file, struct stat *status)
{
    return fails(CALL_FSTAT) ? -1 : fstatat(file, "", status, AT_EMPTY_PATH);
}

/* ---- Help ---------------------------------------------------------------------- */

static const char *folder; /* of the test that runs */

static inline int new_folder(void **state)
{
    (void)state;
    static int number;
    static char path[300];
    memset(&fault, 0, sizeof fault);
    snprintf(path, sizeof path, "%s/%d", scratch_directory(), number++);
    folder = path;
    return mkdir(path, 0755);
}

static inline const char *in_folder(const char *name)
{
    static char paths[8][400];
    static size_t next;
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static inline size_t files_in(const char *path)
{
    DIR *open = opendir(path);
    assert_non_null(open);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(open));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(open);
    return count;
}

static inline gemml_status write_string(const char *path, const char *text)
{
    size_t half = strlen(text) / 2;
    const struct piece pieces[] = {{text, half}, {NULL, 0}, {text + half, strlen(text) - half}};
    return atomic_file_write(path, pieces, 3);
}

static inline void holds(const char *path, const char *text)
{
    size_t count;
    char *bytes = read_file(path, &count);
    assert_int_equal(count, strlen(text));
    assert_string_equal(bytes, text);
    free(bytes);
}

static inline mode_t mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(lstat(path, &status), 0);
    return status.st_mode & 07777;
}

/* The write fails, and says the path and these words; the folder has `files` files. */
static inline void fails_with(const char *path, const char *words, size_t files)
{
    assert_int_equal(write_string(path, "the new text"), GEMML_ERROR_IO);
    if (!strstr(error_text(), words))
        fail_msg("\"%s\" does not say \"%s\"", error_text(), words);
    assert_non_null(strstr(error_text(), path[0] ? path : "an empty path"));
    assert_int_equal(files_in(folder), files);
}

#endif

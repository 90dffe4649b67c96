#include "file_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_FILES = 64, MOST_CALLS = 4000 };

/* A file that was written and not yet synced: a descriptor of our own, and how much of it is safe. */
struct dirty {
    int own;
    ino_t inode;
    off_t safe;
};

static struct {
    bool armed;
    struct plan plan;
    size_t count;
    char trace[MOST_CALLS + 1];
    struct dirty dirty[MOST_FILES];
    size_t dirty_count;
    char from[PATH_MAX], to[PATH_MAX], backup[PATH_MAX]; /* of a rename whose folder is not synced; "" when none */
    uint64_t renamed[MOST_FILES];
    size_t renamed_count;
} calls;

void file_calls_arm(struct plan plan)
{
    memset(&calls, 0, sizeof calls);
    calls.plan = plan;
    calls.armed = true;
}

size_t file_calls_disarm(void)
{
    calls.armed = false;
    for (size_t i = 0; i < calls.dirty_count; i++)
        syscall(SYS_close, calls.dirty[i].own);
    calls.dirty_count = 0;
    if (calls.backup[0])
        unlinkat(AT_FDCWD, calls.backup, 0);
    return calls.count;
}

const char *file_calls_trace(void)
{
    return calls.trace;
}

size_t file_calls_renamed(const uint64_t **digests)
{
    *digests = calls.renamed;
    return calls.renamed_count;
}

uint64_t file_digest(const char *path)
{
    unsigned char bytes[4096];
    uint64_t digest = 0xCBF29CE484222325u;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
    if (file < 0)
        return 0;
    for (ssize_t got; (got = syscall(SYS_read, file, bytes, sizeof bytes)) > 0;)
        for (ssize_t i = 0; i < got; i++)
            digest = (digest ^ bytes[i]) * 0x100000001B3u;
    syscall(SYS_close, file);
    return digest;
}

/* ---- What would be lost ----------------------------------------------------------- */

static void undo_rename(void)
{
    if (!calls.to[0])
        return;
    rename(calls.to, calls.from);
    if (calls.backup[0])
        rename(calls.backup, calls.to);
}

/* The end of the process. Nothing of the model's own is left. */
__attribute__((noreturn)) static void die(enum happening happening)
{
    for (size_t i = 0; i < calls.dirty_count && happening != HAPPENS_KILL; i++)
        if (ftruncate(calls.dirty[i].own, calls.dirty[i].safe) != 0)
            _exit(99);
    calls.armed = false;
    if (happening == HAPPENS_POWER_CUT_RENAMES)
        undo_rename();
    if (calls.backup[0])
        unlinkat(AT_FDCWD, calls.backup, 0);
    raise(SIGKILL);
    _exit(98);
}

void file_calls_cut_power(enum happening happening)
{
    die(happening);
}

/* What was in a file before its first write is safe, unless that write goes over it. */
static void note_write(int file)
{
    struct stat status;
    if (fstatat(file, "", &status, AT_EMPTY_PATH) != 0 || !S_ISREG(status.st_mode))
        return;
    for (size_t i = 0; i < calls.dirty_count; i++)
        if (calls.dirty[i].inode == status.st_ino)
            return;
    if (calls.dirty_count < MOST_FILES)
        calls.dirty[calls.dirty_count++] =
            (struct dirty){(int)syscall(SYS_fcntl, file, F_DUPFD_CLOEXEC, 0), status.st_ino, 0};
}

static void note_file_sync(ino_t inode)
{
    for (size_t i = 0; i < calls.dirty_count; i++)
        if (calls.dirty[i].inode == inode) {
            syscall(SYS_close, calls.dirty[i].own);
            calls.dirty[i] = calls.dirty[--calls.dirty_count];
            return;
        }
}

static void note_folder_sync(void)
{
    if (calls.backup[0])
        unlinkat(AT_FDCWD, calls.backup, 0);
    calls.from[0] = calls.to[0] = calls.backup[0] = '\0';
}

/* Before the rename: another name of what it will replace. */
static void note_rename(const char *from, const char *to)
{
    snprintf(calls.from, sizeof calls.from, "%s", from);
    snprintf(calls.to, sizeof calls.to, "%s", to);
    int length = snprintf(calls.backup, sizeof calls.backup, "%s.backup", to);
    if (length < 0 || (size_t)length >= sizeof calls.backup || link(to, calls.backup) != 0)
        calls.backup[0] = '\0';
    if (calls.renamed_count < MOST_FILES)
        calls.renamed[calls.renamed_count++] = file_digest(from);
}

/* ---- The calls --------------------------------------------------------------------------- */

/* Counts a call. Gives what is to happen in it: nothing, an error (errno is set), a half, or
 * a kill of which the caller has to do its half first. */
static enum happening begin(char letter)
{
    if (!calls.armed)
        return HAPPENS_NOTHING;
    if (calls.count < MOST_CALLS)
        calls.trace[calls.count] = letter;
    if (++calls.count != calls.plan.k)
        return HAPPENS_NOTHING;
    enum happening happening = calls.plan.happening;
    bool halved = letter == 'w' || letter == '<';
    if (happening == HAPPENS_ERROR || (happening == HAPPENS_SHORT && !halved)) {
        errno = happening == HAPPENS_ERROR ? calls.plan.error : EINTR;
        return HAPPENS_ERROR;
    }
    if (happening >= HAPPENS_KILL && letter != 'w')
        die(happening);
    return happening;
}

static bool fails(char letter)
{
    return begin(letter) == HAPPENS_ERROR;
}

ssize_t write(int file, const void *bytes, size_t count)
{
    enum happening happening = begin('w');
    if (happening == HAPPENS_ERROR)
        return -1;
    if (calls.armed)
        note_write(file);
    ssize_t wrote = syscall(SYS_write, file, bytes, happening == HAPPENS_NOTHING ? count : (count + 1) / 2);
    if (happening >= HAPPENS_KILL)
        die(happening);
    return wrote;
}

ssize_t read(int file, void *bytes, size_t count)
{
    enum happening happening = begin('<');
    if (happening == HAPPENS_ERROR)
        return -1;
    return syscall(SYS_read, file, bytes, happening == HAPPENS_NOTHING ? count : (count + 1) / 2);
}

int fsync(int file)
{
    struct stat status = {0};
    (void)fstatat(file, "", &status, AT_EMPTY_PATH);
    bool folder = S_ISDIR(status.st_mode);
    if (fails(folder ? 'd' : 's'))
        return -1;
    if (calls.armed && folder) /* noted only: the disk itself is not asked */
        note_folder_sync();
    else if (calls.armed)
        note_file_sync(status.st_ino);
    return 0;
}

int close(int file)
{
    bool failing = fails('c');
    int error = errno, result = (int)syscall(SYS_close, file); /* it is closed whatever it says */
    if (failing)
        errno = error;
    return failing ? -1 : result;
}

int rename(const char *from, const char *to)
{
    if (fails('r'))
        return -1;
    if (calls.armed)
        note_rename(from, to);
    return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int unlink(const char *path)
{
    return fails('u') ? -1 : unlinkat(AT_FDCWD, path, 0);
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = flags & O_CREAT ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    return fails('.') ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int fchmod(int file, mode_t mode)
{
    return fails('.') ? -1 : (int)syscall(SYS_fchmod, file, mode);
}

int flock(int file, int operation)
{
    return fails('.') ? -1 : (int)syscall(SYS_flock, file, operation);
}

ssize_t readlink(const char *restrict path, char *restrict buffer, size_t size)
{
    return fails('.') ? -1 : readlinkat(AT_FDCWD, path, buffer, size);
}

ssize_t getrandom(void *bytes, size_t count, unsigned flags)
{
    return fails('.') ? -1 : syscall(SYS_getrandom, bytes, count, flags);
}

int stat(const char *restrict path, struct stat *restrict status)
{
    return fails('.') ? -1 : fstatat(AT_FDCWD, path, status, 0);
}

int lstat(const char *restrict path, struct stat *restrict status)
{
    return fails('.') ? -1 : fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

int fstat(int file, struct stat *status)
{
    return fails('.') ? -1 : fstatat(file, "", status, AT_EMPTY_PATH);
}

int faccessat(int folder, const char *path, int mode, int flags)
{
    (void)flags;
    return fails('.') ? -1 : (int)syscall(SYS_faccessat, folder, path, mode);
}

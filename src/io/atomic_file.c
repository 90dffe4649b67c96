/* The write protocol (Pillai et al., "All file systems are not created equal",
 * OSDI 2014): write a temporary file in the same folder, fsync it, rename it over
 * the target, fsync the folder.
 *
 * A process that is killed leaves its temporary file. So the names are the target's,
 * a few slots of them, and whoever writes a temporary file holds a lock (flock) on it,
 * which ends with its process: a file in a slot that can be locked was left, and the next
 * write to the target removes it. */
#include "io/atomic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

#include "io/path.h"

#define MAX_LINKS 40     /* as the kernel allows */
#define MAX_ATTEMPTS 100 /* to find a name that is not taken */
#define SLOTS 4          /* attempts whose names the target's name determines */

static gemml_status refuse(const char *path, const char *reason)
{
    return error_set(GEMML_ERROR_IO, "%s cannot be written: %s", path_shown(path), reason);
}

static gemml_status system_error(const char *path)
{
    return refuse(path, strerror(errno));
}

/* The errors by which a file system says that it has no fsync for this kind of file. */
static bool cannot_sync(int error)
{
    return error == EINVAL || error == ENOTSUP || error == EROFS;
}

static bool write_all(int file, const struct piece *piece)
{
    const char *bytes = piece->bytes;
    for (size_t done = 0; done < piece->count;) {
        size_t left = piece->count - done;
        ssize_t wrote = write(file, bytes + done, left < SSIZE_MAX ? left : SSIZE_MAX);
        if (wrote < 0 && errno != EINTR)
            return false;
        if (wrote == 0) {
            errno = ENOSPC; /* neither progress nor an error: not to be tried for ever */
            return false;
        }
        if (wrote > 0)
            done += (size_t)wrote;
    }
    return true;
}

/* Syncs and closes the file; errno tells why when it fails. */
static bool sync_and_close(struct atomic_file *it)
{
    bool good = fsync(it->file) == 0 || cannot_sync(errno);
    int reason = errno;
    if (close(it->file) != 0 && errno != EINTR && good) { /* with EINTR it is closed, and was synced */
        good = false;
        reason = errno;
    }
    it->file = -1;
    errno = reason;
    return good;
}

static gemml_status open_directly(struct atomic_file *it)
{
    it->file = open(it->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    return it->file < 0 ? system_error(it->path) : GEMML_OK;
}

/* Splits the folder, with its slash, off the target. */
static void find_folder(struct atomic_file *it)
{
    const char *slash = strrchr(it->target, '/');
    size_t length = slash ? (size_t)(slash - it->target) + 1 : 0;
    memcpy(it->folder, it->target, length);
    it->folder[length] = '\0';
}

/* Replaces the target, a symbolic link, by what it points to. */
static gemml_status follow_link(struct atomic_file *it)
{
    char link[PATH_MAX];
    ssize_t length = readlink(it->target, link, sizeof link - 1);
    if (length < 0)
        return system_error(it->path);
    link[length] = '\0';
    size_t prefix = link[0] == '/' ? 0 : strlen(it->folder);
    if (prefix + (size_t)length >= sizeof it->target)
        return refuse(it->path, strerror(ENAMETOOLONG));
    memcpy(it->target + prefix, link, (size_t)length + 1); /* the folder is what the target begins with */
    return GEMML_OK;
}

/* Finds what is to be replaced: the target behind the links, its folder, its mode. */
static gemml_status find_target(struct atomic_file *it)
{
    struct stat status;
    if (strlen(it->path) >= sizeof it->target)
        return refuse(it->path, strerror(ENAMETOOLONG));
    strcpy(it->target, it->path);
    for (int links = 0;; links++) {
        find_folder(it);
        if (lstat(it->target, &status) != 0 || !S_ISLNK(status.st_mode))
            break;
        if (links == MAX_LINKS)
            return refuse(it->path, strerror(ELOOP));
        TRY(follow_link(it));
    }
    if (it->target[strlen(it->folder)] == '\0')
        return refuse(it->path, "there is no file name");
    it->exists = stat(it->target, &status) == 0;
    it->mode = it->exists ? status.st_mode & 0777 : 0;
    if (it->exists && faccessat(AT_FDCWD, it->target, W_OK, AT_EACCESS) != 0)
        return system_error(it->path);
    return GEMML_OK;
}

/* 64 bits that another user cannot guess. O_EXCL is what makes the file ours;
 * this only keeps others from having taken every name. */
static unsigned long long unpredictable(void)
{
    unsigned long long bits;
    if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) == (ssize_t)sizeof bits)
        return bits;
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    bits = (unsigned long long)now.tv_nsec << 32 ^ (unsigned long long)now.tv_sec ^ (unsigned long long)getpid() << 16;
    return bits * 0x9E3779B97F4A7C15u;
}

static void close_lock(struct atomic_file *it)
{
    if (it->lock >= 0)
        close(it->lock);
    it->lock = -1;
}

/* The temporary file's name in an attempt: a slot's, later one that nobody can have taken. */
static bool name_temporary(struct atomic_file *it, unsigned attempt)
{
    const char *name = it->target + strlen(it->folder);
    unsigned long long bits = attempt < SLOTS ? XXH64(name, strlen(name), attempt) : unpredictable();
    int length = snprintf(it->temporary, sizeof it->temporary, "%s.gemml-%016llx", it->folder, bits);
    if ((size_t)length < sizeof it->temporary) /* and not negative */
        return true;
    errno = ENAMETOOLONG;
    return false;
}

/* Removes the file of a slot if it is ours and nobody holds its lock: who wrote it is gone.
 * It has its name still if it has one at all, as only holders of the lock take that away. */
static void remove_abandoned(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (file < 0)
        return;
    if (flock(file, LOCK_EX | LOCK_NB) == 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_uid == geteuid() && status.st_nlink == 1)
        unlink(path);
    close(file);
}

static void remove_all_abandoned(struct atomic_file *it)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (name_temporary(it, slot))
            remove_abandoned(it->temporary);
    it->temporary[0] = '\0';
}

/* Locks a new temporary file, by a descriptor that outlives `file`. False with EEXIST: in the moment
 * before, another process took it for an abandoned one. A file system without locks has
 * nothing to hold; nobody there takes a file for abandoned either. */
static bool lock_temporary(struct atomic_file *it, int file)
{
    struct stat status;
    it->lock = fcntl(file, F_DUPFD_CLOEXEC, 0);
    if (it->lock < 0)
        return false;
    bool taken = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    taken = taken || (fstat(file, &status) == 0 && status.st_nlink == 0);
    errno = EEXIST;
    return !taken;
}

/* One attempt to create it; -1 with EEXIST when the name is taken. */
static int attempt_temporary(struct atomic_file *it, unsigned attempt)
{
    if (!name_temporary(it, attempt))
        return -1;
    int file = open(it->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, it->exists ? it->mode : 0666);
    if (file < 0 || lock_temporary(it, file))
        return file;
    int reason = errno;
    if (reason != EEXIST) /* then the name is not ours any more */
        unlink(it->temporary);
    close(file);
    close_lock(it);
    errno = reason;
    return -1;
}

/* Creates the temporary file, with the mode that the target shall have. */
static gemml_status create_temporary(struct atomic_file *it)
{
    int opened = -1;
    errno = EEXIST;
    for (unsigned attempt = 0; attempt < MAX_ATTEMPTS && opened < 0 && errno == EEXIST; attempt++)
        opened = attempt_temporary(it, attempt);
    if (opened < 0) {
        it->temporary[0] = '\0';
        return error_set(GEMML_ERROR_IO, "%s cannot be written: no file can be made in its folder: %s",
                         path_shown(it->path), strerror(errno));
    }
    struct stat status;
    bool good = !it->exists ||
                (fstat(opened, &status) == 0 && ((status.st_mode & 0777) == it->mode || fchmod(opened, it->mode) == 0));
    if (!good) {
        int reason = errno;
        close(opened);
        errno = reason;
        return system_error(it->path);
    }
    it->file = opened;
    return GEMML_OK;
}

/* Renames the temporary file over the target and syncs the folder. The folder is
 * opened first, so that only its fsync can fail once the new file is in place.
 * A folder that may be written but not read cannot be synced; that is no error. */
static gemml_status rename_over(struct atomic_file *it)
{
    int folder = open(it->folder[0] ? it->folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno != EACCES)
        return system_error(it->path);
    gemml_status status = GEMML_OK;
    if (rename(it->temporary, it->target) != 0)
        status = system_error(it->path);
    else
        it->temporary[0] = '\0';
    if (status == GEMML_OK && folder >= 0 && fsync(folder) != 0 && !cannot_sync(errno))
        status = error_set(GEMML_ERROR_IO, "%s was written, but its folder could not be synced: %s",
                           path_shown(it->path), strerror(errno));
    if (folder >= 0)
        close(folder);
    return status;
}

static gemml_status open_beside(struct atomic_file *it)
{
    TRY(find_target(it));
    remove_all_abandoned(it);
    return create_temporary(it);
}

gemml_status atomic_file_open(struct atomic_file *it, const char *path)
{
    struct stat status;
    it->path = path;
    it->temporary[0] = '\0';
    it->file = it->lock = -1;
    bool exists = stat(path, &status) == 0;
    if (exists && S_ISDIR(status.st_mode))
        return refuse(path, "it is a directory");
    bool direct = exists && !S_ISREG(status.st_mode);
    gemml_status result = direct ? open_directly(it) : open_beside(it);
    if (result != GEMML_OK)
        atomic_file_discard(it);
    return result;
}

gemml_status atomic_file_put(struct atomic_file *it, const struct piece *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!write_all(it->file, &pieces[i]))
            return system_error(it->path);
    return GEMML_OK;
}

gemml_status atomic_file_finish(struct atomic_file *it)
{
    return it->file < 0 || sync_and_close(it) ? GEMML_OK : system_error(it->path);
}

gemml_status atomic_file_publish(struct atomic_file *it)
{
    TRY(atomic_file_finish(it));
    return it->temporary[0] ? rename_over(it) : GEMML_OK;
}

void atomic_file_discard(struct atomic_file *it)
{
    if (it->file >= 0)
        close(it->file);
    if (it->temporary[0])
        unlink(it->temporary);
    it->file = -1;
    it->temporary[0] = '\0';
    close_lock(it);
}

gemml_status atomic_file_write(const char *path, const struct piece *pieces, size_t count)
{
    struct atomic_file it;
    TRY(atomic_file_open(&it, path));
    gemml_status status = atomic_file_put(&it, pieces, count);
    if (status == GEMML_OK)
        status = atomic_file_publish(&it);
    atomic_file_discard(&it);
    return status;
}

/* Files are written under a temporary name in the folder of the target, synced, and then
 * renamed over it: whatever happens, the old or the new file stands there. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/interrupt.h"
#include "cli/status.h"

#define BUFFER_BYTES ((size_t)1 << 18)

/* The folder part and the last part of a path. */
struct place {
    char folder[PATH_MAX], name[PATH_MAX];
};

static bool split(struct place *place, const char *path)
{
    char copy[PATH_MAX];
    size_t length = strlen(path);
    if (length == 0 || length >= PATH_MAX || path[length - 1] == '/')
        return false;
    memcpy(copy, path, length + 1);
    strcpy(place->folder, dirname(copy));
    memcpy(copy, path, length + 1);
    strcpy(place->name, basename(copy));
    return true;
}

int output_check(const char *option, const char *path)
{
    struct place place;
    struct stat status;
    if (!path)
        return EXIT_DONE;
    if (!split(&place, path))
        return failed("%s %s: not the name of a file", option, path);
    if (stat(path, &status) == 0) {
        if (S_ISDIR(status.st_mode))
            return failed("%s %s: it is a folder", option, path);
        if (access(path, W_OK) != 0)
            return failed("%s %s: %s", option, path, strerror(errno));
        if (!S_ISREG(status.st_mode))
            return EXIT_DONE;
    }
    if (stat(place.folder, &status) != 0)
        return failed("%s %s: the folder %s: %s", option, path, place.folder, strerror(errno));
    if (!S_ISDIR(status.st_mode))
        return failed("%s %s: %s is not a folder", option, path, place.folder);
    if (access(place.folder, W_OK | X_OK) != 0)
        return failed("%s %s: the folder %s: %s", option, path, place.folder, strerror(errno));
    return EXIT_DONE;
}

bool output_same(const char *a, const char *b)
{
    struct place place_a, place_b;
    struct stat status_a, status_b;
    if (stat(a, &status_a) == 0 && stat(b, &status_b) == 0)
        return status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
    if (!split(&place_a, a) || !split(&place_b, b) || strcmp(place_a.name, place_b.name) != 0)
        return false;
    return stat(place_a.folder, &status_a) == 0 && stat(place_b.folder, &status_b) == 0 &&
           status_a.st_dev == status_b.st_dev && status_a.st_ino == status_b.st_ino;
}

/* Creates the temporary file with the rights that the target has or would get. */
static int create_beside(struct output *output)
{
    struct stat old;
    bool exists = stat(output->target, &old) == 0;
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        int length = snprintf(output->temporary, sizeof output->temporary, "%s.%ld-%u.tmp", output->target,
                              (long)getpid(), attempt);
        if (length < 0 || (size_t)length >= sizeof output->temporary) {
            errno = ENAMETOOLONG;
            break;
        }
        int descriptor = open(output->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor >= 0) {
            if (exists)
                (void)!fchmod(descriptor, old.st_mode & 0777);
            return descriptor;
        }
        if (errno != EEXIST)
            break;
    }
    output->temporary[0] = '\0';
    return -1;
}

/* Follows symbolic links, so that a link stays one; gives whether to write
 * directly. */
static bool find_target(struct output *output)
{
    struct stat status;
    char *real = realpath(output->path, NULL);
    snprintf(output->target, sizeof output->target, "%s", real ? real : output->path);
    free(real);
    return stat(output->path, &status) == 0 && !S_ISREG(status.st_mode);
}

int output_open(struct output *output, const char *path)
{
    memset(output, 0, sizeof *output);
    output->path = path;
    if (!path || strcmp(path, "-") == 0) {
        output->path = NULL;
        output->file = stdout;
        setvbuf(stdout, NULL, _IOFBF, BUFFER_BYTES);
        return EXIT_DONE;
    }
    bool direct = find_target(output);
    int descriptor = direct ? open(path, O_WRONLY | O_CLOEXEC) : create_beside(output);
    output->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!output->file) {
        int status = failed("%s: %s", path, strerror(errno));
        if (descriptor >= 0)
            close(descriptor);
        output_abandon(output);
        return status;
    }
    if (!direct)
        interrupt_remove(output->temporary);
    setvbuf(output->file, NULL, _IOFBF, BUFFER_BYTES);
    return EXIT_DONE;
}

/* Has a file system's word that the file, or the folder, is on the disk; some have none to give. */
static bool synced(int descriptor)
{
    return fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

/* Says why the file cannot be had, and leaves nothing of it. */
static int give_up(struct output *output, int reason)
{
    const char *path = output->path;
    output_abandon(output);
    return failed("%s: %s", path, strerror(reason));
}

int output_close(struct output *output)
{
    if (!output->path)
        return output_flush();
    bool bad = fflush(output->file) != 0 || ferror(output->file) || !synced(fileno(output->file));
    int reason = errno;
    if (fclose(output->file) != 0 && !bad) {
        bad = true;
        reason = errno;
    }
    output->file = NULL;
    return bad ? give_up(output, reason) : EXIT_DONE;
}

/* Syncs the folder of what was renamed, unless it may not be read. */
static int sync_folder(const struct output *output)
{
    char copy[PATH_MAX];
    strcpy(copy, output->target);
    int folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return EXIT_DONE;
    bool good = synced(folder);
    int reason = errno;
    close(folder);
    return good ? EXIT_DONE
                : failed("%s was written, but its folder could not be synced: %s", output->path, strerror(reason));
}

int output_publish(struct output *output)
{
    if (!output->path || !output->temporary[0])
        return EXIT_DONE;
    if (rename(output->temporary, output->target) != 0)
        return give_up(output, errno);
    interrupt_keep();
    return sync_folder(output);
}

void output_abandon(struct output *output)
{
    if (!output->path)
        return;
    if (output->file)
        fclose(output->file);
    if (output->temporary[0])
        unlink(output->temporary);
    interrupt_keep();
    memset(output, 0, sizeof *output);
}

int output_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return failed("standard output: %s", strerror(errno));
    return EXIT_DONE;
}

/* Files are replaced as the library replaces models: whatever happens, the old or the new file stands there. */
#include "cli/output.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
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

/* Says why the file cannot be had, and leaves nothing of it. */
static int give_up(struct output *output, int reason)
{
    const char *path = output->path;
    output_abandon(output);
    return failed("%s: %s", path, strerror(reason));
}

/* The exit status for the library's; what failed is said, and nothing is left of it. */
static int settle(struct output *output, gemml_status status)
{
    int failure = status ? failed_library() : EXIT_DONE;
    if (failure)
        output_abandon(output);
    return failure;
}

int output_open(struct output *output, const char *path)
{
    *output = (struct output){.path = path};
    if (!path || strcmp(path, "-") == 0) {
        output->path = NULL;
        output->file = stdout;
        setvbuf(stdout, NULL, _IOFBF, BUFFER_BYTES);
        return EXIT_DONE;
    }
    if (gemml_file_open(&output->replacement, path))
        return failed_library();
    int descriptor = dup(gemml_file_descriptor(output->replacement)); /* a stream closes its own */
    output->file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (!output->file) {
        int reason = errno;
        if (descriptor >= 0)
            close(descriptor);
        return give_up(output, reason);
    }
    if (*gemml_file_temporary(output->replacement))
        interrupt_remove(gemml_file_temporary(output->replacement));
    setvbuf(output->file, NULL, _IOFBF, BUFFER_BYTES);
    return EXIT_DONE;
}

int output_close(struct output *output)
{
    if (!output->path)
        return output_flush();
    bool bad = ferror(output->file) != 0;
    int reason = errno;
    if (fclose(output->file) != 0 && !bad) {
        bad = true;
        reason = errno;
    }
    output->file = NULL;
    if (bad)
        return give_up(output, reason);
    return settle(output, gemml_file_finish(output->replacement));
}

int output_publish(struct output *output)
{
    if (!output->path)
        return EXIT_DONE;
    interrupt_keep(); /* once renamed, the name may be another's */
    int status = settle(output, gemml_file_publish(output->replacement));
    if (!status)
        output_abandon(output); /* of what was published nothing is left to remove */
    return status;
}

void output_abandon(struct output *output)
{
    if (!output->path)
        return;
    if (output->file)
        fclose(output->file);
    interrupt_keep(); /* the name goes with the handle */
    gemml_file_free(output->replacement);
    *output = (struct output){.path = NULL};
}

int output_flush(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        return failed("standard output: %s", strerror(errno));
    return EXIT_DONE;
}

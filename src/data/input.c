#include "data/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/gzip.h"
#include "data/message.h"
#include "data/npy.h"

#define READ_BYTES ((size_t)1 << 20)
#define LARGE_BYTES ((size_t)8 << 20) /* blocks for which large pages pay */

static gemml_status error_system(const char *path, const char *verb, int code)
{
    char reason[128], name[EXCERPT_BYTES];
    const char *text = strerror_r(code, reason, sizeof reason);
    if (strlen(path) < 256)
        return error_set(GEMML_ERROR_IO, "%s cannot be %s: %s", path, verb, text);
    excerpt(name, path, strlen(path));
    return error_set(GEMML_ERROR_IO, "%s cannot be %s: %s", name, verb, text);
}

/* By the file's first bytes, without moving its position. */
static bool holds_npy(int descriptor)
{
    char bytes[NPY_MAGIC_BYTES];
    return pread(descriptor, bytes, sizeof bytes, 0) == (ssize_t)sizeof bytes && npy_is(bytes, sizeof bytes);
}

/* False when the file cannot be mapped: it is read then. */
static bool map(struct input *input, int descriptor, size_t count)
{
    void *bytes = mmap(NULL, count, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (bytes == MAP_FAILED)
        return false;
#ifdef MADV_POPULATE_READ
    /* Fills the page table at once, so that a fit does not stop at each page. Older kernels do not know it. */
    madvise(bytes, count, MADV_POPULATE_READ);
#endif
    *input = (struct input){bytes, count, 0};
    return true;
}

/* Reads to the end; `expected` bytes are hoped for, but not relied on. */
static gemml_status read_all(struct input *input, int descriptor, const char *path, size_t expected)
{
    for (size_t wanted = expected;;) {
        /* One byte more than wanted, so that the end is seen without growing. */
        size_t before = input->capacity;
        TRY(memory_grow(&input->bytes, &input->capacity, input->count, memory_sum(wanted, 1 + INPUT_PADDING), 1));
        if (input->capacity > before)
            input_advise_large(input->bytes, input->capacity);
        size_t room = input->capacity - INPUT_PADDING - input->count;
        ssize_t got = read(descriptor, input->bytes + input->count, room < READ_BYTES ? room : READ_BYTES);
        if (got < 0 && errno != EINTR)
            return error_system(path, "read", errno);
        if (got == 0)
            break;
        input->count += got > 0 ? (size_t)got : 0;
        wanted = input->count > expected ? memory_sum(input->count, READ_BYTES) : expected;
    }
    memset(input->bytes + input->count, 0, INPUT_PADDING);
    return GEMML_OK;
}

static gemml_status open_descriptor(struct input *input, int descriptor, const char *path)
{
    struct stat status;
    if (fstat(descriptor, &status) != 0)
        return error_system(path, "read", errno);
    if (S_ISDIR(status.st_mode))
        return error_system(path, "read", EISDIR);
    size_t size = S_ISREG(status.st_mode) && status.st_size > 0 ? (size_t)status.st_size : 0;
    if (size > 0 && holds_npy(descriptor) && map(input, descriptor, size))
        return GEMML_OK;
    TRY(read_all(input, descriptor, path, size));
    return gzip_is(input->bytes, input->count) ? gzip_expand(input, path, gzip_limit(input->count)) : GEMML_OK;
}

gemml_status input_open(struct input *input, const char *path)
{
    struct input opened = {NULL, 0, 0};
    bool standard = strcmp(path, "-") == 0;
    int descriptor = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return error_system(path, "opened", errno);
    gemml_status status = open_descriptor(&opened, descriptor, standard ? "the standard input" : path);
    if (!standard)
        close(descriptor);
    if (status != GEMML_OK)
        input_close(&opened);
    else
        *input = opened;
    return status;
}

void input_advise_large(void *block, size_t bytes)
{
#ifdef MADV_HUGEPAGE
    if (bytes < LARGE_BYTES)
        return;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t begin = ((uintptr_t)block + page - 1) / page * page, end = ((uintptr_t)block + bytes) / page * page;
    madvise((char *)block + (begin - (uintptr_t)block), end - begin, MADV_HUGEPAGE);
#else
    (void)block, (void)bytes;
#endif
}

void input_close(struct input *input)
{
    if (input->capacity > 0)
        memory_free(input->bytes);
    else if (input->bytes)
        munmap(input->bytes, input->count);
    *input = (struct input){NULL, 0, 0};
}

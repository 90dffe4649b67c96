#include "data/gzip.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "data/message.h"

#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, and a gzip header */
#define FIRST_BYTES ((size_t)1 << 16)
#define PIECE_BYTES ((size_t)1 << 30) /* zlib counts in unsigned int */

bool gzip_is(const char *bytes, size_t count)
{
    return count >= 3 && memcmp(bytes, "\x1f\x8b\x08", 3) == 0;
}

size_t gzip_limit(size_t packed)
{
    long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);
    size_t half = pages > 0 && bytes > 0 ? memory_product((size_t)pages, (size_t)bytes) / 2 : SIZE_MAX / 2;
    size_t wide = memory_product(GZIP_RATIO, packed), limit = wide > GZIP_UNASKED ? wide : GZIP_UNASKED;
    return limit < half ? limit : half;
}

/* zlib's memory is the library's. */
static voidpf allocate(voidpf opaque, uInt count, uInt size)
{
    void *block;
    (void)opaque;
    return memory_alloc(&block, count, size) == GEMML_OK ? block : NULL;
}

static void release(voidpf opaque, voidpf block)
{
    (void)opaque;
    memory_free(block);
}

struct expansion {
    const struct input *packed;
    struct input out;
    const char *path;
    size_t limit;
    z_stream stream;
};

static gemml_status error_gzip(const struct expansion *expansion, const char *said)
{
    char name[EXCERPT_BYTES];
    const char *shown = expansion->path;
    if (strlen(shown) >= 256) {
        excerpt(name, shown, strlen(shown));
        shown = name;
    }
    return error_set(GEMML_ERROR_FORMAT, "%s: %s", shown, said);
}

static gemml_status grow(struct expansion *expansion)
{
    struct input *out = &expansion->out;
    if (out->count + INPUT_PADDING < out->capacity)
        return GEMML_OK;
    size_t wanted = out->capacity > 0 ? memory_product(2, out->capacity) : FIRST_BYTES;
    size_t most = memory_sum(expansion->limit, INPUT_PADDING + 1); /* one more, to see that it is too long */
    TRY(memory_grow(&out->bytes, &out->capacity, out->count, wanted < most ? wanted : most, 1));
    input_advise_large(out->bytes, out->capacity);
    return GEMML_OK;
}

/* Hands the stream its next piece of both sides, and lets it work. */
static int advance(struct expansion *expansion)
{
    z_stream *stream = &expansion->stream;
    struct input *out = &expansion->out;
    const char *begin = expansion->packed->bytes;
    size_t left = expansion->packed->count - (size_t)((const char *)stream->next_in - begin);
    size_t room = out->capacity - INPUT_PADDING - out->count;
    stream->avail_in = (uInt)(left < PIECE_BYTES ? left : PIECE_BYTES);
    stream->avail_out = (uInt)(room < PIECE_BYTES ? room : PIECE_BYTES);
    stream->next_out = (Bytef *)out->bytes + out->count;
    int result = inflate(stream, Z_NO_FLUSH);
    out->count = (size_t)((char *)stream->next_out - out->bytes);
    return result;
}

/* Behind a member: whether another one follows. Zeros may pad the file. */
static gemml_status next_member(struct expansion *expansion, bool *more)
{
    const char *at = (const char *)expansion->stream.next_in;
    const char *end = expansion->packed->bytes + expansion->packed->count;
    *more = gzip_is(at, (size_t)(end - at));
    if (*more)
        return inflateReset(&expansion->stream) == Z_OK ? GEMML_OK : error_gzip(expansion, "zlib failed");
    while (at < end && *at == 0)
        at++;
    return at == end ? GEMML_OK : error_gzip(expansion, "something that is not gzip follows the compressed text");
}

static gemml_status expand_all(struct expansion *expansion)
{
    for (bool more = true; more;) {
        TRY(grow(expansion));
        int result = advance(expansion);
        if (expansion->out.count > expansion->limit)
            return error_set(GEMML_ERROR_FORMAT,
                             "%.256s, of %zu bytes, expands to more than %zu: expand it with gunzip if that is meant",
                             expansion->path, expansion->packed->count, expansion->limit);
        if (result == Z_STREAM_END)
            TRY(next_member(expansion, &more));
        else if (result == Z_MEM_ERROR)
            return GEMML_ERROR_MEMORY; /* its sentence is there */
        else if (result == Z_BUF_ERROR)
            return error_gzip(expansion, "the gzip file is cut: its compressed text has no end");
        else if (result != Z_OK)
            return error_gzip(expansion, "the gzip file is damaged: it cannot be expanded");
    }
    return GEMML_OK;
}

gemml_status gzip_expand(struct input *input, const char *path, size_t limit)
{
    struct expansion expansion = {.packed = input, .path = path, .limit = limit};
    expansion.stream.zalloc = allocate;
    expansion.stream.zfree = release;
    expansion.stream.next_in = (Bytef *)input->bytes;
    if (inflateInit2(&expansion.stream, GZIP_WINDOW) != Z_OK)
        return GEMML_ERROR_MEMORY; /* zlib of this version has no other reason */
    gemml_status status = expand_all(&expansion);
    inflateEnd(&expansion.stream);
    if (status != GEMML_OK) {
        memory_free(expansion.out.bytes);
        return status;
    }
    memset(expansion.out.bytes + expansion.out.count, 0, INPUT_PADDING);
    memory_free(input->bytes);
    *input = expansion.out;
    return GEMML_OK;
}

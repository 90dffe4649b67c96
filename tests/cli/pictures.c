/* PNG: W3C Recommendation, 2003, 11.2.2 (IHDR). GIF: Graphics Interchange Format, version 89a,
 * CompuServe, 1990: blocks in chains of sub-blocks, each after its length, until one of length 0. */
#include "pictures.h"

#include "program.h"

void assert_begins(const char *path, const char *magic, size_t bytes)
{
    size_t count;
    char *content = read_file(path, &count);
    assert_true(count > 2000);
    assert_memory_equal(content, magic, bytes);
    free(content);
}

/* Bytes 16 to 23, the most significant first. */
void assert_png(const char *path, unsigned width, unsigned height)
{
    char *content = read_file(path, NULL);
    const unsigned char *size = (const unsigned char *)content + 16;
    assert_begins(path, "\x89PNG\r\n\x1a\n", 8);
    assert_int_equal(size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3], width);
    assert_int_equal(size[4] << 24 | size[5] << 16 | size[6] << 8 | size[7], height);
    free(content);
}

/* Bytes of the colour table that a field of flags announces. */
static size_t colour_table(unsigned char flags)
{
    return flags & 0x80 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

/* The place behind a chain of sub-blocks. */
static size_t skip_chain(const unsigned char *byte, size_t count, size_t at)
{
    while (at < count && byte[at] != 0)
        at += 1 + (size_t)byte[at];
    return at + 1;
}

size_t gif_frames(const char *path, unsigned width, unsigned height)
{
    enum { EXTENSION = 0x21, IMAGE = 0x2C, TRAILER = 0x3B };
    size_t count, frames = 0;
    char *content = read_file(path, &count);
    const unsigned char *byte = (const unsigned char *)content;
    assert_true(count > 13);
    assert_true(memcmp(content, "GIF89a", 6) == 0 || memcmp(content, "GIF87a", 6) == 0);
    assert_int_equal(byte[6] | byte[7] << 8, width);
    assert_int_equal(byte[8] | byte[9] << 8, height);
    size_t at = 13 + colour_table(byte[10]);
    while (at + 9 < count && byte[at] != TRAILER) {
        if (byte[at] == IMAGE) {
            frames++;
            at = skip_chain(byte, count, at + 11 + colour_table(byte[at + 9]));
        } else {
            assert_int_equal(byte[at], EXTENSION);
            at = skip_chain(byte, count, at + 2);
        }
    }
    assert_true(at < count);
    assert_int_equal(byte[at], TRAILER);
    free(content);
    return frames;
}

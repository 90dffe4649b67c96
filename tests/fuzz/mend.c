/* Makes what a fuzzer did to a safetensors file a file again, as far as it asks for that. By hand, on the
 * header's text: with a JSON library this took longer than the reader that is tested. */
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "fuzz.h"

#define DATA_MOST ((size_t)1 << 14)
#define DIGEST_BYTES 8

static void put_size(uint8_t *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

/* ---- A text of JSON, or what is left of one ---------------------------------------- */

static const uint8_t *skip_blanks(const uint8_t *at, const uint8_t *end)
{
    while (at < end && *at == ' ')
        at++;
    return at;
}

/* Behind the string whose opening quote is at `at`; `end` when it is not closed. */
static const uint8_t *skip_string(const uint8_t *at, const uint8_t *end)
{
    for (at++; at < end && *at != '"'; at++)
        at += *at == '\\';
    return at < end ? at + 1 : end;
}

/* Behind the value at `at`, whose brackets close; NULL when they do not. */
static const uint8_t *skip_value(const uint8_t *at, const uint8_t *end)
{
    for (size_t depth = 0; at < end;) {
        uint8_t c = *at;
        if (c == '"') {
            at = skip_string(at, end);
            continue;
        }
        bool closes = c == '}' || c == ']';
        if (depth == 0 && (closes || c == ','))
            return at;
        depth += c == '{' || c == '[';
        depth -= closes;
        at++;
        if (depth == 0 && closes)
            return at;
    }
    return NULL;
}

/* Bytes of the header at `text` up to where its first brace closes, with the blanks behind it; 0 when it does not. */
static size_t closed(const uint8_t *text, size_t count)
{
    const uint8_t *end = count > 0 && *text == '{' ? skip_value(text, text + count) : NULL;
    return end ? (size_t)(skip_blanks(end, text + count) - text) : 0;
}

struct member {
    const uint8_t *key, *value, *end; /* the quote, the value's first byte, and behind its last */
};

/* The member at `at`, behind a brace or another member; false when there is none. */
static bool next_member(struct member *member, const uint8_t *at, const uint8_t *end)
{
    at = skip_blanks(at, end);
    at = skip_blanks(at + (at < end && *at == ','), end);
    if (at == end || *at != '"')
        return false;
    member->key = at;
    at = skip_blanks(skip_string(at, end), end);
    if (at == end || *at != ':')
        return false;
    member->value = skip_blanks(at + 1, end);
    member->end = skip_value(member->value, end);
    return member->end != NULL;
}

static bool is(const struct member *member, const char *quoted)
{
    size_t length = strlen(quoted);
    return (size_t)(member->value - member->key) > length && memcmp(member->key, quoted, length) == 0;
}

static bool contains(const struct member *member, const char *two)
{
    for (const uint8_t *at = member->value; at + 1 < member->end; at++)
        if (at[0] == two[0] && at[1] == two[1])
            return true;
    return false;
}

/* ---- Laying out -------------------------------------------------------------------- */

/* A header that is written anew. */
struct layout {
    uint8_t *text;
    size_t written;
    const uint8_t *copied; /* up to here */
    size_t data;           /* bytes of the tensors so far */
};

static void copy_until(struct layout *layout, const uint8_t *end)
{
    size_t count = (size_t)(end - layout->copied);
    memcpy(layout->text + layout->written, layout->copied, count);
    layout->written += count;
    layout->copied = end;
}

static void put_number(struct layout *layout, size_t number)
{
    uint8_t digits[20];
    size_t count = 0;
    do
        digits[count++] = (uint8_t)('0' + number % 10);
    while (number /= 10);
    while (count > 0)
        layout->text[layout->written++] = digits[--count];
}

/* Bytes of a tensor of this dtype and shape; SIZE_MAX when it is not clear. */
static size_t tensor_size(const struct member *dtype, const struct member *shape)
{
    if (!dtype->value || !shape->value || *shape->value != '[')
        return SIZE_MAX;
    size_t size = contains(dtype, "64") ? 8 : contains(dtype, "32") ? 4 : 1;
    for (const uint8_t *at = shape->value + 1; at < shape->end && size <= DATA_MOST; at++) {
        size_t n = 0;
        if (*at < '0' || *at > '9')
            continue;
        for (; *at >= '0' && *at <= '9' && n <= DATA_MOST; at++)
            n = 10 * n + (size_t)(*at - '0');
        size *= n;
    }
    return size <= DATA_MOST ? size : SIZE_MAX;
}

/* Gives the tensor that an entry describes the next bytes; false when it is not clear how many. */
static bool lay_out_entry(struct layout *layout, const struct member *entry)
{
    struct member member, dtype = {0}, shape = {0}, offsets = {0};
    const uint8_t *at = entry->value + 1;
    for (; next_member(&member, at, entry->end); at = member.end)
        if (is(&member, "\"dtype\""))
            dtype = member;
        else if (is(&member, "\"shape\""))
            shape = member;
        else if (is(&member, "\"data_offsets\""))
            offsets = member;
    size_t size = *entry->value == '{' ? tensor_size(&dtype, &shape) : SIZE_MAX;
    if (size == SIZE_MAX || layout->data + size > DATA_MOST)
        return false;
    if (offsets.value) {
        copy_until(layout, offsets.value);
        layout->text[layout->written++] = '[';
        put_number(layout, layout->data);
        layout->text[layout->written++] = ',';
        put_number(layout, layout->data + size);
        layout->text[layout->written++] = ']';
        layout->copied = offsets.end;
    }
    layout->data += size;
    return true;
}

/* Offsets of at most 13 bytes stand in entries of 20 at least, so that twice the length is enough. */
static bool lay_out_header(struct layout *layout, const uint8_t *text, size_t length)
{
    struct member member;
    layout->text = malloc(2 * length);
    REQUIRE(layout->text);
    layout->copied = text;
    for (const uint8_t *at = text + 1; next_member(&member, at, text + length); at = member.end)
        if (!is(&member, "\"__metadata__\"") && !lay_out_entry(layout, &member))
            return false;
    copy_until(layout, text + length);
    return layout->data >= DIGEST_BYTES;
}

/* The file with the offsets and the data that its shapes ask for; NULL when that cannot be. */
static uint8_t *lay_out(const uint8_t *bytes, size_t *count)
{
    size_t length = closed(bytes + 8, *count - 8), old = *count - 8 - length;
    struct layout layout = {0};
    uint8_t *out = NULL;
    if (length > 0 && lay_out_header(&layout, bytes + 8, length)) {
        size_t kept = old < layout.data ? old : layout.data;
        *count = 8 + layout.written + layout.data;
        out = malloc(*count);
        REQUIRE(out);
        put_size(out, layout.written);
        memcpy(out + 8, layout.text, layout.written);
        memcpy(out + 8 + layout.written, bytes + 8 + length, kept);
        memset(out + 8 + layout.written + kept, 0, layout.data - kept);
    }
    free(layout.text);
    return out;
}

uint8_t *fuzz_mend(const uint8_t *bytes, size_t *count)
{
    size_t n = *count;
    unsigned level = n > 0 ? bytes[n - 1] & 3u : 0;
    uint8_t *out = level > 1 && n > 8 ? lay_out(bytes, count) : NULL;
    if (!out) {
        out = malloc(n > 0 ? n : 1);
        REQUIRE(out);
        if (n > 0)
            memcpy(out, bytes, n);
        size_t length = level > 0 && n > 8 ? closed(out + 8, n - 8) : 0;
        if (length > 0)
            put_size(out, length);
    }
    if (*count >= DIGEST_BYTES)
        put_size(out + *count - DIGEST_BYTES, XXH64(out, *count - DIGEST_BYTES, 0));
    return out;
}

/* Files crafted by hand, with the digest that belongs to them, so that what lies
 * behind the digest is tested too; and memory that runs out. */
#ifndef GEMML_TESTS_IO_CRAFTED_H
#define GEMML_TESTS_IO_CRAFTED_H

#include "support/support.h"

#include <errno.h>
#include <jansson.h>
#include <xxhash.h>

#include "util/alloc.h"

static inline void put_u64(unsigned char *bytes, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> 8 * i & 0xff);
}

static inline uint64_t get_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)bytes[i] << 8 * i;
    return value;
}

/* Makes the last 8 bytes the digest of those before. */
static inline void renew_digest(unsigned char *bytes, size_t count)
{
    put_u64(bytes + count - 8, XXH64(bytes, count - 8, 0));
}

/* Length, header, data, digest; the header as it is. free() it. */
static inline unsigned char *craft(const char *header, size_t length, const void *data, size_t data_count,
                                   size_t *count)
{
    *count = 8 + length + data_count + 8;
    unsigned char *bytes = malloc(*count);
    assert_non_null(bytes);
    put_u64(bytes, length);
    memcpy(bytes + 8, header, length);
    if (data_count > 0)
        memcpy(bytes + 8 + length, data, data_count);
    renew_digest(bytes, *count);
    return bytes;
}

/* In these texts ` stands for a quote of the header, ' for one of a JSON text in it. */
static inline void spell(char *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            *out++ = '\\';
        *out++ = *text == '\'' || *text == '`' ? '"' : *text;
    }
    *out = '\0';
}

/* The file, with `to` in its header where `from` stood. Frees `bytes`. */
static inline unsigned char *change(unsigned char *bytes, const char *from, const char *to, size_t *count)
{
    char *old = malloc(2 * strlen(from) + 1), *new = malloc(2 * strlen(to) + 1);
    spell(old, from);
    spell(new, to);
    size_t length = get_u64(bytes), size = *count;
    char *header = calloc(1, length + strlen(new) + 1);
    memcpy(header, bytes + 8, length);
    char *found = strstr(header, old);
    if (!found)
        fail_msg("the header has no %s", from);
    memmove(found + strlen(new), found + strlen(old), strlen(found + strlen(old)) + 1);
    memcpy(found, new, strlen(new));
    unsigned char *forged = craft(header, strlen(header), bytes + 8 + length, size - 8 - length - 8, count);
    free(header);
    free(bytes);
    free(old);
    free(new);
    return forged;
}

/* What is put where, and what the refusal says. */
struct forgery {
    const char *from, *to, *words;
};

/* The text says the words. */
static inline void says(const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("\"%s\" does not say \"%s\"", text, words);
}

/* Allocations of the library and of jansson alike: number `failing_allocation`
 * fails, and all behind it when `fail_for_ever`. */
static size_t allocations, failing_allocation;
static bool fail_for_ever;

static inline bool allocation_fails(size_t bytes)
{
    (void)bytes;
    size_t number = allocations++;
    return fail_for_ever ? number >= failing_allocation : number == failing_allocation;
}

static inline void *json_allocation(size_t bytes)
{
    if (!allocation_fails(bytes))
        return malloc(bytes);
    errno = ENOMEM;
    return NULL;
}

static inline void start_failing(size_t number, bool for_ever)
{
    allocations = 0;
    failing_allocation = number;
    fail_for_ever = for_ever;
    memory_fails = allocation_fails;
    json_set_alloc_funcs(json_allocation, free);
}

static inline void stop_failing(void)
{
    memory_fails = NULL;
    json_set_alloc_funcs(malloc, free);
}

#endif

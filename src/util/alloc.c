#include "util/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

bool (*memory_fails)(size_t bytes) = NULL;

size_t memory_product(size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? SIZE_MAX : bytes;
}

size_t memory_sum(size_t a, size_t b)
{
    size_t bytes;
    return __builtin_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

size_t memory_round(size_t bytes)
{
    size_t padded = memory_sum(bytes, MEMORY_ALIGNMENT - 1);
    return padded == SIZE_MAX ? SIZE_MAX : padded / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT;
}

/* `pointer` is the address of a pointer of any object type: it is set through
 * memcpy, so that no object is accessed as another type. */
static void set_pointer(void *pointer, void *value)
{
    memcpy(pointer, &value, sizeof value);
}

/* A block is aligned within one of malloc's, whose address stands right before it: malloc keeps what is
 * freed at hand, which aligned_alloc does not look at, and takes a third of its time for small blocks. */
static void **address_before(void *block)
{
    return (void **)block - 1;
}

static void *align(void *whole)
{
    char *end = (char *)whole + MEMORY_ALIGNMENT; /* malloc aligns to 16: there is room for an address */
    void *block = end - (uintptr_t)end % MEMORY_ALIGNMENT;
    *address_before(block) = whole;
    return block;
}

gemml_status memory_alloc(void *pointer, size_t count, size_t size)
{
    set_pointer(pointer, NULL);
    size_t bytes = memory_product(count, size), all = memory_sum(bytes, MEMORY_ALIGNMENT);
    if (all > PTRDIFF_MAX || (memory_fails && memory_fails(bytes)))
        return error_memory(bytes);
    void *whole = malloc(all);
    if (!whole)
        return error_memory(bytes);
    set_pointer(pointer, align(whole));
    return GEMML_OK;
}

gemml_status memory_zeroed(void *pointer, size_t count, size_t size)
{
    TRY(memory_alloc(pointer, count, size));
    void *block;
    memcpy(&block, pointer, sizeof block);
    memset(block, 0, count * size);
    return GEMML_OK;
}

gemml_status memory_copy(void *pointer, const void *source, size_t count, size_t size)
{
    TRY(memory_alloc(pointer, count, size));
    void *block;
    memcpy(&block, pointer, sizeof block);
    if (count * size > 0)
        memcpy(block, source, count * size);
    return GEMML_OK;
}

gemml_status memory_string(char **pointer, const char *source)
{
    return memory_copy(pointer, source, strlen(source) + 1, 1);
}

gemml_status memory_grow(void *pointer, size_t *capacity, size_t used, size_t count, size_t size)
{
    if (count <= *capacity)
        return GEMML_OK;
    size_t wanted = *capacity + *capacity / 2 + 16;
    if (wanted < count)
        wanted = count;
    void *old, *block;
    memcpy(&old, pointer, sizeof old);
    TRY(memory_alloc(&block, wanted, size));
    if (used > 0)
        memcpy(block, old, used * size);
    memory_free(old);
    set_pointer(pointer, block);
    *capacity = wanted;
    return GEMML_OK;
}

void memory_free(void *pointer)
{
    if (pointer)
        free(*address_before(pointer));
}

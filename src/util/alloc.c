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

gemml_status memory_alloc(void *pointer, size_t count, size_t size)
{
    set_pointer(pointer, NULL);
    size_t bytes = memory_product(count, size);
    size_t rounded = memory_round(bytes > 0 ? bytes : 1);
    if (rounded > PTRDIFF_MAX || (memory_fails && memory_fails(bytes)))
        return error_memory(bytes);
    void *block = aligned_alloc(MEMORY_ALIGNMENT, rounded);
    if (!block)
        return error_memory(bytes);
    set_pointer(pointer, block);
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
    free(pointer);
}

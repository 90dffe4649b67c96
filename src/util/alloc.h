/* Memory: the one place that calls malloc for the library. */
#ifndef GEMML_UTIL_ALLOC_H
#define GEMML_UTIL_ALLOC_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* Alignment of every block: a cache line, and the widest vector. */
#define MEMORY_ALIGNMENT 64

/* count * size, or SIZE_MAX when it overflows, which no allocation can meet. */
size_t memory_product(size_t count, size_t size);

/* a + b, saturating at SIZE_MAX likewise. */
size_t memory_sum(size_t a, size_t b);

/* `bytes` rounded up to MEMORY_ALIGNMENT, saturating. */
size_t memory_round(size_t bytes);

/* `*pointer` = count * size bytes, aligned to MEMORY_ALIGNMENT, not initialised
 * (memory_zeroed: zero), never NULL on success even for 0 bytes. MEMORY status,
 * with its sentence, and *pointer = NULL on failure. */
gemml_status memory_alloc(void *pointer, size_t count, size_t size);
gemml_status memory_zeroed(void *pointer, size_t count, size_t size);

/* A copy of count * size bytes. */
gemml_status memory_copy(void *pointer, const void *source, size_t count, size_t size);

/* A copy of a string. */
gemml_status memory_string(char **pointer, const char *source);

/* Grows *pointer, an array made here that holds `used` elements, to at least
 * `count` elements; *capacity is updated. The contents stay; on failure too. */
gemml_status memory_grow(void *pointer, size_t *capacity, size_t used, size_t count, size_t size);

/* NULL is allowed. */
void memory_free(void *pointer);

/* The seam for tests: when set, called before each allocation with its size;
 * true makes it fail. Set it while no other thread allocates. */
extern bool (*memory_fails)(size_t bytes);

#endif

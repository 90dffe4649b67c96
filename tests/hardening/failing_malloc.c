#include "failing_malloc.h"

#include "isolated.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

static atomic_size_t asked, failing;
static atomic_bool armed, for_ever_after;
static atomic_long live;

void malloc_arm(size_t k, bool for_ever)
{
    atomic_store(&asked, 0);
    atomic_store(&failing, k);
    atomic_store(&for_ever_after, for_ever);
    atomic_store(&armed, true);
}

size_t malloc_disarm(void)
{
    atomic_store(&armed, false);
    return atomic_load(&asked);
}

long malloc_live(void)
{
    return atomic_load(&live);
}

bool malloc_is_ours(void)
{
    long before = malloc_live();
    void *volatile block = malloc(1);
    bool counted = malloc_live() == before + 1;
    free(block);
    return counted;
}

#ifndef SANITIZED

static bool fails(void)
{
    if (!atomic_load(&armed))
        return false;
    size_t number = atomic_fetch_add(&asked, 1) + 1, k = atomic_load(&failing);
    bool failed = number == k || (number > k && atomic_load(&for_ever_after));
    if (failed)
        errno = ENOMEM;
    return failed;
}

/* The C library's own, by the names that it has for this purpose. */
extern void *__libc_malloc(size_t bytes);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t bytes);
extern void *__libc_memalign(size_t alignment, size_t bytes);
extern void __libc_free(void *block);

static void *counted(void *block)
{
    if (block)
        atomic_fetch_add(&live, 1);
    return block;
}

void *malloc(size_t bytes)
{
    return fails() ? NULL : counted(__libc_malloc(bytes));
}

void *calloc(size_t count, size_t size)
{
    return fails() ? NULL : counted(__libc_calloc(count, size));
}

void *realloc(void *block, size_t bytes)
{
    if (!block)
        return malloc(bytes);
    return fails() ? NULL : __libc_realloc(block, bytes);
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, bytes);
}

void *memalign(size_t alignment, size_t bytes)
{
    return fails() ? NULL : counted(__libc_memalign(alignment, bytes));
}

void *aligned_alloc(size_t alignment, size_t bytes)
{
    return memalign(alignment, bytes);
}

int posix_memalign(void **block, size_t alignment, size_t bytes)
{
    void *made = memalign(alignment, bytes);
    if (!made)
        return ENOMEM;
    *block = made;
    return 0;
}

void free(void *block)
{
    if (block)
        atomic_fetch_sub(&live, 1);
    __libc_free(block);
}

/* A thread that cannot be started is an allocation that failed: of its stack. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *data)
{
    static int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
    if (fails())
        return EAGAIN;
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "pthread_create");
    return real(thread, attributes, run, data);
}

#endif

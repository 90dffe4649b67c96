/* The guard around OpenBLAS.
 *
 * One mutex protects a count of those inside and the sum of their callers.
 * Meanwhile a host sees openblas_get_num_threads() == 1, and its own BLAS calls
 * run on one thread; the number it had comes back when the last one leaves,
 * unless the host has set another in the meantime.
 *
 * OpenBLAS keeps a work buffer for each concurrent caller and never gives it back.
 * So when more callers than ever are inside, address space for the new ones is
 * probed, and OpenBLAS is made to fetch their buffers at once: by the time it needs
 * them the space may be gone.
 *
 * There is an end to these buffers. So threads that would be too many wait before the
 * guard, first come, first served. Inside are the threads that entered, and beside them
 * the workers of the one pool. */
#include "kernel/linalg_guard.h"

#include <cblas.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#include "util/error.h"
#include "util/parallel.h"

/* Address space that one more caller may need: a buffer of 128 MB, aligned, and
 * what OpenBLAS maps besides. */
#define BUFFER_BYTES ((size_t)216 << 20)

/* Ours of OpenBLAS's buffers. It prints a warning when it gets to more than twice the number
 * of threads that it was built for, which Debian's is for 64: the other 64 are its own
 * threads', which keep one each, and the host's. */
#define MOST_BUFFERS LINALG_SLOTS

/* Of OpenBLAS, which exports but does not declare them; without them the buffers are only probed. */
extern void *blas_memory_alloc(int ignored) __attribute__((weak));
extern void blas_memory_free(void *buffer) __attribute__((weak));

/* A thread before the guard; on its stack. */
struct waiting {
    pthread_cond_t admitted;
    bool inside;
    struct waiting *next;
};

static struct {
    pthread_mutex_t lock;
    struct waiting *first, **last; /* the queue */
    size_t holders;                /* threads that have a slot */
    size_t entries;                /* linalg_enter without its linalg_leave yet */
    size_t callers;                /* the sum of their callers */
    size_t found;                  /* buffers that there are, or were address space for */
    void *buffers[MOST_BUFFERS];   /* of the first of them */
    int host_threads;              /* what to restore, when `lowered` */
    bool lowered;
    bool forked; /* this is a child process: OpenBLAS will start its threads anew */
} guard = {.lock = PTHREAD_MUTEX_INITIALIZER, .last = &guard.first};

/* This thread's share of guard.entries and guard.callers: what is left of them
 * in a child process that this thread forks. */
static _Thread_local size_t own_entries __attribute__((tls_model("initial-exec")));
static _Thread_local size_t own_callers __attribute__((tls_model("initial-exec")));
static _Thread_local bool own_slot __attribute__((tls_model("initial-exec")));

/* A fork waits until no other thread is changing the guard, so that the child
 * gets a consistent one. */
static void lock_before_fork(void)
{
    pthread_mutex_lock(&guard.lock);
}

static void unlock_in_parent(void)
{
    pthread_mutex_unlock(&guard.lock);
}

/* The other threads do not exist in the child, and will never leave, nor give back
 * buffers that they held. If they had lowered the number of BLAS threads, it stays so until the child's next
 * last leave: a fork handler must not start threads. */
static void reset_in_child(void)
{
    guard.entries = own_entries;
    guard.callers = own_callers;
    guard.holders = own_slot;
    guard.first = NULL;
    guard.last = &guard.first;
    guard.found = 0;
    guard.forked = true;
    pthread_mutex_unlock(&guard.lock);
}

/* At load, so that a child is known as one whatever its parent did. When memory is too
 * short even to register, the guard works but for forks. */
__attribute__((constructor)) static void watch_forks(void)
{
    (void)pthread_atfork(lock_before_fork, unlock_in_parent, reset_in_child);
}

/* ---- The queue --------------------------------------------------------------------- */

/* With the lock held: is there a slot, beside those of the pool's workers? One there always is. */
static bool has_slot(void)
{
    size_t threads = parallel_threads();
    return guard.holders < (threads < LINALG_SLOTS ? LINALG_SLOTS + 1 - threads : 1);
}

/* With the lock held: gives the slots that there are to those who wait longest. */
static void admit(void)
{
    while (guard.first && has_slot()) {
        struct waiting *next = guard.first;
        guard.first = next->next;
        if (!guard.first)
            guard.last = &guard.first;
        guard.holders++;
        next->inside = true;
        pthread_cond_signal(&next->admitted);
    }
}

/* With the lock held: waits for a slot. No thread may be cancelled meanwhile, for the queue leads over its stack. */
static void await_slot(void)
{
    struct waiting self = {.inside = false};
    int before;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    pthread_cond_init(&self.admitted, NULL);
    *guard.last = &self;
    guard.last = &self.next;
    while (!self.inside)
        pthread_cond_wait(&self.admitted, &guard.lock);
    pthread_cond_destroy(&self.admitted);
    pthread_setcancelstate(before, &before);
}

/* With the lock held: takes a slot, where this thread needs one. It does not when it is inside already, as in a
 * callback of the host's, or works for a thread that is: to wait then might be to wait for itself. */
static void take_slot(void)
{
    if (own_entries > 0 || parallel_inside())
        return;
    if (!guard.first && has_slot())
        guard.holders++;
    else
        await_slot();
    own_slot = true;
}

/* With the lock held: gives the slot back, when this thread is all out. */
static void give_slot(void)
{
    if (own_entries > 0 || !own_slot)
        return;
    own_slot = false;
    guard.holders--;
    admit();
}

/* ---- Buffers ----------------------------------------------------------------------- */

/* Can address space for the buffers of `count` more callers be had? */
static bool probe_buffers(size_t count)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, BUFFER_BYTES, &bytes))
        return false;
    void *space = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED)
        return false;
    munmap(space, bytes);
    return true;
}

static bool is_known(const void *buffer, size_t known)
{
    for (size_t i = 0; i < known; i++)
        if (guard.buffers[i] == buffer)
            return true;
    return false;
}

/* Takes buffers from OpenBLAS until `wanted` different ones are known, then gives them
 * back: it maps at most as many as are new. */
static void fetch_buffers(size_t known, size_t wanted)
{
    void *taken[2 * MOST_BUFFERS];
    size_t count = 0;
    while (known < wanted && count < 2 * MOST_BUFFERS) {
        void *buffer = blas_memory_alloc(0);
        if (!buffer)
            break;
        taken[count++] = buffer;
        if (!is_known(buffer, known))
            guard.buffers[known++] = buffer;
    }
    while (count > 0)
        blas_memory_free(taken[--count]);
}

/* Threads of OpenBLAS that have yet to take a buffer, which they keep: those of a child
 * process. Elsewhere they took theirs when they were started. */
static size_t threads_to_come(void)
{
    int threads = guard.lowered ? guard.host_threads : openblas_get_num_threads();
    return guard.forked && threads > 1 ? (size_t)threads - 1 : 0;
}

/* Is there room for so many concurrent callers? More than the slots, where many entered, are not
 * in BLAS at the same time. With the lock held. */
static bool make_room(size_t others, size_t callers)
{
    size_t wanted, most = callers > LINALG_SLOTS ? callers : LINALG_SLOTS;
    if (__builtin_add_overflow(others, callers, &wanted))
        return false;
    callers = wanted < most ? wanted : most;
    if (__builtin_add_overflow(callers, threads_to_come(), &wanted))
        return false;
    if (wanted <= guard.found)
        return true;
    if (!probe_buffers(wanted - guard.found))
        return false;
    if (blas_memory_alloc && blas_memory_free && guard.found < MOST_BUFFERS)
        fetch_buffers(guard.found, wanted < MOST_BUFFERS ? wanted : MOST_BUFFERS);
    guard.found = wanted;
    return true;
}

/* ---- The number of threads --------------------------------------------------------- */

/* With the lock held, and after make_room: setting the number makes OpenBLAS
 * fetch a buffer. */
static void lower_threads(void)
{
    int threads = openblas_get_num_threads();
    if (threads == 1)
        return;
    guard.host_threads = threads;
    guard.lowered = true;
    openblas_set_num_threads(1);
}

/* With the lock held. */
static void restore_threads(void)
{
    if (guard.lowered && openblas_get_num_threads() == 1)
        openblas_set_num_threads(guard.host_threads);
    guard.lowered = false;
}

/* ---- In and out -------------------------------------------------------------------- */

/* With the lock held. */
static bool enter_locked(size_t callers)
{
    if (!make_room(guard.callers, callers))
        return false;
    lower_threads();
    guard.entries++;
    guard.callers += callers;
    own_entries++;
    own_callers += callers;
    return true;
}

gemml_status linalg_enter(size_t callers)
{
    pthread_mutex_lock(&guard.lock);
    take_slot();
    size_t others = guard.callers, taken = threads_to_come();
    size_t found = guard.found > taken ? guard.found - taken : 0;
    bool entered = enter_locked(callers);
    if (!entered)
        give_slot();
    pthread_mutex_unlock(&guard.lock);
    if (entered)
        return GEMML_OK;
    return error_set(GEMML_ERROR_MEMORY,
                     "out of memory: OpenBLAS needs %zu MB of address space for each of %zu threads beside %zu that "
                     "compute already, and there was room for %zu only",
                     BUFFER_BYTES >> 20, callers, others, found);
}

void linalg_leave(size_t callers)
{
    pthread_mutex_lock(&guard.lock);
    guard.entries--;
    guard.callers -= callers;
    own_entries--;
    own_callers -= callers;
    if (guard.entries == 0)
        restore_threads();
    give_slot();
    pthread_mutex_unlock(&guard.lock);
}

const char *linalg_build(void)
{
    return openblas_get_config();
}

const char *linalg_core(void)
{
    return openblas_get_corename();
}

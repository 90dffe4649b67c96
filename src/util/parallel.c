/* The thread pool.
 *
 * A caller publishes a job (task, context, count) and takes part in it: whoever
 * works on it takes the next index from an atomic counter. Workers that come in
 * time join; the caller waits only for those that did, and so never depends on
 * a thread that is asleep, was never started, or is gone after a fork.
 *
 * All state is changed under one mutex. Idle workers first look for a short
 * while at `events`, then sleep: a training loop publishes jobs every few
 * microseconds, and waking a thread through the kernel takes longer than that. */
#include "util/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "util/error.h"

#define MAX_THREADS GEMML_THREADS_MAX
#define SPIN_NANOSECONDS 30000
#define EXIT_PATIENCE_SECONDS 1

/* What the user asked for. 0: not yet known. */
static atomic_size_t chosen_threads, default_threads;

/* The host's own parallel_for; run is NULL when there is none. */
static struct {
    gemml_parallel_for run;
    void *host;
    size_t concurrency;
} host;

static struct {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* workers: something happened */
    pthread_cond_t done; /* the caller: the last worker left the job */
    bool busy;           /* somebody has a job here, or the process is ending */
    size_t threads;      /* parallel_threads() at the last job */
    bool refused;        /* the system would not start as many workers */
    bool spin;           /* there is a core for each of them */
    unsigned process;    /* generation of forks: differs in a child process */
    size_t started;      /* workers */
    size_t kept;         /* workers from this number on are to end */
    size_t asleep;       /* workers in `wake` */
    pthread_t workers[MAX_THREADS - 1];

    gemml_task task;
    void *context;
    size_t count;
    atomic_uint events;   /* bumped for each job and each call to end */
    atomic_size_t joined; /* workers in the job */
    _Alignas(64) atomic_size_t next;
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER, .done = PTHREAD_COND_INITIALIZER};

/* Is this thread running a task? Then what it wants in parallel runs inline. */
static _Thread_local bool inside __attribute__((tls_model("initial-exec")));

static size_t usable_cores(void)
{
    cpu_set_t sets[8]; /* 8192 processors: one set may be too small for the kernel's */
    if (sched_getaffinity(0, sizeof sets, sets) != 0)
        return 1;
    int cores = CPU_COUNT_S(sizeof sets, sets);
    return cores < 1 ? 1 : cores > MAX_THREADS ? MAX_THREADS : (size_t)cores;
}

/* The number in GEMML_NUM_THREADS, 0 when there is none from 1 to MAX_THREADS. */
static size_t environment_threads(void)
{
    const char *text = getenv("GEMML_NUM_THREADS");
    size_t threads = 0;
    if (!text)
        return 0;
    for (; *text >= '0' && *text <= '9' && threads <= MAX_THREADS; text++)
        threads = 10 * threads + (size_t)(*text - '0');
    return *text == '\0' && threads <= MAX_THREADS ? threads : 0;
}

static size_t pool_threads(void)
{
    size_t threads = atomic_load(&chosen_threads);
    if (threads == 0)
        threads = atomic_load(&default_threads);
    if (threads == 0) {
        threads = environment_threads();
        if (threads == 0)
            threads = usable_cores();
        atomic_exchange(&default_threads, threads);
    }
    return threads;
}

size_t parallel_threads(void)
{
    return host.run ? host.concurrency : pool_threads();
}

bool parallel_inside(void)
{
    return inside;
}

gemml_status parallel_set_threads(size_t threads)
{
    if (threads > MAX_THREADS)
        return error_set(GEMML_ERROR_ARGUMENT, "threads is %zu, but at most %d are possible", threads, MAX_THREADS);
    if (threads == 0)
        atomic_exchange(&default_threads, 0);
    atomic_exchange(&chosen_threads, threads);
    return GEMML_OK;
}

gemml_status parallel_set_host(gemml_parallel_for run, void *data, size_t concurrency)
{
    if (run && (concurrency < 1 || concurrency > MAX_THREADS))
        return error_set(GEMML_ERROR_ARGUMENT, "concurrency is %zu, but must be from 1 to %d", concurrency,
                         MAX_THREADS);
    host.run = run;
    host.host = data;
    host.concurrency = concurrency;
    return GEMML_OK;
}

static void pause_core(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static long long nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

/* Has the time to look, without sleeping, come to an end? Reads the clock at
 * every 16th look only; *deadline is 0 at the first. */
static bool spin_over(unsigned *looks, long long *deadline)
{
    pause_core();
    if (++*looks % 16 != 0)
        return false;
    long long now = nanoseconds();
    if (*deadline == 0)
        *deadline = now + SPIN_NANOSECONDS;
    return now >= *deadline;
}

static size_t take_task(void)
{
    return atomic_fetch_add_explicit(&pool.next, 1, memory_order_relaxed);
}

/* Runs task `first`, and takes more until none is left. */
static void run_tasks(size_t first, size_t count, gemml_task task, void *context)
{
    bool outer = inside;
    inside = true;
    for (size_t i = first; i < count; i = take_task())
        task(context, i);
    inside = outer;
}

static void run_inline(size_t count, gemml_task task, void *context)
{
    bool outer = inside;
    inside = true;
    for (size_t i = 0; i < count; i++)
        task(context, i);
    inside = outer;
}

/* Worker, with the lock held: waits until something may have happened. */
static void wait_for_event(void)
{
    unsigned before = atomic_load(&pool.events), looks = 0;
    long long deadline = 0;
    if (pool.spin) {
        pthread_mutex_unlock(&pool.lock);
        while (atomic_load_explicit(&pool.events, memory_order_relaxed) == before && !spin_over(&looks, &deadline))
            ;
        pthread_mutex_lock(&pool.lock);
    }
    if (atomic_load(&pool.events) == before) {
        pool.asleep++;
        pthread_cond_wait(&pool.wake, &pool.lock);
        pool.asleep--;
    }
}

/* Worker, with the lock held: takes part in the job, beginning with task `first`.
 * False: this is another process, forked by a task, where the pool does not know
 * this thread. */
static bool join_job(size_t first)
{
    unsigned process = pool.process;
    size_t count = pool.count;
    gemml_task task = pool.task;
    void *context = pool.context;
    atomic_fetch_add(&pool.joined, 1);
    pthread_mutex_unlock(&pool.lock);
    run_tasks(first, count, task, context);
    pthread_mutex_lock(&pool.lock);
    if (pool.process != process)
        return false;
    if (atomic_fetch_sub(&pool.joined, 1) == 1)
        pthread_cond_signal(&pool.done);
    return true;
}

/* Joins jobs, each with a task in hand: the caller shall not wait for a worker
 * that came too late to help. */
static void *worker_main(void *number)
{
    size_t self = (size_t)(uintptr_t)number;
    bool known = true;
    pthread_mutex_lock(&pool.lock);
    while (known && self < pool.kept) {
        size_t first = atomic_load(&pool.next) < pool.count ? take_task() : pool.count;
        if (first < pool.count)
            known = join_job(first);
        else
            wait_for_event();
    }
    pthread_mutex_unlock(&pool.lock);
    return NULL;
}

/* With the lock held and the pool busy: ends all workers but the first `kept`. */
static void stop_workers(size_t kept)
{
    pool.kept = kept;
    atomic_fetch_add(&pool.events, 1);
    pthread_cond_broadcast(&pool.wake);
    pthread_mutex_unlock(&pool.lock);
    for (size_t i = kept; i < pool.started; i++)
        pthread_join(pool.workers[i], NULL);
    pthread_mutex_lock(&pool.lock);
    pool.started = kept;
}

/* With the lock held and the pool busy: starts workers until there are `wanted`.
 * They block all signals, so that a host's handlers run on the host's threads. */
static void start_workers(size_t wanted)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pool.kept = wanted;
    while (pool.started < wanted && !pool.refused) {
        void *number = (void *)(uintptr_t)pool.started;
        pool.refused = pthread_create(&pool.workers[pool.started], NULL, worker_main, number) != 0;
        pool.started += !pool.refused;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* A fork waits for whoever is changing the pool's state. */
static void lock_before_fork(void)
{
    pthread_mutex_lock(&pool.lock);
}

static void unlock_in_parent(void)
{
    pthread_mutex_unlock(&pool.lock);
}

/* In a child process there are no workers, whatever the parent's were doing. A
 * task that forks goes on in the child without them, so `next` stays. */
static void reset_in_child(void)
{
    pthread_cond_init(&pool.wake, NULL);
    pthread_cond_init(&pool.done, NULL);
    pool.busy = false;
    pool.process++;
    pool.threads = pool.started = pool.kept = pool.asleep = pool.count = 0;
    atomic_exchange(&pool.joined, 0);
    pthread_mutex_unlock(&pool.lock);
}

static bool forks_watched;

static void watch_forks(void)
{
    forks_watched = pthread_atfork(lock_before_fork, unlock_in_parent, reset_in_child) == 0;
}

/* With the lock held and the pool busy: as many workers as `threads` and
 * `count` can use. They are started when first wanted. */
static void adjust_workers(size_t threads, size_t count)
{
    size_t most = threads - 1, wanted = count - 1 < most ? count - 1 : most;
    if (pool.threads != threads) {
        pool.threads = threads;
        pool.refused = !forks_watched;
        pool.spin = threads <= usable_cores();
        if (pool.started > most)
            stop_workers(most);
    }
    if (pool.started < wanted && !pool.refused)
        start_workers(wanted);
}

/* With the lock held and the pool busy. */
static void publish(size_t count, gemml_task task, void *context)
{
    pool.task = task;
    pool.context = context;
    pool.count = count;
    atomic_exchange(&pool.next, 0);
    atomic_fetch_add(&pool.events, 1);
    if (pool.asleep <= count - 1)
        pthread_cond_broadcast(&pool.wake);
    else
        for (size_t i = 0; i < count - 1; i++)
            pthread_cond_signal(&pool.wake);
}

/* The caller, with the lock held and no task left: waits for the workers that
 * joined. A fork leaves none of them behind in the child. */
static void await_workers(void)
{
    unsigned looks = 0;
    long long deadline = 0;
    if (pool.spin && atomic_load(&pool.joined) > 0) {
        pthread_mutex_unlock(&pool.lock);
        while (atomic_load_explicit(&pool.joined, memory_order_relaxed) > 0 && !spin_over(&looks, &deadline))
            ;
        pthread_mutex_lock(&pool.lock);
    }
    while (atomic_load(&pool.joined) > 0)
        pthread_cond_wait(&pool.done, &pool.lock);
}

/* Runs a job on the pool; false when another thread has one there. */
static bool run_on_pool(size_t threads, size_t count, gemml_task task, void *context)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);

    pthread_mutex_lock(&pool.lock);
    bool available = !pool.busy;
    unsigned process = pool.process;
    if (available) {
        pool.busy = true;
        adjust_workers(threads, count);
        publish(count, task, context);
    }
    pthread_mutex_unlock(&pool.lock);
    if (!available)
        return false;

    run_tasks(take_task(), count, task, context);

    pthread_mutex_lock(&pool.lock);
    if (pool.process == process) {
        await_workers();
        pool.busy = false;
    }
    pthread_mutex_unlock(&pool.lock);
    return true;
}

struct hosted {
    gemml_task task;
    void *context;
};

/* A task on a thread of the host's. */
static void run_hosted(void *job, size_t index)
{
    const struct hosted *hosted = job;
    bool outer = inside;
    inside = true;
    hosted->task(hosted->context, index);
    inside = outer;
}

void parallel_for(size_t count, gemml_task task, void *context)
{
    if (count > 1 && !inside && host.run && host.concurrency > 1) {
        struct hosted hosted = {task, context};
        host.run(host.host, count, run_hosted, &hosted);
    } else if (count <= 1 || inside || host.run || !run_on_pool(pool_threads(), count, task, context)) {
        run_inline(count, task, context);
    }
}

/* At exit, and at dlclose where the library is linked into a plugin: ends the
 * workers of an idle pool, for good. A busy one is left as it is, and so is one
 * whose lock this very thread may hold (exit in a signal handler). */
__attribute__((destructor)) static void end_pool(void)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += EXIT_PATIENCE_SECONDS;
    if (pthread_mutex_timedlock(&pool.lock, &deadline) != 0)
        return;
    if (!pool.busy) {
        pool.busy = true;
        stop_workers(0);
    }
    pthread_mutex_unlock(&pool.lock);
}

/* Threads: a small pool, or the host's parallel_for (gemml_set_parallel_for). */
#ifndef GEMML_UTIL_PARALLEL_H
#define GEMML_UTIL_PARALLEL_H

#include <gemml/base.h>
#include <stdbool.h>

/* How many tasks may run at once, the caller's included: what
 * gemml_set_threads or the host said; at least 1. */
size_t parallel_threads(void);

/* Is this thread running a task? Then what it wants in parallel runs inline. */
bool parallel_inside(void);

/* What gemml_set_threads and gemml_set_parallel_for do. */
gemml_status parallel_set_threads(size_t threads);
gemml_status parallel_set_host(gemml_parallel_for run, void *host, size_t concurrency);

/* Runs task(context, i) for each i in [0, count), each once, and returns when
 * all have returned. Tasks are handed out in order of i. Runs all of them on the
 * caller when count or parallel_threads() is 1, when called from inside a task,
 * or when another thread is using the pool: it never waits for a thread that is
 * not working for it. Threads that cannot be started are done without. */
void parallel_for(size_t count, gemml_task task, void *context);

#endif

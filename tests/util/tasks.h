/* Tasks that the tests of the pool share. */
#ifndef GEMML_TESTS_UTIL_TASKS_H
#define GEMML_TESTS_UTIL_TASKS_H

#include "children.h"

#include <pthread.h>

#include "util/parallel.h"

#define MOST_TASKS 5000

static int hits[MOST_TASKS]; /* plain: each is written by one task, and read after parallel_for */
static _Thread_local size_t last_index;
static _Thread_local unsigned last_job;
static unsigned current_job;
static atomic_size_t out_of_order;

static inline void hit(void *context, size_t index)
{
    int *counts = context;
    counts[index]++;
    if (last_job == current_job && index <= last_index)
        atomic_fetch_add(&out_of_order, 1);
    last_job = current_job;
    last_index = index;
}

static inline bool every_index_once(size_t count)
{
    memset(hits, 0, sizeof hits);
    current_job++;
    parallel_for(count, hit, hits);
    for (size_t i = 0; i < MOST_TASKS; i++)
        if (hits[i] != (i < count))
            return false;
    return true;
}

struct meeting {
    atomic_size_t arrived;
    atomic_size_t alone;
    size_t wanted;
};

/* Comes back only when so many tasks run at the same time. */
static inline void meet(void *context, size_t index)
{
    struct meeting *meeting = context;
    (void)index;
    atomic_fetch_add(&meeting->arrived, 1);
    if (!await_count(&meeting->arrived, meeting->wanted))
        atomic_fetch_add(&meeting->alone, 1);
}

static inline bool tasks_meet(size_t tasks)
{
    struct meeting meeting = {.wanted = tasks};
    parallel_for(tasks, meet, &meeting);
    return atomic_load(&meeting.alone) == 0;
}

struct nest {
    atomic_size_t inner, elsewhere;
    bool slow; /* such that any idle worker would have the time to come */
};

struct nested_call {
    struct nest *nest;
    pthread_t thread;
};

static inline void inner_task(void *context, size_t index)
{
    struct nested_call *call = context;
    (void)index;
    atomic_fetch_add(&call->nest->inner, 1);
    if (call->nest->slow)
        nap();
    if (!pthread_equal(call->thread, pthread_self()))
        atomic_fetch_add(&call->nest->elsewhere, 1);
}

static inline void square(void *context, size_t index)
{
    size_t *squares = context;
    squares[index] = index * index;
}

#endif

/* Ways to run the same computation: on 1 to 4 threads of the pool, and by a host
 * that runs tasks one after another, backwards or shuffled. Results must have the
 * same bits for all of them. */
#ifndef GEMML_TESTS_FOLD_SCHEDULE_H
#define GEMML_TESTS_FOLD_SCHEDULE_H

#include <gemml/base.h>

#include "support/guard.h"
#include "support/support.h"

enum { SCHEDULES = 7, SCHEDULE_BACKWARDS = 4 };

static inline void run_backwards(void *host, size_t count, gemml_task task, void *context)
{
    (void)host;
    for (size_t i = count; i-- > 0;)
        task(context, i);
}

/* In the order of a random permutation; `host` is the generator's state. */
static inline void run_shuffled(void *host, size_t count, gemml_task task, void *context)
{
    size_t *order = malloc((count + 1) * sizeof *order);
    for (size_t i = 0; i < count; i++) {
        size_t j = (size_t)((test_random(host) + 1) / 2 * (double)(i + 1));
        order[i] = order[j];
        order[j] = i;
    }
    for (size_t i = 0; i < count; i++)
        task(context, order[i]);
    free(order);
}

/* Schedules 0 to 3 are 1 to 4 threads, 4 is backwards, 5 and 6 are shuffled. */
static inline void schedule_use(size_t schedule)
{
    static uint64_t shuffle;
    shuffle = schedule;
    if (schedule < SCHEDULE_BACKWARDS) {
        assert_int_equal(gemml_set_parallel_for(NULL, NULL, 1), GEMML_OK);
        assert_int_equal(gemml_set_threads(schedule + 1), GEMML_OK);
    } else {
        gemml_parallel_for run = schedule == SCHEDULE_BACKWARDS ? run_backwards : run_shuffled;
        assert_int_equal(gemml_set_parallel_for(run, &shuffle, 3), GEMML_OK);
    }
}

static inline int schedule_restore(void **state)
{
    (void)state;
    schedule_use(0);
    return 0;
}

#endif

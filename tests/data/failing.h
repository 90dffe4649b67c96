/* Makes the k-th allocation fail, once or for ever. */
#ifndef GEMML_TESTS_DATA_FAILING_H
#define GEMML_TESTS_DATA_FAILING_H

#include "support/support.h"

#include "util/alloc.h"

static size_t failing_countdown;
static bool failing_for_ever;

static bool failing_decide(size_t bytes)
{
    (void)bytes;
    if (failing_countdown == 0)
        return failing_for_ever;
    return --failing_countdown == 0;
}

/* Runs `work` with the k-th allocation failing, for k = 1, 2, ... until it
 * succeeds without one that failed; every failure must be of memory. */
static void fail_each_allocation(gemml_status (*work)(void *), void *context)
{
    for (int for_ever = 0; for_ever <= 1; for_ever++) {
        size_t failures = 0;
        for (size_t k = 1;; k++) {
            failing_countdown = k;
            failing_for_ever = for_ever;
            memory_fails = failing_decide;
            gemml_status status = work(context);
            memory_fails = NULL;
            if (status == GEMML_OK)
                break;
            assert_int_equal(status, GEMML_ERROR_MEMORY);
            assert_non_null(strstr(error_text(), "out of memory"));
            failures++;
        }
        assert_true(failures > 0);
        assert_true(failing_countdown > 0); /* success, for no allocation failed */
    }
}

#endif

/* The guard around OpenBLAS, entered for a group of white-box tests: its setup and teardown. */
#ifndef GEMML_TESTS_SUPPORT_GUARD_H
#define GEMML_TESTS_SUPPORT_GUARD_H

#include "kernel/linalg_guard.h"

enum { GUARDED_CALLERS = 4 }; /* threads that may call BLAS at once */

static inline int guard_enter(void **state)
{
    (void)state;
    return linalg_enter(GUARDED_CALLERS);
}

static inline int guard_leave(void **state)
{
    (void)state;
    linalg_leave(GUARDED_CALLERS);
    return 0;
}

#endif

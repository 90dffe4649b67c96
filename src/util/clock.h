/* Time that passes: for progress, budgets and reports, never for results. */
#ifndef GEMML_UTIL_CLOCK_H
#define GEMML_UTIL_CLOCK_H

#include <time.h>

/* Seconds since some moment; never goes back. */
static inline double clock_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

#endif

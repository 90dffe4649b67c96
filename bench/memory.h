/* How much memory a run takes, by the kernel's account of resident pages. */
#ifndef GEMML_BENCH_MEMORY_H
#define GEMML_BENCH_MEMORY_H

/* Gives free memory back to the system, and begins a new high-water mark here. */
void memory_mark(void);

/* The peak of resident bytes since, beyond those that were resident then; NaN where
 * the kernel does not say (Linux's /proc). */
double memory_beyond_mark(void);

#endif

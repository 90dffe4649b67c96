/* The guard around OpenBLAS: one BLAS thread, and a work buffer that is there.
 *
 * With two or more BLAS threads OpenBLAS exits the process when a malloc fails,
 * and its bits depend on their number; and it loops for ever when it cannot map
 * its work buffer. So every public function that computes enters the guard. */
#ifndef GEMML_KERNEL_LINALG_GUARD_H
#define GEMML_KERNEL_LINALG_GUARD_H

#include <gemml/base.h>

/* So many threads can be in BLAS at once: those that entered, and beside them
 * parallel_threads() - 1 workers of the pool, or of the host's. */
#define LINALG_SLOTS 64

/* Waits until there is a slot, unless this thread is inside already, or runs a task.
 * Then sets OpenBLAS to one thread (the first to enter keeps the host's number) and
 * makes sure that address space for the buffers of `callers` concurrent BLAS
 * callers, and of those who entered before, can be had.
 * Errors: MEMORY; then the guard was not entered. */
gemml_status linalg_enter(size_t callers);

/* Undoes one linalg_enter with the same number; the last one out restores the
 * host's number of BLAS threads. */
void linalg_leave(size_t callers);

/* OpenBLAS's own description of its build and core type. */
const char *linalg_build(void);
const char *linalg_core(void);

#endif

/* What is counted while a case runs: how much work the library makes of a problem, in
 * numbers that do not depend on the machine's speed. */
#ifndef GEMML_TESTS_COUNTS_H
#define GEMML_TESTS_COUNTS_H

#include <stddef.h>

enum count {
    COUNT_ALLOCATIONS,
    COUNT_KILOBYTES, /* allocated, over all allocations */
    COUNT_ROWS,      /* handed out by sources: rows of the table times passes over it */
    COUNT_SCANNED,   /* elements looked at for NaN and infinity */
    COUNT_PARALLEL,  /* calls of parallel_for: places where threads wait for each other */
    COUNT_TASKS,     /* in them: blocks */
    COUNT_GEMM,
    COUNT_GEMV,
    COUNT_SYRK,
    COUNT_LEVEL_1,  /* axpy, scal, dot */
    COUNT_PRODUCTS, /* multiplications in gemm, gemv, syrk and trsm */
    COUNT_FACTORS,  /* Cholesky, QR of a block, singular values, eigenvalues */
    COUNT_ITERATIONS,
    COUNT_EPOCHS,
    COUNTS
};

/* Of the case that runs; wrappers.c adds to it. One thread. */
extern size_t counted[COUNTS];

#endif

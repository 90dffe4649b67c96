/* The bare products of a step of training: the step's own pass, forward and backward, of a
 * chain without biases, activations and loss, over rows that lie ready. Beside the calls of
 * gemm, in the step's tiles and blocks, only a memset of each Z is left (where a step copies
 * the biases) and a copy of D_L. */
#ifndef GEMML_BENCH_BARE_STEP_H
#define GEMML_BENCH_BARE_STEP_H

#include "chain/pass.h"

struct bare_step {
    struct chain chain;
    size_t rows, block, count; /* rows of the batch, of a block; blocks */
    const real *X, *theta;
    real *last;            /* D_L, rows x outputs */
    real *gradients;       /* dF/dtheta of each block; the biases' are not written */
    char *memory;          /* of the blocks' passes */
    size_t bytes_of_block; /* in it */
};

/* Of a step of `chain` on X (rows x inputs). X and theta are the caller's, and stay.
 * *bare may be freed after an error too. Errors: MEMORY. */
gemml_status bare_step_create(struct bare_step *bare, const struct chain *chain, size_t rows, const real *X,
                              const real *theta);
void bare_step_free(struct bare_step *bare);

/* Once, on the library's threads; between linalg_enter and linalg_leave. */
gemml_status bare_step_run(const struct bare_step *bare);

#endif

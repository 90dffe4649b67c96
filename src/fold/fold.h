/* Folds: everything that looks at data is an accumulator folded over a source.
 *
 * The rows are cut into blocks; each block is added to a state of its own;
 * states are merged by a binary counter on the block's index: neighbours of
 * equal size as soon as both are there, what is left from low to high. Which
 * states are merged, and in which order, depends on the number of rows and on
 * block_rows alone, so the bits of the result do not depend on threads. */
#ifndef GEMML_FOLD_FOLD_H
#define GEMML_FOLD_FOLD_H

#include <stddef.h>

#include "util/error.h"

/* A state is state_bytes of memory without pointers into itself. `job` is what
 * all tasks read. add() and merge() run on several threads, each on its own
 * state; scratch belongs to the call of add(). */
struct accumulator {
    size_t state_bytes, scratch_bytes;
    void (*init)(const void *job, void *state);
    gemml_status (*add)(const void *job, void *state, size_t first, size_t count, void *scratch);
    void (*merge)(const void *job, void *into, const void *from); /* `into` holds the earlier rows */
    size_t strip_rows; /* add() gets a block in strips of at most so many rows; 0: whole */
};

/* *state (state_bytes, the caller's) = the fold of rows first .. first + rows - 1,
 * in blocks of block_rows >= 1. The state is undefined after an error.
 * Memory: about threads + log2(blocks) states, and threads scratches. */
gemml_status fold(const struct accumulator *accumulator, const void *job, size_t first, size_t rows, size_t block_rows,
                  void *state);

/* A fold that sums nothing: add() sees each strip of rows once, with a state of no use.
 * For what is written row by row. */
gemml_status fold_each(gemml_status (*add)(const void *job, void *state, size_t first, size_t count, void *scratch),
                       const void *job, size_t rows, size_t block_rows, size_t strip_rows, size_t scratch_bytes);

/* Memory that one fold after another uses, so that only the first allocates. Zeroed:
 * empty. It serves one fold at a time. */
struct fold_workspace {
    struct node *states, *scratches; /* that are free */
    size_t state_bytes, scratch_bytes;
};

/* The same in a workspace. Nothing is allocated where fold_reserve has seen an
 * accumulator of the same sizes, as many rows and as many threads. */
gemml_status fold_in(struct fold_workspace *workspace, const struct accumulator *accumulator, const void *job,
                     size_t first, size_t rows, size_t block_rows, void *state);

/* Allocates what a fold needs in the worst of orders: of b blocks on t threads, t
 * scratches and min(b, t + (t + 1) log2 b) states (none for one block). Errors: MEMORY. */
gemml_status fold_reserve(struct fold_workspace *workspace, const struct accumulator *accumulator, size_t rows,
                          size_t block_rows);

void fold_workspace_free(struct fold_workspace *workspace);

#endif

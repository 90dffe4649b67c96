/* Sources: what hands out blocks of rows as reals.
 *
 *   block(source, first, count) -> X (count x features), Y (count x outputs), w
 *
 * A view source stands on matrices of any dtype (also a mapped NPY file's) and
 * can select rows by an index, or take them as a permutation says (minibatches), and
 * apply the input map (x - shift) * scale; it hands out the caller's memory itself
 * where nothing has to be converted. */
#ifndef GEMML_FOLD_SOURCE_H
#define GEMML_FOLD_SOURCE_H

#include <stdbool.h>

#include "kernel/permutation.h"
#include "kernel/real.h"
#include "util/error.h"

struct block {
    size_t rows;
    const real *X; /* rows x features, row stride ldx */
    size_t ldx;
    bool in_place; /* X is the source's own memory, where the rows behind follow */
    const real *Y; /* rows x outputs, row stride ldy; NULL when there are none */
    size_t ldy;
    const real *w;       /* rows; NULL: all ones */
    const double *X_low; /* rows x features, row stride ldx_low: what the rounding to X lost; NULL: nothing */
    size_t ldx_low;
};

struct source {
    size_t rows, features, outputs;
    /* Bytes of scratch that a block of `count` rows needs at most. */
    size_t (*scratch)(const struct source *source, size_t count);
    /* Fills `block`, valid as long as the scratch and the source. Safe from many
     * threads at once, each with its own scratch. */
    gemml_status (*block)(const struct source *source, size_t first, size_t count, void *scratch, struct block *block);
};

struct view_source {
    struct source source; /* first: a view source is a source */
    gemml_view x, y, weight;
    gemml_view x_low;    /* f64, handed out as it is: only where neither order nor map is set; or zeroed */
    const size_t *order; /* row i is row order[i] of the views; NULL: i */
    const struct permutation *permutation; /* or the row that this makes of i: where `order` is NULL; or NULL */
    const double *shift, *scale;           /* of x, one per feature; both NULL: x as it is */
    const double *y_shift, *y_scale;       /* of y likewise */
    double weight_scale;                   /* weights are multiplied by it; 0: they are as they are */
};

/* A source on views that have been checked; y and weight may be zeroed. Borrows
 * everything; x_low is zeroed, order, permutation and the map are NULL, and may be set afterwards. */
struct view_source R(view_source)(gemml_view x, gemml_view y, gemml_view weight);

/* NONFINITE, with a sentence that names the first entry of x, y or weight that is
 * not finite; OK when all are. One pass. */
gemml_status R(source_find_nonfinite)(const struct view_source *source);

/* The error for a dataset in which a sum came out non-finite: NONFINITE with a
 * sentence that names the first entry of x, y or weight that is not finite, or
 * says that the sums overflowed. */
gemml_status R(source_explain_nonfinite)(const struct view_source *source);

/* Reads X once from its first row to its last, and keeps nothing of it. A product of a
 * matrix and a vector walks four rows at a time, which memory serves at half its rate or
 * less; walked in order before, the block comes from the cache. */
void R(block_fetch)(const struct block *block, size_t features);

/* Are all of a block's X finite? */
bool R(block_finite)(const struct block *block, size_t features);

#endif

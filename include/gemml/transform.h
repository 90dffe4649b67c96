/* Splits: which rows are learnt from, and which are held out. */
#ifndef GEMML_TRANSFORM_H
#define GEMML_TRANSFORM_H

#include "table.h"

GEMML_BEGIN_DECLS

/* How rows are split in two. Start from GEMML_SPLIT_OPTIONS_INIT. */
typedef struct gemml_split_options {
    size_t struct_size;
    double share;         /* of the rows that are held out: above 0, below 1 (default 0.2) */
    uint64_t seed;        /* equal seeds give equal splits (default 0) */
    const char *stratify; /* a column, whose values are spread evenly over both parts; NULL: none */
} gemml_split_options;
#define GEMML_SPLIT_OPTIONS_INIT                  \
    {                                             \
        sizeof(gemml_split_options), 0.2, 0, NULL \
    }
static inline void gemml_split_options_init(gemml_split_options *options)
{
    gemml_split_options initial = GEMML_SPLIT_OPTIONS_INIT;
    *options = initial;
}

/* Splits a table's n rows at random: round(share n) of them, but at least one and
 * at most n - 1, go to `held`, the others to `train`, each in the table's order.
 *
 *   train, held  out: tables that show rows of `table`, each to be freed by
 *                gemml_table_free, before `table`; untouched on failure
 *   table        borrowed: must outlive both
 *   options      NULL: defaults. `stratify` names a column, by name or by index (-1
 *                is the last); then each of its values is in `held` with its share of
 *                the rows, give or take one, and a value's first row (of those drawn)
 *                is always in `train`: no value is in `held` alone. Missing values
 *                are a value like any other here
 *
 * A schema that is fitted to `train` knows nothing of the rows in `held`; the types
 * of columns are those of the whole table. Which rows are drawn depends on the seed,
 * the number of rows and the values of the stratifying column alone.
 * Safe from any thread. Cost: O(n), with `stratify` O(n log n); n + 8 n bytes.
 * Method: stratified systematic sampling of shuffled rows (Cochran, Sampling
 * Techniques, 1977, sections 5 and 8).
 * Errors: ARGUMENT (share out of range, no such column, fewer than two rows), MEMORY. */
GEMML_API gemml_status gemml_table_split(gemml_table **train, gemml_table **held, const gemml_table *table,
                                         const gemml_split_options *options);

GEMML_END_DECLS

#endif

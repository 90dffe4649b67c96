/* Rows of a table that learning uses. */
#ifndef GEMML_DATA_ROWS_H
#define GEMML_DATA_ROWS_H

#include "data/roles.h"

/* Rows in ascending order. */
struct rows {
    size_t *index; /* NULL: 0 .. count - 1 */
    size_t count;
};

static inline size_t row_at(const struct rows *rows, size_t i)
{
    return rows->index ? rows->index[i] : i;
}

void rows_free(struct rows *rows);

/* The rows, of the table's cells, whose targets and weight are not missing. `weighed`: of these only
 * the ones whose weight is not zero, unless that is none. */
gemml_status rows_select(struct rows *rows, const gemml_table *table, const struct roles *roles, bool weighed);

/* mean[i] = the mean of the values of column list[i] in these rows that are not
 * missing; NaN when there are none. The order of the sums depends on the rows
 * alone. */
gemml_status rows_means(double *mean, const struct rows *rows, const gemml_table *table, const size_t *list,
                        size_t count);

#endif

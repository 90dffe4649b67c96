/* The texts of columns as levels: a second pass over a CSV text. */
#ifndef GEMML_DATA_TEXTS_H
#define GEMML_DATA_TEXTS_H

#include "data/rows.h"
#include "data/table.h"

/* Gives each column that holds a text its levels, and its cells their indices.
 * Every value that is not missing is a text then, as it was written. */
gemml_status texts_code(gemml_table *table);

/* The levels of a column in the listed rows: of its texts, or of its numbers as
 * they were written. Numbers that are equal are one level, named by the writing
 * that is first in byte order. *missing: a value of those rows is missing. */
gemml_status texts_levels(struct levels *levels, bool *missing, const gemml_table *table, size_t column,
                          const struct rows *rows);

#endif

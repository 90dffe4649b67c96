/* A second pass over the rows of a CSV text that has been read without error. */
#ifndef GEMML_DATA_WALK_H
#define GEMML_DATA_WALK_H

#include "data/table.h"

struct visitor {
    const unsigned char *wanted; /* by column */
    gemml_status (*visit)(struct visitor *visitor, size_t row, size_t column, const struct field *field);
};

/* Visits the fields of wanted columns that are not missing, row by row. */
gemml_status walk_text(const gemml_table *table, struct visitor *visitor);

#endif

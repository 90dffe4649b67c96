/* Features as numbers where they are more than a view: categories, missing
 * values, chosen rows. */
#ifndef GEMML_DATA_ENCODE_H
#define GEMML_DATA_ENCODE_H

#include "data/rows.h"
#include "data/schema.h"

/* What was met in encoding. */
struct encode_counts {
    size_t imputed; /* missing numbers, for which the mean stands */
    size_t unseen;  /* values that are no level of training, and count as the base */
    struct name_list unseen_columns, mostly_missing;
};

/* out (memory_free it) = the encoded inputs, rows x inputs; low (likewise), of the
 * same shape, what their rounding lost: NULL where it lost nothing. features[i] is the
 * table's column of the schema's feature i, of the right kind. */
gemml_status encode_features(double **out, double **low, struct encode_counts *counts, const gemml_schema *schema,
                             const gemml_table *table, const size_t *features, const struct rows *rows);

/* out (memory_free it) = the class of the target in each row. FORMAT: a label that is no class. */
gemml_status encode_classes(double **out, const struct schema_column *target, const gemml_table *table, size_t column,
                            const struct rows *rows);

#endif

/* Scalers: the input map A_0 = (x - shift) * scale and the output map
 * y' = (y - shift) * scale, fitted to the statistics of the columns. */
#ifndef GEMML_DATA_SCALER_H
#define GEMML_DATA_SCALER_H

#include "chain/model.h"
#include "fold/columns.h"

/* What columns are brought to; `low` and `high` are the range of MINMAX and MINMAX_ALL. */
struct scaling {
    gemml_scaling kind;
    double low, high;
};

/* map of `inputs` columns, by the statistics of the training rows; a constant
 * column is shifted only, and a category's dummy of the schema (NULL: there are
 * none) is left as it is. NONE gives the identity, without arrays. Errors: MEMORY. */
gemml_status scaler_fit(struct input_map *map, struct scaling scaling, size_t inputs, const struct columns *columns,
                        const gemml_schema *schema);

/* The same for the targets, which are the columns behind the inputs. */
gemml_status scaler_fit_targets(struct output_map *map, struct scaling scaling, size_t inputs,
                                const struct columns *columns);

#endif

/* Scalers: the input map A_0 = (x - shift) * scale, fitted to the columns. */
#ifndef GEMML_DATA_SCALER_H
#define GEMML_DATA_SCALER_H

#include "chain/model.h"
#include "fold/columns.h"

/* map of `inputs` columns, by the statistics of the training rows; a constant
 * column is shifted only, and a category's dummy of the schema (NULL: there are
 * none) is left as it is. NONE gives the identity, without arrays. Errors: MEMORY. */
gemml_status scaler_fit(struct input_map *map, gemml_scaling scaling, size_t inputs, const struct columns *columns,
                        const gemml_schema *schema);

#endif

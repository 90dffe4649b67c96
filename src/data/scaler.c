#include "data/scaler.h"

#include <math.h>

#include "data/schema.h"

/* What one unit of the scaled column is in units of the raw one; 0 for a constant column. */
static double spread(gemml_scaling scaling, const struct columns *columns, size_t j)
{
    return scaling == GEMML_SCALING_MINMAX ? columns->maximum[j] - columns->minimum[j] : sqrt(columns->variance[j]);
}

gemml_status scaler_fit(struct input_map *map, gemml_scaling scaling, size_t inputs, const struct columns *columns,
                        const gemml_schema *schema)
{
    *map = (struct input_map){.inputs = inputs};
    if (scaling == GEMML_SCALING_NONE)
        return GEMML_OK;
    TRY(memory_alloc(&map->shift, inputs, sizeof *map->shift));
    gemml_status status = memory_alloc(&map->scale, inputs, sizeof *map->scale);
    if (status != GEMML_OK) {
        memory_free(map->shift);
        *map = (struct input_map){.inputs = inputs};
        return status;
    }
    for (size_t j = 0; j < inputs; j++) {
        double width = spread(scaling, columns, j);
        if (schema_input_is_dummy(schema, j)) {
            map->shift[j] = 0;
            map->scale[j] = 1;
            continue;
        }
        map->shift[j] = scaling == GEMML_SCALING_MINMAX ? columns->minimum[j] : columns->mean[j];
        map->scale[j] = width > 0 ? 1 / width : 1;
    }
    return GEMML_OK;
}

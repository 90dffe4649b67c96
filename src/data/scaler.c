#include "data/scaler.h"

#include <math.h>

#include "data/schema.h"

/* Statistics of columns first .. end - 1, and which of them are scaled. */
struct range {
    const struct columns *columns;
    const gemml_schema *schema; /* NULL: no dummies */
    size_t first, count;
};

static bool is_scaled(const struct range *range, size_t j)
{
    return !schema_input_is_dummy(range->schema, j);
}

/* Where a column begins, and what one unit of the scaled column is in units of the
 * raw one; 0 for a constant column. */
static void column_extent(const struct range *range, gemml_scaling kind, size_t j, double *origin, double *width)
{
    const struct columns *columns = range->columns;
    size_t c = range->first + j;
    *origin = kind == GEMML_SCALING_STANDARDIZE ? columns->mean[c] : columns->minimum[c];
    *width = kind == GEMML_SCALING_STANDARDIZE ? sqrt(columns->variance[c]) : columns->maximum[c] - columns->minimum[c];
}

/* The least and the greatest number of all columns that are scaled. */
static void whole_extent(const struct range *range, double *origin, double *width)
{
    double low = INFINITY, high = -INFINITY;
    for (size_t j = 0; j < range->count; j++)
        if (is_scaled(range, j)) {
            low = fmin(low, range->columns->minimum[range->first + j]);
            high = fmax(high, range->columns->maximum[range->first + j]);
        }
    *origin = low;
    *width = high - low;
}

/* shift and scale, so that origin goes to low, and origin + width to high. */
static void fit_columns(double *shift, double *scale, const struct range *range, struct scaling scaling)
{
    bool standard = scaling.kind == GEMML_SCALING_STANDARDIZE, whole = scaling.kind == GEMML_SCALING_MINMAX_ALL;
    double low = standard ? 0 : scaling.low, span = standard ? 1 : scaling.high - scaling.low, origin = 0, width = 0;
    if (whole)
        whole_extent(range, &origin, &width);
    for (size_t j = 0; j < range->count; j++) {
        shift[j] = 0;
        scale[j] = 1;
        if (!is_scaled(range, j))
            continue;
        if (!whole)
            column_extent(range, scaling.kind, j, &origin, &width);
        scale[j] = width > 0 ? span / width : 1;
        shift[j] = origin - low / scale[j];
    }
}

static gemml_status fit_map(double **shift, double **scale, const struct range *range, struct scaling scaling)
{
    double *made;
    TRY(memory_alloc(&made, range->count, sizeof *made));
    gemml_status status = memory_alloc(scale, range->count, sizeof **scale);
    if (status != GEMML_OK) {
        memory_free(made);
        return status;
    }
    *shift = made;
    fit_columns(*shift, *scale, range, scaling);
    return GEMML_OK;
}

gemml_status scaler_fit(struct input_map *map, struct scaling scaling, size_t inputs, const struct columns *columns,
                        const gemml_schema *schema)
{
    struct range range = {columns, schema, 0, inputs};
    *map = (struct input_map){.inputs = inputs};
    return scaling.kind == GEMML_SCALING_NONE ? GEMML_OK : fit_map(&map->shift, &map->scale, &range, scaling);
}

gemml_status scaler_fit_targets(struct output_map *map, struct scaling scaling, size_t inputs,
                                const struct columns *columns)
{
    struct range range = {columns, NULL, inputs, columns->count - inputs};
    *map = (struct output_map){.outputs = range.count};
    return scaling.kind == GEMML_SCALING_NONE ? GEMML_OK : fit_map(&map->shift, &map->scale, &range, scaling);
}

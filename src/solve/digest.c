#include "solve/digest.h"

#include <xxhash.h>

#include "fold/columns.h"

gemml_status data_digest(const gemml_dataset *data, uint64_t *digest)
{
    struct view_source source = view_source_f64(data->x, data->y, data->weight);
    struct columns columns;
    TRY(columns_fold(&columns, &source.source));
    /* mean, variance, minimum and maximum stand one behind the other. */
    *digest = XXH64(columns.mean, 4 * columns.count * sizeof(double), 0);
    columns_free(&columns);
    return GEMML_OK;
}

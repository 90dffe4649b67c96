/* Columns of a table are bound to a schema by name. Those that stand side by
 * side in the schema's order are a view of the table's cells; others are
 * gathered, row by row, into a matrix of doubles. */
#include "data/frame.h"

#include <string.h>

#include "data/message.h"
#include "data/roles.h"
#include "util/view.h"

/* Binds by name; what the table lacks goes to `missing`. */
static gemml_status bind_columns(struct column_list *list, const gemml_table *table,
                                 const struct schema_column *columns, size_t count, struct name_list *missing)
{
    TRY(memory_alloc(&list->index, count, sizeof *list->index));
    for (size_t i = 0; i < count; i++) {
        list->index[i] = names_find(&table->names, columns[i].name, strlen(columns[i].name));
        if (list->index[i] == NAME_NONE)
            name_list_add(missing, columns[i].name);
    }
    list->count = count;
    return GEMML_OK;
}

/* Names by position mean little: a table without a header that holds the
 * features alone is bound by position when its names do not match. */
static bool binds_by_position(const gemml_schema *schema, const gemml_table *table, gemml_encode_purpose purpose)
{
    return purpose == GEMML_ENCODE_PREDICT && !schema->header && !table->header &&
           table->columns == schema->feature_count;
}

static gemml_status bind_roles(struct roles *roles, const gemml_schema *schema, const gemml_table *table,
                               gemml_encode_purpose purpose)
{
    struct name_list missing = {0};
    struct schema_column weight = {schema->weight};
    TRY(bind_columns(&roles->features, table, schema->features, schema->feature_count, &missing));
    if (missing.total > 0 && binds_by_position(schema, table, purpose)) {
        for (size_t i = 0; i < roles->features.count; i++)
            roles->features.index[i] = i;
        return GEMML_OK;
    }
    if (purpose == GEMML_ENCODE_LEARN) {
        TRY(bind_columns(&roles->targets, table, schema->targets, schema->target_count, &missing));
        TRY(bind_columns(&roles->weight, table, &weight, weight.name != NULL, &missing));
    }
    if (missing.total > 0)
        return error_set(GEMML_ERROR_SHAPE, "%s lacks %zu of the columns that the model needs: %s", table->file,
                         missing.total, name_list_text(&missing));
    return GEMML_OK;
}

/* out = the listed columns of cells, rows x count. */
static void gather(double *out, gemml_view cells, const size_t *index, size_t count)
{
    for (size_t i = 0; i < cells.rows; i++)
        for (size_t j = 0; j < count; j++)
            out[i * count + j] = view_element(&cells, i, index[j]);
}

static bool side_by_side(const struct column_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (list->index[i] != list->index[0] + i)
            return false;
    return true;
}

/* The listed columns as one view; *copy owns it when they are gathered. */
static gemml_status encode_columns(gemml_view *view, double **copy, const gemml_table *table,
                                   const struct column_list *list)
{
    const gemml_view *cells = &table->cells;
    if (list->count == 0)
        return GEMML_OK;
    if (side_by_side(list)) {
        *view = *cells;
        view->data = (const char *)cells->data + list->index[0] * dtype_size(cells->dtype);
        view->cols = list->count;
        return GEMML_OK;
    }
    TRY(memory_alloc(copy, memory_product(cells->rows, list->count), sizeof(double)));
    gather(*copy, *cells, list->index, list->count);
    *view = gemml_view_f64(*copy, cells->rows, list->count);
    return GEMML_OK;
}

static gemml_status encode_roles(gemml_frame *frame, const gemml_table *table, const struct roles *roles)
{
    TRY(table_require_numbers(table, roles->targets.index, roles->targets.count, "target"));
    TRY(table_require_numbers(table, roles->weight.index, roles->weight.count, "weight"));
    TRY(table_require_numbers(table, roles->features.index, roles->features.count, "feature"));
    TRY(encode_columns(&frame->data.x, &frame->x, table, &roles->features));
    TRY(encode_columns(&frame->data.y, &frame->targets, table, &roles->targets));
    return encode_columns(&frame->data.weight, &frame->weight, table, &roles->weight);
}

gemml_status frame_encode(gemml_frame **frame, const gemml_schema *schema, const gemml_table *table,
                          gemml_encode_purpose purpose)
{
    gemml_frame *made;
    struct roles roles = {0};
    TRY(memory_zeroed(&made, 1, sizeof *made));
    gemml_dataset_init(&made->data);
    gemml_status status = bind_roles(&roles, schema, table, purpose);
    if (status == GEMML_OK)
        status = encode_roles(made, table, &roles);
    roles_free(&roles);
    if (status != GEMML_OK)
        frame_free(made);
    else
        *frame = made;
    return status;
}

void frame_free(gemml_frame *frame)
{
    if (!frame)
        return;
    memory_free(frame->x);
    memory_free(frame->targets);
    memory_free(frame->weight);
    memory_free(frame);
}

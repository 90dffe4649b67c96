/* Columns of a table are bound to a schema by name. Numbers that are complete are
 * a view of the table's cells where they stand side by side in the schema's
 * order, and are gathered into a matrix of doubles where they do not; categories
 * and missing values are encoded. */
#include "data/frame.h"

#include <string.h>

#include "data/encode.h"
#include "data/message.h"
#include "data/rows.h"
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
    struct schema_column weight = {.name = schema->weight};
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

/* out = the listed columns of these rows, rows x count. */
static void gather(double *out, gemml_view cells, const struct rows *rows, const size_t *index, size_t count)
{
    for (size_t i = 0; i < rows->count; i++)
        for (size_t j = 0; j < count; j++)
            out[i * count + j] = view_element(&cells, row_at(rows, i), index[j]);
}

static bool side_by_side(const struct column_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (list->index[i] != list->index[0] + i)
            return false;
    return true;
}

/* The listed columns as one view; *copy owns it when they are gathered. */
static gemml_status take_columns(gemml_view *view, double **copy, const gemml_table *table, const struct rows *rows,
                                 const struct column_list *list)
{
    const gemml_view *cells = &table->cells;
    if (list->count == 0)
        return GEMML_OK;
    if (side_by_side(list) && !rows->index) {
        *view = *cells;
        view->data = (const char *)cells->data + list->index[0] * dtype_size(cells->dtype);
        view->cols = list->count;
        return GEMML_OK;
    }
    TRY(memory_alloc(copy, memory_product(rows->count, list->count), sizeof(double)));
    gather(*copy, *cells, rows, list->index, list->count);
    *view = gemml_view_f64(*copy, rows->count, list->count);
    return GEMML_OK;
}

/* FORMAT when a column cannot be what it was in training. */
static gemml_status check_columns(const gemml_schema *schema, const gemml_table *table, const struct roles *roles)
{
    for (size_t i = 0; i < roles->targets.count; i++)
        if (!schema_has_classes(schema))
            TRY(table_require_number(table, roles->targets.index[i], "a target"));
    for (size_t i = 0; i < roles->weight.count; i++)
        TRY(table_require_number(table, roles->weight.index[i], "the weight"));
    for (size_t i = 0; i < roles->features.count; i++)
        if (schema->features[i].type == GEMML_COLUMN_NUMERIC)
            TRY(table_require_number(table, roles->features.index[i], "a numeric feature"));
    return GEMML_OK;
}

/* Whether the features are the table's own numbers. */
static bool are_numbers(const gemml_schema *schema, const gemml_table *table, const struct roles *roles)
{
    for (size_t i = 0; i < roles->features.count; i++)
        if (schema->features[i].type == GEMML_COLUMN_CATEGORICAL || table->column[roles->features.index[i]].missing > 0)
            return false;
    return schema->monomials.count == 0 && schema->waves.count == 0;
}

static gemml_status add_notices(gemml_frame *frame, struct encode_counts *counts, const gemml_schema *schema,
                                const gemml_table *table)
{
    if (frame->dropped > 0)
        TRY(message_append(&frame->notice, "%zu of %zu rows of %s dropped: target or weight is missing.",
                           frame->dropped, table->rows, table->file));
    if (counts->unseen > 0)
        TRY(message_append(&frame->notice, "%zu value%s that training had not, taken as %s: in %s.", counts->unseen,
                           counts->unseen == 1 ? "" : "s",
                           schema->coding == GEMML_CODING_ONE_HOT ? "no level" : "the base level",
                           name_list_text(&counts->unseen_columns)));
    if (counts->mostly_missing.total > 0)
        TRY(message_append(&frame->notice, "missing in more than half of the rows, replaced by the training mean: %s.",
                           name_list_text(&counts->mostly_missing)));
    return GEMML_OK;
}

/* Values, or the classes' indices. */
static gemml_status take_targets(gemml_frame *frame, const gemml_schema *schema, const gemml_table *table,
                                 const struct rows *rows, const struct column_list *targets)
{
    if (targets->count == 0 || !schema_has_classes(schema))
        return take_columns(&frame->data.y, &frame->targets, table, rows, targets);
    TRY(encode_classes(&frame->targets, schema->targets, table, targets->index[0], rows));
    frame->data.y = gemml_view_f64(frame->targets, rows->count, 1);
    return GEMML_OK;
}

static gemml_status encode_rows(gemml_frame *frame, const gemml_schema *schema, const gemml_table *table,
                                const struct roles *roles, const struct rows *rows)
{
    struct encode_counts counts = {0};
    frame->dropped = table->rows - rows->count;
    if (rows->count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: none of the %zu rows has %s", table->file, table->rows,
                         roles->weight.count > 0 ? "target and weight" : "a target");
    TRY(take_targets(frame, schema, table, rows, &roles->targets));
    TRY(take_columns(&frame->data.weight, &frame->weight, table, rows, &roles->weight));
    if (are_numbers(schema, table, roles)) {
        TRY(take_columns(&frame->data.x, &frame->x, table, rows, &roles->features));
    } else {
        TRY(encode_features(&frame->x, &frame->x_low, &counts, schema, table, roles->features.index, rows));
        frame->data.x = gemml_view_f64(frame->x, rows->count, schema->input_count);
        if (frame->x_low)
            frame->data.x_low = gemml_view_f64(frame->x_low, rows->count, schema->input_count);
        frame->imputed = counts.imputed;
        frame->unseen = counts.unseen;
    }
    return add_notices(frame, &counts, schema, table);
}

static gemml_status encode_roles(gemml_frame *frame, const gemml_schema *schema, const gemml_table *table,
                                 const struct roles *roles)
{
    struct rows rows;
    TRY(check_columns(schema, table, roles));
    TRY(rows_select(&rows, table, roles, false));
    gemml_status status = encode_rows(frame, schema, table, roles, &rows);
    rows_free(&rows);
    return status;
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
        status = encode_roles(made, schema, table, &roles);
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
    memory_free(frame->x_low);
    memory_free(frame->targets);
    memory_free(frame->weight);
    memory_free(frame->notice);
    memory_free(frame);
}

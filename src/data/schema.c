#include "data/schema.h"

#include "data/roles.h"

gemml_status schema_new(gemml_schema **schema, size_t features, size_t targets)
{
    gemml_schema *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    gemml_status status = memory_zeroed(&made->features, features, sizeof *made->features);
    if (status == GEMML_OK)
        status = memory_zeroed(&made->targets, targets, sizeof *made->targets);
    if (status != GEMML_OK) {
        schema_free(made);
        return status;
    }
    made->feature_count = features;
    made->target_count = targets;
    *schema = made;
    return GEMML_OK;
}

static void free_columns(struct schema_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        memory_free(columns[i].name);
    memory_free(columns);
}

void schema_free(gemml_schema *schema)
{
    if (!schema)
        return;
    free_columns(schema->features, schema->feature_count);
    free_columns(schema->targets, schema->target_count);
    memory_free(schema->weight);
    memory_free(schema);
}

static gemml_status copy_columns(struct schema_column *to, const struct schema_column *from, size_t count)
{
    for (size_t i = 0; i < count; i++)
        TRY(memory_string(&to[i].name, from[i].name));
    return GEMML_OK;
}

static gemml_status fill_copy(gemml_schema *to, const gemml_schema *from)
{
    TRY(copy_columns(to->features, from->features, from->feature_count));
    TRY(copy_columns(to->targets, from->targets, from->target_count));
    if (from->weight)
        TRY(memory_string(&to->weight, from->weight));
    to->header = from->header;
    return GEMML_OK;
}

gemml_status schema_copy(gemml_schema **copy, const gemml_schema *schema)
{
    gemml_schema *made;
    TRY(schema_new(&made, schema->feature_count, schema->target_count));
    gemml_status status = fill_copy(made, schema);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *copy = made;
    return status;
}

static gemml_status fit_columns(struct schema_column *columns, const gemml_table *table, const struct column_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        TRY(memory_string(&columns[i].name, table->name[list->index[i]]));
    return GEMML_OK;
}

static gemml_status fill_fit(gemml_schema *schema, const gemml_table *table, const struct roles *roles)
{
    TRY(fit_columns(schema->features, table, &roles->features));
    TRY(fit_columns(schema->targets, table, &roles->targets));
    if (roles->weight.count > 0)
        TRY(memory_string(&schema->weight, table->name[roles->weight.index[0]]));
    schema->header = table->header;
    return GEMML_OK;
}

static gemml_status fit_roles(gemml_schema **schema, const gemml_table *table, const struct roles *roles)
{
    TRY(table_require_numbers(table, roles->targets.index, roles->targets.count, "target"));
    TRY(table_require_numbers(table, roles->weight.index, roles->weight.count, "weight"));
    TRY(table_require_numbers(table, roles->features.index, roles->features.count, "feature"));
    gemml_schema *made;
    TRY(schema_new(&made, roles->features.count, roles->targets.count));
    gemml_status status = fill_fit(made, table, roles);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *schema = made;
    return status;
}

gemml_status schema_fit(gemml_schema **schema, const gemml_table *table, const gemml_schema_options *options)
{
    struct roles roles;
    TRY(roles_resolve(&roles, table, options));
    gemml_status status = fit_roles(schema, table, &roles);
    roles_free(&roles);
    return status;
}

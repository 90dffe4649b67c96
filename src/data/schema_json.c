/* A schema as JSON: nothing in it depends on the run, so that equal fits store
 * equal bytes.
 *
 *   {"version": 1, "header": true, "inputs": [{"name": "age", "type": "numeric"}],
 *    "outputs": [{"name": "y", "type": "numeric"}], "weight": null}
 */
#include "data/schema.h"

#include <string.h>

#include "data/names.h"
#include "data/table.h"
#include "util/json_read.h"
#include "util/json_text.h"

#define SCHEMA_VERSION 1

/* Three for each column that a table can have, and room for what stands around them. */
#define MAX_VALUES (4 * TABLE_COLUMNS_MAX)

/* ---- Writing ------------------------------------------------------------------- */

/* NULL when memory is out. */
static json_t *columns_to_json(const struct schema_column *columns, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++) {
        json_t *column = json_pack("{s:s, s:s}", "name", columns[i].name, "type", "numeric");
        if (json_array_append_new(array, column) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* Adds a member, which is taken over; false when it is NULL or memory is out. */
static bool add_member(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *schema_object(const gemml_schema *schema)
{
    json_t *object = json_object();
    if (add_member(object, "version", json_integer(SCHEMA_VERSION)) &&
        add_member(object, "header", json_boolean(schema->header)) &&
        add_member(object, "inputs", columns_to_json(schema->features, schema->feature_count)) &&
        add_member(object, "outputs", columns_to_json(schema->targets, schema->target_count)) &&
        add_member(object, "weight", schema->weight ? json_string(schema->weight) : json_null()))
        return object;
    json_decref(object);
    return NULL;
}

gemml_status schema_to_json(char **json, const gemml_schema *schema)
{
    json_t *object = schema_object(schema);
    gemml_status status = json_text_make(json, NULL, object);
    json_decref(object);
    return status;
}

/* ---- Reading ------------------------------------------------------------------- */

static gemml_status error_schema(const char *name, const char *said)
{
    return error_set(GEMML_ERROR_FORMAT, "%s: its schema is not valid: %s", name, said);
}

/* A column's name: not empty. */
static gemml_status read_column_name(char **column, const struct json_node *node, const char *name)
{
    const char *text = json_string_text(node);
    if (!text || !text[0])
        return error_schema(name, "a column has no name");
    return memory_string(column, text);
}

static gemml_status read_columns(struct schema_column *columns, const struct json_node *array, const char *name)
{
    const struct json_node *column = array + 1;
    for (size_t i = 0; i < array->count; i++, column += column->span) {
        const char *type = json_string_text(json_member(column, "type"));
        if (!type || column->count != 2)
            return error_schema(name, "a column has a name and a type, and nothing else");
        if (strcmp(type, "numeric") != 0)
            return error_schema(name, "a column's type is unknown");
        TRY(read_column_name(&columns[i].name, json_member(column, "name"), name));
    }
    return GEMML_OK;
}

static size_t gather_names(const char **names, size_t used, const struct schema_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        names[used++] = columns[i].name;
    return used;
}

/* FORMAT when a column stands in the schema twice. */
static gemml_status check_duplicates(const gemml_schema *schema, const char *name)
{
    const char **list;
    TRY(memory_alloc(&list, memory_sum(schema->feature_count, schema->target_count + 1), sizeof *list));
    size_t count = gather_names(list, 0, schema->features, schema->feature_count);
    count = gather_names(list, count, schema->targets, schema->target_count);
    if (schema->weight)
        list[count++] = schema->weight;
    struct names names = {0};
    size_t duplicate = NAME_NONE;
    gemml_status status = names_make(&names, list, count, &duplicate);
    names_free(&names);
    memory_free(list);
    return status == GEMML_OK && duplicate != NAME_NONE ? error_schema(name, "a column stands in it twice") : status;
}

/* The members of a schema; all are there when check_members() has passed. */
struct members {
    const struct json_node *header, *inputs, *outputs, *weight;
};

static gemml_status read_members(gemml_schema *schema, const struct members *members, const char *name)
{
    TRY(read_columns(schema->features, members->inputs, name));
    TRY(read_columns(schema->targets, members->outputs, name));
    if (members->weight->kind != JSON_IS_NULL)
        TRY(read_column_name(&schema->weight, members->weight, name));
    schema->header = members->header->kind == JSON_IS_TRUE;
    return check_duplicates(schema, name);
}

static gemml_status check_version(const struct json_node *object, const char *name)
{
    uint64_t version;
    if (!json_unsigned_value(json_member(object, "version"), &version))
        return error_schema(name, "it has no version");
    if (version != SCHEMA_VERSION)
        return error_set(GEMML_ERROR_UNSUPPORTED, "%s: its schema has version %llu; this library reads version %d",
                         name, (unsigned long long)version, SCHEMA_VERSION);
    return GEMML_OK;
}

static bool is_list(const struct json_node *node)
{
    return node && node->kind == JSON_IS_ARRAY;
}

static gemml_status check_members(const struct members *members, const struct json_node *object, const char *name)
{
    const struct json_node *header = members->header;
    if (object->count != 5 || !members->weight)
        return error_schema(name, "its members are version, header, inputs, outputs and weight");
    if (!header || (header->kind != JSON_IS_TRUE && header->kind != JSON_IS_FALSE))
        return error_schema(name, "header is true or false");
    if (!is_list(members->inputs) || members->inputs->count == 0 || !is_list(members->outputs))
        return error_schema(name, "inputs and outputs are lists, and inputs is not empty");
    return GEMML_OK;
}

static gemml_status read_object(gemml_schema **schema, const struct json_node *object, const char *name)
{
    struct members members = {.header = json_member(object, "header"),
                              .inputs = json_member(object, "inputs"),
                              .outputs = json_member(object, "outputs"),
                              .weight = json_member(object, "weight")};
    gemml_schema *made;
    TRY(check_version(object, name));
    TRY(check_members(&members, object, name));
    TRY(schema_new(&made, members.inputs->count, members.outputs->count));
    gemml_status status = read_members(made, &members, name);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *schema = made;
    return status;
}

gemml_status schema_from_json(gemml_schema **schema, const char *json, const char *name)
{
    struct json_document document;
    TRY(json_read(&document, json, strlen(json), MAX_VALUES, name, "schema"));
    gemml_status status = read_object(schema, document.root, name);
    json_document_free(&document);
    return status;
}

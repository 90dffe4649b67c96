/* A schema as JSON: nothing in it depends on the run, so that equal fits store
 * equal bytes.
 *
 *   {"version": 1, "header": true, "inputs": [{"name": "age", "type": "numeric"}],
 *    "outputs": [{"name": "y", "type": "numeric"}], "weight": null}
 */
#include "data/schema.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "data/names.h"

#define SCHEMA_VERSION 1
#define JSON_LAYOUT (JSON_COMPACT | JSON_SORT_KEYS)

static gemml_status error_json_memory(void)
{
    return error_set(GEMML_ERROR_MEMORY, "out of memory: the schema's JSON could not be made");
}

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

/* The text that an object makes, in our own memory. */
static gemml_status dump(char **json, const json_t *object)
{
    size_t count = json_dumpb(object, NULL, 0, JSON_LAYOUT);
    char *text;
    if (count == 0)
        return error_json_memory();
    TRY(memory_alloc(&text, memory_sum(count, 1), 1));
    if (json_dumpb(object, text, count, JSON_LAYOUT) != count) {
        memory_free(text);
        return error_json_memory();
    }
    text[count] = '\0';
    *json = text;
    return GEMML_OK;
}

gemml_status schema_to_json(char **json, const gemml_schema *schema)
{
    json_t *object = schema_object(schema);
    if (!object)
        return error_json_memory();
    gemml_status status = dump(json, object);
    json_decref(object);
    return status;
}

static gemml_status error_schema(const char *said)
{
    return error_set(GEMML_ERROR_FORMAT, "the schema is not one: %s", said);
}

/* A column's name: not empty. */
static gemml_status name_from_json(char **name, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || !text[0])
        return error_schema("a column has no name");
    return memory_string(name, text);
}

static gemml_status columns_from_json(struct schema_column *columns, const json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const json_t *column = json_array_get(array, i);
        const char *type = json_string_value(json_object_get(column, "type"));
        if (json_object_size(column) != 2 || !type)
            return error_schema("a column has a name and a type, and nothing else");
        if (strcmp(type, "numeric") != 0)
            return error_schema("a column's type is unknown");
        TRY(name_from_json(&columns[i].name, json_object_get(column, "name")));
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
static gemml_status check_duplicates(const gemml_schema *schema)
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
    return status == GEMML_OK && duplicate != NAME_NONE ? error_schema("a column stands in it twice") : status;
}

static gemml_status fill_from_json(gemml_schema *schema, const json_t *object)
{
    const json_t *weight = json_object_get(object, "weight");
    TRY(columns_from_json(schema->features, json_object_get(object, "inputs")));
    TRY(columns_from_json(schema->targets, json_object_get(object, "outputs")));
    if (!json_is_null(weight))
        TRY(name_from_json(&schema->weight, weight));
    schema->header = json_is_true(json_object_get(object, "header"));
    return check_duplicates(schema);
}

static gemml_status check_members(const json_t *object)
{
    const json_t *version = json_object_get(object, "version");
    const json_t *inputs = json_object_get(object, "inputs"), *outputs = json_object_get(object, "outputs");
    if (!json_is_integer(version))
        return error_schema("it has no version");
    if (json_integer_value(version) != SCHEMA_VERSION)
        return error_set(GEMML_ERROR_UNSUPPORTED, "the schema has version %" JSON_INTEGER_FORMAT "; %d is read",
                         json_integer_value(version), SCHEMA_VERSION);
    if (json_object_size(object) != 5 || !json_object_get(object, "weight"))
        return error_schema("its members are version, header, inputs, outputs and weight");
    if (!json_is_boolean(json_object_get(object, "header")))
        return error_schema("header is true or false");
    if (!json_is_array(inputs) || json_array_size(inputs) == 0 || !json_is_array(outputs))
        return error_schema("inputs and outputs are lists, and inputs is not empty");
    return GEMML_OK;
}

static gemml_status from_object(gemml_schema **schema, const json_t *object)
{
    gemml_schema *made;
    TRY(check_members(object));
    TRY(schema_new(&made, json_array_size(json_object_get(object, "inputs")),
                   json_array_size(json_object_get(object, "outputs"))));
    gemml_status status = fill_from_json(made, object);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *schema = made;
    return status;
}

gemml_status schema_from_json(gemml_schema **schema, const char *json)
{
    json_error_t error;
    errno = 0;
    json_t *object = json_loads(json, JSON_REJECT_DUPLICATES, &error);
    /* The parser takes a string that it could not allocate for a wrong token; the allocator's errno tells. */
    if (errno == ENOMEM || (!object && json_error_code(&error) == json_error_out_of_memory)) {
        json_decref(object);
        return error_json_memory();
    }
    if (!object)
        return error_schema(error.text);
    gemml_status status = from_object(schema, object);
    json_decref(object);
    return status;
}

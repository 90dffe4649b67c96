/* A schema as JSON: nothing in it depends on the run, so that equal fits store
 * equal bytes.
 *
 *   {"version": 1, "header": true,
 *    "inputs": [{"name": "age", "type": "numeric", "mean": 29.7},
 *               {"name": "sex", "type": "categorical", "levels": ["female", "male"], "missing": false}],
 *    "outputs": [{"name": "y", "type": "numeric"}], "weight": null,
 *    "coding": "treatment", "degree": 1, "terms": ["square", "sin"]}
 *
 * "missing" says that missing values are a level of their own, behind the others.
 * A target of classes is {"name": "y", "type": "classes", "levels": ["no", "yes"]};
 * "coding" may be "one-hot"; "degree" is that of the numbers' powers and products,
 * "terms" names what else is made of them, in the order of gemml_term.
 */
#include "data/schema.h"

#include <string.h>

#include "data/names.h"
#include "data/table.h"
#include "util/json_read.h"
#include "util/json_text.h"

#define SCHEMA_VERSION 1
#define SCHEMA_MEMBERS 8

static const char *const codings[] = {[GEMML_CODING_TREATMENT] = "treatment", [GEMML_CODING_ONE_HOT] = "one-hot"};

/* By the place of the bit in gemml_term. */
static const char *const terms[] = {"square", "interactions", "sin", "cos", "sin-square", "cos-square"};
#define TERMS (sizeof terms / sizeof terms[0])

/* Of an input a file holds one weight of a float at least. Of its names it holds those of columns and
 * levels: inputs of a thousand times that length nobody has, and few bytes would make many gigabytes. */
#define WEIGHT_BYTES ((size_t)4)
#define NAMES_RATIO ((size_t)1024)

/* Four for each column that a table can have, one for each level, and room for what stands around them. */
#define MAX_VALUES (6 * TABLE_COLUMNS_MAX)

/* ---- Writing ------------------------------------------------------------------- */

/* NULL when memory is out. */
static json_t *levels_to_json(const struct levels *levels)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < levels->count; i++)
        if (json_array_append_new(array, json_string(levels->label[i])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *column_to_json(const struct schema_column *column, bool input)
{
    if (column->type == GEMML_COLUMN_CATEGORICAL && !input)
        return json_pack("{s:s, s:s, s:o}", "name", column->name, "type", "classes", "levels",
                         levels_to_json(&column->levels));
    if (column->type == GEMML_COLUMN_CATEGORICAL)
        return json_pack("{s:s, s:s, s:o, s:b}", "name", column->name, "type", "categorical", "levels",
                         levels_to_json(&column->levels), "missing", column->missing_level);
    return input ? json_pack("{s:s, s:s, s:f}", "name", column->name, "type", "numeric", "mean", column->mean)
                 : json_pack("{s:s, s:s}", "name", column->name, "type", "numeric");
}

static json_t *columns_to_json(const struct schema_column *columns, size_t count, bool inputs)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++)
        if (json_array_append_new(array, column_to_json(columns + i, inputs)) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* Adds a member, which is taken over; false when it is NULL or memory is out. */
static bool add_member(json_t *object, const char *key, json_t *value)
{
    return json_object_set_new(object, key, value) == 0;
}

static json_t *terms_to_json(unsigned bits)
{
    json_t *array = json_array();
    for (size_t t = 0; array && t < TERMS; t++)
        if ((bits >> t & 1) && json_array_append_new(array, json_string(terms[t])) != 0) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static json_t *schema_object(const gemml_schema *schema)
{
    json_t *object = json_object();
    if (add_member(object, "version", json_integer(SCHEMA_VERSION)) &&
        add_member(object, "header", json_boolean(schema->header)) &&
        add_member(object, "inputs", columns_to_json(schema->features, schema->feature_count, true)) &&
        add_member(object, "outputs", columns_to_json(schema->targets, schema->target_count, false)) &&
        add_member(object, "weight", schema->weight ? json_string(schema->weight) : json_null()) &&
        add_member(object, "coding", json_string(codings[schema->coding])) &&
        add_member(object, "degree", json_integer((json_int_t)schema->degree)) &&
        add_member(object, "terms", terms_to_json(schema->terms)))
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

/* Texts in byte order, none of them twice, and none of them a missing value. */
static gemml_status check_levels(const struct json_node *array, const char *name, size_t *bytes)
{
    const struct json_node *level = array + 1;
    const char *before = NULL;
    *bytes = 0;
    for (size_t i = 0; i < array->count; i++, level += level->span) {
        const char *label = json_string_text(level);
        double number;
        if (!label || level_value(label, &number) == VALUE_MISSING)
            return error_schema(name, "a level is a text, and not a missing value");
        if (before && strcmp(before, label) >= 0)
            return error_schema(name, "levels are in byte order, and each is there once");
        *bytes += strlen(label) + 1;
        before = label;
    }
    return GEMML_OK;
}

static gemml_status read_levels(struct levels *levels, const struct json_node *array, const char *name)
{
    size_t bytes;
    TRY(check_levels(array, name, &bytes));
    TRY(memory_alloc(&levels->text, bytes, 1));
    TRY(memory_alloc(&levels->label, array->count, sizeof *levels->label));
    char *to = levels->text;
    for (const struct json_node *level = array + 1; levels->count < array->count; level += level->span) {
        levels->label[levels->count++] = to;
        to = stpcpy(to, level->text) + 1;
    }
    return GEMML_OK;
}

static gemml_status read_category(struct schema_column *column, const struct json_node *node, const char *name)
{
    const struct json_node *levels = json_member(node, "levels"), *missing = json_member(node, "missing");
    if (node->count != 4 || !levels || levels->kind != JSON_IS_ARRAY || !missing ||
        (missing->kind != JSON_IS_TRUE && missing->kind != JSON_IS_FALSE))
        return error_schema(name,
                            "a category has a name, a type, a list of levels, and missing, which is true or false");
    column->type = GEMML_COLUMN_CATEGORICAL;
    column->missing_level = missing->kind == JSON_IS_TRUE;
    TRY(read_levels(&column->levels, levels, name));
    if (column->levels.count == 0 || schema_level_count(column) < 2)
        return error_schema(name, "a category has two levels at least");
    return GEMML_OK;
}

static gemml_status read_number(struct schema_column *column, const struct json_node *node, const char *name)
{
    const struct json_node *mean = json_member(node, "mean");
    if (node->count != 3 || !mean || mean->kind != JSON_IS_NUMBER ||
        level_value(mean->text, &column->mean) != VALUE_NUMBER)
        return error_schema(name, "a numeric input has a name, a type and a finite mean");
    return GEMML_OK;
}

static gemml_status read_classes(struct schema_column *column, const struct json_node *node, const char *name)
{
    const struct json_node *levels = json_member(node, "levels");
    if (node->count != 3 || !levels || levels->kind != JSON_IS_ARRAY || levels->count < 2)
        return error_schema(name, "a target of classes has a name, a type and a list of two levels or more");
    column->type = GEMML_COLUMN_CATEGORICAL;
    return read_levels(&column->levels, levels, name);
}

static gemml_status read_input(struct schema_column *column, const struct json_node *node, const char *type,
                               const char *name)
{
    if (strcmp(type, "categorical") == 0)
        return read_category(column, node, name);
    return strcmp(type, "numeric") == 0 ? read_number(column, node, name)
                                        : error_schema(name, "a column's type is unknown");
}

static gemml_status read_output(struct schema_column *column, const struct json_node *node, const char *type,
                                const char *name)
{
    if (strcmp(type, "classes") == 0)
        return read_classes(column, node, name);
    if (strcmp(type, "numeric") != 0)
        return error_schema(name, "a column's type is unknown");
    return node->count == 2 ? GEMML_OK : error_schema(name, "a numeric output has a name and a type");
}

static gemml_status read_column(struct schema_column *column, const struct json_node *node, bool input,
                                const char *name)
{
    const char *type = json_string_text(json_member(node, "type"));
    if (!type)
        return error_schema(name, "a column has a name and a type");
    TRY(read_column_name(&column->name, json_member(node, "name"), name));
    return input ? read_input(column, node, type, name) : read_output(column, node, type, name);
}

static gemml_status read_columns(struct schema_column *columns, const struct json_node *array, bool inputs,
                                 const char *name)
{
    const struct json_node *column = array + 1;
    for (size_t i = 0; i < array->count; i++, column += column->span)
        TRY(read_column(columns + i, column, inputs, name));
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
    const struct json_node *header, *inputs, *outputs, *weight, *coding, *degree, *terms;
};

/* Names of terms, in their order and each once. */
static gemml_status read_terms(unsigned *bits, const struct json_node *array, const char *name)
{
    const struct json_node *term = array + 1;
    size_t t = 0;
    *bits = 0;
    for (size_t i = 0; i < array->count; i++, term += term->span, t++) {
        const char *text = json_string_text(term);
        while (t < TERMS && (!text || strcmp(text, terms[t]) != 0))
            t++;
        if (t == TERMS)
            return error_schema(name, "terms are known ones, in their order, and each is there once");
        *bits |= 1u << t;
    }
    return GEMML_OK;
}

/* How categories are coded, and the degree: at least 1. */
static gemml_status read_form(gemml_schema *schema, const struct members *members, const char *name)
{
    uint64_t degree;
    const char *coding = json_string_text(members->coding);
    if (!coding || (strcmp(coding, codings[0]) != 0 && strcmp(coding, codings[1]) != 0))
        return error_schema(name, "coding is treatment or one-hot");
    if (!json_unsigned_value(members->degree, &degree) || degree == 0 || degree > TABLE_COLUMNS_MAX)
        return error_schema(name, "degree is a number of at least 1");
    schema->coding = strcmp(coding, codings[GEMML_CODING_ONE_HOT]) == 0 ? GEMML_CODING_ONE_HOT : GEMML_CODING_TREATMENT;
    schema->degree = (size_t)degree;
    return read_terms(&schema->terms, members->terms, name);
}

/* The file has a weight for each input, and one name for the many that are made of it. */
static gemml_status finish(gemml_schema *schema, size_t bytes, const char *name)
{
    size_t weights = bytes / WEIGHT_BYTES, most = weights < TABLE_COLUMNS_MAX ? weights : TABLE_COLUMNS_MAX;
    gemml_status status = schema_finish_within(schema, most, memory_product(bytes, NAMES_RATIO));
    if (status != GEMML_ERROR_UNSUPPORTED)
        return status;
    return error_set(GEMML_ERROR_FORMAT, "%s: its schema is not that of a file of %zu bytes: %s", name, bytes,
                     error_text());
}

static gemml_status read_members(gemml_schema *schema, const struct members *members, size_t bytes, const char *name)
{
    TRY(read_columns(schema->features, members->inputs, true, name));
    TRY(read_columns(schema->targets, members->outputs, false, name));
    if (members->weight->kind != JSON_IS_NULL)
        TRY(read_column_name(&schema->weight, members->weight, name));
    schema->header = members->header->kind == JSON_IS_TRUE;
    TRY(read_form(schema, members, name));
    if (schema->target_count > 1)
        for (size_t k = 0; k < schema->target_count; k++)
            if (schema->targets[k].type == GEMML_COLUMN_CATEGORICAL)
                return error_schema(name, "a target of classes is the only one");
    TRY(check_duplicates(schema, name));
    return finish(schema, bytes, name);
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
    if (object->count != SCHEMA_MEMBERS || !members->weight)
        return error_schema(name, "its members are version, header, inputs, outputs, weight, coding, degree and terms");
    if (!header || (header->kind != JSON_IS_TRUE && header->kind != JSON_IS_FALSE))
        return error_schema(name, "header is true or false");
    if (!is_list(members->terms))
        return error_schema(name, "terms is a list");
    if (!is_list(members->inputs) || members->inputs->count == 0 || !is_list(members->outputs))
        return error_schema(name, "inputs and outputs are lists, and inputs is not empty");
    return GEMML_OK;
}

static gemml_status read_object(gemml_schema **schema, const struct json_node *object, size_t bytes, const char *name)
{
    struct members members = {.header = json_member(object, "header"),
                              .inputs = json_member(object, "inputs"),
                              .outputs = json_member(object, "outputs"),
                              .weight = json_member(object, "weight"),
                              .coding = json_member(object, "coding"),
                              .degree = json_member(object, "degree"),
                              .terms = json_member(object, "terms")};
    gemml_schema *made;
    TRY(check_version(object, name));
    TRY(check_members(&members, object, name));
    TRY(schema_new(&made, members.inputs->count, members.outputs->count));
    gemml_status status = read_members(made, &members, bytes, name);
    if (status != GEMML_OK)
        schema_free(made);
    else
        *schema = made;
    return status;
}

gemml_status schema_from_json(gemml_schema **schema, const char *json, size_t bytes, const char *name)
{
    struct json_document document;
    TRY(json_read(&document, json, strlen(json), MAX_VALUES, name, "schema"));
    gemml_status status = read_object(schema, document.root, bytes, name);
    json_document_free(&document);
    return status;
}

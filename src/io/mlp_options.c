/* One list of members serves both ways: the writer writes it, the reader asks for it. */
#include "io/mlp_options.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "chain/chain.h"
#include "io/metadata_values.h"
#include "util/alloc.h"

enum member_type { MEMBER_NUMBER, MEMBER_COUNT, MEMBER_FLAG, MEMBER_NAME, MEMBER_SEED };

struct member {
    const char *key;
    enum member_type type;
    size_t offset;
    double least; /* of a number or count */
    const struct name_table *table;
};

#define MEMBER(field) #field, .offset = offsetof(gemml_mlp_options, field)
#define NAMED(field, names)                                         \
    {                                                               \
        MEMBER(field), .type = MEMBER_NAME, .table = &names##_names \
    }
#define NUMBER(field, lowest)                                 \
    {                                                         \
        MEMBER(field), .type = MEMBER_NUMBER, .least = lowest \
    }
#define COUNT(field, lowest)                                 \
    {                                                        \
        MEMBER(field), .type = MEMBER_COUNT, .least = lowest \
    }

static const struct member members[] = {
    NAMED(task, task),
    NAMED(activation, activation),
    NAMED(output_activation, activation),
    {MEMBER(bias), .type = MEMBER_FLAG},
    NAMED(initialisation, initialisation),
    COUNT(classes, 2),
    NAMED(class_weighting, class_weighting),
    NAMED(scaling, scaling),
    NAMED(target_scaling, scaling),
    NUMBER(range_low, -DBL_MAX),
    NUMBER(range_high, -DBL_MAX),
    NUMBER(l2, 0),
    NAMED(solver, solver),
    NAMED(optimizer, optimizer),
    NUMBER(rate, DBL_TRUE_MIN),
    NUMBER(momentum, 0),
    NUMBER(decay, 0),
    NUMBER(beta1, 0),
    NUMBER(beta2, 0),
    NUMBER(epsilon, DBL_TRUE_MIN),
    NUMBER(weight_decay, 0),
    NAMED(schedule, schedule),
    NUMBER(schedule_factor, DBL_TRUE_MIN),
    COUNT(schedule_every, 1),
    NUMBER(schedule_floor, 0),
    NUMBER(warmup, 0),
    NUMBER(start_divisor, 1),
    NUMBER(end_divisor, 1),
    COUNT(batch, 1),
    COUNT(accumulate, 1),
    NUMBER(clip, DBL_TRUE_MIN),
    NUMBER(dropout, 0),
    COUNT(epochs, 1),
    COUNT(max_iterations, 1),
    NUMBER(tolerance, 0),
    COUNT(patience, 1),
    COUNT(valid_every, 1),
    {MEMBER(seed), .type = MEMBER_SEED},
};
#define MEMBERS (sizeof members / sizeof *members)

/* Beside them: hidden, activations, biases and class_weight, each a list or null. */
enum { LISTS = 4 };

/* Enums are read and written through an int. */
_Static_assert(sizeof(gemml_optimizer) == sizeof(int) && sizeof(gemml_activation) == sizeof(int), "enums are ints");

/* ---- Writing ------------------------------------------------------------------- */

static json_t *value_of(const struct member *member, const void *at)
{
    switch (member->type) {
    case MEMBER_NUMBER:
        return metadata_number(*(const double *)at);
    case MEMBER_COUNT:
        return metadata_count(*(const size_t *)at);
    case MEMBER_SEED:
        return metadata_unsigned(*(const uint64_t *)at);
    case MEMBER_FLAG:
        return json_boolean(*(const int *)at != 0);
    case MEMBER_NAME:
        break;
    }
    return metadata_name(member->table, *(const int *)at);
}

/* One of the lists of layers. */
static json_t *item_of(const gemml_mlp_options *options, const char *key, size_t l)
{
    if (strcmp(key, "hidden") == 0)
        return metadata_unsigned(options->hidden[l]);
    if (strcmp(key, "biases") == 0)
        return json_boolean(options->biases[l] != 0);
    return metadata_name(&activation_names, (int)options->activations[l]);
}

/* null: the list is not given. */
static json_t *layers_of(const gemml_mlp_options *options, const char *key, bool given, size_t count)
{
    if (!given)
        return json_null();
    json_t *json = json_array();
    int failed = json ? 0 : -1;
    for (size_t l = 0; l < count; l++)
        failed |= json_array_append_new(json, item_of(options, key, l));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *mlp_options_to_json(const gemml_mlp_options *options)
{
    size_t hidden = options->hidden_count;
    bool sized = hidden != GEMML_AUTO_COUNT;
    json_t *json = json_object();
    int failed = json_object_set_new(json, "hidden", layers_of(options, "hidden", sized, hidden));
    failed |= json_object_set_new(json, "activations", layers_of(options, "activations", options->activations, hidden));
    failed |= json_object_set_new(json, "biases", layers_of(options, "biases", options->biases, hidden + 1));
    failed |= json_object_set_new(json, "class_weight", metadata_class_weight(options->classes, options->class_weight));
    for (size_t i = 0; i < MEMBERS; i++)
        failed |=
            json_object_set_new(json, members[i].key, value_of(&members[i], (const char *)options + members[i].offset));
    if (failed) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- Reading ------------------------------------------------------------------- */

static gemml_status read_member(const struct fields *fields, const struct member *member, void *at)
{
    switch (member->type) {
    case MEMBER_NUMBER:
        return field_number(fields, member->key, member->least, at);
    case MEMBER_COUNT:
        return field_count(fields, member->key, (size_t)member->least, at);
    case MEMBER_SEED:
        return field_unsigned(fields, member->key, at);
    case MEMBER_FLAG:
        return field_flag(fields, member->key, at);
    case MEMBER_NAME:
        break;
    }
    return field_name(fields, member->key, member->table, at);
}

/* A list, or NULL where it is null; *count its length. */
static gemml_status find_list(const struct fields *fields, const char *key, const struct json_node **list,
                              size_t *count)
{
    const struct json_node *node = json_member(fields->object, key);
    bool found = node && node->kind == JSON_IS_ARRAY;
    *list = found ? node : NULL;
    *count = found ? node->count : 0;
    return found || (node && node->kind == JSON_IS_NULL) ? GEMML_OK : field_bad(fields, key);
}

static gemml_status read_hidden(gemml_mlp_options *options, const struct fields *fields)
{
    const struct json_node *list;
    size_t count, *hidden;
    TRY(find_list(fields, "hidden", &list, &count));
    if (!list)
        return GEMML_OK;
    options->hidden_count = count;
    TRY(memory_alloc(&hidden, count, sizeof *hidden));
    options->hidden = hidden;
    for (size_t l = 0; l < count; l++) {
        uint64_t units;
        if (!json_unsigned_value(list + 1 + l, &units) || units == 0 || units > SIZE_MAX)
            return field_bad(fields, "hidden");
        hidden[l] = (size_t)units;
    }
    return GEMML_OK;
}

static gemml_status read_activations(gemml_mlp_options *options, const struct fields *fields)
{
    const struct json_node *list;
    size_t count;
    gemml_activation *activations;
    TRY(find_list(fields, "activations", &list, &count));
    if (!list)
        return GEMML_OK;
    if (count != options->hidden_count)
        return field_bad(fields, "activations");
    TRY(memory_alloc(&activations, count, sizeof *activations));
    options->activations = activations;
    for (size_t l = 0; l < count; l++) {
        int value;
        const char *text = json_string_text(list + 1 + l);
        if (!text || !name_find(&activation_names, text, &value))
            return field_bad(fields, "activations");
        activations[l] = (gemml_activation)value;
    }
    return GEMML_OK;
}

static gemml_status read_biases(gemml_mlp_options *options, const struct fields *fields)
{
    const struct json_node *list;
    size_t count;
    int *biases;
    TRY(find_list(fields, "biases", &list, &count));
    if (!list)
        return GEMML_OK;
    if (options->hidden_count == GEMML_AUTO_COUNT || count != options->hidden_count + 1)
        return field_bad(fields, "biases");
    TRY(memory_alloc(&biases, count, sizeof *biases));
    options->biases = biases;
    for (size_t l = 0; l < count; l++) {
        enum json_kind kind = list[1 + l].kind;
        if (kind != JSON_IS_TRUE && kind != JSON_IS_FALSE)
            return field_bad(fields, "biases");
        biases[l] = kind == JSON_IS_TRUE;
    }
    return GEMML_OK;
}

gemml_status mlp_options_from_json(gemml_mlp_options *options, const struct fields *fields)
{
    TRY(fields_expect(fields, MEMBERS + LISTS));
    for (size_t i = 0; i < MEMBERS; i++)
        TRY(read_member(fields, &members[i], (char *)options + members[i].offset));
    if (!(options->range_low < options->range_high) || isinf(options->range_high))
        return field_bad(fields, "range_high");
    TRY(read_hidden(options, fields));
    TRY(read_activations(options, fields));
    TRY(read_biases(options, fields));
    return field_class_weight(fields, options->classes, options->class_weighting, &options->class_weight);
}

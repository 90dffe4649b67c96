#include "data/roles.h"

#include <string.h>

#include "data/message.h"

/* A piece of an argument. */
struct span {
    const char *begin, *end;
};

static struct span trim(struct span span)
{
    while (span.begin < span.end && (*span.begin == ' ' || *span.begin == '\t'))
        span.begin++;
    while (span.end > span.begin && (span.end[-1] == ' ' || span.end[-1] == '\t'))
        span.end--;
    return span;
}

static size_t find(const gemml_table *table, struct span span)
{
    return names_find(&table->names, span.begin, (size_t)(span.end - span.begin));
}

/* The end of the item at `begin`: a comma outside quotes, or the text's end. */
static const char *item_end(const char *begin)
{
    bool quoted = false;
    for (const char *at = begin;; at++) {
        if (*at == '\0' || (*at == ',' && !quoted))
            return at;
        quoted ^= *at == '"';
    }
}

/* The column of an index such as 3 or -1; NAME_NONE when it is no number, or
 * there is no such column. */
static size_t find_index(const gemml_table *table, struct span span)
{
    bool from_end = span.begin < span.end && *span.begin == '-';
    const char *at = span.begin + from_end;
    size_t value = 0;
    if (at == span.end)
        return NAME_NONE;
    for (; at < span.end; at++) {
        if (*at < '0' || *at > '9' || value > TABLE_COLUMNS_MAX)
            return NAME_NONE;
        value = 10 * value + (size_t)(*at - '0');
    }
    if (from_end)
        value = value >= 1 && value <= table->columns ? table->columns - value : table->columns;
    return value < table->columns ? value : NAME_NONE;
}

/* The column of an item in quotes: a name, with "" for a quote. */
static gemml_status find_quoted(const gemml_table *table, struct span span, size_t *column)
{
    char *name, *to;
    TRY(memory_alloc(&name, (size_t)(span.end - span.begin), 1));
    to = name;
    for (const char *at = span.begin + 1; at < span.end - 1; at++) {
        *to++ = *at;
        at += at[0] == '"' && at[1] == '"';
    }
    *column = names_find(&table->names, name, (size_t)(to - name));
    memory_free(name);
    return GEMML_OK;
}

static gemml_status error_unknown(const gemml_table *table, const char *option, struct span span)
{
    struct name_list names = {0};
    char shown[EXCERPT_BYTES];
    size_t length = (size_t)(span.end - span.begin);
    excerpt(shown, span.begin, length);
    names_near(&table->names, span.begin, length, &names);
    if (names.total > 0)
        return error_set(GEMML_ERROR_ARGUMENT, "%s: %s has no column \"%s\"; the nearest: %s", option, table->file,
                         shown, name_list_text(&names));
    for (size_t c = 0; c < table->columns; c++)
        name_list_add(&names, table->name[c]);
    return error_set(GEMML_ERROR_ARGUMENT, "%s: %s has no column \"%s\", but %zu column%s: %s", option, table->file,
                     shown, table->columns, table->columns == 1 ? "" : "s", name_list_text(&names));
}

/* The column of one item: a name as it is written, a name in quotes, an index. */
static gemml_status resolve_item(const gemml_table *table, const char *option, struct span span, size_t *column)
{
    if (span.begin == span.end)
        return error_set(GEMML_ERROR_ARGUMENT, "%s: a column is empty", option);
    size_t found = find(table, span);
    if (found == NAME_NONE && span.end - span.begin >= 2 && *span.begin == '"' && span.end[-1] == '"')
        TRY(find_quoted(table, span, &found));
    if (found == NAME_NONE)
        found = find_index(table, span);
    if (found == NAME_NONE)
        return error_unknown(table, option, span);
    *column = found;
    return GEMML_OK;
}

static gemml_status add(struct column_list *list, size_t column)
{
    TRY(memory_grow(&list->index, &list->capacity, list->count, list->count + 1, sizeof *list->index));
    list->index[list->count++] = column;
    return GEMML_OK;
}

gemml_status columns_resolve(struct column_list *list, const gemml_table *table, const char *option, const char *text)
{
    struct span whole = {text, text + strlen(text)};
    size_t column = find(table, whole);
    if (column == NAME_NONE)
        column = find(table, trim(whole));
    if (column != NAME_NONE)
        return add(list, column);
    for (const char *begin = text;; begin++) {
        struct span item = {begin, item_end(begin)};
        TRY(resolve_item(table, option, trim(item), &column));
        TRY(add(list, column));
        begin = item.end;
        if (*begin == '\0')
            return GEMML_OK;
    }
}

void column_list_free(struct column_list *list)
{
    memory_free(list->index);
    *list = (struct column_list){NULL, 0, 0};
}

void roles_free(struct roles *roles)
{
    column_list_free(&roles->features);
    column_list_free(&roles->targets);
    column_list_free(&roles->weight);
    memory_free(roles->type);
    roles->type = NULL;
}

/* The options that take columns, in the order in which they claim them. */
enum { ROLE_NONE, ROLE_TARGET, ROLE_WEIGHT, ROLE_DROP, ROLE_FEATURE, ROLE_COUNT };
static const char *const option_names[ROLE_COUNT] = {"", "target", "weight", "drop", "features"};

/* Gives the listed columns a role in claimed[columns]. */
static gemml_status claim(const gemml_table *table, unsigned char *claimed, const struct column_list *list,
                          unsigned char role)
{
    for (size_t i = 0; i < list->count; i++) {
        unsigned char *before = claimed + list->index[i];
        if (*before != ROLE_NONE) {
            char name[EXCERPT_BYTES];
            excerpt(name, table->name[list->index[i]], strlen(table->name[list->index[i]]));
            if (*before == role)
                return error_set(GEMML_ERROR_ARGUMENT, "%s: column \"%s\" is listed twice", option_names[role], name);
            return error_set(GEMML_ERROR_ARGUMENT, "column \"%s\" is listed in %s and in %s", name,
                             option_names[*before], option_names[role]);
        }
        *before = role;
    }
    return GEMML_OK;
}

static gemml_status resolve_claims(struct roles *roles, const gemml_table *table, const gemml_schema_options *options,
                                   unsigned char *claimed, struct column_list *dropped)
{
    const char *texts[ROLE_COUNT] = {NULL, options->target, options->weight, options->drop, options->features};
    struct column_list *lists[ROLE_COUNT] = {NULL, &roles->targets, &roles->weight, dropped, &roles->features};
    for (unsigned char role = ROLE_TARGET; role < ROLE_COUNT; role++) {
        if (!texts[role])
            continue;
        TRY(columns_resolve(lists[role], table, option_names[role], texts[role]));
        TRY(claim(table, claimed, lists[role], role));
    }
    if (roles->weight.count > 1)
        return error_set(GEMML_ERROR_ARGUMENT, "weight: %zu columns are given, but there is one weight",
                         roles->weight.count);
    roles->features_given = options->features != NULL;
    for (size_t c = 0; !options->features && c < table->columns; c++)
        if (claimed[c] == ROLE_NONE)
            TRY(add(&roles->features, c));
    if (roles->features.count == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "no features are left of the %zu columns of %s", table->columns,
                         table->file);
    return GEMML_OK;
}

static const char *const wish_names[] = {"", "categorical", "numeric"};

/* The roles in which a column can have a type: a category is a feature; a number
 * is what targets and weights are anyway. */
static gemml_status check_wish(const gemml_table *table, size_t column, enum type_wish wish, enum type_wish before,
                               unsigned char role)
{
    char name[EXCERPT_BYTES];
    table_shown_name(name, table, column);
    if (before == wish)
        return error_set(GEMML_ERROR_ARGUMENT, "%s: column \"%s\" is listed twice", wish_names[wish], name);
    if (before != TYPE_ANY)
        return error_set(GEMML_ERROR_ARGUMENT, "column \"%s\" is listed in categorical and in numeric", name);
    if (role == ROLE_FEATURE || (wish == TYPE_NUMERIC && (role == ROLE_TARGET || role == ROLE_WEIGHT)))
        return GEMML_OK;
    if (role != ROLE_NONE)
        return error_set(GEMML_ERROR_ARGUMENT, "column \"%s\" is listed in %s and in %s", name, option_names[role],
                         wish_names[wish]);
    return error_set(GEMML_ERROR_ARGUMENT, "%s: column \"%s\" is not one of the features", wish_names[wish], name);
}

static gemml_status add_wishes(struct roles *roles, const gemml_table *table, const unsigned char *claimed,
                               const struct column_list *list, enum type_wish wish)
{
    for (size_t i = 0; i < list->count; i++) {
        size_t column = list->index[i];
        TRY(check_wish(table, column, wish, (enum type_wish)roles->type[column], claimed[column]));
        roles->type[column] = (unsigned char)wish;
    }
    return GEMML_OK;
}

static gemml_status resolve_wishes(struct roles *roles, const gemml_table *table, const gemml_schema_options *options,
                                   unsigned char *claimed)
{
    const char *texts[] = {NULL, options->categorical, options->numeric};
    for (size_t i = 0; i < roles->features.count; i++)
        claimed[roles->features.index[i]] = ROLE_FEATURE;
    TRY(memory_zeroed(&roles->type, table->columns, 1));
    for (enum type_wish wish = TYPE_CATEGORICAL; wish <= TYPE_NUMERIC; wish++) {
        struct column_list list = {0};
        if (!texts[wish])
            continue;
        gemml_status status = columns_resolve(&list, table, wish_names[wish], texts[wish]);
        if (status == GEMML_OK)
            status = add_wishes(roles, table, claimed, &list, wish);
        column_list_free(&list);
        TRY(status);
    }
    return GEMML_OK;
}

gemml_status roles_resolve(struct roles *roles, const gemml_table *table, const gemml_schema_options *options)
{
    struct roles made = {0};
    struct column_list dropped = {0};
    unsigned char *claimed;
    TRY(memory_zeroed(&claimed, table->columns, 1));
    gemml_status status = resolve_claims(&made, table, options, claimed, &dropped);
    if (status == GEMML_OK)
        status = resolve_wishes(&made, table, options, claimed);
    memory_free(claimed);
    column_list_free(&dropped);
    if (status != GEMML_OK)
        roles_free(&made);
    else
        *roles = made;
    return status;
}

/* Fitting a schema: which columns of a training table are numbers, and their
 * means; which are categories, and their levels; and which are of no use. */
#include <math.h>
#include <string.h>

#include "data/rows.h"
#include "data/schema.h"
#include "data/texts.h"

/* A text column with more levels than this, and than a tenth of the rows, names
 * its rows rather than telling something about them. */
#define MANY_LEVELS 100
#define MANY_LEVELS_ROWS 10

/* More distinct numbers than this are no classes. */
#define MANY_CLASSES 1000

/* Columns that are left out, by reason. */
enum left_out { KEPT, MANY, EMPTY, SINGLE, REASONS };

struct fit {
    const gemml_table *table;
    const struct roles *roles;
    const gemml_schema_options *options;
    struct rows rows; /* that levels and means are taken from */
    double *mean;     /* of the features that are numbers, in their order */
    size_t *numeric;
    size_t numeric_count;
    struct name_list left_out[REASONS];
};

static bool is_category(const struct fit *fit, size_t column)
{
    enum type_wish wish = (enum type_wish)fit->roles->type[column];
    return wish == TYPE_CATEGORICAL || (wish == TYPE_ANY && fit->table->column[column].first_text.line > 0);
}

/* Whether somebody asked for this very column. */
static bool is_requested(const struct fit *fit, size_t column)
{
    return fit->roles->features_given || fit->roles->type[column] != TYPE_ANY;
}

static gemml_status find_means(struct fit *fit)
{
    const struct column_list *features = &fit->roles->features;
    TRY(memory_alloc(&fit->numeric, features->count, sizeof *fit->numeric));
    for (size_t i = 0; i < features->count; i++)
        if (!is_category(fit, features->index[i])) {
            TRY(table_require_number(fit->table, features->index[i], "a numeric feature"));
            fit->numeric[fit->numeric_count++] = features->index[i];
        }
    TRY(memory_alloc(&fit->mean, fit->numeric_count, sizeof *fit->mean));
    return rows_means(fit->mean, &fit->rows, fit->table, fit->numeric, fit->numeric_count);
}

static gemml_status error_useless(const struct fit *fit, size_t column, enum left_out reason)
{
    char name[EXCERPT_BYTES];
    return error_set(GEMML_ERROR_FORMAT, "%s: column \"%s\" %s in the %zu rows to learn from: leave it out",
                     fit->table->file, table_shown_name(name, fit->table, column),
                     reason == EMPTY ? "has no value" : "has a single level", fit->rows.count);
}

static gemml_status fit_category(enum left_out *reason, struct schema_column *to, const struct fit *fit, size_t column)
{
    TRY(texts_levels(&to->levels, &to->missing_level, fit->table, column, &fit->rows));
    to->type = GEMML_COLUMN_CATEGORICAL;
    size_t levels = schema_level_count(to);
    if (levels < 2)
        *reason = to->levels.count == 0 ? EMPTY : SINGLE;
    else if (!is_requested(fit, column) && levels > MANY_LEVELS && levels > fit->rows.count / MANY_LEVELS_ROWS)
        *reason = MANY;
    return GEMML_OK;
}

/* Fits one feature, or notes why it is left out. */
static gemml_status fit_feature(gemml_schema *schema, struct fit *fit, size_t column, double mean)
{
    struct schema_column *to = schema->features + schema->feature_count;
    enum left_out reason = KEPT;
    if (is_category(fit, column))
        TRY(fit_category(&reason, to, fit, column));
    else if (isnan(mean))
        reason = EMPTY;
    if (reason != KEPT && is_requested(fit, column))
        return error_useless(fit, column, reason);
    if (reason != KEPT) {
        name_list_add(&fit->left_out[reason], fit->table->name[column]);
        levels_free(&to->levels);
        *to = (struct schema_column){0};
        return GEMML_OK;
    }
    to->mean = mean;
    TRY(memory_string(&to->name, fit->table->name[column]));
    schema->feature_count++;
    return GEMML_OK;
}

static gemml_status fit_features(gemml_schema *schema, struct fit *fit)
{
    const struct column_list *features = &fit->roles->features;
    schema->feature_count = 0;
    for (size_t i = 0, k = 0; i < features->count; i++) {
        size_t column = features->index[i];
        /* Levels belong to the schema as soon as they are there, whatever fails behind them. */
        gemml_status status = fit_feature(schema, fit, column, is_category(fit, column) ? 0 : fit->mean[k++]);
        if (status != GEMML_OK) {
            levels_free(&schema->features[schema->feature_count].levels);
            return status;
        }
    }
    return GEMML_OK;
}

static gemml_status add_notice(gemml_schema *schema, struct fit *fit)
{
    static const char *const reasons[REASONS] = {"",
                                                 "with too many levels (more than 100, and than a tenth of the rows)",
                                                 "without a value", "with a single level"};
    for (int reason = KEPT + 1; reason < REASONS; reason++) {
        struct name_list *list = &fit->left_out[reason];
        if (list->total > 0)
            TRY(message_append(&schema->notice, "left out, as %s %s: %s.", list->total == 1 ? "a column" : "columns",
                               reasons[reason], name_list_text(list)));
    }
    return GEMML_OK;
}

/* FORMAT when the numbers of a column are no classes. */
static gemml_status check_integers(const struct fit *fit, size_t column, const struct levels *levels)
{
    char name[EXCERPT_BYTES], label[EXCERPT_BYTES];
    table_shown_name(name, fit->table, column);
    for (size_t i = 0; i < levels->count; i++) {
        double number = 0;
        level_value(levels->label[i], &number);
        excerpt(label, levels->label[i], strlen(levels->label[i]));
        if (number < floor(number) || number > floor(number))
            return error_set(GEMML_ERROR_FORMAT,
                             "%s: column \"%s\" has the number %s, which is no class: classes are texts, or up to %d "
                             "distinct integers",
                             fit->table->file, name, label, MANY_CLASSES);
    }
    if (levels->count > MANY_CLASSES)
        return error_set(GEMML_ERROR_FORMAT,
                         "%s: column \"%s\" has %zu distinct numbers, and at most %d can be classes", fit->table->file,
                         name, levels->count, MANY_CLASSES);
    return GEMML_OK;
}

/* The target's classes: the levels of its column. */
static gemml_status fit_classes(struct schema_column *to, const struct fit *fit, size_t column)
{
    char name[EXCERPT_BYTES], label[EXCERPT_BYTES];
    bool missing; /* never: rows without target have been dropped */
    bool texts = fit->table->column[column].first_text.line > 0;
    if (!texts)
        TRY(table_require_number(fit->table, column, "a target"));
    TRY(texts_levels(&to->levels, &missing, fit->table, column, &fit->rows));
    to->type = GEMML_COLUMN_CATEGORICAL;
    if (!texts)
        TRY(check_integers(fit, column, &to->levels));
    if (to->levels.count >= 2)
        return GEMML_OK;
    excerpt(label, to->levels.label[0], strlen(to->levels.label[0]));
    return error_set(GEMML_ERROR_FORMAT,
                     "%s: the target \"%s\" has a single class, \"%s\", in the %zu rows to learn from",
                     fit->table->file, table_shown_name(name, fit->table, column), label, fit->rows.count);
}

/* Whether the target is one of classes. */
static bool wants_classes(const gemml_table *table, const struct roles *roles, gemml_target_type type)
{
    if (roles->targets.count != 1 || type == GEMML_TARGET_NUMBERS)
        return false;
    return type == GEMML_TARGET_CLASSES || table->column[roles->targets.index[0]].first_text.line > 0;
}

static gemml_status fit_others(gemml_schema *schema, const struct fit *fit)
{
    const struct roles *roles = fit->roles;
    for (size_t i = 0; i < roles->targets.count; i++)
        TRY(memory_string(&schema->targets[i].name, fit->table->name[roles->targets.index[i]]));
    if (wants_classes(fit->table, roles, fit->options->target_type))
        TRY(fit_classes(schema->targets, fit, roles->targets.index[0]));
    if (roles->weight.count > 0)
        TRY(memory_string(&schema->weight, fit->table->name[roles->weight.index[0]]));
    schema->header = fit->table->header;
    schema->coding = fit->options->coding;
    schema->terms = fit->options->terms;
    schema->degree = fit->options->polynomial == GEMML_AUTO_COUNT ? 1 : fit->options->polynomial;
    return GEMML_OK;
}

static gemml_status fill(gemml_schema *schema, struct fit *fit)
{
    TRY(fit_features(schema, fit));
    TRY(add_notice(schema, fit));
    if (schema->feature_count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: no features are left: %s", fit->table->file, schema->notice);
    TRY(fit_others(schema, fit));
    return schema_finish(schema);
}

static gemml_status check_outputs(const gemml_table *table, const struct roles *roles, gemml_target_type type)
{
    if (type == GEMML_TARGET_CLASSES && roles->targets.count > 1)
        return error_set(GEMML_ERROR_ARGUMENT, "target: %zu columns are given, but classes are in one",
                         roles->targets.count);
    bool classes = wants_classes(table, roles, type);
    for (size_t i = 0; i < roles->targets.count && !classes; i++)
        TRY(table_require_number(table, roles->targets.index[i], "a target"));
    for (size_t i = 0; i < roles->weight.count; i++)
        TRY(table_require_number(table, roles->weight.index[i], "the weight"));
    return GEMML_OK;
}

static gemml_status fit_rows(gemml_schema **schema, struct fit *fit)
{
    gemml_schema *made;
    TRY(rows_select(&fit->rows, fit->table, fit->roles, true));
    if (fit->rows.count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: none of the %zu rows has %s", fit->table->file, fit->table->rows,
                         fit->roles->weight.count > 0 ? "target and weight" : "a target");
    TRY(find_means(fit));
    TRY(schema_new(&made, fit->roles->features.count, fit->roles->targets.count));
    gemml_status status = fill(made, fit);
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
    struct fit fit = {.table = table, .roles = &roles, .options = options};
    gemml_status status = check_outputs(table, &roles, options->target_type);
    if (status == GEMML_OK)
        status = fit_rows(schema, &fit);
    rows_free(&fit.rows);
    memory_free(fit.mean);
    memory_free(fit.numeric);
    roles_free(&roles);
    return status;
}

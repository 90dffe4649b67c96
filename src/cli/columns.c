/* The columns that a model reads, as inspect shows them. */
#include "cli/description.h"
#include "cli/json.h"
#include "cli/words.h"

#define SHOWN_LEVELS 20 /* of a category, to people */

/* The column, or false when there is none such. */
static bool get_column(gemml_column_info *info, const gemml_schema *schema, size_t column)
{
    gemml_column_info_init(info);
    return gemml_schema_column(schema, column, info) == GEMML_OK;
}

static void print_levels(FILE *file, const gemml_schema *schema, size_t column, size_t levels, bool base)
{
    for (size_t level = 0; level < levels && level < SHOWN_LEVELS; level++) {
        fputs(level == 0 ? ": " : ", ", file);
        words_name(file, gemml_schema_level(schema, column, level));
        fputs(level == 0 && base ? " (base)" : "", file);
    }
    if (levels > SHOWN_LEVELS)
        fprintf(file, " ... and %zu more", levels - SHOWN_LEVELS);
}

void columns_print(FILE *file, const struct description *description)
{
    gemml_column_info info;
    size_t columns = gemml_schema_columns(description->schema);
    fputs(columns > 0 ? "\nColumns\n" : "", file);
    for (size_t i = 0; i < columns && get_column(&info, description->schema, i); i++) {
        fputs("  ", file);
        words_name(file, info.name);
        if (info.type == GEMML_COLUMN_CATEGORICAL) {
            fprintf(file, "  %zu levels", info.levels);
            print_levels(file, description->schema, i, info.levels, info.coding == GEMML_CODING_TREATMENT);
        } else {
            fprintf(file, "  number, %.7g when missing", info.mean);
        }
        fputc('\n', file);
    }
}

static json_t *levels_json(const gemml_schema *schema, size_t column, size_t levels)
{
    json_t *list = json_array();
    for (size_t level = 0; level < levels; level++)
        json_append(&list, json_string(gemml_schema_level(schema, column, level)));
    return list;
}

static json_t *column_json(const gemml_schema *schema, size_t column)
{
    gemml_column_info info;
    json_t *object = json_object();
    if (!get_column(&info, schema, column))
        return object;
    bool category = info.type == GEMML_COLUMN_CATEGORICAL;
    json_put(&object, "name", json_string(info.name));
    json_put(&object, "type", json_string(category ? "categorical" : "numeric"));
    if (category) {
        json_put(&object, "levels", levels_json(schema, column, info.levels));
        json_put(&object, "base",
                 info.coding == GEMML_CODING_TREATMENT ? json_string(gemml_schema_level(schema, column, 0))
                                                       : json_null());
        json_put(&object, "missing_level", json_boolean(info.missing_level));
    } else {
        json_put(&object, "mean", json_number(info.mean));
    }
    return object;
}

json_t *columns_json(const struct description *description)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gemml_schema_columns(description->schema); i++)
        json_append(&list, column_json(description->schema, i));
    return list;
}

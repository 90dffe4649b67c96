/* Features as axes: which columns, their range in the data, and grids over them. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/plot.h"
#include "cli/status.h"

#define MARGIN 0.06 /* of the range of the data, on each side */

static size_t column_inputs(const gemml_column_info *column)
{
    if (column->type == GEMML_COLUMN_NUMERIC)
        return 1;
    return column->levels + (size_t)column->missing_level - (column->coding == GEMML_CODING_TREATMENT);
}

size_t plot_numbers(const struct plot *plot)
{
    size_t numbers = 0;
    for (size_t c = 0; c < gemml_schema_columns(plot->schema); c++) {
        gemml_column_info column = GEMML_COLUMN_INFO_INIT;
        if (gemml_schema_column(plot->schema, c, &column) == GEMML_OK)
            numbers += column.type == GEMML_COLUMN_NUMERIC;
    }
    return numbers;
}

static void find_range(const struct plot *plot, struct plot_feature *feature)
{
    double low = DBL_MAX, high = -DBL_MAX;
    for (size_t i = 0; i < plot->input.data.x.rows; i++) {
        double value = plot_element(&plot->input.data.x, i, feature->input);
        low = fmin(low, value);
        high = fmax(high, value);
    }
    double margin = high > low ? MARGIN * (high - low) : fmax(1, fabs(low));
    feature->least = low;
    feature->most = high;
    feature->low = low - margin;
    feature->high = high + margin;
}

/* The column of numbers called so, or number `place` of them where `name` is NULL. */
static bool find_feature(const struct plot *plot, const char *name, size_t length, size_t place,
                         struct plot_feature *feature)
{
    size_t input = 0, number = 0;
    for (size_t c = 0; c < gemml_schema_columns(plot->schema); c++) {
        gemml_column_info column = GEMML_COLUMN_INFO_INIT;
        if (gemml_schema_column(plot->schema, c, &column) != GEMML_OK)
            return false;
        bool numeric = column.type == GEMML_COLUMN_NUMERIC;
        bool called = name && strlen(column.name) == length && memcmp(column.name, name, length) == 0;
        if (numeric && (name ? called : number == place)) {
            *feature = (struct plot_feature){.column = c, .input = input, .name = column.name};
            find_range(plot, feature);
            return true;
        }
        number += numeric;
        input += column_inputs(&column);
    }
    return false;
}

/* --features is a list, unless one feature is wanted: then it is the name. */
static int find_listed(const struct plot *plot, struct plot_feature *features, size_t count)
{
    const char *list = plot->options->features;
    for (size_t k = 0; k < count; k++) {
        size_t length = count == 1 ? strlen(list) : strcspn(list, ",");
        if (!find_feature(plot, list, length, 0, features + k))
            return failed("--features: the model has no column of numbers called '%.*s'", (int)length, list);
        if ((list[length] == ',') != (k + 1 < count))
            return failed("--features takes %zu column%s, separated by commas", count, count == 1 ? "" : "s");
        list += length + 1;
    }
    if (count == 2 && features[0].column == features[1].column)
        return failed("--features: '%s' is given twice", features[0].name);
    return EXIT_DONE;
}

int plot_features(const struct plot *plot, struct plot_feature *features, size_t count)
{
    if (plot->options->features)
        return find_listed(plot, features, count);
    for (size_t k = 0; k < count; k++)
        if (!find_feature(plot, NULL, 0, k, features + k))
            return failed("the picture needs %zu column%s of numbers, and the model has %zu", count,
                          count == 1 ? "" : "s", k);
    return EXIT_DONE;
}

/* rows x columns of the schema: missing values, for which the schema has its means, but
 * for the features' columns. */
static double *fill_columns(const struct plot *plot, const struct plot_feature *features, size_t count,
                            const double *value, size_t rows)
{
    size_t columns = gemml_schema_columns(plot->schema);
    double *cells = malloc(rows * columns * sizeof *cells);
    for (size_t i = 0; cells && i < rows * columns; i++)
        cells[i] = (double)NAN;
    for (size_t i = 0; cells && i < rows; i++)
        for (size_t k = 0; k < count; k++)
            cells[i * columns + features[k].column] = value[i * count + k];
    return cells;
}

int plot_grid(const struct plot *plot, const struct plot_feature *features, size_t count, const double *value,
              size_t rows, struct plot_rows *grid)
{
    size_t columns = gemml_schema_columns(plot->schema);
    *grid = (struct plot_rows){.cells = fill_columns(plot, features, count, value, rows)};
    const char **names = malloc(columns * sizeof *names);
    int status = grid->cells && names ? EXIT_DONE : failed("not enough memory");
    for (size_t c = 0; !status && c < columns; c++) {
        gemml_column_info column = GEMML_COLUMN_INFO_INIT;
        if (gemml_schema_column(plot->schema, c, &column))
            status = failed_library();
        names[c] = column.name;
    }
    if (!status && (gemml_table_of_view(&grid->table, gemml_view_f64(grid->cells, rows, columns), names) ||
                    gemml_encode(&grid->frame, plot->schema, grid->table, GEMML_ENCODE_PREDICT)))
        status = failed_library();
    free(names);
    if (status)
        plot_grid_free(grid);
    else
        grid->x = gemml_frame_dataset(grid->frame).x;
    return status;
}

void plot_grid_free(struct plot_rows *grid)
{
    gemml_frame_free(grid->frame);
    gemml_table_free(grid->table);
    free(grid->cells);
    *grid = (struct plot_rows){0};
}

/* Targets and predictions over one feature, and over two in three dimensions. */
#include <math.h>
#include <stdlib.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

#define LINE_POINTS ((size_t)500)
#define INTERVAL_LEVEL 0.95
#define SCATTER_LABEL ((size_t)18) /* letters along an edge of the box */

/* What is predicted of a row: a value, or the probability of class 1 of two. */
static int predict_values(const struct plot *plot, gemml_view x, gemml_matrix *out, size_t *column)
{
    *column = plot->info.classes > 0;
    return plot->info.classes > 0 ? plot_proba(plot, x, out) : plot_predict(plot, x, out);
}

static int check_values(const struct plot *plot, const char *kind)
{
    if (plot->info.classes > 2)
        return failed("plot %s draws a value, or the probability of the second of two classes: the model has %zu", kind,
                      plot->info.classes);
    return EXIT_DONE;
}

/* R^2, or the share of rows that are right, for the line below the title. */
static int describe_fit(const struct plot *plot, char *text, size_t bytes)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    char model[128];
    if (gemml_score(plot->model, &plot->input.data, &metrics))
        return failed_library();
    plot_describe(plot, model, sizeof model);
    if (plot->info.classes > 0)
        snprintf(text, bytes, "%s; %.2f%% of %zu rows right", model, 100 * metrics.accuracy, metrics.rows);
    else if (isfinite(metrics.r2))
        snprintf(text, bytes, "%s; R\xC2\xB2 %.4f, RMSE %.4g on %zu rows", model, metrics.r2, metrics.rmse,
                 metrics.rows);
    else
        snprintf(text, bytes, "%s; RMSE %.4g on %zu row%s", model, metrics.rmse, metrics.rows,
                 metrics.rows == 1 ? "" : "s");
    return EXIT_DONE;
}

/* ---- One feature ------------------------------------------------------------------ */

/* The data block of the line, "x prediction lower upper"; the last two where `limits`. */
static int write_line(struct plot *plot, const struct plot_feature *feature, bool *limits)
{
    struct plot_rows grid = {0};
    gemml_matrix out = {0}, interval = {0};
    double at[LINE_POINTS];
    size_t column;
    for (size_t i = 0; i < LINE_POINTS; i++)
        at[i] = feature->least + (feature->most - feature->least) * (double)i / (LINE_POINTS - 1);
    int status = plot_grid(plot, feature, 1, at, LINE_POINTS, &grid);
    if (!status)
        status = predict_values(plot, grid.x, &out, &column);
    if (!status)
        status = plot_matrix(&interval, LINE_POINTS, 3);
    *limits =
        !status && !plot->animated && plot->info.kind == GEMML_LINEAR && plot->info.outputs == 1 &&
        gemml_predict_interval(plot->model, grid.x, INTERVAL_LEVEL, GEMML_INTERVAL_PREDICTION, interval) == GEMML_OK;
    fputs("$line << END_OF_DATA\n", plot->script);
    for (size_t i = 0; !status && i < LINE_POINTS; i++) {
        const double *row = (const double *)interval.data + 3 * i;
        fprintf(plot->script, "%.9g %.9g %.9g %.9g\n", at[i], ((const double *)out.data)[i * out.cols + column],
                *limits ? row[1] : 0, *limits ? row[2] : 0);
    }
    fputs("END_OF_DATA\n", plot->script);
    free(interval.data);
    free(out.data);
    plot_grid_free(&grid);
    return status;
}

/* The data block of the rows, "x target prediction". */
static int write_rows(struct plot *plot, const struct plot_feature *features, size_t count)
{
    const gemml_dataset *data = &plot->input.data;
    gemml_matrix out = {0};
    size_t column, stride = plot_stride(plot);
    int status = predict_values(plot, data->x, &out, &column);
    fputs("$rows << END_OF_DATA\n", plot->script);
    for (size_t i = 0; !status && i < data->x.rows; i += stride) {
        for (size_t k = 0; k < count; k++)
            fprintf(plot->script, "%.9g ", plot_element(&data->x, i, features[k].input));
        fprintf(plot->script, "%.9g %.9g\n", plot_element(&data->y, i, 0),
                ((const double *)out.data)[i * out.cols + column]);
    }
    fputs("END_OF_DATA\n", plot->script);
    free(out.data);
    return status;
}

/* "y", or "probability of LABEL". */
static void label_value(struct plot *plot)
{
    char plain[PLOT_NAME], text[256];
    if (plot->info.classes == 0) {
        plot_label_side(plot, plot_target(plot), PLOT_MIDDLE);
        return;
    }
    snprintf(text, sizeof text, "probability of %.80s = %.80s", plot_target(plot), plot_class(plot, 1, plain));
    plot_label_side(plot, text, PLOT_MIDDLE);
}

static void write_fit(struct plot *plot, bool alone, bool limits)
{
    const struct theme *theme = plot->theme;
    FILE *script = plot->script;
    size_t drawn = plot->input.data.x.rows / plot_stride(plot);
    double size = 0.8 * plot_point_size(plot, drawn);
    fputs("plot ", script);
    if (alone && limits) {
        int band[3];
        plot_blend(plot, theme->series[5], 0.2, band);
        fprintf(
            script,
            "$line using 1:3:4 with filledcurves fs solid 1 noborder lc rgb '#%02x%02x%02x' title '95%% of new rows', "
            "\\\n  ",
            band[0], band[1], band[2]);
    }
    fprintf(script, "$rows using 1:2 with points pt 7 ps %g lc rgb '%s' title 'data'", size, theme->series[0]);
    if (alone)
        fprintf(script, ", \\\n  $line using 1:2 with lines lw 3 lc rgb '%s' title 'prediction'\n", theme->series[5]);
    else
        fprintf(script, ", \\\n  $rows using 1:3 with points pt 4 ps %g lw 1.2 lc rgb '%s' title 'prediction'\n", size,
                theme->series[5]);
}

/* Frames have the same axis: that of the targets. */
static void hold_range(struct plot *plot)
{
    const gemml_view *y = &plot->input.data.y;
    double low = plot_element(y, 0, 0), high = low;
    for (size_t i = 1; i < y->rows; i++) {
        low = fmin(low, plot_element(y, i, 0));
        high = fmax(high, plot_element(y, i, 0));
    }
    double margin = high > low ? 0.08 * (high - low) : 1;
    fprintf(plot->script, "set yrange [%.9g:%.9g]\n", low - margin, high + margin);
}

int plot_fit(struct plot *plot)
{
    struct plot_feature feature;
    bool limits = false, alone = gemml_schema_columns(plot->schema) == 1;
    char below[320], title[256];
    int status = check_values(plot, "fit");
    if (!status)
        status = plot_features(plot, &feature, 1);
    if (status)
        return status;
    plot_begin(plot);
    if (alone)
        status = write_line(plot, &feature, &limits);
    if (!status)
        status = write_rows(plot, &feature, 1);
    if (!status)
        status = describe_fit(plot, below, sizeof below);
    if (status)
        return status;
    snprintf(title, sizeof title, "%.60s over %.60s", plot_target(plot), feature.name);
    plot_title(plot, title, below);
    plot_label(plot, "x", feature.name, PLOT_LABEL);
    label_value(plot);
    plot_frame(plot);
    plot_legend(plot, 2);
    fprintf(plot->script, "set xrange [%.9g:%.9g]\n", feature.low, feature.high);
    if (plot->info.classes > 0)
        fputs("set yrange [-0.05:1.05]\n", plot->script);
    else if (plot->animated)
        hold_range(plot);
    write_fit(plot, alone, limits);
    return EXIT_DONE;
}

/* ---- Two features ----------------------------------------------------------------- */

/* Some five numbers along an edge of the box: 1, 2 or 5 times a power of ten apart. */
static void write_step(struct plot *plot, char axis, const struct plot_feature *feature)
{
    double least = (feature->high - feature->low) / 6, power = pow(10, floor(log10(least))), ratio = least / power;
    double step = power * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
    fprintf(plot->script, "set %ctics %.9g\n", axis, step);
}

int plot_scatter(struct plot *plot)
{
    struct plot_feature features[2];
    char below[320];
    int status = check_values(plot, "scatter");
    if (!status)
        status = plot_features(plot, features, 2);
    if (status)
        return status;
    plot_begin(plot);
    status = write_rows(plot, features, 2);
    if (!status)
        status = describe_fit(plot, below, sizeof below);
    if (status)
        return status;
    const struct theme *theme = plot->theme;
    plot_title(plot, "Data, with the prediction as colour", below);
    plot_label(plot, "x", features[0].name, SCATTER_LABEL);
    plot_label(plot, "y", features[1].name, SCATTER_LABEL);
    label_value(plot);
    write_step(plot, 'x', features);
    write_step(plot, 'y', features + 1);
    fprintf(plot->script,
            "set xlabel offset 0,-0.5\nset ylabel offset 2.5,-0.5\nset border 4095 lc rgb "
            "'%s'\nset view 64,32,0.92,1.05\nset xyplane 0\n"
            "set grid x y z vertical lt 1 lw 0.8 lc rgb '%s'\nset colorbox user origin 0.88,0.25 size 0.02,0.5\n"
            "set cblabel 'prediction' textcolor rgb '%s'\nset origin -0.02,-0.03\nset size 0.94,0.96\n",
            theme->grid, theme->grid, theme->text);
    fputs("set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')\n", plot->script);
    fprintf(plot->script, "splot $rows using 1:2:3:4 with points pt 7 ps %g lc palette notitle\n",
            plot_point_size(plot, plot->input.data.x.rows / plot_stride(plot)));
    return EXIT_DONE;
}

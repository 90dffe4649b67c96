/* Decision regions: each point of a plane through the data has the colour of the class
 * that is predicted there, the paler the less certain; on it the rows, and rings
 * around those that are predicted wrongly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

#define LEGEND_LETTERS 17    /* of a class in the legend, at most ... */
#define PICTURE_LETTERS 90.0 /* ... and as many as fit side by side */
#define GRID_WIDTH ((size_t)280)
#define FRAME_WIDTH ((size_t)120) /* of animations, which have many planes */
#define FEW_MISTAKES ((size_t)300)
#define LEVELS 8  /* of certainty, in a GIF */
#define PALE 0.10 /* how much of a class's colour its region has where all classes are alike ... */
#define FULL 0.48 /* ... and where the class is certain */

/* A point of the grid: "x y r g b". */
static void write_cell(struct plot *plot, const double *at, const double *probability)
{
    size_t best = 0, classes = plot->info.classes;
    int colour[3];
    for (size_t k = 1; k < classes; k++)
        best = probability[k] > probability[best] ? k : best;
    double certainty = (probability[best] * (double)classes - 1) / ((double)classes - 1);
    if (plot->gif) /* which has 256 colours for all */
        certainty = round(certainty * LEVELS) / LEVELS;
    plot_blend(plot, plot->theme->series[best], PALE + (FULL - PALE) * certainty, colour);
    fprintf(plot->script, "%.7g %.7g %d %d %d\n", at[0], at[1], colour[0], colour[1], colour[2]);
}

/* The data block of the plane. */
static int write_plane(struct plot *plot, const struct plot_feature features[2])
{
    struct plot_rows grid;
    gemml_matrix probability = {0};
    size_t wide = plot->animated ? FRAME_WIDTH : GRID_WIDTH, high = wide * 3 / 4, points = wide * high;
    double *at = malloc(2 * points * sizeof *at);
    if (!at)
        return failed("not enough memory");
    for (size_t i = 0; i < points; i++) {
        double across = (double)(i % wide) / (double)(wide - 1), up = (double)(i / wide) / (double)(high - 1);
        at[2 * i] = features[0].low + across * (features[0].high - features[0].low);
        at[2 * i + 1] = features[1].low + up * (features[1].high - features[1].low);
    }
    int status = plot_grid(plot, features, 2, at, points, &grid);
    if (!status)
        status = plot_proba(plot, grid.x, &probability);
    if (!status) {
        fputs("$plane << END_OF_DATA\n", plot->script);
        for (size_t i = 0; i < points; i++)
            write_cell(plot, at + 2 * i, (const double *)probability.data + i * plot->info.classes);
        fputs("END_OF_DATA\n", plot->script);
    }
    free(probability.data);
    plot_grid_free(&grid);
    free(at);
    return status;
}

struct counts {
    size_t rows, wrong, drawn;
};

static bool is_wrong(const struct plot *plot, const double *predicted, size_t row)
{
    return plot_element(&plot->input.data.y, row, 0) != predicted[row];
}

/* Mistakes that are few are all drawn, whichever rows are. */
static bool all_wrong(const struct counts *counts)
{
    return counts->wrong > 0 && counts->wrong <= FEW_MISTAKES;
}

/* The data block of the rows, "x y class wrong": some at equal distances, and mistakes. */
static void write_points(struct plot *plot, const struct plot_feature features[2], const double *predicted,
                         struct counts *counts)
{
    const gemml_dataset *data = &plot->input.data;
    size_t stride = plot_stride(plot);
    fputs("$rows << END_OF_DATA\n", plot->script);
    for (size_t i = 0; i < data->x.rows; i++) {
        bool wrong = is_wrong(plot, predicted, i);
        if (i % stride != 0 && !(wrong && all_wrong(counts)))
            continue;
        counts->drawn++;
        fprintf(plot->script, "%.9g %.9g %.0f %d\n", plot_element(&data->x, i, features[0].input),
                plot_element(&data->x, i, features[1].input), plot_element(&data->y, i, 0), wrong);
    }
    fputs("END_OF_DATA\n", plot->script);
}

static int write_rows(struct plot *plot, const struct plot_feature features[2], struct counts *counts)
{
    gemml_matrix predicted;
    int status = plot_predict(plot, plot->input.data.x, &predicted);
    *counts = (struct counts){.rows = plot->input.data.x.rows};
    for (size_t i = 0; !status && i < counts->rows; i++)
        counts->wrong += is_wrong(plot, predicted.data, i);
    if (!status)
        write_points(plot, features, predicted.data, counts);
    free(predicted.data);
    return status;
}

/* Where there are many classes circles are not all: each shape has half of the colours. */
static int shape_of(const struct plot *plot, size_t class)
{
    static const int filled[] = {7, 5, 9, 13, 11}; /* circle, square, triangle, diamond, triangle upside down */
    return plot->info.classes > 6 ? filled[class % 5] : 7;
}

static void write_plot(struct plot *plot, const struct counts *counts)
{
    const struct theme *theme = plot->theme;
    FILE *script = plot->script;
    double size = plot_point_size(plot, counts->drawn), unit = plot_point_size(plot, 1);
    fputs("plot $plane using 1:2:3:4:5 with rgbimage notitle", script);
    for (size_t k = 0; k < plot->info.classes; k++)
        fprintf(script, ", \\\n  $rows using ($3==%zu?$1:NaN):2 with points pt %d ps %g lc rgb '%s' notitle", k,
                shape_of(plot, k), size + 0.3 * unit, theme->background);
    for (size_t k = 0; k < plot->info.classes; k++) {
        char plain[PLOT_NAME];
        fprintf(script, ", \\\n  $rows using ($3==%zu?$1:NaN):2 with points pt %d ps %g lc rgb '%s' notitle", k,
                shape_of(plot, k), size, theme->series[k]);
        fprintf(script, ", \\\n  keyentry with points pt %d ps %g lc rgb '%s' title ", shape_of(plot, k), unit,
                theme->series[k]);
        gnuplot_text(script, plot_class(plot, k, plain), LEGEND_LETTERS);
    }
    if (counts->wrong > 0)
        fprintf(script,
                ", \\\n  $rows using ($4==1?$1:NaN):2 with points pt 6 ps %g lw 1.4 lc rgb '%s' title '%zu mistake%s'",
                size + 0.9 * unit, theme->text, counts->wrong, counts->wrong == 1 ? "" : "s");
    fputc('\n', script);
}

/* At the bottom where it has place there in one line: all entries are as wide as the widest. */
static void place_legend(struct plot *plot)
{
    double widest = strlen("100 mistakes");
    for (size_t k = 0; k < plot->info.classes; k++) {
        char plain[PLOT_NAME];
        widest = fmax(widest, fmin(gnuplot_width(plot_class(plot, k, plain)), LEGEND_LETTERS));
    }
    double entries = (double)plot->info.classes + 1;
    if (entries * (widest + 6) <= PICTURE_LETTERS)
        plot_legend(plot, entries * (widest + 9) <= PICTURE_LETTERS ? 2 : -1);
    else
        plot_legend_beside(plot);
}

/* The line below the title. */
static void describe(const struct plot *plot, const struct counts *counts, char *text, size_t bytes)
{
    char model[128];
    plot_describe(plot, model, sizeof model);
    int used =
        snprintf(text, bytes, "%s; %.2f%% of %zu row%s right", model,
                 100 * (1 - (double)counts->wrong / (double)counts->rows), counts->rows, counts->rows == 1 ? "" : "s");
    if (counts->drawn < counts->rows)
        used += snprintf(text + used, bytes - (size_t)used, " (%zu drawn%s)", counts->drawn,
                         all_wrong(counts) ? ", with all mistakes" : "");
    if (gemml_schema_columns(plot->schema) > 2)
        snprintf(text + used, bytes - (size_t)used, "; others at their means");
}

int plot_regions(struct plot *plot)
{
    struct plot_feature features[2];
    struct counts counts;
    char title[256], below[320];
    if (plot->info.classes == 0)
        return failed("regions are drawn of a model that tells classes apart, and this one predicts numbers: see "
                      "plot fit");
    if (plot->info.classes > PLOT_COLOURS)
        return failed("regions can be told apart for up to %zu classes, and the model has %zu", PLOT_COLOURS,
                      plot->info.classes);
    int status = plot_features(plot, features, 2);
    if (status)
        return status;
    plot_begin(plot);
    status = write_plane(plot, features);
    if (!status)
        status = write_rows(plot, features, &counts);
    if (status)
        return status;
    snprintf(title, sizeof title, "Decision regions of %.200s", plot_target(plot));
    describe(plot, &counts, below, sizeof below);
    plot_title(plot, title, below);
    plot_label(plot, "x", features[0].name, PLOT_LABEL);
    plot_label_side(plot, features[1].name, PLOT_MIDDLE);
    plot_frame(plot);
    place_legend(plot);
    fprintf(plot->script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset grid front\nunset grid\n",
            features[0].low, features[0].high, features[1].low, features[1].high);
    write_plot(plot, &counts);
    return EXIT_DONE;
}

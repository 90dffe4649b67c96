/* Decision regions: each point of a plane through the data has the colour of the class
 * that is predicted there, the paler the less certain; on it the rows, and rings
 * around those that are predicted wrongly. */
#include <math.h>
#include <stdlib.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

#define GRID_WIDTH ((size_t)280)
#define FRAME_WIDTH ((size_t)120) /* of animations, which have many planes */
#define LEVELS 8                  /* of certainty, in a GIF */
#define PALE 0.10                 /* how much of a class's colour its region has where all classes are alike ... */
#define FULL 0.48                 /* ... and where the class is certain */

/* The three parts of "#rrggbb". */
static void parse_colour(const char *text, double colour[3])
{
    unsigned long bits = strtoul(text + 1, NULL, 16);
    for (int c = 0; c < 3; c++)
        colour[c] = (double)(bits >> (16 - 8 * c) & 255);
}

/* A point of the grid: "x y r g b". */
static void write_cell(struct plot *plot, const double *at, const double *probability)
{
    size_t best = 0, classes = plot->info.classes;
    double ground[3], colour[3];
    for (size_t k = 1; k < classes; k++)
        best = probability[k] > probability[best] ? k : best;
    double certainty = (probability[best] * (double)classes - 1) / ((double)classes - 1);
    if (plot->gif) /* which has 256 colours for all */
        certainty = round(certainty * LEVELS) / LEVELS;
    double share = PALE + (FULL - PALE) * certainty;
    parse_colour(plot->theme->background, ground);
    parse_colour(plot->theme->series[best], colour);
    fprintf(plot->script, "%.7g %.7g", at[0], at[1]);
    for (int c = 0; c < 3; c++)
        fprintf(plot->script, " %.0f", ground[c] + share * (colour[c] - ground[c]));
    fputc('\n', plot->script);
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

struct plot_rows_counts {
    size_t rows, wrong, drawn, drawn_wrong;
};

/* The data block of the rows, "x y class wrong", and how many are wrong. */
static int write_rows(struct plot *plot, const struct plot_feature features[2], struct plot_rows_counts *counts)
{
    const gemml_dataset *data = &plot->input.data;
    gemml_matrix predicted;
    size_t stride = plot_stride(plot);
    int status = plot_predict(plot, data->x, &predicted);
    *counts = (struct plot_rows_counts){.rows = data->x.rows};
    fputs("$rows << END_OF_DATA\n", plot->script);
    for (size_t i = 0; !status && i < data->x.rows; i++) {
        double class = plot_element(&data->y, i, 0);
        bool wrong = class != ((const double *)predicted.data)[i];
        counts->wrong += wrong;
        if (i % stride != 0)
            continue;
        counts->drawn++;
        counts->drawn_wrong += wrong;
        fprintf(plot->script, "%.9g %.9g %.0f %d\n", plot_element(&data->x, i, features[0].input),
                plot_element(&data->x, i, features[1].input), class, wrong);
    }
    fputs("END_OF_DATA\n", plot->script);
    free(predicted.data);
    return status;
}

static void write_plot(struct plot *plot, const struct plot_rows_counts *counts)
{
    const struct theme *theme = plot->theme;
    FILE *script = plot->script;
    double size = counts->drawn > 1000 ? 0.55 : counts->drawn > 300 ? 0.75 : 1;
    fputs("plot $plane using 1:2:3:4:5 with rgbimage notitle, \\\n", script);
    fprintf(script, "  $rows using 1:2 with points pt 7 ps %g lc rgb '%s' notitle", size + 0.3, theme->background);
    for (size_t k = 0; k < plot->info.classes; k++) {
        char plain[PLOT_NAME];
        fprintf(script, ", \\\n  $rows using ($3==%zu?$1:NaN):2 with points pt 7 ps %g lc rgb '%s' title ", k, size,
                theme->series[k]);
        gnuplot_text(script, plot_class(plot, k, plain), 20);
    }
    if (counts->drawn_wrong > 0)
        fprintf(
            script,
            ", \\\n  $rows using ($4==1?$1:NaN):2 with points pt 6 ps %g lw 1.4 lc rgb '%s' title 'predicted wrongly'",
            size + 0.9, theme->text);
    fputc('\n', script);
}

int plot_regions(struct plot *plot)
{
    struct plot_feature features[2];
    struct plot_rows_counts counts;
    char model[128], below[320];
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
    plot_describe(plot, model, sizeof model);
    int used = snprintf(below, sizeof below, "%s; %.2f%% of %zu rows right", model,
                        100 * (1 - (double)counts.wrong / (double)counts.rows), counts.rows);
    if (counts.drawn < counts.rows)
        snprintf(below + used, sizeof below - (size_t)used, " (%zu of them drawn)", counts.drawn);
    plot_title(plot, "Decision regions", below);
    plot_label(plot, "x", features[0].name);
    plot_label(plot, "y", features[1].name);
    plot_frame(plot);
    plot_legend(plot);
    fprintf(plot->script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\nset grid front\nunset grid\n",
            features[0].low, features[0].high, features[1].low, features[1].high);
    write_plot(plot, &counts);
    return EXIT_DONE;
}

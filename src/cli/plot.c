/* What the pictures share: themes, frames, titles, and what the model says of rows. */
#include "cli/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gnuplot.h"
#include "cli/status.h"

const struct theme plot_themes[] = {
    {"#ffffff",
     "#222222",
     "#666666",
     "#dddddd",
     {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#6b5d00", "#332288", "#882255", "#777777"}},
    {"#14181f",
     "#e8e8e8",
     "#9aa4b1",
     "#333b47",
     {"#56b4e9", "#e69f00", "#2fc79a", "#e39cc5", "#f0e442", "#e8602c", "#3f6fe0", "#ffffff", "#a34d7f", "#8f8f8f"}},
};

bool plot_format_of(const char *path, enum plot_format *format)
{
    static const char *const endings[] = {".png", ".svg", ".gif"};
    size_t length = strlen(path);
    for (int i = 0; i < 3; i++)
        if (length > 4 && strcmp(path + length - 4, endings[i]) == 0) {
            *format = (enum plot_format)i;
            return true;
        }
    return false;
}

/* ---- Parts of scripts ------------------------------------------------------------- */

/* How much larger letters are than in a picture of 800 x 600. */
static double letters(const struct plot *plot)
{
    double width = (double)plot->options->width / 800, height = (double)plot->options->height / 600;
    return width < height ? width : height;
}

static enum plot_format format_of(const struct plot *plot)
{
    enum plot_format format = PLOT_PNG;
    plot_format_of(plot->options->output, &format);
    return format;
}

/* Size of letters, in the units of each terminal. */
static double points_of(const struct plot *plot)
{
    static const double points[] = {11, 14, 10};
    return points[format_of(plot)] * letters(plot);
}

static void write_terminal(struct plot *plot)
{
    static const char *const terminals[] = {"pngcairo", "svg", "gif"};
    fprintf(plot->script,
            "set encoding utf8\nset terminal %s%s size %zu,%zu noenhanced font 'DejaVu Sans,%.3g' background '%s'\n",
            terminals[format_of(plot)], plot->animated ? " animate delay 12 loop 0" : "", plot->options->width,
            plot->options->height, points_of(plot), plot->theme->background);
}

void plot_begin(struct plot *plot)
{
    const struct theme *theme = plot->theme;
    if (plot->frame == 0)
        write_terminal(plot);
    fprintf(plot->script, "set border 3 lc rgb '%s' lw 1\nset tics nomirror out scale 0.5 textcolor rgb '%s'\n",
            theme->muted, theme->muted);
    fprintf(plot->script, "set grid lt 1 lw 0.8 lc rgb '%s'\nset key off\n", theme->grid);
}

void plot_title(struct plot *plot, const char *title, const char *below)
{
    const struct theme *theme = plot->theme;
    fputs("set label 1 ", plot->script);
    gnuplot_text(plot->script, plot->options->title ? plot->options->title : title, 62);
    fprintf(plot->script, " at screen 0.03,0.952 left font ',%.3g' textcolor rgb '%s' front\nset label 2 ",
            1.4 * points_of(plot), theme->text);
    gnuplot_text(plot->script, below, 102);
    fprintf(plot->script, " at screen 0.03,0.905 left textcolor rgb '%s' front\n", theme->muted);
}

void plot_label(struct plot *plot, const char *axis, const char *text, size_t most)
{
    fprintf(plot->script, "set %slabel ", axis);
    gnuplot_text(plot->script, text, most);
    fprintf(plot->script, " textcolor rgb '%s'\n", plot->theme->text);
}

void plot_label_side(struct plot *plot, const char *text, double height)
{
    fputs("set label 3 ", plot->script);
    gnuplot_text(plot->script, text, PLOT_LABEL);
    fprintf(plot->script, " at screen 0.022,%g center rotate by 90 textcolor rgb '%s'\n", height, plot->theme->text);
}

void plot_frame(struct plot *plot)
{
    fputs("set lmargin at screen 0.125\nset rmargin at screen 0.965\nset tmargin at screen 0.865\n"
          "set bmargin at screen 0.185\n",
          plot->script);
}

void plot_legend(struct plot *plot, double room)
{
    fprintf(plot->script,
            "set key on at screen 0.54,0.045 center center horizontal maxrows 1 maxcols 12 Left reverse samplen 1.2 "
            "width %g textcolor rgb '%s'\n",
            room, plot->theme->text);
}

void plot_legend_beside(struct plot *plot)
{
    fprintf(plot->script,
            "set rmargin at screen 0.765\nset key on at screen 0.775,0.865 left top vertical Left reverse samplen 1 "
            "spacing 1.3 textcolor rgb '%s'\n",
            plot->theme->text);
}

double plot_point_size(const struct plot *plot, size_t drawn)
{
    static const double scales[] = {1, 0.6, 1.4}; /* to the same size; those of a GIF are made of few pixels */
    return letters(plot) * scales[format_of(plot)] * (drawn > 1000 ? 0.55 : drawn > 300 ? 0.75 : 1);
}

/* The three parts of "#rrggbb". */
static void parse_colour(const char *text, double colour[3])
{
    unsigned long bits = strtoul(text + 1, NULL, 16);
    for (int c = 0; c < 3; c++)
        colour[c] = (double)(bits >> (16 - 8 * c) & 255);
}

void plot_blend(const struct plot *plot, const char *text, double share, int colour[3])
{
    double ground[3], full[3];
    parse_colour(plot->theme->background, ground);
    parse_colour(text, full);
    for (int c = 0; c < 3; c++)
        colour[c] = (int)lround(ground[c] + share * (full[c] - ground[c]));
}

/* ---- Numbers ---------------------------------------------------------------------- */

double plot_element(const gemml_view *view, size_t row, size_t col)
{
    size_t index = row * view->stride + col;
    switch (view->dtype) {
    case GEMML_F32:
        return (double)((const float *)view->data)[index];
    case GEMML_I32:
        return ((const int32_t *)view->data)[index];
    case GEMML_I64:
        return (double)((const int64_t *)view->data)[index];
    default:
        return ((const double *)view->data)[index];
    }
}

int plot_matrix(gemml_matrix *matrix, size_t rows, size_t cols)
{
    double *values = rows < SIZE_MAX / sizeof *values / (cols + 1) ? calloc(rows * cols + 1, sizeof *values) : NULL;
    *matrix = gemml_matrix_f64(values, rows, cols);
    return values ? EXIT_DONE : failed("not enough memory for %zu x %zu numbers", rows, cols);
}

int plot_predict(const struct plot *plot, gemml_view x, gemml_matrix *out)
{
    int status = plot_matrix(out, x.rows, plot->info.classes > 0 ? 1 : plot->info.outputs);
    return !status && gemml_predict(plot->model, x, *out) ? failed_library() : status;
}

int plot_proba(const struct plot *plot, gemml_view x, gemml_matrix *out)
{
    int status = plot_matrix(out, x.rows, plot->info.classes);
    return !status && gemml_predict_proba(plot->model, x, *out) ? failed_library() : status;
}

const char *plot_class(const struct plot *plot, size_t class, char plain[PLOT_NAME])
{
    const char *label = plot->schema ? gemml_schema_class(plot->schema, class) : NULL;
    snprintf(plain, PLOT_NAME, "%zu", class);
    return label ? label : plain;
}

const char *plot_target(const struct plot *plot)
{
    const char *name = plot->schema ? gemml_schema_output_name(plot->schema, 0) : NULL;
    return name ? name : "y";
}

void plot_describe(const struct plot *plot, char *text, size_t bytes)
{
    static const char *const kinds[] = {"linear regression", "logistic regression", "network"};
    gemml_fit_info fit = GEMML_FIT_INFO_INIT;
    int used = snprintf(text, bytes, "%s, %zu parameter%s", kinds[plot->info.kind], plot->info.parameters,
                        plot->info.parameters == 1 ? "" : "s");
    bool exact = gemml_get_fit_info(plot->model, &fit) || fit.solver == GEMML_SOLVER_CHOLESKY ||
                 fit.solver == GEMML_SOLVER_QR || fit.solver == GEMML_SOLVER_SVD;
    if (plot->animated)
        snprintf(text + used, bytes - (size_t)used, ", after %zu of %zu epochs", plot->epoch, fit.epochs);
    else if (!exact && fit.iterations > 0)
        snprintf(text + used, bytes - (size_t)used, ", %zu step%s", fit.iterations, fit.iterations == 1 ? "" : "s");
}

size_t plot_stride(const struct plot *plot)
{
    size_t rows = plot->input.data.x.rows, most = plot->options->points;
    return rows > most ? (rows - 1) / most + 1 : 1;
}

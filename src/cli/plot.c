/* What the pictures share: themes, frames, titles, and what the model says of rows. */
#include "cli/plot.h"

#include <stdlib.h>
#include <string.h>

#include "cli/gnuplot.h"
#include "cli/status.h"

const struct theme plot_themes[] = {
    {"#ffffff",
     "#222222",
     "#666666",
     "#dddddd",
     {"#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#8a7a00", "#332288", "#882255", "#777777"}},
    {"#14181f",
     "#e8e8e8",
     "#9aa4b1",
     "#333b47",
     {"#56b4e9", "#e69f00", "#2fc79a", "#e39cc5", "#f0e442", "#ff7f50", "#9ecae1", "#b5a8ff", "#d98cb3", "#aaaaaa"}},
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

static void write_terminal(struct plot *plot)
{
    static const char *const terminals[] = {"pngcairo", "svg", "gif"};
    static const double points[] = {11, 14, 10};
    enum plot_format format = PLOT_PNG;
    plot_format_of(plot->options->output, &format);
    fprintf(plot->script,
            "set encoding utf8\nset terminal %s%s size %zu,%zu noenhanced font 'DejaVu Sans,%.3g' background '%s'\n",
            terminals[format], plot->animated ? " animate delay 12 loop 0" : "", plot->options->width,
            plot->options->height, points[format] * letters(plot), plot->theme->background);
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
    double points = 11 * letters(plot);
    fputs("set label 1 ", plot->script);
    gnuplot_text(plot->script, plot->options->title ? plot->options->title : title, 62);
    fprintf(plot->script, " at screen 0.03,0.952 left font ',%.3g' textcolor rgb '%s' front\nset label 2 ",
            1.4 * points, theme->text);
    gnuplot_text(plot->script, below, 104);
    fprintf(plot->script, " at screen 0.03,0.905 left textcolor rgb '%s' front\n", theme->muted);
}

void plot_label(struct plot *plot, const char *axis, const char *text)
{
    fprintf(plot->script, "set %slabel ", axis);
    gnuplot_text(plot->script, text, 48);
    fprintf(plot->script, " textcolor rgb '%s'\n", plot->theme->text);
}

void plot_frame(struct plot *plot)
{
    fputs("set lmargin at screen 0.115\nset rmargin at screen 0.965\nset tmargin at screen 0.865\n"
          "set bmargin at screen 0.185\n",
          plot->script);
}

void plot_legend(struct plot *plot)
{
    fprintf(plot->script,
            "set key on at screen 0.54,0.045 center center horizontal Left reverse samplen 1.6 width 2 textcolor rgb "
            "'%s'\n",
            plot->theme->text);
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

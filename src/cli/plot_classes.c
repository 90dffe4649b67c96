/* How well classes are told apart: confusion matrix, ROC curve, calibration. */
#include <math.h>
#include <stdlib.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

#define MOST_CELLS ((size_t)25)
#define MATRIX_LETTERS 80.0        /* as many fit side by side below the matrix */
#define CURVE_LETTERS ((size_t)34) /* of a curve in the legend */
#define CURVE_POINTS ((size_t)1000)

static int check_classes(const struct plot *plot, const char *kind)
{
    if (plot->info.classes == 0)
        return failed("plot %s is for models that tell classes apart, and this one predicts numbers", kind);
    return EXIT_DONE;
}

/* ---- Confusion -------------------------------------------------------------------- */

/* How wide the names of classes may be, in letters: along the side, and below where they slant. */
#define SIDE_LETTERS ((size_t)16)
#define SLANTED_LETTERS ((size_t)14)

/* Whether the names of classes have no place side by side below the matrix, and slant. */
static bool names_slant(const struct plot *plot)
{
    double widest = 0;
    for (size_t k = 0; k < plot->info.classes; k++) {
        char plain[PLOT_NAME];
        widest = fmax(widest, gnuplot_width(plot_class(plot, k, plain)));
    }
    return (fmin(widest, SIDE_LETTERS) + 1) * (double)plot->info.classes > MATRIX_LETTERS;
}

static void write_class_tics(struct plot *plot, char axis, const char *how, size_t letters)
{
    size_t K = plot->info.classes;
    fprintf(plot->script, "set %ctics %s (", axis, how);
    for (size_t k = 0; k < K; k++) {
        char plain[PLOT_NAME];
        fputs(k ? ", " : "", plot->script);
        gnuplot_tick(plot->script, plot_class(plot, k, plain), letters);
        fprintf(plot->script, " %zu", axis == 'y' ? K - 1 - k : k);
    }
    fprintf(plot->script, ") scale 0 textcolor rgb '%s'\n", plot->theme->text);
}

/* The cells "x y share", and their numbers as labels. */
static void write_cells(struct plot *plot, const double *confusion)
{
    size_t K = plot->info.classes;
    fputs("$cells << END_OF_DATA\n", plot->script);
    for (size_t i = 0; i < K; i++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += confusion[i * K + k];
        for (size_t k = 0; k < K; k++)
            fprintf(plot->script, "%zu %zu %.6g\n", k, K - 1 - i, sum > 0 ? confusion[i * K + k] / sum : 0);
    }
    fputs("END_OF_DATA\n", plot->script);
}

/* In each cell its number and, where there is place, its share of the row; bright on dark cells. */
static void write_numbers(struct plot *plot, const double *confusion)
{
    size_t K = plot->info.classes;
    bool dark = plot->theme != plot_themes;
    for (size_t i = 0; i < K; i++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += confusion[i * K + k];
        for (size_t k = 0; k < K; k++) {
            double share = sum > 0 ? confusion[i * K + k] / sum : 0;
            bool bright = share > 0.55 && !dark;
            fprintf(plot->script, "set label '%.6g' at %zu,%zu center front textcolor rgb '%s'%s", confusion[i * K + k],
                    k, K - 1 - i, bright ? "#ffffff" : plot->theme->text, K <= 8 ? " offset 0,0.45\n" : "\n");
            if (K <= 8 && sum > 0)
                fprintf(plot->script, "set label '%.1f%%' at %zu,%zu center front textcolor rgb '%s' offset 0,-0.65\n",
                        100 * share, k, K - 1 - i, bright ? "#dddddd" : plot->theme->muted);
        }
    }
}

/* Margins, axes and colours. The names of the axes keep their places, however long the classes' names are. */
static void write_matrix(struct plot *plot, const double *confusion)
{
    const struct theme *theme = plot->theme;
    FILE *script = plot->script;
    size_t K = plot->info.classes;
    bool slant = names_slant(plot);
    fprintf(script,
            "set lmargin at screen 0.22\nset rmargin at screen 0.95\nset tmargin at screen 0.865\n"
            "set bmargin at screen %g\nunset grid\nunset colorbox\nset border 0\nset cbrange [0:1]\n",
            slant ? 0.26 : 0.15);
    fprintf(script,
            "set label 'true' at screen 0.03,%g center rotate by 90 textcolor rgb '%s'\n"
            "set label 'predicted' at screen 0.585,0.04 center textcolor rgb '%s'\n",
            slant ? 0.56 : 0.51, theme->text, theme->text);
    fprintf(script, "set palette defined (0 '%s', 1 '%s')\n", theme->grid,
            theme == plot_themes ? theme->series[0] : "#1f6fa8");
    fprintf(script, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", K - 1, K - 1);
    write_class_tics(plot, 'x', slant ? "rotate by 40 right" : "norotate", slant ? SLANTED_LETTERS : SIDE_LETTERS);
    write_class_tics(plot, 'y', "norotate", SIDE_LETTERS);
    write_cells(plot, confusion);
    write_numbers(plot, confusion);
    fprintf(script, "set style fill solid 1 border rgb '%s'\n", theme->background);
    fputs("plot $cells using 1:2:(0.48):(0.48):3 with boxxyerror fc palette fs solid noborder notitle\n", script);
}

int plot_confusion(struct plot *plot)
{
    size_t K = plot->info.classes;
    gemml_matrix confusion = {0}, none = {0};
    gemml_metrics metrics = GEMML_METRICS_INIT;
    char model[128], title[256], below[256];
    int status = check_classes(plot, "confusion");
    if (!status && K > MOST_CELLS)
        status = failed("a confusion matrix can be read for up to %zu classes, and the model has %zu", MOST_CELLS, K);
    if (!status)
        status = plot_matrix(&confusion, K, K);
    if (!status && (gemml_score_classes(plot->model, &plot->input.data, confusion, none, none) ||
                    gemml_score(plot->model, &plot->input.data, &metrics)))
        status = failed_library();
    if (!status) {
        plot_describe(plot, model, sizeof model);
        snprintf(below, sizeof below, "%s; %.2f%% of %zu rows right", model, 100 * metrics.accuracy, metrics.rows);
        snprintf(title, sizeof title, "Confusion matrix of %.200s", plot_target(plot));
        plot_begin(plot);
        plot_title(plot, title, below);
        write_matrix(plot, confusion.data);
    }
    free(confusion.data);
    return status;
}

/* ---- ROC -------------------------------------------------------------------------- */

/* The data block "fpr tpr": all points, or some thousand of them. */
static void write_curve(struct plot *plot, size_t class, const gemml_roc *roc)
{
    size_t stride = roc->points > CURVE_POINTS ? (roc->points - 1) / CURVE_POINTS + 1 : 1;
    fprintf(plot->script, "$curve%zu << END_OF_DATA\n", class);
    for (size_t i = 0; i < roc->points; i += stride)
        fprintf(plot->script, "%.7g %.7g\n", roc->fpr[i], roc->tpr[i]);
    fputs("1 1\nEND_OF_DATA\n", plot->script);
}

/* Curves of class 1 of two, or of each class against the others; their areas in auc. */
static int write_curves(struct plot *plot, double *auc)
{
    size_t K = plot->info.classes;
    bool any = false;
    for (size_t k = K == 2; k < K; k++) {
        gemml_roc roc = GEMML_ROC_INIT;
        if (gemml_roc_curve(plot->model, &plot->input.data, k, &roc))
            return failed_library();
        auc[k] = roc.auc;
        if (isfinite(roc.auc))
            write_curve(plot, k, &roc);
        gemml_roc_free(&roc);
        any = any || isfinite(auc[k]);
    }
    return any ? EXIT_DONE : failed("all rows of the data are of one class: there is no curve");
}

int plot_roc(struct plot *plot)
{
    const struct theme *theme = plot->theme;
    size_t K = plot->info.classes;
    double auc[PLOT_COLOURS];
    char model[128], title[256], below[256], plain[PLOT_NAME];
    int status = check_classes(plot, "roc");
    if (!status && K > PLOT_COLOURS)
        status = failed("curves can be told apart for up to %zu classes, and the model has %zu", PLOT_COLOURS, K);
    if (status)
        return status;
    plot_begin(plot);
    status = write_curves(plot, auc);
    if (status)
        return status;
    plot_describe(plot, model, sizeof model);
    snprintf(below, sizeof below, "%s; %zu rows", model, plot->input.data.x.rows);
    if (K == 2)
        snprintf(title, sizeof title, "ROC curve of %.100s = %.100s", plot_target(plot), plot_class(plot, 1, plain));
    else
        snprintf(title, sizeof title, "ROC curves of %.100s, each class against the others", plot_target(plot));
    plot_title(plot, title, below);
    plot_label(plot, "x", "false positive rate", PLOT_LABEL);
    plot_label_side(plot, "true positive rate", PLOT_MIDDLE);
    plot_frame(plot);
    fprintf(plot->script,
            "set xrange [0:1]\nset yrange [0:1.005]\nset key on at graph 0.98,0.05 right bottom Left reverse samplen 2 "
            "textcolor rgb '%s'\nplot x with lines dt 2 lw 1.2 lc rgb '%s' title 'by chance: area 0.5'",
            theme->text, theme->muted);
    for (size_t k = K == 2; k < K; k++) {
        if (!isfinite(auc[k]))
            continue;
        if (K == 2)
            snprintf(title, sizeof title, "this model: area %.4f", auc[k]);
        else
            snprintf(title, sizeof title, "area %.4f: %.200s", auc[k], plot_class(plot, k, plain));
        fprintf(plot->script, ", \\\n  $curve%zu using 1:2 with lines lw 2.5 lc rgb '%s' title ", k,
                theme->series[K == 2 ? 0 : k]);
        gnuplot_text(plot->script, title, CURVE_LETTERS);
    }
    fputc('\n', plot->script);
    return EXIT_DONE;
}

/* ---- Calibration ------------------------------------------------------------------ */

/* "mean observed rows middle" of each bin that holds rows, and "middle rows" of all. */
static void write_bins(struct plot *plot, const double *bins)
{
    fputs("$bins << END_OF_DATA\n", plot->script);
    for (size_t b = 0; b < GEMML_CALIBRATION_BINS; b++)
        if (isfinite(bins[4 * b + 2]) && isfinite(bins[4 * b + 3]))
            fprintf(plot->script, "%.7g %.7g\n", bins[4 * b + 2], bins[4 * b + 3]);
    fputs("END_OF_DATA\n$counts << END_OF_DATA\n", plot->script);
    for (size_t b = 0; b < GEMML_CALIBRATION_BINS; b++)
        fprintf(plot->script, "%.7g %.7g\n", ((double)b + 0.5) / GEMML_CALIBRATION_BINS, bins[4 * b]);
    fputs("END_OF_DATA\n", plot->script);
}

int plot_calibration(struct plot *plot)
{
    const struct theme *theme = plot->theme;
    gemml_matrix bins = {0}, none = {0};
    gemml_metrics metrics = GEMML_METRICS_INIT;
    char model[128], below[256], plain[PLOT_NAME], label[256];
    int bars[3];
    int status = check_classes(plot, "calibration");
    if (!status)
        status = plot_matrix(&bins, GEMML_CALIBRATION_BINS, 4);
    if (!status && (gemml_score_classes(plot->model, &plot->input.data, none, none, bins) ||
                    gemml_score(plot->model, &plot->input.data, &metrics)))
        status = failed_library();
    if (!status) {
        plot_describe(plot, model, sizeof model);
        snprintf(below, sizeof below, "%s; log loss %.4g, Brier score %.4g on %zu rows", model, metrics.log_loss,
                 metrics.brier, metrics.rows);
        snprintf(label, sizeof label, "predicted probability of %.100s",
                 plot->info.classes == 2 ? plot_class(plot, 1, plain) : "the predicted class");
        plot_begin(plot);
        write_bins(plot, bins.data);
        plot_title(plot, "Calibration: how often what is predicted comes true", below);
        fputs("set multiplot\nset lmargin at screen 0.125\nset rmargin at screen 0.965\nset xrange [0:1]\n"
              "set tmargin at screen 0.865\nset bmargin at screen 0.4\nset yrange [0:1]\nset format x ''\n",
              plot->script);
        plot_label_side(plot, "observed share", 0.63);
        fprintf(plot->script,
                "set key on at graph 0.02,0.96 left top Left reverse textcolor rgb '%s'\n"
                "plot x with lines dt 2 lw 1.2 lc rgb '%s' title 'perfectly calibrated', \\\n"
                "  $bins using 1:2 with linespoints pt 7 ps %g lw 2 lc rgb '%s' title 'this model'\n",
                theme->text, theme->muted, plot_point_size(plot, 1), theme->series[0]);
        fputs("unset label 1\nunset label 2\nset key off\nset format x '%g'\nset tmargin at screen 0.36\n"
              "set bmargin at screen 0.13\nset yrange [0:*]\nset boxwidth 0.09\nset ytics autofreq\n",
              plot->script);
        plot_label(plot, "x", label, PLOT_LABEL);
        plot_label_side(plot, "rows", 0.245);
        plot_blend(plot, theme->series[0], 0.6, bars);
        fprintf(plot->script,
                "plot $counts using 1:2 with boxes fs solid 1 noborder lc rgb '#%02x%02x%02x' notitle\n"
                "unset multiplot\n",
                bars[0], bars[1], bars[2]);
    }
    free(bins.data);
    return status;
}

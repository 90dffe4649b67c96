/* How well classes are told apart: confusion matrix, ROC curve, calibration. */
#include <math.h>
#include <stdlib.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"

#define MOST_CELLS ((size_t)25)
#define CURVE_POINTS ((size_t)1000)

static int check_classes(const struct plot *plot, const char *kind)
{
    if (plot->info.classes == 0)
        return failed("plot %s is for models that tell classes apart, and this one predicts numbers", kind);
    return EXIT_DONE;
}

/* ---- Confusion -------------------------------------------------------------------- */

static void write_class_tics(struct plot *plot, const char *axis, bool downwards)
{
    size_t K = plot->info.classes;
    fprintf(plot->script, "set %stics (", axis);
    for (size_t k = 0; k < K; k++) {
        char plain[PLOT_NAME];
        fputs(k ? ", " : "", plot->script);
        gnuplot_tick(plot->script, plot_class(plot, k, plain), K > 8 ? 8 : 14);
        fprintf(plot->script, " %zu", downwards ? K - 1 - k : k);
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
    bool dark = plot->theme == plot_themes + 1;
    for (size_t i = 0; i < K; i++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++)
            sum += confusion[i * K + k];
        for (size_t k = 0; k < K; k++) {
            double share = sum > 0 ? confusion[i * K + k] / sum : 0;
            const char *ink = share > 0.55 ? "#ffffff" : plot->theme->text;
            fprintf(plot->script, "set label '%.6g' at %zu,%zu center front textcolor rgb '%s'", confusion[i * K + k],
                    k, K - 1 - i, dark ? plot->theme->text : ink);
            fprintf(plot->script, K <= 8 ? " offset 0,0.45\n" : "\n");
            if (K <= 8)
                fprintf(plot->script, "set label '%.1f%%' at %zu,%zu center front textcolor rgb '%s' offset 0,-0.65\n",
                        100 * share, k, K - 1 - i,
                        dark           ? plot->theme->muted
                        : share > 0.55 ? "#dddddd"
                                       : plot->theme->muted);
        }
    }
}

int plot_confusion(struct plot *plot)
{
    size_t K = plot->info.classes;
    gemml_matrix confusion = {0}, none = {0};
    gemml_metrics metrics = GEMML_METRICS_INIT;
    char model[128], below[256];
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
        plot_begin(plot);
        plot_title(plot, "Confusion matrix", below);
        plot_label(plot, "x", "predicted");
        plot_label(plot, "y", "true");
        fputs("set lmargin at screen 0.2\nset rmargin at screen 0.9\nset tmargin at screen 0.865\n"
              "set bmargin at screen 0.15\nunset grid\nunset colorbox\nset border 0\nset cbrange [0:1]\n",
              plot->script);
        fprintf(plot->script, "set palette defined (0 '%s', 1 '%s')\n", plot->theme->grid,
                plot->theme == plot_themes ? plot->theme->series[0] : "#1f6fa8");
        fprintf(plot->script, "set xrange [-0.5:%zu.5]\nset yrange [-0.5:%zu.5]\n", K - 1, K - 1);
        write_class_tics(plot, "x", false);
        write_class_tics(plot, "y", true);
        write_cells(plot, confusion.data);
        fprintf(plot->script, "set style fill solid 1 border rgb '%s'\n", plot->theme->background);
        fputs("plot $cells using 1:2:(0.48):(0.48):3 with boxxyerror fc palette fs solid noborder notitle\n",
              plot->script);
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
    for (size_t k = K == 2; k < K; k++) {
        gemml_roc roc = GEMML_ROC_INIT;
        if (gemml_roc_curve(plot->model, &plot->input.data, k, &roc))
            return failed_library();
        auc[k] = roc.auc;
        if (isfinite(roc.auc))
            write_curve(plot, k, &roc);
        gemml_roc_free(&roc);
    }
    return EXIT_DONE;
}

int plot_roc(struct plot *plot)
{
    const struct theme *theme = plot->theme;
    size_t K = plot->info.classes;
    double auc[PLOT_COLOURS];
    char model[128], below[256];
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
    plot_title(plot, K == 2 ? "Receiver operating characteristic" : "ROC of each class against the others", below);
    plot_label(plot, "x", "false positive rate");
    plot_label(plot, "y", "true positive rate");
    plot_frame(plot);
    fprintf(plot->script,
            "set xrange [0:1]\nset yrange [0:1.005]\nset key on at graph 0.98,0.05 right bottom samplen 2 "
            "textcolor rgb '%s'\nplot x with lines dt 2 lw 1.2 lc rgb '%s' title 'by chance: area 0.5'",
            theme->text, theme->muted);
    for (size_t k = K == 2; k < K; k++) {
        char plain[PLOT_NAME], title[160];
        if (!isfinite(auc[k]))
            continue;
        snprintf(title, sizeof title, "%.24s: area %.4f", plot_class(plot, k, plain), auc[k]);
        fprintf(plot->script, ", \\\n  $curve%zu using 1:2 with lines lw 2.5 lc rgb '%s' title ", k,
                theme->series[K == 2 ? 0 : k]);
        gnuplot_text(plot->script, title, 48);
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
        fputs("set multiplot\nset lmargin at screen 0.115\nset rmargin at screen 0.965\nset xrange [0:1]\n"
              "set tmargin at screen 0.865\nset bmargin at screen 0.4\nset yrange [0:1]\nset format x ''\n",
              plot->script);
        plot_label(plot, "y", "observed share");
        fprintf(plot->script,
                "set key on at graph 0.02,0.96 left top Left reverse textcolor rgb '%s'\n"
                "plot x with lines dt 2 lw 1.2 lc rgb '%s' title 'perfectly calibrated', \\\n"
                "  $bins using 1:2 with linespoints pt 7 ps 1.2 lw 2 lc rgb '%s' title 'this model'\n",
                theme->text, theme->muted, theme->series[0]);
        fputs("unset label 1\nunset label 2\nset key off\nset format x '%g'\nset tmargin at screen 0.36\n"
              "set bmargin at screen 0.13\nset yrange [0:*]\nset boxwidth 0.09\nset ytics autofreq\n",
              plot->script);
        plot_label(plot, "x", label);
        plot_label(plot, "y", "rows");
        fprintf(plot->script,
                "plot $counts using 1:2 with boxes fs solid 0.6 noborder lc rgb '%s' notitle\nunset multiplot\n",
                theme->series[0]);
    }
    free(bins.data);
    return status;
}

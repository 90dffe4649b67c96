/* Learning curves: the loss of each epoch, over a linear axis and over logarithmic ones. */
#include <math.h>

#include "cli/description.h"
#include "cli/plot.h"
#include "cli/status.h"

#define MOST_POINTS ((size_t)2000)
#define FEW_POINTS ((size_t)20) /* which are marked: a line does not show where they are */

/* The data block "epoch loss": all entries, or some 2000 of them at equal ratios of
 * distance; entry i is of epoch epochs[i], or i + 1 for a NULL. */
static void write_series(struct plot *plot, const char *name, const double *values, const size_t *epochs, size_t count)
{
    size_t last = 0;
    fprintf(plot->script, "$%s << END_OF_DATA\n", name);
    for (size_t i = 0; i < MOST_POINTS && last < count; i++) {
        double ratio = (double)i / (MOST_POINTS - 1);
        size_t place = count <= MOST_POINTS ? i + 1 : (size_t)(pow((double)count, ratio) + 0.5);
        if (place <= last)
            continue;
        last = place < count ? place : count;
        if (isfinite(values[last - 1]))
            fprintf(plot->script, "%zu %.9g\n", epochs ? epochs[last - 1] : last, values[last - 1]);
    }
    fputs("END_OF_DATA\n", plot->script);
}

/* What is drawn: the numbers of epochs, or of steps where the solver has no epochs, and the losses. */
struct curves {
    const gemml_fit_info *fit;
    bool valid;       /* there is a second one */
    const char *unit; /* "epoch" or "step" */
    size_t count;
    double low, high; /* of the losses that are finite */
};

static void extend_range(struct curves *curves, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i])) {
            curves->low = fmin(curves->low, values[i]);
            curves->high = fmax(curves->high, values[i]);
        }
}

static struct curves find_curves(const gemml_fit_info *fit)
{
    struct curves curves = {.fit = fit, .valid = fit->valid_history_count > 0, .count = fit->loss_history_count};
    curves.unit = fit->solver == GEMML_SOLVER_DESCENT ? "epoch" : "step";
    curves.low = (double)INFINITY;
    curves.high = -(double)INFINITY;
    extend_range(&curves, fit->loss_history, fit->loss_history_count);
    extend_range(&curves, fit->valid_loss_history, fit->valid_history_count);
    return curves;
}

/* A logarithmic axis from low to high. Of less than two decades multiples of the powers of ten
 * have labels too; over less than a factor of 2 logarithms show nothing. */
static void write_logarithmic(struct plot *plot, char axis, double low, double high)
{
    static const double few[] = {1, 2, 5}, many[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    bool short_axis = high < 10 * low;
    const double *digits = short_axis ? many : few;
    if (!(high >= 2 * low))
        return;
    fprintf(plot->script, "set logscale %c\nset %crange [%.9g:%.9g]\n", axis, axis, low, high);
    if (high >= 100 * low)
        return;
    fprintf(plot->script, "set %ctics (", axis);
    const char *between = "";
    for (int power = (int)floor(log10(low)); power <= (int)ceil(log10(high)); power++)
        for (size_t i = 0; i < (short_axis ? 9 : 3); i++) {
            double at = digits[i] * pow(10, power);
            if (at >= low && at <= high) {
                fprintf(plot->script, "%s%.9g", between, at);
                between = ", ";
            }
        }
    fputs(")\n", plot->script);
}

/* One panel between the screen's fractions left and right. */
static void write_panel(struct plot *plot, const struct curves *curves, double left, double right, bool logarithmic)
{
    char label[32];
    const char *style = curves->count <= FEW_POINTS ? "linespoints pt 7 ps 0.7" : "lines";
    fprintf(plot->script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset tmargin at screen 0.86\n"
            "set bmargin at screen 0.19\n",
            left, right);
    snprintf(label, sizeof label, "%s%s", curves->unit, logarithmic ? ", logarithmic" : "");
    plot_label(plot, "x", label, PLOT_LABEL);
    if (left < 0.5)
        plot_label_side(plot, "loss", PLOT_MIDDLE);
    if (logarithmic) {
        write_logarithmic(plot, 'x', 1, (double)curves->count);
        write_logarithmic(plot, 'y', 0.9 * curves->low, 1.1 * curves->high);
    }
    fprintf(plot->script, "plot $train using 1:2 with %s lw 2 lc rgb '%s' title 'training'%s", style,
            plot->theme->series[0], curves->valid ? ", \\\n" : "\n");
    if (curves->valid)
        fprintf(plot->script, "  $valid using 1:2 with %s lw 2 dt '-' lc rgb '%s' title 'validation'\n", style,
                plot->theme->series[5]);
    fputs("unset label 1\nunset label 2\nunset label 3\nset key off\n", plot->script);
}

/* The line below the title. */
static void describe(const struct plot *plot, const struct curves *curves, char *text, size_t bytes)
{
    char model[128], words[OUTCOME_BYTES];
    plot_describe(plot, model, sizeof model);
    int used = snprintf(text, bytes, "%s; ", model);
    if (curves->fit->solver == GEMML_SOLVER_DESCENT)
        used += snprintf(text + used, bytes - (size_t)used, "%zu epoch%s, ", curves->fit->epochs,
                         curves->fit->epochs == 1 ? "" : "s");
    snprintf(text + used, bytes - (size_t)used, "loss %.4g, %s", curves->fit->loss,
             outcome_words(curves->fit->outcome, words));
}

int plot_history(struct plot *plot)
{
    gemml_fit_info fit = GEMML_FIT_INFO_INIT;
    char title[256], below[320];
    if (gemml_get_fit_info(plot->model, &fit))
        return failed_library();
    if (fit.loss_history_count == 0)
        return failed("the model has no history: it was not fitted step by step (see --solver descent of train)");
    struct curves curves = find_curves(&fit);
    enum plot_axis axis = (enum plot_axis)plot->options->axis;
    if (!(curves.low > 0) || curves.count == 1)
        axis = AXIS_LINEAR;
    plot_begin(plot);
    write_series(plot, "train", fit.loss_history, NULL, curves.count);
    if (curves.valid)
        write_series(plot, "valid", fit.valid_loss_history, fit.valid_epochs, fit.valid_history_count);
    snprintf(title, sizeof title, "Learning curve of %.200s", plot_target(plot));
    describe(plot, &curves, below, sizeof below);
    plot_title(plot, title, below);
    if (curves.valid)
        plot_legend(plot, 0);
    fputs("set multiplot\n", plot->script);
    if (axis != AXIS_LOGARITHMIC)
        write_panel(plot, &curves, 0.125, axis == AXIS_BOTH ? 0.51 : 0.965, false);
    if (axis != AXIS_LINEAR)
        write_panel(plot, &curves, axis == AXIS_BOTH ? 0.63 : 0.125, 0.965, true);
    fputs("unset multiplot\n", plot->script);
    return EXIT_DONE;
}

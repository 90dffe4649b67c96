/* Learning curves: the loss of each epoch, over a linear axis and over logarithmic ones. */
#include <math.h>

#include "cli/plot.h"
#include "cli/status.h"

#define MOST_POINTS ((size_t)2000)

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

/* One panel between the screen's fractions left and right. */
static void write_panel(struct plot *plot, bool valid, double left, double right, bool logarithmic)
{
    fprintf(plot->script,
            "set lmargin at screen %g\nset rmargin at screen %g\nset tmargin at screen 0.86\n"
            "set bmargin at screen 0.19\n",
            left, right);
    plot_label(plot, "x", logarithmic ? "epoch, logarithmic" : "epoch");
    plot_label(plot, "y", logarithmic ? "" : "loss");
    fputs(logarithmic ? "set logscale xy\n" : "unset logscale\n", plot->script);
    fprintf(plot->script, "plot $train using 1:2 with lines lw 2 lc rgb '%s' title 'training'%s",
            plot->theme->series[0], valid ? ", \\\n" : "\n");
    if (valid)
        fprintf(plot->script, "  $valid using 1:2 with lines lw 2 dt '-' lc rgb '%s' title 'validation'\n",
                plot->theme->series[5]);
    fputs("unset label 1\nunset label 2\nset key off\n", plot->script);
}

int plot_history(struct plot *plot)
{
    gemml_fit_info fit = GEMML_FIT_INFO_INIT;
    char below[160];
    bool positive = true;
    if (gemml_get_fit_info(plot->model, &fit))
        return failed_library();
    size_t count = fit.loss_history_count;
    if (count == 0)
        return failed("the model has no history: it was not fitted epoch by epoch (see --solver descent of train)");
    for (size_t i = 0; i < count; i++)
        positive = positive && fit.loss_history[i] > 0;
    bool valid = fit.valid_history_count > 0;
    for (size_t i = 0; i < fit.valid_history_count; i++)
        positive = positive && fit.valid_loss_history[i] > 0;
    bool two = plot->options->axis == AXIS_BOTH && positive && count > 1;
    plot_begin(plot);
    write_series(plot, "train", fit.loss_history, NULL, count);
    if (valid)
        write_series(plot, "valid", fit.valid_loss_history, fit.valid_epochs, fit.valid_history_count);
    snprintf(below, sizeof below, "%zu epoch%s, loss %.5g: %s", fit.epochs, fit.epochs == 1 ? "" : "s", fit.loss,
             gemml_outcome_string(fit.outcome));
    plot_title(plot, "Learning curve", below);
    if (valid)
        plot_legend(plot);
    fputs("set multiplot\n", plot->script);
    if (two || plot->options->axis != AXIS_LOGARITHMIC || !positive)
        write_panel(plot, valid, 0.115, two ? 0.51 : 0.965, false);
    if (two || (plot->options->axis == AXIS_LOGARITHMIC && positive))
        write_panel(plot, valid, two ? 0.62 : 0.115, 0.965, true);
    fputs("unset multiplot\n", plot->script);
    return EXIT_DONE;
}

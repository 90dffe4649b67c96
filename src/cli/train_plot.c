/* train --plot: once the model is written, the picture that tells most of the training, by
 * the verb that draws it. */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "cli/gnuplot.h"
#include "cli/plot.h"
#include "cli/status.h"
#include "cli/train.h"
#include "cli/verbs.h"

static bool is_gif(const char *path)
{
    enum plot_format format;
    return plot_format_of(path, &format) && format == PLOT_GIF;
}

int train_plot_check(const struct verb *verb, const struct train_options *values, const char *data)
{
    enum plot_format format;
    if (!values->plot)
        return EXIT_DONE;
    if (!plot_format_of(values->plot, &format))
        return failed_usage(verb->name, "--plot %s: the name of a picture ends in .png, .svg or .gif", values->plot);
    if (is_gif(values->plot) && values->record != SIZE_MAX && strcmp(data, "-") == 0)
        return failed_usage(verb->name, "--plot %s: an animation reads DATA again, so it cannot be -", values->plot);
    return gnuplot_check();
}

/* The animation where parameters were recorded for it, the learning curve where there is one,
 * else the line through the data, and where there are several columns the coefficients. */
static const struct verb *choose(const struct training *training, bool *with_data)
{
    bool again = strcmp(training->data_path, "-") != 0;
    gemml_column_info column = GEMML_COLUMN_INFO_INIT;
    bool line = gemml_schema_columns(training->schema) == 1 &&
                gemml_schema_column(training->schema, 0, &column) == GEMML_OK && column.type == GEMML_COLUMN_NUMERIC;
    *with_data = true;
    if (is_gif(training->options->plot) && training->fit.recorded_count > 0)
        return &verb_plot_animation;
    if (training->fit.loss_history_count == 0 && line && again)
        return &verb_plot_fit;
    *with_data = false;
    return training->fit.loss_history_count > 0 ? &verb_plot_history : &verb_plot_coefficients;
}

int train_plot(const struct training *training)
{
    const struct train_options *values = training->options;
    bool with_data;
    if (!values->plot)
        return EXIT_DONE;
    const struct verb *verb = choose(training, &with_data);
    char output[PATH_MAX + 16], quiet[] = "--quiet", end[] = "--";
    snprintf(output, sizeof output, "--output=%s", values->plot);
    char *words[] = {quiet, output, end, (char *)values->model, (char *)training->data_path};
    int status = verb->run(verb, with_data ? 5 : 4, words);
    if (!status && !values->quiet)
        printf("%-14s%s\n", "picture", values->plot);
    return status;
}

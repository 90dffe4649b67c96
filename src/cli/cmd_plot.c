/* gemml plot: pictures of a model and its data, drawn by gnuplot. */
#include <errno.h>
#include <gemml.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gnuplot.h"
#include "cli/output.h"
#include "cli/plot.h"
#include "cli/status.h"
#include "cli/verbs.h"

enum plot_kind {
    HISTORY = 1,
    REGIONS = 2,
    FIT = 4,
    SCATTER = 8,
    COEFFICIENTS = 16,
    CONFUSION = 32,
    ROC = 64,
    CALIBRATION = 128,
    ANIMATION = 256
};

#define WITH_DATA (REGIONS | FIT | SCATTER | CONFUSION | ROC | CALIBRATION | ANIMATION)

#define AT(member) .offset = offsetof(struct plot_options, member)

static const struct option_spec table[] = {
    {.name = "output",
     .type = OPTION_TEXT,
     AT(output),
     .value = "FILE",
     .required = true,
     .help = "where the picture goes; its name ends in .png, .svg or .gif"},
    {.name = "features",
     .type = OPTION_TEXT,
     AT(features),
     .value = "LIST",
     .automatic = "the first ones",
     .verbs = REGIONS | FIT | SCATTER | ANIMATION,
     .help = "columns of numbers that are the axes: two of them, one for fit; the others stand at their means"},
    {.name = "axis",
     .type = OPTION_CHOICE,
     AT(axis),
     .value = "both|linear|log",
     .initial = "both",
     .verbs = HISTORY,
     .help = "linear axes, logarithmic ones, or a panel of each"},
    {.name = "points",
     .type = OPTION_COUNT,
     AT(points),
     .value = "N",
     .low = 1,
     .initial = "2000",
     .verbs = REGIONS | FIT | SCATTER | ANIMATION,
     .help = "rows that are drawn at most, at equal distances"},
    {.name = "top",
     .type = OPTION_COUNT,
     AT(top),
     .value = "N",
     .low = 1,
     .high = 60,
     .initial = "20",
     .verbs = COEFFICIENTS,
     .help = "coefficients that are drawn at most: those that are farthest from 0 in their standard errors"},
    {.name = "frames",
     .type = OPTION_COUNT,
     AT(frames),
     .value = "N",
     .low = 1,
     .high = 500,
     .initial = "40",
     .verbs = ANIMATION,
     .help = "pictures at most, at equal distances"},
    {.name = "title", .type = OPTION_TEXT, AT(title), .value = "TEXT", .automatic = "says what it is", .help = "title"},
    {.name = "theme",
     .type = OPTION_CHOICE,
     AT(theme),
     .value = "light|dark",
     .initial = "light",
     .help = "colours of the ground and of the series"},
    {.name = "width",
     .type = OPTION_COUNT,
     AT(width),
     .value = "N",
     .low = 200,
     .high = 10000,
     .initial = "800",
     .help = "pixels"},
    {.name = "height",
     .type = OPTION_COUNT,
     AT(height),
     .value = "N",
     .low = 150,
     .high = 10000,
     .initial = "600",
     .help = "pixels"},
    OPTION_THREADS(struct plot_options),
    OPTION_QUIET(struct plot_options, "no notices; errors remain"),
};

static int write_script(struct plot *plot, enum plot_kind kind)
{
    switch (kind) {
    case HISTORY:
        return plot_history(plot);
    case REGIONS:
        return plot_regions(plot);
    case FIT:
        return plot_fit(plot);
    case SCATTER:
        return plot_scatter(plot);
    case COEFFICIENTS:
        return plot_coefficients(plot);
    case CONFUSION:
        return plot_confusion(plot);
    case ROC:
        return plot_roc(plot);
    case ANIMATION:
        return plot_animation(plot);
    default:
        return plot_calibration(plot);
    }
}

/* Runs gnuplot into a file that takes its place when the picture is whole. */
static int draw(struct plot *plot)
{
    struct output output;
    int status = output_open(&output, plot->options->output);
    if (status)
        return status;
    status = gnuplot_draw(plot->script, output.file);
    if (status) {
        output_abandon(&output);
        return status;
    }
    status = output_close(&output);
    return status ? status : output_publish(&output);
}

static int load(struct plot *plot, gemml_model **model, const struct arguments *arguments, enum plot_kind kind)
{
    if (gemml_load(model, arguments->positions[0]))
        return failed_library();
    plot->model = *model;
    plot->schema = gemml_model_schema(*model);
    gemml_model_info_init(&plot->info);
    if (gemml_model_get_info(*model, &plot->info))
        return failed_library();
    if (!(kind & WITH_DATA))
        return EXIT_DONE;
    int status = input_read(&plot->input, *model, arguments->positions[1], GEMML_ENCODE_LEARN, plot->options->quiet);
    if (!plot->schema)
        plot->schema = plot->input.positions;
    return status;
}

static int check_output(const struct verb *verb, const struct plot_options *values, const struct arguments *arguments)
{
    enum plot_format format;
    if (!plot_format_of(values->output, &format))
        return failed_usage(verb->name, "--output %s: the name of a picture ends in .png, .svg or .gif",
                            values->output);
    if (verb->bit == ANIMATION && format != PLOT_GIF)
        return failed_usage(verb->name, "--output %s: an animation is a .gif", values->output);
    for (size_t i = 0; i < 2 && verb->positions[i]; i++)
        if (output_same(values->output, arguments->positions[i]))
            return failed_usage(verb->name, "--output %s would overwrite %s", values->output, verb->positions[i]);
    return output_check("--output", values->output);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct plot_options values = {0};
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    enum plot_format format = PLOT_PNG;
    plot_format_of(values.output, &format);
    struct plot plot = {.options = &values, .theme = plot_themes + values.theme, .gif = format == PLOT_GIF};
    gemml_model *model = NULL;
    int status = check_output(verb, &values, &arguments);
    if (!status)
        status = gnuplot_check();
    if (!status)
        status = input_set_threads(values.threads);
    if (!status && !(plot.script = tmpfile()))
        status = failed("a temporary file for gnuplot: %s", strerror(errno));
    if (!status)
        status = load(&plot, &model, &arguments, (enum plot_kind)verb->bit);
    if (!status)
        status = write_script(&plot, (enum plot_kind)verb->bit);
    if (!status)
        status = draw(&plot);
    if (plot.script)
        fclose(plot.script);
    input_free(&plot.input);
    gemml_model_free(model);
    return status;
}

#define PLOT_VERB(variable, bits, kind, second, arguments, about, text)                                           \
    const struct verb variable = {.name = "plot " kind,                                                           \
                                  .positions = {"MODEL", second},                                                 \
                                  .usage = " --output FILE [options]",                                            \
                                  .summary = about,                                                               \
                                  .examples = "  gemml plot " kind " " arguments "\n"                             \
                                              "  gemml plot " kind " " arguments " --theme dark\n",               \
                                  .details = text " Gnuplot draws the picture (on Debian: package gnuplot-nox).", \
                                  .options = table,                                                               \
                                  .option_count = sizeof table / sizeof table[0],                                 \
                                  .bit = bits,                                                                    \
                                  .run = run}

PLOT_VERB(verb_plot_history, HISTORY, "history", NULL, "moons.gemml --output history.png",
          "draw the learning curve of a model",
          "Draws the loss of each epoch of a model that was fitted epoch by epoch, over linear and over logarithmic "
          "axes.");
PLOT_VERB(verb_plot_regions, REGIONS, "regions", "DATA", "moons.gemml moons.csv --output regions.png",
          "draw which class is predicted where",
          "Draws the plane of two columns in the colours of the classes that are predicted there, paler where they are "
          "less certain, the rows of DATA on it, and rings around those that are predicted wrongly.");
PLOT_VERB(
    verb_plot_fit, FIT, "fit", "DATA", "curve.gemml curve.csv --output fit.png",
    "draw target and prediction over one column",
    "Draws the target of each row of DATA, and what is predicted, over one column: as a line where it is the "
    "model's only column, with the 95% interval of new rows where a linear regression has one. Of two classes the "
    "probability of the second one is drawn.");
PLOT_VERB(verb_plot_scatter, SCATTER, "scatter", "DATA", "line.gemml line.csv --output scatter.png",
          "draw the target over two columns, the prediction as colour",
          "Draws the rows of DATA as points in three dimensions, two columns and the target, in the colour of what is "
          "predicted.");
PLOT_VERB(verb_plot_coefficients, COEFFICIENTS, "coefficients", NULL, "cars.gemml --output coefficients.png",
          "draw coefficients with their intervals",
          "Draws the coefficients of a model of one layer in original units, without the intercept, with their 95% "
          "confidence intervals where the model has them.");
PLOT_VERB(verb_plot_confusion, CONFUSION, "confusion", "DATA", "moons.gemml moons.csv --output confusion.png",
          "draw which classes are taken for which",
          "Draws the confusion matrix on DATA: a row for each true class, with counts and shares of the row.");
PLOT_VERB(verb_plot_roc, ROC, "roc", "DATA", "moons.gemml moons.csv --output roc.png",
          "draw the receiver operating characteristic",
          "Draws true against false positive rate on DATA for all thresholds: of the second of two classes, or of each "
          "of several against the others.");
PLOT_VERB(verb_plot_calibration, CALIBRATION, "calibration", "DATA", "moons.gemml moons.csv --output calibration.png",
          "draw predicted probabilities against observed shares",
          "Draws, for tenths of the predicted probability, how often the class occurs in DATA, and how many rows there "
          "are in each: of the second of two classes, or of the predicted one of several.");
PLOT_VERB(
    verb_plot_animation, ANIMATION, "animation", "DATA", "moons.gemml moons.csv --output moons.gif",
    "draw how a model was trained, as an animation",
    "Draws regions, or target and prediction over one column, for each of the parameters that train --record kept: "
    "an animated GIF.");

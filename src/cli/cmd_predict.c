/* gemml predict: a CSV column of predictions for each output, in input order. */
#include <gemml.h>
#include <string.h>

#include "cli/input.h"
#include "cli/output.h"
#include "cli/predictions.h"
#include "cli/status.h"
#include "cli/verbs.h"

struct predict_options {
    const char *output;
    struct prediction_columns columns;
    size_t threads;
    bool quiet;
};

static const struct option_spec options[] = {
    {.name = "output",
     .type = OPTION_TEXT,
     .offset = offsetof(struct predict_options, output),
     .value = "FILE",
     .automatic = "the standard output",
     .help = "where the predictions go"},
    {.name = "interval",
     .type = OPTION_REAL,
     .offset = offsetof(struct predict_options, columns.interval),
     .value = "LEVEL",
     .above = true,
     .high = 0.999999,
     .automatic = "none",
     .help =
         "of linear models: four more columns, the limits between which the mean (mean_lower, mean_upper) and a new "
         "value (lower, upper) lie with this probability"},
    {.name = "proba",
     .type = OPTION_FLAG,
     .offset = offsetof(struct predict_options, columns.proba),
     .help = "of models of classes: a column more for each class, p:LABEL, its probability"},
    {.name = "threshold",
     .type = OPTION_REAL,
     .offset = offsetof(struct predict_options, columns.threshold),
     .value = "X",
     .high = 1,
     .automatic = "0.5",
     .help = "of models of two classes: predict the second one where its probability is above X"},
    {.name = "decision",
     .type = OPTION_FLAG,
     .offset = offsetof(struct predict_options, columns.decision),
     .help = "a column more, what the last layer gives: the log odds of the second of two classes"},
    OPTION_THREADS(struct predict_options),
    OPTION_QUIET(struct predict_options, "no notices; errors remain"),
};

static int write_predictions(const struct predictions *predictions, const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    status = predictions_write(output.file, predictions);
    if (status) {
        output_abandon(&output);
        return status;
    }
    status = output_close(&output);
    return status ? status : output_publish(&output);
}

static int predict(const gemml_model *model, const char *data, const struct predict_options *values)
{
    struct input input;
    struct predictions predictions = {0};
    int status = predictions_check(model, &values->columns);
    if (status)
        return status;
    status = input_read(&input, model, data, GEMML_ENCODE_PREDICT, values->quiet);
    if (!status)
        status = predictions_make(&predictions, model, input.data.x, values->columns);
    input_free(&input);
    if (!status)
        status = write_predictions(&predictions, values->output);
    predictions_free(&predictions);
    return status;
}

static int check_output(const struct verb *verb, const struct predict_options *values, const char *const positions[])
{
    if (!values->output || strcmp(values->output, "-") == 0)
        return EXIT_DONE;
    for (size_t i = 0; i < 2; i++)
        if (output_same(values->output, positions[i]))
            return failed_usage(verb->name, "--output %s would overwrite %s", values->output, verb->positions[i]);
    return output_check("--output", values->output);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct predict_options values;
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    gemml_model *model = NULL;
    int status = check_output(verb, &values, arguments.positions);
    if (!status)
        status = input_set_threads(values.threads);
    if (!status && gemml_load(&model, arguments.positions[0]))
        status = failed_library();
    if (!status)
        status = predict(model, arguments.positions[1], &values);
    gemml_model_free(model);
    return status;
}

const struct verb verb_predict = {
    .name = "predict",
    .positions = {"MODEL", "DATA"},
    .usage = " [options]",
    .summary = "predict each row of a table",
    .examples = "  gemml predict cars.gemml new.csv\n"
                "  gemml predict cars.gemml new.csv --output predictions.csv\n"
                "  gemml predict cars.gemml new.csv --interval 0.95\n"
                "  gemml predict ship.gemml passengers.csv --proba --threshold 0.3\n"
                "  cat new.csv | gemml predict cars.gemml -\n",
    .details =
        "Writes CSV: a header and one line for each row of DATA (CSV or NPY; - is the standard input), in its "
        "order. Columns are found by name, in any order; the target may be absent. Missing numbers get the mean of "
        "training; a category that training did not have is taken as the first one. With several outputs the "
        "columns are called prediction:NAME. With --interval each output has the columns prediction, mean_lower, "
        "mean_upper, lower, upper. A class is written as its label was in training. Numbers read back exactly.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};

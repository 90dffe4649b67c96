/* gemml evaluate: how well a model predicts a table. */
#include <gemml.h>

#include "cli/input.h"
#include "cli/json.h"
#include "cli/metrics.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

struct evaluate_options {
    bool json;
    size_t threads;
    bool quiet;
};

static const struct option_spec options[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct evaluate_options, json),
     .help = "write JSON, with 17 significant digits"},
    OPTION_THREADS(struct evaluate_options),
    OPTION_QUIET(struct evaluate_options, "no notices; errors remain"),
};

static int evaluate(const gemml_model *model, const char *data, bool json, bool quiet)
{
    struct input input;
    struct evaluation evaluation = {0};
    int status = input_read(&input, model, data, GEMML_ENCODE_LEARN, quiet);
    if (!status)
        status = evaluation_make(&evaluation, model, &input.data);
    if (!status && json)
        status = json_write(stdout, evaluation_json(&evaluation));
    else if (!status)
        evaluation_print(stdout, &evaluation);
    evaluation_free(&evaluation);
    input_free(&input);
    return status ? status : output_flush();
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct evaluate_options values;
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    gemml_model *model = NULL;
    if (input_set_threads(values.threads))
        return EXIT_FAILED;
    if (gemml_load(&model, arguments.positions[0]))
        return failed_library();
    int status = evaluate(model, arguments.positions[1], values.json, values.quiet);
    gemml_model_free(model);
    return status;
}

const struct verb verb_evaluate = {
    .name = "evaluate",
    .positions = {"MODEL", "DATA"},
    .usage = " [options]",
    .summary = "compare a model's predictions with the targets in a table",
    .examples = "  gemml evaluate cars.gemml test.csv\n"
                "  gemml evaluate cars.gemml test.csv --json\n",
    .details =
        "Predicts each row of DATA (CSV or NPY; - is the standard input) and compares with the target. Of numbers: the "
        "loss (half the squared error), mean squared error, its root, mean absolute error and R^2. Of classes: the "
        "loss (cross entropy), accuracy, Brier score, area under the ROC curve, precision, recall and F1 of each "
        "class and on average, the confusion matrix, and how probabilities compare with what happened. Columns "
        "are found by name, in any order; rows without target are dropped.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};

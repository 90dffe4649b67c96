/* gemml inspect: what a model is and what its fit came to. */
#include <gemml.h>

#include "cli/description.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

struct inspect_options {
    bool json;
};

static const struct option_spec options[] = {
    {.name = "json",
     .type = OPTION_FLAG,
     .offset = offsetof(struct inspect_options, json),
     .help = "write JSON, with 17 significant digits"},
};

static void print(const struct description *description)
{
    description_print(stdout, description, false, GEMML_AUTO);
    columns_print(stdout, description);
}

static int inspect(const gemml_model *model, bool json)
{
    struct description description;
    int status = description_load(&description, model);
    if (!status && json)
        status = json_write(stdout, description_json(&description));
    else if (!status)
        print(&description);
    description_free(&description);
    return status ? status : output_flush();
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct inspect_options values;
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    gemml_model *model = NULL;
    if (gemml_load(&model, arguments.positions[0]))
        return failed_library();
    int status = inspect(model, values.json);
    gemml_model_free(model);
    return status;
}

const struct verb verb_inspect = {
    .name = "inspect",
    .positions = {"MODEL"},
    .usage = " [--json]",
    .summary = "show a model: coefficients, quality of the fit, options",
    .examples = "  gemml inspect cars.gemml\n"
                "  gemml inspect cars.gemml --json > cars.json\n",
    .details = "Shows what is stored in the model file: inputs and outputs, how it was fitted, its coefficients in "
               "original units with standard errors, t and p, R^2, the residual standard error, F, rank and condition, "
               "and how well the normal "
               "equations hold.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};

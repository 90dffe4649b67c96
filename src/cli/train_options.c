/* The table of train's options. */
#include "cli/train_options.h"

#include <assert.h>
#include <string.h>

#include "cli/output.h"
#include "cli/status.h"

enum mark { MARK_NONE, MARK_DESCENT };

#define AT(member) .offset = offsetof(struct train_options, member)

/* The lists of choices below are in the order of these enumerations. */
static_assert(GEMML_SOLVER_AUTO == 0 && GEMML_SOLVER_CHOLESKY == 1 && GEMML_SOLVER_DESCENT == 2, "order of solvers");
static_assert(GEMML_F64 == 0 && GEMML_F32 == 1, "order of dtypes");

const struct option_spec train_option_table[] = {
    {.name = "target",
     .type = OPTION_TEXT,
     AT(target),
     .value = "COLUMN",
     .required = true,
     .group = "Files and columns",
     .help = "what to predict: a column by name or index (-1 is the last); a,b gives several outputs"},
    {.name = "model",
     .type = OPTION_TEXT,
     AT(model),
     .value = "FILE",
     .required = true,
     .help = "where the trained model goes"},
    {.name = "features",
     .type = OPTION_TEXT,
     AT(features),
     .value = "LIST",
     .automatic = "all but target, weight and dropped ones",
     .help = "columns to learn from, separated by commas"},
    {.name = "drop",
     .type = OPTION_TEXT,
     AT(drop),
     .value = "LIST",
     .automatic = "none",
     .help = "columns to leave out"},
    {.name = "categorical",
     .type = OPTION_TEXT,
     AT(categorical),
     .value = "LIST",
     .automatic = "the columns of texts",
     .help = "columns of numbers that are categories"},
    {.name = "numeric",
     .type = OPTION_TEXT,
     AT(numeric),
     .value = "LIST",
     .automatic = "none",
     .help = "columns in which a text is an error, not a category"},
    {.name = "weight",
     .type = OPTION_TEXT,
     AT(weight),
     .value = "COLUMN",
     .automatic = "all rows weigh 1",
     .help = "column with the weights of the rows, >= 0"},
    {.name = "report",
     .type = OPTION_TEXT,
     AT(report),
     .value = "FILE.json",
     .automatic = "none",
     .help = "write how the training went as JSON"},
    OPTION_QUIET(struct train_options, "no progress, no notices, no table; errors remain"),

    {.name = "solver",
     .type = OPTION_CHOICE,
     AT(solver),
     .value = "auto|cholesky|descent",
     .initial = "auto",
     .group = "Model",
     .help = "cholesky: the exact answer from the normal equations, refined; descent: gradient descent; "
             "auto takes cholesky"},
    {.name = "l2",
     .type = OPTION_REAL,
     AT(l2),
     .value = "X",
     .initial = "0",
     .help = "penalty: adds X/2 times the sum of squared weights to the sum of half squared errors, after scaling; "
             "the intercept is free"},
    {.name = "standardize", .type = OPTION_FLAG, AT(standardize), .help = "scale inputs to mean 0, deviation 1"},
    {.name = "minmax", .type = OPTION_FLAG, AT(minmax), .help = "scale inputs to 0 .. 1"},
    {.name = "no-scale", .type = OPTION_FLAG, AT(no_scale), .help = "leave inputs as they are; this is the default"},
    {.name = "no-intercept", .type = OPTION_FLAG, AT(no_intercept), .help = "a model without a constant term"},
    {.name = "dtype",
     .type = OPTION_CHOICE,
     AT(dtype),
     .value = "f64|f32",
     .initial = "f64",
     .help = "precision of the parameters, and of descent's arithmetic"},
    OPTION_THREADS(struct train_options),
    {.name = "seed",
     .type = OPTION_SEED,
     AT(seed),
     .value = "N",
     .initial = "0",
     .help = "for all that is random: the order of rows in batches"},

    {.name = "epochs",
     .type = OPTION_COUNT,
     AT(epochs),
     .value = "N",
     .low = 1,
     .automatic = "10000 to 300000, the more the smaller the table",
     .mark = MARK_DESCENT,
     .group = "Gradient descent (with --solver descent)",
     .help = "passes over the rows at most"},
    {.name = "batch",
     .type = OPTION_COUNT,
     AT(batch),
     .value = "N",
     .low = 1,
     .automatic = "all",
     .mark = MARK_DESCENT,
     .help = "rows in a step, drawn shuffled"},
    {.name = "rate",
     .type = OPTION_REAL,
     AT(rate),
     .value = "X",
     .above = true,
     .mark = MARK_DESCENT,
     .automatic = "1 / the largest eigenvalue of the Hessian",
     .help = "length of a step"},
    {.name = "tolerance",
     .type = OPTION_REAL,
     AT(tolerance),
     .value = "X",
     .mark = MARK_DESCENT,
     .automatic = "only when the gradient is zero",
     .help = "stop when an epoch improves the loss by less"},
    {.name = "patience",
     .type = OPTION_COUNT,
     AT(patience),
     .value = "N",
     .low = 1,
     .automatic = "1",
     .mark = MARK_DESCENT,
     .help = "... in N epochs in a row"},
    {.name = "max-iterations",
     .type = OPTION_COUNT,
     AT(max_iterations),
     .value = "N",
     .low = 1,
     .automatic = "no limit",
     .mark = MARK_DESCENT,
     .help = "steps over all epochs at most"},
};

static int check_scaling(const struct verb *verb, const struct train_options *values)
{
    if (values->standardize + values->minmax + values->no_scale > 1)
        return failed_usage(verb->name, "only one of --standardize, --minmax and --no-scale can be had");
    return EXIT_DONE;
}

static int check_solver(const struct verb *verb, const struct arguments *arguments, const struct train_options *values)
{
    if (values->solver == GEMML_SOLVER_DESCENT)
        return EXIT_DONE;
    for (size_t i = 0; i < TRAIN_OPTION_COUNT; i++) {
        const char *name = train_option_table[i].name;
        if (!arguments->given[i] || train_option_table[i].mark != MARK_DESCENT)
            continue;
        if (options_given(verb, arguments, "solver"))
            return failed_usage(verb->name, "--%s is an option of gradient descent, but --solver is %s", name,
                                values->solver == GEMML_SOLVER_CHOLESKY ? "cholesky" : "auto");
        return failed_usage(verb->name, "--%s is an option of gradient descent: add --solver descent", name);
    }
    return EXIT_DONE;
}

static int check_files(const struct verb *verb, const char *data, const struct train_options *values)
{
    const char *const names[] = {"--model", "--report"}, *const paths[] = {values->model, values->report};
    if (values->report && output_same(values->model, values->report))
        return failed_usage(verb->name, "--model and --report are the same file, %s", values->model);
    for (size_t i = 0; i < 2; i++) {
        if (paths[i] && strcmp(paths[i], "-") == 0)
            return failed_usage(verb->name, "%s wants a file: it cannot go to the standard output", names[i]);
        if (paths[i] && output_same(paths[i], data))
            return failed_usage(verb->name, "%s %s would overwrite the data", names[i], paths[i]);
        int status = output_check(names[i], paths[i]);
        if (status)
            return status;
    }
    return EXIT_DONE;
}

int train_options_check(const struct verb *verb, const struct arguments *arguments, const struct train_options *values)
{
    int status = check_scaling(verb, values);
    if (!status)
        status = check_solver(verb, arguments, values);
    return status ? status : check_files(verb, arguments->positions[0], values);
}

gemml_linear_options train_linear_options(const struct train_options *values)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = (gemml_solver)values->solver;
    options.scaling = values->standardize ? GEMML_SCALING_STANDARDIZE
                      : values->minmax    ? GEMML_SCALING_MINMAX
                                          : GEMML_SCALING_NONE;
    options.dtype = (gemml_dtype)values->dtype;
    options.intercept = !values->no_intercept;
    options.l2 = values->l2;
    options.tolerance = values->tolerance; /* NaN and SIZE_MAX are the library's "choose" too */
    options.patience = values->patience;
    options.epochs = values->epochs;
    options.max_iterations = values->max_iterations;
    options.batch = values->batch;
    options.rate = values->rate;
    options.seed = values->seed;
    return options;
}

/* What train's options must agree on, and what they are to the library. */
#include "cli/train_options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/description.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/terms.h"

/* "LOW,HIGH". */
static bool parse_range(const char *text, double *low, double *high)
{
    char first[NUMBER_BYTES];
    size_t length = strcspn(text, ",");
    if (text[length] != ',' || length >= sizeof first)
        return false;
    memcpy(first, text, length);
    first[length] = '\0';
    return number_real(first, low) && number_real(text + length + 1, high) && *low < *high;
}

static int check_scaling(const struct verb *verb, const struct train_options *values)
{
    double low, high;
    if (values->standardize + values->minmax + values->minmax_all + values->no_scale > 1)
        return failed_usage(verb->name, "only one of --standardize, --minmax, --minmax-all and --no-scale can be had");
    if (values->range && !parse_range(values->range, &low, &high))
        return failed_usage(verb->name, "--range takes two numbers, the lower one first, such as -1,1, not '%s'",
                            values->range);
    if (values->range && !values->minmax && !values->minmax_all && values->target_scaling < GEMML_SCALING_MINMAX)
        return failed_usage(verb->name, "--range goes with --minmax or --minmax-all");
    return EXIT_DONE;
}

static int check_terms(const struct verb *verb, const struct train_options *values)
{
    unsigned terms;
    if (!terms_read(values->features_add, &terms))
        return failed_usage(verb->name, "--features-add takes a list of %s, not '%s'", TERMS_NAMES,
                            values->features_add);
    return EXIT_DONE;
}

static int check_solver(const struct verb *verb, const struct arguments *arguments, const struct train_options *values)
{
    gemml_solver solver = train_solver(values, (enum train_verb)verb->bit);
    if (solver == GEMML_SOLVER_DESCENT || verb->bit == TRAIN_MLP)
        return EXIT_DONE;
    for (size_t i = 0; i < verb->option_count; i++) {
        const char *name = verb->options[i].name;
        if (!arguments->given[i] || verb->options[i].mark != MARK_DESCENT)
            continue;
        if (solver == GEMML_SOLVER_LBFGS && (strcmp(name, "tolerance") == 0 || strcmp(name, "max-iterations") == 0))
            continue;
        if (options_given(verb, arguments, "solver"))
            return failed_usage(verb->name, "--%s is an option of gradient descent, but --solver is %s", name,
                                solver_name(solver));
        return failed_usage(verb->name, "--%s is an option of gradient descent: add --solver descent", name);
    }
    return EXIT_DONE;
}

static int check_files(const struct verb *verb, const char *data, const struct train_options *values)
{
    const char *const names[] = {"--model", "--report", "--plot"}, *const paths[] = {values->model, values->report,
                                                                                     values->plot};
    if (values->valid && !isnan(values->holdout))
        return failed_usage(verb->name, "only one of --valid and --holdout can be had");
    if (values->report && output_same(values->model, values->report))
        return failed_usage(verb->name, "--model and --report are the same file, %s", values->model);
    if (values->plot && output_same(values->model, values->plot))
        return failed_usage(verb->name, "--model and --plot are the same file, %s", values->model);
    if (values->plot && values->report && output_same(values->report, values->plot))
        return failed_usage(verb->name, "--report and --plot are the same file, %s", values->report);
    for (size_t i = 0; i < 3; i++) {
        if (paths[i] && strcmp(paths[i], "-") == 0)
            return failed_usage(verb->name, "%s wants a file: it cannot go to the standard output", names[i]);
        if (paths[i] && output_same(paths[i], data))
            return failed_usage(verb->name, "%s %s would overwrite the data", names[i], paths[i]);
        if (paths[i] && values->valid && output_same(paths[i], values->valid))
            return failed_usage(verb->name, "%s %s would overwrite the data of --valid", names[i], paths[i]);
        int status = output_check(names[i], paths[i]);
        if (status)
            return status;
    }
    return EXIT_DONE;
}

/* Standard errors, robust ones too, exist without a penalty only. */
static int check_penalty(const struct verb *verb, const struct train_options *values)
{
    if (values->robust != GEMML_ERRORS_CLASSICAL && !(values->l2 == 0))
        return failed_usage(verb->name,
                            "--robust cannot be had with a penalty: there are no standard errors with --l2");
    return EXIT_DONE;
}

int train_options_check(const struct verb *verb, const struct arguments *arguments, const struct train_options *values)
{
    int status = check_scaling(verb, values);
    if (!status)
        status = check_terms(verb, values);
    if (!status)
        status = check_solver(verb, arguments, values);
    if (!status)
        status = check_penalty(verb, values);
    if (!status && verb->bit == TRAIN_MLP && values->resume && !values->checkpoint)
        status = failed_usage(verb->name, "--resume goes with --checkpoint FILE");
    if (!status && verb->bit == TRAIN_MLP && values->checkpoint &&
        (output_same(values->checkpoint, values->model) || output_same(values->checkpoint, arguments->positions[0])))
        status = failed_usage(verb->name, "--checkpoint %s would overwrite the data or the model", values->checkpoint);
    return status ? status : check_files(verb, arguments->positions[0], values);
}

gemml_solver train_solver(const struct train_options *values, enum train_verb verb)
{
    static const gemml_solver linear[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR,
                                          GEMML_SOLVER_SVD,  GEMML_SOLVER_LBFGS,    GEMML_SOLVER_DESCENT};
    static const gemml_solver logistic[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_LBFGS, GEMML_SOLVER_NEWTON,
                                            GEMML_SOLVER_DESCENT};
    if (verb == TRAIN_MLP)
        return values->mlp_solver ? GEMML_SOLVER_LBFGS : GEMML_SOLVER_DESCENT;
    return (verb == TRAIN_LINEAR ? linear : logistic)[values->solver];
}

gemml_schema_options train_schema_options(const struct train_options *values, enum train_verb verb)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = values->target;
    options.features = values->features;
    options.drop = values->drop;
    options.weight = values->weight;
    options.categorical = values->categorical;
    options.numeric = values->numeric;
    options.polynomial = values->polynomial;
    terms_read(values->features_add, &options.terms);
    options.target_type = verb == TRAIN_LINEAR ? GEMML_TARGET_NUMBERS : GEMML_TARGET_CLASSES;
    if (verb == TRAIN_MLP) {
        static const gemml_target_type types[] = {GEMML_TARGET_AUTO, GEMML_TARGET_NUMBERS, GEMML_TARGET_CLASSES};
        options.target_type = types[values->task];
        options.coding = GEMML_CODING_ONE_HOT;
    }
    return options;
}

gemml_scaling train_scaling(const struct train_options *values, gemml_scaling standard)
{
    return values->standardize  ? GEMML_SCALING_STANDARDIZE
           : values->minmax     ? GEMML_SCALING_MINMAX
           : values->minmax_all ? GEMML_SCALING_MINMAX_ALL
           : values->no_scale   ? GEMML_SCALING_NONE
                                : standard;
}

void train_range(const struct train_options *values, double *low, double *high)
{
    if (values->range)
        parse_range(values->range, low, high);
}

gemml_linear_options train_linear_options(const struct train_options *values)
{
    gemml_linear_options options = GEMML_LINEAR_OPTIONS_INIT;
    options.solver = train_solver(values, TRAIN_LINEAR);
    options.scaling = train_scaling(values, GEMML_SCALING_NONE);
    options.target_scaling = (gemml_scaling)values->target_scaling;
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
    train_range(values, &options.range_low, &options.range_high);
    return options;
}

static bool is_balanced(const struct train_options *values)
{
    return values->class_weight && strcmp(values->class_weight, "balanced") == 0;
}

gemml_logistic_options train_logistic_options(const struct train_options *values)
{
    gemml_logistic_options options = GEMML_LOGISTIC_OPTIONS_INIT;
    options.solver = train_solver(values, TRAIN_LOGISTIC);
    options.scaling = train_scaling(values, GEMML_SCALING_STANDARDIZE);
    options.dtype = (gemml_dtype)values->dtype;
    options.intercept = !values->no_intercept;
    options.l2 = values->l2;
    options.tolerance = values->tolerance;
    options.max_iterations = values->max_iterations;
    options.patience = values->patience;
    options.epochs = values->epochs;
    options.batch = values->batch;
    options.rate = values->rate;
    options.seed = values->seed;
    options.class_weighting = is_balanced(values) ? GEMML_CLASS_WEIGHT_BALANCED : GEMML_CLASS_WEIGHT_NONE;
    train_range(values, &options.range_low, &options.range_high);
    return options;
}

/* Reads "LABEL=X" of `length` bytes into the class's weight. */
static int take_weight(double *weights, const gemml_schema *schema, const char *item, size_t length)
{
    char number[NUMBER_BYTES];
    const char *equals = memrchr(item, '=', length);
    size_t label = equals ? (size_t)(equals - item) : 0, rest = equals ? length - label - 1 : 0;
    if (!equals || rest >= sizeof number)
        return failed("--class-weight: '%.*s' is not LABEL=X", (int)length, item);
    memcpy(number, equals + 1, rest);
    number[rest] = '\0';
    for (size_t k = 0; k < gemml_schema_classes(schema); k++) {
        const char *name = gemml_schema_class(schema, k);
        if (strlen(name) != label || memcmp(name, item, label) != 0)
            continue;
        if (!number_real(number, &weights[k]) || weights[k] < 0)
            return failed("--class-weight: the weight of '%s' is '%s', not a number >= 0", name, number);
        return EXIT_DONE;
    }
    return failed("--class-weight: the target has no class '%.*s'", (int)label, item);
}

int train_class_weight(double **weights, const struct train_options *values, const gemml_schema *schema)
{
    *weights = NULL;
    if (!values->class_weight || is_balanced(values))
        return EXIT_DONE;
    size_t classes = gemml_schema_classes(schema);
    *weights = malloc(classes * sizeof(double));
    if (!*weights)
        return failed("not enough memory for %zu class weights", classes);
    for (size_t k = 0; k < classes; k++)
        (*weights)[k] = 1;
    int status = EXIT_DONE;
    for (const char *item = values->class_weight; !status; item++) {
        size_t length = strcspn(item, ",");
        status = take_weight(*weights, schema, item, length);
        item += length;
        if (*item == '\0')
            break;
    }
    return status;
}

/* gemml train: from a table to a model file. */
#include <gemml.h>
#include <stdlib.h>

#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/status.h"
#include "cli/train.h"

static int create_linear(struct training *training)
{
    gemml_linear_options options = train_linear_options(training->options);
    return gemml_linear_create(&training->model, &options) ? failed_library() : EXIT_DONE;
}

static int create_logistic(struct training *training)
{
    gemml_logistic_options options = train_logistic_options(training->options);
    double *weights;
    int status = train_class_weight(&weights, training->options, training->schema);
    options.classes = gemml_schema_classes(training->schema);
    options.class_weight = weights;
    if (weights)
        options.class_weighting = GEMML_CLASS_WEIGHT_GIVEN;
    if (!status && gemml_logistic_create(&training->model, &options))
        status = failed_library();
    free(weights);
    return status;
}

static int create(struct training *training)
{
    int status = training->verb == TRAIN_LINEAR ? create_linear(training)
                 : training->verb == TRAIN_LOGISTIC
                     ? create_logistic(training)
                     : train_create_mlp(&training->model, training->options, training->schema);
    if (!status && gemml_model_set_schema(training->model, training->schema))
        status = failed_library();
    return status;
}

/* Whether the fit calls back, and Ctrl-C can end it: the exact solvers do not. */
static bool calls_back(const struct training *training)
{
    gemml_solver solver = train_solver(training->options, training->verb);
    return training->verb != TRAIN_LINEAR || solver == GEMML_SOLVER_DESCENT || solver == GEMML_SOLVER_LBFGS;
}

/* Robust standard errors where they are wanted; where they do not exist the model is
 * written all the same. */
static int make_robust(struct training *training)
{
    gemml_matrix unwanted = {0};
    gemml_errors kind = (gemml_errors)training->options->robust;
    if (kind == GEMML_ERRORS_CLASSICAL)
        return EXIT_DONE;
    gemml_status status = gemml_robust_errors(training->model, &training->data, kind, unwanted);
    if (status != GEMML_ERROR_UNSUPPORTED)
        return status ? failed_library() : EXIT_DONE;
    if (!training->options->quiet)
        notify(gemml_last_error());
    return EXIT_DONE;
}

/* How well the normal equations hold, and how well the validation rows are predicted. */
static int judge(struct training *training)
{
    gemml_normal_equations_init(&training->check);
    if (training->verb == TRAIN_LINEAR &&
        gemml_normal_equation_check(training->model, &training->data, &training->check))
        return failed_library();
    return train_has_valid(training) ? evaluation_make(&training->evaluation, training->model, &training->valid)
                                     : EXIT_DONE;
}

/* A short time where nothing was asked for: writing and syncing a file costs more than a small epoch. */
static double checkpoint_seconds(const struct train_options *options)
{
    bool chosen = !isnan(options->checkpoint_seconds) || options->checkpoint_every != GEMML_AUTO_COUNT;
    return chosen ? options->checkpoint_seconds : 10;
}

static int fit(struct training *training)
{
    struct progress progress = progress_make(training->options->quiet);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    progress.patience = train_solver(training->options, training->verb) == GEMML_SOLVER_DESCENT ? 0 : 1;
    options.progress = progress_report;
    options.progress_data = &progress;
    options.record = training->options->record;
    if (training->verb == TRAIN_MLP) {
        bool judged = train_has_valid(training) && !training->options->mlp_solver;
        options.valid = judged ? &training->valid : NULL;
        options.time_budget = training->options->time_budget;
        options.checkpoint = training->options->checkpoint;
        options.checkpoint_epochs = training->options->checkpoint_every;
        options.checkpoint_seconds = checkpoint_seconds(training->options);
        options.resume = training->options->resume;
    }
    gemml_fit_info_init(&training->fit);
    if (calls_back(training))
        interrupt_watch();
    gemml_status status = gemml_fit(training->model, &training->data, &options, &training->fit);
    if (calls_back(training))
        interrupt_unwatch();
    progress_end(&progress);
    return status ? failed_library() : EXIT_DONE;
}

/* The model and, when wanted, the report: both or neither. */
static int save(const struct training *training)
{
    struct output report;
    int status = training->options->report ? train_write_report(training, &report) : EXIT_DONE;
    if (status)
        return status;
    if (gemml_save(training->model, training->options->model))
        status = failed_library();
    if (!training->options->report)
        return status;
    if (!status)
        return output_publish(&report);
    output_abandon(&report);
    return status;
}

static void print_seconds(double seconds)
{
    if (seconds < 1)
        printf("%.3g ms", 1e3 * seconds);
    else
        printf("%.3g s", seconds);
}

static int print_summary(const struct training *training)
{
    if (training->options->quiet)
        return EXIT_DONE;
    description_print(stdout, &training->description, true, training->check.digits);
    if (train_has_valid(training)) {
        printf("%-14s", training->held ? "held out" : "validation");
        evaluation_print_line(stdout, &training->evaluation);
    }
    printf("%-14s", "time");
    print_seconds(training->seconds_load);
    fputs(" to read, ", stdout);
    print_seconds(training->fit.seconds);
    printf(" to fit (threads: %zu)\n", gemml_threads());
    return output_flush();
}

/* The text comes before the files: when it cannot be written, nothing is. */
static int finish(const struct training *training)
{
    int status = print_summary(training);
    if (!status)
        status = save(training);
    if (!status && !training->options->quiet)
        printf("%-14s%s\n", "model", training->options->model);
    return status ? status : train_plot(training);
}

static void release(struct training *training)
{
    description_free(&training->description);
    evaluation_free(&training->evaluation);
    gemml_model_free(training->model);
    train_release_data(training);
}

int train_run(const struct verb *verb, int argc, char **argv)
{
    struct train_options values = {0}; /* options that the verb does not have stay 0 */
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    int status = train_options_check(verb, &arguments, &values);
    if (!status)
        status = train_plot_check(verb, &values, arguments.positions[0]);
    if (!status)
        status = input_set_threads(values.threads);
    if (status)
        return status;
    struct training training = {
        .verb = (enum train_verb)verb->bit, .options = &values, .data_path = arguments.positions[0]};
    status = train_load(&training);
    if (!status)
        status = create(&training);
    if (!status)
        status = fit(&training);
    if (!status)
        status = make_robust(&training);
    if (!status)
        status = judge(&training);
    if (!status)
        status = description_load(&training.description, training.model);
    if (!status)
        status = finish(&training);
    release(&training);
    return status;
}

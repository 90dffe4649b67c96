/* gemml train linear: from a table to a model file. */
#include <gemml.h>
#include <string.h>
#include <time.h>

#include "cli/description.h"
#include "cli/input.h"
#include "cli/interrupt.h"
#include "cli/json.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/status.h"
#include "cli/train_options.h"
#include "cli/verbs.h"

/* All that one training holds. */
struct training {
    const struct train_options *options;
    const char *data_path;
    gemml_table *table;
    gemml_schema *schema;
    gemml_frame *frame;
    gemml_dataset data;
    gemml_model *model;
    gemml_fit_info fit;
    gemml_normal_equations check;
    struct description description;
    double seconds_load;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int load(struct training *training)
{
    double start = now();
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = training->options->target;
    options.features = training->options->features;
    options.drop = training->options->drop;
    options.weight = training->options->weight;
    options.categorical = training->options->categorical;
    options.numeric = training->options->numeric;
    if (gemml_table_read(&training->table, training->data_path) ||
        gemml_schema_create(&training->schema, training->table, &options) ||
        gemml_encode(&training->frame, training->schema, training->table, GEMML_ENCODE_LEARN))
        return failed_library();
    if (!training->options->quiet) {
        notify(gemml_schema_notice(training->schema));
        notify(gemml_frame_notice(training->frame));
    }
    training->data = gemml_frame_dataset(training->frame);
    training->seconds_load = now() - start;
    return EXIT_DONE;
}

static int create(struct training *training)
{
    gemml_linear_options options = train_linear_options(training->options);
    if (gemml_linear_create(&training->model, &options) || gemml_model_set_schema(training->model, training->schema))
        return failed_library();
    return EXIT_DONE;
}

/* Ctrl-C is watched where somebody looks: descent calls back, cholesky does not. */
static int fit(struct training *training)
{
    struct progress progress = progress_make(training->options->quiet);
    gemml_fit_options options = GEMML_FIT_OPTIONS_INIT;
    options.progress = progress_report;
    options.progress_data = &progress;
    bool descent = training->options->solver == GEMML_SOLVER_DESCENT;
    gemml_fit_info_init(&training->fit);
    if (descent)
        interrupt_watch();
    gemml_status status = gemml_fit(training->model, &training->data, &options, &training->fit);
    if (descent)
        interrupt_unwatch();
    progress_end(&progress);
    if (!status) {
        gemml_normal_equations_init(&training->check);
        status = gemml_normal_equation_check(training->model, &training->data, &training->check);
    }
    return status ? failed_library() : description_load(&training->description, training->model);
}

static json_t *history(const gemml_fit_info *fit)
{
    json_t *object = json_object();
    json_put(&object, "loss", json_numbers(fit->loss_history, fit->loss_history_count));
    return object;
}

static void put_fit(json_t **object, const struct training *training)
{
    const struct description *description = &training->description;
    json_put(object, "kind", json_string("linear"));
    json_put(object, "outcome", json_string(gemml_outcome_string(training->fit.outcome)));
    json_put(object, "solver", json_string(solver_name(training->fit.solver)));
    json_put(object, "iterations", json_count(training->fit.iterations));
    json_put(object, "epochs", json_count(training->fit.epochs));
    json_put(object, "best_epoch", json_count(training->fit.best_epoch));
    json_put(object, "objective", json_number(training->fit.objective));
    json_put(object, "loss", json_number(training->fit.loss));
    json_put(object, "history", history(&training->fit));
    json_put(object, "seconds_load", json_number(training->seconds_load));
    json_put(object, "seconds_fit", json_number(training->fit.seconds));
    json_put(object, "threads", json_count(gemml_threads()));
    json_put(object, "dtype", json_string(dtype_name(description->info.dtype)));
    json_put(object, "scaling", json_string(scaling_name(description->info.scaling)));
    json_put(object, "l2", json_number(description->info.l2));
    json_put(object, "intercept", json_boolean(description->info.intercept));
    json_put(object, "notice", json_string(training->fit.notice ? training->fit.notice : ""));
}

static json_t *report_json(const struct training *training)
{
    const gemml_summary *summary = &training->description.summary;
    size_t outputs = training->description.info.outputs;
    json_t *object = json_object();
    put_fit(&object, training);
    json_put(&object, "rows", json_count(summary->rows));
    json_put(&object, "rows_dropped", json_count(gemml_frame_dropped(training->frame)));
    json_put(&object, "values_imputed", json_count(gemml_frame_imputed(training->frame)));
    json_put(&object, "n_inputs", json_count(training->description.info.inputs));
    json_put(&object, "n_outputs", json_count(outputs));
    json_put(&object, "parameters", json_count(training->description.info.parameters));
    json_put(&object, "r2", json_number_or_list(summary->r2, outputs));
    json_put(&object, "adjusted_r2", json_number_or_list(summary->adjusted_r2, outputs));
    json_put(&object, "sigma", json_number_or_list(summary->sigma, outputs));
    json_put(&object, "rank", summary->rank > 0 ? json_count(summary->rank) : json_null());
    json_put(&object, "freedom", json_count(summary->freedom));
    json_put(&object, "condition", json_number(summary->condition));
    json_put(&object, "normal_equation_residual", json_number(training->check.residual));
    json_put(&object, "closed_form_distance", json_number(training->check.distance));
    json_put(&object, "closed_form_digits", json_number(training->check.digits));
    return object;
}

/* The report, whole but not yet in its place. */
static int write_report(const struct training *training, struct output *report)
{
    int status = output_open(report, training->options->report);
    if (status)
        return status;
    status = json_write(report->file, report_json(training));
    if (!status)
        return output_close(report);
    output_abandon(report);
    return status;
}

/* The model and, when wanted, the report: both or neither. */
static int save(const struct training *training)
{
    struct output report;
    int status = training->options->report ? write_report(training, &report) : EXIT_DONE;
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
    return status;
}

static void release(struct training *training)
{
    description_free(&training->description);
    gemml_model_free(training->model);
    gemml_frame_free(training->frame);
    gemml_schema_free(training->schema);
    gemml_table_free(training->table);
}

static int run(const struct verb *verb, int argc, char **argv)
{
    struct train_options values;
    struct arguments arguments;
    enum options_result parsed = options_parse(verb, argc, argv, &arguments, &values);
    if (parsed != OPTIONS_RUN)
        return parsed == OPTIONS_HELP ? EXIT_DONE : EXIT_USAGE;
    int status = train_options_check(verb, &arguments, &values);
    if (!status)
        status = input_set_threads(values.threads);
    if (status)
        return status;
    struct training training = {.options = &values, .data_path = arguments.positions[0]};
    status = load(&training);
    if (!status)
        status = create(&training);
    if (!status)
        status = fit(&training);
    if (!status)
        status = finish(&training);
    release(&training);
    return status;
}

const struct verb verb_train_linear = {
    .name = "train linear",
    .positions = {"DATA"},
    .usage = " --target COLUMN --model FILE [options]",
    .summary = "fit a linear regression to a table",
    .examples = "  gemml train linear cars.csv --target mpg --model cars.gemml\n"
                "  gemml train linear cars.csv --target mpg --features wt,hp --l2 0.5 \\\n"
                "      --standardize --model cars.gemml\n"
                "  gemml train linear cars.csv --target mpg --solver descent --standardize \\\n"
                "      --epochs 5000 --model cars.gemml --report cars.json\n",
    .details = "Fits the target by a weighted sum of the other columns of DATA (CSV or NPY; - is the standard input) "
               "and writes the model. A NPY file's columns are x0, x1, ... Columns of texts are categories, one input "
               "for each level but the first; missing numbers get the mean; rows without target are dropped. Ctrl-C "
               "ends gradient descent and keeps "
               "the best parameters so far.",
    .options = train_option_table,
    .option_count = TRAIN_OPTION_COUNT,
    .run = run,
};

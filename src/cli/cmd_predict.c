/* gemml predict: a CSV column of predictions for each output, in input order. */
#include <gemml.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/input.h"
#include "cli/interval.h"
#include "cli/number.h"
#include "cli/output.h"
#include "cli/status.h"
#include "cli/verbs.h"

struct predict_options {
    const char *output;
    double interval; /* NaN: none */
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
     .offset = offsetof(struct predict_options, interval),
     .value = "LEVEL",
     .above = true,
     .high = 0.999999,
     .automatic = "none",
     .help =
         "of linear models: four more columns, the limits between which the mean (mean_lower, mean_upper) and a new "
         "value (lower, upper) lie with this probability"},
    OPTION_THREADS(struct predict_options),
    OPTION_QUIET(struct predict_options, "no notices; errors remain"),
};

/* Predictions in the model's own precision. */
struct predictions {
    void *values;
    size_t columns;      /* of an output: 1, or INTERVAL_COLUMNS */
    gemml_matrix matrix; /* rows x (outputs columns) */
};

/* A field of RFC 4180: quoted when it must be. */
static void write_field(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

/* "prediction", or "prediction:NAME". */
static int write_title(FILE *file, const char *column, const char *name)
{
    size_t bytes = strlen(column) + 1 + strlen(name) + 1;
    char *field = malloc(bytes);
    if (!field)
        return failed("not enough memory");
    snprintf(field, bytes, "%s%s%s", column, *name ? ":" : "", name);
    write_field(file, field);
    free(field);
    return EXIT_DONE;
}

static int write_header(FILE *file, const gemml_model *model, size_t outputs, size_t columns)
{
    const gemml_schema *schema = gemml_model_schema(model);
    for (size_t i = 0; i < outputs * columns; i++) {
        size_t k = i / columns;
        char plain[32];
        snprintf(plain, sizeof plain, "y%zu", k);
        const char *name = schema ? gemml_schema_output_name(schema, k) : NULL;
        fputs(i ? "," : "", file);
        int status = write_title(file, interval_columns[i % columns], outputs == 1 ? "" : name ? name : plain);
        if (status)
            return status;
    }
    fputc('\n', file);
    return EXIT_DONE;
}

/* Stops early when the stream has failed: output_close says why. */
static void write_rows(FILE *file, const gemml_matrix *matrix)
{
    char text[NUMBER_BYTES];
    for (size_t i = 0; i < matrix->rows && !ferror(file); i++)
        for (size_t k = 0; k < matrix->cols; k++) {
            size_t element = i * matrix->stride + k;
            size_t length = matrix->dtype == GEMML_F32
                                ? number_format_float(text, ((const float *)matrix->data)[element])
                                : number_format(text, ((const double *)matrix->data)[element]);
            text[length++] = k + 1 < matrix->cols ? ',' : '\n';
            fwrite(text, 1, length, file);
        }
}

static int write_predictions(const gemml_model *model, const struct predictions *predictions, const char *path)
{
    struct output output;
    int status = output_open(&output, path);
    if (status)
        return status;
    size_t columns = predictions->columns;
    status = write_header(output.file, model, predictions->matrix.cols / columns, columns);
    if (status) {
        output_abandon(&output);
        return status;
    }
    write_rows(output.file, &predictions->matrix);
    status = output_close(&output);
    return status ? status : output_publish(&output);
}

/* `level` of the intervals; NaN: none. */
static int compute(struct predictions *predictions, const gemml_model *model, gemml_view x, double level)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    if (gemml_model_get_info(model, &info))
        return failed_library();
    bool single = info.dtype == GEMML_F32;
    size_t size = single ? sizeof(float) : sizeof(double);
    predictions->columns = isnan(level) ? 1 : INTERVAL_COLUMNS;
    size_t cols = info.outputs * predictions->columns;
    predictions->values = calloc(x.rows, cols * size);
    if (!predictions->values && x.rows > 0)
        return failed("not enough memory for %zu predictions", x.rows);
    predictions->matrix = single ? gemml_matrix_f32(predictions->values, x.rows, cols)
                                 : gemml_matrix_f64(predictions->values, x.rows, cols);
    if (!isnan(level))
        return interval_compute(model, x, level, predictions->matrix);
    return gemml_predict(model, x, predictions->matrix) ? failed_library() : EXIT_DONE;
}

static int predict(const gemml_model *model, const char *data, const struct predict_options *values)
{
    struct input input;
    struct predictions predictions = {0};
    int status = input_read(&input, model, data, GEMML_ENCODE_PREDICT, values->quiet);
    if (!status)
        status = compute(&predictions, model, input.data.x, values->interval);
    input_free(&input);
    if (!status)
        status = write_predictions(model, &predictions, values->output);
    free(predictions.values);
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
                "  cat new.csv | gemml predict cars.gemml -\n",
    .details =
        "Writes CSV: a header and one line for each row of DATA (CSV or NPY; - is the standard input), in its "
        "order. Columns are found by name, in any order; the target may be absent. Missing numbers get the mean of "
        "training; a category that training did not have is taken as the first one. With several outputs the "
        "columns are called prediction:NAME. With --interval each output has the columns prediction, mean_lower, "
        "mean_upper, lower, upper. Numbers read back exactly.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .run = run,
};

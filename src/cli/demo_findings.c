/* What the demonstrations found, beside what was to be expected. */
#include <gemml.h>
#include <math.h>
#include <stdlib.h>

#include "cli/demo.h"
#include "cli/input.h"
#include "cli/status.h"

/* ---- Coefficients ----------------------------------------------------------------- */

/* The columns of gemml_coefficient_table. */
enum { ESTIMATE, STD_ERROR, TABLE_COLUMNS = 4 };

/* The table of coefficients, the intercept first; free() it. */
static int read_coefficients(const gemml_model *model, double **table, size_t *count)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    if (gemml_model_get_info(model, &info))
        return failed_library();
    *count = info.inputs + 1;
    *table = malloc(*count * TABLE_COLUMNS * sizeof **table);
    if (!*table)
        return failed("not enough memory");
    return gemml_coefficient_table(model, 0, GEMML_ERRORS_CLASSICAL, gemml_matrix_f64(*table, *count, TABLE_COLUMNS))
               ? failed_library()
               : EXIT_DONE;
}

/* A line for each coefficient; how far the two are apart is told in standard errors. */
static void print_coefficients(FILE *out, const gemml_model *model, const double *table, const double *expected,
                               size_t count)
{
    fprintf(out, "  %-12s %11s %11s %11s %13s\n", "", "expected", "estimated", "std. error", "std. errors");
    for (size_t j = 0; j < count; j++) {
        const double *row = table + j * TABLE_COLUMNS;
        fprintf(out, "  %-12s %11.5g %11.5g %11.3g %13.2g\n",
                j == 0 ? "(intercept)" : gemml_schema_input_name(gemml_model_schema(model), j - 1), expected[j],
                row[ESTIMATE], row[STD_ERROR], fabs(row[ESTIMATE] - expected[j]) / row[STD_ERROR]);
    }
}

/* The second column of a table of names and numbers, `count` rows. */
static int read_truth(const char *path, double *truth, size_t count)
{
    gemml_table *table = NULL;
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.features = "coefficient";
    int status = EXIT_DONE;
    if (gemml_table_read(&table, path) || gemml_schema_create(&schema, table, &options) ||
        gemml_encode(&frame, schema, table, GEMML_ENCODE_PREDICT))
        status = failed_library();
    gemml_view x = gemml_frame_dataset(frame).x;
    if (!status && x.rows != count)
        status = failed("%s has %zu coefficients, and the model %zu", path, x.rows, count);
    for (size_t j = 0; !status && j < count; j++)
        truth[j] = ((const double *)x.data)[j * x.stride];
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    return status;
}

int finding_truth(FILE *out, const struct finding *finding)
{
    gemml_model *model = NULL;
    double *table = NULL, *truth = NULL;
    size_t count = 0;
    int status = gemml_load(&model, finding->model) ? failed_library() : read_coefficients(model, &table, &count);
    if (!status)
        truth = malloc(count * sizeof *truth);
    if (!status)
        status = truth ? read_truth(finding->other, truth, count) : failed("not enough memory");
    if (!status) {
        fprintf(out, "Expected are the coefficients that made the data; the last column tells how far off it is.\n");
        print_coefficients(out, model, table, truth, count);
    }
    free(truth);
    free(table);
    gemml_model_free(model);
    return status;
}

int finding_optimum(FILE *out, const struct finding *finding)
{
    gemml_model *model = NULL, *exact = NULL;
    double *table = NULL, *expected = NULL;
    size_t count = 0, same = 0;
    int status = EXIT_DONE;
    if (gemml_load(&model, finding->model) || gemml_load(&exact, finding->other))
        status = failed_library();
    if (!status)
        status = read_coefficients(model, &table, &count);
    if (!status)
        status = read_coefficients(exact, &expected, &same);
    if (!status) {
        for (size_t j = 0; j < same; j++)
            expected[j] = expected[j * TABLE_COLUMNS + ESTIMATE];
        fprintf(out, "Expected is what Newton's method finds; the last column tells how far off descent is.\n");
        print_coefficients(out, model, table, expected, count);
    }
    free(expected);
    free(table);
    gemml_model_free(exact);
    gemml_model_free(model);
    return status;
}

/* ---- Predictions ------------------------------------------------------------------ */

static int score(const struct finding *finding, gemml_metrics *metrics, gemml_model_info *info)
{
    gemml_model *model = NULL;
    struct input input = {0};
    gemml_metrics_init(metrics);
    gemml_model_info_init(info);
    int status = gemml_load(&model, finding->model)
                     ? failed_library()
                     : input_read(&input, model, finding->other, GEMML_ENCODE_LEARN, false);
    if (!status && (gemml_score(model, &input.data, metrics) || gemml_model_get_info(model, info)))
        status = failed_library();
    input_free(&input);
    gemml_model_free(model);
    return status;
}

int finding_accuracy(FILE *out, const struct finding *finding)
{
    gemml_metrics metrics;
    gemml_model_info info;
    int status = score(finding, &metrics, &info);
    if (!status)
        fprintf(out, "Found: %.2f%% of %zu rows are right, with %zu parameters.\nExpected: at least %.4g%%.\n",
                100 * metrics.accuracy, metrics.rows, info.parameters, 100 * finding->expected);
    return status;
}

int finding_error(FILE *out, const struct finding *finding)
{
    gemml_metrics metrics;
    gemml_model_info info;
    int status = score(finding, &metrics, &info);
    if (!status)
        fprintf(out,
                "Found: half the mean squared error is %.4g on %zu rows, with %zu parameters.\n"
                "Expected: not much more than %.4g, half the variance of the noise.\n",
                metrics.loss, metrics.rows, info.parameters, finding->expected);
    return status;
}

#include "cli/predictions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/interval.h"
#include "cli/number.h"
#include "cli/status.h"

/* ---- Computing -------------------------------------------------------------------- */

int predictions_check(const gemml_model *model, const struct prediction_columns *columns)
{
    gemml_model_info info = GEMML_MODEL_INFO_INIT;
    if (gemml_model_get_info(model, &info))
        return failed_library();
    if (info.classes == 0 && (columns->proba || !isnan(columns->threshold)))
        return failed("--%s is for models of classes, and this one predicts numbers",
                      columns->proba ? "proba" : "threshold");
    if (info.classes > 2 && !isnan(columns->threshold))
        return failed("--threshold is for two classes, and this model has %zu", info.classes);
    if (info.classes > 0 && !isnan(columns->interval))
        return failed("--interval is for models of numbers, and this one tells classes apart");
    return EXIT_DONE;
}

/* rows x cols of the model's precision. */
static int allocate(gemml_matrix *matrix, const struct predictions *predictions, size_t rows, size_t cols)
{
    bool single = predictions->info.dtype == GEMML_F32;
    void *data = calloc(rows > 0 ? rows : 1, cols * (single ? sizeof(float) : sizeof(double)));
    if (!data)
        return failed("not enough memory for %zu predictions", rows);
    *matrix = single ? gemml_matrix_f32(data, rows, cols) : gemml_matrix_f64(data, rows, cols);
    return EXIT_DONE;
}

static double element(const gemml_matrix *matrix, size_t row, size_t col)
{
    size_t index = row * matrix->stride + col;
    return matrix->dtype == GEMML_F32 ? (double)((const float *)matrix->data)[index]
                                      : ((const double *)matrix->data)[index];
}

/* The class of each of two, by the threshold. */
static void apply_threshold(struct predictions *predictions)
{
    gemml_matrix *values = &predictions->values;
    for (size_t i = 0; i < values->rows; i++) {
        bool second = element(&predictions->proba, i, 1) > predictions->columns.threshold;
        if (values->dtype == GEMML_F32)
            ((float *)values->data)[i] = second;
        else
            ((double *)values->data)[i] = second;
    }
}

static int compute_values(struct predictions *predictions, gemml_view x)
{
    const struct prediction_columns *columns = &predictions->columns;
    size_t cols = predictions->info.classes > 0 ? 1 : predictions->info.outputs;
    bool limits = !isnan(columns->interval);
    int status = allocate(&predictions->values, predictions, x.rows, limits ? cols * INTERVAL_COLUMNS : cols);
    if (status)
        return status;
    if (limits)
        return interval_compute(predictions->model, x, columns->interval, predictions->values);
    return gemml_predict(predictions->model, x, predictions->values) ? failed_library() : EXIT_DONE;
}

static int compute_proba(struct predictions *predictions, gemml_view x)
{
    const struct prediction_columns *columns = &predictions->columns;
    if (!columns->proba && isnan(columns->threshold))
        return EXIT_DONE;
    int status = allocate(&predictions->proba, predictions, x.rows, predictions->info.classes);
    if (!status && gemml_predict_proba(predictions->model, x, predictions->proba))
        status = failed_library();
    if (!status && !isnan(columns->threshold))
        apply_threshold(predictions);
    return status;
}

int predictions_make(struct predictions *predictions, const gemml_model *model, gemml_view x,
                     struct prediction_columns columns)
{
    *predictions = (struct predictions){.model = model, .schema = gemml_model_schema(model), .columns = columns};
    gemml_model_info_init(&predictions->info);
    if (gemml_model_get_info(model, &predictions->info))
        return failed_library();
    int status = compute_values(predictions, x);
    if (!status)
        status = compute_proba(predictions, x);
    if (status || !columns.decision)
        return status;
    status = allocate(&predictions->decision, predictions, x.rows, predictions->info.outputs);
    return !status && gemml_decision(model, x, predictions->decision) ? failed_library() : status;
}

void predictions_free(struct predictions *predictions)
{
    free(predictions->values.data);
    free(predictions->proba.data);
    free(predictions->decision.data);
}

/* ---- Writing ---------------------------------------------------------------------- */

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

/* "column", or "column:NAME". */
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

#define PLAIN_BYTES 32

/* A class as it was written in training; its index where that is not known. */
static const char *class_label(const struct predictions *predictions, size_t class, char plain[PLAIN_BYTES])
{
    const char *label = predictions->schema ? gemml_schema_class(predictions->schema, class) : NULL;
    snprintf(plain, PLAIN_BYTES, "%zu", class);
    return label ? label : plain;
}

/* A target by its name; by its number where that is not known. */
static const char *target_name(const struct predictions *predictions, size_t target, char plain[PLAIN_BYTES])
{
    const char *name = predictions->schema ? gemml_schema_output_name(predictions->schema, target) : NULL;
    snprintf(plain, PLAIN_BYTES, "y%zu", target);
    return name ? name : plain;
}

static int write_value_titles(FILE *file, const struct predictions *predictions)
{
    size_t outputs = predictions->info.classes > 0 ? 1 : predictions->info.outputs;
    size_t columns = predictions->values.cols / outputs;
    for (size_t i = 0; i < predictions->values.cols; i++) {
        char plain[PLAIN_BYTES];
        const char *name = outputs == 1 ? "" : target_name(predictions, i / columns, plain);
        fputs(i ? "," : "", file);
        int status = write_title(file, interval_columns[i % columns], name);
        if (status)
            return status;
    }
    return EXIT_DONE;
}

/* The titles of a matrix of one column for each class, or target; one column alone needs no label. */
static int write_class_titles(FILE *file, const struct predictions *predictions, const char *title, size_t cols)
{
    for (size_t k = 0; k < cols; k++) {
        char plain[PLAIN_BYTES];
        const char *label = cols == 1                       ? ""
                            : predictions->info.classes > 0 ? class_label(predictions, k, plain)
                                                            : target_name(predictions, k, plain);
        fputc(',', file);
        int status = write_title(file, title, label);
        if (status)
            return status;
    }
    return EXIT_DONE;
}

static void write_number(FILE *file, const gemml_matrix *matrix, size_t row, size_t col)
{
    char text[NUMBER_BYTES];
    size_t index = row * matrix->stride + col;
    size_t length = matrix->dtype == GEMML_F32 ? number_format_float(text, ((const float *)matrix->data)[index])
                                               : number_format(text, ((const double *)matrix->data)[index]);
    fwrite(text, 1, length, file);
}

/* The numbers of a row, each after a comma but for the line's first. */
static void write_numbers(FILE *file, const gemml_matrix *matrix, size_t row, bool first)
{
    for (size_t k = 0; k < matrix->cols; k++) {
        if (!first || k > 0)
            fputc(',', file);
        write_number(file, matrix, row, k);
    }
}

static void write_row(FILE *file, const struct predictions *predictions, size_t row)
{
    char plain[PLAIN_BYTES];
    if (predictions->info.classes > 0)
        write_field(file, class_label(predictions, (size_t)element(&predictions->values, row, 0), plain));
    else
        write_numbers(file, &predictions->values, row, true);
    if (predictions->columns.proba)
        write_numbers(file, &predictions->proba, row, false);
    if (predictions->columns.decision)
        write_numbers(file, &predictions->decision, row, false);
    fputc('\n', file);
}

int predictions_write(FILE *file, const struct predictions *predictions)
{
    int status = write_value_titles(file, predictions);
    if (!status && predictions->columns.proba)
        status = write_class_titles(file, predictions, "p", predictions->proba.cols);
    if (!status && predictions->columns.decision)
        status = write_class_titles(file, predictions, "decision", predictions->decision.cols);
    fputc('\n', file);
    for (size_t i = 0; i < predictions->values.rows && !status && !ferror(file); i++)
        write_row(file, predictions, i);
    return status;
}

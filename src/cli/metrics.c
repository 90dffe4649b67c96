#include "cli/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/status.h"
#include "cli/words.h"

#define SHOWN_CLASSES 12 /* in the tables for people */
#define LABEL_BYTES 24   /* of a class without a label */

enum { PRECISION, RECALL, F1, SUPPORT, CLASS_COLUMNS };
enum { BIN_ROWS, BIN_WEIGHT, BIN_MEAN, BIN_SHARE, BIN_COLUMNS };

int evaluation_make(struct evaluation *evaluation, const gemml_model *model, const gemml_dataset *data)
{
    memset(evaluation, 0, sizeof *evaluation);
    gemml_metrics_init(&evaluation->metrics);
    evaluation->schema = gemml_model_schema(model);
    if (gemml_score(model, data, &evaluation->metrics))
        return failed_library();
    size_t K = evaluation->metrics.classes;
    if (K == 0)
        return EXIT_DONE;
    evaluation->confusion = calloc(K * K, sizeof(double));
    evaluation->by_class = calloc(K * CLASS_COLUMNS, sizeof(double));
    evaluation->calibration = calloc(GEMML_CALIBRATION_BINS * BIN_COLUMNS, sizeof(double));
    if (!evaluation->confusion || !evaluation->by_class || !evaluation->calibration)
        return failed("not enough memory for the tables of %zu classes", K);
    if (gemml_score_classes(model, data, gemml_matrix_f64(evaluation->confusion, K, K),
                            gemml_matrix_f64(evaluation->by_class, K, CLASS_COLUMNS),
                            gemml_matrix_f64(evaluation->calibration, GEMML_CALIBRATION_BINS, BIN_COLUMNS)))
        return failed_library();
    return EXIT_DONE;
}

void evaluation_free(struct evaluation *evaluation)
{
    free(evaluation->confusion);
    free(evaluation->by_class);
    free(evaluation->calibration);
}

static const char *class_label(const struct evaluation *evaluation, size_t class, char plain[LABEL_BYTES])
{
    const char *label = gemml_schema_class(evaluation->schema, class);
    snprintf(plain, LABEL_BYTES, "%zu", class);
    return label ? label : plain;
}

/* ---- For people ------------------------------------------------------------------- */

/* As wide as the longest name: of numbers, and of classes. */
#define NAME_WIDTH 6
#define CLASS_NAME_WIDTH 9

static void print_metric(FILE *file, const struct evaluation *evaluation, const char *name, double value)
{
    fprintf(file, "%-*s  ", evaluation->metrics.classes > 0 ? CLASS_NAME_WIDTH : NAME_WIDTH, name);
    if (isnan(value))
        fputs("undefined\n", file);
    else
        fprintf(file, "%.7g\n", value);
}

/* Characters of the widest label, "predicted" among them. */
static int label_width(const struct evaluation *evaluation)
{
    char plain[LABEL_BYTES];
    int widest = (int)strlen("class");
    for (size_t k = 0; k < evaluation->metrics.classes; k++) {
        int width = words_width(class_label(evaluation, k, plain));
        widest = width > widest ? width : widest;
    }
    return widest;
}

static void print_label(FILE *file, const struct evaluation *evaluation, size_t class, int width)
{
    char plain[LABEL_BYTES];
    const char *label = class_label(evaluation, class, plain);
    words_name(file, label);
    fprintf(file, "%*s", width - words_width(label), "");
}

static void print_by_class(FILE *file, const struct evaluation *evaluation, size_t shown)
{
    int width = label_width(evaluation);
    fprintf(file, "\n%-*s  precision  recall  f1      weight\n", width, "class");
    for (size_t k = 0; k < shown; k++) {
        const double *row = evaluation->by_class + k * CLASS_COLUMNS;
        print_label(file, evaluation, k, width);
        fprintf(file, "  %-9.4f  %-6.4f  %-6.4f  %.7g\n", row[PRECISION], row[RECALL], row[F1], row[SUPPORT]);
    }
}

/* Rows are true classes, columns predicted ones. */
static void print_confusion(FILE *file, const struct evaluation *evaluation, size_t shown)
{
    int width = label_width(evaluation);
    size_t K = evaluation->metrics.classes;
    fprintf(file, "\n%-*s  predicted as ...\n%-*s", width, "class", width, "");
    for (size_t k = 0; k < shown; k++) {
        char plain[LABEL_BYTES];
        const char *label = class_label(evaluation, k, plain);
        int cell = words_width(label) > 6 ? words_width(label) : 6;
        fprintf(file, "  %*s", cell - words_width(label), "");
        words_name(file, label);
    }
    fputc('\n', file);
    for (size_t i = 0; i < shown; i++) {
        print_label(file, evaluation, i, width);
        for (size_t k = 0; k < shown; k++) {
            char plain[LABEL_BYTES];
            int cell = words_width(class_label(evaluation, k, plain));
            fprintf(file, "  %*.7g", cell > 6 ? cell : 6, evaluation->confusion[i * K + k]);
        }
        fputc('\n', file);
    }
}

static void print_calibration(FILE *file, const struct evaluation *evaluation)
{
    char plain[LABEL_BYTES];
    fputs("\nprobability of ", file);
    if (evaluation->metrics.classes == 2)
        words_name(file, class_label(evaluation, 1, plain));
    else
        fputs("the predicted class", file);
    fputs(", and the share that is\nfrom  to   rows     predicted  observed\n", file);
    for (size_t b = 0; b < GEMML_CALIBRATION_BINS; b++) {
        const double *bin = evaluation->calibration + b * BIN_COLUMNS;
        if (bin[BIN_ROWS] > 0)
            fprintf(file, "%.1f   %.1f  %-7.7g  %-9.4f  %.4f\n", (double)b / GEMML_CALIBRATION_BINS,
                    (double)(b + 1) / GEMML_CALIBRATION_BINS, bin[BIN_ROWS], bin[BIN_MEAN], bin[BIN_SHARE]);
    }
}

static void print_classes(FILE *file, const struct evaluation *evaluation)
{
    const gemml_metrics *metrics = &evaluation->metrics;
    size_t shown = metrics->classes < SHOWN_CLASSES ? metrics->classes : SHOWN_CLASSES;
    print_metric(file, evaluation, "accuracy", metrics->accuracy);
    print_metric(file, evaluation, "log loss", metrics->log_loss);
    print_metric(file, evaluation, "brier", metrics->brier);
    print_metric(file, evaluation, "auc", metrics->auc);
    print_metric(file, evaluation, "precision", metrics->precision);
    print_metric(file, evaluation, "recall", metrics->recall);
    print_metric(file, evaluation, "f1", metrics->f1);
    print_by_class(file, evaluation, shown);
    print_confusion(file, evaluation, shown);
    if (shown < metrics->classes)
        fprintf(file, "... and %zu more classes: --json has all\n", metrics->classes - shown);
    print_calibration(file, evaluation);
}

void evaluation_print(FILE *file, const struct evaluation *evaluation)
{
    const gemml_metrics *metrics = &evaluation->metrics;
    fprintf(file, "%-*s  %zu\n", metrics->classes > 0 ? CLASS_NAME_WIDTH : NAME_WIDTH, "rows", metrics->rows);
    print_metric(file, evaluation, "loss", metrics->loss);
    if (metrics->classes > 0) {
        print_classes(file, evaluation);
        return;
    }
    print_metric(file, evaluation, "mse", metrics->mse);
    print_metric(file, evaluation, "rmse", metrics->rmse);
    print_metric(file, evaluation, "mae", metrics->mae);
    print_metric(file, evaluation, "r2", metrics->r2);
}

void evaluation_print_line(FILE *file, const struct evaluation *evaluation)
{
    const gemml_metrics *metrics = &evaluation->metrics;
    fprintf(file, "%zu %s: ", metrics->rows, metrics->rows == 1 ? "row" : "rows");
    if (metrics->classes > 0)
        fprintf(file, "accuracy %.4g, log loss %.7g\n", metrics->accuracy, metrics->log_loss);
    else if (isnan(metrics->r2))
        fprintf(file, "R^2 undefined, rmse %.7g\n", metrics->rmse);
    else
        fprintf(file, "R^2 %.7g, rmse %.7g\n", metrics->r2, metrics->rmse);
}

/* ---- For machines ----------------------------------------------------------------- */

static json_t *labels_json(const struct evaluation *evaluation)
{
    char plain[LABEL_BYTES];
    json_t *list = json_array();
    for (size_t k = 0; k < evaluation->metrics.classes; k++)
        json_append(&list, json_string(class_label(evaluation, k, plain)));
    return list;
}

static json_t *rows_json(const double *values, size_t rows, size_t cols)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows; i++)
        json_append(&list, json_numbers(values + i * cols, cols));
    return list;
}

static json_t *by_class_json(const struct evaluation *evaluation)
{
    char plain[LABEL_BYTES];
    json_t *list = json_array();
    for (size_t k = 0; k < evaluation->metrics.classes; k++) {
        const double *row = evaluation->by_class + k * CLASS_COLUMNS;
        json_t *object = json_object();
        json_put(&object, "label", json_string(class_label(evaluation, k, plain)));
        json_put(&object, "precision", json_number(row[PRECISION]));
        json_put(&object, "recall", json_number(row[RECALL]));
        json_put(&object, "f1", json_number(row[F1]));
        json_put(&object, "weight", json_number(row[SUPPORT]));
        json_append(&list, object);
    }
    return list;
}

static json_t *calibration_json(const struct evaluation *evaluation)
{
    json_t *list = json_array();
    for (size_t b = 0; b < GEMML_CALIBRATION_BINS; b++) {
        const double *bin = evaluation->calibration + b * BIN_COLUMNS;
        json_t *object = json_object();
        json_put(&object, "from", json_number((double)b / GEMML_CALIBRATION_BINS));
        json_put(&object, "to", json_number((double)(b + 1) / GEMML_CALIBRATION_BINS));
        json_put(&object, "rows", json_count((size_t)bin[BIN_ROWS]));
        json_put(&object, "weight", json_number(bin[BIN_WEIGHT]));
        json_put(&object, "predicted", json_number(bin[BIN_MEAN]));
        json_put(&object, "observed", json_number(bin[BIN_SHARE]));
        json_append(&list, object);
    }
    return list;
}

static void put_classes(json_t **object, const struct evaluation *evaluation)
{
    const gemml_metrics *metrics = &evaluation->metrics;
    size_t K = metrics->classes;
    json_put(object, "accuracy", json_number(metrics->accuracy));
    json_put(object, "log_loss", json_number(metrics->log_loss));
    json_put(object, "brier", json_number(metrics->brier));
    json_put(object, "auc", json_number(metrics->auc));
    json_put(object, "precision", json_number(metrics->precision));
    json_put(object, "recall", json_number(metrics->recall));
    json_put(object, "f1", json_number(metrics->f1));
    json_put(object, "weighted_precision", json_number(metrics->weighted_precision));
    json_put(object, "weighted_recall", json_number(metrics->weighted_recall));
    json_put(object, "weighted_f1", json_number(metrics->weighted_f1));
    json_put(object, "labels", labels_json(evaluation));
    json_put(object, "confusion", rows_json(evaluation->confusion, K, K));
    json_put(object, "by_class", by_class_json(evaluation));
    json_put(object, "calibration", calibration_json(evaluation));
}

json_t *evaluation_json(const struct evaluation *evaluation)
{
    const gemml_metrics *metrics = &evaluation->metrics;
    json_t *object = json_object();
    json_put(&object, "n", json_count(metrics->rows));
    json_put(&object, "loss", json_number(metrics->loss));
    if (metrics->classes > 0) {
        put_classes(&object, evaluation);
        return object;
    }
    json_put(&object, "mse", json_number(metrics->mse));
    json_put(&object, "rmse", json_number(metrics->rmse));
    json_put(&object, "mae", json_number(metrics->mae));
    json_put(&object, "r2", json_number(metrics->r2));
    return object;
}

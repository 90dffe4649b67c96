/* gemml_score and its kin: how good predictions are. */
#include <math.h>

#include <gemml/metrics.h>

#include "api/options.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "stats/classification.h"
#include "stats/ranking.h"
#include "stats/regression.h"
#include "train/engine.h"
#include "util/parallel.h"

/* ---- Values -------------------------------------------------------------------- */

/* Means over rows and outputs; r2 is the outputs' mean. */
static gemml_metrics metrics_of(const struct residual_sums *sums, size_t rows)
{
    gemml_metrics metrics = GEMML_METRICS_INIT;
    double K = (double)sums->outputs, W = sums->sum_weight;
    metrics.rows = rows;
    metrics.mse = metrics.mae = metrics.r2 = 0;
    for (size_t k = 0; k < sums->outputs; k++) {
        metrics.mse += sums->rss[k] / W / K;
        metrics.mae += sums->absolute[k] / W / K;
        metrics.r2 += (sums->tss[k] > 0 ? 1 - sums->rss[k] / sums->tss[k] : NAN) / K;
    }
    metrics.rmse = sqrt(metrics.mse);
    metrics.loss = metrics.mse * K / 2;
    return metrics;
}

/* ---- Classes ------------------------------------------------------------------- */

/* The predictions and the truth of all rows, which the ROC curve needs at once. */
struct class_table {
    struct class_rows rows;
    double *scores, *weights;
    size_t *truth;
};

static void class_table_free(struct class_table *table)
{
    memory_free(table->scores);
    memory_free(table->weights);
    memory_free(table->truth);
}

static gemml_status class_table_allocate(struct class_table *table, const gemml_dataset *data, size_t K)
{
    size_t n = data->x.rows;
    *table = (struct class_table){0};
    TRY(memory_alloc(&table->scores, memory_product(n, K), sizeof *table->scores));
    gemml_status status = memory_alloc(&table->truth, n, sizeof *table->truth);
    if (status == GEMML_OK && data->weight.data)
        status = memory_alloc(&table->weights, n, sizeof *table->weights);
    if (status != GEMML_OK)
        class_table_free(table);
    return status;
}

/* From data that have been checked. */
static gemml_status class_table_make(struct class_table *table, const gemml_model *model, const gemml_dataset *data)
{
    size_t n = data->x.rows, K = chain_classes(&model->fitted->chain);
    TRY(class_table_allocate(table, data, K));
    for (size_t i = 0; i < n; i++) {
        table->truth[i] = (size_t)view_element(&data->y, i, 0);
        if (table->weights)
            table->weights[i] = view_element(&data->weight, i, 0);
    }
    table->rows = (struct class_rows){.rows = n,
                                      .classes = K,
                                      .scores = table->scores,
                                      .stride = K,
                                      .truth = table->truth,
                                      .weights = table->weights};
    gemml_status status = gemml_predict_proba(model, data->x, gemml_matrix_f64(table->scores, n, K));
    if (status != GEMML_OK)
        class_table_free(table);
    return status;
}

static gemml_status sums_make(struct classification_sums **sums, const struct class_rows *rows)
{
    TRY(memory_alloc(sums, classification_bytes(rows->classes), 1));
    classification_init(*sums, rows->classes);
    gemml_status status = classification_add(*sums, rows);
    if (status != GEMML_OK)
        memory_free(*sums);
    return status;
}

static gemml_status fill_metrics(const struct class_rows *rows, gemml_metrics *metrics)
{
    struct classification_sums *sums;
    TRY(roc_auc(rows, &metrics->auc));
    TRY(sums_make(&sums, rows));
    struct classification_scores scores = classification_scores(sums, NULL);
    memory_free(sums);
    metrics->accuracy = scores.accuracy;
    metrics->brier = scores.brier;
    metrics->precision = scores.macro.precision;
    metrics->recall = scores.macro.recall;
    metrics->f1 = scores.macro.f1;
    metrics->weighted_precision = scores.weighted.precision;
    metrics->weighted_recall = scores.weighted.recall;
    metrics->weighted_f1 = scores.weighted.f1;
    return GEMML_OK;
}

static gemml_status score_classes(const gemml_model *model, const gemml_dataset *data, gemml_metrics *metrics)
{
    struct class_table table;
    metrics->rows = data->x.rows;
    metrics->classes = chain_classes(&model->fitted->chain);
    TRY(engine_of(model->fitted->dtype)->objective(model->fitted, data, 0, &metrics->loss, NULL));
    metrics->log_loss = metrics->loss;
    TRY(class_table_make(&table, model, data));
    gemml_status status = fill_metrics(&table.rows, metrics);
    class_table_free(&table);
    return status;
}

static void write_confusion(const struct classification_sums *sums, const gemml_matrix *out)
{
    for (size_t i = 0; i < sums->classes; i++)
        for (size_t k = 0; k < sums->classes; k++)
            matrix_store(out, i, k, sums->confusion[i * sums->classes + k]);
}

static gemml_status write_by_class(const struct classification_sums *sums, const gemml_matrix *out)
{
    struct class_scores *by_class;
    TRY(memory_alloc(&by_class, sums->classes, sizeof *by_class));
    (void)classification_scores(sums, by_class);
    for (size_t k = 0; k < sums->classes; k++) {
        const double row[] = {by_class[k].precision, by_class[k].recall, by_class[k].f1, by_class[k].support};
        for (size_t j = 0; j < 4; j++)
            matrix_store(out, k, j, row[j]);
    }
    memory_free(by_class);
    return GEMML_OK;
}

static void write_calibration(const struct classification_sums *sums, const gemml_matrix *out)
{
    for (size_t b = 0; b < CALIBRATION_BINS; b++) {
        const struct calibration_bin *bin = &sums->calibration[b];
        const double row[] = {(double)bin->rows, bin->weight, bin->probability / bin->weight,
                              bin->observed / bin->weight};
        for (size_t j = 0; j < 4; j++)
            matrix_store(out, b, j, row[j]);
    }
}

/* A zeroed matrix is not wanted. */
static gemml_status check_wanted(const char *name, const gemml_matrix *out, size_t rows, size_t cols)
{
    return out->data || out->rows > 0 ? validate_matrix(name, out, rows, cols) : GEMML_OK;
}

gemml_status gemml_score_classes(const gemml_model *model, const gemml_dataset *data, gemml_matrix confusion,
                                 gemml_matrix by_class, gemml_matrix calibration)
{
    struct linear_problem problem = {0};
    struct class_table table;
    struct classification_sums *sums;
    TRY(validate_classifier(model));
    TRY(validate_fitted_data(model, data, &problem));
    size_t K = chain_classes(&model->fitted->chain);
    TRY(check_wanted("confusion", &confusion, K, K));
    TRY(check_wanted("by_class", &by_class, K, 4));
    TRY(check_wanted("calibration", &calibration, GEMML_CALIBRATION_BINS, 4));
    TRY(class_table_make(&table, model, &problem.data));
    gemml_status status = sums_make(&sums, &table.rows);
    class_table_free(&table);
    if (status != GEMML_OK)
        return status;
    if (confusion.data)
        write_confusion(sums, &confusion);
    if (calibration.data)
        write_calibration(sums, &calibration);
    if (by_class.data)
        status = write_by_class(sums, &by_class);
    memory_free(sums);
    return status;
}

static gemml_status make_curve(struct roc_curve *curve, const gemml_model *model, const gemml_dataset *data,
                               size_t positive)
{
    struct class_table table;
    TRY(class_table_make(&table, model, data));
    gemml_status status = roc_curve_make(curve, &table.rows, positive);
    class_table_free(&table);
    return status;
}

gemml_status gemml_roc_curve(const gemml_model *model, const gemml_dataset *data, size_t positive, gemml_roc *roc)
{
    struct linear_problem problem = {0};
    struct roc_curve curve;
    TRY(options_write("gemml_roc", roc, NULL, sizeof *roc));
    TRY(validate_classifier(model));
    size_t K = chain_classes(&model->fitted->chain);
    if (positive >= K)
        return error_set(GEMML_ERROR_ARGUMENT, "there is no class %zu: the model has %zu, counted from 0", positive, K);
    TRY(validate_fitted_data(model, data, &problem));
    TRY(make_curve(&curve, model, &problem.data, positive));
    gemml_roc known = {sizeof known, curve.points, curve.threshold, curve.fpr, curve.tpr, curve.auc};
    return options_write("gemml_roc", roc, &known, sizeof known);
}

void gemml_roc_free(gemml_roc *roc)
{
    if (!roc)
        return;
    struct roc_curve curve = {.threshold = (double *)roc->threshold};
    roc_curve_free(&curve);
    roc->points = 0;
    roc->threshold = roc->fpr = roc->tpr = NULL;
}

/* ---- Both ---------------------------------------------------------------------- */

static gemml_status score_values(const gemml_model *model, const gemml_dataset *data, gemml_metrics *metrics)
{
    struct residual_sums sums;
    TRY(residual_sums_fold(&sums, model->fitted, data));
    *metrics = metrics_of(&sums, data->x.rows);
    residual_sums_free(&sums);
    return GEMML_OK;
}

gemml_status gemml_score(const gemml_model *model, const gemml_dataset *data, gemml_metrics *metrics)
{
    struct linear_problem problem = {0};
    gemml_metrics known = GEMML_METRICS_INIT;
    TRY(options_write("gemml_metrics", metrics, NULL, sizeof known));
    TRY(validate_fitted_data(model, data, &problem));
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    bool classes = chain_classes(&model->fitted->chain) > 0;
    gemml_status status = (classes ? score_classes : score_values)(model, &problem.data, &known);
    linalg_leave(callers);
    if (status != GEMML_OK)
        return status;
    return options_write("gemml_metrics", metrics, &known, sizeof known);
}

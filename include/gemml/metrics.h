/* How good predictions are. */
#ifndef GEMML_METRICS_H
#define GEMML_METRICS_H

#include "model.h"

GEMML_BEGIN_DECLS

/* Weights count in every mean. With several outputs mse, rmse, mae and r2 are
 * over all outputs together: means over n K residuals, and r2 the mean of the
 * outputs' r2. NaN where a number does not exist (r2 of a constant target). */
typedef struct gemml_metrics {
    size_t struct_size;
    size_t rows;
    double loss; /* sum w loss / sum w, with loss_i as in gemml_fit */
    double mse;  /* mean of squared residuals */
    double rmse; /* its root */
    double mae;  /* mean of absolute residuals */
    double r2;   /* 1 - RSS / TSS, TSS about the mean of these targets */

    /* Of a model that tells classes apart (mse to r2 are NaN then); otherwise 0 and NaN. */
    size_t classes;
    double accuracy;              /* share of the rows whose class is the predicted one */
    double log_loss;              /* mean of -log p(y), from the decision values: finite; the same as loss */
    double brier;                 /* mean of (p_1 - [y = 1])^2; of more classes of sum_k (p_k - [y = k])^2 */
    double auc;                   /* area under the ROC curve of class 1; of more classes the mean over each against the
                                     others; NaN when all rows are of one class */
    double precision, recall, f1; /* means over the classes that occur, alike (macro) */
    double weighted_precision, weighted_recall, weighted_f1; /* and by the weight of their rows */
} gemml_metrics;
#define GEMML_METRICS_INIT                                                                                             \
    {                                                                                                                  \
        sizeof(gemml_metrics), 0, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, 0, GEMML_AUTO,           \
            GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO \
    }
static inline void gemml_metrics_init(gemml_metrics *metrics)
{
    gemml_metrics initial = GEMML_METRICS_INIT;
    *metrics = initial;
}

/* Predicts data.x, compares with data.y and fills metrics. One pass; memory
 * does not grow with the rows, but for classes: n (K + 2) numbers, which the ROC curve needs. Safe from many threads at
 * once on one model. Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED. */
GEMML_API gemml_status gemml_score(const gemml_model *model, const gemml_dataset *data, gemml_metrics *metrics);

/* What the metrics of classes are made of.
 *
 *   data         of the model's shape; y class indices
 *   confusion    out: K x K, f64 or f32: the weight of the rows of class i (row) that were
 *                predicted to be of class k (column); zeroed: not wanted
 *   by_class     out: K x 4: precision, recall, F1 (each 0 where its denominator is) and the
 *                weight of the rows of each class; zeroed: not wanted
 *   calibration  out: GEMML_CALIBRATION_BINS x 4: rows, weight, mean predicted probability,
 *                observed share of the rows whose probability is within b/10 .. (b + 1)/10;
 *                of class 1 where there are two, else of the predicted class. The last
 *                two are NaN where there are none; zeroed: not wanted
 *
 * Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED, UNSUPPORTED (a model of values). */
#define GEMML_CALIBRATION_BINS 10
GEMML_API gemml_status gemml_score_classes(const gemml_model *model, const gemml_dataset *data, gemml_matrix confusion,
                                           gemml_matrix by_class, gemml_matrix calibration);

/* A receiver operating characteristic: with the rows of score >= threshold called positive,
 * the shares of the negative (fpr) and of the positive rows (tpr) that are. */
typedef struct gemml_roc {
    size_t struct_size;
    size_t points; /* one for each distinct score, from the highest on, behind (0, 0) */
    const double *threshold, *fpr, *tpr;
    double auc; /* the area below */
} gemml_roc;
#define GEMML_ROC_INIT                                     \
    {                                                      \
        sizeof(gemml_roc), 0, NULL, NULL, NULL, GEMML_AUTO \
    }
static inline void gemml_roc_init(gemml_roc *roc)
{
    gemml_roc initial = GEMML_ROC_INIT;
    *roc = initial;
}

/* The curve of one class against all others, by its probability.
 *
 *   positive  the class
 *   roc       out, to be freed by gemml_roc_free; untouched on failure. fpr, or tpr, and auc
 *             are NaN where no row is of that kind
 *
 * Source: Hanley and McNeil, Radiology 143 (1982). Cost: n log n.
 * Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED, UNSUPPORTED (a model of values). */
GEMML_API gemml_status gemml_roc_curve(const gemml_model *model, const gemml_dataset *data, size_t positive,
                                       gemml_roc *roc);

/* Frees a curve's arrays; a curve as GEMML_ROC_INIT makes it, and NULL, are allowed. */
GEMML_API void gemml_roc_free(gemml_roc *roc);

GEMML_END_DECLS

#endif

/* How well scores rank the rows of one class above the others: the receiver operating
 * characteristic (ROC) and the area under it (AUC).
 *
 * For a threshold s the rows with score >= s are called positive:
 *
 *   tpr(s) = weight of positive rows with score >= s / weight of positive rows     (true positive rate)
 *   fpr(s) = the same of the negative rows                                          (false positive rate)
 *   AUC    = P(score of a positive row > of a negative row) + P(equal) / 2
 *
 * with rows drawn by weight; the area under the curve by the trapezoid rule is just that (Hanley and McNeil,
 * Radiology 143, 1982). Ties are exact, and without weights so are the sums (up to 1e8 rows).
 *
 * Scores may be probabilities or any finite numbers, such as decision values. Cost O(n log n), memory O(n). */
#ifndef GEMML_STATS_RANKING_H
#define GEMML_STATS_RANKING_H

#include "stats/classification.h"

/* One point for each distinct score, from the highest on, behind (0, 0) with the threshold infinity. */
struct roc_curve {
    size_t points;
    double *threshold, *fpr, *tpr; /* points each; one allocation, at threshold */
    double auc;
};

/* The curve of class `positive` against all others, scored by column `positive`; free it with
 * roc_curve_free. fpr, or tpr, and auc are NaN where no weight is on rows of that kind.
 * Rows of weight 0 are left out. Errors: NONFINITE, ARGUMENT (class_rows_check), MEMORY. */
gemml_status roc_curve_make(struct roc_curve *curve, const struct class_rows *rows, size_t positive);
void roc_curve_free(struct roc_curve *curve);

/* The AUC: of class 1 where there are two classes, else the mean over the classes that some row of
 * positive weight has of each class against the others (macro average, one versus rest). NaN
 * where all weight is on one class. Errors as above, *auc untouched. */
gemml_status roc_auc(const struct class_rows *rows, double *auc);

#endif

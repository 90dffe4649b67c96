/* How good predicted probabilities of K classes are: accuracy, confusion matrix, precision,
 * recall, F1, log loss, Brier score and a calibration table. (The ROC curve and its area, which need all
 * rows at once, are in stats/ranking.h.)
 *
 * The sums are an accumulator: rows come block by block, states merge, and nothing of a row is
 * kept. It is made for fold/fold.h, where the state's memory is the caller's:
 *
 *   struct classification_sums *sums = ...;             classification_bytes(K) bytes
 *   classification_init(sums, K);
 *   TRY(classification_add(sums, &rows));               as often as there are blocks
 *   classification_merge(sums, others);
 *   struct classification_scores scores = classification_scores(sums, by_class);
 *
 * Sums run in the order of the rows and of the merges, so equal blocks give equal bits. Pure
 * functions of their arguments, nothing allocated. */
#ifndef GEMML_STATS_CLASSIFICATION_H
#define GEMML_STATS_CLASSIFICATION_H

#include <stddef.h>

#include "util/error.h"

/* Rows of predictions and truth; borrowed. */
struct class_rows {
    size_t rows, classes;  /* n, K >= 2 */
    const double *scores;  /* n x K, row-major: probabilities (two classes have two columns) */
    size_t stride;         /* of scores, >= K */
    const size_t *truth;   /* n class indices, 0 to K - 1 */
    const double *weights; /* n, >= 0; NULL: all ones */
    size_t first;          /* the number of the first row, for messages */
};

/* OK when all scores, probabilities or not, are finite, all indices below K and all weights finite and not
 * negative, also in rows of weight 0. Errors: NONFINITE and ARGUMENT, with the row. */
gemml_status class_rows_check(const struct class_rows *rows);

enum { CALIBRATION_BINS = 10 };

/* The rows whose probability p has b/10 <= p < (b + 1)/10; the last bin has p = 1 too. */
struct calibration_bin {
    size_t rows;        /* of positive weight */
    double weight;      /* sum w */
    double probability; /* sum w p; over weight: the mean predicted probability */
    double observed;    /* sum w over the rows where it came true; over weight: the observed share */
};

/* The state: memory without pointers into itself. */
struct classification_sums {
    size_t classes, rows; /* K; rows of positive weight */
    double sum_weight;
    double log_loss; /* sum w -log p_truth */
    double brier;    /* sum w (p_1 - [truth = 1])^2 for two classes, sum w sum_k (p_k - [truth = k])^2 for more */
    /* Two classes: of p_1, and whether class 1 is true. More: of the largest probability, and whether it is right. */
    struct calibration_bin calibration[CALIBRATION_BINS];
    double confusion[]; /* K x K: sum w by true class (row) and predicted class (column) */
};

/* The size of a state; SIZE_MAX where that overflows. */
size_t classification_bytes(size_t classes);

void classification_init(struct classification_sums *sums, size_t classes);

/* Adds rows. The predicted class is the one of the largest probability, of equal ones the first: class 1 of
 * two where p_1 > p_0. Log loss is not clipped: it is infinite when a class that was given
 * probability 0 is true. That the probabilities of a row sum to 1 is the caller's word. Cost O(n K).
 * Errors, with the sums as they were: those of class_rows_check, and ARGUMENT for a probability outside of 0 to 1. */
gemml_status classification_add(struct classification_sums *sums, const struct class_rows *rows);

/* into += from, of equally many classes. */
void classification_merge(struct classification_sums *into, const struct classification_sums *from);

/* Of one class k, with the confusion matrix C:
 *   precision = C_kk / sum_i C_ik     recall = C_kk / sum_j C_kj     f1 = 2 C_kk / (sum_i C_ik + sum_j C_kj)
 * Each is 0 where its denominator is 0 (scikit-learn's zero_division=0). */
struct class_scores {
    double precision, recall, f1;
    double support; /* sum_j C_kj: weight of the rows of this class */
};

struct classification_scores {
    double accuracy; /* sum_k C_kk / sum w */
    double log_loss; /* mean over the rows, natural logarithm; may be infinite */
    double brier;    /* mean over the rows: 0 to 1 for two classes, 0 to 2 for more (the sum over classes) */
    /* Means over the classes that are true or predicted somewhere: macro, each counts alike;
     * weighted, by their support. Both have the sum of weights as support. */
    struct class_scores macro, weighted;
};

/* The scores that follow from the sums; of each class into by_class (K), unless that is NULL.
 * Means over no weight at all are NaN. */
struct classification_scores classification_scores(const struct classification_sums *sums,
                                                   struct class_scores *by_class);

#endif

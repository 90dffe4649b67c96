#include "stats/classification.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "util/alloc.h"

static gemml_status check_row(const struct class_rows *rows, size_t i)
{
    const double *scores = rows->scores + i * rows->stride;
    for (size_t k = 0; k < rows->classes; k++)
        if (!isfinite(scores[k]))
            return error_set(GEMML_ERROR_NONFINITE, "the prediction for class %zu is %g in row %zu (counted from 0)", k,
                             scores[k], rows->first + i);
    if (rows->truth[i] >= rows->classes)
        return error_set(GEMML_ERROR_ARGUMENT, "the true class is %zu in row %zu (counted from 0), of %zu classes",
                         rows->truth[i], rows->first + i, rows->classes);
    double w = rows->weights ? rows->weights[i] : 1;
    if (!isfinite(w))
        return error_set(GEMML_ERROR_NONFINITE, "weight is %g in row %zu (counted from 0)", w, rows->first + i);
    if (w < 0)
        return error_set(GEMML_ERROR_ARGUMENT, "weight is %g in row %zu (counted from 0): below 0", w, rows->first + i);
    return GEMML_OK;
}

gemml_status class_rows_check(const struct class_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++)
        TRY(check_row(rows, i));
    return GEMML_OK;
}

static gemml_status check_probabilities(const struct class_rows *rows)
{
    for (size_t i = 0; i < rows->rows; i++)
        for (size_t k = 0; k < rows->classes; k++) {
            double p = rows->scores[i * rows->stride + k];
            if (!(p >= 0 && p <= 1))
                return error_set(GEMML_ERROR_ARGUMENT,
                                 "the probability of class %zu is %g in row %zu (counted from 0): not from 0 to 1", k,
                                 p, rows->first + i);
        }
    return GEMML_OK;
}

size_t classification_bytes(size_t classes)
{
    return memory_sum(sizeof(struct classification_sums),
                      memory_product(memory_product(classes, classes), sizeof(double)));
}

void classification_init(struct classification_sums *sums, size_t classes)
{
    memset(sums, 0, classification_bytes(classes));
    sums->classes = classes;
}

static size_t largest(size_t classes, const double *p)
{
    size_t best = 0;
    for (size_t k = 1; k < classes; k++)
        best = p[k] > p[best] ? k : best;
    return best;
}

static double squared_error(size_t classes, const double *p, size_t truth)
{
    double sum = 0;
    for (size_t k = classes == 2 ? 1 : 0; k < classes; k++) {
        double error = p[k] - (k == truth);
        sum += error * error;
    }
    return sum;
}

static void add_to_bin(struct calibration_bin *bins, double p, bool came_true, double w)
{
    size_t bin = (size_t)(p * CALIBRATION_BINS);
    bins += bin < CALIBRATION_BINS ? bin : CALIBRATION_BINS - 1;
    bins->rows++;
    bins->weight += w;
    bins->probability += w * p;
    bins->observed += came_true ? w : 0;
}

static void add_row(struct classification_sums *sums, const double *p, size_t truth, double w)
{
    size_t K = sums->classes, predicted = largest(K, p), shown = K == 2 ? 1 : predicted;
    sums->rows++;
    sums->sum_weight += w;
    sums->log_loss -= w * log(p[truth]);
    sums->brier += w * squared_error(K, p, truth);
    sums->confusion[truth * K + predicted] += w;
    add_to_bin(sums->calibration, p[shown], truth == shown, w);
}

gemml_status classification_add(struct classification_sums *sums, const struct class_rows *rows)
{
    TRY(class_rows_check(rows));
    TRY(check_probabilities(rows));
    for (size_t i = 0; i < rows->rows; i++) {
        double w = rows->weights ? rows->weights[i] : 1;
        if (w > 0)
            add_row(sums, rows->scores + i * rows->stride, rows->truth[i], w);
    }
    return GEMML_OK;
}

void classification_merge(struct classification_sums *into, const struct classification_sums *from)
{
    into->rows += from->rows;
    into->sum_weight += from->sum_weight;
    into->log_loss += from->log_loss;
    into->brier += from->brier;
    for (size_t b = 0; b < CALIBRATION_BINS; b++) {
        into->calibration[b].rows += from->calibration[b].rows;
        into->calibration[b].weight += from->calibration[b].weight;
        into->calibration[b].probability += from->calibration[b].probability;
        into->calibration[b].observed += from->calibration[b].observed;
    }
    for (size_t i = 0; i < into->classes * into->classes; i++)
        into->confusion[i] += from->confusion[i];
}

static double ratio(double above, double below)
{
    return below > 0 ? above / below : 0;
}

/* The scores of class k; *occurs: is it true or predicted somewhere? */
static struct class_scores scores_of_class(const struct classification_sums *sums, size_t k, bool *occurs)
{
    size_t K = sums->classes;
    double right = sums->confusion[k * K + k], predicted = 0, support = 0;
    for (size_t i = 0; i < K; i++) {
        predicted += sums->confusion[i * K + k];
        support += sums->confusion[k * K + i];
    }
    *occurs = predicted > 0 || support > 0;
    return (struct class_scores){
        .precision = ratio(right, predicted),
        .recall = ratio(right, support),
        .f1 = ratio(2 * right, predicted + support),
        .support = support,
    };
}

/* mean += share * scores, but for the support. */
static void add_scores(struct class_scores *mean, double share, const struct class_scores *scores)
{
    mean->precision += share * scores->precision;
    mean->recall += share * scores->recall;
    mean->f1 += share * scores->f1;
}

static void divide_scores(struct class_scores *mean, double total, double support)
{
    mean->precision /= total;
    mean->recall /= total;
    mean->f1 /= total;
    mean->support = support;
}

struct classification_scores classification_scores(const struct classification_sums *sums,
                                                   struct class_scores *by_class)
{
    double W = sums->sum_weight, right = 0, occurring = 0;
    struct classification_scores scores = {.log_loss = sums->log_loss / W, .brier = sums->brier / W};
    for (size_t k = 0; k < sums->classes; k++) {
        bool occurs;
        struct class_scores class = scores_of_class(sums, k, &occurs);
        right += sums->confusion[k * sums->classes + k];
        occurring += occurs;
        add_scores(&scores.macro, occurs, &class);
        add_scores(&scores.weighted, class.support, &class);
        if (by_class)
            by_class[k] = class;
    }
    scores.accuracy = right / W;
    divide_scores(&scores.macro, occurring, W);
    divide_scores(&scores.weighted, W, W);
    return scores;
}

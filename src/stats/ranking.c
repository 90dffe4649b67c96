#include "stats/ranking.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "util/alloc.h"

/* A row to be ranked; `row` makes the order, and thus the order of the sums, unique. */
struct ranked {
    double score, weight;
    size_t row;
    bool positive;
};

/* Weight of the positive and of the negative rows. */
struct weights {
    double positive, negative;
};

static int higher_first(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return a->row < b->row ? -1 : a->row > b->row;
}

/* Sorted, without the rows of weight 0; their number. */
static size_t rank(struct ranked *ranked, const struct class_rows *rows, size_t positive)
{
    size_t count = 0;
    for (size_t i = 0; i < rows->rows; i++) {
        double w = rows->weights ? rows->weights[i] : 1;
        if (w > 0)
            ranked[count++] =
                (struct ranked){rows->scores[i * rows->stride + positive], w, i, rows->truth[i] == positive};
    }
    qsort(ranked, count, sizeof *ranked, higher_first);
    return count;
}

/* Adds up the rows from `i` on that share its score; the first row behind them. */
static size_t take_ties(const struct ranked *ranked, size_t count, size_t i, struct weights *ties)
{
    double score = ranked[i].score;
    *ties = (struct weights){0, 0};
    for (; i < count && ranked[i].score == score; i++)
        *(ranked[i].positive ? &ties->positive : &ties->negative) += ranked[i].weight;
    return i;
}

static void add_point(struct roc_curve *curve, double threshold, const struct weights *passed)
{
    curve->threshold[curve->points] = threshold;
    curve->tpr[curve->points] = passed->positive;
    curve->fpr[curve->points] = passed->negative;
    curve->points++;
}

/* Runs down the scores. Each negative row is beaten by the positive ones passed before, and by half of its ties. */
static void trace(struct roc_curve *curve, const struct ranked *ranked, size_t count)
{
    struct weights passed = {0, 0}, ties;
    double beaten = 0;
    add_point(curve, INFINITY, &passed);
    for (size_t i = 0; i < count;) {
        double score = ranked[i].score;
        i = take_ties(ranked, count, i, &ties);
        beaten += ties.negative * (passed.positive + ties.positive / 2);
        passed.positive += ties.positive;
        passed.negative += ties.negative;
        add_point(curve, score, &passed);
    }
    for (size_t i = 0; i < curve->points; i++) {
        curve->tpr[i] /= passed.positive;
        curve->fpr[i] /= passed.negative;
    }
    curve->auc = beaten / passed.positive / passed.negative;
}

/* The curve of rows that have been checked. */
static gemml_status make(struct roc_curve *curve, const struct class_rows *rows, size_t positive)
{
    struct ranked *ranked;
    struct roc_curve made = {0};
    size_t most = memory_sum(rows->rows, 1);
    TRY(memory_alloc(&ranked, rows->rows, sizeof *ranked));
    gemml_status status = memory_alloc(&made.threshold, memory_product(3, most), sizeof *made.threshold);
    if (status == GEMML_OK) {
        made.fpr = made.threshold + most;
        made.tpr = made.fpr + most;
        trace(&made, ranked, rank(ranked, rows, positive));
        *curve = made;
    }
    memory_free(ranked);
    return status;
}

gemml_status roc_curve_make(struct roc_curve *curve, const struct class_rows *rows, size_t positive)
{
    if (positive >= rows->classes)
        return error_set(GEMML_ERROR_ARGUMENT, "the positive class is %zu, of %zu classes", positive, rows->classes);
    TRY(class_rows_check(rows));
    return make(curve, rows, positive);
}

void roc_curve_free(struct roc_curve *curve)
{
    memory_free(curve->threshold);
    *curve = (struct roc_curve){0};
}

static bool has_class(const struct class_rows *rows, size_t class)
{
    for (size_t i = 0; i < rows->rows; i++)
        if (rows->truth[i] == class && (!rows->weights || rows->weights[i] > 0))
            return true;
    return false;
}

gemml_status roc_auc(const struct class_rows *rows, double *auc)
{
    double sum = 0, count = 0;
    TRY(class_rows_check(rows));
    for (size_t k = rows->classes == 2 ? 1 : 0; k < rows->classes; k++) {
        struct roc_curve curve;
        if (!has_class(rows, k))
            continue;
        TRY(make(&curve, rows, k));
        sum += curve.auc;
        count++;
        roc_curve_free(&curve);
    }
    *auc = sum / count;
    return GEMML_OK;
}

/* Scores of classifications against scikit-learn, tables by hand and long double. */
#include "stats/classification.h"

#include <math.h>

#include "stats/class_sample.h"

static struct classification_sums *sums_new(size_t classes)
{
    struct classification_sums *sums = malloc(classification_bytes(classes));
    classification_init(sums, classes);
    return sums;
}

static struct classification_sums *sums_of(struct class_rows rows)
{
    struct classification_sums *sums = sums_new(rows.classes);
    assert_int_equal(classification_add(sums, &rows), GEMML_OK);
    return sums;
}

static void check_class(const struct class_scores *scores, const double truth[4])
{
    assert_near(scores->precision, truth[0], 1e-15);
    assert_near(scores->recall, truth[1], 1e-15);
    assert_near(scores->f1, truth[2], 1e-15);
    assert_near(scores->support, truth[3], 1e-15);
}

/* from sklearn import metrics; y = p.argmax(axis=1); for w in (None, weights):
 *     metrics.confusion_matrix(truth, y, sample_weight=w); metrics.accuracy_score(truth, y, sample_weight=w)
 *     metrics.log_loss(truth, p, sample_weight=w)
 *     np.average(((p - np.eye(3)[truth]) ** 2).sum(axis=1), weights=w)
 *     for average in (None, "macro", "weighted"):
 *         metrics.precision_recall_fscore_support(truth, y, average=average, sample_weight=w, zero_division=0) */
static void three_classes_as_scikit_learn(void **state)
{
    const struct {
        double confusion[9], accuracy, log_loss, brier, by_class[3][4], macro[4], weighted[4];
    } truth[] = {{{3, 1, 0, 1, 2, 0, 1, 0, 2},
                  0.7,
                  0.6992725104992228,
                  0.40699999999999986,
                  {{0.6, 0.75, 0.6666666666666665, 4}, {2 / 3.0, 2 / 3.0, 2 / 3.0, 3}, {1, 2 / 3.0, 0.8, 3}},
                  {0.7555555555555555, 0.6944444444444443, 0.7111111111111109, 10},
                  {0.74, 0.7, 0.7066666666666667, 10}},
                 {{5, 1, 0, 1, 2.5, 0, 0.25, 0, 3},
                  0.8235294117647058,
                  0.6317802625132913,
                  0.3599019607843137,
                  {{0.8, 0.8333333333333334, 0.816326530612245, 6},
                   {0.7142857142857143, 0.7142857142857143, 0.7142857142857143, 3.5},
                   {1, 0.9230769230769231, 0.96, 3.25}},
                  {0.8380952380952381, 0.8235653235653236, 0.8302040816326531, 12.75},
                  {0.8274509803921569, 0.8235294117647058, 0.8249379751900762, 12.75}}};
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct class_scores by_class[3];
        struct classification_sums *sums = sums_of(three_classes(weighted));
        struct classification_scores scores = classification_scores(sums, by_class);
        assert_memory_equal(sums->confusion, truth[weighted].confusion, sizeof truth[weighted].confusion);
        assert_int_equal(sums->rows, 10);
        assert_near(scores.accuracy, truth[weighted].accuracy, 1e-15);
        assert_near(scores.log_loss, truth[weighted].log_loss, 1e-15);
        assert_near(scores.brier, truth[weighted].brier, 1e-15);
        for (size_t k = 0; k < 3; k++)
            check_class(by_class + k, truth[weighted].by_class[k]);
        check_class(&scores.macro, truth[weighted].macro);
        check_class(&scores.weighted, truth[weighted].weighted);
        free(sums);
    }
}

/* y = (s > 0.5).astype(int), and as above; metrics.brier_score_loss(b, s, sample_weight=w),
 * metrics.log_loss(b, s, sample_weight=w). */
static void two_classes_as_scikit_learn(void **state)
{
    const struct {
        double confusion[4], log_loss, brier, by_class[2][4];
    } truth[] = {{{4, 1, 4, 3},
                  0.4921630666669489,
                  0.17166666666666666,
                  {{0.5, 0.8, 0.6153846153846154, 5}, {0.75, 0.42857142857142855, 0.5454545454545454, 7}}},
                 {{6, 1, 7.5, 2.75},
                  0.5773261952419543,
                  0.20753623188405798,
                  {{0.4444444444444444, 0.8571428571428571, 0.5853658536585367, 7},
                   {0.7333333333333333, 0.2682926829268293, 0.3928571428571429, 10.25}}}};
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct class_scores by_class[2];
        struct classification_sums *sums = sums_of(two_classes(weighted));
        struct classification_scores scores = classification_scores(sums, by_class);
        assert_memory_equal(sums->confusion, truth[weighted].confusion, sizeof truth[weighted].confusion);
        assert_near(scores.log_loss, truth[weighted].log_loss, 1e-15);
        assert_near(scores.brier, truth[weighted].brier, 1e-15);
        check_class(by_class, truth[weighted].by_class[0]);
        check_class(by_class + 1, truth[weighted].by_class[1]);
        free(sums);
    }
}

static void check_bin(const struct calibration_bin *bin, size_t rows, double weight, double probability,
                      double observed, double tolerance)
{
    assert_int_equal(bin->rows, rows);
    assert_near(bin->weight, weight, tolerance);
    assert_near(bin->probability, probability, tolerance);
    assert_near(bin->observed, observed, tolerance);
}

/* By hand from the two samples: of p_1 for two classes, of the largest probability for three. */
static void calibration_tables(void **state)
{
    (void)state;
    struct classification_sums *sums = sums_of(two_classes(true));
    check_bin(sums->calibration + 0, 0, 0, 0, 0, 1e-15);
    check_bin(sums->calibration + 1, 1, 1, 0.1, 0, 1e-15); /* 0.1 is in the second bin */
    check_bin(sums->calibration + 2, 1, 1, 0.2, 0, 1e-15);
    check_bin(sums->calibration + 3, 2, 3, 0.35 * 3, 2, 1e-15);
    check_bin(sums->calibration + 5, 4, 8.5, 4.25, 5.5, 1e-15);
    check_bin(sums->calibration + 6, 1, 1, 0.65, 0, 1e-15);
    check_bin(sums->calibration + 8, 1, 0.25, 0.2, 0.25, 1e-15);
    check_bin(sums->calibration + 9, 2, 2.5, 0.95 * 2 + 0.5, 2.5, 1e-15); /* with p = 1 */
    free(sums);
    sums = sums_of(three_classes(false));
    check_bin(sums->calibration + 4, 2, 2, 0.8, 1, 1e-15); /* rows 4 and 7 */
    check_bin(sums->calibration + 5, 2, 2, 1, 1, 1e-15);   /* rows 2 and 6 */
    check_bin(sums->calibration + 6, 3, 3, 1.8, 2, 1e-15); /* rows 1, 3 and 5 */
    check_bin(sums->calibration + 7, 1, 1, 0.7, 1, 1e-15);
    check_bin(sums->calibration + 9, 2, 2, 1.8, 2, 1e-15);
    free(sums);
}

/* Everything once more in long double, by definition, for 2 to 10 classes. */
static void random_sums_match_long_double(void **state)
{
    uint64_t random = 1;
    (void)state;
    for (size_t K = 2; K <= MOST_CLASSES; K++) {
        struct class_rows rows = random_classes(&random, K, K % 2);
        struct classification_sums *sums = sums_of(rows);
        long double W = 0, log_loss = 0, brier = 0, confusion[MOST_CLASSES][MOST_CLASSES] = {{0}};
        for (size_t i = 0; i < rows.rows; i++) {
            const double *p = rows.scores + i * rows.stride;
            long double w = class_weight(&rows, i), error = 0;
            size_t best = K;
            while (best-- > 0 && best < K) { /* the class that none before equals and none beats */
                bool beaten = false;
                for (size_t k = 0; k < K; k++)
                    beaten |= p[k] > p[best] || (p[k] == p[best] && k < best);
                if (!beaten)
                    break;
            }
            for (size_t k = 0; k < K; k++)
                error += powl(p[k] - (long double)(k == rows.truth[i]), 2);
            W += w;
            log_loss -= w * logl(p[rows.truth[i]]);
            brier += w * (K == 2 ? error / 2 : error);
            confusion[rows.truth[i]][best] += w;
        }
        assert_near(sums->sum_weight, (double)W, 1e-14);
        assert_near(sums->log_loss, (double)log_loss, 1e-14);
        assert_near(sums->brier, (double)brier, 1e-14);
        for (size_t i = 0; i < K * K; i++)
            assert_near(sums->confusion[i], (double)confusion[i / K][i % K], 1e-14);
        free(sums);
    }
}

/* Adding in blocks is adding at once, bit by bit; merging blocks is so but for rounding. */
static void blocks_and_merges(void **state)
{
    uint64_t random = 2;
    (void)state;
    for (size_t K = 2; K <= 10; K += 8)
        for (size_t cut = 0; cut <= RANDOM_ROWS; cut += 57) {
            struct class_rows all = random_classes(&random, K, true), head = all, tail = all;
            head.rows = cut;
            tail.rows -= cut;
            tail.scores += cut * tail.stride;
            tail.truth += cut;
            tail.weights += cut;
            struct classification_sums *whole = sums_of(all), *blocks = sums_of(head), *merged = sums_of(head);
            struct classification_sums *rest = sums_of(tail);
            assert_int_equal(classification_add(blocks, &tail), GEMML_OK);
            assert_memory_equal(whole, blocks, classification_bytes(K));
            classification_merge(merged, rest);
            assert_int_equal(merged->rows, whole->rows);
            assert_near(merged->sum_weight, whole->sum_weight, 1e-14);
            assert_near(merged->log_loss, whole->log_loss, 1e-14);
            assert_near(merged->brier, whole->brier, 1e-14);
            for (size_t i = 0; i < K * K; i++)
                assert_near(merged->confusion[i], whole->confusion[i], 1e-14);
            for (size_t b = 0; b < CALIBRATION_BINS; b++) {
                const struct calibration_bin *bin = whole->calibration + b;
                check_bin(merged->calibration + b, bin->rows, bin->weight, bin->probability, bin->observed, 1e-14);
            }
            free(whole), free(blocks), free(merged), free(rest);
        }
}

/* A class that is never predicted, and one that never occurs: 0 for the first, left out of the mean the second. */
static void classes_without_rows(void **state)
{
    const double scores[2][3] = {{0.9, 0.1, 0}, {0.8, 0.2, 0}};
    const size_t truth[2] = {0, 1};
    struct class_scores by_class[3];
    (void)state;
    struct classification_sums *sums = sums_of((struct class_rows){2, 3, scores[0], 3, truth, NULL, 0});
    struct classification_scores result = classification_scores(sums, by_class);
    check_class(by_class, (const double[]){0.5, 1, 2 / 3.0, 1});
    check_class(by_class + 1, (const double[]){0, 0, 0, 1});
    check_class(by_class + 2, (const double[]){0, 0, 0, 0});
    check_class(&result.macro, (const double[]){0.25, 0.5, 1 / 3.0, 2});
    assert_near(result.accuracy, 0.5, 0);
    free(sums);
}

static void impossible_truths_and_no_weight(void **state)
{
    const double scores[3][2] = {{1, 0}, {0.25, 0.75}, {0, 1}};
    const size_t right[3] = {0, 1, 1}, wrong[3] = {1, 1, 1};
    const double second_only[3] = {0, 5, 0}, none[3] = {0, 0, 0};
    (void)state;
    struct classification_sums *sums = sums_of((struct class_rows){3, 2, scores[0], 2, right, NULL, 0});
    assert_near(classification_scores(sums, NULL).log_loss, -log(0.75) / 3, 1e-15); /* -0 log 0 = 0 is no NaN */
    free(sums);
    sums = sums_of((struct class_rows){3, 2, scores[0], 2, wrong, NULL, 0});
    assert_true(classification_scores(sums, NULL).log_loss == INFINITY);
    free(sums);
    sums = sums_of((struct class_rows){3, 2, scores[0], 2, wrong, second_only, 0}); /* the impossible has no weight */
    assert_near(classification_scores(sums, NULL).log_loss, -log(0.75), 1e-15);
    assert_near(classification_scores(sums, NULL).accuracy, 1, 0);
    assert_int_equal(sums->rows, 1);
    free(sums);
    sums = sums_of((struct class_rows){3, 2, scores[0], 2, wrong, none, 0});
    struct classification_scores scored = classification_scores(sums, NULL);
    assert_true(isnan(scored.accuracy) && isnan(scored.log_loss) && isnan(scored.brier) && isnan(scored.macro.f1) &&
                isnan(scored.weighted.recall));
    free(sums);
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        double score, weight;
        size_t truth;
        gemml_status status;
        const char *sentence;
    } wrong[] = {
        {NAN, 1, 0, GEMML_ERROR_NONFINITE, "the prediction for class 1 is nan in row 502 (counted from 0)"},
        {INFINITY, 0, 0, GEMML_ERROR_NONFINITE, "the prediction for class 1 is inf in row 502 (counted from 0)"},
        {1.5, 1, 0, GEMML_ERROR_ARGUMENT,
         "the probability of class 1 is 1.5 in row 502 (counted from 0): not from 0 to 1"},
        {-0.5, 0, 0, GEMML_ERROR_ARGUMENT,
         "the probability of class 1 is -0.5 in row 502 (counted from 0): not from 0 to 1"},
        {0.5, 1, 2, GEMML_ERROR_ARGUMENT, "the true class is 2 in row 502 (counted from 0), of 2 classes"},
        {0.5, -1, 0, GEMML_ERROR_ARGUMENT, "weight is -1 in row 502 (counted from 0): below 0"},
        {0.5, NAN, 0, GEMML_ERROR_NONFINITE, "weight is nan in row 502 (counted from 0)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const double scores[3][2] = {{0.5, 0.5}, {0.5, 0.5}, {0.5, wrong[i].score}},
                     weights[3] = {1, 1, wrong[i].weight};
        const size_t truth[3] = {0, 1, wrong[i].truth};
        struct class_rows rows = {3, 2, scores[0], 2, truth, weights, 500};
        struct classification_sums *sums = sums_new(2), *before = sums_new(2);
        assert_int_equal(classification_add(sums, &rows), wrong[i].status);
        assert_string_equal(error_text(), wrong[i].sentence);
        assert_memory_equal(sums, before, classification_bytes(2));
        free(sums), free(before);
    }
    assert_true(classification_bytes(SIZE_MAX / 2) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_classes_as_scikit_learn),
        cmocka_unit_test(two_classes_as_scikit_learn),
        cmocka_unit_test(calibration_tables),
        cmocka_unit_test(random_sums_match_long_double),
        cmocka_unit_test(blocks_and_merges),
        cmocka_unit_test(classes_without_rows),
        cmocka_unit_test(impossible_truths_and_no_weight),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

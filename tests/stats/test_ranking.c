/* ROC curves against scikit-learn, and the area against all pairs of rows. */
#include "stats/ranking.h"

#include <math.h>

#include "data/failing.h"
#include "stats/class_sample.h"

/* metrics.roc_curve(b, s, sample_weight=w, drop_intermediate=False), metrics.roc_auc_score(b, s, sample_weight=w) */
static void a_curve_as_scikit_learn(void **state)
{
    const double threshold[] = {INFINITY, 1, 0.95, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1};
    const double fpr[2][9] = {
        {0, 0, 0, 0, 0.2, 0.4, 0.6, 0.8, 1},
        {0, 0, 0, 0, 0.14285714285714285, 0.5714285714285714, 0.7142857142857143, 0.8571428571428571, 1}};
    const double tpr[2][9] = {{0, 0.14285714285714285, 0.2857142857142857, 0.42857142857142855, 0.42857142857142855,
                               0.8571428571428571, 1, 1, 1},
                              {0, 0.04878048780487805, 0.24390243902439024, 0.2682926829268293, 0.2682926829268293,
                               0.8048780487804879, 1, 1, 1}};
    const double auc[2] = {0.8, 0.6829268292682927};
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct class_rows rows = two_classes(weighted);
        struct roc_curve curve;
        double area;
        assert_int_equal(roc_curve_make(&curve, &rows, 1), GEMML_OK);
        assert_int_equal(curve.points, 9);
        assert_memory_equal(curve.threshold, threshold, sizeof threshold);
        for (size_t i = 0; i < 9; i++) {
            assert_near(curve.fpr[i], fpr[weighted][i], 1e-15);
            assert_near(curve.tpr[i], tpr[weighted][i], 1e-15);
        }
        assert_near(curve.auc, auc[weighted], 1e-15);
        assert_int_equal(roc_auc(&rows, &area), GEMML_OK);
        assert_true(area == curve.auc);
        roc_curve_free(&curve);
        assert_null(curve.threshold);
    }
}

/* metrics.roc_auc_score(truth, p, multi_class="ovr", average="macro"); with weights the mean over k of
 * metrics.roc_auc_score(np.equal(truth, k), p[:, k], sample_weight=w). */
static void the_mean_over_three_classes(void **state)
{
    double auc;
    (void)state;
    struct class_rows rows = three_classes(false);
    assert_int_equal(roc_auc(&rows, &auc), GEMML_OK);
    assert_near(auc, 0.8650793650793651, 1e-15);
    rows = three_classes(true);
    assert_int_equal(roc_auc(&rows, &auc), GEMML_OK);
    assert_near(auc, 0.89927051915356, 1e-15);
}

/* P(score of positive > of negative) + P(equal)/2 over all pairs of rows. */
static long double all_pairs(const struct class_rows *rows, size_t positive)
{
    long double won = 0, pairs = 0;
    for (size_t i = 0; i < rows->rows; i++)
        for (size_t j = 0; j < rows->rows; j++) {
            if (rows->truth[i] != positive || rows->truth[j] == positive)
                continue;
            double high = rows->scores[i * rows->stride + positive], low = rows->scores[j * rows->stride + positive];
            long double w = (long double)class_weight(rows, i) * class_weight(rows, j);
            pairs += w;
            won += high > low ? w : high == low ? w / 2 : 0;
        }
    return won / pairs;
}

/* The area under the points by the trapezoid rule, and monotone rates. */
static void check_points(const struct roc_curve *curve)
{
    long double area = 0;
    assert_true(curve->fpr[0] == 0 && curve->tpr[0] == 0 && curve->threshold[0] == INFINITY);
    for (size_t i = 1; i < curve->points; i++) {
        assert_true(curve->threshold[i] < curve->threshold[i - 1]);
        assert_true(curve->fpr[i] >= curve->fpr[i - 1] && curve->tpr[i] >= curve->tpr[i - 1]);
        area += (curve->fpr[i] - (long double)curve->fpr[i - 1]) * (curve->tpr[i] + (long double)curve->tpr[i - 1]) / 2;
    }
    assert_true(curve->fpr[curve->points - 1] == 1 && curve->tpr[curve->points - 1] == 1);
    assert_near(curve->auc, (double)area, 1e-14);
}

static void areas_match_all_pairs(void **state)
{
    uint64_t random = 4;
    (void)state;
    for (size_t K = 2; K <= MOST_CLASSES; K++)
        for (int weighted = 0; weighted < 2; weighted++) {
            struct class_rows rows = random_classes(&random, K, weighted);
            double auc;
            long double mean = 0;
            for (size_t k = 0; k < K; k++) {
                struct roc_curve curve;
                long double truth = all_pairs(&rows, k);
                assert_int_equal(roc_curve_make(&curve, &rows, k), GEMML_OK);
                assert_near(curve.auc, (double)truth, 1e-14);
                check_points(&curve);
                roc_curve_free(&curve);
                mean += K > 2 ? truth / K : k == 1 ? truth : 0;
            }
            assert_int_equal(roc_auc(&rows, &auc), GEMML_OK);
            assert_near(auc, (double)mean, 1e-14);
        }
}

/* Any finite scores, unbounded too; perfect, reversed and constant ones. */
static void decision_values(void **state)
{
    const size_t truth[4] = {0, 0, 1, 1};
    const double good[4] = {-1e300, -3, 2, 1e300}, bad[4] = {7, 6, -2, -1e-300}, same[4] = {5, 5, 5, 5};
    struct class_rows rows = {4, 2, NULL, 2, truth, NULL, 0};
    (void)state;
    for (int which = 0; which < 3; which++) {
        double scores[4][2] = {{0}}, auc;
        for (size_t i = 0; i < 4; i++)
            scores[i][1] = which == 0 ? good[i] : which == 1 ? bad[i] : same[i];
        rows.scores = scores[0];
        assert_int_equal(roc_auc(&rows, &auc), GEMML_OK);
        assert_true(auc == (which == 0 ? 1 : which == 1 ? 0 : 0.5));
    }
}

static void one_class_has_no_area(void **state)
{
    const double scores[3][2] = {{0.9, 0.1}, {0.8, 0.2}, {0.1, 0.9}}, third_only[3] = {0, 0, 2};
    (void)state;
    for (size_t class = 0; class < 2; class ++)
        for (size_t count = 0; count <= 3; count++) {
            const size_t truth[3] = {class, class, class};
            struct class_rows rows = {count, 2, scores[0], 2, truth, NULL, 0};
            struct roc_curve curve;
            double auc = 7;
            assert_int_equal(roc_auc(&rows, &auc), GEMML_OK);
            assert_true(isnan(auc));
            assert_int_equal(roc_curve_make(&curve, &rows, 1), GEMML_OK);
            assert_true(isnan(curve.auc) && curve.points == 1 + count);
            assert_true(count == 0 || (class == 1 ? curve.tpr[count] == 1 && isnan(curve.fpr[count])
                                                  : curve.fpr[count] == 1 && isnan(curve.tpr[count])));
            roc_curve_free(&curve);
        }
    const size_t mixed[3] = {0, 1, 1};
    struct class_rows rows = {3, 2, scores[0], 2, mixed, third_only, 0};
    double auc = 7;
    assert_int_equal(roc_auc(&rows, &auc), GEMML_OK); /* all weights on one row */
    assert_true(isnan(auc));
}

static void what_is_wrong_is_refused(void **state)
{
    const double scores[2][2] = {{0.5, 0.5}, {0.5, NAN}};
    const size_t truth[2] = {0, 1};
    struct class_rows rows = {2, 2, scores[0], 2, truth, NULL, 0};
    struct roc_curve curve = {.points = 7};
    double auc = 7;
    (void)state;
    assert_int_equal(roc_auc(&rows, &auc), GEMML_ERROR_NONFINITE);
    assert_int_equal(roc_curve_make(&curve, &rows, 1), GEMML_ERROR_NONFINITE);
    assert_int_equal(roc_curve_make(&curve, &rows, 2), GEMML_ERROR_ARGUMENT);
    assert_string_equal(error_text(), "the positive class is 2, of 2 classes");
    assert_true(auc == 7 && curve.points == 7);
}

static gemml_status rank_sample(void *context)
{
    struct roc_curve curve = {.points = 7};
    double auc = 7;
    gemml_status status = roc_auc(context, &auc);
    assert_true(status == GEMML_OK || auc == 7);
    if (status == GEMML_OK)
        status = roc_curve_make(&curve, context, 0);
    if (status == GEMML_OK)
        roc_curve_free(&curve);
    else
        assert_int_equal(curve.points, 7);
    return status;
}

static void allocations_may_fail(void **state)
{
    struct class_rows rows = three_classes(true);
    (void)state;
    fail_each_allocation(rank_sample, &rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_curve_as_scikit_learn), cmocka_unit_test(the_mean_over_three_classes),
        cmocka_unit_test(areas_match_all_pairs),   cmocka_unit_test(decision_values),
        cmocka_unit_test(one_class_has_no_area),   cmocka_unit_test(what_is_wrong_is_refused),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

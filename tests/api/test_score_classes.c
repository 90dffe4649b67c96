/* Scores of classifications through the public interface, from plain loops over the
 * predicted probabilities. */
#include "classes.h"

/* A fitted model, and what it predicts of its own data. */
struct judged {
    struct sample s;
    size_t classes;
    gemml_model *model;
    gemml_dataset data;
    double *p, *y;
};

static struct judged judge(size_t n, size_t classes, bool weighted)
{
    struct judged j = {.s = classes_make(n, 3, classes, 17), .classes = classes};
    if (weighted)
        sample_weigh(&j.s, 5);
    j.data = sample_dataset(&j.s);
    j.model = fit_logistic(NULL, &j.data);
    j.p = malloc(n * classes * sizeof(double));
    j.y = malloc(n * sizeof(double));
    assert_ok(gemml_predict_proba(j.model, j.data.x, gemml_matrix_f64(j.p, n, classes)));
    assert_ok(gemml_predict(j.model, j.data.x, gemml_matrix_f64(j.y, n, 1)));
    return j;
}

static void judged_free(struct judged *j)
{
    gemml_model_free(j->model);
    sample_free(&j->s);
    free(j->p);
    free(j->y);
}

static double weight_at(const struct judged *j, size_t i)
{
    return j->s.w ? j->s.w[i] : 1;
}

/* P(score of a row of the class > of another) + P(equal) / 2, over all pairs. */
static double plain_auc(const struct judged *j, size_t k)
{
    double won = 0, all = 0;
    for (size_t a = 0; a < j->s.n; a++)
        for (size_t b = 0; b < j->s.n; b++)
            if (j->s.y[a] == (double)k && j->s.y[b] != (double)k) {
                double w = weight_at(j, a) * weight_at(j, b), p = j->p[a * j->classes + k],
                       q = j->p[b * j->classes + k];
                won += w * (p > q ? 1 : p == q ? 0.5 : 0);
                all += w;
            }
    return won / all;
}

static void check_metrics(size_t classes, bool weighted)
{
    struct judged j = judge(300, classes, weighted);
    gemml_metrics m = GEMML_METRICS_INIT;
    double W = 0, right = 0, loss = 0, brier = 0, auc = 0;
    assert_ok(gemml_score(j.model, &j.data, &m));
    for (size_t i = 0; i < 300; i++) {
        double w = weight_at(&j, i), error = 0;
        W += w;
        right += w * (j.y[i] == j.s.y[i]);
        loss -= w * log(j.p[i * classes + (size_t)j.s.y[i]]);
        for (size_t k = 0; k < classes; k++)
            error += pow(j.p[i * classes + k] - (j.s.y[i] == (double)k), 2);
        brier += w * (classes == 2 ? error / 2 : error);
    }
    for (size_t k = 0; k < classes; k++)
        auc += plain_auc(&j, k) / (double)classes;
    assert_int_equal(m.rows, 300);
    assert_int_equal(m.classes, classes);
    assert_near(m.accuracy, right / W, 1e-13);
    assert_near(m.loss, loss / W, 1e-13);
    assert_near(m.log_loss, m.loss, 0);
    assert_near(m.brier, brier / W, 1e-13);
    assert_near(m.auc, classes == 2 ? plain_auc(&j, 1) : auc, 1e-12);
    assert_near(m.weighted_recall, m.accuracy, 1e-13);
    assert_true(isnan(m.mse) && isnan(m.r2));
    judged_free(&j);
}

static void metrics_of_classes(void **state)
{
    (void)state;
    for (size_t classes = 2; classes <= 4; classes++) {
        check_metrics(classes, false);
        check_metrics(classes, true);
    }
}

static void tables(void **state)
{
    (void)state;
    for (size_t K = 2; K <= 3; K++) {
        struct judged j = judge(200, K, true);
        double confusion[9], by_class[12], calibration[40], truth[9] = {0}, rows = 0;
        gemml_matrix none = {0};
        gemml_metrics m = GEMML_METRICS_INIT;
        assert_ok(gemml_score(j.model, &j.data, &m));
        assert_ok(gemml_score_classes(j.model, &j.data, gemml_matrix_f64(confusion, K, K),
                                      gemml_matrix_f64(by_class, K, 4), gemml_matrix_f64(calibration, 10, 4)));
        for (size_t i = 0; i < 200; i++)
            truth[(size_t)j.s.y[i] * K + (size_t)j.y[i]] += j.s.w[i];
        double precision = 0, f1 = 0;
        for (size_t k = 0; k < K; k++) {
            double predicted = 0, actual = 0;
            for (size_t l = 0; l < K; l++) {
                assert_near(confusion[k * K + l], truth[k * K + l], 1e-12);
                predicted += truth[l * K + k];
                actual += truth[k * K + l];
            }
            assert_near(by_class[4 * k], truth[k * K + k] / predicted, 1e-13);
            assert_near(by_class[4 * k + 1], truth[k * K + k] / actual, 1e-13);
            assert_near(by_class[4 * k + 3], actual, 1e-13);
            precision += by_class[4 * k] / (double)K;
            f1 += by_class[4 * k + 2] / (double)K;
        }
        assert_near(m.precision, precision, 1e-13);
        assert_near(m.f1, f1, 1e-13);
        for (size_t b = 0; b < 10; b++) {
            rows += calibration[4 * b];
            if (calibration[4 * b] > 0)
                assert_true(calibration[4 * b + 2] >= 0.1 * (double)b - 1e-12 &&
                            calibration[4 * b + 2] <= 0.1 * (double)(b + 1) + 1e-12);
            else
                assert_true(isnan(calibration[4 * b + 2]) && isnan(calibration[4 * b + 3]));
        }
        assert_near(rows, 200, 0);
        assert_ok(gemml_score_classes(j.model, &j.data, none, none, none));
        assert_refused(gemml_score_classes(j.model, &j.data, gemml_matrix_f64(confusion, 1, 1), none, none),
                       GEMML_ERROR_SHAPE, "confusion");
        judged_free(&j);
    }
}

static void the_roc_curve(void **state)
{
    struct judged j = judge(150, 3, false);
    gemml_roc roc = GEMML_ROC_INIT;
    (void)state;
    for (size_t k = 0; k < 3; k++) {
        assert_ok(gemml_roc_curve(j.model, &j.data, k, &roc));
        assert_near(roc.auc, plain_auc(&j, k), 1e-12);
        assert_true(roc.points > 2 && roc.fpr[0] == 0 && roc.tpr[0] == 0);
        assert_near(roc.fpr[roc.points - 1], 1, 1e-14);
        assert_near(roc.tpr[roc.points - 1], 1, 1e-14);
        double area = 0;
        for (size_t i = 1; i < roc.points; i++) {
            assert_true(roc.threshold[i] < roc.threshold[i - 1]);
            area += (roc.fpr[i] - roc.fpr[i - 1]) * (roc.tpr[i] + roc.tpr[i - 1]) / 2;
        }
        assert_near(area, roc.auc, 1e-12);
        gemml_roc_free(&roc);
        assert_null(roc.threshold);
    }
    assert_refused(gemml_roc_curve(j.model, &j.data, 3, &roc), GEMML_ERROR_ARGUMENT, "3");
    j.s.y[4] = 3;
    assert_refused(gemml_roc_curve(j.model, &j.data, 0, &roc), GEMML_ERROR_ARGUMENT, "3", "4");
    assert_null(roc.threshold);
    gemml_roc_free(&roc);
    gemml_roc_free(NULL);
    judged_free(&j);
}

static void a_model_of_values_has_no_classes(void **state)
{
    struct sample s = sample_make(30, 2, 1, 1);
    gemml_dataset data = sample_dataset(&s);
    gemml_model *model = fit_model(NULL, &data);
    gemml_metrics m = GEMML_METRICS_INIT;
    gemml_roc roc = GEMML_ROC_INIT;
    gemml_matrix none = {0};
    (void)state;
    assert_ok(gemml_score(model, &data, &m));
    assert_true(m.classes == 0 && isnan(m.accuracy) && isnan(m.auc) && isnan(m.f1));
    assert_refused(gemml_score_classes(model, &data, none, none, none), GEMML_ERROR_UNSUPPORTED, "classes");
    assert_refused(gemml_roc_curve(model, &data, 0, &roc), GEMML_ERROR_UNSUPPORTED, "classes");
    gemml_model_free(model);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_of_classes),
        cmocka_unit_test(tables),
        cmocka_unit_test(the_roc_curve),
        cmocka_unit_test(a_model_of_values_has_no_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The plain loops of logistic regression: F and its gradient against sums in long double,
 * written from the definition p(k) = exp(z_k) / sum_l exp(z_l). */
#include <math.h>

#include "naive/naive.h"
#include "support/support.h"

enum { N = 7, P = 3, LD = 5, MOST = 3 };

/* -log p(y) of the scores z of `classes` classes; p out. */
static long double loss_of(size_t classes, const long double *z, size_t y, long double *p)
{
    long double sum = 0;
    for (size_t k = 0; k < classes; k++)
        sum += expl(z[k]);
    for (size_t k = 0; k < classes; k++)
        p[k] = expl(z[k]) / sum;
    return -logl(p[y]);
}

static void check(size_t K)
{
    size_t classes = K == 1 ? 2 : K, count = (1 + P) * K;
    real X[N * LD], y[N], theta[(1 + P) * MOST], gradient[(1 + P) * MOST], d[MOST];
    long double F = 0, truth[(1 + P) * MOST] = {0};
    const real lambda = REAL_C(0.5);
    for (size_t i = 0; i < N * LD; i++)
        X[i] = i % LD < P ? (real)sin((double)i) : (real)NAN; /* what lies between P and LD is not read */
    for (size_t i = 0; i < count; i++)
        theta[i] = (real)cos((double)(3 * i));
    for (size_t i = 0; i < N; i++) {
        y[i] = (real)(i % classes);
        long double z[MOST] = {0}, p[MOST];
        for (size_t k = 0; k < K; k++) {
            size_t class = K == 1 ? 1 : k; /* one column: the scores of class 0 are 0 */
            z[class] = (long double)theta[k];
            for (size_t j = 0; j < P; j++)
                z[class] += (long double)X[i * LD + j] * (long double)theta[(1 + j) * K + k];
        }
        F += loss_of(classes, z, i % classes, p);
        for (size_t k = 0; k < K; k++) {
            size_t class = K == 1 ? 1 : k;
            long double error = p[class] - (class == i % classes ? 1 : 0);
            truth[k] += error;
            for (size_t j = 0; j < P; j++)
                truth[(1 + j) * K + k] += error * (long double)X[i * LD + j];
        }
    }
    for (size_t i = K; i < count; i++) {
        F += (long double)lambda / 2 * (long double)theta[i] * (long double)theta[i];
        truth[i] += (long double)lambda * (long double)theta[i];
    }
    real value = R(naive_logistic_gradient)(N, P, K, X, LD, y, lambda, theta, gradient, d);
    assert_true(fabsl((long double)value - F) <= 20 * (long double)REAL_EPSILON * F);
    for (size_t i = 0; i < count; i++)
        assert_true(fabsl((long double)gradient[i] - truth[i]) <= 20 * (long double)REAL_EPSILON);
}

static void two_classes(void **state)
{
    (void)state;
    check(1);
}

static void three_classes(void **state)
{
    (void)state;
    check(3);
}

/* Scores of +-1000: no exponential overflows. */
static void large_scores_stay_finite(void **state)
{
    (void)state;
    const real X[] = {1, -1}, y[] = {0, 1}, theta[] = {0, 1000}, both[] = {0, 0, -1000, 1000};
    real gradient[4], d[2];
    assert_true(R(naive_logistic_gradient)(2, 1, 1, X, 1, y, 0, theta, gradient, d) == 2000);
    assert_true(R(naive_logistic_gradient)(2, 1, 2, X, 1, y, 0, both, gradient, d) == 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(two_classes), cmocka_unit_test(three_classes),
                                       cmocka_unit_test(large_scores_stay_finite)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

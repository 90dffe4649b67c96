/* The covariances of the errors of (W, S, G) against the linear maps that they stand
 * for: an error (a, b, c) that is certain has the covariances a b, a c, ... */
#include "solve/moments_error.h"

#include <float.h>
#include <math.h>

#include "support/support.h"

struct certain {
    double W, S, G;
};

static struct moments_error covariances(struct certain e)
{
    return (struct moments_error){e.W * e.S, e.W * e.G, e.S * e.S, e.S * e.G, e.G * e.G};
}

/* Of independent ones, which add. */
static void assert_covariances(const struct moments_error *error, const struct certain *e, size_t count)
{
    struct moments_error sum = {0};
    for (size_t i = 0; i < count; i++) {
        struct moments_error one = covariances(e[i]);
        sum.WS += one.WS, sum.WG += one.WG, sum.SS += one.SS, sum.SG += one.SG, sum.GG += one.GG;
    }
    assert_near(error->WS, sum.WS, 1e-13);
    assert_near(error->WG, sum.WG, 1e-13);
    assert_near(error->SG, sum.SG, 1e-13);
    assert_near(error->SS, sum.SS, 1e-13);
    assert_near(error->GG, sum.GG, 1e-13);
}

static void moves_as_the_moments_do(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++) {
        struct certain e[2];
        double o = 3 * test_random(&seed), ratio = 1 + test_random(&seed), WW = 0;
        struct moments_error error = {0};
        for (int k = 0; k < 2; k++) {
            e[k] = (struct certain){test_random(&seed), test_random(&seed), test_random(&seed)};
            struct moments_error one = covariances(e[k]);
            moments_error_add(&error, 1, &one, 1, 0);
            WW += e[k].W * e[k].W;
            e[k].S *= ratio;
            e[k].G *= ratio * ratio;
            e[k].G += o * o * e[k].W - 2 * o * e[k].S;
            e[k].S -= o * e[k].W;
        }
        moments_error_rescale(&error, ratio);
        moments_error_move(&error, WW, o, 1);
        assert_covariances(&error, e, 2);
    }
}

static void shares_weigh(void **state)
{
    (void)state;
    struct certain e[2] = {{1, 2, 3}, {5, -1, 2}};
    struct moments_error a = covariances(e[0]), b = covariances(e[1]);
    moments_error_add(&a, 4, &b, -3, 0);
    e[0] = (struct certain){4, 8, 12};
    e[1] = (struct certain){-15, 3, -6};
    assert_covariances(&a, e, 2);
}

/* Roundings are at the size of their terms: of G / W, and of its root for S / W. */
static void roundings(void **state)
{
    (void)state;
    const double u = DBL_EPSILON / 2;
    struct moments_error error;
    double WW = -1;
    moments_error_fold(&error, &WW, 0, 9);
    assert_true(WW == 0 && error.WS == 0 && error.WG == 0 && error.SG == 0);
    assert_near(sqrt(error.GG) / (36 * u), 1, 1e-14);
    assert_near(sqrt(error.SS) / (12 * u), 1, 1e-14);
    moments_error_fold(&error, &WW, 1, 9);
    assert_near(sqrt(WW) / (4 * u), 1, 1e-14);
    assert_near(moments_error_relative(&error, 9) / (4 * u), 1, 1e-14);
    error = (struct moments_error){0};
    moments_error_move(&error, 0, 2, 5);
    assert_near(sqrt(error.GG) / (18 * u), 1, 1e-14);
    error = (struct moments_error){0};
    moments_error_add(&error, 1, &error, 1, 25);
    assert_near(sqrt(error.GG) / (25 * u), 1, 1e-14);
    error = (struct moments_error){.SS = 4};
    assert_near(moments_error_relative(&error, 16), 0.5, 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moves_as_the_moments_do),
        cmocka_unit_test(shares_weigh),
        cmocka_unit_test(roundings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* kernel/vector: losses and the activations of networks against their definitions
 * in long double, and the promise that a value's bits depend on the value alone. */
#include <math.h>

#include "kernel/vector.h"
#include "support/support.h"

enum { SPAN = 67, SAMPLES = 3000 };

#define EPSILON ((double)REAL_EPSILON)

static uint64_t random_state = 3;

static void fill(real low, real high, size_t n, real *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = low + (high - low) * (real)(0.5 + 0.5 * test_random(&random_state));
}

static void assert_relative(real value, long double truth, double tolerance)
{
    if (!(fabsl((long double)value - truth) <= (long double)tolerance * fabsl(truth)))
        fail_msg("%.17g is not %.17Lg to %g", (double)value, truth, tolerance);
}

static void logarithm(void **state)
{
    static real x[SAMPLES], y[SAMPLES];
    const real special[] = {0, 1, (real)INFINITY, -1, (real)NAN};
    real out[5];
    (void)state;
    fill(REAL_C(1e-3), 4, SAMPLES, x);
    R(vector_log)(SAMPLES, x, y);
    for (size_t i = 0; i < SAMPLES; i++)
        if (fabs((double)x[i] - 1) > 0.1)
            assert_relative(y[i], logl((long double)x[i]), 4 * EPSILON);
    R(vector_log)(5, special, out);
    assert_true(out[0] == -(real)INFINITY && out[1] == 0 && out[2] == (real)INFINITY);
    assert_true(isnan(out[3]) && isnan(out[4]));
}

static void leaky_relu(void **state)
{
    const real x[] = {-200, -1, 0, 1, 300, -(real)INFINITY, (real)INFINITY, (real)NAN};
    real y[8], d[] = {5, 5, 5, 5, 5, 5, 5, 5};
    (void)state;
    R(vector_leaky_relu)(8, x, y);
    R(vector_leaky_relu_backward)(8, y, d);
    for (size_t i = 0; i < 7; i++) {
        assert_true(y[i] == (x[i] < 0 ? REAL_C(0.01) * x[i] : x[i]));
        assert_true(d[i] == (x[i] > 0 ? 5 : REAL_C(0.01) * 5));
    }
    assert_true(isnan(y[7]));
}

/* The rounded argument of erfc costs x^2 roundings in the tail. */
static void gelu_and_its_derivative(void **state)
{
    static real x[SAMPLES], y[SAMPLES], d[SAMPLES];
    const long double root = sqrtl(0.5L), density = 0.39894228040143267794L;
    (void)state;
    fill(-9, 9, SAMPLES, x);
    for (size_t i = 0; i < SAMPLES; i++)
        d[i] = 3;
    R(vector_gelu)(SAMPLES, x, y);
    R(vector_gelu_backward)(SAMPLES, x, d);
    for (size_t i = 0; i < SAMPLES; i++) {
        long double z = x[i], half = erfcl(-z * root) / 2;
        assert_relative(y[i], z * half, EPSILON * (8 + 2 * (double)(z * z)));
        assert_near((double)d[i], (double)(3 * (half + z * density * expl(-z * z / 2))), 24 * EPSILON);
    }
}

static void gelu_far_out(void **state)
{
    const real x[] = {-(real)INFINITY, -1000, -100, 0, 100, 1000, (real)INFINITY, (real)NAN};
    real y[8], d[] = {1, 1, 1, 1, 1, 1, 1, 1};
    (void)state;
    R(vector_gelu)(8, x, y);
    R(vector_gelu_backward)(8, x, d);
    for (size_t i = 0; i < 7; i++) {
        assert_true(y[i] == (x[i] > 0 ? x[i] : 0));
        assert_true(d[i] == (x[i] > 0 ? 1 : i == 3 ? REAL_C(0.5) : 0));
    }
    assert_true(isnan(y[7]) && isnan(d[7]));
}

static void logistic_loss(void **state)
{
    static real s[SAMPLES], loss[SAMPLES], p[SAMPLES];
    (void)state;
    fill(-80, 80, SAMPLES, s);
    s[0] = -10000, s[1] = 10000, s[2] = 0;
    R(vector_logistic_loss)(SAMPLES, s, loss, p);
    for (size_t i = 2; i < SAMPLES; i++) {
        long double z = s[i];
        assert_relative(loss[i], fmaxl(z, 0) + log1pl(expl(-fabsl(z))), 8 * EPSILON);
        assert_relative(p[i], 1 / (1 + expl(-z)), 8 * EPSILON);
    }
    assert_true(loss[0] == 0 && p[0] == 0 && loss[1] == 10000 && p[1] == 1);
    s[0] = (real)NAN;
    R(vector_logistic_loss)(1, s, loss, p);
    assert_true(isnan(loss[0]) && isnan(p[0]));
}

static void check_softmax_loss(size_t n, size_t k, real spread)
{
    size_t ld = k + 3;
    real *Z = malloc(n * ld * sizeof *Z), *P = malloc(n * k * sizeof *P), *loss = malloc(n * sizeof *loss);
    real *y = malloc(2 * n * sizeof *y);
    fill(-spread, spread, n * ld, Z);
    for (size_t i = 0; i < n; i++)
        y[2 * i] = (real)(i % k), y[2 * i + 1] = (real)NAN;
    R(vector_softmax_loss)(n, k, Z, ld, y, 2, P, k, loss);
    for (size_t i = 0; i < n; i++) {
        const real *z = Z + i * ld;
        long double sum = 0, most = z[0];
        for (size_t j = 1; j < k; j++)
            most = fmaxl(most, (long double)z[j]);
        for (size_t j = 0; j < k; j++)
            sum += expl((long double)(z[j] - (real)most));
        long double truth = logl(sum) - (long double)(z[i % k] - (real)most);
        assert_near((double)loss[i], (double)truth, 8 * EPSILON);
        for (size_t j = 0; j < k; j++)
            assert_near((double)P[i * k + j], (double)(expl((long double)(z[j] - (real)most)) / sum), 8 * EPSILON);
    }
    real *first = malloc(n * sizeof *first);
    memcpy(first, loss, n * sizeof *first);
    R(vector_softmax_loss)(n, k, Z, ld, y, 2, Z, ld, loss); /* in place */
    assert_memory_equal(first, loss, n * sizeof *first);
    for (size_t i = 0; i < n; i++)
        assert_memory_equal(Z + i * ld, P + i * k, k * sizeof *P);
    free(first);
    free(Z);
    free(P);
    free(y);
    free(loss);
}

static void softmax_loss(void **state)
{
    (void)state;
    for (size_t k = 2; k <= 11; k += 3) {
        check_softmax_loss(40, k, 3);
        check_softmax_loss(700, k, 10000);
    }
    check_softmax_loss(3, 3000, 20);
}

/* Alone, or anywhere among others: the same bits, and nothing else is touched. */
static void the_same_bits_everywhere(void **state)
{
    real s[SPAN], loss[SPAN], p[SPAN], one_loss, one_p, gelu[SPAN + 1], one_gelu;
    (void)state;
    fill(-30, 30, SPAN, s);
    for (size_t n = 0; n < SPAN; n++) {
        gelu[n] = 77;
        R(vector_logistic_loss)(n, s, loss, p);
        R(vector_gelu)(n, s, gelu);
        assert_true(gelu[n] == 77);
        for (size_t i = 0; i < n; i++) {
            R(vector_logistic_loss)(1, s + i, &one_loss, &one_p);
            R(vector_gelu)(1, s + i, &one_gelu);
            assert_true(one_loss == loss[i] && one_p == p[i] && one_gelu == gelu[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithm),
        cmocka_unit_test(leaky_relu),
        cmocka_unit_test(gelu_and_its_derivative),
        cmocka_unit_test(gelu_far_out),
        cmocka_unit_test(logistic_loss),
        cmocka_unit_test(softmax_loss),
        cmocka_unit_test(the_same_bits_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

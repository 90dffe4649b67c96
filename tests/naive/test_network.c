/* The objective and its gradient of networks against the naive twin, to rounding: one
 * block of rows, several blocks, and large layers by tiles. */
#include "chain/objective.h"

#include "chain/network.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "naive/naive.h"

/* Rounding of sums over as many terms. */
static double tolerance_of(size_t terms)
{
    return 8 * sqrt((double)terms) * (double)REAL_EPSILON;
}

static void check(size_t layers, const size_t *sizes, size_t n)
{
    enum activation activations[4];
    bool bias[4];
    for (size_t l = 0; l < layers; l++) {
        activations[l] = l + 1 < layers ? ACTIVATION_RELU : ACTIVATION_SOFTMAX;
        bias[l] = true;
    }
    struct chain chain;
    assert_int_equal(chain_make(&chain, layers, sizes, activations, bias, LOSS_CROSS_ENTROPY), GEMML_OK);
    uint64_t random = n;
    size_t p = sizes[0], K = sizes[layers], count = chain.parameters;
    real *x = malloc(n * p * sizeof *x), *y = malloc(n * sizeof *y), *theta = malloc(count * sizeof *theta);
    real *g = malloc(count * sizeof *g), *plain = malloc(count * sizeof *plain);
    real *values = malloc(R(naive_network_values)(layers, sizes, n) * sizeof *values);
    for (size_t i = 0; i < n * p; i++)
        x[i] = (real)test_random(&random);
    for (size_t i = 0; i < n; i++)
        y[i] = (real)((size_t)(0.5 * (test_random(&random) + 1) * (double)K) % K);
    for (size_t l = 0; l < layers; l++)
        for (size_t i = 0; i < (sizes[l] + 1) * sizes[l + 1]; i++)
            theta[chain.layer[l].weight_offset + i] = (real)(2 * test_random(&random) / sqrt((double)sizes[l]));
    gemml_view none = GEMML_EMPTY_VIEW, inputs = {x, n, p, p, REAL_DTYPE, 0}, targets = {y, n, 1, 1, REAL_DTYPE, 0};
    struct view_source source = R(view_source)(inputs, targets, none);
    struct objective objective;
    assert_int_equal(R(objective_fold)(&objective, &chain, theta, &source.source, 0, n, g), GEMML_OK);
    double F = (double)R(naive_network_gradient)(layers, sizes, n, x, y, theta, values, plain), largest = 0;
    assert_near(objective.loss * (double)n, F, tolerance_of(n));
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs((double)plain[i]));
    assert_true(largest > 0);
    for (size_t i = 0; i < count; i++)
        if (!(fabs((double)(g[i] - plain[i])) <= tolerance_of(n) * largest))
            fail_msg("component %zu of %zu: %.9g is not %.9g", i, count, (double)g[i], (double)plain[i]);
    free(values);
    free(plain);
    free(g);
    free(theta);
    free(y);
    free(x);
    chain_free(&chain);
}

static void gradients_are_those_of_the_twin(void **state)
{
    const size_t rows[] = {1, 7, 100, 3000};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        check(1, (const size_t[]){6, 4}, rows[i]);
        check(4, (const size_t[]){12, 4, 10, 6, 4}, rows[i]);
        check(3, (const size_t[]){30, 64, 64, 2}, rows[i]);
    }
    check(3, (const size_t[]){40, 260, 256, 10}, 150); /* a layer by tiles */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_those_of_the_twin)};
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

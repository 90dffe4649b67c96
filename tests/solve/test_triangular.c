/* Cholesky's factor and the inverse of a triangular one, whole (below order 256) and by blocks: R'R = A and R V = I in
 * long double, the same bits whoever runs the tasks, and nothing below the diagonal is looked at or changed. */
#include "solve/triangular.h"

#include <float.h>
#include <math.h>

#include "fold/schedule.h"
#include "support/guard.h"

static uint64_t random_state = 5;

/* Upper triangular, its diagonal from 1 to 2 and what is beside it small: well conditioned. NaN below. */
static double *factor_make(size_t p)
{
    double *R = malloc(p * p * sizeof *R);
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++) {
            double value = test_random(&random_state);
            R[i * p + j] = j < i ? NAN : j == i ? 1 + fabs(value) : value / sqrt((double)p);
        }
    return R;
}

static void check_inverse(size_t p, const double *R, const double *V)
{
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++) {
            long double sum = 0, size = 0;
            for (size_t k = i; k < p && j >= i; k++) {
                sum += (long double)R[i * p + k] * (long double)V[k * p + j];
                size += fabsl((long double)R[i * p + k] * (long double)V[k * p + j]);
            }
            if (j < i)
                assert_true(V[i * p + j] == 0);
            else
                assert_true(fabsl(sum - (i == j)) <= 8 * sqrtl((long double)p) * (long double)DBL_EPSILON * (size + 1));
        }
}

static void is_the_inverse(void **state)
{
    const size_t orders[] = {1, 2, 7, 64, 255, 256, 257, 319, 320, 321};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        size_t p = orders[i];
        double *R = factor_make(p), *V = malloc(p * p * sizeof *V), *again = malloc(p * p * sizeof *again);
        schedule_use(0);
        assert_int_equal(triangular_inverse(p, R, V), GEMML_OK);
        check_inverse(p, R, V);
        for (size_t schedule = 1; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            assert_int_equal(triangular_inverse(p, R, again), GEMML_OK);
            assert_memory_equal(V, again, p * p * sizeof *V);
        }
        free(R);
        free(V);
        free(again);
    }
}

/* R'R, NaN below the diagonal. */
static double *square_make(size_t p, const double *R)
{
    double *A = malloc(p * p * sizeof *A);
    long double *sums = malloc(p * sizeof *sums);
    for (size_t i = 0; i < p; i++) {
        for (size_t j = i; j < p; j++)
            sums[j] = 0;
        for (size_t k = 0; k <= i; k++)
            for (size_t j = i; j < p; j++)
                sums[j] += (long double)R[k * p + i] * (long double)R[k * p + j];
        for (size_t j = 0; j < p; j++)
            A[i * p + j] = j < i ? NAN : (double)sums[j];
    }
    free(sums);
    return A;
}

/* The factor with a positive diagonal is the only one: R itself, as far as rounding A allows. */
static void check_factor(size_t p, const double *R, const double *found)
{
    for (size_t i = 0; i < p; i++)
        for (size_t j = 0; j < p; j++)
            if (j < i)
                assert_true(isnan(found[i * p + j]));
            else
                assert_true(fabs(found[i * p + j] - R[i * p + j]) <= 1e-13);
}

static void is_the_factor(void **state)
{
    const size_t orders[] = {1, 2, 95, 255, 256, 257, 287, 288, 289, 335, 336, 385};
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        size_t p = orders[i];
        bool definite = false;
        double *R = factor_make(p), *A = square_make(p, R), *F = malloc(p * p * sizeof *F),
               *G = malloc(p * p * sizeof *G);
        schedule_use(0);
        memcpy(F, A, p * p * sizeof *F);
        assert_int_equal(triangular_factor(p, F, &definite), GEMML_OK);
        assert_true(definite);
        check_factor(p, R, F);
        for (size_t schedule = 1; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            memcpy(G, A, p * p * sizeof *G);
            assert_int_equal(triangular_factor(p, G, &definite), GEMML_OK);
            assert_memory_equal(F, G, p * p * sizeof *F);
        }
        free(R);
        free(A);
        free(F);
        free(G);
    }
}

/* Wherever the pivot is that is not positive: in the first block, one between, the last. */
static void tells_what_is_not_definite(void **state)
{
    const size_t order = 300, pivots[] = {0, 95, 96, 200, 299};
    (void)state;
    for (size_t i = 0; i < sizeof pivots / sizeof *pivots; i++) {
        bool definite = true;
        double *R = factor_make(order), *A = square_make(order, R);
        A[pivots[i] * (order + 1)] -= 2 * R[pivots[i] * (order + 1)] * R[pivots[i] * (order + 1)];
        assert_int_equal(triangular_factor(order, A, &definite), GEMML_OK);
        assert_false(definite);
        free(R);
        free(A);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test_teardown(is_the_factor, schedule_restore),
                                       cmocka_unit_test_teardown(is_the_inverse, schedule_restore),
                                       cmocka_unit_test(tells_what_is_not_definite)};
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

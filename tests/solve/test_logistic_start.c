/* The start from a sample: which rows, what is known of the curvature there, and memory that
 * runs out. That it leads to the minimum is in tests/api/test_logistic_start.c. */
#include "solve/logistic_start.h"

#include <math.h>

#include "data/failing.h"
#include "kernel/linalg_guard.h"
#include "solve/linear.h"

enum { N = 5376, P = 20, PARAMETERS = P + 1 };

/* A fit up to where it starts. */
struct setting {
    double x[N * P], y[N], class_sum[2];
    gemml_logistic_options options;
    struct logistic_problem problem;
    struct input_map map;
    struct logistic_space space;
    struct chain chain;
    struct logistic_function function;
};

/* Columns that each correlate so with the one before, the units of all different. */
static struct setting *setting_make(double correlation)
{
    struct setting *o = calloc(1, sizeof *o);
    uint64_t seed = 3;
    for (size_t i = 0; i < N; i++) {
        double z = 0, before = 0;
        for (size_t j = 0; j < P; j++) {
            before = correlation * before + sqrt(1 - correlation * correlation) * 1.7 * test_random(&seed);
            o->x[i * P + j] = before * (double)(1 + 3 * j);
            z += before;
        }
        o->y[i] = z + 3 * test_random(&seed) > 0;
        o->class_sum[o->y[i] > 0]++;
    }
    gemml_logistic_options_init(&o->options);
    o->problem = (struct logistic_problem){
        .positive_rows = N, .sum_weight = N, .classes = 2, .class_sum = o->class_sum, .options = &o->options};
    gemml_dataset_init(&o->problem.data);
    o->problem.data.x = gemml_view_f64(o->x, N, P);
    o->problem.data.y = gemml_view_f64(o->y, N, 1);
    o->map.inputs = P;
    struct view_source source = view_source_f64(o->problem.data.x, o->problem.data.y, o->problem.data.weight);
    struct columns columns;
    const enum activation sigmoid = ACTIVATION_SIGMOID;
    const bool bias = true;
    assert_int_equal(linear_columns(&columns, &source), GEMML_OK);
    assert_int_equal(logistic_space_make(&o->space, &columns, &o->map, true, 1, 1), GEMML_OK);
    columns_free(&columns);
    assert_int_equal(chain_make(&o->chain, 1, (const size_t[]){P, 1}, &sigmoid, &bias, LOSS_CROSS_ENTROPY), GEMML_OK);
    assert_int_equal(logistic_function_make(&o->function, &o->problem, &o->space, &o->chain, GEMML_F64, true),
                     GEMML_OK);
    return o;
}

static void setting_free(struct setting *o)
{
    logistic_function_free(&o->function);
    logistic_space_free(&o->space);
    chain_free(&o->chain);
    free(o);
}

static gemml_status make_and_free(void *context)
{
    struct setting *o = context;
    struct logistic_start start;
    struct lbfgs_settings settings = {.variables = PARAMETERS, .first_step = 4};
    double theta[PARAMETERS] = {0};
    gemml_status status = logistic_start_make(&start, &o->function, theta, &settings);
    if (status == GEMML_OK)
        logistic_start_free(&start);
    return status;
}

static void allocations_may_fail(void **state)
{
    (void)state;
    for (int correlated = 0; correlated <= 1; correlated++) {
        struct setting *o = setting_make(correlated ? 0.995 : 0);
        assert_int_equal(linalg_enter(1), GEMML_OK);
        fail_each_allocation(make_and_free, o);
        linalg_leave(1);
        setting_free(o);
    }
}

/* One row of each range, and another of every fourth. */
static void check_rows(const struct logistic_start *start)
{
    assert_int_equal(start->sample.rows, N / 16);
    assert_int_equal(start->other.rows, N / 64);
    for (size_t i = 0; i < start->sample.rows; i++)
        assert_true(start->sample.order[i] >= 16 * i && start->sample.order[i] < 16 * (i + 1));
    for (size_t i = 0; i < start->other.rows; i++) {
        assert_true(start->other.order[i] >= 64 * i && start->other.order[i] < 64 * i + 16);
        assert_true(start->other.order[i] != start->sample.order[4 * i]);
    }
}

/* f of t theta over the other rows, by plain loops. */
static double other_value(const struct setting *o, const struct logistic_start *start, const double *theta, double t)
{
    double value = 0, share = (double)start->other.rows / N;
    for (size_t i = 0; i < start->other.rows; i++) {
        size_t row = start->other.order[i];
        double z = theta[P];
        for (size_t j = 0; j < P; j++)
            z += theta[j] * (o->x[row * P + j] - o->space.center[j]) * o->space.scale[j];
        value += log1p(exp(t * z)) - o->y[row] * t * z;
    }
    for (size_t j = 0; j < P; j++)
        value += share * o->space.penalty[j] * t * theta[j] * t * theta[j] / 2;
    return value;
}

/* Of all lengths theta has the one that the other rows find best. */
static void theta_has_the_length_of_other_rows(void **state)
{
    (void)state;
    struct setting *o = setting_make(0);
    struct logistic_start start;
    struct lbfgs_settings settings = {.variables = PARAMETERS, .first_step = 4};
    double theta[PARAMETERS] = {0};
    assert_int_equal(linalg_enter(1), GEMML_OK);
    assert_int_equal(logistic_start_make(&start, &o->function, theta, &settings), GEMML_OK);
    double here = other_value(o, &start, theta, 1);
    assert_true(here < other_value(o, &start, theta, 0.96));
    assert_true(here < other_value(o, &start, theta, 1.04));
    /* The pair's curvature is that of those rows along theta, near there. */
    double curvature = 0, difference = 0.05;
    for (size_t i = 0; i < PARAMETERS; i++)
        curvature += settings.pair_step[i] * settings.pair_change[i];
    double plain =
        (other_value(o, &start, theta, 1 + difference) + other_value(o, &start, theta, 1 - difference) - 2 * here) /
        (difference * difference) / (double)start.other.rows;
    assert_true(curvature > plain / 1.5 && curvature < plain * 1.5);
    logistic_start_free(&start);
    linalg_leave(1);
    setting_free(o);
}

/* The metric undoes a difference of gradients over all rows, as
 * far as a sample can tell. */
static void sample_and_metric(void **state)
{
    (void)state;
    for (int correlated = 0; correlated <= 1; correlated++) {
        struct setting *o = setting_make(correlated ? 0.995 : 0);
        struct logistic_start start;
        struct lbfgs_settings settings = {.variables = PARAMETERS, .first_step = 4};
        double theta[PARAMETERS] = {0}, there[PARAMETERS], value, zero[PARAMETERS] = {0}, at_zero;
        double gradient[PARAMETERS], change[PARAMETERS], changed[PARAMETERS];
        assert_int_equal(linalg_enter(1), GEMML_OK);
        assert_int_equal(logistic_start_make(&start, &o->function, theta, &settings), GEMML_OK);
        check_rows(&start);
        assert_true((start.newton.H != NULL) == (correlated == 1));
        assert_true((settings.pair_step != NULL) == (correlated == 0));
        assert_int_equal(logistic_function_evaluate(&o->function, theta, &value, gradient), GEMML_OK);
        for (size_t i = 0; i < PARAMETERS; i++)
            there[i] = theta[i] + (i % 2 ? 1e-4 : -1e-4);
        assert_int_equal(logistic_function_evaluate(&o->function, there, &at_zero, change), GEMML_OK);
        /* With v the difference of the points and H v that of the gradients, (Hv)' inv(M) Hv / v'Hv lies
         * between the least and the largest eigenvalue of inv(M) H. */
        double above = 0, below = 0;
        for (size_t i = 0; i < PARAMETERS; i++)
            changed[i] = change[i] -= gradient[i];
        assert_int_equal(settings.metric(settings.metric_context, changed), GEMML_OK);
        for (size_t i = 0; i < PARAMETERS; i++) {
            above += change[i] * changed[i];
            below += change[i] * (there[i] - theta[i]);
        }
        assert_true(above / below > 0.4 && above / below < 2.5);
        assert_int_equal(logistic_function_evaluate(&o->function, zero, &at_zero, gradient), GEMML_OK);
        assert_true(value < at_zero);
        logistic_start_free(&start);
        linalg_leave(1);
        setting_free(o);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sample_and_metric),
        cmocka_unit_test(theta_has_the_length_of_other_rows),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

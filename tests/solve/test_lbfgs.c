/* L-BFGS on functions whose minimum is known, and its line search on the functions of
 * More and Thuente (ACM TOMS 20, 1994, section 5). */
#include "solve/lbfgs.h"

#include <math.h>

#include "data/failing.h"
#include "fold/schedule.h"
#include "solve/line_search.h"

enum { MOST = 40 };

struct watch {
    size_t n, evaluations, observed;
    double tolerance, last, largest;
    bool rises; /* was an iterate ever higher than the one before? */
};

/* sum 100 (x_{i+1} - x_i^2)^2 + (1 - x_i)^2 over odd pairs: minimum 0 at 1. */
static gemml_status rosenbrock(void *context, const double *x, double *value, double *gradient)
{
    struct watch *watch = context;
    watch->evaluations++;
    *value = 0;
    for (size_t i = 0; i < watch->n; i += 2) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        *value += 100 * a * a + b * b;
        gradient[i] = -400 * a * x[i] - 2 * b;
        gradient[i + 1] = 200 * a;
    }
    return GEMML_OK;
}

/* sum_i 10^(3 i / n) (x_i - i)^2: a condition of a thousand. */
static gemml_status quadratic(void *context, const double *x, double *value, double *gradient)
{
    struct watch *watch = context;
    watch->evaluations++;
    *value = 0;
    for (size_t i = 0; i < watch->n; i++) {
        double c = pow(10, 3 * (double)i / (double)watch->n), d = x[i] - (double)i;
        *value += c * d * d;
        gradient[i] = 2 * c * d;
    }
    return GEMML_OK;
}

/* x - log x: infinite at and below 0, minimum 1 at 1. */
static gemml_status barrier(void *context, const double *x, double *value, double *gradient)
{
    struct watch *watch = context;
    watch->evaluations++;
    *value = 0;
    for (size_t i = 0; i < watch->n; i++) {
        *value += x[i] > 0 ? x[i] - log(x[i]) : INFINITY;
        gradient[i] = x[i] > 0 ? 1 - 1 / x[i] : NAN;
    }
    return GEMML_OK;
}

static gemml_status observe(void *context, size_t iteration, const double *x, double value, const double *gradient,
                            bool *stop)
{
    struct watch *watch = context;
    (void)x;
    assert_int_equal(iteration, watch->observed++);
    watch->rises |= iteration > 0 && value > watch->last + 1e-13 * fabs(watch->last);
    watch->last = value;
    watch->largest = 0;
    for (size_t i = 0; i < watch->n; i++)
        watch->largest = fmax(watch->largest, fabs(gradient[i]));
    *stop = watch->largest <= watch->tolerance;
    return GEMML_OK;
}

static struct lbfgs_result minimise(function_evaluate f, struct watch *watch, double *x, size_t iterations)
{
    struct lbfgs_settings settings = {.variables = watch->n,
                                      .iterations = iterations,
                                      .first_step = 1,
                                      .noise = 1e-15,
                                      .evaluate = f,
                                      .observe = observe,
                                      .function = watch,
                                      .observer = watch};
    struct lbfgs_result result;
    assert_int_equal(lbfgs_minimise(x, &settings, &result), GEMML_OK);
    assert_int_equal(result.evaluations, watch->evaluations);
    assert_int_equal(result.iterations + 1, watch->observed);
    assert_false(watch->rises);
    return result;
}

static void known_minima(void **state)
{
    (void)state;
    for (size_t n = 2; n <= MOST; n += 19) {
        n &= ~(size_t)1;
        double x[MOST], y[MOST], z[MOST];
        struct watch a = {.n = n, .tolerance = 1e-9}, b = {.n = n, .tolerance = 1e-7}, c = {.n = n, .tolerance = 1e-9};
        for (size_t i = 0; i < n; i++)
            x[i] = i % 2 == 0 ? -1.2 : 1, y[i] = -3, z[i] = 1e-3 + (double)i;
        assert_int_equal(minimise(rosenbrock, &a, x, 1000).end, LBFGS_STOPPED);
        assert_int_equal(minimise(quadratic, &b, y, 1000).end, LBFGS_STOPPED);
        assert_int_equal(minimise(barrier, &c, z, 1000).end, LBFGS_STOPPED);
        for (size_t i = 0; i < n; i++) {
            assert_near(x[i], 1, 1e-7);
            assert_near(y[i], (double)i, 1e-6);
            assert_near(z[i], 1, 1e-7);
        }
        /* Rosenbrock's takes 51 or 63, by the rounding of OpenBLAS's core types. */
        assert_true(a.evaluations < 70 && b.evaluations < 400 && c.evaluations < 300);
    }
}

static void how_a_run_ends(void **state)
{
    double x[2] = {-1.2, 1};
    struct watch limit = {.n = 2, .tolerance = 1e-9}, start = {.n = 2, .tolerance = 1e9}, far = {.n = 2};
    (void)state;
    struct lbfgs_result result = minimise(rosenbrock, &limit, x, 5);
    assert_true(result.end == LBFGS_LIMIT && result.iterations == 5);
    result = minimise(rosenbrock, &start, x, 5);
    assert_true(result.end == LBFGS_STOPPED && result.iterations == 0 && result.evaluations == 1);
    /* A tolerance that rounding does not allow: it stalls at the minimum. */
    double z[2] = {0.3, 7};
    far.tolerance = -1;
    result = minimise(barrier, &far, z, 100000);
    assert_true(result.end == LBFGS_STALLED && result.iterations < 200);
    assert_near(z[0], 1, 1e-7);
    assert_near(z[1], 1, 1e-7);
}

/* The inverse of quadratic's Hessian, 2 10^(3 i / n) on its diagonal. */
static gemml_status divide_by_hessian(void *context, double *d)
{
    const struct watch *watch = context;
    for (size_t i = 0; i < watch->n; i++)
        d[i] /= 2 * pow(10, 3 * (double)i / (double)watch->n);
    return GEMML_OK;
}

static size_t quadratic_evaluations(struct lbfgs_settings settings)
{
    double x[MOST] = {0};
    struct watch watch = {.n = MOST, .tolerance = 1e-7};
    struct lbfgs_result result;
    settings.variables = MOST;
    settings.iterations = 1000;
    settings.noise = 1e-15;
    settings.evaluate = quadratic;
    settings.observe = observe;
    settings.function = settings.observer = settings.metric_context = &watch;
    assert_int_equal(lbfgs_minimise(x, &settings, &result), GEMML_OK);
    assert_int_equal(result.end, LBFGS_STOPPED);
    for (size_t i = 0; i < MOST; i++)
        assert_near(x[i], (double)i, 1e-6);
    return result.evaluations;
}

/* With the Hessian as the metric the first trial point is the minimum. A pair on the way
 * from the start to the minimum leads there as well. */
static void what_is_known_beforehand(void **state)
{
    double s[MOST], y[MOST];
    (void)state;
    for (size_t i = 0; i < MOST; i++) {
        s[i] = (double)i;
        y[i] = 2 * pow(10, 3 * (double)i / MOST) * s[i];
    }
    size_t plain = quadratic_evaluations((struct lbfgs_settings){.first_step = 1e-3});
    assert_int_equal(quadratic_evaluations((struct lbfgs_settings){.metric = divide_by_hessian}), 2);
    assert_true(quadratic_evaluations((struct lbfgs_settings){.pair_step = s, .pair_change = y}) < plain);
    assert_true(plain > 20);
}

static gemml_status minimise_rosenbrock(void *context)
{
    double x[2] = {-1.2, 1};
    struct watch watch = {.n = 2, .tolerance = 1e-9};
    struct lbfgs_settings settings = {.variables = 2,
                                      .iterations = 100,
                                      .first_step = 1,
                                      .noise = 1e-15,
                                      .evaluate = rosenbrock,
                                      .observe = observe,
                                      .function = &watch,
                                      .observer = &watch};
    struct lbfgs_result result;
    (void)context;
    return lbfgs_minimise(x, &settings, &result);
}

static void allocations_may_fail(void **state)
{
    (void)state;
    fail_each_allocation(minimise_rosenbrock, NULL);
}

/* ---- The line search ----------------------------------------------------------- */

/* More and Thuente's functions 1 and 2, Yanai's 4 to 6, as (context, step). */
static void first(double a, double *value, double *slope)
{
    const double b = 2;
    *value = -a / (a * a + b);
    *slope = (a * a - b) / ((a * a + b) * (a * a + b));
}

static void second(double a, double *value, double *slope)
{
    const double b = 0.004;
    *value = pow(a + b, 5) - 2 * pow(a + b, 4);
    *slope = 5 * pow(a + b, 4) - 8 * pow(a + b, 3);
}

static double yanai(double b)
{
    return sqrt(1 + b * b) - b;
}

static void between(double a, double b1, double b2, double *value, double *slope)
{
    double u = sqrt((1 - a) * (1 - a) + b2 * b2), v = sqrt(a * a + b1 * b1);
    *value = yanai(b1) * u + yanai(b2) * v;
    *slope = yanai(b1) * (a - 1) / u + yanai(b2) * a / v;
}

static void fourth(double a, double *value, double *slope)
{
    between(a, 0.001, 0.001, value, slope);
}

static void fifth(double a, double *value, double *slope)
{
    between(a, 0.01, 0.001, value, slope);
}

static void sixth(double a, double *value, double *slope)
{
    between(a, 0.001, 0.01, value, slope);
}

static size_t trials;

static gemml_status evaluate_trial(void *context, struct trial *trial)
{
    void (*const *phi)(double, double *, double *) = context;
    trials++;
    (*phi)(trial->step, &trial->value, &trial->slope);
    return GEMML_OK;
}

static void the_wolfe_conditions_hold(void **state)
{
    void (*const functions[])(double, double *, double *) = {first, second, fourth, fifth, sixth};
    (void)state;
    for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
        for (double step = 1e-3; step <= 1e3; step *= 10) {
            void (*phi)(double, double *, double *) = functions[f];
            struct trial start = {0}, trial;
            bool found = false;
            trials = 0;
            phi(0, &start.value, &start.slope);
            assert_int_equal(line_search(&start, step, 0, evaluate_trial, &phi, &trial, &found), GEMML_OK);
            assert_true(found && trials <= 15);
            assert_true(trial.value <= start.value + 1e-4 * trial.step * start.slope);
            assert_true(fabs(trial.slope) <= -0.9 * start.slope);
        }
}

/* A slope that never ends. */
static void fall(double a, double *value, double *slope)
{
    *value = -a;
    *slope = -1;
}

static void no_step_is_found_where_there_is_none(void **state)
{
    void (*phi)(double, double *, double *) = fall;
    struct trial start = {0, 0, -1}, trial;
    bool found = true;
    (void)state;
    assert_int_equal(line_search(&start, 1, 0, evaluate_trial, &phi, &trial, &found), GEMML_OK);
    assert_false(found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_minima),
        cmocka_unit_test(how_a_run_ends),
        cmocka_unit_test(what_is_known_beforehand),
        cmocka_unit_test(allocations_may_fail),
        cmocka_unit_test(the_wolfe_conditions_hold),
        cmocka_unit_test(no_step_is_found_where_there_is_none),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* The normal-equation check of a fit, and of one whose parameters were moved: its
 * numbers are recomputed in long double. */
#include "data/failing.h"
#include "fold/schedule.h"
#include "solve/problem.h"

static uint64_t random_state;

static gemml_normal_equations check(struct problem *problem)
{
    gemml_normal_equations found = GEMML_NORMAL_EQUATIONS_INIT;
    assert_int_equal(normal_equations_check(problem->fitted, &problem->linear, &found), GEMML_OK);
    return found;
}

static long double parameter(const struct problem *problem, size_t i)
{
    return problem->fitted->dtype == GEMML_F32 ? ((const float *)problem->fitted->parameters)[i]
                                               : ((const double *)problem->fitted->parameters)[i];
}

/* max |g_jk| / (|x_j| |y_k|) in the chain's coordinates, norms weighted, about the
 * means with an intercept; |x_j|^2 counts lambda. */
static long double true_residual(const struct problem *problem)
{
    const struct input_map *map = &problem->fitted->map;
    size_t n = problem->n, p = problem->p, K = problem->K;
    bool intercept = problem->options.intercept != 0;
    long double lambda = (long double)problem->options.l2, largest = 0, W = 0;
    for (size_t i = 0; i < n; i++)
        W += problem_weight(problem, i);
    for (size_t k = 0; k < K; k++)
        for (size_t j = 0; j <= p; j++) {
            long double g = j < p ? lambda * parameter(problem, j * K + k) : 0, mean_a = 0, mean_y = 0, aa = 0, yy = 0;
            for (int pass = 0; pass < 2; pass++)
                for (size_t i = 0; i < n; i++) {
                    long double w = problem_weight(problem, i), z = -(long double)problem->y[i * K + k], a = 1;
                    for (size_t l = 0; l <= p; l++) {
                        long double value = 1;
                        if (l < p)
                            value = (problem->x[i * p + l] - (map->shift ? (long double)map->shift[l] : 0)) *
                                    (long double)(map->scale ? map->scale[l] : 1);
                        if (l < p || intercept)
                            z += value * parameter(problem, l * K + k);
                        a = l == j ? value : a;
                    }
                    if (pass == 0) {
                        mean_a += intercept ? w * a / W : 0;
                        mean_y += intercept ? w * problem->y[i * K + k] / W : 0;
                        continue;
                    }
                    g += w * z * (j < p ? a - mean_a : 1);
                    aa += w * (a - mean_a) * (a - mean_a);
                    yy += w * (problem->y[i * K + k] - mean_y) * (problem->y[i * K + k] - mean_y);
                }
            if (j == p && intercept)
                largest = fmaxl(largest, fabsl(g) / sqrtl(W * yy));
            else if (j < p)
                largest = fmaxl(largest, fabsl(g) / sqrtl((aa + lambda) * yy));
        }
    return largest;
}

static struct problem random_problem(unsigned bits, gemml_scaling scaling)
{
    struct problem problem = problem_random(60, 3, 2, 4, 2, &random_state);
    problem.options.intercept = bits & 1;
    problem.options.l2 = bits & 2 ? 2.5 : 0;
    problem.options.scaling = scaling;
    if (bits & 4)
        problem_weigh(&problem, &random_state);
    return problem;
}

static void a_fit_passes(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++)
        for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
            struct problem problem = random_problem(bits, (gemml_scaling)scaling);
            problem_solve(&problem);
            gemml_normal_equations found = check(&problem);
            assert_true(found.residual <= 1e-14);
            assert_true(found.distance <= 1e-15);
            assert_true(found.digits >= 12); /* the intercept may be a small difference */
            problem_free(&problem);
        }
}

/* One parameter moved by a given relative amount. */
static void a_move_is_measured(void **state)
{
    const double moves[] = {1e-2, 1e-6, 1e-10};
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++)
        for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_STANDARDIZE; scaling++)
            for (size_t m = 0; m < 3; m++) {
                struct problem problem = random_problem(bits, (gemml_scaling)scaling);
                problem_solve(&problem);
                size_t count = problem.fitted->chain.parameters, at = (m * 3 + bits) % count;
                double *theta = problem.fitted->parameters, kept = theta[at], size = 0;
                long double closed[8];
                for (size_t i = 0; i < count; i++)
                    size = hypot(size, theta[i]);
                memcpy(closed, problem.coef, sizeof closed);
                theta[at] *= 1 + moves[m];
                problem_read_coefficients(&problem);
                double fewest = 16;
                for (size_t i = problem.options.intercept ? 0 : 2; i < 8; i++)
                    fewest = fmax(0, fmin(fewest, digits((double)problem.coef[i], (double)closed[i])));
                gemml_normal_equations found = check(&problem);
                assert_true(digits(found.distance, fabs(theta[at] - kept) / size) > (m == 2 ? 3 : 5));
                assert_true(digits(found.residual, (double)true_residual(&problem)) > (m == 2 ? 3 : 6));
                assert_near(found.digits, fewest, m == 2 ? 0.01 : 1e-3);
                problem_free(&problem);
            }
}

/* Parameters of float are the closed form rounded to 24 bits. */
static void parameters_of_float(void **state)
{
    struct problem problem = random_problem(1, GEMML_SCALING_STANDARDIZE);
    (void)state;
    problem.options.dtype = GEMML_F32;
    problem_solve(&problem);
    gemml_normal_equations found = check(&problem);
    assert_true(found.digits > 5.5 && found.digits < 10);
    assert_true(found.distance > 1e-10 && found.distance < 1e-7);
    assert_true(digits(found.residual, (double)true_residual(&problem)) > 6);
    problem_free(&problem);
}

/* A constant column moves nothing; a moved coefficient of it is still a distance. */
static void constant_columns(void **state)
{
    struct problem problem = random_problem(1, GEMML_SCALING_NONE);
    (void)state;
    for (size_t i = 0; i < 60; i++)
        problem.x[i * 3 + 1] = 6;
    problem_solve(&problem);
    gemml_normal_equations found = check(&problem);
    assert_true(found.residual <= 1e-14 && found.distance <= 1e-15 && found.digits >= 14);
    double *theta = problem.fitted->parameters;
    theta[2] = 0.5; /* of column 1, first output; the intercept makes up for it */
    theta[6] -= 3;
    found = check(&problem);
    assert_true(found.residual <= 1e-14 && found.distance > 0.1 && found.digits == 0);
    problem_free(&problem);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct problem problem = problem_random(7000, 3, 1, 4, 2, &random_state);
    gemml_normal_equations first = GEMML_NORMAL_EQUATIONS_INIT;
    (void)state;
    problem_solve(&problem);
    ((double *)problem.fitted->parameters)[0] *= 1.001;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        gemml_normal_equations found = check(&problem);
        if (schedule == 0)
            first = found;
        assert_true(found.residual == first.residual && found.distance == first.distance &&
                    found.digits == first.digits);
    }
    problem_free(&problem);
}

static gemml_status check_again(void *context)
{
    struct problem *problem = context;
    gemml_normal_equations found = GEMML_NORMAL_EQUATIONS_INIT;
    return normal_equations_check(problem->fitted, &problem->linear, &found);
}

static void errors_arrive(void **state)
{
    struct problem problem = random_problem(5, GEMML_SCALING_STANDARDIZE);
    (void)state;
    problem_solve(&problem);
    fail_each_allocation(check_again, &problem);
    problem.x[3 * 20] = (double)NAN;
    assert_int_equal(check_again(&problem), GEMML_ERROR_NONFINITE);
    assert_string_equal(error_text(), "x is nan in row 20, column 0 (counted from 0)");
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fit_passes),
        cmocka_unit_test(a_move_is_measured),
        cmocka_unit_test(parameters_of_float),
        cmocka_unit_test(constant_columns),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test(errors_arrive),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

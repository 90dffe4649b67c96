/* Linear regression by L-BFGS, against singular values in long double. */
#include "data/failing.h"
#include "fold/schedule.h"
#include "solve/problem.h"

static uint64_t random_state = 3;

static struct training training_make(void)
{
    return (struct training){.time_budget = NAN};
}

static void solve(struct problem *problem)
{
    struct training training = training_make();
    problem->options.solver = GEMML_SOLVER_LBFGS;
    assert_int_equal(problem_solve_with(problem, &training), GEMML_OK);
}

static void check(struct problem *problem, double tolerance)
{
    long double *truth = malloc((problem->p + 1) * problem->K * sizeof *truth);
    solve(problem);
    problem_truth(problem, problem->fitted->map.shift, problem->fitted->map.scale, truth);
    assert_coefficients(problem, truth, tolerance);
    assert_int_equal(problem->fitted->record.solver, GEMML_SOLVER_LBFGS);
    assert_int_equal(problem->fitted->record.outcome, GEMML_CONVERGED);
    free(truth);
}

static void every_setting(void **state)
{
    (void)state;
    for (size_t form = 0; form < 16; form++)
        for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
            struct problem problem = problem_random(300, 5, 1 + form % 2, 3, 2, &random_state);
            problem.options.intercept = !(form & 2);
            problem.options.l2 = form & 4 ? 30 : 0;
            problem.options.scaling = (gemml_scaling)scaling;
            if (form & 8)
                problem_weigh(&problem, &random_state);
            check(&problem, 1e-9);
            problem_free(&problem);
        }
}

/* What the units are does not matter, nor how far from zero the columns are. */
static void units_and_offsets(void **state)
{
    (void)state;
    struct problem problem = problem_random(200, 4, 1, 1e6, 2, &random_state);
    for (size_t i = 0; i < 200; i++) {
        problem.x[i * 4 + 1] *= 1e12;
        problem.x[i * 4 + 2] *= 1e-12;
        problem.y[i] *= 1e-20;
    }
    double exact[5];
    problem.options.solver = GEMML_SOLVER_QR;
    problem_solve(&problem);
    for (size_t j = 1; j < 5; j++)
        exact[j] = (double)problem.coef[j];
    solve(&problem);
    for (size_t j = 1; j < 5; j++)
        assert_true(digits((double)problem.coef[j], exact[j]) > 8);
    problem_free(&problem);
}

static void floats(void **state)
{
    (void)state;
    struct problem problem = problem_random(400, 3, 2, 3, 2, &random_state);
    problem.options.dtype = GEMML_F32;
    check(&problem, 1e-5);
    problem_free(&problem);
}

static void a_constant_target(void **state)
{
    (void)state;
    struct problem problem = problem_random(50, 2, 1, 3, 2, &random_state);
    for (size_t i = 0; i < 50; i++)
        problem.y[i] = 4;
    solve(&problem);
    assert_near((double)problem.coef[0], 4, 1e-14);
    assert_true(fabsl(problem.coef[1]) < 1e-14L && fabsl(problem.coef[2]) < 1e-14L);
    problem_free(&problem);
}

static void a_limit_is_told(void **state)
{
    (void)state;
    struct problem problem = problem_random(100, 6, 1, 3, 2, &random_state);
    problem.options.max_iterations = 2;
    solve(&problem);
    assert_int_equal(problem.fitted->record.outcome, GEMML_LIMIT);
    assert_int_equal(problem.fitted->record.iterations, 2);
    assert_non_null(strstr(problem.fitted->record.notice, "No minimum was reached in 2 iterations"));
    problem.options.max_iterations = GEMML_AUTO_COUNT;
    problem.options.tolerance = 1e-3;
    solve(&problem);
    assert_int_equal(problem.fitted->record.outcome, GEMML_CONVERGED);
    size_t loose = problem.fitted->record.iterations;
    problem.options.tolerance = 1e-9;
    solve(&problem);
    assert_true(problem.fitted->record.iterations > loose);
    problem_free(&problem);
}

static void the_record_is_of_the_parameters(void **state)
{
    (void)state;
    struct problem problem = problem_random(100, 3, 1, 3, 2, &random_state);
    problem.options.l2 = 5;
    solve(&problem);
    long double loss = 0, squares = 0;
    for (size_t i = 0; i < 100; i++) {
        long double r = problem.y[i] - problem.coef[0];
        for (size_t j = 0; j < 3; j++)
            r -= problem.x[i * 3 + j] * problem.coef[1 + j];
        loss += r * r / 2;
    }
    for (size_t j = 1; j <= 3; j++)
        squares += problem.coef[j] * problem.coef[j];
    assert_true(digits(problem.fitted->record.loss, (double)(loss / 100)) > 12);
    assert_true(digits(problem.fitted->record.objective, (double)(loss + 2.5L * squares)) > 12);
    assert_true(problem.fitted->summary.r2[0] > 0.5);
    problem_free(&problem);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    struct problem problem = problem_random(5000, 7, 1, 3, 2, &random_state);
    double first[8];
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        solve(&problem);
        if (schedule == 0)
            memcpy(first, problem.fitted->parameters, sizeof first);
        assert_memory_equal(first, problem.fitted->parameters, sizeof first);
    }
    problem_free(&problem);
}

static gemml_status solve_again(void *context)
{
    struct training training = training_make();
    return problem_solve_with(context, &training);
}

static void allocations_may_fail(void **state)
{
    (void)state;
    struct problem problem = problem_random(300, 3, 2, 3, 2, &random_state);
    problem.options.solver = GEMML_SOLVER_LBFGS;
    problem.options.max_iterations = 3;
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    schedule_use(0);
    fail_each_allocation(solve_again, &problem);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting),
        cmocka_unit_test(units_and_offsets),
        cmocka_unit_test(floats),
        cmocka_unit_test(a_constant_target),
        cmocka_unit_test(a_limit_is_told),
        cmocka_unit_test(the_record_is_of_the_parameters),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* Weights, penalties and units at the ends of the range of a double, by each exact solver. */
#include "solve/inverse.h"
#include "solve/problem.h"

static const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR, GEMML_SOLVER_SVD};

static uint64_t random_state = 9;

/* sigma sqrt(C_11) s_1: the standard error of the first column's coefficient. */
static double standard_error(struct problem *problem)
{
    static const struct input_map identity;
    struct view_source source = linear_source(&problem->linear);
    struct normal_equations equations;
    struct solution solution;
    double *diagonal = malloc((problem->p + 1) * sizeof *diagonal);
    assert_int_equal(linear_solve(&equations, &solution, &source, &identity, &problem->linear, false), GEMML_OK);
    assert_int_equal(inverse_diagonal(&equations, NULL, diagonal), GEMML_OK);
    double error = problem->fitted->summary.sigma[0] * sqrt(diagonal[1]) * equations.scale[0];
    free(diagonal);
    solution_free(&solution);
    normal_equations_free(&equations);
    return error;
}

/* All weights, and lambda, times a factor: the same answer, sigma^2 and F that many times as large. */
static void check_factor(double factor, double l2, gemml_solver solver)
{
    struct problem problem = problem_random(50, 3, 1, 3, 2, &random_state);
    long double kept[4];
    problem.options.solver = solver;
    problem.options.l2 = l2;
    problem_weigh(&problem, &random_state);
    problem_solve(&problem);
    memcpy(kept, problem.coef, sizeof kept);
    double r2 = problem.fitted->summary.r2[0], sigma = problem.fitted->summary.sigma[0];
    double objective = problem.fitted->record.objective, loss = problem.fitted->record.loss;
    double error = standard_error(&problem), tolerance = 1e-13;
    for (size_t i = 0; i < problem.n; i++)
        problem.w[i] *= factor;
    problem.options.l2 *= factor;
    problem_solve(&problem);
    assert_coefficients(&problem, kept, tolerance);
    assert_near(problem.fitted->summary.r2[0], r2, tolerance);
    assert_near(problem.fitted->summary.sigma[0] / sqrt(factor) / sigma, 1, tolerance);
    assert_near(problem.fitted->record.loss / loss, 1, tolerance);
    assert_near(problem.fitted->record.objective / factor / objective, 1, tolerance);
    assert_near(standard_error(&problem) / error, 1, tolerance);
    assert_int_equal(problem.fitted->summary.rank, 4);
    problem_free(&problem);
}

static void the_unit_of_the_weights(void **state)
{
    const double factors[] = {1e300, 1e-300, 1e150, 1e-150};
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++)
        for (size_t f = 0; f < 4; f++) {
            check_factor(factors[f], 0, solvers[s]);
            check_factor(factors[f], 2, solvers[s]);
        }
}

/* Weights with hardly a bit left: all alike, they are as good as ones. */
static void the_least_weights(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        struct problem problem = problem_random(50, 3, 1, 3, 2, &random_state);
        long double kept[4];
        problem.options.solver = solvers[s];
        problem_solve(&problem);
        memcpy(kept, problem.coef, sizeof kept);
        problem_weigh(&problem, &random_state);
        for (size_t i = 0; i < problem.n; i++)
            problem.w[i] = 0x1p-1074;
        problem_solve(&problem);
        assert_coefficients(&problem, kept, 1e-13);
        problem_free(&problem);
    }
}

/* Rows of weight 1e300 beside rows of 1e-300: the light ones do not count. */
static void heavy_and_light_rows(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        struct problem problem = problem_random(60, 3, 1, 3, 2, &random_state);
        long double kept[4];
        problem.options.solver = solvers[s];
        problem.n = 20;
        problem_solve(&problem);
        memcpy(kept, problem.coef, sizeof kept);
        problem.n = 60;
        problem_weigh(&problem, &random_state);
        for (size_t i = 0; i < 60; i++)
            problem.w[i] = i < 20 ? 1e300 : 1e-300;
        problem_solve(&problem);
        assert_coefficients(&problem, kept, 1e-13);
        problem_free(&problem);
    }
}

static void penalties(void **state)
{
    const double penalties[] = {1e-300, 1e-12, 1, 1e12};
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        for (size_t l = 0; l < 4; l++) {
            struct problem problem = problem_random(50, 4, 2, 3, 2, &random_state);
            problem.options.solver = solvers[s];
            problem.options.l2 = penalties[l];
            problem_check(&problem, 1e-13);
            problem_free(&problem);
        }
        struct problem problem = problem_random(50, 4, 1, 3, 2, &random_state);
        problem.options.solver = solvers[s];
        problem.options.l2 = 1e300;
        problem_solve(&problem);
        for (size_t j = 1; j <= 4; j++)
            assert_true(fabsl(problem.coef[j]) < 1e-290L);
        problem_free(&problem);
    }
}

static void a_penalty_beyond_all_numbers(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        struct problem problem = problem_random(50, 2, 1, 0, 1e-160, &random_state);
        problem.options.solver = solvers[s];
        problem.options.l2 = 1e12;
        assert_int_equal(problem_solve_with(&problem, NULL), GEMML_ERROR_NONFINITE);
        assert_non_null(strstr(error_text(), "the penalty 1e+12 overflows beside column 0"));
        problem_free(&problem);
    }
}

/* Two copies of a column in units so different that no square holds their ratio: the one of
 * larger numbers needs the smaller coefficient. */
static void copies_in_far_units(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++) {
        struct problem problem = problem_random(50, 2, 1, 0, 1, &random_state);
        for (size_t i = 0; i < 50; i++) {
            problem.x[2 * i + 1] = ldexp(problem.x[2 * i], 400);
            problem.x[2 * i] = ldexp(problem.x[2 * i], -600);
        }
        problem.options.solver = solvers[s];
        problem_solve(&problem);
        assert_int_equal(problem.fitted->summary.rank, 2);
        double slope = ldexp((double)problem.coef[2], 400), r2 = problem.fitted->summary.r2[0];
        assert_true(fabs(slope) > 0.1 && fabsl(problem.coef[1]) < 1e-100L);
        for (size_t i = 0; i < 50; i++)
            problem.x[2 * i] = 0;
        problem_solve(&problem);
        assert_true(digits(slope, ldexp((double)problem.coef[2], 400)) > 14);
        assert_near(problem.fitted->summary.r2[0], r2, 1e-14);
        problem_free(&problem);
    }
}

static void one_row(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++)
        for (int intercept = 0; intercept < 2; intercept++) {
            struct problem problem = problem_random(1, 3, 1, 3, 2, &random_state);
            problem.options.solver = solvers[s];
            problem.options.intercept = intercept;
            problem_check(&problem, 1e-14);
            assert_int_equal(problem.fitted->summary.rank, 1);
            assert_non_null(problem.fitted->record.notice);
            problem_free(&problem);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_unit_of_the_weights),
        cmocka_unit_test(the_least_weights),
        cmocka_unit_test(heavy_and_light_rows),
        cmocka_unit_test(penalties),
        cmocka_unit_test(a_penalty_beyond_all_numbers),
        cmocka_unit_test(copies_in_far_units),
        cmocka_unit_test(one_row),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

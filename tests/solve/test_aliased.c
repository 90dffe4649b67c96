/* The columns that depend on columns before them, as R's lm would name them, by each solver. */
#include "solve/problem.h"

static const gemml_solver solvers[] = {GEMML_SOLVER_AUTO, GEMML_SOLVER_CHOLESKY, GEMML_SOLVER_QR, GEMML_SOLVER_SVD};

static uint64_t random_state;

/* Solves by each solver, and with each scaling where the means do not matter; the list ends with -1. */
static void check(struct problem *problem, const int64_t *aliased, const char *notice)
{
    const int last = problem->options.intercept ? GEMML_SCALING_MINMAX : GEMML_SCALING_NONE;
    for (size_t s = 0; s < sizeof solvers / sizeof *solvers; s++)
        for (int scaling = GEMML_SCALING_NONE; scaling <= last; scaling++) {
            problem->options.solver = solvers[s];
            problem->options.scaling = (gemml_scaling)scaling;
            problem_solve(problem);
            const struct summary_record *summary = &problem->fitted->summary;
            size_t count = 0, columns = problem->p + (problem->options.intercept ? 1 : 0);
            for (; aliased[count] >= 0; count++)
                if (count >= summary->aliased_count || summary->aliased[count] != aliased[count])
                    fail_msg("solver %d: column %d is not among the aliased", (int)solvers[s], (int)aliased[count]);
            assert_int_equal(summary->aliased_count, count);
            assert_int_equal(summary->rank, columns - count);
            if (notice && !strstr(problem->fitted->record.notice, notice))
                fail_msg("the notice is: %s", problem->fitted->record.notice);
        }
}

static double *column(struct problem *problem, size_t i, size_t j)
{
    return &problem->x[i * problem->p + j];
}

static void copies(void **state)
{
    struct problem problem = problem_random(50, 5, 1, 3, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 50; i++) {
        *column(&problem, i, 1) = *column(&problem, i, 0);
        *column(&problem, i, 3) = 1e5 * *column(&problem, i, 2) - 7;
    }
    check(&problem, (const int64_t[]){1, 3, -1}, "Columns 1, 3 of x (counted from 0) are combinations");
    problem_weigh(&problem, &random_state);
    check(&problem, (const int64_t[]){1, 3, -1}, NULL);
    problem.options.intercept = 0; /* without one the -7 is news */
    check(&problem, (const int64_t[]){1, -1}, "Column 1 of x (counted from 0) is a combination");
    problem_free(&problem);
}

/* The noise of a copy must not take a place that a later column needs. */
static void as_many_rows_as_rank(void **state)
{
    struct problem problem = problem_random(4, 5, 1, 3, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        *column(&problem, i, 1) = *column(&problem, i, 0);
        *column(&problem, i, 3) = *column(&problem, i, 2) + *column(&problem, i, 0);
    }
    check(&problem, (const int64_t[]){1, 3, -1}, NULL);
    problem_free(&problem);
}

static void a_dummy_for_every_level(void **state)
{
    struct problem problem = problem_random(45, 4, 1, 3, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 45; i++)
        for (size_t level = 0; level < 3; level++)
            *column(&problem, i, level) = (i * i + i / 3) % 3 == level;
    check(&problem, (const int64_t[]){2, -1}, "Column 2 of x");
    problem.options.intercept = 0;
    check(&problem, (const int64_t[]){-1}, NULL);
    problem_free(&problem);
}

static void fewer_rows_than_columns(void **state)
{
    struct problem problem = problem_random(4, 12, 1, 3, 2, &random_state);
    (void)state;
    check(&problem, (const int64_t[]){3, 4, 5, 6, 7, 8, 9, 10, 11, -1},
          "Columns 3, 4, 5, 6, 7 and 4 more of x (counted from 0)");
    problem_free(&problem);
}

/* Constant columns are combinations of the intercept, and are not named twice. */
static void constants(void **state)
{
    struct problem problem = problem_random(30, 4, 1, 3, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 30; i++) {
        *column(&problem, i, 0) = 0.1;
        *column(&problem, i, 3) = *column(&problem, i, 1) - *column(&problem, i, 2);
    }
    check(&problem, (const int64_t[]){0, 3, -1}, "Column 3 of x");
    for (size_t i = 0; i < 30; i++)
        *column(&problem, i, 3) = (double)(i * i);
    check(&problem, (const int64_t[]){0, -1}, "Column 0 of x (counted from 0) is constant");
    assert_null(strstr(problem.fitted->record.notice, "combination"));
    problem_free(&problem);
}

/* What is nearly a copy is none; beside it stands one that is. */
static void nearly_dependent(void **state)
{
    struct problem problem = problem_random(60, 4, 1, 0, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 60; i++) {
        *column(&problem, i, 1) = *column(&problem, i, 0) + 0x1p-30 * (double)(i % 7);
        *column(&problem, i, 3) = *column(&problem, i, 0);
    }
    for (int solver = GEMML_SOLVER_AUTO; solver <= GEMML_SOLVER_SVD; solver += GEMML_SOLVER_SVD) {
        problem.options.solver = (gemml_solver)solver;
        problem_solve(&problem);
        const struct summary_record *summary = &problem.fitted->summary;
        assert_int_equal(problem.fitted->record.solver, GEMML_SOLVER_SVD);
        assert_int_equal(summary->rank, 4);
        assert_true(summary->aliased_count == 1 && summary->aliased[0] == 3);
    }
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(copies),
        cmocka_unit_test(as_many_rows_as_rank),
        cmocka_unit_test(a_dummy_for_every_level),
        cmocka_unit_test(fewer_rows_than_columns),
        cmocka_unit_test(constants),
        cmocka_unit_test(nearly_dependent),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* Dependent columns: the answer of least norm, the rank, and what the user is told. */
#include "solve/problem.h"

static uint64_t random_state;

static void set_column(struct problem *problem, size_t j, double (*value)(const double *row, size_t i))
{
    for (size_t i = 0; i < problem->n; i++)
        problem->x[i * problem->p + j] = value(problem->x + i * problem->p, i);
}

static double first(const double *row, size_t i)
{
    (void)i;
    return row[0];
}

static double combination(const double *row, size_t i)
{
    (void)i;
    return 2 * row[0] - 0.5 * row[1] + 4;
}

static double seven(const double *row, size_t i)
{
    (void)row;
    (void)i;
    return 7;
}

static double zero(const double *row, size_t i)
{
    (void)row;
    (void)i;
    return 0;
}

static bool notice_says(const struct problem *problem, const char *words)
{
    return problem->fitted->record.notice && strstr(problem->fitted->record.notice, words);
}

/* Each with and without weights, and with each scaling. */
static void check_all_ways(void (*make_dependent)(struct problem *), size_t n, size_t p, bool intercept, size_t rank,
                           const char *notice)
{
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++)
        for (int weighted = 0; weighted < 2; weighted++) {
            struct problem problem = problem_random(n, p, 2, 3, 2, &random_state);
            if (weighted)
                problem_weigh(&problem, &random_state);
            make_dependent(&problem);
            problem.options.intercept = intercept;
            problem.options.scaling = (gemml_scaling)scaling;
            problem_check(&problem, 1e-11);
            assert_int_equal(problem.fitted->summary.rank, rank);
            assert_true(notice_says(&problem, notice));
            problem_free(&problem);
        }
}

static void make_duplicate(struct problem *problem)
{
    set_column(problem, 2, first);
}

static void make_combination(struct problem *problem)
{
    set_column(problem, 3, combination);
}

/* Two pairs, and scales of 1e6 between them. */
static void make_two_dependencies(struct problem *problem)
{
    set_column(problem, 2, first);
    set_column(problem, 3, combination);
    for (size_t i = 0; i < problem->n; i++)
        problem->x[i * problem->p + 4] *= 1e6;
}

static void duplicates_and_combinations(void **state)
{
    (void)state;
    check_all_ways(make_duplicate, 50, 4, true, 4, "linearly dependent: rank 4 of 5 with the intercept");
    check_all_ways(make_duplicate, 50, 4, false, 3, "linearly dependent: rank 3 of 4;");
    check_all_ways(make_combination, 50, 4, true, 4, "rank 4 of 5 with the intercept");
    check_all_ways(make_two_dependencies, 60, 6, true, 5, "rank 5 of 7 with the intercept");
}

/* A dummy for every level of a factor, beside the intercept. */
static void make_dummy_trap(struct problem *problem)
{
    for (size_t i = 0; i < problem->n; i++)
        for (size_t level = 0; level < 3; level++)
            problem->x[i * problem->p + level] = (i * i + i / 3) % 3 == level;
}

static void the_dummy_trap(void **state)
{
    (void)state;
    check_all_ways(make_dummy_trap, 45, 4, true, 4, "rank 4 of 5 with the intercept");
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_STANDARDIZE; scaling++) {
        struct problem problem = problem_random(45, 4, 1, 3, 2, &random_state); /* without one it is no trap */
        make_dummy_trap(&problem);
        problem.options.intercept = 0;
        problem_check(&problem, 1e-12);
        assert_int_equal(problem.fitted->summary.rank, 4);
        assert_null(problem.fitted->record.notice);
        problem_free(&problem);
    }
}

static void fewer_rows_than_columns(void **state)
{
    const size_t shapes[][2] = {{1, 1}, {1, 3}, {2, 2}, {3, 5}, {7, 12}, {12, 13}, {30, 100}};
    (void)state;
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int intercept = 0; intercept < 2; intercept++) {
            struct problem problem = problem_random(shapes[s][0], shapes[s][1], 1, 3, 2, &random_state);
            problem.options.intercept = intercept;
            problem_check(&problem, 1e-10);
            size_t rows = shapes[s][0], columns = shapes[s][1] + (size_t)intercept;
            assert_int_equal(problem.fitted->summary.rank, rows < columns ? rows : columns);
            assert_true(rows == columns || rows == 1 || notice_says(&problem, "(fewer rows than columns)"));
            assert_near(problem.fitted->record.loss, 0, 1e-18); /* it interpolates */
            assert_true(isnan(problem.fitted->summary.sigma[0]) && isnan(problem.fitted->summary.adjusted_r2[0]));
            problem_free(&problem);
        }
}

/* The dual: W = X'(XX')^+ (y - mean), here with one row left: its multiple of x - mean. */
static void two_rows_by_hand(void **state)
{
    /* Centred rows are -+(1 2 2), centred targets -+9: W = 9 (1 2 2) / 9. */
    const double x[] = {0, 10, 3, 2, 14, 7}, y[] = {1, 19};
    struct problem problem = problem_make(2, 3, 1);
    (void)state;
    memcpy(problem.x, x, sizeof x);
    memcpy(problem.y, y, sizeof y);
    problem_solve(&problem);
    assert_near((double)problem.coef[1], 1, 1e-15);
    assert_near((double)problem.coef[2], 2, 1e-15);
    assert_near((double)problem.coef[3], 2, 1e-15);
    assert_near((double)problem.coef[0], 1 - 20 - 6, 1e-15);
    assert_int_equal(problem.fitted->summary.rank, 2);
    problem_free(&problem);
}

static void constant_columns(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        struct problem problem = problem_random(40, 4, 1, 3, 2, &random_state);
        problem.options.scaling = (gemml_scaling)scaling;
        set_column(&problem, 1, seven);
        problem_check(&problem, 1e-13);
        assert_true(problem.coef[2] == 0);
        assert_int_equal(problem.fitted->summary.rank, 4);
        assert_string_equal(problem.fitted->record.notice,
                            "Column 1 of x (counted from 0) is constant: its coefficient is 0.");
        set_column(&problem, 3, zero);
        problem_check(&problem, 1e-13);
        assert_true(problem.coef[2] == 0 && problem.coef[4] == 0);
        assert_int_equal(problem.fitted->summary.rank, 3);
        assert_true(notice_says(&problem, "2 columns of x are constant, the first is column 1"));
        problem_free(&problem);
    }
}

/* Without an intercept a constant column is one; only a column of zeros has nothing to say. */
static void constant_columns_without_an_intercept(void **state)
{
    struct problem problem = problem_random(40, 3, 1, 3, 2, &random_state);
    (void)state;
    problem.options.intercept = 0;
    set_column(&problem, 1, seven);
    problem_check(&problem, 1e-13);
    assert_int_equal(problem.fitted->summary.rank, 3);
    assert_true(fabsl(problem.coef[2]) > 1e-3L);
    assert_null(problem.fitted->record.notice);
    set_column(&problem, 1, zero);
    problem_check(&problem, 1e-13);
    assert_int_equal(problem.fitted->summary.rank, 2);
    assert_true(problem.coef[2] == 0);
    assert_true(notice_says(&problem, "Column 1 of x (counted from 0) is zero"));
    problem_free(&problem);
}

/* 0.1 and 1/3 are rounded: sums of them are not exact, but their columns are constant. */
static void constant_columns_that_round(void **state)
{
    const double constants[] = {0.1, 1.0 / 3, -1e9 / 7, 1e-30 / 3, 1e15 / 7};
    (void)state;
    for (size_t c = 0; c < 5; c++) {
        struct problem problem = problem_random(3000, 2, 1, 3, 2, &random_state);
        problem_weigh(&problem, &random_state);
        for (size_t i = 0; i < 3000; i++)
            problem.x[i * 2 + 1] = constants[c];
        problem_solve(&problem);
        assert_true(problem.coef[2] == 0);
        assert_int_equal(problem.fitted->summary.rank, 2);
        problem_free(&problem);
    }
}

static void all_columns_constant(void **state)
{
    struct problem problem = problem_random(30, 2, 1, 3, 2, &random_state);
    long double mean = 0;
    (void)state;
    set_column(&problem, 0, seven);
    set_column(&problem, 1, zero);
    for (size_t i = 0; i < 30; i++)
        mean += problem.y[i] / 30.0L;
    problem_solve(&problem);
    assert_true(problem.coef[1] == 0 && problem.coef[2] == 0);
    assert_near((double)problem.coef[0], (double)mean, 1e-15);
    assert_int_equal(problem.fitted->summary.rank, 1);
    assert_near(problem.fitted->summary.r2[0], 0, 1e-15);
    problem_free(&problem);
}

static void constant_targets(void **state)
{
    const double constants[] = {0.1, 0, -1e12 / 3};
    (void)state;
    for (size_t c = 0; c < 3; c++) {
        struct problem problem = problem_random(500, 3, 2, 3, 2, &random_state);
        for (size_t i = 0; i < 500; i++)
            problem.y[i * 2 + 1] = constants[c];
        problem_solve(&problem);
        assert_near((double)problem.coef[1] / (c == 2 ? constants[2] : 1), c == 2 ? 1 : constants[c], 1e-15);
        for (size_t j = 1; j <= 3; j++)
            assert_true(problem.coef[j * 2 + 1] == 0 && problem.coef[j * 2] != 0);
        assert_true(isnan(problem.fitted->summary.r2[1]) && problem.fitted->summary.r2[0] > 0.9);
        assert_true(notice_says(&problem, "Target 1 is constant: there is nothing to explain."));
        assert_true(!notice_says(&problem, "Target 0"));
        problem_free(&problem);
    }
}

/* With a penalty there is one answer, dependent or not. */
static void a_penalty_settles_it(void **state)
{
    (void)state;
    for (size_t n = 4; n <= 40; n += 36) {
        struct problem problem = problem_random(n, 5, 1, 3, 2, &random_state);
        long double truth[6];
        set_column(&problem, 2, first);
        problem.options.l2 = 0.5;
        problem_solve(&problem);
        problem_truth(&problem, NULL, NULL, truth);
        assert_coefficients(&problem, truth, 1e-13);
        assert_near((double)problem.coef[1], (double)problem.coef[3], 1e-14); /* shared alike */
        problem_free(&problem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duplicates_and_combinations),
        cmocka_unit_test(the_dummy_trap),
        cmocka_unit_test(fewer_rows_than_columns),
        cmocka_unit_test(two_rows_by_hand),
        cmocka_unit_test(constant_columns),
        cmocka_unit_test(constant_columns_without_an_intercept),
        cmocka_unit_test(constant_columns_that_round),
        cmocka_unit_test(all_columns_constant),
        cmocka_unit_test(constant_targets),
        cmocka_unit_test(a_penalty_settles_it),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

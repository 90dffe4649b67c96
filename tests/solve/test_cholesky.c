/* Regressions of full rank: against the singular value decomposition in long
 * double, with penalty, weights, several outputs, scaling, extreme scales. */
#include "solve/problem.h"

#include "data/failing.h"
#include "fold/schedule.h"

static uint64_t random_state;

static void a_system_solved_by_hand(void **state)
{
    /* The plane 1 + 2 a - 3 b, exactly. */
    const double x[] = {0, 0, 1, 0, 0, 1, 2, 5, -4, 1}, y[] = {1, 3, -2, -10, -10};
    struct problem problem = problem_make(5, 2, 1);
    (void)state;
    memcpy(problem.x, x, sizeof x);
    memcpy(problem.y, y, sizeof y);
    problem_solve(&problem);
    assert_near((double)problem.coef[0], 1, 1e-15);
    assert_near((double)problem.coef[1], 2, 1e-15);
    assert_near((double)problem.coef[2], -3, 1e-15);
    assert_int_equal(problem.fitted->summary.rank, 3);
    assert_int_equal(problem.fitted->summary.rows, 5);
    assert_true(problem.fitted->summary.sum_weight == 5);
    assert_near(problem.fitted->summary.r2[0], 1, 1e-15);
    assert_null(problem.fitted->record.notice);
    assert_int_equal(problem.fitted->record.outcome, GEMML_CONVERGED);
    assert_int_equal(problem.fitted->record.solver, GEMML_SOLVER_CHOLESKY);
    problem_free(&problem);
}

static void a_line_through_the_origin(void **state)
{
    /* sum xy / sum x^2 = 28 / 14 by hand. */
    const double x[] = {1, 2, 3}, y[] = {3, 2, 7};
    struct problem problem = problem_make(3, 1, 1);
    (void)state;
    memcpy(problem.x, x, sizeof x);
    memcpy(problem.y, y, sizeof y);
    problem.options.intercept = 0;
    problem_solve(&problem);
    assert_near((double)problem.coef[1], 2, 1e-15);
    assert_true(problem.coef[0] == 0);
    assert_int_equal(problem.fitted->summary.rank, 1);
    assert_near(problem.fitted->record.loss, 1.0, 1e-14); /* residuals 1 -2 1 */
    assert_near(problem.fitted->summary.r2[0], 1 - 6.0 / 62, 1e-14);
    assert_near(problem.fitted->summary.sigma[0], sqrt(3), 1e-14);
    problem_free(&problem);
}

/* All combinations of intercept, weights, penalty and scaling. */
static void every_setting_matches_the_svd(void **state)
{
    const size_t shapes[][3] = {{3, 1, 1}, {8, 2, 2}, {40, 5, 1}, {200, 12, 3}};
    (void)state;
    for (size_t s = 0; s < 4; s++)
        for (unsigned bits = 0; bits < 8; bits++)
            for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
                struct problem problem =
                    problem_random(shapes[s][0], shapes[s][1], shapes[s][2], 2, 1.5, &random_state);
                if (bits & 1)
                    problem_weigh(&problem, &random_state);
                problem.options.intercept = bits >> 1 & 1;
                problem.options.l2 = bits & 4 ? 0.75 : 0;
                problem.options.scaling = (gemml_scaling)scaling;
                problem_check(&problem, 2e-14);
                problem_free(&problem);
            }
}

/* Solves the centred normal equations, lambda on the diagonal, by elimination in
 * long double: enough for random columns, and quick. */
static void eliminate(const struct problem *problem, long double *coef)
{
    size_t n = problem->n, p = problem->p, q = p + 1;
    long double *A = calloc(p * q, sizeof *A), *mean = calloc(q, sizeof *mean), *row = malloc(q * sizeof *row);
    for (size_t i = 0; i < n * q; i++)
        mean[i % q] += (long double)(i % q < p ? problem->x[i / q * p + i % q] : problem->y[i / q]) / (long double)n;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < q; j++)
            row[j] = (j < p ? problem->x[i * p + j] : problem->y[i]) - mean[j];
        for (size_t j = 0; j < p; j++)
            for (size_t k = 0; k < q; k++)
                A[j * q + k] += row[j] * row[k];
    }
    for (size_t j = 0; j < p; j++)
        A[j * q + j] += (long double)problem->options.l2;
    for (size_t j = 0; j < p; j++) /* positive definite: no pivoting */
        for (size_t i = 0; i < p; i++) {
            long double factor = A[i * q + j] / A[j * q + j];
            for (size_t k = j; k < q && i != j; k++)
                A[i * q + k] -= factor * A[j * q + k];
        }
    coef[0] = mean[p];
    for (size_t j = 0; j < p; j++) {
        coef[1 + j] = A[j * q + p] / A[j * q + j];
        coef[0] -= coef[1 + j] * mean[j];
    }
    free(A);
    free(mean);
    free(row);
}

/* Orders on both sides of the bound from which the Gram matrix is made by tiles;
 * and so large that the solution is not refined. */
static void many_columns(void **state)
{
    const size_t columns[] = {60, 190, 191, 205};
    long double truth[206];
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct problem problem = problem_random(columns[c] + 150, columns[c], 1, 10, 1, &random_state);
        problem.options.l2 = 0.1 * (double)(c % 2);
        problem_solve(&problem);
        eliminate(&problem, truth);
        assert_coefficients(&problem, truth, 1e-12);
        assert_int_equal(problem.fitted->summary.rank, columns[c] + 1);
        problem_free(&problem);
    }
}

/* Residuals recomputed at the solution: what is reported of the fit. */
static void the_record_and_the_summary(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++) {
        struct problem problem = problem_random(50, 3, 2, 4, 2, &random_state);
        bool intercept = bits & 1;
        if (bits & 2)
            problem_weigh(&problem, &random_state);
        problem.options.intercept = intercept;
        problem.options.l2 = bits & 4 ? 2.5 : 0;
        problem_solve(&problem);
        const struct fitted *fitted = problem.fitted;
        long double loss = 0, penalty = 0, W = 0, rows = 0;
        for (size_t i = 0; i < 50; i++) {
            W += problem_weight(&problem, i);
            rows += problem_weight(&problem, i) > 0;
        }
        for (size_t k = 0; k < 2; k++) {
            long double rss = 0, tss = 0, mean = 0, freedom = rows - (intercept ? 4 : 3);
            for (size_t i = 0; i < 50 && intercept; i++)
                mean += problem_weight(&problem, i) * problem.y[i * 2 + k] / W;
            for (size_t i = 0; i < 50; i++) {
                long double e = problem.y[i * 2 + k] - problem.coef[k], d = problem.y[i * 2 + k] - mean;
                for (size_t j = 0; j < 3; j++)
                    e -= problem.x[i * 3 + j] * problem.coef[(1 + j) * 2 + k];
                rss += problem_weight(&problem, i) * e * e;
                tss += problem_weight(&problem, i) * d * d;
            }
            loss += rss / 2;
            for (size_t j = 1; j <= 3; j++)
                penalty += problem.coef[j * 2 + k] * problem.coef[j * 2 + k];
            assert_near(fitted->summary.r2[k], (double)(1 - rss / tss), 1e-13);
            assert_near(fitted->summary.sigma[k], (double)sqrtl(rss / freedom), 1e-12);
            assert_near(fitted->summary.adjusted_r2[k],
                        (double)(1 - rss / tss * (rows - (intercept ? 1 : 0)) / freedom), 1e-12);
        }
        assert_near(fitted->record.loss, (double)(loss / W), 1e-13);
        assert_near(fitted->record.objective, (double)(loss + (long double)problem.options.l2 / 2 * penalty), 1e-13);
        assert_near(fitted->summary.sum_weight, (double)W, 1e-14);
        problem_free(&problem);
    }
}

static void a_weight_of_three_is_three_rows(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_STANDARDIZE; scaling++) {
        struct problem once = problem_random(30, 4, 1, 1, 1, &random_state), thrice = problem_make(90, 4, 1);
        once.w = malloc(30 * sizeof *once.w);
        for (size_t i = 0; i < 90; i++) {
            once.w[i / 3] = 3;
            memcpy(thrice.x + 4 * i, once.x + 4 * (i / 3), 4 * sizeof *thrice.x);
            thrice.y[i] = once.y[i / 3];
        }
        once.options.l2 = thrice.options.l2 = 4;
        once.options.scaling = thrice.options.scaling = (gemml_scaling)scaling;
        problem_solve(&once);
        problem_solve(&thrice);
        assert_coefficients(&once, thrice.coef, 1e-13);
        assert_near(once.fitted->record.objective, thrice.fitted->record.objective, 1e-13);
        problem_free(&once);
        problem_free(&thrice);
    }
}

static void several_outputs_are_separate_fits(void **state)
{
    struct problem all = problem_random(60, 4, 3, -7, 2, &random_state);
    (void)state;
    for (size_t i = 0; i < 60; i++)
        all.y[i * 3 + 1] *= 1e8; /* of another scale */
    all.options.l2 = 0.3;
    problem_solve(&all);
    for (size_t k = 0; k < 3; k++) {
        struct problem one = problem_make(60, 4, 1);
        memcpy(one.x, all.x, 60 * 4 * sizeof *one.x);
        for (size_t i = 0; i < 60; i++)
            one.y[i] = all.y[i * 3 + k];
        one.options.l2 = 0.3;
        problem_solve(&one);
        for (size_t j = 0; j <= 4; j++)
            assert_true(digits((double)all.coef[j * 3 + k], (double)one.coef[j]) > 13.5);
        problem_free(&one);
    }
    problem_free(&all);
}

/* Without a penalty, predictions are the same for every scaling, with an intercept. */
static void scaling_does_not_change_predictions(void **state)
{
    struct problem problem = problem_random(70, 5, 2, 1000, 3, &random_state);
    long double plain[12];
    (void)state;
    problem_weigh(&problem, &random_state);
    problem_solve(&problem);
    memcpy(plain, problem.coef, sizeof plain);
    for (int scaling = GEMML_SCALING_STANDARDIZE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        problem.options.scaling = (gemml_scaling)scaling;
        problem_solve(&problem);
        assert_non_null(problem.fitted->map.scale);
        assert_coefficients(&problem, plain, 1e-13);
    }
    problem_free(&problem);
}

/* Columns and targets of scales far apart: each coefficient to its own size. */
static void extreme_scales(void **state)
{
    const double scales[] = {1e-150, 1e150, 1e-80, 1e9, 1};
    const double targets[] = {1, 1e-140, 1e140};
    (void)state;
    for (size_t t = 0; t < 3; t++)
        for (int offset = 0; offset < 2; offset++) {
            struct problem unit = problem_random(40, 5, 1, 0, 1, &random_state), scaled = problem_make(40, 5, 1);
            unit.options.intercept = scaled.options.intercept = offset;
            for (size_t i = 0; i < 40; i++) {
                scaled.y[i] = unit.y[i] * targets[t];
                for (size_t j = 0; j < 5; j++)
                    scaled.x[i * 5 + j] = unit.x[i * 5 + j] * scales[j];
            }
            problem_solve(&unit);
            problem_solve(&scaled);
            for (size_t j = 0; j < 5; j++) {
                double back = (double)(scaled.coef[1 + j] * (long double)scales[j] / (long double)targets[t]);
                assert_true(digits(back, (double)unit.coef[1 + j]) > 13);
            }
            assert_near(scaled.fitted->summary.r2[0], unit.fitted->summary.r2[0], 1e-13);
            problem_free(&unit);
            problem_free(&scaled);
        }
}

/* Means far above a spread of 1: the slopes are those of the columns with their
 * centres taken off, which is exact, to the last digits where they are refined. */
static void large_offsets(void **state)
{
    const double centers[] = {1e4, 1e6, 1e9, 1e12};
    (void)state;
    for (size_t c = 0; c < 4; c++)
        for (size_t n = 300; n <= 3000; n *= 10) { /* refined, and not */
            struct problem problem = problem_random(n, 4, 1, centers[c], 1, &random_state);
            struct problem shifted = problem_make(n, 4, 1);
            gemml_normal_equations found = GEMML_NORMAL_EQUATIONS_INIT;
            long double truth[5];
            for (size_t i = 0; i < 4 * n; i++)
                shifted.x[i] = problem.x[i] - centers[c];
            memcpy(shifted.y, problem.y, n * sizeof *shifted.y);
            problem_truth(&shifted, NULL, NULL, truth);
            problem_solve(&problem);
            for (size_t j = 1; j <= 4; j++)
                assert_true(digits((double)problem.coef[j], (double)truth[j]) >
                            (n == 300 ? 15 : 13.5) - log10(truth_slack()));
            problem.options.scaling = GEMML_SCALING_STANDARDIZE; /* b is the level at the means */
            problem_solve(&problem);
            assert_int_equal(normal_equations_check(problem.fitted, &problem.linear, &found), GEMML_OK);
            assert_true(found.residual < 1e-14 && found.distance < 1e-14);
            problem_free(&problem);
            problem_free(&shifted);
        }
}

static void parameters_of_float(void **state)
{
    struct problem problem = problem_random(50, 3, 2, 5, 1, &random_state);
    long double exact[8];
    (void)state;
    problem_solve(&problem);
    memcpy(exact, problem.coef, sizeof exact);
    problem.options.dtype = GEMML_F32;
    problem_solve(&problem);
    for (size_t i = 0; i < 8; i++)
        assert_true((float)problem.coef[i] == (float)exact[i]); /* rounded once, at the end */
    problem_free(&problem);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct problem problem = problem_random(9000, 6, 2, 50, 1, &random_state);
    double first[14];
    (void)state;
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    problem_weigh(&problem, &random_state);
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        schedule_use(schedule);
        problem_solve(&problem);
        if (schedule == 0)
            memcpy(first, problem.fitted->parameters, sizeof first);
        assert_memory_equal(first, problem.fitted->parameters, sizeof first);
    }
    problem_free(&problem);
}

static void data_that_are_not_finite_are_named(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        struct problem problem = problem_random(50, 3, 1, 0, 1, &random_state);
        problem.options.scaling = (gemml_scaling)scaling;
        problem.y[12] = -INFINITY;
        assert_int_equal(problem_solve_with(&problem, NULL), GEMML_ERROR_NONFINITE);
        assert_string_equal(error_text(), "y is -inf in row 12, column 0 (counted from 0)");
        problem.x[3 * 41 + 2] = (double)NAN;
        assert_int_equal(problem_solve_with(&problem, NULL), GEMML_ERROR_NONFINITE);
        assert_string_equal(error_text(), "x is nan in row 41, column 2 (counted from 0)");
        problem_free(&problem);
    }
}

static gemml_status solve_again(void *context)
{
    return problem_solve_with(context, NULL);
}

static void allocations_may_fail(void **state)
{
    struct problem problem = problem_random(50, 4, 2, 0, 1, &random_state);
    (void)state;
    for (size_t i = 0; i < 50; i++)
        problem.x[i * 4 + 3] = i % 2 ? problem.x[i * 4] : 7; /* neither constant nor independent */
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    fail_each_allocation(solve_again, &problem);
    for (size_t i = 0; i < 50; i++) {
        problem.x[i * 4 + 3] = problem.x[i * 4]; /* the singular case, with notices */
        problem.x[i * 4 + 2] = 7;
    }
    fail_each_allocation(solve_again, &problem);
    assert_non_null(problem.fitted->record.notice);
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_system_solved_by_hand),
        cmocka_unit_test(a_line_through_the_origin),
        cmocka_unit_test(every_setting_matches_the_svd),
        cmocka_unit_test(many_columns),
        cmocka_unit_test(the_record_and_the_summary),
        cmocka_unit_test(a_weight_of_three_is_three_rows),
        cmocka_unit_test(several_outputs_are_separate_fits),
        cmocka_unit_test(scaling_does_not_change_predictions),
        cmocka_unit_test(extreme_scales),
        cmocka_unit_test(large_offsets),
        cmocka_unit_test(parameters_of_float),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test(data_that_are_not_finite_are_named),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

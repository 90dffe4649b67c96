/* Gradient descent for a linear regression: it reaches the closed form, at the
 * rate that the library chooses, and reports what it did. */
#include "data/failing.h"
#include "fold/schedule.h"
#include "solve/problem.h"
#include "util/clock.h"

static uint64_t random_state;

static struct training call(void)
{
    return (struct training){.time_budget = (double)NAN, .started = clock_seconds()};
}

static void descend(struct problem *problem, struct training *training)
{
    *training = call();
    assert_int_equal(problem_solve_with(problem, training), GEMML_OK);
}

/* The default rate, and the parameters it leads to, for all settings. */
static void it_converges_to_the_closed_form(void **state)
{
    (void)state;
    for (unsigned bits = 0; bits < 8; bits++)
        for (int scaling = GEMML_SCALING_STANDARDIZE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
            struct problem problem = problem_random(150, 4, 2, 10, 3, &random_state);
            struct training training;
            long double truth[10];
            problem.options.intercept = bits & 1;
            problem.options.l2 = bits & 2 ? 5 : 0;
            problem.options.scaling = (gemml_scaling)scaling;
            if (bits & 4)
                problem_weigh(&problem, &random_state);
            descend(&problem, &training);
            problem_truth(&problem, problem.fitted->map.shift, problem.fitted->map.scale, truth);
            assert_int_equal(problem.fitted->record.outcome, GEMML_CONVERGED);
            /* Of parameters that the objective cannot tell apart, those of the least gradient are kept. */
            assert_int_equal(problem.fitted->record.best_epoch, problem.fitted->record.epochs - 1);
            assert_int_equal(problem.fitted->record.solver, GEMML_SOLVER_DESCENT);
            assert_coefficients(&problem, truth, 1e-7);
            problem_free(&problem);
        }
}

static void the_check_agrees(void **state)
{
    struct problem problem = problem_random(150, 4, 1, 10, 3, &random_state);
    struct training training;
    gemml_normal_equations found = GEMML_NORMAL_EQUATIONS_INIT;
    (void)state;
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    descend(&problem, &training);
    assert_int_equal(normal_equations_check(problem.fitted, &problem.linear, &found), GEMML_OK);
    assert_true(found.digits > 6 && found.residual < 1e-9 && found.distance < 1e-9);
    problem.options.epochs = 5;
    descend(&problem, &training);
    assert_int_equal(normal_equations_check(problem.fitted, &problem.linear, &found), GEMML_OK);
    assert_true(found.digits < 6 && found.residual > 1e-9 && found.distance > 1e-9);
    problem_free(&problem);
}

/* At 1 / the largest eigenvalue the loss falls in every step. */
static void the_loss_falls_in_every_epoch(void **state)
{
    (void)state;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++) {
        struct problem problem = problem_random(100, 5, 1, 20, 4, &random_state);
        struct training training;
        problem.options.scaling = (gemml_scaling)scaling;
        problem.options.epochs = 60;
        descend(&problem, &training);
        const struct fit_record *record = &problem.fitted->record;
        assert_true(training.rate > 0);
        assert_int_equal(record->loss_history_count, record->epochs);
        for (size_t e = 1; e < record->loss_history_count; e++)
            assert_true(record->loss_history[e] <= record->loss_history[e - 1] * (1 + 1e-14));
        assert_true(record->loss_history[20] < record->loss_history[0]);
        assert_true(record->loss <= record->loss_history[record->epochs - 1] * (1 + 1e-14));
        problem_free(&problem);
    }
}

/* What is known afterwards, with residuals recomputed. */
static void the_summary(void **state)
{
    (void)state;
    for (int intercept = 0; intercept < 2; intercept++) {
        struct problem problem = problem_random(80, 3, 1, 1, 2, &random_state);
        struct training training;
        long double rss = 0, tss = 0, mean = 0, W = 0;
        size_t rows = 0;
        problem_weigh(&problem, &random_state);
        problem.options.intercept = intercept;
        problem.options.epochs = 40;
        descend(&problem, &training);
        for (size_t i = 0; i < 80; i++) {
            W += problem_weight(&problem, i);
            mean += problem_weight(&problem, i) * problem.y[i];
            rows += problem_weight(&problem, i) > 0;
        }
        mean = intercept ? mean / W : 0;
        for (size_t i = 0; i < 80; i++) {
            long double e = problem.y[i] - problem.coef[0], d = problem.y[i] - mean;
            for (size_t j = 0; j < 3; j++)
                e -= problem.x[i * 3 + j] * problem.coef[1 + j];
            rss += problem_weight(&problem, i) * e * e;
            tss += problem_weight(&problem, i) * d * d;
        }
        const struct summary_record *summary = &problem.fitted->summary;
        double freedom = (double)rows - 3 - intercept;
        assert_near(summary->r2[0], (double)(1 - rss / tss), 1e-12);
        assert_near(summary->sigma[0], sqrt((double)rss / freedom), 1e-12);
        assert_near(summary->adjusted_r2[0], 1 - (double)(rss / tss) * ((double)rows - intercept) / freedom, 1e-12);
        assert_int_equal(summary->rank, 0); /* not determined */
        assert_true(isnan(summary->condition));
        assert_int_equal(summary->rows, 80);
        assert_near(problem.fitted->record.loss, (double)(rss / 2 / W), 1e-12);
        problem_free(&problem);
    }
}

static void options_reach_the_trainer(void **state)
{
    struct problem problem = problem_random(90, 3, 1, 1, 2, &random_state);
    struct training training;
    (void)state;
    problem.options.rate = 0.001;
    problem.options.epochs = 7;
    problem.options.batch = 20;
    problem.options.patience = 3;
    problem.options.seed = 99;
    descend(&problem, &training);
    assert_true(training.rate == 0.001 && training.epochs == 7 && training.batch == 20 && training.patience == 3 &&
                training.seed == 99 && training.iterations == SIZE_MAX && isnan(training.tolerance));
    assert_int_equal(problem.fitted->record.epochs, 7);
    assert_int_equal(problem.fitted->record.iterations, 7 * 5);
    problem.options.max_iterations = 4;
    problem.options.batch = 91; /* more than there are: all */
    descend(&problem, &training);
    assert_int_equal(training.batch, 90);
    assert_int_equal(problem.fitted->record.iterations, 4);
    problem.options = (gemml_linear_options)GEMML_LINEAR_OPTIONS_INIT;
    problem.options.tolerance = 1e-4;
    descend(&problem, &training);
    assert_true(training.epochs == 300000 && training.patience == 1 && training.batch == 90);
    assert_int_equal(problem.fitted->record.outcome, GEMML_STOPPED_EARLY);
    problem_free(&problem);
}

static void notices_tell_of_limits(void **state)
{
    struct problem problem = problem_random(90, 3, 1, 1, 2, &random_state);
    struct training training;
    (void)state;
    problem.options.epochs = 3;
    descend(&problem, &training);
    assert_int_equal(problem.fitted->record.outcome, GEMML_LIMIT);
    assert_non_null(strstr(problem.fitted->record.notice, "The limit was reached after 3 epochs"));
    problem.options.epochs = 5000;
    problem.options.rate = 1e5;
    descend(&problem, &training);
    assert_int_equal(problem.fitted->record.outcome, GEMML_DIVERGED);
    assert_non_null(strstr(problem.fitted->record.notice, "with rate 100000: try a smaller rate"));
    for (size_t j = 0; j <= 3; j++)
        assert_true(problem.coef[j] == 0); /* the start was the best */
    problem_free(&problem);
}

static void parameters_of_float(void **state)
{
    struct problem problem = problem_random(120, 3, 2, 5, 2, &random_state);
    struct training training;
    long double truth[8];
    (void)state;
    problem.options.dtype = GEMML_F32;
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    descend(&problem, &training);
    problem_truth(&problem, NULL, NULL, truth);
    assert_int_equal(problem.fitted->record.outcome, GEMML_CONVERGED);
    assert_coefficients(&problem, truth, 1e-3);
    problem_free(&problem);
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct problem problem = problem_random(9000, 3, 1, 1, 2, &random_state);
    double first[4];
    (void)state;
    problem.options.epochs = 4;
    problem.options.scaling = GEMML_SCALING_STANDARDIZE;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        struct training training;
        schedule_use(schedule);
        descend(&problem, &training);
        if (schedule == 0)
            memcpy(first, problem.fitted->parameters, sizeof first);
        assert_memory_equal(first, problem.fitted->parameters, sizeof first);
    }
    problem_free(&problem);
}

static gemml_status descend_again(void *context)
{
    struct training training = call();
    return problem_solve_with(context, &training);
}

static void errors_arrive(void **state)
{
    struct problem problem = problem_random(90, 3, 1, 1, 2, &random_state);
    (void)state;
    problem.options.scaling = GEMML_SCALING_MINMAX;
    problem.options.epochs = 3;
    fail_each_allocation(descend_again, &problem);
    problem.x[3 * 77 + 1] = -INFINITY;
    for (int scaling = GEMML_SCALING_NONE; scaling <= GEMML_SCALING_MINMAX; scaling++)
        for (int rate = 0; rate < 2; rate++) {
            problem.options.scaling = (gemml_scaling)scaling;
            problem.options.rate = rate ? 0.1 : GEMML_AUTO;
            assert_int_equal(descend_again(&problem), GEMML_ERROR_NONFINITE);
            assert_string_equal(error_text(), "x is -inf in row 77, column 1 (counted from 0)");
        }
    problem_free(&problem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_converges_to_the_closed_form),
        cmocka_unit_test(the_check_agrees),
        cmocka_unit_test(the_loss_falls_in_every_epoch),
        cmocka_unit_test(the_summary),
        cmocka_unit_test(options_reach_the_trainer),
        cmocka_unit_test(notices_tell_of_limits),
        cmocka_unit_test(parameters_of_float),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test(errors_arrive),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* How training ends, and which parameters it keeps. */
#include "kernel/linalg.h"
#include "support/guard.h"
#include "train/run.h"
#include "util/error.h"

#define THRESHOLD (64 * (double)REAL_EPSILON)

static uint64_t random_state;

/* The largest component of F's gradient at theta. */
static double largest_gradient(const struct run *run, const long double *theta)
{
    long double *g = malloc(run->parameters * sizeof *g), W, largest = 0;
    plain_sums(run, theta, NULL, run->x.view.rows, g, &W);
    for (size_t i = 0; i < run->parameters; i++) {
        long double penalty =
            i < run->x.view.cols * run->y.view.cols ? (long double)run->training.lambda * theta[i] : 0;
        largest = fmaxl(largest, fabsl(g[i] + penalty));
    }
    free(g);
    return (double)largest;
}

static void reads_theta(const struct run *run, long double *theta)
{
    for (size_t i = 0; i < run->parameters; i++)
        theta[i] = run->theta[i];
}

static void converged(void **state)
{
    long double theta[8];
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct run run = run_make(60, 3, 2, weighted, &random_state);
        run.training.epochs = 100000;
        run.training.lambda = 3;
        run.training.rate = 0.5;
        reads_theta(&run, theta);
        double first = largest_gradient(&run, theta);
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_int_equal(run.record.outcome, GEMML_CONVERGED);
        assert_true(run.record.epochs < 5000);
        assert_int_equal(run.record.iterations, run.record.epochs - 1); /* the last one only looked */
        assert_int_equal(run.record.loss_history_count, run.record.epochs);
        assert_true(run.training.settled <= REAL_SETTLED);
        reads_theta(&run, theta);
        assert_true(largest_gradient(&run, theta) <= 20 * REAL_SETTLED * first);
        assert_near(run.record.objective, (double)trained_objective(&run), THRESHOLD);
        run_free(&run);
    }
}

static void at_the_minimum_there_is_nothing_to_do(void **state)
{
    struct run run = run_make(20, 2, 1, true, &random_state);
    (void)state;
    for (size_t i = 0; i < 20; i++)
        padded_set(&run.y, i, 0, 0);
    memset(run.theta, 0, run.parameters * sizeof *run.theta);
    run.training.epochs = 10;
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_int_equal(run.record.outcome, GEMML_CONVERGED);
    assert_int_equal(run.record.epochs, 1);
    assert_int_equal(run.record.iterations, 0);
    assert_true(run.record.objective == 0 && run.training.settled == 0);
    run_free(&run);
}

/* The first epoch at which the last `patience` losses each improved on the one
 * before by less than the tolerance. */
static size_t stopping_epoch(const struct fit_record *record, double tolerance, size_t patience)
{
    size_t idle = 0;
    for (size_t e = 1; e < record->loss_history_count; e++) {
        idle = record->loss_history[e - 1] - record->loss_history[e] < tolerance ? idle + 1 : 0;
        if (idle == patience)
            return e + 1;
    }
    return 0;
}

static void stopped_early(void **state)
{
    const size_t patience[] = {1, 3, 10};
    (void)state;
    for (size_t t = 0; t < 3; t++)
        for (int batches = 0; batches < 2; batches++) {
            struct run run = run_make(60, 3, 1, true, &random_state);
            double tolerance = batches ? 1e-2 : 1e-3;
            run.training.epochs = 3000;
            run.training.batch = batches ? 16 : 60;
            run.training.rate = batches ? 0.01 : 0.05; /* small steps: noise within the tolerance */
            run.training.tolerance = tolerance;
            run.training.patience = patience[t];
            assert_int_equal(run_train(&run), GEMML_OK);
            assert_int_equal(run.record.outcome, GEMML_STOPPED_EARLY);
            assert_int_equal(run.record.epochs, stopping_epoch(&run.record, tolerance, patience[t]));
            assert_int_equal(run.record.loss_history_count, run.record.epochs);
            assert_true(run.record.epochs > patience[t]);
            run_free(&run);
        }
}

static void limits_on_epochs_and_steps(void **state)
{
    const size_t steps[] = {1, 3, 4, 5, 9};
    (void)state;
    for (size_t s = 0; s < sizeof steps / sizeof *steps; s++) {
        struct run run = run_make(60, 3, 1, false, &random_state);
        run.training.epochs = 100;
        run.training.batch = 16; /* four steps an epoch */
        run.training.iterations = steps[s];
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_int_equal(run.record.outcome, GEMML_LIMIT);
        assert_int_equal(run.record.iterations, steps[s]);
        assert_int_equal(run.record.epochs, (steps[s] + 3) / 4);
        assert_int_equal(run.record.loss_history_count, run.record.epochs);
        assert_near(run.record.objective, (double)trained_objective(&run), THRESHOLD);
        run.training.iterations = SIZE_MAX;
        run.training.epochs = 3;
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_int_equal(run.record.outcome, GEMML_LIMIT);
        assert_int_equal(run.record.epochs, 3);
        assert_int_equal(run.record.iterations, 12);
        run_free(&run);
    }
}

static void the_time_budget(void **state)
{
    struct run run = run_make(60, 3, 1, false, &random_state);
    (void)state;
    run.training.epochs = 50;
    run.training.batch = 10;
    run.training.started = clock_seconds() - 100;
    run.training.time_budget = 99;
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_int_equal(run.record.outcome, GEMML_TIME_LIMIT);
    assert_int_equal(run.record.iterations, 1); /* it is looked at after each step */
    assert_near(run.record.objective, (double)trained_objective(&run), THRESHOLD);
    run.training.time_budget = 1e6;
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_int_equal(run.record.outcome, GEMML_LIMIT);
    assert_int_equal(run.record.epochs, 50);
    run_free(&run);
}

struct callback {
    const struct run *run;
    size_t calls, cancel_at;
};

static int watch(const gemml_progress *progress, void *data)
{
    struct callback *callback = data;
    callback->calls++;
    assert_int_equal(progress->struct_size, sizeof *progress);
    assert_int_equal(progress->epoch, callback->calls);
    assert_int_equal(progress->epochs, 8);
    assert_int_equal(progress->iteration, 6 * callback->calls);
    assert_true(progress->loss == callback->run->record.loss_history[callback->calls - 1]);
    assert_true(progress->rate == callback->run->training.rate);
    assert_true(progress->seconds >= 0 && progress->seconds < 60);
    return callback->calls == callback->cancel_at;
}

static void cancelled_by_the_callback(void **state)
{
    const size_t cancel_at[] = {1, 4, 8, 99};
    (void)state;
    for (size_t c = 0; c < 4; c++) {
        struct run run = run_make(60, 3, 1, false, &random_state);
        struct callback callback = {&run, 0, cancel_at[c]};
        bool cancels = cancel_at[c] <= 8;
        run.training.epochs = 8;
        run.training.batch = 10;
        run.training.progress = watch;
        run.training.progress_data = &callback;
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_int_equal(run.record.outcome, cancels ? GEMML_CANCELLED : GEMML_LIMIT);
        assert_int_equal(callback.calls, cancels ? cancel_at[c] : 8);
        assert_int_equal(run.record.epochs, callback.calls);
        assert_near(run.record.objective, (double)trained_objective(&run), THRESHOLD);
        run_free(&run);
    }
}

/* A rate far too large: the parameters from the start are kept. */
static void diverged(void **state)
{
    (void)state;
    for (int batches = 0; batches < 2; batches++) {
        struct run run = run_make(60, 3, 1, true, &random_state);
        real start[4];
        memcpy(start, run.theta, sizeof start);
        run.training.epochs = 100000;
        run.training.batch = batches ? 15 : 60;
        run.training.rate = 1e6;
        double F = (double)trained_objective(&run);
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_int_equal(run.record.outcome, GEMML_DIVERGED);
        assert_true(run.record.epochs < 500);
        assert_int_equal(run.record.loss_history_count, run.record.epochs);
        assert_true(!(run.record.loss_history[run.record.epochs - 1] < 1e30)); /* or its gradient overflowed */
        assert_near(run.record.objective, (double)trained_objective(&run), THRESHOLD);
        if (!batches) {
            assert_memory_equal(run.theta, start, sizeof start);
            assert_int_equal(run.record.best_epoch, 0);
            assert_near(run.record.objective, F, THRESHOLD);
        }
        run_free(&run);
    }
}

/* Two columns, one sixteen times the other, and a rate at which the error along
 * the large one grows slowly while the small one is still learnt: the objective
 * falls first and rises later. The lowest is kept. */
static void the_best_parameters_are_kept(void **state)
{
    enum { N = 40, EPOCHS = 400 };
    struct run run = run_make(N, 2, 1, false, &random_state);
    long double objective[EPOCHS + 1], best_theta[3] = {0};
    size_t best = 0;
    (void)state;
    for (size_t i = 0; i < N; i++) { /* orthogonal columns of +1 and -1 */
        long double a = i % 2 ? 1 : -1, b = i % 4 < 2 ? 1 : -1;
        padded_set(&run.x, i, 0, a);
        padded_set(&run.x, i, 1, b / 16);
        padded_set(&run.y, i, 0, b + a);
    }
    run.theta[0] = 1 - REAL_C(1e-4);
    run.theta[1] = run.theta[2] = 0;
    for (size_t i = 0; i < 3; i++)
        run.plain[i] = run.theta[i];
    run.training.rate = 2.04;
    run.training.epochs = EPOCHS;
    objective[0] = plain_objective(&run, run.plain);
    for (size_t e = 1; e <= EPOCHS; e++) {
        plain_step(&run, NULL, N);
        objective[e] = plain_objective(&run, run.plain);
        if (objective[e] < objective[best]) {
            best = e;
            memcpy(best_theta, run.plain, sizeof best_theta);
        }
    }
    assert_true(best > 20 && best < EPOCHS - 20 && objective[EPOCHS] > 2 * objective[best]);
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_int_equal(run.record.outcome, GEMML_LIMIT);
    assert_int_equal(run.record.epochs, EPOCHS);
    assert_near((double)run.record.best_epoch, (double)best, sizeof(real) == sizeof(double) ? 0 : 0.02);
    assert_near(run.record.objective, (double)objective[best], sizeof(real) == sizeof(double) ? 1e-10 : 5e-3);
    for (size_t i = 0; i < 3; i++)
        assert_near((double)run.theta[i], (double)best_theta[i], sizeof(real) == sizeof(double) ? 1e-9 : 1e-2);
    run_free(&run);
}

static void data_that_are_not_finite_are_named(void **state)
{
    (void)state;
    for (int batches = 0; batches < 2; batches++)
        for (int where = 0; where < 3; where++) {
            const char *const names[] = {"x is nan in row 41, column 2", "y is inf in row 7, column 0",
                                         "weight is nan in row 30, column 0"};
            struct run run = run_make(60, 3, 1, true, &random_state);
            run.training.batch = batches ? 5 : 60; /* the first batch need not meet it */
            if (where == 0)
                padded_set(&run.x, 41, 2, (long double)NAN);
            else if (where == 1)
                padded_set(&run.y, 7, 0, (long double)INFINITY);
            else
                padded_set(&run.weight, 30, 0, (long double)NAN);
            assert_int_equal(run_train(&run), GEMML_ERROR_NONFINITE);
            assert_non_null(strstr(error_text(), names[where]));
            run_free(&run);
        }
}

/* The loss is a number, its gradient is not: that is no convergence. */
static void gradients_that_overflow_are_an_error(void **state)
{
    const long double x = sizeof(real) == sizeof(double) ? 1e250L : 1e30L;
    const long double y = sizeof(real) == sizeof(double) ? 1e100L : 1e15L;
    struct run run = run_make(20, 2, 1, false, &random_state);
    (void)state;
    memset(run.theta, 0, run.parameters * sizeof *run.theta);
    for (size_t i = 0; i < 20; i++) {
        padded_set(&run.x, i, 1, i % 2 ? x : 2 * x);
        padded_set(&run.y, i, 0, i % 2 ? y : 3 * y);
    }
    run.training.epochs = 10;
    assert_int_equal(run_train(&run), GEMML_ERROR_NONFINITE);
    assert_non_null(strstr(error_text(), "overflow"));
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(converged),
        cmocka_unit_test(at_the_minimum_there_is_nothing_to_do),
        cmocka_unit_test(stopped_early),
        cmocka_unit_test(limits_on_epochs_and_steps),
        cmocka_unit_test(the_time_budget),
        cmocka_unit_test(cancelled_by_the_callback),
        cmocka_unit_test(diverged),
        cmocka_unit_test(the_best_parameters_are_kept),
        cmocka_unit_test(data_that_are_not_finite_are_named),
        cmocka_unit_test(gradients_that_overflow_are_an_error),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

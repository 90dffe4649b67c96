/* Learning rates against their formulas in long double, and at the points that
 * the formulas are known by. */
#include "train/schedule.h"

#include <math.h>

#include "support/support.h"
#include "train/training.h"

static const long double pi = 3.14159265358979323846264338327950288L;

/* The defaults of a run of `epochs` epochs. */
static struct schedule schedule_of(enum schedule_kind kind, size_t epochs)
{
    const double none = (double)NAN;
    struct training training = {.epochs = epochs, .schedule = {kind, none, 0, none, none, none, none}};
    training_resolve(&training);
    return training.schedule;
}

static void constant_is_the_base(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_CONSTANT, 10);
    (void)state;
    for (size_t step = 0; step < 200; step += 7)
        assert_true(schedule_rate(&schedule, step, 100, 10, 0.3) == 0.3);
}

static void step_falls_after_some_epochs(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_STEP, 7);
    (void)state;
    assert_int_equal(schedule.every, 3); /* a third of the run, rounded up */
    assert_true(schedule.factor == 0.1);
    schedule.every = 2;
    schedule.factor = 0.5;
    for (size_t step = 0; step < 70; step++) {
        double rate = 8;
        for (size_t epoch = 2; epoch <= step / 10; epoch += 2)
            rate /= 2;
        assert_true(schedule_rate(&schedule, step, 70, 10, 8) == rate);
    }
}

static void exponential_falls_by_the_factor_each_epoch(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_EXPONENTIAL, 7);
    (void)state;
    assert_true(schedule.factor == 0.95);
    for (size_t step = 0; step < 70; step++)
        assert_near(schedule_rate(&schedule, step, 70, 10, 2), (double)(2 * powl(0.95L, step / 10.0L)), 1e-15);
}

static void cosine_falls_to_the_floor(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_COSINE, 10);
    (void)state;
    assert_true(schedule.floor == 0);
    schedule.floor = 0.25;
    for (size_t step = 0; step < 100; step++) {
        long double truth = 0.25L + 1.75L * (1 + cosl(pi * step / 100)) / 2;
        assert_near(schedule_rate(&schedule, step, 100, 10, 2), (double)truth, 1e-15);
    }
    assert_true(schedule_rate(&schedule, 0, 100, 10, 2) == 2);
    assert_near(schedule_rate(&schedule, 50, 100, 10, 2), 1.125, 1e-15);
}

/* The phases, as PyTorch's OneCycleLR numbers the steps. */
static long double one_cycle(const struct schedule *schedule, size_t step, size_t steps, long double base)
{
    long double start = base / (long double)schedule->start_divisor, end = start / (long double)schedule->end_divisor;
    long double rise = (long double)schedule->warmup * steps - 1, fall = steps - rise - 1;
    if (step <= rise)
        return base + (start - base) * (1 + cosl(pi * step / rise)) / 2;
    return end + (base - end) * (1 + cosl(pi * (step - rise) / fall)) / 2;
}

static void one_cycle_rises_and_falls(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_ONE_CYCLE, 10);
    double highest = 0;
    (void)state;
    assert_true(schedule.warmup == 0.3 && schedule.start_divisor == 25 && schedule.end_divisor == 1e4);
    for (size_t step = 0; step < 100; step++) {
        double rate = schedule_rate(&schedule, step, 100, 10, 2);
        assert_near(rate, (double)one_cycle(&schedule, step, 100, 2), 1e-15);
        highest = fmax(highest, rate);
    }
    assert_near(schedule_rate(&schedule, 0, 100, 10, 2), 2 / 25.0, 1e-15);
    assert_near(schedule_rate(&schedule, 29, 100, 10, 2), 2, 1e-15);
    assert_near(schedule_rate(&schedule, 99, 100, 10, 2) * 1e5, 0.8, 1e-10);
    assert_true(highest <= 2);
}

/* Without a rise, with nothing but a rise, with one step. */
static void one_cycle_of_extreme_shapes(void **state)
{
    struct schedule schedule = schedule_of(SCHEDULE_ONE_CYCLE, 10);
    (void)state;
    assert_true(schedule_rate(&schedule, 0, 1, 1, 2) == 2);
    schedule.warmup = 0;
    assert_near(schedule_rate(&schedule, 0, 100, 10, 2), 2, 1e-15);
    assert_near(schedule_rate(&schedule, 99, 100, 10, 2) * 1e5, 0.8, 1e-10);
    schedule.warmup = 1;
    assert_near(schedule_rate(&schedule, 0, 100, 10, 2), 2 / 25.0, 1e-15);
    assert_near(schedule_rate(&schedule, 99, 100, 10, 2), 2, 1e-15);
}

/* Whoever steps on by hand stays at the last rate. */
static void steps_beyond_the_last(void **state)
{
    (void)state;
    for (int kind = 0; kind < SCHEDULE_COUNT; kind++) {
        struct schedule schedule = schedule_of((enum schedule_kind)kind, 10);
        double last = schedule_rate(&schedule, 99, 100, 10, 2);
        assert_true(last > 0);
        assert_true(schedule_rate(&schedule, 100, 100, 10, 2) == last);
        assert_true(schedule_rate(&schedule, SIZE_MAX, 100, 10, 2) == last);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_is_the_base),
        cmocka_unit_test(step_falls_after_some_epochs),
        cmocka_unit_test(exponential_falls_by_the_factor_each_epoch),
        cmocka_unit_test(cosine_falls_to_the_floor),
        cmocka_unit_test(one_cycle_rises_and_falls),
        cmocka_unit_test(one_cycle_of_extreme_shapes),
        cmocka_unit_test(steps_beyond_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The trainer's arithmetic: steps, epochs of minibatches and their order, the
 * loss history, bits. How runs end is in test_outcomes.c. */
#include "data/failing.h"
#include "fold/schedule.h"
#include "kernel/linalg.h"
#include "train/run.h"
#include "util/rng.h"

#define THRESHOLD (64 * (double)REAL_EPSILON)

static uint64_t random_state;

static void one_step_is_the_equation(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++)
        for (size_t K = 1; K <= 3; K += 2) {
            struct run run = run_make(37, 4, K, weighted, &random_state);
            run.training.lambda = 6.5;
            double loss = (double)plain_step(&run, NULL, 37);
            assert_int_equal(run_train(&run), GEMML_OK);
            assert_plain_theta(&run, THRESHOLD);
            assert_int_equal(run.record.outcome, GEMML_LIMIT);
            assert_int_equal(run.record.epochs, 1);
            assert_int_equal(run.record.iterations, 1);
            assert_int_equal(run.record.loss_history_count, 1);
            assert_near(run.record.loss_history[0], loss / run.training.sum_weight, THRESHOLD);
            run_free(&run);
        }
}

static void a_run_follows_plain_descent(void **state)
{
    struct run run = run_make(80, 3, 2, true, &random_state);
    (void)state;
    run.training.lambda = 2;
    run.training.epochs = 25;
    double losses[25];
    for (size_t e = 0; e < 25; e++)
        losses[e] = (double)plain_step(&run, NULL, 80) / run.training.sum_weight;
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_plain_theta(&run, 10 * THRESHOLD);
    assert_int_equal(run.record.loss_history_count, 25);
    for (size_t e = 0; e < 25; e++)
        assert_near(run.record.loss_history[e], losses[e], 10 * THRESHOLD);
    double F = (double)plain_objective(&run, run.plain);
    assert_near(run.record.objective, F, 10 * THRESHOLD);
    run.training.lambda = 0;
    assert_near(run.record.loss, (double)plain_objective(&run, run.plain) / run.training.sum_weight, 10 * THRESHOLD);
    assert_int_equal(run.record.best_epoch, 25);
    run_free(&run);
}

/* A source that notes which rows are asked for: row i has i as its first feature. */
static gemml_status (*plain_block)(const struct source *, size_t, size_t, void *, struct block *);
static size_t visited[300000], visits; /* real holds each index: below 2^24 */

static gemml_status noting_block(const struct source *source, size_t first, size_t count, void *scratch,
                                 struct block *block)
{
    TRY(plain_block(source, first, count, scratch, block));
    for (size_t i = 0; i < count; i++)
        visited[visits++] = (size_t)block->X[i * block->ldx];
    return GEMML_OK;
}

/* The rows of `epochs` epochs in the order in which steps saw them; the last
 * measurement of all rows is left out. */
static void note_rows(size_t n, size_t batch, size_t epochs, uint64_t seed, size_t schedule, size_t *rows)
{
    struct run run = run_make(n, 2, 1, false, &random_state);
    for (size_t i = 0; i < n; i++)
        padded_set(&run.x, i, 0, (long double)i);
    plain_block = run.source.source.block;
    run.source.source.block = noting_block;
    run.training.batch = batch;
    run.training.epochs = epochs;
    run.training.seed = seed;
    run.training.rate = 0;
    visits = 0;
    schedule_use(schedule);
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_int_equal(visits, (epochs + 1) * n);
    memcpy(rows, visited, epochs * n * sizeof *rows);
    run_free(&run);
}

static void assert_permutation(const size_t *rows, size_t n)
{
    bool seen[256] = {false};
    for (size_t i = 0; i < n; i++) {
        assert_true(rows[i] < n && !seen[rows[i]]);
        seen[rows[i]] = true;
    }
}

static void epochs_visit_each_row_once_in_a_new_order(void **state)
{
    enum { N = 101, EPOCHS = 4 };
    size_t rows[EPOCHS * N], again[EPOCHS * N], fixed = 0;
    const size_t batches[] = {1, 7, 50, 100};
    (void)state;
    note_rows(N, 10, EPOCHS, 42, 0, rows);
    for (size_t e = 0; e < EPOCHS; e++) {
        assert_permutation(rows + e * N, N);
        for (size_t before = 0; before < e; before++)
            assert_memory_not_equal(rows + e * N, rows + before * N, N * sizeof *rows);
        for (size_t i = 0; i < N; i++)
            fixed += rows[e * N + i] == i;
    }
    assert_true(fixed < 4 * EPOCHS); /* one an epoch is what a shuffle leaves in place */
    for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
        note_rows(N, batches[b], EPOCHS, 42, b == 2 ? SCHEDULE_BACKWARDS : 0, again);
        assert_memory_equal(rows, again, sizeof rows);
    }
    note_rows(N, 10, EPOCHS, 43, 0, again);
    for (size_t e = 0; e < EPOCHS; e++)
        assert_memory_not_equal(rows + e * N, again + e * N, N * sizeof *rows);
}

/* More rows than an order is kept of: it is computed, from the same seed and the epoch's number. */
static void the_order_of_many_rows_is_computed(void **state)
{
    enum { N = ORDERED_ROWS + 1, EPOCHS = 2 };
    static size_t rows[EPOCHS * N], again[EPOCHS * N], order[N];
    (void)state;
    note_rows(N, 1000, EPOCHS, 42, 0, rows);
    for (size_t e = 0; e < EPOCHS; e++) {
        struct permutation permutation = permutation_make(42, train_stream(STREAM_SHUFFLE, e + 1), N);
        permutation_rows(&permutation, 0, N, order);
        assert_memory_equal(rows + e * N, order, sizeof order);
    }
    note_rows(N, 777, EPOCHS, 42, SCHEDULE_BACKWARDS, again);
    assert_memory_equal(rows, again, sizeof rows);
}

static void the_order_of_fewer_rows_is_drawn(void **state)
{
    enum { N = ORDERED_ROWS };
    static size_t rows[N], order[N];
    struct rng rng = rng_make(42, train_stream(STREAM_SHUFFLE, 1));
    (void)state;
    note_rows(N, 1000, 1, 42, 0, rows);
    rng_permutation(&rng, order, N);
    assert_memory_equal(rows, order, sizeof order);
}

static void whole_batches_are_not_shuffled(void **state)
{
    size_t rows[3 * 40];
    (void)state;
    note_rows(40, 40, 3, 7, 0, rows);
    for (size_t i = 0; i < 3 * 40; i++)
        assert_int_equal(rows[i], i % 40);
}

/* The order is known from above: every step, the ragged last one too, and the loss. */
static void minibatches_follow_plain_steps(void **state)
{
    enum { N = 53, BATCH = 8, EPOCHS = 3 };
    size_t rows[EPOCHS * N];
    (void)state;
    note_rows(N, BATCH, EPOCHS, 5, 0, rows);
    for (int weighted = 0; weighted < 2; weighted++) {
        struct run run = run_make(N, 3, 2, weighted, &random_state);
        run.training.lambda = 4;
        run.training.batch = BATCH;
        run.training.epochs = EPOCHS;
        run.training.seed = 5;
        double losses[EPOCHS];
        for (size_t e = 0; e < EPOCHS; e++) {
            long double loss = 0;
            for (size_t first = 0; first < N; first += BATCH)
                loss += plain_step(&run, rows + e * N + first, N - first < BATCH ? N - first : BATCH);
            losses[e] = (double)loss / run.training.sum_weight;
        }
        assert_int_equal(run_train(&run), GEMML_OK);
        assert_plain_theta(&run, 10 * THRESHOLD);
        assert_int_equal(run.record.iterations, EPOCHS * ((N - 1) / BATCH + 1));
        for (size_t e = 0; e < EPOCHS; e++)
            assert_near(run.record.loss_history[e], losses[e], 10 * THRESHOLD);
        assert_near(run.record.objective, (double)plain_objective(&run, run.plain), 10 * THRESHOLD);
        run_free(&run);
    }
}

/* Only the penalty moves what a batch without weight sees. */
static void batches_without_weight_do_no_harm(void **state)
{
    enum { N = 30 };
    size_t rows[2 * N];
    struct run run = run_make(N, 2, 1, true, &random_state);
    (void)state;
    for (size_t i = 0; i < N; i++)
        padded_set(&run.weight, i, 0, i == 11);
    run.training.sum_weight = 1;
    run.training.lambda = 0.5;
    run.training.batch = 3;
    run.training.epochs = 2;
    note_rows(N, 3, 2, 0, 0, rows);
    for (size_t first = 0; first < 2 * N; first += 3)
        plain_step(&run, rows + first, 3);
    assert_int_equal(run_train(&run), GEMML_OK);
    assert_plain_theta(&run, 10 * THRESHOLD);
    assert_true(isfinite(run.record.loss) && isfinite(run.record.loss_history[1]));
    run_free(&run);
}

/* theta and history, whole and in batches, on every schedule. */
static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    (void)state;
    for (int batches = 0; batches < 2; batches++) {
        struct run run = run_make(6000, 5, 1, true, &random_state);
        real start[6], first[6];
        double history[5];
        run.training.epochs = 5;
        run.training.batch = batches ? 5500 : 6000;
        memcpy(start, run.theta, sizeof start);
        for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
            schedule_use(schedule);
            memcpy(run.theta, start, sizeof start);
            assert_int_equal(run_train(&run), GEMML_OK);
            if (schedule == 0) {
                memcpy(first, run.theta, sizeof first);
                memcpy(history, run.record.loss_history, sizeof history);
            }
            assert_memory_equal(first, run.theta, sizeof first);
            assert_memory_equal(history, run.record.loss_history, sizeof history);
        }
        run_free(&run);
    }
}

static gemml_status train_again(void *context)
{
    return run_train(context);
}

static void allocations_may_fail(void **state)
{
    (void)state;
    for (int batches = 0; batches < 2; batches++) {
        struct run run = run_make(300, 3, 1, false, &random_state);
        run.training.epochs = 4;
        run.training.batch = batches ? 100 : 300;
        run.training.rate = 1e-3;
        schedule_use(0);
        fail_each_allocation(train_again, &run);
        run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_step_is_the_equation),
        cmocka_unit_test(a_run_follows_plain_descent),
        cmocka_unit_test_teardown(epochs_visit_each_row_once_in_a_new_order, schedule_restore),
        cmocka_unit_test_teardown(the_order_of_many_rows_is_computed, schedule_restore),
        cmocka_unit_test(the_order_of_fewer_rows_is_drawn),
        cmocka_unit_test(whole_batches_are_not_shuffled),
        cmocka_unit_test(minibatches_follow_plain_steps),
        cmocka_unit_test(batches_without_weight_do_no_harm),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

/* The thread pool: every task once, at once, nested, beside other threads of the
 * host, and by the host's own parallel_for. */
#include <sched.h>

#include "tasks.h"

/* --- every task once --------------------------------------------------------- */

static void every_task_runs_once_for_each_number_of_threads(void **state)
{
    (void)state;
    const size_t counts[] = {0, 1, 2, 3, 7, 8, 9, 100, MOST_TASKS};
    for (size_t threads = 1; threads <= 8; threads++) {
        assert_int_equal(gemml_set_threads(threads), GEMML_OK);
        for (size_t repeat = 0; repeat < 5; repeat++)
            for (size_t c = 0; c < sizeof counts / sizeof *counts; c++)
                assert_true(every_index_once(counts[c]));
    }
    assert_int_equal(atomic_load(&out_of_order), 0);
}

static void many_short_calls_in_a_row(void **state)
{
    (void)state;
    gemml_set_threads(2);
    memset(hits, 0, sizeof hits);
    for (int call = 0; call < 2000; call++) {
        current_job++;
        parallel_for(2, hit, hits);
    }
    assert_int_equal(hits[0], 2000);
    assert_int_equal(hits[1], 2000);
}

/* --- at once ----------------------------------------------------------------- */

static void as_many_tasks_run_at_once_as_there_are_threads(void **state)
{
    (void)state;
    for (size_t threads = 2; threads <= 4; threads++) {
        gemml_set_threads(threads);
        assert_true(tasks_meet(threads));
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL); /* the workers fall asleep */
        assert_true(tasks_meet(threads));
    }
}

/* Threads in this process. */
static size_t count_threads(void)
{
    char line[256];
    size_t threads = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        sscanf(line, "Threads: %zu", &threads);
    fclose(file);
    return threads;
}

/* Threads that are not ours: of OpenBLAS, or of a sanitizer. */
static size_t foreign_threads;

static void *end_at_once(void *data)
{
    return data;
}

static int count_foreign_threads(void **state)
{
    (void)state;
    pthread_t thread; /* with the first one the thread sanitizer starts its own */
    if (pthread_create(&thread, NULL, end_at_once, NULL) != 0 || pthread_join(thread, NULL) != 0)
        return -1;
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    foreign_threads = count_threads() - 1;
    return 0;
}

/* Does it have so many threads of ours? Soon: an ended one is listed for a moment. */
static bool has_threads(size_t wanted)
{
    for (int tries = 0; tries < 5000; tries++) {
        if (count_threads() == foreign_threads + wanted)
            return true;
        nap();
    }
    return false;
}

static void the_number_of_threads_changes_between_calls(void **state)
{
    (void)state;
    const size_t numbers[] = {4, 1, 2, 8, 3, 1};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        assert_int_equal(gemml_set_threads(numbers[i]), GEMML_OK);
        assert_int_equal(gemml_threads(), numbers[i]);
        assert_true(every_index_once(100));
        assert_true(has_threads(numbers[i]));
        assert_true(tasks_meet(numbers[i]));
    }
}

static void too_many_threads_are_refused(void **state)
{
    (void)state;
    gemml_set_threads(3);
    assert_int_equal(gemml_set_threads(GEMML_THREADS_MAX + 1), GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(gemml_last_error(), "49"));
    assert_int_equal(gemml_threads(), 3);
    assert_int_equal(gemml_set_threads(GEMML_THREADS_MAX), GEMML_OK);
    assert_int_equal(gemml_threads(), GEMML_THREADS_MAX);
    gemml_set_threads(2);
}

/* --- nesting, and other threads of the host ----------------------------------- */

static void outer_task(void *context, size_t index)
{
    struct nested_call call = {context, pthread_self()};
    parallel_for(50 + index, inner_task, &call);
}

static void a_call_inside_a_task_runs_inline(void **state)
{
    (void)state;
    gemml_set_threads(4);
    struct nest nest = {.inner = 0};
    parallel_for(8, outer_task, &nest);
    assert_int_equal(atomic_load(&nest.inner), 8 * 50 + 28);
    assert_int_equal(atomic_load(&nest.elsewhere), 0);
    atomic_exchange(&nest.inner, 0);
    nest.slow = true;
    parallel_for(1, outer_task, &nest); /* alone, but a task all the same */
    assert_int_equal(atomic_load(&nest.inner), 50);
    assert_int_equal(atomic_load(&nest.elsewhere), 0);
    assert_true(tasks_meet(4)); /* and afterwards the pool is there again */
}

struct rivals {
    atomic_size_t started, finished, missed;
};

/* A second host thread: calls while the first one's task waits for its end. */
static void *second_caller(void *data)
{
    struct rivals *rivals = data;
    await_count(&rivals->started, 2);
    struct nest nest = {.inner = 0};
    struct nested_call call = {&nest, pthread_self()};
    parallel_for(100, inner_task, &call);
    if (atomic_load(&nest.inner) != 100 || atomic_load(&nest.elsewhere) != 0)
        atomic_fetch_add(&rivals->missed, 1);
    atomic_fetch_add(&rivals->finished, 1);
    return NULL;
}

static void wait_for_the_second_caller(void *context, size_t index)
{
    struct rivals *rivals = context;
    (void)index;
    atomic_fetch_add(&rivals->started, 1);
    if (!await_count(&rivals->finished, 1))
        atomic_fetch_add(&rivals->missed, 1);
}

static void a_second_host_thread_does_not_wait_for_the_pool(void **state)
{
    (void)state;
    gemml_set_threads(2);
    struct rivals rivals = {.started = 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, second_caller, &rivals), 0);
    parallel_for(2, wait_for_the_second_caller, &rivals);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(atomic_load(&rivals.missed), 0);
}

/* Calls often; the result is NULL when every one was right. */
static void *call_often(void *data)
{
    size_t squares[64];
    for (size_t call = 0; call < 500; call++) {
        memset(squares, 0, sizeof squares);
        parallel_for(64, square, squares);
        for (size_t i = 0; i < 64; i++)
            if (squares[i] != i * i)
                return data;
    }
    return NULL;
}

static void two_host_threads_at_once(void **state)
{
    (void)state;
    gemml_set_threads(3);
    pthread_t threads[2];
    int wrong;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_often, &wrong), 0);
    for (size_t i = 0; i < 50; i++) { /* and the number of threads changes under them */
        gemml_set_threads(1 + i % 4);
        nap();
    }
    for (int i = 0; i < 2; i++) {
        void *result;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_null(result);
    }
}

/* --- what the environment says ---------------------------------------------------- */

static size_t default_with(const char *text)
{
    if (text)
        setenv("GEMML_NUM_THREADS", text, 1);
    else
        unsetenv("GEMML_NUM_THREADS");
    assert_int_equal(gemml_set_threads(0), GEMML_OK);
    size_t threads = gemml_threads();
    unsetenv("GEMML_NUM_THREADS");
    return threads;
}

static void the_default_is_the_environment_or_the_cores(void **state)
{
    (void)state;
    cpu_set_t cores, one;
    assert_int_equal(sched_getaffinity(0, sizeof cores, &cores), 0);
    size_t count = (size_t)CPU_COUNT(&cores);
    assert_int_equal(default_with(NULL), count);
    assert_int_equal(default_with("1"), 1);
    assert_int_equal(default_with("7"), 7);
    assert_int_equal(default_with("0012"), 12);
    assert_int_equal(default_with("48"), 48);
    const char *ignored[] = {"", "0", "49", "-1", "+3", " 3", "3 ", "3x", "two", "0x10", "18446744073709551617"};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
        assert_int_equal(default_with(ignored[i]), count);

    size_t first = 0;
    while (!CPU_ISSET(first, &cores))
        first++;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    size_t threads = default_with(NULL);
    assert_int_equal(sched_setaffinity(0, sizeof cores, &cores), 0);
    assert_int_equal(threads, 1);
    gemml_set_threads(2);
}

/* --- the host's own parallel_for --------------------------------------------------- */

struct host {
    size_t calls, tasks;
};

static void run_backwards(void *data, size_t count, gemml_task task, void *context)
{
    struct host *host = data;
    host->calls++;
    host->tasks += count;
    for (size_t i = count; i > 0; i--)
        task(context, i - 1);
}

static int remove_host(void **state)
{
    (void)state;
    return gemml_set_parallel_for(NULL, NULL, 0) == GEMML_OK ? 0 : -1;
}

static void a_host_runs_the_tasks(void **state)
{
    (void)state;
    struct host host = {0, 0};
    gemml_set_threads(2);
    assert_int_equal(gemml_set_parallel_for(run_backwards, &host, 5), GEMML_OK);
    assert_int_equal(gemml_threads(), 5);
    memset(hits, 0, sizeof hits);
    parallel_for(100, hit, hits);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(hits[i], 1);
    assert_int_equal(host.calls, 1);
    assert_int_equal(host.tasks, 100);

    struct nest nest = {.inner = 0};
    parallel_for(8, outer_task, &nest);
    assert_int_equal(host.calls, 2); /* not for the calls inside its tasks */
    assert_int_equal(atomic_load(&nest.inner), 8 * 50 + 28);

    parallel_for(1, hit, hits);
    parallel_for(0, hit, hits);
    assert_int_equal(host.calls, 2);

    assert_int_equal(gemml_set_parallel_for(run_backwards, &host, 1), GEMML_OK);
    parallel_for(10, hit, hits);
    assert_int_equal(host.calls, 2);

    assert_int_equal(gemml_set_parallel_for(NULL, NULL, 0), GEMML_OK);
    assert_int_equal(gemml_threads(), 2);
    assert_true(tasks_meet(2));
    assert_int_equal(host.calls, 2);
}

static void a_host_of_no_or_too_many_tasks_is_refused(void **state)
{
    (void)state;
    struct host host = {0, 0};
    gemml_set_threads(2);
    assert_int_equal(gemml_set_parallel_for(run_backwards, &host, 0), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_set_parallel_for(run_backwards, &host, 49), GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(gemml_last_error(), "49"));
    assert_true(every_index_once(10));
    assert_int_equal(host.calls, 0);
    assert_int_equal(gemml_threads(), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_for_each_number_of_threads),
        cmocka_unit_test(many_short_calls_in_a_row),
        cmocka_unit_test(as_many_tasks_run_at_once_as_there_are_threads),
        cmocka_unit_test(the_number_of_threads_changes_between_calls),
        cmocka_unit_test(too_many_threads_are_refused),
        cmocka_unit_test(a_call_inside_a_task_runs_inline),
        cmocka_unit_test(a_second_host_thread_does_not_wait_for_the_pool),
        cmocka_unit_test(two_host_threads_at_once),
        cmocka_unit_test(the_default_is_the_environment_or_the_cores),
        cmocka_unit_test_teardown(a_host_runs_the_tasks, remove_host),
        cmocka_unit_test_teardown(a_host_of_no_or_too_many_tasks_is_refused, remove_host),
    };
    return cmocka_run_group_tests(tests, count_foreign_threads, NULL);
}

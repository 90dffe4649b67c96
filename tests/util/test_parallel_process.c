/* The thread pool and the process it lives in: signals, forks, exit, and threads
 * that the system refuses. */
#include <signal.h>

#include "tasks.h"

/* Ends the workers, so that what follows starts its own. */
static int without_workers(void **state)
{
    (void)state;
    gemml_set_threads(1);
    return every_index_once(2) ? 0 : -1;
}

/* --- signals ------------------------------------------------------------------- */

struct masks {
    pthread_t caller;
    struct meeting meeting;
    atomic_size_t workers, open;
};

static void look_at_mask(void *context, size_t index)
{
    struct masks *masks = context;
    meet(&masks->meeting, index);
    if (pthread_equal(masks->caller, pthread_self()))
        return;
    sigset_t mask;
    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    const int signals[] = {SIGINT, SIGTERM, SIGALRM, SIGUSR1, SIGCHLD};
    atomic_fetch_add(&masks->workers, 1);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        atomic_fetch_add(&masks->open, !sigismember(&mask, signals[i]));
}

static void workers_take_no_signals(void **state)
{
    (void)state;
    sigset_t before, after;
    gemml_set_threads(3);
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    struct masks masks = {.caller = pthread_self(), .meeting = {.wanted = 3}};
    parallel_for(3, look_at_mask, &masks);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(atomic_load(&masks.workers), 2);
    assert_int_equal(atomic_load(&masks.open), 0);
    for (int signal = 1; signal < 32; signal++)
        assert_int_equal(sigismember(&before, signal), sigismember(&after, signal));
}

/* --- fork ------------------------------------------------------------------------ */

static int use_the_pool(void)
{
    if (!every_index_once(1000))
        return 1;
    if (!tasks_meet(gemml_threads()))
        return 2;
    gemml_set_threads(2);
    return every_index_once(1000) && tasks_meet(2) ? 0 : 3;
}

static int use_the_pool_and_exit(void)
{
    exit(use_the_pool());
}

static int exit_at_once(void)
{
    exit(5);
}

static void a_child_has_a_pool_of_its_own(void **state)
{
    (void)state;
    need_threads_in_children();
    gemml_set_threads(3);
    assert_true(tasks_meet(3));
    assert_int_equal(run_in_child(use_the_pool), 0);
    assert_int_equal(run_in_child(use_the_pool_and_exit), 0);
    assert_int_equal(run_in_child(exit_at_once), 5);
    assert_true(tasks_meet(3));
}

static int fork_again(void)
{
    int first = use_the_pool();
    return first ? first : run_in_child(use_the_pool) ? 10 : 0;
}

static void a_child_of_a_child_too(void **state)
{
    (void)state;
    need_threads_in_children();
    gemml_set_threads(3);
    assert_true(tasks_meet(3));
    assert_int_equal(run_in_child(fork_again), 0);
}

static void *call_until_told(void *data)
{
    atomic_size_t *stop = data;
    size_t squares[64];
    while (atomic_load(stop) == 0)
        parallel_for(64, square, squares);
    return NULL;
}

static void a_fork_while_another_thread_uses_the_pool(void **state)
{
    (void)state;
    need_threads_in_children();
    gemml_set_threads(3);
    atomic_size_t stop = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, call_until_told, &stop), 0);
    int worst = 0;
    for (int i = 0; i < 30 && worst == 0; i++)
        worst = run_in_child(i % 2 ? use_the_pool : use_the_pool_and_exit);
    atomic_fetch_add(&stop, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(worst, 0);
    assert_true(tasks_meet(3));
}

static pthread_t forking_caller;
static atomic_size_t forked_status;

static int go_on_in_the_child(void)
{
    return 0;
}

/* The caller's task forks while a worker is in its own. */
static void fork_in_a_task(void *context, size_t index)
{
    meet(context, index);
    if (pthread_equal(forking_caller, pthread_self()))
        atomic_fetch_add(&forked_status, (size_t)(run_in_child(go_on_in_the_child) != 0));
}

static void fork_and_return(void *context, size_t index)
{
    pid_t *child = context;
    if (index == 0)
        *child = fork();
}

static int finish_a_job_in_the_child(void)
{
    pid_t child = -1;
    gemml_set_threads(2);
    alarm(PATIENCE_SECONDS);
    parallel_for(1000, fork_and_return, &child); /* both processes come out of it */
    if (child == 0)
        leave_process(use_the_pool());
    int status;
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static void a_task_may_fork(void **state)
{
    (void)state;
    need_threads_in_children();
    gemml_set_threads(2);
    forking_caller = pthread_self();
    struct meeting meeting = {.wanted = 2};
    parallel_for(2, fork_in_a_task, &meeting);
    assert_int_equal(atomic_load(&meeting.alone), 0);
    assert_int_equal(atomic_load(&forked_status), 0);
    assert_int_equal(run_in_child(finish_a_job_in_the_child), 0);
}

/* --- exit ------------------------------------------------------------------------ */

static atomic_size_t sleeping;

static void sleep_for_ever(void *context, size_t index)
{
    (void)context, (void)index;
    atomic_fetch_add(&sleeping, 1);
    for (;;)
        pause();
}

static void *call_for_ever(void *data)
{
    parallel_for(4, sleep_for_ever, data);
    return NULL;
}

static int exit_beside_a_busy_pool(void)
{
    pthread_t thread;
    gemml_set_threads(2);
    if (pthread_create(&thread, NULL, call_for_ever, NULL) != 0 || !await_count(&sleeping, 2))
        return 1;
    exit(7);
}

static void exit_in_task(void *context, size_t index)
{
    struct masks *masks = context;
    meet(&masks->meeting, index);
    bool is_caller = pthread_equal(masks->caller, pthread_self());
    if (is_caller == (masks->workers == 0)) /* workers: 0 when it is the caller that exits */
        exit(8);
    for (;;)
        pause();
}

static int exit_in_a_task(size_t by_worker)
{
    gemml_set_threads(2);
    struct masks masks = {.caller = pthread_self(), .meeting = {.wanted = 2}, .workers = by_worker};
    parallel_for(2, exit_in_task, &masks);
    return 1;
}

static int exit_in_a_task_of_the_caller(void)
{
    return exit_in_a_task(0);
}

static int exit_in_a_task_of_a_worker(void)
{
    return exit_in_a_task(1);
}

static int exit_beside_sleeping_workers(void)
{
    gemml_set_threads(4);
    if (!tasks_meet(4))
        return 1;
    nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    exit(9);
}

static void use_the_pool_late(void)
{
    if (!every_index_once(100))
        _exit(11);
}

static int calls_from_an_exit_handler(void)
{
    atexit(use_the_pool_late);
    gemml_set_threads(3);
    if (!tasks_meet(3))
        return 1;
    exit(10);
}

static void exit_never_hangs(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(exit_beside_a_busy_pool), 7);
    assert_int_equal(run_in_child(exit_in_a_task_of_the_caller), 8);
    assert_int_equal(run_in_child(exit_in_a_task_of_a_worker), 8);
    assert_int_equal(run_in_child(exit_beside_sleeping_workers), 9);
    assert_int_equal(run_in_child(calls_from_an_exit_handler), 10);
}

/* --- what the system refuses ----------------------------------------------------- */

static int do_without_workers(void)
{
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0 || pthread_attr_setstacksize(&attributes, (size_t)1 << 48) != 0 ||
        pthread_setattr_default_np(&attributes) != 0) /* more than there is address space */
        return 1;
    gemml_set_threads(4);
    for (int call = 0; call < 3; call++)
        if (!every_index_once(1000))
            return 2;
    struct nest nest = {.inner = 0};
    struct nested_call call = {&nest, pthread_self()};
    parallel_for(100, inner_task, &call);
    return atomic_load(&nest.inner) == 100 && atomic_load(&nest.elsewhere) == 0 ? 0 : 3;
}

static void threads_that_cannot_be_started_are_done_without(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(do_without_workers), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(workers_take_no_signals, without_workers),
        cmocka_unit_test(a_child_has_a_pool_of_its_own),
        cmocka_unit_test(a_child_of_a_child_too),
        cmocka_unit_test(a_fork_while_another_thread_uses_the_pool),
        cmocka_unit_test(a_task_may_fork),
        cmocka_unit_test_setup(exit_never_hangs, without_workers),
        cmocka_unit_test_setup(threads_that_cannot_be_started_are_done_without, without_workers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The guard around OpenBLAS: the host's number of BLAS threads, address space
 * that is not there, and forks. */
#include "util/children.h"

#include <cblas.h>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "kernel/linalg_guard.h"

#define HOST_THREADS 2

static int host_has_two_threads(void **state)
{
    (void)state;
    openblas_set_num_threads(HOST_THREADS);
    return openblas_get_num_threads() == HOST_THREADS ? 0 : -1;
}

/* --- the number of BLAS threads ------------------------------------------------- */

static void one_thread_inside_and_the_hosts_number_after(void **state)
{
    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_int_equal(linalg_enter(2), GEMML_OK);
        assert_int_equal(openblas_get_num_threads(), 1);
        linalg_leave(2);
        assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
    }
}

static void the_last_one_out_restores(void **state)
{
    (void)state;
    assert_int_equal(linalg_enter(1), GEMML_OK);
    assert_int_equal(linalg_enter(2), GEMML_OK);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), 1);
    assert_int_equal(linalg_enter(1), GEMML_OK);
    linalg_leave(2);
    assert_int_equal(openblas_get_num_threads(), 1);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
}

static void what_the_host_sets_meanwhile_stays(void **state)
{
    (void)state;
    assert_int_equal(linalg_enter(1), GEMML_OK);
    openblas_set_num_threads(3);
    assert_int_equal(linalg_enter(1), GEMML_OK); /* but not while we compute */
    assert_int_equal(openblas_get_num_threads(), 1);
    linalg_leave(1);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), 3);

    assert_int_equal(linalg_enter(1), GEMML_OK);
    openblas_set_num_threads(2);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), 2);

    openblas_set_num_threads(1);
    assert_int_equal(linalg_enter(1), GEMML_OK);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), 1);
}

/* Enters and leaves often; *data counts the times when BLAS had more than one
 * thread, or the guard did not open. */
static void *enter_often(void *data)
{
    atomic_size_t *wrong = data;
    for (int round = 0; round < 200; round++) {
        if (linalg_enter(1) != GEMML_OK) {
            atomic_fetch_add(wrong, 1);
            continue;
        }
        atomic_fetch_add(wrong, (size_t)(openblas_get_num_threads() != 1));
        linalg_leave(1);
    }
    return NULL;
}

static void many_threads_enter_at_once(void **state)
{
    (void)state;
    pthread_t threads[4];
    atomic_size_t wrong = 0;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, enter_often, &wrong), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
}

/* --- address space ---------------------------------------------------------------- */

static void more_than_there_can_be_is_refused(void **state)
{
    (void)state;
    const size_t requests[] = {SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 40};
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        char number[32];
        snprintf(number, sizeof number, "%zu threads", requests[i]);
        assert_int_equal(linalg_enter(requests[i]), GEMML_ERROR_MEMORY);
        assert_non_null(strstr(gemml_last_error(), "216 MB"));
        assert_non_null(strstr(gemml_last_error(), number));
        assert_int_equal(openblas_get_num_threads(), HOST_THREADS); /* not entered */
    }
    assert_int_equal(linalg_enter(1), GEMML_OK);
    assert_int_equal(linalg_enter(SIZE_MAX), GEMML_ERROR_MEMORY); /* the sum overflows */
    assert_int_equal(openblas_get_num_threads(), 1);
    linalg_leave(1);
    assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
}

/* Leaves `megabytes` of address space beyond what is mapped now. */
static bool limit_address_space(size_t megabytes)
{
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    if (!file || fscanf(file, "%zu", &pages) != 1)
        return false;
    fclose(file);
    rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + ((rlim_t)megabytes << 20);
    return setrlimit(RLIMIT_AS, &(struct rlimit){bytes, bytes}) == 0;
}

/* 2 callers were inside before; there is room for 1 more, and not for 2. */
static int enter_with_little_room(void)
{
    if (linalg_enter(2) != GEMML_OK)
        return 1;
    linalg_leave(2);
    if (!limit_address_space(300))
        return 2;
    if (linalg_enter(64) != GEMML_ERROR_MEMORY || !strstr(gemml_last_error(), "room for 2 only"))
        return 3;
    if (openblas_get_num_threads() != HOST_THREADS)
        return 4;
    if (linalg_enter(2) != GEMML_OK) /* what was found stays found */
        return 5;
    if (linalg_enter(2) != GEMML_ERROR_MEMORY) /* together with those inside */
        return 6;
    if (linalg_enter(1) != GEMML_OK)
        return 7;
    linalg_leave(1);
    linalg_leave(2);
    return openblas_get_num_threads() == HOST_THREADS ? 0 : 8;
}

/* OpenBLAS would wait for ever for its buffer. */
static int enter_without_room(void)
{
    if (!limit_address_space(40))
        return 1;
    return linalg_enter(32) == GEMML_ERROR_MEMORY && openblas_get_num_threads() == HOST_THREADS ? 0 : 2;
}

static void without_address_space_the_guard_stays_closed(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(enter_without_room), 0);
}

/* In a process of its own, where no more than 2 callers were inside before. */
static void the_sum_of_callers_is_what_counts(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(enter_with_little_room), 0);
}

extern void *blas_memory_alloc(int ignored);
extern void blas_memory_free(void *buffer);

/* What the guard found is OpenBLAS's by then: so many can compute at once although
 * no buffer can be mapped any more. Without that OpenBLAS would look for ever. */
static int compute_when_the_room_is_gone(void)
{
    if (linalg_enter(3) != GEMML_OK || !limit_address_space(32))
        return 1;
    void *held[3];
    for (int i = 0; i < 3; i++)
        held[i] = blas_memory_alloc(0);
    bool different = held[0] != held[1] && held[1] != held[2] && held[0] != held[2];
    for (int i = 0; i < 3; i++)
        blas_memory_free(held[i]);
    linalg_leave(3);
    return different ? 0 : 2;
}

static void the_buffers_are_fetched(void **state)
{
    (void)state;
    assert_int_equal(run_in_child(compute_when_the_room_is_gone), 0);
    assert_int_equal(linalg_enter(2), GEMML_OK); /* a child gets its own, whatever its parent has */
    linalg_leave(2);
    assert_int_equal(run_in_child(compute_when_the_room_is_gone), 0);
}

/* --- fork ---------------------------------------------------------------------------- */

static int enter_and_leave(void)
{
    if (linalg_enter(1) != GEMML_OK || openblas_get_num_threads() != 1)
        return 1;
    linalg_leave(1);
    return openblas_get_num_threads() == HOST_THREADS ? 0 : 2;
}

struct guest {
    atomic_size_t inside, told;
    bool entered;
    int threads; /* of BLAS, before it leaves */
};

static void *stay_inside(void *data)
{
    struct guest *guest = data;
    guest->entered = linalg_enter(2) == GEMML_OK;
    atomic_fetch_add(&guest->inside, 1);
    await_count(&guest->told, 1);
    guest->threads = openblas_get_num_threads();
    if (guest->entered)
        linalg_leave(2);
    return NULL;
}

static void a_child_does_not_wait_for_threads_it_has_not(void **state)
{
    (void)state;
    need_threads_in_children();
    struct guest guest = {.inside = 0};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, stay_inside, &guest), 0);
    bool came = await_count(&guest.inside, 1);
    int status = run_in_child(enter_and_leave);
    atomic_fetch_add(&guest.told, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_true(came && guest.entered);
    assert_int_equal(status, 0);
    assert_int_equal(guest.threads, 1);
    assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
}

static int leave_what_the_parent_entered(void)
{
    if (openblas_get_num_threads() != 1)
        return 1;
    linalg_leave(3);
    return openblas_get_num_threads() == HOST_THREADS ? enter_and_leave() : 2;
}

static void a_thread_may_fork_inside(void **state)
{
    (void)state;
    assert_int_equal(linalg_enter(3), GEMML_OK);
    int status = run_in_child(leave_what_the_parent_entered);
    assert_int_equal(openblas_get_num_threads(), 1);
    linalg_leave(3);
    assert_int_equal(status, 0);
    assert_int_equal(openblas_get_num_threads(), HOST_THREADS);
}

static void *enter_until_told(void *data)
{
    atomic_size_t *told = data;
    while (atomic_load(told) == 0) {
        if (linalg_enter(1) == GEMML_OK)
            linalg_leave(1);
        sched_yield();
    }
    return NULL;
}

static void forks_beside_a_thread_that_enters_and_leaves(void **state)
{
    (void)state;
    need_threads_in_children();
    atomic_size_t told = 0;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, enter_until_told, &told), 0);
    int worst = 0;
    for (int i = 0; i < 10 && worst == 0; i++)
        worst = run_in_child(enter_and_leave);
    atomic_fetch_add(&told, 1);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(worst, 0);
}

/* --- what OpenBLAS says of itself ------------------------------------------------------ */

static void the_build_and_the_core_have_names(void **state)
{
    (void)state;
    assert_non_null(strstr(linalg_build(), "OpenBLAS"));
    assert_true(strlen(linalg_core()) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_sum_of_callers_is_what_counts, host_has_two_threads),
        cmocka_unit_test_setup(the_buffers_are_fetched, host_has_two_threads),
        cmocka_unit_test_setup(one_thread_inside_and_the_hosts_number_after, host_has_two_threads),
        cmocka_unit_test_setup(the_last_one_out_restores, host_has_two_threads),
        cmocka_unit_test_setup(what_the_host_sets_meanwhile_stays, host_has_two_threads),
        cmocka_unit_test_setup(many_threads_enter_at_once, host_has_two_threads),
        cmocka_unit_test_setup(more_than_there_can_be_is_refused, host_has_two_threads),
        cmocka_unit_test_setup(without_address_space_the_guard_stays_closed, host_has_two_threads),
        cmocka_unit_test_setup(a_child_does_not_wait_for_threads_it_has_not, host_has_two_threads),
        cmocka_unit_test_setup(a_thread_may_fork_inside, host_has_two_threads),
        cmocka_unit_test_setup(forks_beside_a_thread_that_enters_and_leaves, host_has_two_threads),
        cmocka_unit_test(the_build_and_the_core_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

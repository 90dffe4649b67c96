/* The queue before the guard around OpenBLAS: never more threads inside than there are slots, and nobody
 * waits for a slot that is held for him. */
#include "util/children.h"

#include <pthread.h>

#include "kernel/linalg_guard.h"
#include "util/parallel.h"

enum { CROWD = 100, STACK = 128 * 1024 };

/* Threads that enter, and stay until they are told to leave. */
struct crowd {
    pthread_t threads[CROWD];
    atomic_size_t begun, entered, inside, most, refused, told;
};

static void *enter_and_stay(void *data)
{
    struct crowd *crowd = data;
    atomic_fetch_add(&crowd->begun, 1);
    if (linalg_enter(1) != GEMML_OK) {
        atomic_fetch_add(&crowd->refused, 1);
        return NULL;
    }
    size_t now = atomic_fetch_add(&crowd->inside, 1) + 1, most = atomic_load(&crowd->most);
    while (now > most && !atomic_compare_exchange_weak(&crowd->most, &most, now))
        ;
    atomic_fetch_add(&crowd->entered, 1);
    await_count(&crowd->told, 1);
    atomic_fetch_sub(&crowd->inside, 1);
    linalg_leave(1);
    return NULL;
}

/* Comes back when `inside` of them are inside, and the others before the guard, as far as one can see. */
static void gather(struct crowd *crowd, size_t inside)
{
    pthread_attr_t small;
    *crowd = (struct crowd){.begun = 0};
    alarm(4 * PATIENCE_SECONDS); /* for what hangs in this thread */
    assert_int_equal(pthread_attr_init(&small), 0);
    assert_int_equal(pthread_attr_setstacksize(&small, STACK), 0);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&crowd->threads[i], &small, enter_and_stay, crowd), 0);
    pthread_attr_destroy(&small);
    assert_true(await_count(&crowd->begun, CROWD));
    assert_true(await_count(&crowd->entered, inside));
    for (int i = 0; i < 20; i++)
        nap();
}

/* All come in, in the end, and never more than `most` at once. */
static void disperse(struct crowd *crowd, size_t most)
{
    atomic_fetch_add(&crowd->told, 1);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(pthread_join(crowd->threads[i], NULL), 0);
    alarm(0);
    assert_int_equal(atomic_load(&crowd->refused), 0);
    assert_int_equal(atomic_load(&crowd->entered), CROWD);
    assert_true(atomic_load(&crowd->most) <= most);
}

static void beside_the_pools_workers_there_are_the_other_slots(void **state)
{
    (void)state;
    const size_t threads[] = {1, 2, 33, GEMML_THREADS_MAX};
    struct crowd crowd;
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        size_t slots = LINALG_SLOTS + 1 - threads[i];
        assert_int_equal(gemml_set_threads(threads[i]), GEMML_OK);
        gather(&crowd, slots);
        disperse(&crowd, slots);
    }
}

static void who_is_inside_enters_again_at_once(void **state)
{
    (void)state;
    struct crowd crowd;
    gemml_set_threads(4);
    assert_int_equal(linalg_enter(4), GEMML_OK);
    gather(&crowd, LINALG_SLOTS - 4);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(linalg_enter(4), GEMML_OK);
        linalg_leave(4);
    }
    linalg_leave(4); /* one of the crowd comes in for it */
    assert_true(await_count(&crowd.entered, LINALG_SLOTS - 3));
    disperse(&crowd, LINALG_SLOTS - 3);
}

static void enter_in_a_task(void *context, size_t index)
{
    (void)index;
    if (linalg_enter(1) == GEMML_OK) {
        atomic_fetch_add((atomic_size_t *)context, 1);
        linalg_leave(1);
    }
}

static void a_task_does_not_wait_for_its_caller(void **state)
{
    (void)state;
    struct crowd crowd;
    atomic_size_t entered = 0;
    gemml_set_threads(4);
    assert_int_equal(linalg_enter(4), GEMML_OK);
    gather(&crowd, LINALG_SLOTS - 4);
    parallel_for(50, enter_in_a_task, &entered);
    assert_int_equal(atomic_load(&entered), 50);
    linalg_leave(4);
    disperse(&crowd, LINALG_SLOTS - 3);
}

static void who_is_refused_gives_the_slot_back(void **state)
{
    (void)state;
    gemml_set_threads(GEMML_THREADS_MAX);
    alarm(4 * PATIENCE_SECONDS);
    for (int i = 0; i < 2 * LINALG_SLOTS; i++)
        assert_int_equal(linalg_enter((size_t)1 << 40), GEMML_ERROR_MEMORY);
    assert_int_equal(linalg_enter(1), GEMML_OK);
    linalg_leave(1);
    alarm(0);
}

static int enter_and_leave(void)
{
    for (int i = 0; i < 2 * LINALG_SLOTS; i++) {
        if (linalg_enter(1) != GEMML_OK)
            return 1;
        linalg_leave(1);
    }
    return 0;
}

static int leave_and_enter(void)
{
    linalg_leave(4); /* what the parent's thread entered */
    return enter_and_leave();
}

static void a_child_has_no_queue(void **state)
{
    (void)state;
    need_threads_in_children();
    struct crowd crowd;
    gemml_set_threads(4);
    assert_int_equal(linalg_enter(4), GEMML_OK);
    gather(&crowd, LINALG_SLOTS - 4);
    int inside = run_in_child(leave_and_enter);
    linalg_leave(4);
    int outside = run_in_child(enter_and_leave);
    disperse(&crowd, LINALG_SLOTS - 3);
    assert_int_equal(inside, 0);
    assert_int_equal(outside, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beside_the_pools_workers_there_are_the_other_slots),
        cmocka_unit_test(who_is_inside_enters_again_at_once),
        cmocka_unit_test(a_task_does_not_wait_for_its_caller),
        cmocka_unit_test(who_is_refused_gives_the_slot_back),
        cmocka_unit_test(a_child_has_no_queue),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

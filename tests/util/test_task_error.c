/* Errors of tasks: the lowest one wins, and its sentence crosses threads. */
#include "support/support.h"

#include "util/parallel.h"
#include "util/task_error.h"

static void no_error_leaves_the_sentence(void **state)
{
    struct task_error error;
    (void)state;
    error_write("from before");
    task_error_init(&error);
    for (size_t i = 0; i < 5; i++)
        task_error_note(&error, i, GEMML_OK);
    assert_false(task_error_failed(&error, SIZE_MAX));
    assert_int_equal(task_error_finish(&error), GEMML_OK);
    assert_string_equal(error_text(), "from before");
}

static void the_lowest_index_wins_in_any_order(void **state)
{
    const size_t orders[][3] = {{2, 5, 9}, {9, 5, 2}, {5, 9, 2}, {5, 2, 9}};
    const gemml_status statuses[] = {GEMML_ERROR_SHAPE, GEMML_ERROR_IO, GEMML_ERROR_MEMORY};
    (void)state;
    for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
        struct task_error error;
        task_error_init(&error);
        for (size_t i = 0; i < 3; i++) {
            size_t index = orders[o][i];
            gemml_status status = statuses[index == 2 ? 0 : index == 5 ? 1 : 2];
            task_error_note(&error, index, error_set(status, "task %zu", index));
            task_error_note(&error, 0, GEMML_OK);
        }
        error_write("overwritten");
        assert_int_equal(task_error_finish(&error), GEMML_ERROR_SHAPE);
        assert_string_equal(error_text(), "task 2");
    }
}

/* Only what comes after a failed task may be skipped. */
static void only_later_tasks_may_be_skipped(void **state)
{
    struct task_error error;
    (void)state;
    task_error_init(&error);
    task_error_note(&error, 7, error_set(GEMML_ERROR_IO, "seven"));
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(task_error_failed(&error, i), i > 7);
    task_error_note(&error, 3, error_set(GEMML_ERROR_IO, "three"));
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(task_error_failed(&error, i), i > 3);
    assert_true(task_error_failed(&error, SIZE_MAX));
    assert_int_equal(task_error_finish(&error), GEMML_ERROR_IO);
}

static void a_sentence_of_full_length_arrives(void **state)
{
    char longest[ERROR_BYTES];
    struct task_error error;
    (void)state;
    memset(longest, 'e', ERROR_BYTES - 1);
    longest[ERROR_BYTES - 1] = '\0';
    task_error_init(&error);
    task_error_note(&error, SIZE_MAX - 1, error_set(GEMML_ERROR_FORMAT, "%s", longest));
    error_write("short");
    assert_int_equal(task_error_finish(&error), GEMML_ERROR_FORMAT);
    assert_string_equal(error_text(), longest);
}

/* Every third task from 4 on fails, on whichever thread it runs. */
static void fail_task(void *context, size_t index)
{
    struct task_error *error = context;
    if (!task_error_failed(error, index))
        task_error_note(error, index,
                        index % 3 == 1 && index >= 4 ? error_set(GEMML_ERROR_NONFINITE, "task %zu of many", index)
                                                     : GEMML_OK);
}

static void sentences_cross_threads(void **state)
{
    (void)state;
    for (size_t threads = 1; threads <= 4; threads++) {
        gemml_set_threads(threads);
        for (int round = 0; round < 200; round++) {
            struct task_error error;
            task_error_init(&error);
            parallel_for(64, fail_task, &error);
            error_write("not this one");
            assert_int_equal(task_error_finish(&error), GEMML_ERROR_NONFINITE);
            assert_string_equal(error_text(), "task 4 of many");
        }
    }
    gemml_set_threads(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_error_leaves_the_sentence),    cmocka_unit_test(the_lowest_index_wins_in_any_order),
        cmocka_unit_test(only_later_tasks_may_be_skipped), cmocka_unit_test(a_sentence_of_full_length_arrives),
        cmocka_unit_test(sentences_cross_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

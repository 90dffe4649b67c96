/* Memory: sizes that overflow, alignment, growth, and the seam that fails. */
#include "support/support.h"

#include "util/alloc.h"

static bool is_aligned(const void *pointer)
{
    return (uintptr_t)pointer % MEMORY_ALIGNMENT == 0;
}

static void sizes_saturate(void **state)
{
    (void)state;
    assert_int_equal(memory_product(3, 8), 24);
    assert_int_equal(memory_product(0, SIZE_MAX), 0);
    assert_int_equal(memory_product(SIZE_MAX / 8, 8), SIZE_MAX / 8 * 8);
    assert_true(memory_product(SIZE_MAX / 8 + 1, 8) == SIZE_MAX);
    assert_true(memory_product(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
    assert_int_equal(memory_sum(3, 4), 7);
    assert_true(memory_sum(SIZE_MAX - 4, 4) == SIZE_MAX);
    assert_true(memory_sum(SIZE_MAX - 4, 5) == SIZE_MAX);
    assert_true(memory_sum(SIZE_MAX, SIZE_MAX) == SIZE_MAX);
}

static void sizes_are_rounded_up(void **state)
{
    (void)state;
    assert_int_equal(memory_round(0), 0);
    assert_int_equal(memory_round(1), MEMORY_ALIGNMENT);
    assert_int_equal(memory_round(MEMORY_ALIGNMENT), MEMORY_ALIGNMENT);
    assert_int_equal(memory_round(MEMORY_ALIGNMENT + 1), 2 * MEMORY_ALIGNMENT);
    assert_true(memory_round(SIZE_MAX) == SIZE_MAX);
    assert_true(memory_round(SIZE_MAX - 5) == SIZE_MAX);
}

static void blocks_are_aligned_and_writable(void **state)
{
    (void)state;
    for (size_t count = 0; count < 300; count++) {
        unsigned char *block = NULL;
        assert_int_equal(memory_alloc(&block, count, 1), GEMML_OK);
        assert_non_null(block);
        assert_true(is_aligned(block));
        memset(block, 0xA5, count);
        memory_free(block);
    }
    memory_free(NULL);
}

static void zeroed_blocks_are_zero(void **state)
{
    (void)state;
    for (int round = 0; round < 20; round++) { /* freed blocks come again, dirty */
        double *block = NULL;
        assert_int_equal(memory_zeroed(&block, 1000, sizeof *block), GEMML_OK);
        assert_true(is_aligned(block));
        for (size_t i = 0; i < 1000; i++)
            assert_true(block[i] == 0);
        memset(block, 0xFF, 1000 * sizeof *block);
        memory_free(block);
    }
}

static void copies_are_equal_and_apart(void **state)
{
    (void)state;
    double source[3] = {1, 2, 3}, *copy = NULL;
    assert_int_equal(memory_copy(&copy, source, 3, sizeof *copy), GEMML_OK);
    assert_memory_equal(copy, source, sizeof source);
    copy[0] = 7;
    assert_true(source[0] == 1);
    memory_free(copy);

    assert_int_equal(memory_copy(&copy, NULL, 0, sizeof *copy), GEMML_OK);
    assert_non_null(copy);
    memory_free(copy);

    char *text = NULL;
    assert_int_equal(memory_string(&text, "a column"), GEMML_OK);
    assert_string_equal(text, "a column");
    memory_free(text);
}

static void what_overflows_is_refused(void **state)
{
    (void)state;
    const size_t shapes[][2] = {
        {SIZE_MAX, 1}, {SIZE_MAX, 8}, {SIZE_MAX / 8 + 1, 8}, {SIZE_MAX - 10, 1}, {(size_t)PTRDIFF_MAX + 1, 1}};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        int here = 0;
        void *block = &here;
        error_set(GEMML_OK, "nothing yet");
        assert_int_equal(memory_alloc(&block, shapes[i][0], shapes[i][1]), GEMML_ERROR_MEMORY);
        assert_null(block);
        assert_non_null(strstr(error_text(), "out of memory"));
        block = &here;
        assert_int_equal(memory_zeroed(&block, shapes[i][0], shapes[i][1]), GEMML_ERROR_MEMORY);
        assert_null(block);
    }
}

static void arrays_grow_and_keep_their_contents(void **state)
{
    (void)state;
    size_t capacity = 0, moves = 0;
    uint32_t *array = NULL;
    for (size_t used = 0; used < 10000; used++) {
        const uint32_t *before = array;
        assert_int_equal(memory_grow(&array, &capacity, used, used + 1, sizeof *array), GEMML_OK);
        assert_true(capacity >= used + 1);
        assert_true(is_aligned(array));
        moves += array != before;
        array[used] = (uint32_t)used;
    }
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(array[i], i);
    assert_true(moves < 40); /* by a factor each time, not by one */
    memory_free(array);
}

static void growing_to_what_is_there_changes_nothing(void **state)
{
    (void)state;
    size_t capacity = 0;
    char *array = NULL;
    assert_int_equal(memory_grow(&array, &capacity, 0, 100, 1), GEMML_OK);
    const char *before = array;
    size_t capacity_before = capacity;
    assert_int_equal(memory_grow(&array, &capacity, 50, capacity, 1), GEMML_OK);
    assert_ptr_equal(array, before);
    assert_int_equal(capacity, capacity_before);
    memory_free(array);
}

/* The seam: notes sizes, and fails when the countdown is at 0. */
static size_t seam_calls, seam_bytes, seam_countdown;

static bool seam(size_t bytes)
{
    seam_calls++;
    seam_bytes = bytes;
    return seam_countdown-- == 0;
}

static void set_seam(size_t countdown)
{
    seam_calls = seam_bytes = 0;
    seam_countdown = countdown;
    memory_fails = seam;
}

static int remove_seam(void **state)
{
    (void)state;
    memory_fails = NULL;
    return 0;
}

static void the_seam_sees_every_allocation(void **state)
{
    (void)state;
    void *a = NULL, *b = NULL, *c = NULL;
    char *d = NULL;
    size_t capacity = 0;
    set_seam(SIZE_MAX);
    assert_int_equal(memory_alloc(&a, 3, 5), GEMML_OK);
    assert_int_equal(seam_bytes, 15);
    assert_int_equal(memory_zeroed(&b, 7, 1), GEMML_OK);
    assert_int_equal(seam_bytes, 7);
    assert_int_equal(memory_copy(&c, "abc", 3, 1), GEMML_OK);
    assert_int_equal(seam_bytes, 3);
    assert_int_equal(memory_string(&d, "abcd"), GEMML_OK);
    assert_int_equal(seam_bytes, 5);
    memory_free(a);
    a = NULL;
    assert_int_equal(memory_grow(&a, &capacity, 0, 1000, 4), GEMML_OK);
    assert_int_equal(seam_bytes, 4000);
    assert_int_equal(seam_calls, 5);
    memory_free(a), memory_free(b), memory_free(c), memory_free(d);
}

static void the_seam_makes_allocations_fail(void **state)
{
    (void)state;
    int here = 0;
    void *block = &here;
    char *text = NULL;
    set_seam(1);
    assert_int_equal(memory_string(&text, "first"), GEMML_OK);
    assert_int_equal(memory_alloc(&block, 11, 3), GEMML_ERROR_MEMORY);
    assert_null(block);
    assert_non_null(strstr(error_text(), "33 bytes"));
    memory_free(text);
    set_seam(0);
    assert_int_equal(memory_zeroed(&block, 11, 3), GEMML_ERROR_MEMORY);
    set_seam(0);
    assert_int_equal(memory_copy(&block, "abc", 3, 1), GEMML_ERROR_MEMORY);
    set_seam(0);
    assert_int_equal(memory_string(&text, "abc"), GEMML_ERROR_MEMORY);
    assert_null(text);
}

static void an_array_that_cannot_grow_stays(void **state)
{
    (void)state;
    size_t capacity = 0;
    char *array = NULL;
    assert_int_equal(memory_grow(&array, &capacity, 0, 6, 1), GEMML_OK);
    strcpy(array, "alpha");
    char *before = array;
    size_t capacity_before = capacity;
    set_seam(0);
    assert_int_equal(memory_grow(&array, &capacity, 6, capacity + 1, 1), GEMML_ERROR_MEMORY);
    assert_ptr_equal(array, before);
    assert_int_equal(capacity, capacity_before);
    assert_string_equal(array, "alpha");
    assert_int_equal(memory_grow(&array, &capacity, 6, SIZE_MAX, 8), GEMML_ERROR_MEMORY);
    assert_string_equal(array, "alpha");
    memory_free(array);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_saturate),
        cmocka_unit_test(sizes_are_rounded_up),
        cmocka_unit_test(blocks_are_aligned_and_writable),
        cmocka_unit_test(zeroed_blocks_are_zero),
        cmocka_unit_test(copies_are_equal_and_apart),
        cmocka_unit_test(what_overflows_is_refused),
        cmocka_unit_test(arrays_grow_and_keep_their_contents),
        cmocka_unit_test(growing_to_what_is_there_changes_nothing),
        cmocka_unit_test_teardown(the_seam_sees_every_allocation, remove_seam),
        cmocka_unit_test_teardown(the_seam_makes_allocations_fail, remove_seam),
        cmocka_unit_test_teardown(an_array_that_cannot_grow_stays, remove_seam),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The sentence of the last error: how it is cut, and whose it is. */
#include "support/support.h"

#include <pthread.h>

#include "util/error.h"

#define LONGEST (ERROR_BYTES - 1)

static void status_and_sentence(void **state)
{
    (void)state;
    assert_int_equal(error_set(GEMML_ERROR_SHAPE, "X is %d x %d but y has %zu rows", 10, 3, (size_t)9),
                     GEMML_ERROR_SHAPE);
    assert_string_equal(error_text(), "X is 10 x 3 but y has 9 rows");
    assert_string_equal(gemml_last_error(), "X is 10 x 3 but y has 9 rows");
    assert_int_equal(error_memory(1234567), GEMML_ERROR_MEMORY);
    assert_non_null(strstr(error_text(), "1234567 bytes"));
}

static void a_long_sentence_is_cut(void **state)
{
    (void)state;
    char text[2 * ERROR_BYTES + 1];
    for (size_t length = LONGEST - 2; length <= 2 * ERROR_BYTES; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        error_set(GEMML_ERROR_IO, "%s", text);
        assert_int_equal(strlen(error_text()), length < LONGEST ? length : LONGEST);
    }
}

/* `character` at every distance from the end of the buffer: it is kept whole,
 * or left out whole, and nothing else is lost. */
static void check_character(const char *character)
{
    size_t width = strlen(character);
    for (size_t before = LONGEST - 8; before <= LONGEST; before++) {
        char text[LONGEST + 8];
        memset(text, 'a', before);
        strcpy(text + before, character);
        error_set(GEMML_ERROR_FORMAT, "%s", text);
        size_t expected = before + width <= LONGEST ? before + width : before;
        assert_int_equal(strlen(error_text()), expected);
        assert_memory_equal(error_text(), text, expected);
    }
}

static void no_character_is_cut_in_two(void **state)
{
    (void)state;
    check_character("a");
    check_character("\xC3\xA9");
    check_character("\xE2\x82\xAC");
    check_character("\xF0\x9F\x99\x82");
}

static void a_whole_last_character_stays(void **state)
{
    (void)state;
    error_set(GEMML_ERROR_IO, "%s", "caf\xC3\xA9");
    assert_string_equal(error_text(), "caf\xC3\xA9");
    error_set(GEMML_ERROR_IO, "%s", "");
    assert_string_equal(error_text(), "");
}

static void arguments_may_be_the_sentence_itself(void **state)
{
    (void)state;
    error_set(GEMML_ERROR_IO, "the disk is full");
    assert_int_equal(error_set(GEMML_ERROR_FORMAT, "model.gemml: %s, said twice: %s", error_text(), error_text()),
                     GEMML_ERROR_FORMAT);
    assert_string_equal(error_text(), "model.gemml: the disk is full, said twice: the disk is full");
    assert_int_equal(error_restore(GEMML_ERROR_IO, error_text()), GEMML_ERROR_IO);
    assert_string_equal(error_text(), "model.gemml: the disk is full, said twice: the disk is full");
}

static void a_restored_sentence_is_no_format(void **state)
{
    (void)state;
    error_restore(GEMML_ERROR_IO, "100%s of %d%n");
    assert_string_equal(error_text(), "100%s of %d%n");
}

struct other_thread {
    char at_start[ERROR_BYTES], at_end[ERROR_BYTES];
};

static void *fail_elsewhere(void *data)
{
    struct other_thread *other = data;
    strcpy(other->at_start, error_text());
    error_set(GEMML_ERROR_MEMORY, "from the other thread");
    strcpy(other->at_end, error_text());
    return NULL;
}

static void each_thread_has_its_own(void **state)
{
    (void)state;
    struct other_thread other;
    pthread_t thread;
    error_set(GEMML_ERROR_SHAPE, "from this thread");
    assert_int_equal(pthread_create(&thread, NULL, fail_elsewhere, &other), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_string_equal(other.at_start, "");
    assert_string_equal(other.at_end, "from the other thread");
    assert_string_equal(error_text(), "from this thread");
}

static gemml_status leave_on_failure(gemml_status status, int *reached)
{
    TRY(status);
    *reached += 1;
    return GEMML_OK;
}

static void try_passes_a_failure_on(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(leave_on_failure(GEMML_ERROR_UNFITTED, &reached), GEMML_ERROR_UNFITTED);
    assert_int_equal(reached, 0);
    assert_int_equal(leave_on_failure(GEMML_OK, &reached), GEMML_OK);
    assert_int_equal(reached, 1);
}

static void every_status_has_a_name(void **state)
{
    (void)state;
    for (int a = GEMML_ERROR_UNSUPPORTED; a <= GEMML_OK; a++) {
        assert_string_not_equal(gemml_status_string((gemml_status)a), "unknown status");
        for (int b = GEMML_ERROR_UNSUPPORTED; b < a; b++)
            assert_string_not_equal(gemml_status_string((gemml_status)a), gemml_status_string((gemml_status)b));
    }
    assert_string_equal(gemml_status_string((gemml_status)1), "unknown status");
    assert_string_equal(gemml_status_string((gemml_status)-1000), "unknown status");
    assert_string_equal(gemml_status_string(GEMML_ERROR_SHAPE), "shape error");
}

static void the_version_is_that_of_the_header(void **state)
{
    (void)state;
    char version[32];
    snprintf(version, sizeof version, "%d.%d.%d", GEMML_VERSION_MAJOR, GEMML_VERSION_MINOR, GEMML_VERSION_PATCH);
    assert_string_equal(gemml_version(), version);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_and_sentence),
        cmocka_unit_test(a_long_sentence_is_cut),
        cmocka_unit_test(no_character_is_cut_in_two),
        cmocka_unit_test(a_whole_last_character_stays),
        cmocka_unit_test(arguments_may_be_the_sentence_itself),
        cmocka_unit_test(a_restored_sentence_is_no_format),
        cmocka_unit_test(each_thread_has_its_own),
        cmocka_unit_test(try_passes_a_failure_on),
        cmocka_unit_test(every_status_has_a_name),
        cmocka_unit_test(the_version_is_that_of_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Notices: sentences that follow one another. */
#include "chain/notice.h"

#include "data/failing.h"

static gemml_status add_another(void *context)
{
    struct fit_record *record = context;
    char *before = record->notice, copy[64];
    strcpy(copy, before);
    gemml_status status = notice_add(record, "Another.");
    if (status != GEMML_OK) {
        assert_ptr_equal(record->notice, before);
        assert_string_equal(record->notice, copy);
    }
    return status;
}

static void sentences_are_joined_by_a_blank(void **state)
{
    struct fit_record record = {0};
    (void)state;
    assert_int_equal(notice_add(&record, "Column %zu of %s is constant.", (size_t)3, "x"), GEMML_OK);
    assert_string_equal(record.notice, "Column 3 of x is constant.");
    assert_int_equal(notice_add(&record, "100%% sure."), GEMML_OK);
    assert_string_equal(record.notice, "Column 3 of x is constant. 100% sure.");
    fail_each_allocation(add_another, &record); /* once for each way of failing */
    assert_string_equal(record.notice, "Column 3 of x is constant. 100% sure. Another. Another.");
    memory_free(record.notice);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sentences_are_joined_by_a_blank)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

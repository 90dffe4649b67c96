/* The program's small parts: numbers as text, and what a wrong word meant. */
#include <math.h>

#include "cli/nearest.h"
#include "cli/number.h"

#include "../support/support.h"

static void check_format(double value, const char *text)
{
    char written[NUMBER_BYTES];
    size_t length = number_format(written, value);
    assert_string_equal(written, text);
    assert_int_equal(length, strlen(text));
}

static void test_format(void **state)
{
    (void)state;
    check_format(0, "0");
    check_format(-1, "-1");
    check_format(0.1, "0.1");
    check_format(0.1 + 0.2, "0.30000000000000004");
    check_format(1.0 / 3, "0.3333333333333333");
    check_format(-12.5, "-12.5");
    check_format(120, "120");
    check_format(0.00125, "0.00125");
    check_format(0.0000125, "1.25e-05");
    check_format(1e22, "1e+22");
    check_format(9007199254740993.0, "9007199254740992");
    check_format(1.7976931348623157e308, "1.7976931348623157e+308");
}

static uint64_t random_bits(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* All doubles and floats read back, whatever their bits. */
static void test_format_reads_back(void **state)
{
    (void)state;
    uint64_t seed = 88172645463325252u;
    for (int i = 0; i < 200000; i++) {
        uint64_t bits = random_bits(&seed);
        uint32_t half = (uint32_t)(bits >> 7);
        double value;
        float single;
        char text[NUMBER_BYTES];
        memcpy(&value, &bits, sizeof value);
        memcpy(&single, &half, sizeof single);
        if (isfinite(value) && (number_format(text, value) >= NUMBER_BYTES || strtod(text, NULL) != value))
            fail_msg("%a is written %s", value, text);
        if (isfinite(single) && (number_format_float(text, single) >= NUMBER_BYTES || strtof(text, NULL) != single))
            fail_msg("%a is written %s", (double)single, text);
    }
}

static void test_read(void **state)
{
    (void)state;
    double value = 7;
    assert_true(number_real("-1.5e3", &value) && value == -1500);
    assert_true(number_real("+.5", &value) && value == 0.5);
    assert_true(number_real("2.", &value) && value == 2);
    static const char *const bad[] = {"",   " 1",  "1 ",  "0x1", "inf", "nan",   "1,5", "1e",
                                      "e1", "--1", "1..", ".",   "+",   "1e999", "1f",  "1e+"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (number_real(bad[i], &value))
            fail_msg("'%s' is read as %g", bad[i], value);
    assert_true(value == 2);
    uint64_t count = 7;
    assert_true(number_count("18446744073709551615", &count) && count == UINT64_MAX);
    assert_false(number_count("18446744073709551616", &count));
    assert_false(number_count("-1", &count));
    assert_false(number_count("1e6", &count));
    assert_false(number_count("", &count));
}

static void test_nearest(void **state)
{
    (void)state;
    assert_int_equal(nearest_distance("standardise", "standardize"), 1);
    assert_int_equal(nearest_distance("perdict", "predict"), 1);
    assert_int_equal(nearest_distance("outptu", "output"), 1);
    assert_int_equal(nearest_distance("max-iter", "max-iterations"), 1);
    assert_int_equal(nearest_distance("json", "json"), 0);
    assert_int_equal(nearest_distance("lambda", "l2"), SIZE_MAX);
    assert_int_equal(nearest_distance("", "l2"), SIZE_MAX);
    assert_int_equal(nearest_distance("x", "l2"), SIZE_MAX);
    char longest[100] = {0};
    memset(longest, 'a', sizeof longest - 1);
    assert_int_equal(nearest_distance(longest, "threads"), SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_format_reads_back),
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_nearest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

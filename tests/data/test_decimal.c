/* The fast reading of numbers: what strtod reads, to the bit, or left to number_parse. */
#include "support/support.h"

#include <math.h>

#include "data/decimal.h"

/* Digits in [least, most], at random. */
static size_t random_digits(char *text, uint64_t *seed, int least, int most)
{
    int count = least + (int)((test_random(seed) + 1) / 2 * (most - least + 1));
    for (int i = 0; i < count; i++)
        text[i] = (char)('0' + (int)((test_random(seed) + 1) * 5));
    return (size_t)count;
}

/* What is read is what strtod reads; true when it was read at all. */
static bool agrees(const char *text)
{
    char *end;
    double value = 0, truth = strtod(text, &end);
    const char *behind = decimal_parse(text, &value);
    if (behind && (behind != end || value != truth || signbit(value) != signbit(truth)))
        fail_msg("%s: %.17g", text, value);
    return behind != NULL;
}

static const char followers[] = {',', '\n', '\r', ';', ' ', '\t', '\0', '/', ':'};

static void test_short(void **state)
{
    (void)state;
    uint64_t seed = 3;
    size_t parsed = 0, count = 200000;
    for (size_t i = 0; i < count; i++) {
        char text[32 + DECIMAL_PADDING] = "-";
        size_t used = i % 2;
        used += random_digits(text + used, &seed, 1, 9);
        if (i % 4 < 3) {
            text[used++] = '.';
            used += random_digits(text + used, &seed, 0, 6);
        }
        text[used] = followers[i % sizeof followers];
        parsed += agrees(text);
    }
    assert_int_equal(parsed, count); /* 15 digits are always exact */
}

/* Up to 23 digits, zeros in front among them, and exponents. */
static void test_long(void **state)
{
    (void)state;
    uint64_t seed = 5;
    size_t parsed = 0;
    for (size_t i = 0; i < 1000000; i++) {
        char text[64 + DECIMAL_PADDING] = "-0.00000";
        size_t used = i % 2 ? 1 + (i / 2) % 8 : 0;
        if (used < 3) {
            used += random_digits(text + used, &seed, 0, 11);
            text[used++] = '.';
        }
        used += random_digits(text + used, &seed, 0, 18);
        if (i % 3 == 0)
            used += (size_t)sprintf(text + used, "%c%+03d", i % 6 ? 'e' : 'E', (int)(test_random(&seed) * 30));
        text[used] = followers[i % sizeof followers];
        parsed += agrees(text);
    }
    assert_in_range(parsed, 700000, 1000000);
}

/* As programs write doubles: with all their digits nearly every one is read here. */
static void test_doubles(void **state)
{
    (void)state;
    static const char *const formats[] = {"%.18e", "%.17g", "%.16g", "%.6g", "%.3f", "%.0f"};
    uint64_t seed = 7;
    size_t parsed = 0, count = 600000;
    for (size_t i = 0; i < count; i++) {
        char text[64 + DECIMAL_PADDING];
        double number = test_random(&seed) * exp(8 * test_random(&seed));
        int length = snprintf(text, sizeof text - DECIMAL_PADDING, formats[i % 6], number);
        memset(text + length, 0, DECIMAL_PADDING);
        parsed += agrees(text);
    }
    assert_in_range(parsed, count / 1000 * 995, count);
}

/* Middles of two doubles, which have more digits than others, and what is next to them. */
static void test_middles(void **state)
{
    (void)state;
    uint64_t seed = 11;
    for (size_t i = 0; i < 200000; i++) {
        char text[64 + DECIMAL_PADDING] = "";
        double number = 9007199254740992.0 * (1.5 + test_random(&seed) / 2); /* in [2^53, 2^54): every other integer */
        uint64_t middle = (uint64_t)number + 1;
        snprintf(text, 64, "%llu.%s%d", (unsigned long long)middle - (i % 3 == 2), i % 3 == 2 ? "99" : "",
                 (int)(i % 2));
        agrees(text);
        snprintf(text, 64, "%llue%d", (unsigned long long)middle, (int)(i % 24) - 20);
        agrees(text);
    }
}

static void test_others(void **state)
{
    (void)state;
    static const char left[][48 + DECIMAL_PADDING] = {"",
                                                      "-",
                                                      "+1",
                                                      ".5",
                                                      "x",
                                                      "--1",
                                                      "e5",
                                                      "1e",
                                                      "1e+",
                                                      "1.5e-x",
                                                      "1e00001",
                                                      "1e99",
                                                      "1e-99",
                                                      "12345678901234567890",
                                                      "0.12345678901234567891",
                                                      "1234567890123456789012345678901234567890123",
                                                      "0000000000000000000000000000000000000000001",
                                                      "0.1234567890123456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        double value;
        if (decimal_parse(left[i], &value))
            fail_msg("%s", left[i]);
    }
    static const char read[][32 + DECIMAL_PADDING] = {"0",
                                                      "-0",
                                                      "0.0",
                                                      "-0e5",
                                                      "00.5",
                                                      "1e0022",
                                                      "1e22",
                                                      "9007199254740993",
                                                      "1e-30",
                                                      "1.E+3x",
                                                      "7.;",
                                                      "0.000000000000001234567890123456789e5",
                                                      "18446744073709551615e-1"};
    for (size_t i = 0; i < sizeof read / sizeof *read; i++)
        agrees(read[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_short),   cmocka_unit_test(test_long),   cmocka_unit_test(test_doubles),
        cmocka_unit_test(test_middles), cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

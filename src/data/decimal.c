/* A word of eight characters is taken apart without a branch for each digit:
 * numbers of varying length cost no mispredicted loop exits (after Lemire,
 * "Number parsing at a gigabyte per second", 2021, and Mula's SWAR digits). */
#include "data/decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_MAX 15 /* 10^15 < 2^53 */

static const double power_of_ten[DIGITS_MAX + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
static const uint64_t integer_power_of_ten[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* Eight characters, the first in the lowest byte. */
static uint64_t load(const char *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

/* How many characters from the first on are digits: xor with '0' leaves 0 to 9
 * of a digit, and adding 0x76 carries anything larger into the top bit. */
static unsigned count_digits(uint64_t word)
{
    uint64_t t = word ^ 0x3030303030303030u;
    uint64_t others = (((t & 0x7F7F7F7F7F7F7F7Fu) + 0x7676767676767676u) | t) & 0x8080808080808080u;
    return others ? (unsigned)__builtin_ctzll(others) / 8 : 8;
}

/* The value of the first `count` <= 8 characters, all digits: they are moved up
 * behind zeros, and then summed in pairs, fours and eights. */
static uint64_t digits_value(uint64_t word, unsigned count)
{
    uint64_t t = word ^ 0x3030303030303030u;
    t = count > 0 ? t << (64 - 8 * count) : 0;
    t = (t * 10 + (t >> 8)) & 0x00FF00FF00FF00FFu;
    t = (t * 100 + (t >> 16)) & 0x0000FFFF0000FFFFu;
    return (t * 10000 + (t >> 32)) & 0xFFFFFFFFu;
}

const char *decimal_parse(const char *first, double *value)
{
    bool negative = *first == '-';
    const char *at = first + negative;
    uint64_t word = load(at);
    unsigned whole = count_digits(word), parts = 0;
    if (whole == 0 || whole == 8)
        return NULL;
    uint64_t mantissa = digits_value(word, whole);
    at += whole;
    if (*at == '.') {
        word = load(++at);
        parts = count_digits(word);
        mantissa = mantissa * integer_power_of_ten[parts] + digits_value(word, parts);
        at += parts;
        if (parts == 8) {
            word = load(at);
            unsigned more = count_digits(word);
            parts += more;
            if (whole + parts > DIGITS_MAX)
                return NULL;
            mantissa = mantissa * integer_power_of_ten[more] + digits_value(word, more);
            at += more;
        }
    }
    if ((*at | 0x20) == 'e')
        return NULL;
    double magnitude = (double)(int64_t)mantissa / power_of_ten[parts];
    *value = negative ? -magnitude : magnitude;
    return at;
}

/* A decimal number is a whole number m of its digits and a power of ten: m 10^q.
 *
 * Digits are taken eight at a time from one 64-bit word without a branch for each:
 * numbers of varying length cost no mispredicted loop exits (after Lemire, "Number
 * parsing at a gigabyte per second", 2021, and Mula's SWAR digits).
 *
 * Up to 15 digits, m and 10^-q are doubles, and one division rounds as it should
 * (Clinger, "How to read floating point numbers accurately", 1990). Up to 19 digits
 * m fits 64 bits. With 5^q = t 2^(p - 63), t in [2^63, 2^64) and m moved up to
 * the top of its word by z bits,
 *
 *     m 10^q = (m 2^z) t 2^(q + p - 63 - z),   p = floor(log2 5^q)
 *
 * t is kept rounded down, so the 128-bit product is too small by less than 2^64, one
 * unit of its upper half. Where the bits behind the 53rd are not within that unit of
 * one half, they say how to round (Eisel and Lemire's method, without its second
 * table); else, in one of some 500 numbers, it is left to number_parse. */
#include "data/decimal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGITS_EXACT 15 /* 10^15 < 2^53 */
#define DIGITS_MAX 19   /* 10^19 < 2^64 */
#define DIGITS_READ 40
#define EXPONENT_DIGITS 4
#define POWER_LEAST (-32)
#define POWER_MOST 27

/* The compiler thinks them too long; each call costs more than its text. */
#define INLINE __attribute__((always_inline)) static inline

__extension__ typedef unsigned __int128 product128;

static const double power_of_ten[DIGITS_EXACT + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
static const uint64_t integer_power_of_ten[9] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};

/* t of 5^q, q = -32 .. 27. */
static const uint64_t power_of_five[POWER_MOST - POWER_LEAST + 1] = {
    0xCFB11EAD453994BA, 0x81CEB32C4B43FCF4, 0xA2425FF75E14FC31, 0xCAD2F7F5359A3B3E, 0xFD87B5F28300CA0D,
    0x9E74D1B791E07E48, 0xC612062576589DDA, 0xF79687AED3EEC551, 0x9ABE14CD44753B52, 0xC16D9A0095928A27,
    0xF1C90080BAF72CB1, 0x971DA05074DA7BEE, 0xBCE5086492111AEA, 0xEC1E4A7DB69561A5, 0x9392EE8E921D5D07,
    0xB877AA3236A4B449, 0xE69594BEC44DE15B, 0x901D7CF73AB0ACD9, 0xB424DC35095CD80F, 0xE12E13424BB40E13,
    0x8CBCCC096F5088CB, 0xAFEBFF0BCB24AAFE, 0xDBE6FECEBDEDD5BE, 0x89705F4136B4A597, 0xABCC77118461CEFC,
    0xD6BF94D5E57A42BC, 0x8637BD05AF6C69B5, 0xA7C5AC471B478423, 0xD1B71758E219652B, 0x83126E978D4FDF3B,
    0xA3D70A3D70A3D70A, 0xCCCCCCCCCCCCCCCC, 0x8000000000000000, 0xA000000000000000, 0xC800000000000000,
    0xFA00000000000000, 0x9C40000000000000, 0xC350000000000000, 0xF424000000000000, 0x9896800000000000,
    0xBEBC200000000000, 0xEE6B280000000000, 0x9502F90000000000, 0xBA43B74000000000, 0xE8D4A51000000000,
    0x9184E72A00000000, 0xB5E620F480000000, 0xE35FA931A0000000, 0x8E1BC9BF04000000, 0xB1A2BC2EC5000000,
    0xDE0B6B3A76400000, 0x8AC7230489E80000, 0xAD78EBC5AC620000, 0xD8D726B7177A8000, 0x878678326EAC9000,
    0xA968163F0A57B400, 0xD3C21BCECCEDA100, 0x84595161401484A0, 0xA56FA5B99019A5C8, 0xCECB8F27F4200F3A};

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

/* Appends the digits at *at, eight at most, to the mantissa; how many there are. */
INLINE unsigned take_word(const char **at, uint64_t *mantissa)
{
    uint64_t word = load(*at);
    unsigned count = count_digits(word);
    *mantissa = *mantissa * integer_power_of_ten[count] + digits_value(word, count);
    *at += count;
    return count;
}

/* Appends all digits at *at; beyond 40 some may be left. The mantissa is modulo 2^64. */
INLINE unsigned take_digits(const char **at, uint64_t *mantissa)
{
    unsigned count = take_word(at, mantissa);
    for (unsigned last = count; last == 8 && count < DIGITS_READ; count += last)
        last = take_word(at, mantissa);
    return count;
}

/* Appends the digits before the point. One digit and a point is the usual case: a
 * branch that is foreseen lets the processor go on before it has counted. */
INLINE unsigned take_whole(const char **at, uint64_t *mantissa)
{
    unsigned digit = (unsigned char)**at - (unsigned)'0';
    if (digit > 9 || (*at)[1] != '.')
        return take_digits(at, mantissa);
    ++*at;
    *mantissa = digit;
    return 1;
}

/* Zeros before the first other digit. */
static unsigned leading_zeros(const char *at)
{
    unsigned count = 0;
    for (; *at == '0' || *at == '.'; at++)
        count += *at == '0';
    return count;
}

/* Takes [+-] digits behind an 'e'; NULL when there are none, or too many. */
static const char *take_exponent(const char *at, int *exponent)
{
    bool negative = *at == '-';
    const char *first = at + (*at == '-' || *at == '+');
    int value = 0;
    for (at = first; *at >= '0' && *at <= '9'; at++) {
        if (at - first == EXPONENT_DIGITS)
            return NULL;
        value = 10 * value + (*at - '0');
    }
    *exponent = negative ? -value : value;
    return at > first ? at : NULL;
}

/* Without a branch: signs of data are as hard to predict as coins. */
static double with_sign(double magnitude, bool negative)
{
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    bits ^= (uint64_t)negative << 63;
    memcpy(&magnitude, &bits, sizeof bits);
    return magnitude;
}

/* 2^e of a normal double. */
static double power_of_two(int e)
{
    uint64_t bits = (uint64_t)(e + 1023) << 52;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* *value = m 10^q to the nearest; false when that is not sure. */
static bool scale(uint64_t m, int q, double *value)
{
    *value = 0;
    if (m == 0)
        return true;
    if (q < POWER_LEAST || q > POWER_MOST)
        return false;
    int z = __builtin_clzll(m);
    uint64_t upper = (uint64_t)(((product128)(m << z) * power_of_five[q - POWER_LEAST]) >> 64);
    int behind = 10 + (int)(upper >> 63); /* bits behind the 53rd */
    uint64_t half = (uint64_t)1 << (behind - 1), rest = upper & (2 * half - 1);
    if (rest == half || rest == half - 1)
        return false;
    int p = (152170 * q) >> 16; /* 152170 / 2^16 = log2 5, near enough for these q */
    *value = (double)((upper >> behind) + (rest > half)) * power_of_two(behind + 64 + q + p - 63 - z);
    return true;
}

/* What follows the digits of a number that is not short. */
static const char *finish_long(const char *digits, const char *at, uint64_t mantissa, unsigned count, unsigned parts,
                               double *magnitude)
{
    int exponent = 0;
    if (count > DIGITS_MAX && (count >= DIGITS_READ || count - leading_zeros(digits) > DIGITS_MAX))
        return NULL;
    if ((*at | 0x20) == 'e' && !(at = take_exponent(at + 1, &exponent)))
        return NULL;
    return scale(mantissa, exponent - (int)parts, magnitude) ? at : NULL;
}

const char *decimal_parse(const char *first, double *value)
{
    bool negative = *first == '-';
    const char *digits = first + negative, *at = digits;
    uint64_t mantissa = 0;
    double magnitude;
    unsigned count = take_whole(&at, &mantissa), parts = 0;
    if (count == 0)
        return NULL;
    if (*at == '.') {
        at++;
        parts = take_digits(&at, &mantissa);
        count += parts;
    }
    if (count <= DIGITS_EXACT && (*at | 0x20) != 'e')
        magnitude = (double)(int64_t)mantissa / power_of_ten[parts];
    else if (!(at = finish_long(digits, at, mantissa, count, parts, &magnitude)))
        return NULL;
    *value = with_sign(magnitude, negative);
    return at;
}

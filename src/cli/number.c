/* Numbers as text. The program never calls setlocale, so that the C library
 * reads and writes them with a point. */
#include "cli/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_digits(const char *text)
{
    while (*text >= '0' && *text <= '9')
        text++;
    return text;
}

/* [+-] digits [. digits] [e [+-] digits], with a digit before the exponent. */
static bool is_decimal(const char *text)
{
    text += *text == '-' || *text == '+';
    const char *end = skip_digits(text);
    size_t count = (size_t)(end - text);
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        count += (size_t)(end - fraction);
    }
    if (count == 0)
        return false;
    if (*end == 'e' || *end == 'E') {
        end += 1 + (end[1] == '-' || end[1] == '+');
        if (skip_digits(end) == end)
            return false;
        end = skip_digits(end);
    }
    return *end == '\0';
}

bool number_real(const char *text, double *value)
{
    if (!is_decimal(text))
        return false;
    double read = strtod(text, NULL);
    if (!isfinite(read))
        return false;
    *value = read;
    return true;
}

bool number_count(const char *text, uint64_t *value)
{
    if (*text == '\0' || *skip_digits(text) != '\0')
        return false;
    uint64_t read = 0;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (read > (UINT64_MAX - digit) / 10)
            return false;
        read = 10 * read + digit;
    }
    *value = read;
    return true;
}

/* Writes m * 10^exponent, m > 0, without trailing zeros: 12.5, 0.00125, 1.25e-07. */
static size_t lay_out(char *text, bool negative, uint64_t m, int exponent)
{
    char reversed[24], *out = text;
    int count = 0;
    for (; m % 10 == 0; m /= 10)
        exponent++;
    for (; m > 0; m /= 10)
        reversed[count++] = (char)('0' + m % 10);
    int point = count + exponent; /* digits before the point */
    bool plain = point > -4 && point <= 17;
    int before = plain ? point : 1, first = before < 0 ? before : 0; /* digits before 0 are leading zeros */
    if (negative)
        *out++ = '-';
    if (before <= 0)
        *out++ = '0';
    for (int i = first; i < count || i < before; i++) {
        if (i == before)
            *out++ = '.';
        *out++ = i >= 0 && i < count ? reversed[count - 1 - i] : '0';
    }
    *out = '\0';
    if (!plain)
        out += sprintf(out, "e%+03d", point - 1);
    return (size_t)(out - text);
}

/* Whether the text reads back as the value, in its precision. */
static bool reads_back(const char *text, double value, bool single)
{
    return single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value;
}

/* `digits` digits always suffice (17 for a double, 9 for a float). Two fewer can
 * only do when the last two are near 00: |error| < 2^-53 of the value is at most
 * 12 units of the 17th digit, and for a float 2^-24 at most 60 of the 9th. */
static size_t format(char *text, double value, bool single)
{
    if (!isfinite(value) || value == 0)
        return (size_t)snprintf(text, NUMBER_BYTES, "%g", value);
    int digits = single ? 9 : 17;
    char scientific[NUMBER_BYTES]; /* d.ddde+xx */
    snprintf(scientific, sizeof scientific, "%.*e", digits - 1, fabs(value));
    uint64_t m = (uint64_t)(scientific[0] - '0');
    for (int i = 2; i <= digits; i++)
        m = 10 * m + (uint64_t)(scientific[i] - '0');
    int exponent = atoi(scientific + digits + 2) - (digits - 1);
    size_t length;
    if (single || m % 100 <= 12 || m % 100 >= 88) {
        length = lay_out(text, value < 0, (m + 50) / 100, exponent + 2);
        if (reads_back(text, value, single))
            return length;
    }
    length = lay_out(text, value < 0, (m + 5) / 10, exponent + 1);
    if (reads_back(text, value, single))
        return length;
    return lay_out(text, value < 0, m, exponent);
}

size_t number_format(char text[NUMBER_BYTES], double value)
{
    return format(text, value, false);
}

size_t number_format_float(char text[NUMBER_BYTES], float value)
{
    return format(text, (double)value, true);
}

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

size_t number_format(char text[NUMBER_BYTES], double value)
{
    int length = snprintf(text, NUMBER_BYTES, "%.15g", value);
    if (strtod(text, NULL) != value)
        length = snprintf(text, NUMBER_BYTES, "%.17g", value);
    return (size_t)length;
}

size_t number_format_float(char text[NUMBER_BYTES], float value)
{
    int length = snprintf(text, NUMBER_BYTES, "%.6g", (double)value);
    if (strtof(text, NULL) != value)
        length = snprintf(text, NUMBER_BYTES, "%.9g", (double)value);
    return (size_t)length;
}

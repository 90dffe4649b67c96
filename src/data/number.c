/* number_parse by strtod_l in the "C" locale, for builds without a C++ compiler. */
#include "data/number.h"

#include <locale.h>
#include <pthread.h>
#include <stdlib.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static locale_t c_locale;

/* The "C" locale is a constant of the C library: making it neither allocates nor fails. */
static void make_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

const char *number_parse(const char *first, const char *last, double *value)
{
    const char *digits = first + (*first == '+' || *first == '-');
    if (digits >= last || !(is_digit(*digits) || (*digits == '.' && is_digit(digits[1]))))
        return NULL;
    if (*digits == '0' && (digits[1] == 'x' || digits[1] == 'X')) { /* strtod would read hexadecimal */
        *value = *first == '-' ? -0.0 : 0.0;
        return digits + 1;
    }
    char *end;
    pthread_once(&once, make_locale);
    *value = strtod_l(first, &end, c_locale);
    return end;
}

/* number_parse by fast_float (Lemire, "Number parsing at a gigabyte per second", 2021). */
#include "data/number.h"

#ifndef NDEBUG
#define NDEBUG /* fast_float's assertions would end the process */
#endif
#include <fast_float/fast_float.h>

extern "C" const char *number_parse(const char *first, const char *last, double *value)
{
    /* The sign is taken here: fast_float knows no '+', and would read "-inf". */
    const char *digits = first + (*first == '+' || *first == '-');
    if (digits >= last || !((*digits >= '0' && *digits <= '9') || *digits == '.'))
        return nullptr;
    fast_float::from_chars_result result = fast_float::from_chars(*first == '-' ? first : digits, last, *value);
    return result.ec == std::errc() ? result.ptr : nullptr;
}

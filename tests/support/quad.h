/* Numbers of more digits than long double has, where the compiler knows them. */
#ifndef GEMML_TESTS_SUPPORT_QUAD_H
#define GEMML_TESTS_SUPPORT_QUAD_H

#include <math.h>

#ifdef __SIZEOF_FLOAT128__
__extension__ typedef __float128 quad;
#else
typedef long double quad;
#endif

static inline quad quad_size(quad value)
{
    return value < 0 ? -value : value;
}

/* sqrt of what may lie outside the range of a double. */
static inline quad quad_root(quad square)
{
    quad unit = 1;
    if (square == 0)
        return 0;
    for (; square > 0x1p200; unit *= 0x1p100)
        square *= 0x1p-200;
    for (; square < 0x1p-200; unit *= 0x1p-100)
        square *= 0x1p200;
    return unit * (quad)sqrt((double)square);
}

#endif

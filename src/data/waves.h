/* Sines and cosines of the q numbers of a row, and of their squares:
 *
 *   sin x_j, cos x_j, sin x_j^2, cos x_j^2,   j = 0 .. q - 1
 *
 * function by function, those that are wanted. The square is taken in double-double,
 * s + e, and its sine is sin s + e cos s: a rounding of a large square would shift it. */
#ifndef GEMML_DATA_WAVES_H
#define GEMML_DATA_WAVES_H

#include <gemml/table.h>

struct waves {
    size_t numbers, count; /* q; all inputs that are made */
    unsigned terms;        /* bits of gemml_term, those of waves alone */
};

/* The waves among the terms. */
struct waves waves_make(size_t numbers, unsigned terms);

/* out[0 .. count - 1] from x[0], x[stride], ...: the q numbers. */
void waves_evaluate(const struct waves *waves, const double *x, size_t stride, double *out);

/* The name of wave w, as "sin(a^2)", of the numbers' names: its bytes with the
 * zero, and the text to `out` unless that is NULL. */
size_t waves_name(const struct waves *waves, size_t w, const char *const *names, char *out);

#endif

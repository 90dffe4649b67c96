/* Short decimal numbers, fast: eight digits at a time, in one 64-bit word. */
#ifndef GEMML_DATA_DECIMAL_H
#define GEMML_DATA_DECIMAL_H

/* Bytes that must be readable behind the number. */
#define DECIMAL_PADDING 32

/* Parses [-] digits [. digits] of at most 15 digits in all, and at most seven
 * before the point, which are then m / 10^k with both exact, so that one
 * division rounds as it should (Clinger, "How to read floating point numbers
 * accurately", 1990). Gives the address behind it, or NULL for any other text,
 * a number with an exponent among them: number_parse reads those. */
const char *decimal_parse(const char *first, double *value);

#endif

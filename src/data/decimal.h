/* Decimal numbers, fast: eight digits at a time, in one 64-bit word. */
#ifndef GEMML_DATA_DECIMAL_H
#define GEMML_DATA_DECIMAL_H

/* Bytes that must be readable behind the first that is no digit, point, sign or 'e'. */
#define DECIMAL_PADDING 32

/* Parses [-] digits [. digits] [e [+-] digits] to the nearest double (ties to even).
 * Gives the address behind it; or NULL for what is no such number, and for some
 * numbers that are (more than 19 digits, sizes beyond 10^-13 to 10^27, or too near to
 * the middle of two doubles): number_parse reads all of them. */
const char *decimal_parse(const char *first, double *value);

#endif

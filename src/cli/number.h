/* Numbers as text, the same in every locale: strict reading, exact writing. */
#ifndef GEMML_CLI_NUMBER_H
#define GEMML_CLI_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the whole of `text` as a decimal number ("-1.5e3"); false when it is
 * anything else (blanks, hexadecimal, inf, nan) or overflows. */
bool number_real(const char *text, double *value);

/* Reads the whole of `text` as decimal digits; false likewise. */
bool number_count(const char *text, uint64_t *value);

#define NUMBER_BYTES 32

/* Writes a number that reads back as the same double (float), with the fewest
 * digits that do (rarely one more), at most 17 (9). Gives the length. */
size_t number_format(char text[NUMBER_BYTES], double value);
size_t number_format_float(char text[NUMBER_BYTES], float value);

#endif

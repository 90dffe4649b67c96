/* Decimal numbers, whatever the locale: the nearest double (ties to even). */
#ifndef GEMML_DATA_NUMBER_H
#define GEMML_DATA_NUMBER_H

#ifdef __cplusplus
extern "C" {
#endif

/* Parses the number at `first`: [+-] digits [. digits] [e [+-] digits], with a
 * digit before or after the point. Gives the address behind it, or NULL when
 * there is none; *value is +-infinity when it is beyond the range of double.
 * The byte at `last` must be readable, and none that a number can hold. */
const char *number_parse(const char *first, const char *last, double *value);

#ifdef __cplusplus
}
#endif

#endif

/* --features-add: names of terms, and their bits. */
#ifndef GEMML_CLI_TERMS_H
#define GEMML_CLI_TERMS_H

#include <stdbool.h>

/* The names, for messages and help. */
#define TERMS_NAMES "square, sin, cos, sin-square, cos-square, interactions"

/* Reads "square,sin" into bits of gemml_term; false when a name is unknown. NULL
 * is no term. */
bool terms_read(const char *list, unsigned *terms);

#endif

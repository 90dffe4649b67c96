/* The table of coefficients, as people know it from R's summary of a linear model. */
#ifndef GEMML_CLI_COEFFICIENTS_H
#define GEMML_CLI_COEFFICIENTS_H

#include <stdio.h>

#include "cli/description.h"

/* The coefficients of one output, all or (`cut`) the first CUT_ROWS: estimate, standard error, t
 * and its p with stars; estimates alone where there are no standard errors. */
void coefficients_print(FILE *file, const struct description *description, size_t output, bool cut);

/* The kind of robust errors, "hc0" to "hc3"; "none" for the classical ones. */
const char *errors_name(gemml_errors errors);

/* Of a logistic regression of two classes: by which factor the odds of the second grow
 * with one unit of each input, with 95% limits where there are standard errors. */
void odds_print(FILE *file, const struct description *description);

#endif

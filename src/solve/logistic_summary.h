/* What is known of a logistic fit. */
#ifndef GEMML_SOLVE_LOGISTIC_SUMMARY_H
#define GEMML_SOLVE_LOGISTIC_SUMMARY_H

#include "solve/newton.h"

/* Fills the summary from the answer theta, whose record is complete. `newton` is NULL
 * where the matrix is too large; it is overwritten. Errors: MEMORY. */
gemml_status logistic_summary_store(struct fitted *fitted, const struct logistic_function *function,
                                    const double *theta, struct newton *newton);

#endif

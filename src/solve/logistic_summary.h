/* What is known of a logistic fit. */
#ifndef GEMML_SOLVE_LOGISTIC_SUMMARY_H
#define GEMML_SOLVE_LOGISTIC_SUMMARY_H

#include "solve/newton.h"

/* Fills the summary of a fit whose record is complete. `newton` has the direction at the
 * answer, and is overwritten; NULL where the matrix is too large. Errors: MEMORY. */
gemml_status logistic_summary_store(struct fitted *fitted, const struct logistic_function *function,
                                    struct newton *newton);

#endif

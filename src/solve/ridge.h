/* The choice of lambda by leave-one-out. */
#ifndef GEMML_SOLVE_RIDGE_H
#define GEMML_SOLVE_RIDGE_H

#include "solve/solvers.h"

/* Sets problem->l2 to the lambda of least leave-one-out error and keeps the path, and
 * what there is to notice, in fitted's record. problem->options->l2 is AUTO.
 * Errors: NONFINITE (the data; or lambda is beyond the range of numbers), MEMORY. */
gemml_status ridge_choose(struct linear_problem *problem, struct fitted *fitted);

#endif

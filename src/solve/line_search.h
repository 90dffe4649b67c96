/* A step length that meets the strong Wolfe conditions on phi(a) = f(x + a d):
 *
 *   phi(a) <= phi(0) + c1 a phi'(0),   |phi'(a)| <= c2 |phi'(0)|,   c1 = 1e-4, c2 = 0.9
 *
 * by bracketing and then shrinking an interval, trial points by cubic
 * interpolation. Where values differ by less than their noise the first condition is
 * replaced by one on slopes, phi'(a) <= (2 c1 - 1) phi'(0) (Hager and Zhang 2005).
 * Source: Nocedal and Wright, Numerical Optimization (2006), algorithms 3.5 and 3.6. */
#ifndef GEMML_SOLVE_LINE_SEARCH_H
#define GEMML_SOLVE_LINE_SEARCH_H

#include <stdbool.h>

#include "util/error.h"

/* A trial: the step, phi and phi' there. */
struct trial {
    double step, value, slope;
};

/* phi and phi' at trial->step. */
typedef gemml_status (*trial_evaluate)(void *context, struct trial *trial);

/* From `start` (step 0, slope < 0) with the first trial at `step`. *found is false
 * when no step was found; else *trial was the last one evaluated. Errors: of `evaluate`. */
gemml_status line_search(const struct trial *start, double step, double noise, trial_evaluate evaluate, void *context,
                         struct trial *trial, bool *found);

#endif

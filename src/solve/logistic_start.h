/* Where L-BFGS starts on much data: at the answer of a sample of the rows, with a metric
 * from there, so that few passes over all rows are left.
 *
 * m of the n rows are drawn, one from each of m ranges of equal length. On them L-BFGS goes
 * from theta = 0 to a gradient of 0.3 / sqrt(m), as far as a sample can tell. With H the
 * Hessian of f over the sample there, the metric M that takes the place of L-BFGS's own
 * scale (lbfgs.h) is
 *
 *   diag(a + lambda_j / W)   and the pair s = theta, y = H theta, where L-BFGS got there
 *                            within a few steps: theta is the direction in which the
 *                            curvature p (1 - p) varies; a is r'Hr / r'r, r of random signs
 *   H                        where it did not, because columns correlate
 *
 * H v is the difference of gradients. The error of M is about sqrt(parameters / m). Which
 * rows are drawn depends on n and the number of parameters alone.
 * Source of the idea: Byrd, Chin, Neveitt, Nocedal, "On the use of stochastic Hessian
 * information in optimization methods for machine learning", SIAM J. Optim. 21 (2011). */
#ifndef GEMML_SOLVE_LOGISTIC_START_H
#define GEMML_SOLVE_LOGISTIC_START_H

#include "solve/lbfgs.h"
#include "solve/newton.h"

struct logistic_start {
    struct logistic_problem problem;   /* of the sample: its sum of weights */
    struct logistic_space space;       /* with its share of the penalty; center and scale are borrowed */
    struct logistic_function function; /* over the sample, in double */
    struct newton newton;              /* H's factor; zeroed: M is the other one */
    size_t *order;                     /* the rows; NULL: the start is as without a sample */
    size_t rows;
    double target;    /* of the largest component of the gradient */
    double *theta;    /* of the sample; these are of the chain's parameters each, in one allocation */
    double *curved;   /* H theta */
    double *diagonal; /* of M */
    double *work;     /* the gradient there, and a point on the way */
};

/* Are there so many rows for each parameter that a sample pays? Depends on shapes alone. */
bool logistic_start_pays(size_t rows, size_t parameters);

/* theta (zero) becomes the start, and `settings` know of the metric; both stay as they are where
 * the sample does not tell enough: a class with few rows, or no descent. `start` outlives
 * the settings. Errors: MEMORY. */
gemml_status logistic_start_make(struct logistic_start *start, const struct logistic_function *whole, double *theta,
                                 struct lbfgs_settings *settings);
void logistic_start_free(struct logistic_start *start);

#endif

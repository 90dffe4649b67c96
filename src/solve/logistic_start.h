/* Where L-BFGS starts on much data: at the answer of a sample of the rows, with a metric
 * from there, so that few passes over all rows are left.
 *
 * m of the n rows are drawn, one from each of m ranges of equal length. On them L-BFGS goes
 * from theta = 0 to a gradient of 0.3 / sqrt(m), as far as a sample can tell. The metric M that takes the
 * place of L-BFGS's own scale (lbfgs.h) is
 *
 *   diag(a + lambda_j / W)     and the pair s = theta, y = (theta'H theta / theta'M theta) M theta, where L-BFGS
 *                              got there within a few steps: theta is the direction in which the
 *                              curvature p (1 - p) varies; a is r'Hr / r'r, r of random signs
 *   H, the sample's Hessian    where it did not, because columns correlate
 *
 * A sample's own answer fits its noise too: theta is too long, by a quarter with 16 rows for each parameter, and its
 * curvature is too small. With the diagonal theta is therefore shortened to the length that m / 4 other rows, one of
 * every fourth range, find best, and a (half way between the two lengths) and theta'H theta are theirs.
 *
 * H v is the difference of gradients. The error of M is about sqrt(parameters / m). Which
 * rows are drawn depends on n and the number of parameters alone.
 * Source of the idea: Byrd, Chin, Neveitt, Nocedal, "On the use of stochastic Hessian
 * information in optimization methods for machine learning", SIAM J. Optim. 21 (2011). */
#ifndef GEMML_SOLVE_LOGISTIC_START_H
#define GEMML_SOLVE_LOGISTIC_START_H

#include "solve/lbfgs.h"
#include "solve/newton.h"

struct logistic_sample {
    struct logistic_problem problem;   /* its sum of weights */
    struct logistic_space space;       /* with its share of the penalty; center and scale are borrowed */
    struct logistic_function function; /* over its rows, in double */
    size_t *order;                     /* the rows */
    size_t rows;
};

struct logistic_start {
    struct logistic_sample sample, other; /* the rows that are fitted, those that tell how far to go */
    struct newton newton;                 /* H's factor; zeroed: M is the other one */
    double target;                        /* of the largest component of the gradient */
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

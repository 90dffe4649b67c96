/* Limited-memory BFGS: minimises a smooth function f of n variables.
 *
 *   x_{t+1} = x_t + a_t d_t,   d_t = -H_t grad f(x_t)
 *
 * H_t approximates the inverse Hessian by a metric and the last LBFGS_MEMORY pairs
 * s = x_{t+1} - x_t, y = grad_{t+1} - grad_t (two-loop recursion), a_t meets the
 * strong Wolfe conditions (line_search.h). Source: Nocedal and Wright, Numerical
 * Optimization (2006), algorithms 7.4 and 7.5. */
#ifndef GEMML_SOLVE_LBFGS_H
#define GEMML_SOLVE_LBFGS_H

#include <stdbool.h>

#include "util/error.h"

/* f and its gradient at x. A value that is not finite makes the step shorter. */
typedef gemml_status (*function_evaluate)(void *context, const double *x, double *value, double *gradient);

struct lbfgs_settings {
    size_t variables;
    size_t iterations; /* at most */
    double first_step; /* the first trial point is x - first_step grad f: about 1 / the curvature */
    double noise;      /* relative error of a value: differences below it say nothing */
    function_evaluate evaluate;
    /* Called with each iterate, the first included; *stop ends the run there. */
    gemml_status (*observe)(void *context, size_t iteration, const double *x, double value, const double *gradient,
                            bool *stop);
    void *function, *observer; /* their contexts */
    /* d becomes inv(M) d, M symmetric and definite, near the Hessian: what the pairs then start
     * from, and the first trial point is x - inv(M) grad f. NULL: the identity, scaled by the last pair. */
    gemml_status (*metric)(void *context, double *d);
    void *metric_context;
    const double *pair_step, *pair_change; /* s and y, known beforehand; NULL: none */
};

enum lbfgs_end {
    LBFGS_STOPPED, /* by observe */
    LBFGS_LIMIT,   /* the iterations were used up */
    LBFGS_STALLED  /* no step reduces f any more, within the noise */
};

struct lbfgs_result {
    enum lbfgs_end end;
    size_t iterations, evaluations;
};

/* x: in the start, out the last iterate. Between linalg_enter and linalg_leave.
 * Memory: 2 LBFGS_MEMORY + 4 vectors. Errors: MEMORY and those of the callbacks. */
gemml_status lbfgs_minimise(double *x, const struct lbfgs_settings *settings, struct lbfgs_result *result);

#endif

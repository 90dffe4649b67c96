/* Newton's method for logistic regression, with the Fisher information (chain/fisher.h)
 * as the Hessian:
 *
 *   (H / W + Lambda / W) d = -grad f,   theta += a d,   a = 1, or halved until f falls
 *
 * H is equilibrated (its diagonal brought to 1) and factored by Cholesky. Directions
 * in which f is constant get a term of their own, so that the system is regular
 * and the steps have no part in them: with a softmax the directions that add the same to
 * all classes, and without a penalty those in which the columns are linearly
 * dependent: where the first factor leaves room for any, they are found at theta = 0,
 * where H is a multiple of the Gram matrix. From theta = 0 the
 * answer then is the one of least norm. Source: Boyd and Vandenberghe, Convex
 * Optimization (2004), section 9.5. */
#ifndef GEMML_SOLVE_NEWTON_H
#define GEMML_SOLVE_NEWTON_H

#include "solve/logistic.h"

/* Parameters up to which its matrix is made for an answer's sake: for separation and standard errors. */
#define NEWTON_MOST 1024

struct newton {
    struct logistic_function *function; /* in double, explicit */
    size_t order, q;                    /* of H; of one of its blocks */
    double *H;                          /* order x order: the Hessian of f, then its factor */
    double *null_space;                 /* nullity x order, orthonormal; NULL: none */
    size_t nullity;
    bool looked;           /* have dependencies been looked for? */
    double ridge;          /* that the last factor needed */
    double least;          /* H's diagonal is raised to it; 0: it is as it is */
    double *equilibration; /* order */
    double *step;          /* order, as theta is laid out */
    double *work;          /* order */
};

/* Errors: MEMORY. */
gemml_status newton_make(struct newton *newton, struct logistic_function *function);
void newton_free(struct newton *newton);

/* Rank of (X, 1), after a direction; with a penalty its columns. */
size_t newton_rank(const struct newton *newton);

/* aliased[j]: column j is a combination of the intercept and the columns before it, as far as the
 * null space tells. Errors: MEMORY. */
gemml_status newton_aliased(const struct newton *newton, bool *aliased);

/* H = the factor of the Hessian at theta with a diagonal of `least` or more, for newton_solve
 * alone; *good is false where it is next to singular. Errors: MEMORY. */
gemml_status newton_metric(struct newton *newton, const double *theta, double least, bool *good);

/* d = inv(H) d, by the last factor. */
gemml_status newton_solve(struct newton *newton, double *d);

/* step = -inv(Hessian) gradient at theta, and H its factor. Errors: MEMORY. */
gemml_status newton_direction(struct newton *newton, const double *theta, const double *gradient);

/* Minimises f from theta, in place: until the monitor says that the gradient is small
 * and one more step cannot change f, which then is taken for its digits. Errors: MEMORY. */
gemml_status newton_minimise(struct newton *newton, double *theta, size_t iterations, struct logistic_monitor *monitor);

/* After newton_direction at an unpenalised answer of two classes: H = the inverse of
 * the Fisher information there, upper triangle, the covariance of theta. *definite is
 * false, and H as it was, where the information is singular. Errors: SHAPE. */
gemml_status newton_covariance(struct newton *newton, bool *definite);

#endif

/* Logistic regression: what its solvers share. In double, but for the arithmetic
 * of the data pass, which is that of the model's dtype.
 *
 * The solvers work on centred and scaled columns, whatever the input map is. With
 * n rows, p features, K outputs, W = sum w, and the input map's shift a and scale t:
 *
 *   z_k = c_k + sum_j u_jk (x_j - m_j) s_j       theta = (u, c), laid out as a chain's
 *   f(theta) = F / W = 1/W (sum_i w_i loss_i + 1/2 sum_jk lambda_j u_jk^2)
 *   lambda_j = lambda (s_j / t_j)^2,  so that the penalty is that of the chain's weights
 *   W_jk = u_jk s_j / t_j,   b_k = c_k + sum_j (a_j - m_j) s_j u_jk     the chain's parameters
 *
 * m is the mean with an intercept, else a (0 without a map); s is 1 / the root of
 * the mean square about m. */
#ifndef GEMML_SOLVE_LOGISTIC_H
#define GEMML_SOLVE_LOGISTIC_H

#include "chain/model.h"
#include "fold/columns.h"
#include "solve/solvers.h"
#include "train/engine.h"

/* The change of variables. */
struct logistic_space {
    size_t p, K;
    bool intercept;
    double *center, *scale, *penalty; /* m, s, lambda_j: p each; one allocation, at center */
    const struct input_map *map;      /* a, t */
};

/* From the columns' statistics. Errors: MEMORY. */
gemml_status logistic_space_make(struct logistic_space *space, const struct columns *columns,
                                 const struct input_map *map, bool intercept, size_t K, double lambda);
void logistic_space_free(struct logistic_space *space);

/* The chain's parameters that theta stands for. */
void logistic_space_parameters(const struct logistic_space *space, const double *theta, double *parameters);

/* And back. */
void logistic_space_from_parameters(const struct logistic_space *space, const gemml_view *parameters, double *theta);

/* The largest component of the gradient of f over the chain's parameters, from that over theta. */
double logistic_space_largest(const struct logistic_space *space, const double *gradient);

/* f, where and how it is evaluated. */
struct logistic_function {
    const struct logistic_problem *problem;
    const struct logistic_space *space;
    const struct chain *chain;
    gemml_dtype dtype;
    bool implicit;        /* the pass is over x as it is, and theta is changed instead */
    struct input_map map; /* x -> (x - m) s, for the explicit way */
    gemml_dataset data;   /* the problem's, or views of the copy, which is mapped */
    void *copy;           /* NULL: none */
    const size_t *order;  /* the rows, borrowed; NULL: all */
    size_t rows;
    struct quadratic *quadratic; /* of a linear regression, borrowed: in place of data passes; or NULL */
    void *theta, *gradient;      /* of dtype: what the data pass gets and gives */
    double loss;                 /* sum w loss / W of the last evaluation */
    size_t passes;
};

/* Errors: MEMORY. */
gemml_status logistic_function_make(struct logistic_function *function, const struct logistic_problem *problem,
                                    const struct logistic_space *space, const struct chain *chain, gemml_dtype dtype,
                                    bool implicit);
void logistic_function_free(struct logistic_function *function);

/* f and its gradient at theta, and function->loss. Of the type function_evaluate (lbfgs.h). */
gemml_status logistic_function_evaluate(void *function, const double *theta, double *value, double *gradient);

/* 1/2 sum lambda_j u_jk^2 / W. */
double logistic_penalty(const struct logistic_function *function, const double *theta);

/* The largest of |gradient_i|. */
double logistic_largest(size_t count, const double *gradient);

/* The rows as a source of (x - m) s, in double. */
struct view_source logistic_function_source(const struct logistic_function *function);

/* How a run stands, and who ends it: shared by the solvers that iterate. */
struct logistic_monitor {
    const struct logistic_problem *problem;
    const struct logistic_space *space;
    const struct logistic_function *function;
    struct training *training;
    struct fit_record *record;
    double tolerance;
    size_t most_iterations, done; /* done: by a solver before */
    size_t capacity;              /* of the history */
    double largest;               /* component of the gradient */
    double loss;                  /* of the last iterate */
    bool ended;                   /* outcome is set */
    gemml_outcome outcome;
};

/* Notes an iterate in the history, and ends the run where it has converged, the
 * callback says so or the time is up. Of the type of lbfgs_settings' observe. */
gemml_status logistic_observe(void *monitor, size_t iteration, const double *theta, double value,
                              const double *gradient, bool *stop);

/* logistic_descent.c: the settings of a run of the trainer. The map is fitted. Errors: NONFINITE, MEMORY. */
gemml_status logistic_descent_settings(struct training *training, const struct fitted *fitted,
                                       const struct logistic_problem *problem);

#endif

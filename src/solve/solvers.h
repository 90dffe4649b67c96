/* The solvers of a linear regression, one file each, and the normal-equation
 * check. They fill a fitted state from data that have been validated. */
#ifndef GEMML_SOLVE_SOLVERS_H
#define GEMML_SOLVE_SOLVERS_H

#include "chain/model.h"
#include "train/training.h"

/* What all of them need. */
struct linear_problem {
    gemml_dataset data;
    size_t positive_rows; /* rows of weight above zero */
    double sum_weight;
    const gemml_linear_options *options;
    const gemml_schema *schema; /* says which inputs are not scaled; NULL: none */
};

/* cholesky.c: the normal equations, refined where that pays. Fills parameters,
 * map, record and summary of `fitted`, whose chain is laid out.
 * Errors: NONFINITE, MEMORY. */
gemml_status cholesky_fit(struct fitted *fitted, const struct linear_problem *problem);

/* descent.c: batch gradient descent by the trainer. `training` holds what
 * belongs to the call; the rest is taken from the options. Errors: NONFINITE, MEMORY. */
gemml_status descent_fit(struct fitted *fitted, const struct linear_problem *problem, struct training *training);

/* check.c: see gemml_normal_equation_check. Errors: NONFINITE, MEMORY. */
gemml_status normal_equations_check(const struct fitted *fitted, const struct linear_problem *problem,
                                    gemml_normal_equations *check);

#endif

/* What a model of any kind is fitted to: data that have been checked, and their classes. */
#ifndef GEMML_API_FIT_PROBLEM_H
#define GEMML_API_FIT_PROBLEM_H

#include "api/classes.h"
#include "solve/network.h"

struct fit_problem {
    const gemml_model *model;
    struct linear_problem rows; /* their weights are times those of the classes */
    struct classes classes;     /* zeroed: values */
};

/* Borrows the model and the data. Errors: as classes_weigh; nothing is left to free. */
gemml_status fit_problem_make(struct fit_problem *problem, const gemml_model *model,
                              const struct linear_problem *checked);
void fit_problem_free(struct fit_problem *problem);

/* The same as the solvers of a logistic regression and of a network want it. */
struct logistic_problem fit_problem_logistic(const struct fit_problem *problem);
struct network_problem fit_problem_network(const struct fit_problem *problem);

/* The chain of one layer of a linear or logistic regression, its parameters 0. Errors: SHAPE, MEMORY. */
gemml_status fit_problem_lay_out(struct fitted *fitted, const struct fit_problem *problem);

#endif

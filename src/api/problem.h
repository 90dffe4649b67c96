/* What a model of any kind is fitted to: data that have been checked, and their classes. */
#ifndef GEMML_API_PROBLEM_H
#define GEMML_API_PROBLEM_H

#include "api/classes.h"
#include "solve/network.h"

struct problem {
    const gemml_model *model;
    struct linear_problem rows; /* their weights are times those of the classes */
    struct classes classes;     /* zeroed: values */
};

/* Borrows the model and the data. Errors: as classes_weigh; nothing is left to free. */
gemml_status problem_make(struct problem *problem, const gemml_model *model, const struct linear_problem *checked);
void problem_free(struct problem *problem);

/* The same as the solvers of a logistic regression and of a network want it. */
struct logistic_problem problem_logistic(const struct problem *problem);
struct network_problem problem_network(const struct problem *problem);

/* The chain of one layer of a linear or logistic regression, its parameters 0. Errors: SHAPE, MEMORY. */
gemml_status problem_lay_out(struct fitted *fitted, const struct problem *problem);

#endif

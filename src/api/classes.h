/* Fits to class indices: the classes of a dataset, their weights, and the solver. */
#ifndef GEMML_API_CLASSES_H
#define GEMML_API_CLASSES_H

#include "chain/model.h"
#include "solve/solvers.h"

/* The classes of a dataset. */
struct classes {
    size_t count;
    double *sum;    /* of w, that of the class included, over the rows of each; owned */
    double *weight; /* of the rows, times that of their class; owned; NULL: the dataset's are left */
};

/* Counts the classes of a problem whose views and weights have been checked, and gives its
 * rows the weights of their classes. `count` may be AUTO.
 * Errors: ARGUMENT (a target that is no class index, with its row; a class without rows; one
 * class only), SHAPE, NONFINITE, MEMORY; nothing is left to free. */
gemml_status classes_weigh(struct classes *classes, struct linear_problem *problem, size_t count,
                           gemml_class_weighting weighting, const double *class_weight);
void classes_free(struct classes *classes);

/* Fits a logistic regression to such a problem: fills `fitted`. Errors: likewise. */
gemml_status classes_fit(struct fitted *fitted, const gemml_model *model, const struct linear_problem *checked,
                         struct training *training);

#endif

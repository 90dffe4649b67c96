/* Class indices as targets: the classes of a dataset, and their weights. */
#ifndef GEMML_API_CLASSES_H
#define GEMML_API_CLASSES_H

#include "chain/model.h"
#include "solve/solvers.h"

/* The classes of a dataset. */
struct classes {
    size_t count;
    double *sum;    /* of w, that of the class included, over the rows of each; owned */
    double *factor; /* by which the weights of the rows of each are multiplied; owned; NULL: 1 */
    double *weight; /* of the rows, times that of their class; owned; NULL: the dataset's are left */
};

/* Counts the classes of a problem whose views and weights have been checked, and gives its
 * rows the weights of their classes. `count` may be AUTO.
 * Errors: ARGUMENT (a target that is no class index, with its row; a class without rows; one
 * class only), SHAPE, NONFINITE, MEMORY; nothing is left to free. */
gemml_status classes_weigh(struct classes *classes, struct linear_problem *problem, size_t count,
                           gemml_class_weighting weighting, const double *class_weight);
void classes_free(struct classes *classes);

/* weight[i] = w_i times the factor of its class, for rows whose classes have been checked. There are factors. */
void classes_weigh_rows(const struct classes *classes, const gemml_dataset *data, double *weight);

#endif

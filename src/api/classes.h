/* A fit to class indices: the classes of a dataset, their weights, and the solver. */
#ifndef GEMML_API_CLASSES_H
#define GEMML_API_CLASSES_H

#include "chain/model.h"
#include "solve/solvers.h"

/* Fits a logistic regression to data whose views and weights have been checked:
 * fills `fitted`. Errors: ARGUMENT (a target that is no class index, with its row;
 * a class without rows; one class only), SHAPE, NONFINITE, MEMORY. */
gemml_status classes_fit(struct fitted *fitted, const gemml_model *model, const struct linear_problem *checked,
                         struct training *training);

#endif

/* Checks of what callers hand in, before anything is computed. */
#ifndef GEMML_API_VALIDATE_H
#define GEMML_API_VALIDATE_H

#include "chain/model.h"
#include "solve/solvers.h"

/* A view with data, a known dtype, rows, cols >= 1, stride >= cols, and a size
 * that memory can have. Errors: ARGUMENT, SHAPE. */
gemml_status validate_view(const char *name, const gemml_view *view);

/* A matrix to write rows x cols into; f64 or f32. */
gemml_status validate_matrix(const char *name, const gemml_matrix *matrix, size_t rows, size_t cols);

/* Reads a dataset of any version, checks its views and that they fit together,
 * and its weights: finite, not negative, of a positive and finite sum. */
gemml_status validate_dataset(const gemml_dataset *given, struct linear_problem *problem);

/* A fitted model; and x of the shape of a fitted state. */
gemml_status validate_fitted(const gemml_model *model);
gemml_status validate_inputs(const struct fitted *fitted, const gemml_view *x);

/* A fitted model that tells classes apart. Errors: and UNSUPPORTED. */
gemml_status validate_classifier(const gemml_model *model);

/* Class indices: n x 1, integral, 0 .. classes - 1 (SIZE_MAX: no bound but MOST_CLASSES).
 * *largest, where wanted, is the largest of them. Errors: ARGUMENT, SHAPE,
 * NONFINITE; the row is named. */
gemml_status validate_classes(const gemml_view *y, size_t classes, size_t *largest);

/* Rows of the shape of a fitted state, and of its classes. */
gemml_status validate_rows(const struct fitted *fitted, const gemml_dataset *given, struct linear_problem *problem);

/* All of it: a fitted model, and such rows. */
gemml_status validate_fitted_data(const gemml_model *model, const gemml_dataset *given, struct linear_problem *problem);

#endif

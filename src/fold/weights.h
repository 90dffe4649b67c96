/* The weights of a dataset, looked at as a whole. Precision-free. */
#ifndef GEMML_FOLD_WEIGHTS_H
#define GEMML_FOLD_WEIGHTS_H

#include <gemml/matrix.h>

/* sum w and the number of rows with w > 0. Errors: NONFINITE and ARGUMENT
 * (negative, or all zero), with the row. */
gemml_status weights_sum(const gemml_view *weight, double *sum, size_t *positive);

/* sum log w over the rows with w > 0; weight->data NULL: all ones. */
double weights_log_sum(const gemml_view *weight);

#endif

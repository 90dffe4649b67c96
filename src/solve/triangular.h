/* Cholesky's factor, and the inverse of a triangular one: by blocks on all threads from order 256 on. */
#ifndef GEMML_SOLVE_TRIANGULAR_H
#define GEMML_SOLVE_TRIANGULAR_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* A = R'R in place, A symmetric positive definite p x p and contiguous, given by its upper triangle; what stands below
 * is left alone. *definite is false when a pivot was not positive. p^3 / 3 flops. Errors: SHAPE, MEMORY. */
gemml_status triangular_factor(size_t p, double *A, bool *definite);

/* V = inv(R), both p x p and contiguous, R upper triangular without a zero on the diagonal; below V's
 * diagonal zeros. p^3 / 3 flops. Errors: SHAPE, MEMORY. */
gemml_status triangular_inverse(size_t p, const double *R, double *V);

#endif

/* The plain-loop twin of kernel/ and of the linear model: what the fast code is
 * tested and measured against. Nothing here calls BLAS or a vector function;
 * the library does not contain it.
 *
 * Shapes: n rows, p features; matrices are row-major, ld is the distance of
 * rows in elements. */
#ifndef GEMML_NAIVE_NAIVE_H
#define GEMML_NAIVE_NAIVE_H

#include <stdbool.h>

#include "kernel/real.h"

/* kernel/linalg.h. As there, C and y are not read when beta is 0. */
void R(naive_gemm)(bool transpose_a, bool transpose_b, size_t m, size_t n, size_t k, real alpha, const real *A,
                   size_t lda, const real *B, size_t ldb, real beta, real *C, size_t ldc);
void R(naive_gemv)(bool transpose, size_t m, size_t n, real alpha, const real *A, size_t lda, const real *x,
                   size_t incx, real beta, real *y, size_t incy);
void R(naive_syrk)(size_t n, size_t k, real alpha, const real *A, size_t lda, real beta, real *C, size_t ldc);
void R(naive_trsm)(bool transpose, size_t n, size_t k, const real *U, size_t ldu, real *B, size_t ldb);
void R(naive_axpy)(size_t n, real alpha, const real *x, size_t incx, real *y, size_t incy);
void R(naive_scal)(size_t n, real alpha, real *x, size_t incx);
real R(naive_dot)(size_t n, const real *x, size_t incx, const real *y, size_t incy);

/* kernel/vector.h. */
void R(naive_exp)(size_t n, const real *x, real *y);
void R(naive_sigmoid)(size_t n, const real *x, real *y);
void R(naive_tanh)(size_t n, const real *x, real *y);
void R(naive_relu)(size_t n, const real *x, real *y);
void R(naive_softplus)(size_t n, const real *x, real *y);
void R(naive_softmax)(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy);
void R(naive_sigmoid_backward)(size_t n, const real *a, real *d);
void R(naive_tanh_backward)(size_t n, const real *a, real *d);
void R(naive_relu_backward)(size_t n, const real *a, real *d);
void R(naive_affine_rows)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale, real *Y,
                          size_t ldy);
bool R(naive_all_finite)(size_t n, const real *x);
double R(naive_sum)(size_t n, const real *x);

/* Linear regression, z_i = b + x_i w, with theta = (b, w) of 1 + p elements and
 * the objective F = sum_i 1/2 (z_i - y_i)^2 + lambda/2 |w|^2. */

/* G = A'A for A = [1 X], (1 + p) x (1 + p), both triangles. */
void R(naive_gram)(size_t n, size_t p, const real *X, size_t ldx, real *G);

/* A = LL' in place, A symmetric n x n of which the lower triangle is used.
 * False, with A in ruins, when a pivot is not positive. */
bool R(naive_cholesky)(size_t n, real *A);

/* x := inv(LL') x. */
void R(naive_cholesky_solve)(size_t n, const real *L, real *x);

/* theta = the solution of (A'A + lambda diag(0, 1, ..., 1)) theta = A'y, A = [1 X].
 * G is scratch of (1 + p)^2. False when the matrix is not positive definite. */
bool R(naive_normal_equations)(size_t n, size_t p, const real *X, size_t ldx, const real *y, real lambda, real *G,
                               real *theta);

/* One epoch of full-batch gradient descent: theta -= rate * gradient, with
 * gradient = dF/dtheta / n (1 + p elements, out). Gives the loss
 * 1/n sum 1/2 (z - y)^2 at the theta it began with. */
real R(naive_descent_epoch)(size_t n, size_t p, const real *X, size_t ldx, const real *y, real lambda, real rate,
                            real *theta, real *gradient);

/* out_i = b + x_i w. */
void R(naive_predict)(size_t n, size_t p, const real *X, size_t ldx, const real *theta, real *out);

/* Gives F = sum_i -log p(y_i) + lambda/2 |w|^2 for class indices y, z_i = b + x_i w; gradient
 * (out) = dF/dtheta. K = 1 tells two classes apart by p(1) = 1 / (1 + exp(-z)), K > 1 as many
 * by the softmax of z. theta and gradient are (1 + p) x K, the intercepts first; d is
 * scratch of K. */
real R(naive_logistic_gradient)(size_t n, size_t p, size_t K, const real *X, size_t ldx, const real *y, real lambda,
                                const real *theta, real *gradient, real *d);

/* A network of `layers` layers with biases: relu in the hidden ones, then a softmax over
 * sizes[layers] classes. sizes[0] are the features, theta is as in chain/chain.h. */

/* Reals of the values of all layers for n rows. */
size_t R(naive_network_values)(size_t layers, const size_t *sizes, size_t n);

/* The last n x sizes[layers] of `values` = the last Z, before them the values of the
 * hidden layers. */
void R(naive_network_decision)(size_t layers, const size_t *sizes, size_t n, const real *X, const real *theta,
                               real *values);

/* Gives F = sum_i -log p(y_i) for classes y; gradient = dF/dtheta. Overwrites values. */
real R(naive_network_gradient)(size_t layers, const size_t *sizes, size_t n, const real *X, const real *y,
                               const real *theta, real *values, real *gradient);

#endif

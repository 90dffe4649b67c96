/* Elementwise functions on vectors of reals, vectorised.
 *
 * Whole vectors always: the tail goes through a padded buffer, so that a value's
 * bits depend on the value alone, not on where it stands or how many there are.
 * x and y may be the same, but must not overlap otherwise. Infinite and NaN
 * arguments give what the mathematics says. */
#ifndef GEMML_KERNEL_VECTOR_H
#define GEMML_KERNEL_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/real.h"

/* y_i = exp(x_i), 4 ulp. */
void R(vector_exp)(size_t n, const real *x, real *y);

/* y_i = log(x_i), 4 ulp. */
void R(vector_log)(size_t n, const real *x, real *y);

/* y_i = 1 / (1 + exp(-x_i)), without overflow. */
void R(vector_sigmoid)(size_t n, const real *x, real *y);

/* y_i = tanh(x_i). */
void R(vector_tanh)(size_t n, const real *x, real *y);

/* y_i = max(x_i, 0); NaN stays NaN. */
void R(vector_relu)(size_t n, const real *x, real *y);

/* y_i = x_i where x_i > 0, else x_i / 100. */
void R(vector_leaky_relu)(size_t n, const real *x, real *y);

/* y_i = x_i Phi(x_i), Phi the standard normal distribution function. */
void R(vector_gelu)(size_t n, const real *x, real *y);

/* y_i = log(1 + exp(x_i)), without overflow: max(x, 0) + log1p(exp(-|x|)). */
void R(vector_softplus)(size_t n, const real *x, real *y);

/* Each of the rows of X (n x k, ld ldx) becomes its softmax, in Y (ld ldy):
 * exp(x_j - max) / sum. */
void R(vector_softmax)(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy);

/* loss_i = log(1 + exp(s_i)) and its derivative p_i = 1 / (1 + exp(-s_i)), from one
 * exponential; p and s may be the same. */
void R(vector_logistic_loss)(size_t n, const real *s, real *loss, real *p);

/* The softmax of each row of Z as P, and loss_i = log(sum_j exp(z_ij)) - z_ic for
 * the class c = y[i * ldy] (an integer 0 .. k - 1), about the row's maximum. P and
 * Z may be the same. */
void R(vector_softmax_loss)(size_t n, size_t k, const real *Z, size_t ldz, const real *y, size_t ldy, real *P,
                            size_t ldp, real *loss);

/* d_i *= f'(z_i), given a_i = f(z_i): the activations' derivatives. */
void R(vector_sigmoid_backward)(size_t n, const real *a, real *d); /* a (1 - a) */
void R(vector_tanh_backward)(size_t n, const real *a, real *d);    /* 1 - a^2 */
void R(vector_relu_backward)(size_t n, const real *a, real *d);    /* a > 0 */
void R(vector_leaky_relu_backward)(size_t n, const real *a, real *d);

/* d_i *= Phi(z_i) + z_i phi(z_i), the derivative of gelu, which needs z itself. */
void R(vector_gelu_backward)(size_t n, const real *z, real *d);

/* Inverted dropout (Srivastava et al. 2014): x_i = 0 with the probability `rate`, in
 * [0, 1), else x_i / (1 - rate). What becomes of x_i is a function of (seed, stream,
 * first + i) alone: it is dropped when a word of the stream is below 2^32 rate. */
void R(vector_dropout)(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double rate, real *x);

/* Y = (X - 1 shift) diag(scale) for the m x n matrix X. */
void R(vector_affine_rows)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale, real *Y,
                           size_t ldy);

/* Y = ((X - 1 shift) diag(scale))', n x m: column after column. Y does not overlap X. */
void R(vector_affine_turned)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale,
                             real *Y, size_t ldy);

/* Are all of x finite? */
bool R(vector_all_finite)(size_t n, const real *x);

/* Sum of x in double, in the fixed order of eight running sums added pairwise,
 * whatever the alignment. */
double R(vector_sum)(size_t n, const real *x);

/* Sum of w_i x_i in double, in the same order: weights of 1 are as none. */
double R(vector_weighted_sum)(size_t n, const real *w, const real *x);

/* z_i = -x_i where y_i > 0, else x_i. z may be x. */
void R(vector_turn)(size_t n, const real *y, const real *x, real *z);

/* d = x - y, and the sum of its squares in double, in the order of vector_sum. d may be x or y. */
double R(vector_difference)(size_t n, const real *x, const real *y, real *d);

#endif

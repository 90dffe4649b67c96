/* The forward and the backward pass of a chain over a block of n rows: the only
 * ones there are. theta is the flat parameter vector, W_l, b_l its parts. */
#ifndef GEMML_CHAIN_PASS_H
#define GEMML_CHAIN_PASS_H

#include "chain/chain.h"
#include "kernel/real.h"

/* The values of a pass over a block. A[l] and Z[l] are n x outputs_l, contiguous,
 * and the same memory unless the derivative of the activation needs Z. */
struct pass {
    const struct chain *chain;
    size_t rows;              /* that it has room for */
    real **A, **Z;            /* one per layer */
    real *delta, *delta_next; /* n x widest layer each; backward only */
    real *ones;               /* n; backward only */
};

/* Bytes of memory of a pass over up to `rows` rows. */
size_t R(pass_bytes)(const struct chain *chain, size_t rows, bool backward);

/* Lays a pass out in `memory`, aligned to MEMORY_ALIGNMENT. */
struct pass R(pass_layout)(const struct chain *chain, size_t rows, bool backward, void *memory);

/* Z_l = A_{l-1} W_l + 1 b_l,  A_l = f_l(Z_l),  l = 1 .. L, with A_0 = X (n x p). */
gemml_status R(pass_forward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx);

/* The same without the last activation: Z_L is in Z[L - 1], and A[L - 1] holds nothing. */
gemml_status R(pass_decision)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx);

/* Given pass->delta = dF/dZ_L (n x K), adds dF/dtheta to gradient:
 *
 *   dF/dW_l = A_{l-1}' D_l,   dF/db_l = 1' D_l,   D_{l-1} = D_l W_l' * f'(Z_{l-1}). */
gemml_status R(pass_backward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx,
                              real *gradient);

#endif

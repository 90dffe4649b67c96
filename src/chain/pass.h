/* The forward and the backward pass of a chain over a block of n rows: the only
 * ones there are. theta is the flat parameter vector, W_l, b_l its parts.
 *
 * Large products are cut into tiles (tiles.h), which threads share unless the pass
 * itself runs in a task; the bits are the same. */
#ifndef GEMML_CHAIN_PASS_H
#define GEMML_CHAIN_PASS_H

#include "chain/chain.h"
#include "kernel/linalg.h"

/* Dropout on the hidden layers (Srivastava et al. 2014): with M_l independent and
 * 1 / (1 - rate) with the probability 1 - rate, else 0,
 *
 *   A_l = f_l(Z_l) * M_l,   l < L.
 *
 * M_l is a function of (seed, pass, l, row, unit) alone, so it need not be kept. */
struct dropout {
    double rate; /* in [0, 1) */
    uint64_t seed;
    uint64_t stream; /* of the first layer in this pass; the next `layers` ones are the pass's too */
};

/* The values of a pass over a block. A[l] and Z[l] are n x outputs_l, contiguous,
 * and the same memory unless the derivative of the activation needs Z. */
struct pass {
    const struct chain *chain;
    size_t rows;              /* that it has room for */
    real **A, **Z;            /* one per layer */
    real *delta, *delta_next; /* n x widest layer each; backward only */
    real *ones;               /* n; backward only */
    real *turned;             /* W_l' of a small layer; backward only */

    const struct dropout *dropout; /* NULL: none; may be set after the layout */
    uint64_t first;                /* the number of the block's first row, as dropout counts them */

    /* The rows behind the block, which a pass over several blocks asks for; may be set after the layout. */
    struct ahead ahead;

    /* A row's values have the same bits among whatever others it stands: in double, for n a
     * multiple of GEMM_ROWS_ALIKE. May be set after the layout. */
    bool alike;
};

/* Bytes of memory of a pass over up to `rows` rows. */
size_t R(pass_bytes)(const struct chain *chain, size_t rows, bool backward);

/* Lays a pass out in `memory`, aligned to MEMORY_ALIGNMENT. */
struct pass R(pass_layout)(const struct chain *chain, size_t rows, bool backward, void *memory);

/* Does the forward pass read the rows of X in their order, and ask for them ahead? */
bool R(pass_in_order)(const struct chain *chain);

/* Z_l = A_{l-1} W_l + 1 b_l,  A_l = f_l(Z_l),  l = 1 .. L, with A_0 = X (n x p). */
gemml_status R(pass_forward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx);

/* The same without the last activation: Z_L is in Z[L - 1], and A[L - 1] holds nothing. */
gemml_status R(pass_decision)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx);

/* After pass_decision: A_L = f_L(Z_L), which makes a pass_forward of it. */
void R(pass_activate)(struct pass *pass, size_t n);

/* After pass_decision: what the losses are taken from, A_L under squared error and Z_L
 * under cross entropy; and then pass->delta, given as dF/d of that, becomes dF/dZ_L. */
real *R(pass_scored)(struct pass *pass, size_t n);
void R(pass_scored_backward)(struct pass *pass, size_t n);

/* Given pass->delta = dF/dZ_L (n x K), gradient = beta gradient + dF/dtheta (beta 0:
 * not read), with
 *
 *   dF/dW_l = A_{l-1}' D_l,   dF/db_l = 1' D_l,   D_{l-1} = D_l W_l' * M_{l-1} * f'(Z_{l-1})
 *
 * (M without dropout: 1). The values of the pass may be overwritten. */
gemml_status R(pass_backward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx, real beta,
                              real *gradient);

#endif

/* The losses of a block of rows, from the last Z of a chain (squared error: from A_L =
 * f(Z_L), which z then stands for), and their gradient:
 * where the forward pass ends and the backward pass begins.
 *
 *   squared error      loss = 1/2 sum_k (z_k - y_k)^2       D_k = z_k - y_k
 *   cross entropy, one output, y in {0, 1}, s = (1 - 2y) z:
 *                      loss = log(1 + exp(s))               D   = (1 - 2y) / (1 + exp(-s))
 *   cross entropy, K outputs, y in {0 .. K-1}, m = max_k z_k:
 *                      loss = log(sum_k exp(z_k - m)) - (z_y - m)
 *                      D_k  = exp(z_k - m) / sum_l exp(z_l - m) - [k = y]
 *
 * Nothing in these forms overflows, and a loss near 0 keeps its digits. */
#ifndef GEMML_CHAIN_LOSSES_H
#define GEMML_CHAIN_LOSSES_H

#include "chain/chain.h"
#include "fold/source.h"
#include "kernel/ahead.h"

/* sum_i w_i loss_i and sum_i w_i. */
struct losses {
    double loss, sum_weight;
};

/* Adds the rows of a block. Z is n x K, contiguous, and may be overwritten; delta
 * (n x K) = w_i D, or NULL: not wanted. Exponentials leave memory idle: some of `ahead` is asked for meanwhile. */
void R(losses_add)(struct losses *losses, const struct chain *chain, const struct block *block, real *Z, real *delta,
                   struct ahead *ahead);

#endif

/* The Fisher information of a classifier of one layer: the Hessian of the cross
 * entropy, which does not depend on y. With x~ = (x, 1) (x where there is no bias),
 * q its length, p_i the probabilities of row i:
 *
 *   one output   H = sum_i w_i p_i (1 - p_i) x~_i' x~_i                    q x q
 *   K outputs    H_kl = sum_i w_i p_ik ([k = l] - p_il) x~_i' x~_i         K q x K q, block k, l of q x q
 *
 * In double only, as all Gram matrices. */
#ifndef GEMML_CHAIN_FISHER_H
#define GEMML_CHAIN_FISHER_H

#include "chain/chain.h"
#include "fold/source.h"

/* Order of H: outputs (inputs + bias). */
size_t fisher_order(const struct chain *chain);

/* H (order x order, contiguous, upper triangle; what is below is undefined) at theta.
 * One pass of n K^2 q^2 flops. Errors: MEMORY and the source's. */
gemml_status fisher_fold(double *H, const struct chain *chain, const double *theta, const struct source *source);

#endif

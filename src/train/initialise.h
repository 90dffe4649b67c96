/* First parameters of a chain: biases 0, weights of a layer with n inputs and m
 * outputs drawn by
 *
 *   zero            W = 0
 *   normal          N(0, 1)
 *   Xavier uniform  U(-a, a), a = sqrt(6 / (n + m))     Glorot and Bengio (2010), equation 16
 *   Xavier normal   N(0, 2 / (n + m))                   the same variance
 *   He uniform      U(-a, a), a = sqrt(6 / n)           the same variance as
 *   He normal       N(0, 2 / n)                         He, Zhang, Ren, Sun (2015), equation 10 */
#ifndef GEMML_TRAIN_INITIALISE_H
#define GEMML_TRAIN_INITIALISE_H

#include "chain/chain.h"
#include "kernel/real.h"
#include "train/training.h"

/* theta (chain->parameters) = first parameters. A layer's weights are a function of
 * (seed, the layer's place, its shape and rule) alone, and the same in f32 and f64
 * up to rounding. Serial: about 40 ns a normal weight. */
void R(initialise)(const struct chain *chain, enum initialisation initialisation, uint64_t seed, real *theta);

#endif

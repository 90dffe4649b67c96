/* Optimizers: how a gradient g of F / sum w moves the parameters theta.
 *
 * A rule keeps up to two flat vectors as long as theta, from zero: the momentum or
 * mean of the gradients m, and the mean of their squares v. Each element's new
 * value depends on that element alone, so the vectors may be cut anywhere. */
#ifndef GEMML_TRAIN_OPTIMIZER_H
#define GEMML_TRAIN_OPTIMIZER_H

#include "chain/chain.h"
#include "kernel/real.h"
#include "train/training.h"

/* m (index 0) and v (index 1): does the rule keep it? */
bool R(optimizer_keeps)(enum optimizer rule, size_t vector);

/* One update of elements first .. first + count - 1 of theta.
 *
 *   step    its number, from 1
 *   vector  m and v of the whole chain; NULL what the rule does not keep
 *   scale   the gradient is scale g
 *   g       of the whole chain */
void R(optimizer_update)(const struct optimizer_settings *settings, const struct chain *chain, double rate, size_t step,
                         size_t first, size_t count, double scale, const real *g, real *const vector[OPTIMIZER_VECTORS],
                         real *theta);

#endif

/* The objective and its gradient, folded over a source:
 *
 *   F = sum_i w_i loss_i + lambda/2 sum W^2
 *
 * The loss is taken from the chain's last Z (losses.h). */
#ifndef GEMML_CHAIN_OBJECTIVE_H
#define GEMML_CHAIN_OBJECTIVE_H

#include "chain/pass.h"
#include "fold/source.h"

struct objective {
    double loss;       /* sum_i w_i loss_i / sum_i w_i */
    double sum_weight; /* sum_i w_i */
};

/* The loss over rows first .. first + rows - 1 and, where gradient is not NULL,
 * gradient = sum_i w_i dloss_i/dtheta (without the penalty). Errors: MEMORY and
 * the source's. */
gemml_status R(objective_fold)(struct objective *objective, const struct chain *chain, const real *theta,
                               const struct source *source, size_t first, size_t rows, real *gradient);

/* The same with dropout on the hidden layers (NULL: none); rows count from 0, `first`
 * and what the source makes of it included. */
gemml_status R(objective_fold_dropout)(struct objective *objective, const struct chain *chain, const real *theta,
                                       const struct source *source, size_t first, size_t rows,
                                       const struct dropout *dropout, real *gradient);

/* sum W^2 over the weights of all layers, never a bias. */
double R(objective_squares)(const struct chain *chain, const real *theta);

/* gradient += lambda W. */
void R(objective_add_penalty)(const struct chain *chain, const real *theta, double lambda, real *gradient);

#endif

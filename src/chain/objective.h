/* The objective and its gradient, folded over a source:
 *
 *   F = sum_i w_i loss_i + lambda/2 sum W^2
 *
 * The loss is taken from the chain's last Z (losses.h).
 *
 * A chain of small layers is folded by blocks of rows, each with a copy of the gradient;
 * one with a layer of 65536 weights or more goes layer by layer through strips of up to
 * 512 rows, whose products threads share by tiles. The shapes alone decide. */
#ifndef GEMML_CHAIN_OBJECTIVE_H
#define GEMML_CHAIN_OBJECTIVE_H

#include "chain/pass.h"
#include "fold/fold.h"
#include "fold/source.h"

struct objective {
    double loss;       /* sum_i w_i loss_i / sum_i w_i */
    double sum_weight; /* sum_i w_i */
};

/* The loss over rows first .. first + rows - 1 and, where gradient is not NULL,
 * gradient = sum_i w_i dloss_i/dtheta (without the penalty), undefined after an error.
 * Errors: MEMORY and the source's. */
gemml_status R(objective_fold)(struct objective *objective, const struct chain *chain, const real *theta,
                               const struct source *source, size_t first, size_t rows, real *gradient);

/* The same with dropout on the hidden layers (NULL: none); rows count from 0, `first`
 * and what the source makes of it included. */
gemml_status R(objective_fold_dropout)(struct objective *objective, const struct chain *chain, const real *theta,
                                       const struct source *source, size_t first, size_t rows,
                                       const struct dropout *dropout, real *gradient);

/* Memory that one evaluation after another uses, so that only the first allocates.
 * Zeroed: empty. It serves one at a time. */
struct objective_workspace {
    struct fold_workspace fold;
    void *memory;
    size_t memory_bytes;
};

/* What is still to be added to a gradient: those of its blocks of rows but the first, where they are
 * few. In the workspace, until it is used again. */
struct objective_parts {
    const real *gradient; /* of the second block */
    size_t count, stride; /* of how many, and from one to the next */
};

/* The same in a workspace. Nothing is allocated where objective_reserve has seen the
 * chain, the source, as many rows, whether a gradient is wanted, and as many threads. */
gemml_status R(objective_fold_in)(struct objective_workspace *workspace, struct objective *objective,
                                  const struct chain *chain, const real *theta, const struct source *source,
                                  size_t first, size_t rows, const struct dropout *dropout, real *gradient);

/* The same, but for what *parts says: so that whoever reads the gradient next may add while it is in the cache. */
gemml_status R(objective_fold_parts)(struct objective_workspace *workspace, struct objective *objective,
                                     const struct chain *chain, const real *theta, const struct source *source,
                                     size_t first, size_t rows, const struct dropout *dropout, real *gradient,
                                     struct objective_parts *parts);

/* Adds elements first .. first + count - 1 of the parts to those of the gradient. */
void R(objective_add_parts)(const struct objective_parts *parts, size_t first, size_t count, real *gradient);

/* How many of `rows` rows make a task of their own, with a gradient of its own; all of them
 * where threads share the products instead. */
size_t R(objective_block)(const struct chain *chain, size_t rows);

/* Errors: MEMORY. */
gemml_status R(objective_reserve)(struct objective_workspace *workspace, const struct chain *chain,
                                  const struct source *source, size_t rows, bool backward);

void R(objective_workspace_free)(struct objective_workspace *workspace);

/* sum W^2 over the weights of all layers, never a bias. */
double R(objective_squares)(const struct chain *chain, const real *theta);

/* gradient += lambda W. */
void R(objective_add_penalty)(const struct chain *chain, const real *theta, double lambda, real *gradient);

#endif

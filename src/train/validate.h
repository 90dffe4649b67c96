/* Validation: the loss and the score of a chain over rows that it does not learn from. */
#ifndef GEMML_TRAIN_VALIDATE_H
#define GEMML_TRAIN_VALIDATE_H

#include "chain/chain.h"
#include "fold/source.h"
#include "train/training.h"

/* Measures theta over all rows of a source. Errors: the source's, MEMORY. */
gemml_status R(validate)(struct validation *validation, const struct chain *chain, const real *theta,
                         const struct source *source, enum score score);

#endif

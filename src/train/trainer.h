/* The trainer: parameters, gradient and optimizer state over a source of rows,
 * and the steps of which training is made. */
#ifndef GEMML_TRAIN_TRAINER_H
#define GEMML_TRAIN_TRAINER_H

#include "chain/model.h"
#include "fold/source.h"
#include "train/training.h"
#include "util/rng.h"

struct trainer {
    const struct chain *chain;
    struct view_source source; /* the training rows, mapped */
    const struct training *training;
    real *theta;    /* the parameters: borrowed */
    real *gradient; /* of F / sum w over the last batch */
    real *best;     /* the parameters of the lowest objective seen */
    double best_objective;
    size_t best_epoch;
    size_t *order; /* of the rows in this epoch; NULL: all in one step */
    size_t steps;
};

gemml_status R(trainer_create)(struct trainer *trainer, const struct chain *chain, real *theta,
                               const struct view_source *source, const struct training *training);
void R(trainer_free)(struct trainer *trainer);

/* gradient = dF/dtheta / sum w over rows first .. first + rows - 1 of the epoch's
 * order, and their loss; a batch counts the penalty in its share. */
gemml_status R(trainer_backward)(struct trainer *trainer, size_t first, size_t rows, double *loss, double *sum_weight);

/* theta -= rate gradient. */
void R(trainer_step)(struct trainer *trainer);

/* The training loop: epochs of batches until one of the limits, early stopping,
 * convergence, divergence or the callback ends it. The best parameters are kept. */
gemml_status R(trainer_run)(struct trainer *trainer, struct training *training, struct fit_record *record);

#endif

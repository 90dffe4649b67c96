/* The trainer: parameters, gradient and optimizer state over a source of rows, and
 * the steps of which training is made:
 *
 *   backward      adds the sums over a batch of rows to the gradient's
 *   average       makes them the gradient of F / sum w
 *   step          moves theta by the optimizer
 *   epoch         all batches of the rows, with what follows an epoch
 *   run           epochs until the run has ended
 *
 * F is the objective, w the weights, lambda the L2 penalty, theta the parameters:
 *
 *   g = sum_batches sum_i w_i dloss_i/dtheta / sum w_i + lambda / (sum w of all rows) W.
 *
 * A step uses the sums up, and g may stand in their place. Of a trainer by hand (training.h) the
 * sums stay until they are zeroed, and g has a vector of its own.
 *
 * Memory, in vectors as long as theta: gradient, best, one or two of the optimizer
 * (none for sgd), one more once several batches are summed, and one for g by hand; n indices for an order of
 * few rows (ORDERED_ROWS); and the workspace of objective_fold_in. All of it is allocated at creation: batches and
 * steps allocate nothing (but the first sum of batches outside of an epoch does, and
 * batches larger than those of the epoch). */
#ifndef GEMML_TRAIN_TRAINER_H
#define GEMML_TRAIN_TRAINER_H

#include "chain/model.h"
#include "chain/objective.h"
#include "fold/source.h"
#include "train/optimizer.h"
#include "train/state.h"

/* The loss, the score and the epoch of each validation. */
enum { VALID_HISTORIES = 3 };

/* What the trainer's gradient holds. */
enum gradient_content { GRADIENT_NOTHING = 0, GRADIENT_SUMS, GRADIENT_MEAN };

struct trainer {
    const struct chain *chain;
    struct training *training;
    struct fit_record *record;
    struct view_source source; /* the training rows, mapped */
    struct view_source valid;  /* the validation rows, mapped; zeroed without training->valid */

    real *theta; /* the parameters: borrowed */
    real *sums;  /* over the batches */
    real *mean;  /* g: of F / sum w; it is `sums` itself but by hand */
    real *part;  /* the sums of a further batch; NULL until there is one */
    enum gradient_content content;
    struct objective_parts parts; /* that are still to be added to the sums */
    double sum_weight;            /* of the rows in the gradient */
    real *vector[OPTIMIZER_VECTORS];
    double *squares; /* of the gradient, one sum per chunk; NULL without clipping */
    double rate;     /* of the last step */

    real *best;                           /* the parameters of the best measure seen */
    size_t *order;                        /* of the rows in this epoch, where it is kept; else NULL */
    struct permutation permutation;       /* the same, where it is computed */
    size_t shuffled;                      /* the number, from 1, of the epoch that it is of; 0: of none */
    struct objective_workspace workspace; /* of backward */
    struct train_progress now;
    double last_checkpoint;
    size_t loss_capacity, valid_capacity[VALID_HISTORIES]; /* of the record's histories */
    size_t recorded_capacity[2];                           /* of its parameters, and their epochs */
};

/* A trainer of `chain` with the parameters `theta`, over `source`.
 *
 *   source    also the map of training->valid
 *   training  defaults are filled in
 *   record    in, out: zeroed; what the run comes to, as it goes
 *
 * All but the trainer itself is borrowed, and must live as long.
 * Errors: MEMORY; nothing is left to free. */
gemml_status R(trainer_create)(struct trainer *trainer, const struct chain *chain, real *theta,
                               const struct view_source *source, struct training *training, struct fit_record *record);
void R(trainer_free)(struct trainer *trainer);

/* Whether an epoch takes the rows in an order of its own: not where a batch has all of them. */
static inline bool trainer_shuffles(const struct trainer *trainer)
{
    return trainer->training->batch < trainer->source.source.rows;
}

/* Other rows as a source, with the map of the training rows. */
struct view_source R(trainer_source)(const struct trainer *trainer, const gemml_dataset *data);

/* The steps of a whole epoch, as the rate's schedule counts them. */
size_t R(trainer_epoch_steps)(const struct trainer *trainer);

/* Forward and backward over rows first .. first + rows - 1 of a source: adds
 * sum_i w_i dloss_i/dtheta to the gradient, or begins a new one after a step or
 * trainer_average (by hand: when it was zeroed). loss is their mean loss (0 where they have no weight); where it is
 * not finite nothing is added. Errors: the source's, MEMORY; a new gradient is then undefined. */
gemml_status R(trainer_backward)(struct trainer *trainer, const struct source *source, size_t first, size_t rows,
                                 double *loss, double *sum_weight);

/* Forgets what backward has summed: the gradient is 0. */
void R(trainer_zero_gradient)(struct trainer *trainer);

/* Makes `mean` of the sums, if it is not yet. */
void R(trainer_average)(struct trainer *trainer);

/* Averages, clips, and moves theta at the schedule's rate. Does nothing, and is false, when nothing was
 * summed since the last step (by hand: since it was zeroed). */
bool R(trainer_step)(struct trainer *trainer);

/* backward over the next batch of the training rows, in the order of the epoch under way, which is
 * counted with its last one; what else follows an epoch does not. Errors: as backward. */
gemml_status R(trainer_next)(struct trainer *trainer, double *loss);

/* One epoch (or what is left of it): batches in their order, each `accumulate` of
 * them a step; then validation, early stopping, the callback and the checkpoint as
 * they are due. trainer->now.ended says whether the run has ended, the record how.
 * Errors: NONFINITE (the data, or their sums at the first step), MEMORY, the
 * checkpoint's. */
gemml_status R(trainer_epoch)(struct trainer *trainer);

/* Ends the run (by the limit, if nothing else has ended it): the best parameters
 * are put into theta and measured. */
gemml_status R(trainer_finish)(struct trainer *trainer);

/* Whether nothing is left of the run: it has ended, or its epochs are done. */
bool R(trainer_over)(const struct trainer *trainer);

/* Epochs until one of the limits, early stopping, convergence, divergence or the
 * callback ends the run, and trainer_finish. */
gemml_status R(trainer_run)(struct trainer *trainer);

/* The trainer's state: pointers into the trainer, valid until it goes on. */
struct train_state R(trainer_export)(const struct trainer *trainer);

/* Copies a state into a trainer that has just been created with the same settings.
 * Errors: ARGUMENT (another dtype, number of parameters, optimizer or seed, or
 * counts that contradict each other), MEMORY; then the trainer is as it was. */
gemml_status R(trainer_import)(struct trainer *trainer, const struct train_state *state);

#endif

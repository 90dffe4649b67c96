/* The complete state of a run between two steps: what a checkpoint holds. A run
 * that goes on from it gives the same bits as one that was never interrupted.
 *
 * Random numbers need no state of their own: those of an epoch's order are a function
 * of (seed, epoch), those of dropout of (seed, pass, layer, row, unit). */
#ifndef GEMML_TRAIN_STATE_H
#define GEMML_TRAIN_STATE_H

#include "chain/model.h"
#include "train/training.h"

/* How far a run has come. */
struct train_progress {
    size_t steps;                    /* done */
    size_t passes;                   /* calls of backward, by which dropout draws */
    size_t epoch;                    /* complete epochs */
    size_t position;                 /* rows of the epoch under way that are done */
    double epoch_loss, epoch_weight; /* sum w loss and sum w over them */
    double best_measure;             /* the lowest validation loss; without a validation, objective */
    size_t best_epoch;
    double previous_loss;
    size_t idle_epochs;    /* in a row */
    double first_gradient; /* the largest component of the first gradient */
    double settled;        /* that of the last one, relative to the first */
    bool ended;            /* in a state: converged or stopped early, so that nothing is left to do */
};

struct train_state {
    const char *name;  /* what stands for it in messages: a file; NULL: "the state" */
    gemml_dtype dtype; /* of the vectors */
    size_t parameters; /* their length */
    enum optimizer rule;
    uint64_t seed;
    const void *theta;                     /* the parameters */
    const void *best;                      /* the best ones so far */
    const void *vector[OPTIMIZER_VECTORS]; /* the optimizer's; NULL: the rule does not keep it */
    struct train_progress progress;
    double rate;                     /* of the last step; not of a checkpoint's */
    gemml_outcome outcome;           /* of the run so far; likewise */
    const struct fit_record *record; /* its histories; its outcome where the run has ended */
};

#endif

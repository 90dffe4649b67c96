/* The settings of a training run, and what belongs to the call. Knows no
 * precision.
 *
 * A zeroed struct is plain descent: sgd, a constant rate, no penalty, clipping,
 * dropout, validation or checkpoint. Hyper-parameters that are NaN, and counts of
 * 0 where 0 makes no sense, take the default that stands in brackets. */
#ifndef GEMML_TRAIN_TRAINING_H
#define GEMML_TRAIN_TRAINING_H

#include <stdbool.h>

#include <gemml/fit.h>

#include "train/schedule.h"

/* The update rules; their equations are in optimizer.c. */
enum optimizer {
    OPTIMIZER_SGD = 0,
    OPTIMIZER_MOMENTUM,
    OPTIMIZER_NESTEROV,
    OPTIMIZER_RMSPROP,
    OPTIMIZER_ADAM,
    OPTIMIZER_ADAMW,
    OPTIMIZER_COUNT
};

enum { OPTIMIZER_VECTORS = 2 }; /* that a rule keeps at most */

struct optimizer_settings {
    enum optimizer rule;
    double momentum;     /* of momentum and Nesterov, in [0, 1) (0.9) */
    double decay;        /* of the mean square in RMSprop, in [0, 1) (0.99) */
    double beta1, beta2; /* of Adam and AdamW, in [0, 1) (0.9, 0.999) */
    double epsilon;      /* of RMSprop, Adam and AdamW, > 0 (1e-8) */
    double weight_decay; /* of AdamW, >= 0 (0.01): beside lambda, which is in the objective */
};

/* First parameters; the variances are in initialise.h. */
enum initialisation {
    INITIALISATION_AUTO = 0, /* He normal before a rectifier in a hidden layer; else Xavier uniform */
    INITIALISATION_ZERO,
    INITIALISATION_NORMAL,
    INITIALISATION_XAVIER_UNIFORM,
    INITIALISATION_XAVIER_NORMAL,
    INITIALISATION_HE_UNIFORM,
    INITIALISATION_HE_NORMAL,
    INITIALISATION_COUNT
};

/* What a validation measures beside the loss. */
enum score {
    SCORE_NONE = 0,
    SCORE_ACCURACY, /* the weighted share of the rows whose class is the most probable one */
    SCORE_R2        /* 1 - rss / tss, the mean over the outputs */
};

struct validation {
    double loss;  /* sum w loss / sum w */
    double score; /* NaN: none, or it does not exist */
};

struct train_state; /* train/state.h */

/* Given the complete state of a run between two epochs, valid until the call
 * returns. An error ends the run with it. */
typedef gemml_status (*train_checkpoint)(const struct train_state *state, void *data);

/* The mean loss over all rows and the sums of its gradient, of the model's dtype, at theta; in place of a pass over
 * the rows. */
typedef gemml_status (*train_objective)(void *data, const void *theta, double *loss, void *gradient);

struct training {
    size_t epochs;     /* at most */
    size_t iterations; /* steps at most; SIZE_MAX: no limit */
    size_t batch;      /* rows in a batch, 1 .. n */
    size_t accumulate; /* batches whose gradients are summed before a step (1) */
    size_t patience;   /* epochs in a row without an improvement by the tolerance */
    double tolerance;  /* NaN: no early stopping */
    double rate;       /* the base of the schedule */
    struct schedule schedule;
    struct optimizer_settings optimizer;
    double dropout; /* of the hidden layers' units, in [0, 1) */
    double clip;    /* > 0: the largest 2-norm of the gradient; else no clipping */
    double lambda;
    double sum_weight;                /* of all rows */
    double time_budget;               /* seconds; NaN: none */
    double started;                   /* clock_seconds() when the fit began */
    uint64_t seed;                    /* of the shuffles and of dropout */
    gemml_progress_callback progress; /* NULL: none */
    void *progress_data;
    train_objective objective; /* of steps over all rows; NULL: passes over them */
    void *objective_data;
    bool by_hand; /* the caller takes the steps: what backward has summed stays until it is zeroed */

    const gemml_dataset *valid; /* NULL: no validation */
    size_t valid_every;         /* epochs from one validation to the next (1) */
    size_t record_every;        /* epochs from one record of the parameters to the next (0: none are kept) */
    enum score score;

    train_checkpoint checkpoint; /* NULL: none */
    void *checkpoint_data;
    size_t checkpoint_epochs;         /* called after so many epochs; 0: not for that reason */
    double checkpoint_seconds;        /* or at the first epoch's end so long after the last one; > 0, else not */
    const struct train_state *resume; /* where to go on from; NULL: from the start */

    double settled; /* out: largest component of the last gradient, relative to the first */
};

/* Rows up to which an epoch's order is kept, drawn by Fisher and Yates; of more it is computed
 * (kernel/permutation.h), so that no memory grows with the rows. */
#define ORDERED_ROWS ((size_t)1 << 16)

/* Purposes of random numbers: streams of one seed must not meet. */
enum train_stream { STREAM_SHUFFLE = 0, STREAM_INITIALISE = 1, STREAM_DROPOUT = 2 };

/* The stream of number `index` (an epoch, a layer, a step) of a purpose. */
static inline uint64_t train_stream(enum train_stream purpose, size_t index)
{
    return (uint64_t)purpose << 56 | (uint64_t)index;
}

/* Fills in the defaults of what the caller left to the library; the schedule's
 * depend on `epochs`. Called by trainer_create; idempotent. */
void training_resolve(struct training *training);

#endif

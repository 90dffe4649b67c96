/* Learning-rate schedules: the rate of a step as a function of its number alone. */
#ifndef GEMML_TRAIN_SCHEDULE_H
#define GEMML_TRAIN_SCHEDULE_H

#include <stddef.h>

enum schedule_kind {
    SCHEDULE_CONSTANT = 0,
    SCHEDULE_STEP,
    SCHEDULE_EXPONENTIAL,
    SCHEDULE_COSINE,
    SCHEDULE_ONE_CYCLE,
    SCHEDULE_COUNT
};

/* Defaults, which training_resolve fills in for NaN and 0, stand in brackets. */
struct schedule {
    enum schedule_kind kind;
    double factor;        /* of step, after every `every` epochs (0.1), and of exponential, each epoch (0.95) */
    size_t every;         /* epochs (a third of the run) */
    double floor;         /* of cosine: the rate at the end (0) */
    double warmup;        /* of one-cycle: the share of the steps in which the rate rises, in [0, 1] (0.3) */
    double start_divisor; /* it starts at base / start_divisor (25) */
    double end_divisor;   /* and ends at base / start_divisor / end_divisor (1e4) */
};

/* The rate of step `step` (from 0) of `steps`, of which an epoch has
 * `steps_per_epoch` >= 1; `base` is the rate that the user gave. Steps beyond the
 * last are treated as the last. steps >= 1. */
double schedule_rate(const struct schedule *schedule, size_t step, size_t steps, size_t steps_per_epoch, double base);

#endif

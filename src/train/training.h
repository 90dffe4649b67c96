/* The settings of a training run, with all defaults resolved, and what belongs
 * to the call. Knows no precision. */
#ifndef GEMML_TRAIN_TRAINING_H
#define GEMML_TRAIN_TRAINING_H

#include <gemml/fit.h>

struct training {
    size_t epochs;     /* at most */
    size_t iterations; /* steps at most; SIZE_MAX: no limit */
    size_t batch;      /* rows in a step, 1 .. n */
    size_t patience;   /* epochs in a row that improve by less than the tolerance */
    double tolerance;  /* NaN: no early stopping */
    double rate;
    double lambda;
    double sum_weight;  /* of all rows */
    double time_budget; /* seconds; NaN: none */
    double started;     /* clock_seconds() when the fit began */
    uint64_t seed;
    gemml_progress_callback progress; /* NULL: none */
    void *progress_data;

    double settled; /* out: largest component of the last gradient, relative to the first */
};

#endif

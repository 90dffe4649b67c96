/* The options of train, and what they must agree on. */
#ifndef GEMML_CLI_TRAIN_OPTIONS_H
#define GEMML_CLI_TRAIN_OPTIONS_H

#include <gemml.h>

#include "cli/options.h"

struct train_options {
    const char *target, *model, *features, *drop, *weight, *categorical, *numeric, *report;
    int solver, dtype; /* of gemml_solver, gemml_dtype */
    double l2, tolerance, rate;
    size_t epochs, batch, patience, max_iterations, threads;
    uint64_t seed;
    bool standardize, minmax, no_scale, no_intercept, quiet;
};

#define TRAIN_OPTION_COUNT 24
extern const struct option_spec train_option_table[TRAIN_OPTION_COUNT];

/* Refuses options that contradict each other, and files that cannot be written,
 * before anything is read. Gives an exit status. */
int train_options_check(const struct verb *verb, const struct arguments *arguments, const struct train_options *values);

/* The library's options for these values. */
gemml_linear_options train_linear_options(const struct train_options *values);

#endif

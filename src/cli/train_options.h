/* The options of train, and what they must agree on. */
#ifndef GEMML_CLI_TRAIN_OPTIONS_H
#define GEMML_CLI_TRAIN_OPTIONS_H

#include <gemml.h>

#include "cli/options.h"

/* The verbs train linear, train logistic and train mlp share one table. */
enum train_verb { TRAIN_LINEAR = 1, TRAIN_LOGISTIC = 2, TRAIN_MLP = 4 };

/* What options belong to, beside their verbs. */
enum train_mark { MARK_NONE, MARK_DESCENT };

struct train_options {
    const char *target, *model, *features, *drop, *weight, *categorical, *numeric, *report, *valid;
    int solver, dtype, robust; /* places in their lists; robust is a gemml_errors, 0: none */
    double holdout, l2, tolerance, rate;
    size_t polynomial, epochs, batch, patience, max_iterations, threads;
    uint64_t seed;
    bool standardize, minmax, no_scale, no_intercept, quiet;
};

/* Refuses options that contradict each other, and files that cannot be written,
 * before anything is read. Gives an exit status. */
int train_options_check(const struct verb *verb, const struct arguments *arguments, const struct train_options *values);

/* The library's options for these values. */
gemml_schema_options train_schema_options(const struct train_options *values, enum train_verb verb);
gemml_linear_options train_linear_options(const struct train_options *values);

/* The solver that --solver names. */
gemml_solver train_solver(const struct train_options *values, enum train_verb verb);

#endif

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
    const char *target, *model, *features, *drop, *weight, *categorical, *numeric, *report, *valid, *range,
        *class_weight, *features_add, *plot;
    int solver, dtype, robust, target_scaling; /* places in their lists */
    double holdout, l2, tolerance, rate;
    size_t polynomial, epochs, batch, patience, max_iterations, record, threads;
    uint64_t seed;
    const char *hidden, *activation, *output_activation, *biases, *checkpoint; /* of networks, from here on */
    int task, initialisation, optimizer, schedule, mlp_dtype, mlp_solver;
    double momentum, beta1, beta2, epsilon, weight_decay, schedule_factor, schedule_floor, warmup, clip, dropout,
        time_budget, checkpoint_seconds;
    size_t schedule_every, accumulate, valid_every, checkpoint_every;
    bool resume;
    bool standardize, minmax, minmax_all, no_scale, no_intercept, quiet;
};

/* Refuses options that contradict each other, and files that cannot be written,
 * before anything is read. Gives an exit status. */
int train_options_check(const struct verb *verb, const struct arguments *arguments, const struct train_options *values);

/* The library's options for these values. */
gemml_schema_options train_schema_options(const struct train_options *values, enum train_verb verb);
gemml_linear_options train_linear_options(const struct train_options *values);
gemml_logistic_options train_logistic_options(const struct train_options *values);

/* train_mlp.c: makes the network for these values and the schema. Gives an exit status. */
int train_create_mlp(gemml_model **model, const struct train_options *values, const gemml_schema *schema);

/* The input scaling that they ask for; `standard` without an option. And --range, into low and high. */
gemml_scaling train_scaling(const struct train_options *values, gemml_scaling standard);
void train_range(const struct train_options *values, double *low, double *high);

/* The weight of each class of the schema, by --class-weight; free() it. NULL when
 * none are given one by one. Gives an exit status. */
int train_class_weight(double **weights, const struct train_options *values, const gemml_schema *schema);

/* The solver that --solver names. */
gemml_solver train_solver(const struct train_options *values, enum train_verb verb);

#endif

/* The demonstrations: commands, and what is found when they have run. */
#ifndef GEMML_CLI_DEMO_H
#define GEMML_CLI_DEMO_H

#include <stddef.h>
#include <stdio.h>

#include "cli/options.h"

enum demo_kind { DEMO_LINEAR = 1, DEMO_LOGISTIC = 2, DEMO_CLASSES = 4, DEMO_CURVE = 8 };

/* What is found, as a few lines of text on `out`, by a model and another file beside it. Gives an exit status. */
struct finding {
    int (*tell)(FILE *out, const struct finding *finding);
    const char *model, *other;
    double expected;
};

/* One command: a verb and its arguments, separated by blanks; then what was found. */
struct demo_step {
    enum demo_kind demo;
    const char *says; /* why; NULL: goes with the step before */
    const struct verb *verb;
    const char *arguments;
    struct finding finding; /* tell NULL: nothing */
};

extern const struct demo_step demo_steps[];
extern const size_t demo_step_count;

/* The model's coefficients beside those of the table `other` (name, coefficient) that made the data. */
int finding_truth(FILE *out, const struct finding *finding);

/* The model's coefficients beside those of the model `other`, which was fitted by an exact solver. */
int finding_optimum(FILE *out, const struct finding *finding);

/* The share of the rows of the table `other` that are right, and what is expected at least. */
int finding_accuracy(FILE *out, const struct finding *finding);

/* Half the mean squared error on the table `other`, and what the noise alone makes. */
int finding_error(FILE *out, const struct finding *finding);

#endif

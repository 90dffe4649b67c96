/* What belongs to one call of a fit or a trainer: the data, the validation rows, the limits. */
#ifndef GEMML_API_RUN_H
#define GEMML_API_RUN_H

#include "chain/model.h"
#include "io/checkpoint.h"
#include "solve/solvers.h"

struct run_call {
    struct linear_problem problem, valid; /* valid: zeroed without one */
    struct training training;             /* points into this struct */

    const gemml_model *model;
    const char *checkpoint; /* path; NULL: none */
    struct checkpoint_data data;
    struct checkpoint resumed; /* zeroed without one */
};

/* Reads and checks what was handed in. The call borrows everything, and must stay where it is
 * until run_call_free. Errors: ARGUMENT, SHAPE, NONFINITE, UNSUPPORTED, and the checkpoint's. */
gemml_status run_call_read(struct run_call *call, const gemml_model *model, const gemml_dataset *train,
                           const gemml_fit_options *options, double started);

void run_call_free(struct run_call *call);

/* Whether the model is trained by the trainer, which validates, and keeps checkpoints. */
bool run_is_trained(const gemml_model *model);

/* That the targets of the validation rows, if there are any, are of these classes (0: values).
 * Errors: ARGUMENT, SHAPE, NONFINITE. */
gemml_status run_check_classes(const struct training *training, size_t classes);

#endif

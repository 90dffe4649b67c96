/* A model that is trained by steps, from its data to what a fit leaves in it. gemml_fit runs
 * one to its end; of a gemml_trainer the caller takes the steps. */
#ifndef GEMML_API_TRAINER_H
#define GEMML_API_TRAINER_H

#include <gemml/trainer.h>

#include "api/fit_problem.h"
#include "api/run.h"
#include "train/engine.h"

struct gemml_trainer {
    gemml_model *model;          /* borrowed */
    struct run_call call;        /* the data as they were given, the validation rows, the limits */
    struct fit_problem problem;  /* what is learnt from */
    struct columns *columns;     /* of a logistic regression; else NULL */
    struct quadratic *quadratic; /* of a linear regression by steps over all rows; else NULL */
    struct fitted *fitted;       /* the state that is trained; NULL once it is the model's */
    struct trainer *steps;       /* the engine's; NULL likewise */

    double *batch_weight; /* of the rows of a batch, times those of their classes */
    size_t batch_capacity;
};

/* What belongs to the trainer's precision. */
static inline const struct engine *trainer_engine(const gemml_trainer *trainer)
{
    return engine_of(trainer->fitted->dtype);
}

/* A trainer at the start of a run, or where its checkpoint left it.
 *
 *   by_hand  the caller takes the steps (training.h)
 *   started  clock_seconds() when the call began
 *
 * Errors: as gemml_trainer_create. */
gemml_status trainer_open(gemml_trainer **trainer, gemml_model *model, const gemml_dataset *train,
                          const gemml_fit_options *options, bool by_hand, double started);

/* Puts what was trained, of a run that has been finished, into the model. The trainer is of no further use,
 * whatever the status. Errors: NONFINITE, MEMORY; then the model is as it was. */
gemml_status trainer_publish(gemml_trainer *trainer);

#endif

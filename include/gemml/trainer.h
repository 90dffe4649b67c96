/* The experimenter's door: training step by step. gemml_fit is made of the same steps.
 *
 * With theta the parameters, F the objective of gemml_fit, w the weights of the rows, and lambda
 * the penalty:
 *
 *   forward    A_L = f_L(... f_1(A_0 W_1 + 1 b_1) ...)
 *   backward   G += sum_i w_i dloss_i/dtheta over the rows of a batch,  S += sum_i w_i
 *   gradient   g = G / S + lambda / (sum of the training rows' weights) W
 *   step       theta moves along g by the model's optimizer (gemml_optimizer), at the schedule's rate
 *
 * A loop in C:
 *
 *   gemml_trainer_create(&trainer, model, &train, NULL);
 *   for (size_t i = 0; i < steps; i++) {
 *       gemml_trainer_zero_gradient(trainer);
 *       gemml_trainer_backward(trainer, NULL, &loss);      // or a batch of your own
 *       gemml_trainer_step(trainer);
 *   }
 *   gemml_trainer_finish(trainer, NULL);                   // the model is fitted
 *   gemml_trainer_free(trainer);
 *
 * Every function gives the same bits for any number of threads. A trainer is used by one
 * thread at a time; different trainers, of different models, by as many as there are. */
#ifndef GEMML_TRAINER_H
#define GEMML_TRAINER_H

#include "fit.h"
#include "mlp.h"

GEMML_BEGIN_DECLS

typedef struct gemml_trainer gemml_trainer;

/* Makes a trainer at the start of a run: the model's shape is laid out for the data, the input
 * and output maps are fitted, and theta are the first parameters.
 *
 *   trainer  out: the new handle, to be freed by gemml_trainer_free; untouched on failure
 *   model    a network that is not solved by LBFGS, or a linear or logistic regression with the solver DESCENT.
 *            Its options say what is trained and how. Borrowed: until the trainer is freed, free and fit
 *            it with nothing else. It changes in gemml_trainer_finish only, and may predict meanwhile
 *   train    x n x p, y n x K or class indices n x 1, weight n x 1 or zeroed. The arrays are borrowed until the
 *            trainer is freed
 *   options  as of gemml_fit; `valid`'s arrays and the checkpoint's path are borrowed likewise. Validation, progress,
 *            limits and checkpoints belong to gemml_trainer_epoch. With `resume` the trainer is where the
 *            checkpoint left it. NULL: defaults
 *
 * Memory, in vectors as long as theta: 5 and those of the optimizer (sgd 0, momentum, Nesterov and RMSprop 1,
 * Adam and AdamW 2), and what a pass over a batch takes. The other functions allocate nothing, but where they say so.
 * Cost: a pass over the rows for the maps.
 * Errors: as gemml_fit, and UNSUPPORTED (another solver). */
GEMML_API gemml_status gemml_trainer_create(gemml_trainer **trainer, gemml_model *model, const gemml_dataset *train,
                                            const gemml_fit_options *options);

/* Frees a trainer; NULL is allowed. What was not finished is lost. */
GEMML_API void gemml_trainer_free(gemml_trainer *trainer);

/* The forward pass at theta as it stands: values in the units of the targets, or the probability of each class.
 *
 *   x    m x p, as in gemml_predict; finite
 *   out  m x K (classes: m x classes), f64 or f32; after an error some rows may have been written
 *
 * Allocates its scratch. Cost: 2 flops a row and parameter. Errors: ARGUMENT, SHAPE, NONFINITE (x, or a result that
 * overflows), MEMORY. */
GEMML_API gemml_status gemml_trainer_forward(const gemml_trainer *trainer, gemml_view x, gemml_matrix out);

/* The index of the most probable class of each row, of equally probable ones the lowest.
 *
 *   out  m x 1, f64 or f32
 *
 * Otherwise as forward. Errors: likewise, and UNSUPPORTED (a model of values). */
GEMML_API gemml_status gemml_trainer_classify(const gemml_trainer *trainer, gemml_view x, gemml_matrix out);

/* How good theta is on rows, as a validation measures it.
 *
 *   data   rows of the training rows' shape; weights count, those of classes do not
 *   loss   out: sum w loss / sum w (of scaled targets where the model scales them); NULL: not wanted
 *   score  out: of classes the accuracy, the weighted share of the rows whose most probable class is theirs; of values
 *          r2, the mean over the outputs (NaN: a target is constant); NULL: not wanted
 *
 * Allocates its sums. One pass. Errors: ARGUMENT, SHAPE, NONFINITE (the data), MEMORY. */
GEMML_API gemml_status gemml_trainer_evaluate(const gemml_trainer *trainer, const gemml_dataset *data, double *loss,
                                              double *score);

/* The accuracy alone. Errors: likewise, and UNSUPPORTED (a model of values). */
GEMML_API gemml_status gemml_trainer_accuracy(const gemml_trainer *trainer, const gemml_dataset *data,
                                              double *accuracy);

/* Adds the gradient of a batch of rows to what there is since it was zeroed.
 *
 *   batch  any rows of the training rows' shape; the model's class weights count. NULL: the next `batch` of the
 *          training rows (all of them, where the model's option is AUTO in a regression), in the order in which
 *          gemml_fit would take them: shuffled anew in each epoch by the model's seed, unless a batch has all rows
 *   loss   out: sum w loss / sum w over the batch, before any step; NULL: not wanted. Where the parameters have run
 * away it is not finite, and nothing is added
 *
 * With dropout each call drops other units. Allocates where a batch is larger, or of another dtype, than any before.
 * Cost: 6 flops a row and weight. Errors: ARGUMENT, SHAPE, NONFINITE (the data; row and column are named), MEMORY;
 * then what was summed before is as it was. */
GEMML_API gemml_status gemml_trainer_backward(gemml_trainer *trainer, const gemml_dataset *batch, double *loss);

/* Makes the gradient 0 and forgets what was summed. Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_zero_gradient(gemml_trainer *trainer);

/* Moves theta by the optimizer along g, which is shortened first where the model's options clip. The sums stay:
 * zero the gradient before the next batch, unless they are to be added to.
 * Cost: a few flops a parameter. Errors: ARGUMENT (no backward since the gradient was zeroed). */
GEMML_API gemml_status gemml_trainer_step(gemml_trainer *trainer);

/* A whole epoch, or what is left of one of which backward has taken batches: zeroes the gradient, takes the batches of
 * the training rows with a step for each `accumulate` of them, then validates, looks at early stopping, calls the
 * progress callback, records parameters and writes the checkpoint, as they are due. Does nothing when the run has ended
 * (see gemml_trainer_get_info). Run until then and finished, a trainer gives the bits of gemml_fit. Allocates where a
 * history grows. Errors: NONFINITE (the data), MEMORY, of checkpoints IO. */
GEMML_API gemml_status gemml_trainer_epoch(gemml_trainer *trainer);

/* Ends the run: the best parameters are chosen as in gemml_fit (by the validation if there is one; else the last
 * ones, unless they are not finite), the summary is made, and all of it becomes the model's, which is
 * then fitted. Of the trainer nothing is left but to free it, whatever the status.
 *
 *   info  out; NULL: not wanted. Its struct_size is set by the caller
 *
 * Errors: ARGUMENT, NONFINITE, MEMORY; the model is then as it was. */
GEMML_API gemml_status gemml_trainer_finish(gemml_trainer *trainer, gemml_fit_info *info);

/* Where a trainer stands. */
typedef struct gemml_trainer_info {
    size_t struct_size;
    size_t inputs, outputs; /* p, and the units of the last layer (two classes: 1) */
    size_t classes;         /* K of a model that tells classes apart, else 0 */
    size_t layers, parameters;
    gemml_dtype dtype;
    size_t steps;          /* taken */
    size_t epochs;         /* complete, of the training rows */
    double rate;           /* of the last step; before the first one the base of the schedule */
    double loss;           /* of the last epoch, as in loss_history; NaN before its end */
    double valid_loss;     /* of the last validation, and its score; NaN: none yet */
    double score;          /* of classes the accuracy, else r2 */
    int ended;             /* nonzero: gemml_trainer_epoch has nothing left to do */
    gemml_outcome outcome; /* how; LIMIT until then */
} gemml_trainer_info;
#define GEMML_TRAINER_INFO_INIT                                                                                        \
    {                                                                                                                  \
        sizeof(gemml_trainer_info), 0, 0, 0, 0, 0, GEMML_F64, 0, 0, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, 0, \
            GEMML_LIMIT                                                                                                \
    }
static inline void gemml_trainer_info_init(gemml_trainer_info *info)
{
    gemml_trainer_info initial = GEMML_TRAINER_INFO_INIT;
    *info = initial;
}

/* Fills info (its struct_size set by the caller). Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_get_info(const gemml_trainer *trainer, gemml_trainer_info *info);

/* Sets the base of the schedule for the steps to come: with a constant schedule their rate.
 *
 *   rate  finite, > 0
 *
 * Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_set_rate(gemml_trainer *trainer, double rate);

/* theta, in the chain's coordinates: layer by layer W row-major (in x out), then b. It may be written.
 *
 *   data   out: double or float by the model's dtype; valid until the trainer finishes or is freed
 *   count  out: its length
 *
 * Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_parameters(gemml_trainer *trainer, void **data, size_t *count);

/* g, laid out likewise, of what was summed since the gradient was zeroed; 0 where nothing was. It may be written: a
 * step takes it as it stands, unless backward comes between.
 *
 *   data   out: double or float by the model's dtype; valid until the trainer finishes or is freed, its numbers until
 *          backward, zero_gradient, step or epoch
 *   count  out: its length
 *
 * Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_gradient(gemml_trainer *trainer, void **data, size_t *count);

/* Statistics of the parameters and of g in layer `index` (0 is the first).
 *
 *   parameters  out (its struct_size set by the caller); NULL: not wanted
 *   gradient    out; NULL: not wanted
 *
 * Errors: ARGUMENT. Cost: two passes over the layer for each. */
GEMML_API gemml_status gemml_trainer_layer_statistics(gemml_trainer *trainer, size_t index,
                                                      gemml_layer_statistics *parameters,
                                                      gemml_layer_statistics *gradient);

/* The trainer as text: its layers with shapes, activations and numbers of parameters, the settings with the
 * library's choices filled in, and the steps taken. Lines that end in '\n'.
 *
 *   text    out, `capacity` bytes: as much as fits, ended by a zero; NULL when capacity is 0
 *   length  out: the bytes of the whole text without its zero; NULL: not wanted
 *
 * Errors: ARGUMENT. */
GEMML_API gemml_status gemml_trainer_describe(const gemml_trainer *trainer, char *text, size_t capacity,
                                              size_t *length);

GEMML_END_DECLS

#endif

/* Fitting: one verb for every model. */
#ifndef GEMML_FIT_H
#define GEMML_FIT_H

#include "model.h"

GEMML_BEGIN_DECLS

/* How a fit ended. None of these is an error: the model is fitted. */
typedef enum gemml_outcome {
    GEMML_CONVERGED = 0,     /* descent on all rows: the gradient's largest component fell below
                                1e-12 (f32: 1e-6) of that of the first */
    GEMML_STOPPED_EARLY = 1, /* the loss improved by less than the tolerance */
    GEMML_LIMIT = 2,         /* epochs or iterations used up */
    GEMML_TIME_LIMIT = 3,
    GEMML_CANCELLED = 4, /* by the progress callback */
    GEMML_SEPARATED = 5, /* logistic: the classes are separable */
    GEMML_DIVERGED = 6   /* the objective became non-finite; the best parameters are kept */
} gemml_outcome;

/* A name of an outcome as in reports: "converged", "stopped_early", ... Static. */
GEMML_API const char *gemml_outcome_string(gemml_outcome outcome);

/* Where a fit stands. */
typedef struct gemml_progress {
    size_t struct_size;
    size_t epoch, epochs;     /* done, and at most */
    size_t iteration;         /* steps done */
    double loss;              /* sum w loss / sum w over the epoch's steps */
    double rate;              /* of the last step; NaN of solvers without one */
    double seconds;           /* since the fit began */
    double valid_loss, score; /* of the last validation, as in gemml_fit_info; NaN before it and without one */
} gemml_progress;

/* Called on the fitting thread after each epoch but the one with which the fit
 * ends. A nonzero return ends the fit with GEMML_CANCELLED; the model keeps the best
 * parameters so far (by the validation loss if there is one; without it the last ones when a step
 * takes a batch of the rows only). */
typedef int (*gemml_progress_callback)(const gemml_progress *progress, void *data);

/* What belongs to one call. */
typedef struct gemml_fit_options {
    size_t struct_size;
    gemml_progress_callback progress; /* NULL: none */
    void *progress_data;              /* passed through */
    double time_budget;               /* seconds > 0, looked at after each step (AUTO: none) */

    /* Of DESCENT and networks without LBFGS. */
    const gemml_dataset *valid; /* rows on which the model is judged and from which it does not learn, of the shape
                                   of the training rows (weights count; class weights do not): they decide which
                                   parameters are kept, and early stopping. NULL: none */

    /* A checkpoint holds the complete state of the run, is replaced atomically, and is written at the run's end too.
     * A run that goes on from one gives the same bits as one that was never interrupted. */
    const char *checkpoint; /* path; NULL: none */
    size_t
        checkpoint_epochs; /* written after so many epochs, at least 1 (AUTO: 1, or never when the seconds are set) */
    double checkpoint_seconds; /* or at the first step's end so many seconds > 0 after the last one (AUTO: never) */
    int resume;                /* nonzero: go on from the checkpoint; where there is no such file, from the start.
                                  Model options and data must be those of the run that wrote it, but for epochs,
                                  max_iterations and patience */

    size_t record; /* of DESCENT and networks without LBFGS: keep the parameters of every so many epochs, at least 1,
                      of the first ones and of the last (AUTO: none); they are saved with the model */
} gemml_fit_options;
#define GEMML_FIT_OPTIONS_INIT                                                                          \
    {                                                                                                   \
        sizeof(gemml_fit_options), NULL, NULL, GEMML_AUTO, NULL, NULL, GEMML_AUTO_COUNT, GEMML_AUTO, 0, \
            GEMML_AUTO_COUNT                                                                            \
    }
static inline void gemml_fit_options_init(gemml_fit_options *options)
{
    gemml_fit_options initial = GEMML_FIT_OPTIONS_INIT;
    *options = initial;
}

/* What a fit came to. Arrays are owned by the model until the next fit or free. */
typedef struct gemml_fit_info {
    size_t struct_size;
    gemml_outcome outcome;
    gemml_solver solver; /* the one that was used */
    size_t epochs;       /* passes of descent */
    size_t iterations;   /* steps of descent, or of refinement */
    double objective;    /* F = sum w loss + lambda/2 sum W^2 at the parameters kept */
    double loss;         /* sum w loss / sum w there */
    size_t best_epoch;   /* the epoch with whose steps the parameters kept were found (descent; 0: the first ones) */
    double seconds;      /* the whole call */
    const double *loss_history; /* descent: the loss of each epoch, over its steps, before each step */
    size_t loss_history_count;
    const char *notice;               /* "" or sentences on what the user should know (rank, a limit reached) */
    double l2;                        /* lambda: as given, or chosen by leave-one-out (l2 AUTO) */
    const double *l2_path;            /* l2 AUTO: pairs (lambda, mean squared leave-one-out error), lambda ascending */
    size_t l2_path_count;             /* how many pairs */
    const double *valid_loss_history; /* the loss of each validation; NULL: none */
    const double *score_history;      /* its score: of classes the accuracy, of values r2 (NaN: does not exist) */
    const size_t *valid_epochs;       /* after how many epochs it was */
    size_t valid_history_count;
    const double *recorded;        /* parameters that were recorded: recorded_count rows of the flat vector, in the
                                      chain's coordinates; NULL: none */
    const size_t *recorded_epochs; /* after how many epochs they were those; 0: the first ones */
    size_t recorded_count;
} gemml_fit_info;
#define GEMML_FIT_INFO_INIT                                                                                           \
    {                                                                                                                 \
        sizeof(gemml_fit_info), GEMML_CONVERGED, GEMML_SOLVER_AUTO, 0, 0, 0.0, 0.0, 0, 0.0, NULL, 0, NULL, 0.0, NULL, \
            0, NULL, NULL, NULL, 0, NULL, NULL, 0                                                                     \
    }
static inline void gemml_fit_info_init(gemml_fit_info *info)
{
    gemml_fit_info initial = GEMML_FIT_INFO_INIT;
    *info = initial;
}

/* Fits the model: minimises the objective
 *
 *   F = sum_i w_i loss_i + lambda/2 sum W^2
 *   loss_i = 1/2 sum_k (a_ik - y_ik)^2 of values, -log p(y_i) of classes
 *
 * over the parameters; a bias is never penalised. A second fit starts
 * afresh; after an error the model is as it was before.
 *
 *   model    in, out
 *   train    x n x p, y n x K, weight n x 1 or zeroed; n, p, K >= 1
 *   options  NULL: defaults
 *   info     out; NULL: not wanted. Its struct_size is set by the caller (GEMML_FIT_INFO_INIT)
 *
 * With l2 AUTO a linear regression takes the lambda of least leave-one-out error,
 *
 *   loo = sum_i w_i (y_i - prediction of the fit without row i)^2 / sum w,  mean over outputs,
 *
 * which is exact and needs no refit (Allen 1974: r_i / (1 - h_i)). The candidates are 0, if the
 * columns are independent enough, and a path relative to the largest eigenvalue of the
 * inputs' second moments, refined about the best one; the info has all of them. The input map stays
 * that of all rows. Cost: one more Gram matrix, and two passes of 2 n p (p + L (1 + K)) flops with
 * L of 50 and 24 candidates.
 *
 * The same bits for any number of threads. A model is fitted by one thread at a
 * time; different models by as many as there are.
 * Cost: CHOLESKY n (p + K)^2 flops in one pass over x, and p^3/3; memory beyond
 * the data about (p + K)^2 doubles a thread. DESCENT 4 n p K flops an epoch,
 * or 2 p^2 K (see gemml_solver), a network 6 n flops a weight.
 * Method: Bjorck, Numerical Methods for Least Squares Problems (1996), sections 2.2 and 2.9.
 * Errors: ARGUMENT, SHAPE, NONFINITE (row and column are named), MEMORY, UNSUPPORTED (validation rows or
 * a checkpoint with a solver that has none; options of a later version); of checkpoints also IO and FORMAT. */
GEMML_API gemml_status gemml_fit(gemml_model *model, const gemml_dataset *train, const gemml_fit_options *options,
                                 gemml_fit_info *info);

/* What the last fit came to (seconds 0 after a load). Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_get_fit_info(const gemml_model *model, gemml_fit_info *info);

/* Makes recorded parameters those of the model, which then predicts as it did after
 * those epochs: for learning curves and animations. What is known of the fit (summary,
 * loss) stays that of the fit; its own parameters are lost, so load the model again, or
 * fit it, to have them back.
 *
 *   model  in, out; not in use by another thread
 *   index  of the recorded ones, counted from 0
 *
 * Errors: ARGUMENT (there are no such ones), UNFITTED. */
GEMML_API gemml_status gemml_recall(gemml_model *model, size_t index);

/* The objective's gradient at the model's parameters, and the loss:
 *
 *   loss = sum w_i loss_i / sum w_i,   gradient = dF/dparameters / sum w_i
 *
 *   loss      out; NULL: not wanted
 *   gradient  out: as many elements as gemml_parameters gives, double or float
 *             by the model's dtype; undefined after an error
 *
 * Errors: as gemml_fit, and UNFITTED. Cost: one pass, 4 n p K flops. */
GEMML_API gemml_status gemml_loss_gradient(const gemml_model *model, const gemml_dataset *data, double *loss,
                                           void *gradient);

GEMML_END_DECLS

#endif

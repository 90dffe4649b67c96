/* The solvers of linear and logistic regressions, and the normal-equation check. They fill a fitted state from data
 * that have been validated. */
#ifndef GEMML_SOLVE_SOLVERS_H
#define GEMML_SOLVE_SOLVERS_H

#include "chain/model.h"
#include "train/training.h"

/* What all of them need. */
struct linear_problem {
    gemml_dataset data;
    size_t positive_rows; /* rows of weight above zero */
    double sum_weight;
    const gemml_linear_options *options;
    double l2;                  /* lambda: options->l2, or what ridge_choose makes of AUTO */
    const gemml_schema *schema; /* says which inputs are not scaled; NULL: none */
};

/* direct.c: by CHOLESKY, QR, SVD or AUTO; refined where that pays. Fills parameters,
 * map, record and summary of `fitted`, whose chain is laid out.
 * Errors: NONFINITE, MEMORY. */
gemml_status direct_fit(struct fitted *fitted, const struct linear_problem *problem);

/* Training by the trainer (train/trainer.h) is framed by two calls for each kind of model: `prepare` fits the maps of
 * `fitted`, whose chain is laid out, and takes the run's settings from the options into `training`, which holds what
 * belongs to the call; `finish` adds to what the trainer left the solver, notices and the summary.
 * Errors: NONFINITE, MEMORY.
 *
 * descent.c; prepare makes the quadratic of steps over all rows (else NULL stays), which the run looks at: it belongs
 * to the caller, to be freed by quadratic_free. */
struct quadratic; /* solve/quadratic.h */
gemml_status descent_prepare(struct fitted *fitted, const struct linear_problem *problem, struct training *training,
                             struct quadratic **quadratic);
gemml_status descent_finish(struct fitted *fitted, const struct linear_problem *problem,
                            const struct training *training);

/* What a logistic regression needs. */
struct logistic_problem {
    gemml_dataset data; /* y: class indices; the weights with those of the classes */
    size_t positive_rows;
    double sum_weight;
    size_t classes;
    const double *class_sum; /* sum of w over the rows of each class */
    const gemml_logistic_options *options;
    const gemml_schema *schema; /* names inputs, and says which are not scaled; NULL: none */
};

/* logistic.c: by LBFGS or NEWTON; fills `fitted`, whose chain is laid out: map, parameters, record, summary.
 * Errors: NONFINITE, MEMORY. */
gemml_status logistic_fit(struct fitted *fitted, const struct logistic_problem *problem, struct training *training);

struct columns; /* fold/columns.h */

/* logistic.c, by the trainer. prepare folds the columns, which finish wants again: they belong to the
 * caller, to be freed by logistic_columns_free (NULL is allowed). */
gemml_status logistic_prepare(struct fitted *fitted, const struct logistic_problem *problem, struct training *training,
                              struct columns **columns);
gemml_status logistic_finish(struct fitted *fitted, const struct logistic_problem *problem, struct training *training,
                             const struct columns *columns);
void logistic_columns_free(struct columns *columns);

/* linear_lbfgs.c: linear regression by L-BFGS; `training` holds what belongs to the call.
 * Errors: NONFINITE, MEMORY. */
gemml_status lbfgs_fit(struct fitted *fitted, const struct linear_problem *problem, struct training *training);

/* What runs of descent share: the default number of epochs for so many products in a
 * pass, and the sentence on how a run ended. Errors: MEMORY. */
size_t descent_default_epochs(double size);
gemml_status descent_note_outcome(struct fitted *fitted, const struct training *training);

/* check.c: see gemml_normal_equation_check. Errors: NONFINITE, MEMORY. */
gemml_status normal_equations_check(const struct fitted *fitted, const struct linear_problem *problem,
                                    gemml_normal_equations *check);

#endif

/* Networks: from their options to a chain, to the settings of a training run, and to a fit. */
#ifndef GEMML_SOLVE_NETWORK_H
#define GEMML_SOLVE_NETWORK_H

#include "chain/model.h"
#include "train/training.h"

/* What a network is fitted to. */
struct network_problem {
    gemml_dataset data; /* y: targets or class indices; the weights with those of the classes */
    double sum_weight;
    size_t classes; /* K; 0: a regression */
    const gemml_mlp_options *options;
    const gemml_schema *schema; /* says which inputs are not scaled; NULL: none */
};

/* Before the trainer (see solvers.h): the chain, the maps, fitted to the data, and the first parameters of a new
 * state; and what the options say of a run into `training`, of which what belongs to the call is set.
 * Errors: SHAPE, NONFINITE, MEMORY. */
gemml_status network_prepare(struct fitted *fitted, const struct network_problem *problem, struct training *training);

/* And after it: the solver, notices, and the summary, whose numbers of a linear model are NaN but for r2.
 * Errors: NONFINITE, MEMORY. */
gemml_status network_finish(struct fitted *fitted, const struct network_problem *problem,
                            const struct training *training);

/* Without a trainer, by LBFGS: all of it. Errors: NONFINITE, MEMORY. */
gemml_status network_fit(struct fitted *fitted, const struct network_problem *problem, struct training *training);

/* network_lbfgs.c: from the parameters as they stand, by L-BFGS on all rows; fills the record. */
gemml_status network_lbfgs(struct fitted *fitted, const struct network_problem *problem, struct training *training);

#endif

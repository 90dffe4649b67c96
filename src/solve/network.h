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

/* The chain, the maps, fitted to the data, and the first parameters of a new state.
 * Errors: SHAPE, NONFINITE, MEMORY. */
gemml_status network_lay_out(struct fitted *fitted, const struct network_problem *problem);

/* What the options say of a run into `training`, of which what belongs to the call is set. */
void network_settings(struct training *training, const struct network_problem *problem);

/* Fills `fitted`: as laid out, trained, and with its record and summary. Between
 * linalg_enter and linalg_leave. Errors: NONFINITE, MEMORY, the checkpoint's. */
gemml_status network_fit(struct fitted *fitted, const struct network_problem *problem, struct training *training);

/* network_lbfgs.c: from the parameters as they stand, by L-BFGS on all rows; fills the record. */
gemml_status network_lbfgs(struct fitted *fitted, const struct network_problem *problem, struct training *training);

/* The summary, whose numbers of a linear model are NaN but for r2. Errors: NONFINITE, MEMORY. */
gemml_status network_summary(struct fitted *fitted, const struct network_problem *problem);

#endif

/* What single rows do to a fit: leverage and Cook's distance. */
#ifndef GEMML_STATS_INFLUENCE_H
#define GEMML_STATS_INFLUENCE_H

#include "chain/model.h"

/* A row whose leverage is closer to 1 than this determines its own prediction:
 * what remains of 1 - h is rounding. */
#define LEVERAGE_ROOM 1e-10

/* See gemml_influence. Either matrix may be NULL. Errors: NONFINITE, MEMORY. */
gemml_status influence(const struct fitted *fitted, const gemml_dataset *data, const gemml_matrix *leverage,
                       const gemml_matrix *cook);

/* See gemml_robust_errors: errors is (p + 1) x K, NaN for an intercept that is
 * not there. Errors: NONFINITE, MEMORY. */
gemml_status robust_errors(const struct fitted *fitted, const gemml_dataset *data, gemml_errors kind, double *errors);

#endif

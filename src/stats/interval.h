/* Intervals about predictions. */
#ifndef GEMML_STATS_INTERVAL_H
#define GEMML_STATS_INTERVAL_H

#include "chain/model.h"

/* See gemml_predict_interval; t is the quantile of Student's t. Errors: NONFINITE, MEMORY. */
gemml_status predict_interval(const struct fitted *fitted, const gemml_view *x, double t, gemml_interval kind,
                              const gemml_matrix *out);

#endif

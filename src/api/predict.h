/* What a fitted state tells of rows: gemml_predict and its kin, and the forward pass of a trainer. */
#ifndef GEMML_API_PREDICT_H
#define GEMML_API_PREDICT_H

#include "train/engine.h"

/* out = an output of each row of x, on all threads. Checks both. Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY. */
gemml_status predict_outputs(const struct fitted *fitted, enum output output, gemml_view x, gemml_matrix out);

#endif

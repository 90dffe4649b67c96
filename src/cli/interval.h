/* Intervals about predictions. */
#ifndef GEMML_CLI_INTERVAL_H
#define GEMML_CLI_INTERVAL_H

#include <gemml.h>

/* For each output five columns: prediction, mean_lower, mean_upper, lower, upper. */
#define INTERVAL_COLUMNS 5
extern const char *const interval_columns[INTERVAL_COLUMNS];

/* Fills out, rows x (INTERVAL_COLUMNS * outputs), f64 or f32. Gives an exit status. */
int interval_compute(const gemml_model *model, gemml_view x, double level, gemml_matrix out);

#endif

/* What a model says of each row, as CSV. */
#ifndef GEMML_CLI_PREDICTIONS_H
#define GEMML_CLI_PREDICTIONS_H

#include <gemml.h>
#include <stdbool.h>
#include <stdio.h>

/* What stands in a line beside the prediction. */
struct prediction_columns {
    double interval;  /* level of the limits about a value; NaN: none */
    bool proba;       /* p:LABEL for each class */
    bool decision;    /* z of the last layer: "decision", or "decision:LABEL" for each class */
    double threshold; /* of two classes the second is predicted above this probability; NaN: 1/2 */
};

struct predictions {
    const gemml_model *model;
    const gemml_schema *schema; /* NULL: outputs and classes have no names */
    gemml_model_info info;
    struct prediction_columns columns;
    gemml_matrix values;   /* rows x outputs, times INTERVAL_COLUMNS with limits; of classes rows x 1: the index */
    gemml_matrix proba;    /* rows x classes */
    gemml_matrix decision; /* rows x outputs */
};

/* Refuses what this kind of model does not have. Each gives an exit status. */
int predictions_check(const gemml_model *model, const struct prediction_columns *columns);

/* Computes all that is wanted, in the model's own precision; free it in any case. */
int predictions_make(struct predictions *predictions, const gemml_model *model, gemml_view x,
                     struct prediction_columns columns);
void predictions_free(struct predictions *predictions);

/* A header and a line for each row. Stops early when the stream has failed. */
int predictions_write(FILE *file, const struct predictions *predictions);

#endif

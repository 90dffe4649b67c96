/* What a model says of each row, and how it is written as CSV. */
#ifndef GEMML_CLI_PREDICTIONS_H
#define GEMML_CLI_PREDICTIONS_H

#include <gemml.h>
#include <stdbool.h>
#include <stdio.h>

/* Which columns stand behind the prediction. */
struct prediction_columns {
    bool proba;       /* the probability of each class: "p:LABEL" */
    bool decision;    /* the last layer's z: "z", or "z:LABEL" where there are several */
    double threshold; /* of two classes the second is predicted from this probability on; NaN: 0.5 */
    double level;     /* of the intervals around a value, as "lower" and "upper"; NaN: none */
};

struct predictions {
    const gemml_model *model;
    const gemml_schema *schema; /* NULL: columns and classes have no names */
    gemml_model_info info;
    struct prediction_columns columns;
    gemml_matrix values;      /* rows x outputs, or the index of the class: rows x 1 */
    gemml_matrix proba, decision;
};

/* Computes all that is wanted. Gives an exit status; free it in any case. */
int predictions_make(struct predictions *predictions, const gemml_model *model, gemml_view x,
                     struct prediction_columns columns);
void predictions_free(struct predictions *predictions);

/* Writes a header and a line for each row. Stops early when the stream has failed. */
int predictions_write(FILE *file, const struct predictions *predictions);

#endif

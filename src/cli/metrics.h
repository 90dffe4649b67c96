/* How good a model's predictions are, as people and machines read it. */
#ifndef GEMML_CLI_METRICS_H
#define GEMML_CLI_METRICS_H

#include <gemml.h>
#include <jansson.h>
#include <stdio.h>

struct evaluation {
    const gemml_schema *schema; /* the model's; NULL: classes have no labels */
    gemml_metrics metrics;
    double *confusion, *by_class, *calibration; /* of models of classes, as gemml_score_classes gives them */
};

/* Compares predictions with the truth. Gives an exit status; free it in any case. */
int evaluation_make(struct evaluation *evaluation, const gemml_model *model, const gemml_dataset *data);
void evaluation_free(struct evaluation *evaluation);

/* A line for each metric, and the tables of classes. */
void evaluation_print(FILE *file, const struct evaluation *evaluation);

/* The most telling metrics in one line. */
void evaluation_print_line(FILE *file, const struct evaluation *evaluation);

/* The members of evaluate --json; NULL when memory is out. */
json_t *evaluation_json(const struct evaluation *evaluation);

#endif

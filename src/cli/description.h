/* A fitted model as people and machines read it. */
#ifndef GEMML_CLI_DESCRIPTION_H
#define GEMML_CLI_DESCRIPTION_H

#include <gemml.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define DESCRIPTION_NAME_BYTES 32

struct description {
    const gemml_model *model;
    const gemml_schema *schema; /* NULL: columns have no names */
    gemml_model_info info;
    gemml_fit_info fit;
    gemml_summary summary;
    double *table;  /* of one layer (else NULL), for each output (inputs + 1) x 4: estimate, standard error, t, p */
    double *robust; /* the same with the robust errors; NULL: the model has none */
};

/* Collects what the model knows. Gives an exit status; free it in any case. */
int description_load(struct description *description, const gemml_model *model);
void description_free(struct description *description);

/* Names of inputs and outputs: the schema's, or x0, x1, ..., and y or y0, y1,
 * ... written to `buffer`. Outputs that stand for classes are called as these are. */
const char *description_input(const struct description *description, size_t input, char buffer[DESCRIPTION_NAME_BYTES]);
const char *description_output(const struct description *description, size_t output,
                               char buffer[DESCRIPTION_NAME_BYTES]);

/* The label of a class, or its index. */
const char *description_class(const struct description *description, size_t class, char buffer[DESCRIPTION_NAME_BYTES]);

const char *kind_name(gemml_kind kind);
const char *solver_name(gemml_solver solver);

/* "stopped early" for "stopped_early" and kin, written to `words`. */
#define OUTCOME_BYTES ((size_t)32)
const char *outcome_words(gemml_outcome outcome, char words[OUTCOME_BYTES]);
const char *scaling_name(gemml_scaling scaling);
const char *dtype_name(gemml_dtype dtype);

/* The text for people. `cut`: show the first rows of long lists only, and say
 * so. `digits` of agreement with the closed form; NaN: not known. */
void description_print(FILE *file, const struct description *description, bool cut, double digits);

/* The columns that the model reads, for people and for machines: numbers with what
 * stands for a missing one, categories with their levels. */
void columns_print(FILE *file, const struct description *description);
json_t *columns_json(const struct description *description);

/* Adds what is known of the fit's quality: the same members in reports and inspect --json. */
void description_put_statistics(json_t **object, const struct description *description);

/* The members of inspect --json; NULL when memory is out. */
json_t *description_json(const struct description *description);

#endif

/* From a model and a table to numbers. */
#ifndef GEMML_CLI_INPUT_H
#define GEMML_CLI_INPUT_H

#include <gemml.h>
#include <stdbool.h>

struct input {
    gemml_table *table;
    gemml_schema *positions; /* stands in for the schema of a model that has none */
    gemml_frame *frame;
    gemml_dataset data;
};

/* Reads the table `path` and encodes it for the model; notices go to stderr unless `quiet`. The columns of a model
 * without a schema are bound by position: first its inputs, then, to learn, its
 * outputs. Gives an exit status; `input` is to be freed in any case. */
int input_read(struct input *input, const gemml_model *model, const char *path, gemml_encode_purpose purpose,
               bool quiet);

void input_free(struct input *input);

/* Sets the threads; SIZE_MAX leaves them alone. Gives an exit status. */
int input_set_threads(size_t threads);

#endif

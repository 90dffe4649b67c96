/* The metadata of a model file: a JSON object of strings. */
#ifndef GEMML_IO_METADATA_H
#define GEMML_IO_METADATA_H

#include <jansson.h>

#include "chain/model.h"
#include "util/json_read.h"

/* The options of a model as a JSON object; a new reference, NULL when memory is out. */
json_t *metadata_options(const struct gemml_model *model);

/* The strings for a fitted model; a new reference. MEMORY. */
gemml_status metadata_make(json_t **metadata, const struct gemml_model *model);

/* What the strings say. */
struct metadata {
    gemml_kind kind;
    enum loss loss;
    size_t layers;
    enum activation *activations;    /* owned, as are the notice and the schema */
    gemml_linear_options options;    /* the dtype included; of every kind: what linear and logistic options share */
    gemml_logistic_options logistic; /* of a logistic regression; class_weight is owned */
    gemml_mlp_options mlp;           /* of a network; the arrays are owned */
    struct fit_record record;        /* without what is in tensors */
    gemml_schema *schema;            /* NULL: none */
};

/* Reads them; `name` stands for the file in messages, of `bytes` bytes. Strings that no model has
 * are passed over, whatever else is unknown is an error. FORMAT, MEMORY;
 * UNSUPPORTED: of a later format version, or of a kind that is not known. */
gemml_status metadata_read(struct metadata *metadata, const struct json_node *strings, size_t bytes, const char *name);
void metadata_free(struct metadata *metadata);

#endif

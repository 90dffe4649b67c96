/* The options of a network, but for the dtype, as a JSON object of a model file. */
#ifndef GEMML_IO_MLP_OPTIONS_H
#define GEMML_IO_MLP_OPTIONS_H

#include <gemml/mlp.h>
#include <jansson.h>

#include "io/metadata_fields.h"

/* A new reference; NULL when memory is out. */
json_t *mlp_options_to_json(const gemml_mlp_options *options);

/* And back, into default options, which own their arrays afterwards, on failure too. FORMAT, MEMORY. */
gemml_status mlp_options_from_json(gemml_mlp_options *options, const struct fields *fields);

#endif

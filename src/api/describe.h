/* Statistics of a layer of a fitted state, and of one that is being trained. */
#ifndef GEMML_API_DESCRIBE_H
#define GEMML_API_DESCRIBE_H

#include "chain/model.h"

/* See gemml_layer_get_statistics. Errors: ARGUMENT. */
gemml_status describe_layer(const struct fitted *fitted, size_t index, const void *vector,
                            gemml_layer_statistics *statistics);

#endif

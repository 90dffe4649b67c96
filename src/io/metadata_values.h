/* JSON values of a model file; new references, NULL when memory is out. */
#ifndef GEMML_IO_METADATA_VALUES_H
#define GEMML_IO_METADATA_VALUES_H

#include <jansson.h>
#include <stdint.h>

#include "io/model_names.h"

/* NaN ("the library chooses") is null; JSON has no infinity, a limit may be one. */
json_t *metadata_number(double value);

/* JSON integers are signed: what is larger is written as a string of digits. */
json_t *metadata_unsigned(uint64_t value);

/* SIZE_MAX ("the library chooses") is null. */
json_t *metadata_count(size_t value);

json_t *metadata_name(const struct name_table *table, int value);

/* A list; null where class_weight is NULL: none are given. */
json_t *metadata_class_weight(size_t classes, const double *class_weight);

#endif

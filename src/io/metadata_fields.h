/* Members of a JSON object in a model file, read and checked. Each gives FORMAT where there
 * is no valid one, with its key and that of the object. */
#ifndef GEMML_IO_METADATA_FIELDS_H
#define GEMML_IO_METADATA_FIELDS_H

#include <gemml/model.h>

#include "io/model_names.h"
#include "util/json_read.h"

/* An object of JSON values, and how it is called in messages. */
struct fields {
    const struct json_node *object;
    const char *part; /* "options", ... */
    const char *name; /* of the file */
};

/* The error itself. */
gemml_status field_bad(const struct fields *fields, const char *key);

/* A finite number or "inf", of at least `least`; or null: NaN. */
gemml_status field_number(const struct fields *fields, const char *key, double least, double *value);

/* 64 bits: an integer, or a string of digits (what the writer does above INT64_MAX). */
gemml_status field_unsigned(const struct fields *fields, const char *key, uint64_t *value);
gemml_status field_size(const struct fields *fields, const char *key, size_t *value);

/* A count of at least `least`, or null: SIZE_MAX. */
gemml_status field_count(const struct fields *fields, const char *key, size_t least, size_t *value);

/* true or false. */
gemml_status field_flag(const struct fields *fields, const char *key, int *value);

/* A name of the table. */
gemml_status field_name(const struct fields *fields, const char *key, const struct name_table *table, int *value);

/* "class_weight": null, or (GIVEN) a number at least 0 for each class, then owned by the caller, on failure too. */
gemml_status field_class_weight(const struct fields *fields, size_t classes, gemml_class_weighting weighting,
                                const double **class_weight);

/* Exactly `count` members: one that is not known might change what the model means. */
gemml_status fields_expect(const struct fields *fields, size_t count);

#endif

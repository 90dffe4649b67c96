/* JSON results: numbers with 17 significant digits, null where there is none. */
#ifndef GEMML_CLI_JSON_H
#define GEMML_CLI_JSON_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/* Values to hand to json_object_set_new and kin, which take NULL for "out of
 * memory" and fail. */
json_t *json_number(double value); /* null when undefined or infinite */
json_t *json_count(size_t value);
json_t *json_numbers(const double *values, size_t count);
json_t *json_number_or_list(const double *values, size_t count); /* one number, or a list of several */

/* Adds a member, and drops the whole object when that fails: *object is NULL
 * then, and later calls do nothing. So a sequence of them is checked once. */
void json_put(json_t **object, const char *key, json_t *value);

/* The same for a list. */
void json_append(json_t **list, json_t *value);

/* Writes the object and frees it; a NULL object is a failure. Errors of the
 * stream are seen when it is flushed. Gives an exit status. */
int json_write(FILE *file, json_t *object);

#endif

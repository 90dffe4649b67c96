/* Thin helpers over jansson. */
#include "cli/json.h"

#include <math.h>
#include <stdbool.h>

#include "cli/status.h"

json_t *json_number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *json_count(size_t value)
{
    return json_integer((json_int_t)value);
}

void json_append(json_t **list, json_t *value)
{
    if (!*list) {
        json_decref(value);
    } else if (json_array_append_new(*list, value) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

json_t *json_numbers(const double *values, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_append(&list, json_number(values[i]));
    return list;
}

json_t *json_number_or_list(const double *values, size_t count)
{
    return count == 1 ? json_number(values[0]) : json_numbers(values, count);
}

void json_put(json_t **object, const char *key, json_t *value)
{
    if (!*object) {
        json_decref(value);
    } else if (json_object_set_new(*object, key, value) != 0) {
        json_decref(*object);
        *object = NULL;
    }
}

int json_write(FILE *file, json_t *object)
{
    if (!object)
        return failed("not enough memory for the JSON text");
    bool written = json_dumpf(object, file, JSON_INDENT(2) | JSON_REAL_PRECISION(17)) == 0;
    json_decref(object);
    if (!written && !ferror(file))
        return failed("not enough memory for the JSON text");
    fputc('\n', file);
    return EXIT_DONE;
}

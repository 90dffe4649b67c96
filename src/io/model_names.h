/* The names under which a model file keeps the values of enums. They are part of
 * the file format: a name is never changed, only added. */
#ifndef GEMML_IO_MODEL_NAMES_H
#define GEMML_IO_MODEL_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct name_table {
    const char *const *names; /* by value */
    size_t count;
};

extern const struct name_table kind_names, dtype_names, loss_names, solver_names, scaling_names, outcome_names,
    class_weighting_names, task_names, activation_names, optimizer_names, schedule_names, initialisation_names;

/* The name of a value of the enum. */
const char *name_of(const struct name_table *table, int value);

/* And back: false for an unknown name. */
bool name_find(const struct name_table *table, const char *name, int *value);

#endif

/* Which column of a table is what: list arguments, and roles. */
#ifndef GEMML_DATA_ROLES_H
#define GEMML_DATA_ROLES_H

#include "data/table.h"

/* Indices of columns. */
struct column_list {
    size_t *index;
    size_t count, capacity;
};

void column_list_free(struct column_list *list);

/* What a table's columns are to a model. */
struct roles {
    struct column_list features, targets, weight;
    unsigned char *type; /* of each column of the table: enum type_wish; NULL: none is wished */
    bool features_given; /* by name: none of them may be left out */
};

/* What a column is to be, by --categorical and --numeric. */
enum type_wish { TYPE_ANY, TYPE_CATEGORICAL, TYPE_NUMERIC };

void roles_free(struct roles *roles);

/* Resolves a list argument: a name, or names and indices split at commas
 * outside double quotes; -1 is the last column. `option` is the argument's name
 * in messages. ARGUMENT when there is no such column. */
gemml_status columns_resolve(struct column_list *list, const gemml_table *table, const char *option, const char *text);

/* Resolves all options, and checks that no column has two roles and that
 * features are left. */
gemml_status roles_resolve(struct roles *roles, const gemml_table *table, const gemml_schema_options *options);

#endif

/* Splits of a table's rows in two: tables that show a choice of another's rows. */
#ifndef GEMML_DATA_SPLIT_H
#define GEMML_DATA_SPLIT_H

#include <gemml/transform.h>

/* See gemml_table_split. `options` are in range. */
gemml_status table_split(gemml_table **train, gemml_table **held, const gemml_table *table,
                         const gemml_split_options *options);

#endif

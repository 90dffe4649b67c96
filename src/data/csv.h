/* CSV files: RFC 4180 as people write it. */
#ifndef GEMML_DATA_CSV_H
#define GEMML_DATA_CSV_H

#include "data/table.h"

/* Parses table->input, a text, into the table's columns and values. FORMAT with
 * file, line and column. The text stays: categories are called as it calls them. */
gemml_status csv_read(gemml_table *table);

#endif

/* Numbers with a comma for the point. */
#ifndef GEMML_DATA_COMMAS_H
#define GEMML_DATA_COMMAS_H

#include "data/table.h"

/* After the rows of a text were read: columns of texts all of which are numbers once
 * their comma is read as the decimal mark become columns of numbers. Not where the
 * comma is the delimiter, nor where a number of the table is written with a point:
 * a comma may part thousands there. */
gemml_status commas_read(gemml_table *table);

#endif

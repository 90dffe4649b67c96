/* NPY files, versions 1 to 3 (NumPy Enhancement Proposal 1 and numpy.lib.format). */
#ifndef GEMML_DATA_NPY_H
#define GEMML_DATA_NPY_H

#include "data/table.h"

#define NPY_MAGIC "\x93NUMPY"
#define NPY_MAGIC_BYTES 6

bool npy_is(const char *bytes, size_t count);

/* Makes table->input, a NPY file's bytes, the table's cells. */
gemml_status npy_read(gemml_table *table);

/* Notes what is not finite in the cells of a table: NaN is a missing value, as it is
 * in a text. Errors: MEMORY. */
gemml_status npy_note_nonfinite(gemml_table *table);

#endif

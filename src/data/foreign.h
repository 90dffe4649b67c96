/* Files that are no text in UTF-8, told by their first bytes. */
#ifndef GEMML_DATA_FOREIGN_H
#define GEMML_DATA_FOREIGN_H

#include <stddef.h>

/* What a file is and what to do about it ("a ZIP archive ..."); NULL when it may be
 * a text in UTF-8. */
const char *foreign_format(const char *bytes, size_t count);

#endif

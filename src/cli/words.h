/* Text for people, broken into lines. */
#ifndef GEMML_CLI_WORDS_H
#define GEMML_CLI_WORDS_H

#include <stddef.h>
#include <stdio.h>

/* Writes the words of `text` from column `at` on, within 80 columns, lines after
 * the first indented by `indent` blanks. Control characters become '?'. Gives
 * the column behind the last word. */
size_t words_write(FILE *file, const char *text, size_t at, size_t indent);

/* Characters, not bytes, of UTF-8. */
int words_width(const char *text);

/* Writes a name from a file, or its first `bytes` bytes, as it is but for control characters. */
void words_name(FILE *file, const char *name);
void words_part(FILE *file, const char *name, size_t bytes);

#endif

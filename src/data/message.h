/* Texts of files in messages: short, printable, valid UTF-8. */
#ifndef GEMML_DATA_MESSAGE_H
#define GEMML_DATA_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

/* Room for a shortened text: about 40 bytes, "...", and a zero. */
#define EXCERPT_BYTES 56

/* Length of the UTF-8 character at `text`, at most `count` bytes; 0 when it is
 * not one (RFC 3629: no surrogates, no overlong forms). */
size_t utf8_character(const char *text, size_t count);

/* Is the whole text UTF-8? */
bool utf8_is(const char *text, size_t count);

/* What to do about a text that is not, behind the sentence that says so. */
#define UTF8_ADVICE ": convert the file (as by iconv -f WINDOWS-1252 -t UTF-8)"

/* The first 40 bytes or so of `text`, with "..." where it goes on; control
 * characters and what is not UTF-8 as \xNN. */
void excerpt(char out[EXCERPT_BYTES], const char *text, size_t count);

/* Appends a sentence to a notice, after a blank; *notice is NULL or a text of the
 * library's memory. Errors: MEMORY; the notice stays as it was. */
gemml_status message_append(char **notice, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A list of names for a message: "a", "b", "c" and 7 more. */
struct name_list {
    char text[288];
    size_t used, total, shown;
};

void name_list_add(struct name_list *list, const char *name);

/* The list as text; it belongs to the list. */
const char *name_list_text(struct name_list *list);

#endif

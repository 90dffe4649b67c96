/* Finding names: exactly, by a hash table; and nearly, for messages. */
#ifndef GEMML_DATA_NAMES_H
#define GEMML_DATA_NAMES_H

#include "data/message.h"
#include "util/alloc.h"

#define NAME_NONE SIZE_MAX

/* `count` names, borrowed, and a hash table over them (open addressing). */
struct names {
    const char *const *name;
    size_t count;
    size_t *slot; /* index + 1, or 0 */
    size_t mask;
};

/* Indexes names. *duplicate = the first index whose name stands before it too,
 * or NAME_NONE; the earliest of equal names is the one that is found. */
gemml_status names_make(struct names *names, const char *const *name, size_t count, size_t *duplicate);
void names_free(struct names *names);

/* A hash of a text. */
size_t names_hash(const char *text, size_t length);

/* The index of a name, or NAME_NONE. */
size_t names_find(const struct names *names, const char *text, size_t length);

/* The names nearest to `text`, best first, at most three: equal but for case,
 * few edits away, or holding it. The list stays empty when there is none. */
void names_near(const struct names *names, const char *text, size_t length, struct name_list *list);

#endif

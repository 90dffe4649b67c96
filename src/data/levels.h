/* Levels: the distinct texts of a column, in byte order. */
#ifndef GEMML_DATA_LEVELS_H
#define GEMML_DATA_LEVELS_H

#include "data/field.h"
#include "util/alloc.h"

#define LEVEL_NONE SIZE_MAX

/* How the level of missing values is called. No text of a file can be this one:
 * it is read as a missing value. */
#define LEVEL_MISSING "NA"

struct levels {
    size_t count;
    const char **label; /* into text */
    char *text;
};

void levels_free(struct levels *levels);

/* A copy of those that are wanted; of all when `wanted` is NULL. */
gemml_status levels_copy(struct levels *copy, const struct levels *levels, const bool *wanted);

/* The index of a label, or LEVEL_NONE. */
size_t levels_find(const struct levels *levels, const char *label);

/* What a label says: a number, a missing value, a text. */
enum value_kind level_value(const char *label, double *number);

/* Levels whose labels are numbers, by number; of equal ones the first in byte order. */
struct numbered {
    double number;
    size_t level;
};
gemml_status levels_numbered(struct numbered **list, size_t *count, const struct levels *levels);
size_t numbered_find(const struct numbered *list, size_t count, double number);

/* Texts in the order in which they are met, with a hash table over them. */
struct dictionary {
    size_t count;
    size_t *offset; /* of each text */
    char *text;
    size_t *slot; /* code + 1, or 0 */
    size_t slots, offset_capacity, used, text_capacity;
};

/* The code of a field's text; *fresh when it is met for the first time. */
gemml_status dictionary_add(struct dictionary *dictionary, const struct field *field, size_t *code, bool *fresh);
const char *dictionary_text(const struct dictionary *dictionary, size_t code);

/* The texts as levels, which take them over; *rank = the level of each code
 * (memory_free it). */
gemml_status dictionary_levels(struct levels *levels, size_t **rank, struct dictionary *dictionary);
void dictionary_free(struct dictionary *dictionary);

#endif

#include "data/names.h"

#include <stdbool.h>
#include <string.h>

#define NEAR_SHOWN 3
#define NEAR_LENGTH 64      /* longer names are compared by what they hold only */
#define NEAR_SEARCHED 10000 /* names looked at: a message may cost so much, and no more */

/* FNV-1a (Fowler, Noll, Vo). */
size_t names_hash(const char *text, size_t length)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < length; i++)
        value = (value ^ (unsigned char)text[i]) * 1099511628211u;
    return (size_t)(value ^ value >> 32);
}

/* Where the name is, or where it would be put. */
static size_t *find_slot(const struct names *names, const char *text, size_t length)
{
    size_t at = names_hash(text, length) & names->mask;
    for (;; at = (at + 1) & names->mask) {
        size_t entry = names->slot[at];
        if (entry == 0)
            return names->slot + at;
        const char *name = names->name[entry - 1];
        if (strncmp(name, text, length) == 0 && name[length] == '\0')
            return names->slot + at;
    }
}

gemml_status names_make(struct names *names, const char *const *name, size_t count, size_t *duplicate)
{
    size_t slots = 8;
    while (slots < 2 * count)
        slots *= 2;
    struct names made = {name, count, NULL, slots - 1};
    TRY(memory_zeroed(&made.slot, slots, sizeof *made.slot));
    size_t first_duplicate = NAME_NONE;
    for (size_t i = 0; i < count; i++) {
        size_t *slot = find_slot(&made, name[i], strlen(name[i]));
        if (*slot == 0)
            *slot = i + 1;
        else if (first_duplicate == NAME_NONE)
            first_duplicate = i;
    }
    *names = made;
    *duplicate = first_duplicate;
    return GEMML_OK;
}

void names_free(struct names *names)
{
    memory_free(names->slot);
    names->slot = NULL;
}

size_t names_find(const struct names *names, const char *text, size_t length)
{
    return *find_slot(names, text, length) - 1; /* an empty slot gives NAME_NONE */
}

static char fold_case(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Fewest insertions, deletions and substitutions (Levenshtein 1966, by the row
 * recurrence of Wagner and Fischer 1974), upper and lower case being equal. */
static size_t edit_distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t row[NEAR_LENGTH + 1];
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t substituted = diagonal + (fold_case(a[i - 1]) != fold_case(b[j - 1]));
            size_t changed = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = substituted < changed ? substituted : changed;
        }
    }
    return row[n];
}

static bool holds(const char *name, size_t length, const char *text, size_t count)
{
    for (size_t start = 0; start + count <= length; start++) {
        size_t same = 0;
        while (same < count && fold_case(name[start + same]) == fold_case(text[same]))
            same++;
        if (same == count)
            return true;
    }
    return false;
}

/* How far a name is from `text`; SIZE_MAX: too far to be meant. */
static size_t distance(const char *name, const char *text, size_t length)
{
    size_t count = strlen(name), limit = length / 3 + 1;
    if (count <= NEAR_LENGTH && length <= NEAR_LENGTH) {
        size_t edits = edit_distance(text, length, name, count);
        if (edits <= limit && edits < length)
            return edits;
    }
    return length >= 3 && holds(name, count, text, length) ? limit + 1 : SIZE_MAX;
}

void names_near(const struct names *names, const char *text, size_t length, struct name_list *list)
{
    size_t best[NEAR_SHOWN], far[NEAR_SHOWN], found = 0;
    for (size_t i = 0; i < names->count && i < NEAR_SEARCHED; i++) {
        size_t edits = distance(names->name[i], text, length);
        if (edits == SIZE_MAX || (found == NEAR_SHOWN && edits >= far[found - 1]))
            continue;
        size_t at = found < NEAR_SHOWN ? found++ : found - 1;
        for (; at > 0 && far[at - 1] > edits; at--) {
            best[at] = best[at - 1];
            far[at] = far[at - 1];
        }
        best[at] = i;
        far[at] = edits;
    }
    for (size_t i = 0; i < found; i++)
        name_list_add(list, names->name[best[i]]);
}

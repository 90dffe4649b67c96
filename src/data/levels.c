#include "data/levels.h"

#include <stdlib.h>
#include <string.h>

#include "data/names.h"

#define FIRST_SLOTS 64

void levels_free(struct levels *levels)
{
    memory_free(levels->label);
    memory_free(levels->text);
    *levels = (struct levels){0};
}

gemml_status levels_copy(struct levels *copy, const struct levels *levels, const bool *wanted)
{
    struct levels made = {0};
    size_t bytes = 0;
    for (size_t i = 0; i < levels->count; i++) {
        bytes += !wanted || wanted[i] ? strlen(levels->label[i]) + 1 : 0;
        made.count += !wanted || wanted[i];
    }
    TRY(memory_alloc(&made.text, bytes, 1));
    gemml_status status = memory_alloc(&made.label, made.count, sizeof *made.label);
    if (status != GEMML_OK) {
        memory_free(made.text);
        return status;
    }
    char *to = made.text;
    for (size_t i = 0, k = 0; i < levels->count; i++)
        if (!wanted || wanted[i]) {
            made.label[k++] = to;
            to = stpcpy(to, levels->label[i]) + 1;
        }
    *copy = made;
    return GEMML_OK;
}

size_t levels_find(const struct levels *levels, const char *label)
{
    size_t low = 0, high = levels->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(levels->label[middle], label);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return LEVEL_NONE;
}

enum value_kind level_value(const char *label, double *number)
{
    struct field field = {label, label + strlen(label), 0, false, false};
    return field_value(&field, number);
}

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    return order ? order : (x->level > y->level) - (x->level < y->level);
}

gemml_status levels_numbered(struct numbered **list, size_t *count, const struct levels *levels)
{
    size_t used = 0, distinct = 0;
    TRY(memory_alloc(list, levels->count, sizeof **list));
    for (size_t i = 0; i < levels->count; i++)
        if (level_value(levels->label[i], &(*list)[used].number) == VALUE_NUMBER)
            (*list)[used++].level = i;
    qsort(*list, used, sizeof **list, compare_numbered);
    for (size_t i = 0; i < used; i++)
        if (distinct == 0 || (*list)[i].number > (*list)[distinct - 1].number)
            (*list)[distinct++] = (*list)[i];
    *count = distinct;
    return GEMML_OK;
}

size_t numbered_find(const struct numbered *list, size_t count, double number)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (list[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && list[low].number <= number ? list[low].level : LEVEL_NONE;
}

const char *dictionary_text(const struct dictionary *dictionary, size_t code)
{
    return dictionary->text + dictionary->offset[code];
}

/* Where the text is, or where it would be put. */
static size_t *find_slot(const struct dictionary *dictionary, const char *text, size_t length)
{
    size_t mask = dictionary->slots - 1, at = names_hash(text, length) & mask;
    while (dictionary->slot[at] != 0 && strcmp(dictionary_text(dictionary, dictionary->slot[at] - 1), text) != 0)
        at = (at + 1) & mask;
    return dictionary->slot + at;
}

/* At most half of the slots are taken. */
static gemml_status make_room(struct dictionary *dictionary, size_t length)
{
    TRY(memory_grow(&dictionary->text, &dictionary->text_capacity, dictionary->used, dictionary->used + length + 1, 1));
    TRY(memory_grow(&dictionary->offset, &dictionary->offset_capacity, dictionary->count, dictionary->count + 1,
                    sizeof *dictionary->offset));
    if (2 * (dictionary->count + 1) <= dictionary->slots)
        return GEMML_OK;
    size_t slots = dictionary->slots > 0 ? 2 * dictionary->slots : FIRST_SLOTS, *slot;
    TRY(memory_zeroed(&slot, slots, sizeof *slot));
    memory_free(dictionary->slot);
    dictionary->slot = slot;
    dictionary->slots = slots;
    for (size_t i = 0; i < dictionary->count; i++) {
        const char *text = dictionary_text(dictionary, i);
        *find_slot(dictionary, text, strlen(text)) = i + 1;
    }
    return GEMML_OK;
}

gemml_status dictionary_add(struct dictionary *dictionary, const struct field *field, size_t *code, bool *fresh)
{
    TRY(make_room(dictionary, (size_t)(field->end - field->begin)));
    char *text = dictionary->text + dictionary->used;
    size_t length = field_copy(text, field);
    text[length] = '\0';
    size_t *slot = find_slot(dictionary, text, length);
    *fresh = *slot == 0;
    if (*fresh) {
        dictionary->offset[dictionary->count++] = dictionary->used;
        dictionary->used += length + 1;
        *slot = dictionary->count;
    }
    *code = *slot - 1;
    return GEMML_OK;
}

static int compare_labels(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

gemml_status dictionary_levels(struct levels *levels, size_t **rank, struct dictionary *dictionary)
{
    struct levels made = {dictionary->count, NULL, dictionary->text};
    TRY(memory_alloc(&made.label, made.count, sizeof *made.label));
    gemml_status status = memory_alloc(rank, made.count, sizeof **rank);
    if (status != GEMML_OK) {
        memory_free(made.label);
        return status;
    }
    for (size_t i = 0; i < made.count; i++)
        made.label[i] = dictionary_text(dictionary, i);
    qsort(made.label, made.count, sizeof *made.label, compare_labels);
    for (size_t i = 0; i < made.count; i++)
        (*rank)[*find_slot(dictionary, made.label[i], strlen(made.label[i])) - 1] = i;
    dictionary->text = NULL;
    *levels = made;
    return GEMML_OK;
}

void dictionary_free(struct dictionary *dictionary)
{
    memory_free(dictionary->offset);
    memory_free(dictionary->text);
    memory_free(dictionary->slot);
    *dictionary = (struct dictionary){0};
}

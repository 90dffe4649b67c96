#include "data/monomials.h"

#include <stdio.h>
#include <string.h>

#include "util/error.h"

static size_t last_factor(const struct monomials *monomials, size_t term)
{
    return term < monomials->numbers ? term : monomials->list[term - monomials->numbers].factor;
}

static gemml_status add(struct monomials *monomials, size_t *capacity, struct monomial monomial, size_t most)
{
    if (monomials->count == most)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "the powers and products of %zu columns of numbers are more than the %zu inputs that can be "
                         "had: take a lower degree",
                         monomials->numbers, most);
    TRY(memory_grow(&monomials->list, capacity, monomials->count, monomials->count + 1, sizeof *monomials->list));
    monomials->list[monomials->count++] = monomial;
    return GEMML_OK;
}

/* Appends the terms of the next degree, of parents first .. end - 1: the wanted ones. */
static gemml_status add_degree(struct monomials *monomials, size_t *capacity, size_t first, size_t end,
                               struct monomial_pairs wanted, size_t most)
{
    /* Without products only a number's own square is looked at: columns may be a million. */
    for (size_t parent = first; parent < end; parent++)
        for (size_t factor = last_factor(monomials, parent);
             factor < (wanted.products ? monomials->numbers : parent + 1); factor++)
            if (factor == parent ? wanted.squares : wanted.products)
                TRY(add(monomials, capacity, (struct monomial){parent, factor}, most));
    return GEMML_OK;
}

gemml_status monomials_make(struct monomials *monomials, size_t numbers, size_t degree, struct monomial_pairs pairs,
                            size_t most)
{
    const struct monomial_pairs all = {true, true};
    struct monomials made = {.numbers = numbers};
    gemml_status status = GEMML_OK;
    size_t capacity = 0, first = 0;
    if (degree < 2)
        status = add_degree(&made, &capacity, 0, numbers, pairs, most);
    for (size_t d = 2; numbers > 0 && d <= degree && status == GEMML_OK; d++) {
        size_t end = made.numbers + made.count;
        status = add_degree(&made, &capacity, first, end, all, most);
        first = end;
    }
    if (status != GEMML_OK)
        monomials_free(&made);
    else
        *monomials = made;
    return status;
}

void monomials_free(struct monomials *monomials)
{
    memory_free(monomials->list);
    *monomials = (struct monomials){0};
}

void monomials_evaluate(const struct monomials *monomials, struct doubled *value)
{
    for (size_t m = 0; m < monomials->count; m++) {
        const struct monomial *monomial = monomials->list + m;
        value[monomials->numbers + m] = doubled_multiply(value[monomial->parent], value[monomial->factor]);
    }
}

/* How often the last factor stands at the end of the term, and what is before. */
static size_t last_power(const struct monomials *monomials, size_t term, size_t *rest)
{
    size_t factor = last_factor(monomials, term), power = 1;
    while (term >= monomials->numbers) {
        size_t parent = monomials->list[term - monomials->numbers].parent;
        if (last_factor(monomials, parent) != factor) {
            *rest = parent;
            return power;
        }
        term = parent;
        power++;
    }
    *rest = SIZE_MAX;
    return power;
}

/* Writes the term so that it ends before `end`, or nothing for a NULL `end`; gives
 * its bytes. From its last factor to its first: a term knows what was before. */
static size_t write_backwards(const struct monomials *monomials, size_t term, const char *const *names, char *end)
{
    size_t bytes = 0;
    while (term != SIZE_MAX) {
        char exponent[24] = "";
        const char *name = names[last_factor(monomials, term)];
        size_t power = last_power(monomials, term, &term);
        if (power > 1)
            snprintf(exponent, sizeof exponent, "^%zu", power);
        size_t length = strlen(name) + strlen(exponent) + (bytes > 0 ? 1 : 0);
        if (end) {
            char *to = stpcpy(end - bytes - length, name);
            memcpy(to, exponent, strlen(exponent));
            if (bytes > 0)
                to[strlen(exponent)] = '*';
        }
        bytes += length;
    }
    return bytes;
}

size_t monomials_name(const struct monomials *monomials, size_t m, const char *const *names, char *out)
{
    size_t term = monomials->numbers + m, bytes = write_backwards(monomials, term, names, NULL);
    if (out) {
        write_backwards(monomials, term, names, out + bytes);
        out[bytes] = '\0';
    }
    return bytes + 1;
}

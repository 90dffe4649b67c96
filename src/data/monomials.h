/* Powers and products: the monomials of degree 2 .. D in the q numbers of a row.
 *
 *   t_m = t_parent(m) x_factor(m),   t_0 .. t_{q-1} = x_0 .. x_{q-1}
 *
 * Each monomial is one of a degree less times one factor that is not before its
 * last one: so each is made once, ordered by degree and then by its factors (x y:
 * x^2, x y, y^2, x^3, x^2 y, ...). Values are made by multiplication, never by pow,
 * in double-double: hi + lo has some 106 bits. */
#ifndef GEMML_DATA_MONOMIALS_H
#define GEMML_DATA_MONOMIALS_H

#include <stdbool.h>

#include "kernel/doubled.h"
#include "util/alloc.h"

struct monomial {
    size_t parent; /* among the q numbers and, behind them, the monomials */
    size_t factor; /* among the q numbers */
};

struct monomials {
    size_t numbers, count; /* q; monomials of degree 2 and more */
    struct monomial *list;
};

/* Which terms of degree 2 there are. */
struct monomial_pairs {
    bool squares, products;
};

/* All of them up to `degree`; of degree 2 at least `pairs`. Errors: UNSUPPORTED (more than `most`), MEMORY. */
gemml_status monomials_make(struct monomials *monomials, size_t numbers, size_t degree, struct monomial_pairs pairs,
                            size_t most);
void monomials_free(struct monomials *monomials);

/* value[q + m] = t_m, from value[0 .. q-1]; numbers + count entries. */
void monomials_evaluate(const struct monomials *monomials, struct doubled *value);

/* The name of monomial m, as "a^2*b", of the numbers' names: its bytes with the
 * zero, and the text to `out` unless that is NULL. */
size_t monomials_name(const struct monomials *monomials, size_t m, const char *const *names, char *out);

#endif

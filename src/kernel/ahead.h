/* Memory that will be read soon, asked for a few cache lines at a time while other work is under way.
 *
 * A core has about a dozen requests of its own under way, and stands still at the one that is too many: lines that
 * are asked for all at once take as long as reading them, a few between pieces of other work next to nothing. What
 * the processor foresees itself ends with a page, and BLAS's products do not ask. */
#ifndef GEMML_KERNEL_AHEAD_H
#define GEMML_KERNEL_AHEAD_H

#include <stddef.h>

#include "kernel/dispatch.h"
#include "kernel/real.h"

/* Zeroed: nothing is asked for. */
struct ahead {
    const real *row;                   /* that the next line is of */
    size_t rows;                       /* from it on */
    size_t length, ld;                 /* numbers of a row, from one row to the next */
    size_t column;                     /* of the next line */
    size_t pace;                       /* numbers that a row adds to what is to be asked for */
    size_t strips;                     /* rows of the strips so far */
    size_t asked, wanted, most;        /* lines from the first row on: so far, when the strip is read, at most */
    size_t parts, part, longer, spent; /* of what is wanted: `part` lines each, `longer` of them one more */
};

/* The m rows of X (n numbers each, ldx apart) will be read in their order; their beginning is asked for. Nothing is
 * of rows of more than 8 KB, in which the processor foresees enough. */
struct ahead R(ahead_of)(const real *X, size_t m, size_t n, size_t ldx);

/* The next `rows` rows are a strip, which is worked on from now on: it and the first lines behind it are wanted while
 * it is read, and no more than another such strip after that. */
void R(ahead_strip)(struct ahead *ahead, size_t rows);

/* What is still wanted is asked for in as many parts as there are of the work that reads the strip. */
void R(ahead_share)(struct ahead *ahead, size_t parts);

/* ---- Asking, within loops over rows: inlined ------------------------------------ */

enum { AHEAD_LINE = 64 / sizeof(real) }; /* numbers */

/* Of the row under way, and at most to its end. */
INLINED size_t ahead_ask_row(struct ahead *ahead, size_t lines)
{
    const real *next = ahead->row + ahead->column;
    size_t left = (ahead->length - ahead->column + AHEAD_LINE - 1) / AHEAD_LINE, count = lines < left ? lines : left;
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(next + i * AHEAD_LINE);
    ahead->column += count * AHEAD_LINE;
    if (ahead->column < ahead->length)
        return count;
    ahead->column = 0;
    ahead->rows--;
    if (ahead->rows > 0)
        ahead->row += ahead->ld;
    return count;
}

/* So many lines, in work that reads nothing new. */
INLINED void ahead_ask(struct ahead *ahead, size_t lines)
{
    size_t allowed = ahead->most > ahead->asked ? ahead->most - ahead->asked : 0;
    size_t left = lines < allowed ? lines : allowed;
    while (left > 0 && ahead->rows > 0) {
        size_t count = ahead_ask_row(ahead, left);
        ahead->asked += count;
        left -= count;
    }
}

/* One of the parts. Those that are longer by a line lie evenly among the others. */
INLINED void ahead_part(struct ahead *ahead)
{
    size_t lines = ahead->part;
    ahead->spent += ahead->longer;
    if (ahead->spent >= ahead->parts && ahead->longer > 0) {
        ahead->spent -= ahead->parts;
        lines++;
    }
    ahead_ask(ahead, lines);
}

#endif

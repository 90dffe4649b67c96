#include "kernel/ahead.h"

enum {
    LINE = 64 / sizeof(real), /* numbers */
    LEAD = 100,               /* lines between asking and reading, at least */
    LONGEST = 128 * LINE      /* of a row that is asked for: what follows in longer ones is foreseen */
};

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Rows with less than a line between them are one long row. */
struct ahead R(ahead_of)(const real *X, size_t m, size_t n, size_t ldx)
{
    struct ahead ahead = {.row = X, .rows = m, .length = n, .ld = ldx, .most = LEAD};
    if (m == 0 || n == 0 || n > LONGEST)
        return (struct ahead){0};
    ahead.pace = (n + LINE - 1) / LINE * LINE;
    if (ldx < n + LINE) {
        ahead.rows = 1;
        ahead.length = (m - 1) * ldx + n;
        ahead.pace = ldx;
    }
    R(ahead_ask)(&ahead, LEAD);
    return ahead;
}

void R(ahead_strip)(struct ahead *ahead, size_t rows)
{
    ahead->strips += rows;
    ahead->wanted = ahead->strips * ahead->pace / LINE + LEAD;
    ahead->most = ahead->wanted + rows * ahead->pace / LINE;
}

void R(ahead_share)(struct ahead *ahead, size_t parts)
{
    size_t left = ahead->wanted > ahead->asked ? ahead->wanted - ahead->asked : 0;
    ahead->parts = parts = parts > 0 ? parts : 1;
    ahead->part = left / parts;
    ahead->longer = left % parts;
    ahead->spent = 0;
}

/* Parts that are longer by a line lie evenly among the others. */
void R(ahead_part)(struct ahead *ahead)
{
    size_t lines = ahead->part;
    ahead->spent += ahead->longer;
    if (ahead->spent >= ahead->parts && ahead->longer > 0) {
        ahead->spent -= ahead->parts;
        lines++;
    }
    R(ahead_ask)(ahead, lines);
}

/* Of the row under way, and at most to its end. */
static size_t ask_row(struct ahead *ahead, size_t lines)
{
    const real *next = ahead->row + ahead->column;
    size_t count = smaller(lines, (ahead->length - ahead->column + LINE - 1) / LINE);
    for (size_t i = 0; i < count; i++)
        __builtin_prefetch(next + i * LINE);
    ahead->column += count * LINE;
    if (ahead->column < ahead->length)
        return count;
    ahead->column = 0;
    ahead->rows--;
    if (ahead->rows > 0)
        ahead->row += ahead->ld;
    return count;
}

void R(ahead_ask)(struct ahead *ahead, size_t lines)
{
    size_t left = ahead->most > ahead->asked ? smaller(lines, ahead->most - ahead->asked) : 0;
    while (left > 0 && ahead->rows > 0) {
        size_t count = ask_row(ahead, left);
        ahead->asked += count;
        left -= count;
    }
}

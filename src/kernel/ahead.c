#include "kernel/ahead.h"

enum {
    LEAD = 100,                /* lines between asking and reading, at least */
    LONGEST = 128 * AHEAD_LINE /* of a row that is asked for: what follows in longer ones is foreseen */
};

/* Rows with less than a line between them are one long row. */
struct ahead R(ahead_of)(const real *X, size_t m, size_t n, size_t ldx)
{
    struct ahead ahead = {.row = X, .rows = m, .length = n, .ld = ldx, .most = LEAD};
    if (m == 0 || n == 0 || n > LONGEST)
        return (struct ahead){0};
    ahead.pace = (n + AHEAD_LINE - 1) / AHEAD_LINE * AHEAD_LINE;
    if (ldx < n + AHEAD_LINE) {
        ahead.rows = 1;
        ahead.length = (m - 1) * ldx + n;
        ahead.pace = ldx;
    }
    ahead_ask(&ahead, LEAD);
    return ahead;
}

void R(ahead_strip)(struct ahead *ahead, size_t rows)
{
    ahead->strips += rows;
    ahead->wanted = ahead->strips * ahead->pace / AHEAD_LINE + LEAD;
    ahead->most = ahead->wanted + rows * ahead->pace / AHEAD_LINE;
}

void R(ahead_share)(struct ahead *ahead, size_t parts)
{
    size_t left = ahead->wanted > ahead->asked ? ahead->wanted - ahead->asked : 0;
    ahead->parts = parts = parts > 0 ? parts : 1;
    ahead->part = left / parts;
    ahead->longer = left % parts;
    ahead->spent = 0;
}

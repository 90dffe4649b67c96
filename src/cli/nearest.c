/* The distance between what was written and a name: Damerau's edits, optimal
 * string alignment (Boytsov 2011, section 2.2), by rows of the usual table. */
#include "cli/nearest.h"

#include <stdint.h>
#include <string.h>

#define LENGTH_MAX 63

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t edits(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LENGTH_MAX + 1];
    size_t *last = rows[0], *previous = rows[1], *row = rows[2];
    for (size_t j = 0; j <= m; j++)
        previous[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = least(previous[j], row[j - 1]) + 1;
            row[j] = least(row[j], previous[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], last[j - 2] + 1);
        }
        size_t *spare = last;
        last = previous;
        previous = row;
        row = spare;
    }
    return previous[m];
}

size_t nearest_distance(const char *written, const char *name)
{
    size_t n = strlen(written), m = strlen(name), shorter = least(n, m);
    if (n > LENGTH_MAX || m > LENGTH_MAX || shorter == 0)
        return SIZE_MAX;
    if (shorter >= 3 && memcmp(written, name, shorter) == 0)
        return n != m;
    size_t distance = edits(written, n, name, m);
    return distance <= 1 + m / 3 && distance < m ? distance : SIZE_MAX;
}

#include "chain/tiles.h"

enum {
    HEIGHT = 256,
    WIDTH = 256,
    WIDE = 512,            /* of outputs with at least */
    WIDE_OUTPUT = 1 << 20, /* elements */
    LEAST_WORK = 1 << 20,  /* multiplications in a tile: 10 to 20 us */
    LEAST_TILES = 2,       /* of what has work for them */
    ELEMENT = 32,          /* multiplications that take as long as the rest done to an element of the output */
    ROWS_OF_MATRIX = 16    /* a product with fewer waits for memory as long as one with so many */
};

/* Cuts `length` into `parts` of equal size up to the rounding to the quantum. */
static size_t part_size(size_t length, size_t parts, size_t quantum)
{
    return parts <= 1 ? length : ((length - 1) / parts / quantum + 1) * quantum;
}

static size_t parts_of(size_t length, size_t size)
{
    return length == 0 ? 1 : (length - 1) / size + 1;
}

static struct tiles tiles_cut(size_t m, size_t n, size_t height, size_t width)
{
    size_t across = parts_of(n, width);
    return (struct tiles){m, n, height, width, across, across * parts_of(m, height)};
}

struct tiles tiles_whole(size_t m, size_t n)
{
    return (struct tiles){m, n, m, n, 1, 1};
}

/* In double: no overflow. */
static double work(size_t m, size_t n, size_t k)
{
    return (double)(m < ROWS_OF_MATRIX ? ROWS_OF_MATRIX : m) * (double)n * (double)(k + ELEMENT);
}

struct tiles tiles_of(size_t m, size_t n, size_t k, size_t quantum)
{
    if (work(m, n, k) < LEAST_TILES * (double)LEAST_WORK)
        return tiles_whole(m, n);
    size_t down = parts_of(m, HEIGHT);
    size_t across = parts_of(n, (double)m * (double)n < WIDE_OUTPUT ? WIDTH : WIDE);
    while (down * across < LEAST_TILES)
        *(m > n ? &down : &across) *= 2;
    return tiles_cut(m, n, part_size(m, down, quantum), part_size(n, across, quantum));
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct tile tile_at(const struct tiles *tiles, size_t index)
{
    size_t row = index / tiles->across * tiles->height, col = index % tiles->across * tiles->width;
    return (struct tile){row, col, smaller(tiles->height, tiles->m - row), smaller(tiles->width, tiles->n - col)};
}

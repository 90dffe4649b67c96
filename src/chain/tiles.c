#include "chain/tiles.h"

#include <stdbool.h>

enum {
    HEIGHT = 512,
    WIDTH = 2048,
    LEAST_HEIGHT = 32,
    LEAST_WIDTH = 128,
    ENOUGH = 4,            /* tiles; where there are more for other reasons, columns stay together */
    LEAST_WORK = 1 << 18,  /* multiplications in a tile: 5 us */
    PACKED_WORK = 1 << 25, /* the same where there are bands: each tile beside another packs the band's rows anew */
    GEMM_WORK = 1 << 21,   /* the same where no tile may be a small matrix to BLAS, whose limit is 10^6 */
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
    size_t down = parts_of(m, height);
    return (struct tiles){m, n, height, width, down, down * parts_of(n, width)};
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

/* Bands of rows: two at least, where each has the rows and the work for it. */
static size_t bands(size_t m, size_t n, size_t k)
{
    double paying = work(m, n, k) / LEAST_WORK;
    size_t down = parts_of(m, HEIGHT);
    if (down == 1 && m >= 2 * LEAST_HEIGHT)
        down = 2;
    return (double)down <= paying ? down : paying > 1 ? (size_t)paying : 1;
}

/* Columns are cut where they are too many, and until there are enough tiles of at least
 * `least` multiplications, in `down` bands of `height` rows. */
static size_t parts_across(size_t down, size_t height, size_t n, size_t k, double least)
{
    size_t across = parts_of(n, WIDTH);
    while (down * across < ENOUGH && n / across >= 2 * LEAST_WIDTH && work(height, n / across / 2, k) >= least)
        across *= 2;
    return across;
}

struct tiles tiles_of(size_t m, size_t n, size_t k, size_t quantum)
{
    size_t down = bands(m, n, k), height = part_size(m, down, quantum);
    size_t across = parts_across(down, height, n, k, down > 1 ? PACKED_WORK : LEAST_WORK);
    return tiles_cut(m, n, height, part_size(n, across, quantum));
}

struct tiles tiles_alike(size_t m, size_t n, size_t k, size_t quantum)
{
    size_t across = parts_across(1, quantum, n, k, GEMM_WORK);
    return tiles_cut(m, n, part_size(m, bands(m, n, k), quantum), part_size(n, across, quantum));
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

struct tile tile_at(const struct tiles *tiles, size_t index)
{
    size_t row = index % tiles->down * tiles->height, col = index / tiles->down * tiles->width;
    return (struct tile){row, col, smaller(tiles->height, tiles->m - row), smaller(tiles->width, tiles->n - col)};
}

/* Tiles: how the m x n output of a product with the inner dimension k is cut, so that
 * threads share the product without copies of the output. The bounds depend on the
 * shapes alone, and so do the bits. See docs/decisions/0028-tiles-or-blocks.md. */
#ifndef GEMML_CHAIN_TILES_H
#define GEMML_CHAIN_TILES_H

#include <stddef.h>

struct tiles {
    size_t m, n;          /* of the output */
    size_t height, width; /* of a tile; less at the lower and the right edge */
    size_t down, count;   /* tiles one below the other; in all */
};

struct tile {
    size_t row, col, rows, cols;
};

/* Heights and widths are multiples of `quantum` where they are cut: there BLAS treats
 * no row or column of a tile as an edge. What is less work than waking a thread pays for
 * is one tile. */
struct tiles tiles_of(size_t m, size_t n, size_t k, size_t quantum);

/* The same where the sums in a row's elements may not depend on m: heights are multiples of
 * the quantum, also of the whole output where it is one, columns are cut by n and k alone, and
 * no product of `quantum` rows with a tile's columns is small where they are cut. */
struct tiles tiles_alike(size_t m, size_t n, size_t k, size_t quantum);

/* The whole output as one tile. */
struct tiles tiles_whole(size_t m, size_t n);

/* Tile `index` < count; down the columns: tiles side by side are rarely written at the same
 * time, which was measured to be slower. */
struct tile tile_at(const struct tiles *tiles, size_t index);

#endif

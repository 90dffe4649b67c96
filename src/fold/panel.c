#include "fold/panel.h"

#include <math.h>
#include <stdbool.h>

#include "fold/gram.h"
#include "fold/source.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "util/alloc.h"

enum {
    TURNED = 24,       /* columns of a panel that is turned, at most, */
    ONE_GROUP = 128,   /* and of one group */
    WIDTH = 96,        /* of groups: a multiple of what AVX-512 kernels take at a time, 6 rows and 32 columns */
    TURNED_ROWS = 504, /* of panels by blocks: not a power of 2, by which columns would meet in the cache */
    NARROW_ROWS = 256,
    TOGETHER = 8, /* rows whose groups are written by turns: so the source is read in order */
};

/* A multiple of 8 for aligned rows; where that would be a good part of it, of 4: dsyrk and dgemm lose
 * up to 45% with other orders. */
size_t panel_ld(size_t order)
{
    size_t unit = order > 16 ? 8 : 4;
    return (order + unit - 1) / unit * unit;
}

size_t panel_groups(size_t ld)
{
    return ld <= ONE_GROUP ? 1 : (ld + WIDTH - 1) / WIDTH;
}

static bool is_turned(size_t ld)
{
    return ld <= TURNED;
}

size_t panel_rows(size_t ld)
{
    return is_turned(ld) ? TURNED_ROWS : ld <= ONE_GROUP ? NARROW_ROWS : PANEL_DEPTH;
}

size_t panel_bytes(size_t ld, size_t rows)
{
    return memory_round(memory_product(memory_product(rows, ld), sizeof(double)));
}

size_t panel_first(size_t group)
{
    return group * WIDTH;
}

size_t panel_width(size_t ld, size_t group)
{
    size_t left = ld - panel_first(group);
    return ld <= ONE_GROUP || left < WIDTH ? left : WIDTH;
}

/* Not dscal, which makes 0 of NaN and infinity where the factor is 0: data that
 * are not finite must show, whatever their weight. */
static void scale_row(size_t n, double factor, double *restrict row)
{
    for (size_t j = 0; j < n; j++)
        row[j] *= factor;
}

/* Columns from .. to - 1 of one part of u (columns start .. start + count - 1) into a group that begins at
 * column `from` and is `width` wide. */
static void write_part(const struct gram *gram, size_t rows, const double *part, size_t ld, size_t start, size_t count,
                       size_t from, size_t width, double *group)
{
    size_t low = start > from ? start : from, end = start + count, to = from + width, high = end < to ? end : to;
    if (low < high)
        vector_affine_rows_f64(rows, high - low, part + (low - start), ld, gram->shift + low, gram->scale + low,
                               group + (low - from), width);
}

/* The column of ones, and the zeros beyond it, as far as they belong to a group. */
static void write_ones(const struct gram *gram, size_t rows, size_t from, size_t width, double *group)
{
    size_t one = gram->order - 1;
    if (one >= from + width)
        return;
    for (size_t i = 0; i < rows; i++) {
        double *row = group + i * width;
        if (one >= from)
            row[one - from] = 1;
        for (size_t j = one < from ? 0 : one + 1 - from; j < width; j++)
            row[j] = 0;
    }
}

/* Rows done .. done + rows - 1 of a block into one group, whose first such row is at `group`. */
static void write_group(const struct gram *gram, const struct block *block, size_t done, size_t rows, size_t from,
                        size_t width, double *group)
{
    size_t p = gram->features, K = gram->outputs;
    write_part(gram, rows, block->X + done * block->ldx, block->ldx, 0, p, from, width, group);
    if (K > 0)
        write_part(gram, rows, block->Y + done * block->ldy, block->ldy, p, K, from, width, group);
    write_ones(gram, rows, from, width, group);
    for (size_t i = 0; block->w && i < rows; i++)
        scale_row(width, sqrt(block->w[done + i]), group + i * width);
}

/* A block as rows at, at + 1, ... of a panel of `rows` that is turned. The roots of the weights are the last column;
 * they multiply like scale_row, not like dscal. */
static void write_turned(const struct gram *gram, const struct block *block, double *P, size_t rows, size_t at)
{
    size_t p = gram->features, K = gram->outputs, count = block->rows;
    double *last = P + (p + K) * rows + at;
    vector_affine_turned_f64(count, p, block->X, block->ldx, gram->shift, gram->scale, P + at, rows);
    if (K > 0)
        vector_affine_turned_f64(count, K, block->Y, block->ldy, gram->shift + p, gram->scale + p, P + p * rows + at,
                                 rows);
    for (size_t i = 0; i < count; i++)
        last[i] = block->w ? sqrt(block->w[i]) : 1;
    for (size_t j = 0; block->w && j < p + K; j++)
        for (size_t i = 0; i < count; i++)
            P[j * rows + at + i] *= last[i];
}

gemml_status panel_prepare(const struct gram *gram, const struct source *source, size_t first, size_t count, double *P,
                           size_t rows, size_t at, void *scratch)
{
    size_t groups = panel_groups(gram->ld), together = groups == 1 ? count : TOGETHER;
    struct block block;
    TRY(source->block(source, first, count, scratch, &block));
    if (is_turned(gram->ld)) {
        write_turned(gram, &block, P, rows, at);
        return GEMML_OK;
    }
    for (size_t done = 0; done < count; done += together)
        for (size_t g = 0; g < groups; g++) {
            size_t from = panel_first(g), width = panel_width(gram->ld, g);
            write_group(gram, &block, done, count - done < together ? count - done : together, from, width,
                        P + rows * from + (at + done) * width);
        }
    return GEMML_OK;
}

gemml_status panel_add(const struct gram *gram, const double *P, size_t rows, size_t first, size_t count, size_t i,
                       size_t j, double *C, size_t ldc)
{
    size_t ld = gram->ld;
    if (is_turned(ld))
        return syrk_turned_f64(gram->order, count, P + first, rows, C, ldc);
    size_t height = panel_width(ld, i), width = panel_width(ld, j);
    const double *A = P + rows * panel_first(i) + first * height, *B = P + rows * panel_first(j) + first * width;
    if (i == j)
        return syrk_square_f64(height, count, A, height, C, ldc);
    return gemm_f64(true, false, height, width, count, 1, A, height, B, width, 1, C, ldc);
}

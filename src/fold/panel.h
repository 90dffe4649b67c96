/* A panel: rows of a matrix u (rows x order) as its Gram matrix wants them.
 *
 * Columns stand in groups, each rows x width and contiguous, one group after the other: so a product of two
 * groups reads memory in order, and BLAS need not copy them first. Up to an order of 128 there is
 * one group, from there on they are 96 wide. Columns from `order` on, up to ld, are zero.
 *
 * Up to an order of 24 a panel is turned: order x rows, one column after the other. */
#ifndef GEMML_FOLD_PANEL_H
#define GEMML_FOLD_PANEL_H

#include <stddef.h>

#include "util/error.h"

struct source;
struct gram;

enum {
    PANEL_DEPTH = 108
}; /* rows that panel_add takes at once, where there are several groups: 96 x 96 x 108 is small */

/* Row stride of G, and columns of a panel, for this order: what the kernels like. */
size_t panel_ld(size_t order);

size_t panel_groups(size_t ld);

/* Rows that a panel should have where each block of rows has a G of its own. */
size_t panel_rows(size_t ld);

size_t panel_bytes(size_t ld, size_t rows);

/* Columns of a group, and its first one. */
size_t panel_width(size_t ld, size_t group);
size_t panel_first(size_t group);

/* Writes rows first .. first + count - 1 of the source as rows at .. at + count - 1 of the panel P, which has
 * `rows` rows: u_i = ((x_i - shift_x) scale_x, (y_i - shift_y) scale_y, 1), times the root of w_i. */
gemml_status panel_prepare(const struct gram *gram, const struct source *source, size_t first, size_t count, double *P,
                           size_t rows, size_t at, void *scratch);

/* C (row stride ldc) += that part of P'P of group i's rows and group j's columns, i <= j, from rows
 * first .. first + count - 1 of the panel, which has `rows` of them. What stands below the diagonal within the
 * square i = j is overwritten. */
gemml_status panel_add(const struct gram *gram, const double *P, size_t rows, size_t first, size_t count, size_t i,
                       size_t j, double *C, size_t ldc);

#endif

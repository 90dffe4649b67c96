/* Rows in the coordinates in which the columns are orthonormal, from the stored
 * root F of the inverse (struct inverse_root). With u_j = (x_j - center_j) scale_j,
 * r = rank of F, W = sum w,
 *
 *   z = (1 / sqrt(W), F'u)     1 + r numbers; the first is 0 without an intercept
 *   sum_i w_i z_i'z_i = I      (without a penalty)
 *
 * so that the hat matrix, which makes predictions of targets, has the diagonal
 * h_i = w_i |z_i|^2, and with the units t = (1, scale_1, ..., scale_p) and
 *
 *   T = [ 1 / sqrt(W)   -sum_j center_j scale_j F_j ]    (p + 1) x (1 + r)
 *       [      0                   F                ]
 *
 * inv(X~'W X~) has the elements t_j (T T')_jk t_k. Nothing here is squared that
 * is not about 1, whatever the units of the columns. */
#ifndef GEMML_STATS_HAT_H
#define GEMML_STATS_HAT_H

#include "chain/model.h"
#include "fold/source.h"
#include "train/engine.h"

struct hat {
    const struct inverse_root *inverse;
    bool intercept;
    double constant; /* 1 / sqrt(W), or 0 */
    size_t width;    /* 1 + r */
    size_t stride; /* of the rows of Z: all begin at a boundary of 64 bytes, since some kernels of dot add by address */
    struct view_source rows;
};

/* The fitted model has a root. Borrows model and x. */
struct hat hat_make(const struct fitted *fitted, gemml_view x);

/* Bytes of scratch of hat_rows. */
size_t hat_bytes(const struct hat *hat);

/* Z (count x width, rows `stride` apart, in the scratch) of rows first .. first + count - 1,
 * count <= PREDICT_ROWS. A row's bits do not depend on the others. Cost: 2 p r flops
 * a row. Errors: NONFINITE (x, with its place). */
gemml_status hat_rows(const struct hat *hat, size_t first, size_t count, void *scratch, double **Z);

/* |z|^2. */
double hat_square(const struct hat *hat, const double *z);

/* T, (p + 1) x width, and the units t, p + 1. Cost: 2 p r flops. Errors: SHAPE. */
gemml_status hat_coefficient_root(const struct hat *hat, double *T, double *units);

#endif

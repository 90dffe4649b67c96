#include "solve/inverse.h"

#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "solve/centred.h"

enum { MOST_STEPS = 6 };

/* The inverse from the factor is right to about u / rcond. */
static bool should_refine(const struct normal_equations *equations, const struct source *source)
{
    double p = (double)equations->features;
    return source && equations->rcond < 1e-2 && (double)source->rows * p * p <= 4e6;
}

/* ---- from the factor ---- */

/* By singular values: the columns of the inverse one by one. */
static gemml_status invert_columns(struct normal_equations *equations, double *C)
{
    size_t p = equations->features, ld = p + 1;
    for (size_t j = 0; j < p; j++) {
        double *row = C + (1 + j) * ld + 1; /* C is symmetric */
        for (size_t k = 0; k < p; k++)
            row[k] = k == j;
        TRY(normal_equations_solve(equations, row));
    }
    return GEMML_OK;
}

/* C_vv = D inv(R'R) D, into the trailing p x p of C, both triangles. */
static gemml_status invert(struct normal_equations *equations, double *C)
{
    size_t p = equations->features, ld = p + 1;
    const double *d = equations->equilibration;
    double *V = C + ld + 1;
    if (equations->eigenvalues)
        return invert_columns(equations, C);
    for (size_t j = 0; j < p; j++)
        memcpy(V + j * ld + j, equations->factor + j * p + j, (p - j) * sizeof *V);
    TRY(lapack_cholesky_inverse(p, V, ld));
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++)
            V[j * ld + k] = V[k * ld + j] = V[j * ld + k] * d[j] * d[k];
    return GEMML_OK;
}

/* Row and column 0 from C_vv. */
static gemml_status border(struct normal_equations *equations, double *C)
{
    size_t p = equations->features, ld = p + 1;
    double *mu = equations->work;
    for (size_t j = 0; j < p; j++)
        mu[j] = doubled_value(scaled_center(equations, j));
    TRY(gemv_f64(false, p, p, -1, C + ld + 1, ld, mu, 1, 0, C + 1, 1));
    C[0] = 1 / equations->sum_weight - dot_f64(p, mu, 1, C + 1, 1);
    for (size_t j = 0; j < p; j++)
        C[(1 + j) * ld] = C[1 + j];
    return GEMML_OK;
}

/* ---- refined ---- */

/* The refinement's memory: c a column, product and residual of it, rest what the centre lacks (centred.h). */
struct refinement {
    struct doubled *c, *product, *rest;
    double *residual;
};

/* product = (U'WU + Lambda) c with U about the means themselves: with rows about m, which is
 * off by rest, U'WU is larger by (sum w) rest rest'. */
static gemml_status matrix_product(const struct normal_equations *equations, const struct source *source,
                                   const struct refinement *at)
{
    struct doubled along = {0, 0};
    TRY(centred_product(equations, source, at->c, at->product));
    for (size_t i = 0; i < equations->features; i++)
        along = doubled_add(along, doubled_multiply(at->rest[i], at->c[i]));
    along = doubled_negative(doubled_scale(along, equations->sum_weight));
    for (size_t i = 0; i < equations->features; i++) {
        struct doubled level = doubled_multiply(at->rest[i], along);
        struct doubled penalty = doubled_scale(at->c[i], equations->penalty[i]);
        at->product[i] = doubled_add(at->product[i], doubled_add(level, penalty));
    }
    return GEMML_OK;
}

/* Solves (U'WU + Lambda) c = e_j to double-double from the data. */
static gemml_status refine_column(struct normal_equations *equations, const struct source *source, size_t j,
                                  const struct refinement *at)
{
    size_t p = equations->features;
    struct doubled *c = at->c;
    double first = 0, before = INFINITY, *residual = at->residual;
    for (size_t i = 0; i < p; i++)
        residual[i] = i == j;
    TRY(normal_equations_solve(equations, residual));
    for (size_t i = 0; i < p; i++)
        c[i] = doubled_of(residual[i]);
    for (int step = 0; step < MOST_STEPS; step++) {
        TRY(matrix_product(equations, source, at));
        for (size_t i = 0; i < p; i++)
            residual[i] = doubled_value(doubled_add(doubled_of(i == j), doubled_negative(at->product[i])));
        TRY(normal_equations_solve(equations, residual));
        double relative = relative_step(equations, residual, c);
        if (!(relative < before / 2))
            return GEMML_OK;
        for (size_t i = 0; i < p; i++)
            c[i] = doubled_add(c[i], doubled_of(residual[i]));
        first = step == 0 ? relative : first;
        if (relative * first <= 0x1p-64)
            return GEMML_OK;
        before = relative;
    }
    return GEMML_OK;
}

/* M_j s_j. */
static struct doubled mean(const struct normal_equations *equations, const struct refinement *at, size_t j)
{
    return doubled_add(scaled_center(equations, j), at->rest[j]);
}

/* Column 1 + j of C from that of C_vv; the element in row 0 is -mu' c, and with mu_j its share
 * of mu' C_vv mu goes into the corner: in double-double, since both sums cancel. */
static void store_column(const struct normal_equations *equations, size_t j, const struct refinement *at, double *C,
                         struct doubled *corner)
{
    size_t p = equations->features, ld = p + 1;
    struct doubled sum = {0, 0};
    for (size_t i = 0; i < p; i++) {
        sum = doubled_add(sum, doubled_multiply(mean(equations, at, i), at->c[i]));
        C[(1 + i) * ld + 1 + j] = doubled_value(at->c[i]);
    }
    C[1 + j] = C[(1 + j) * ld] = -doubled_value(sum);
    *corner = doubled_add(*corner, doubled_multiply(mean(equations, at, j), sum));
}

/* Where both triangles were computed on their own, their mean is symmetric. */
static void symmetrise(size_t m, double *C)
{
    for (size_t j = 0; j < m; j++)
        for (size_t k = j + 1; k < m; k++)
            C[j * m + k] = C[k * m + j] = (C[j * m + k] + C[k * m + j]) / 2;
}

static gemml_status refine(struct normal_equations *equations, const struct source *source, double *C)
{
    size_t p = equations->features;
    struct doubled *c, corner = doubled_divide(doubled_of(1), equations->sum_weight);
    TRY(memory_alloc(&c, memory_product(4, p), sizeof *c));
    struct refinement at = {.c = c, .product = c + p, .rest = c + 2 * p, .residual = (double *)(c + 3 * p)};
    gemml_status status = centre_rest(equations, source, at.rest);
    for (size_t j = 0; j < p && status == GEMML_OK; j++) {
        status = refine_column(equations, source, j, &at);
        store_column(equations, j, &at, C, &corner);
    }
    memory_free(c);
    C[0] = doubled_value(corner);
    return status;
}

/* ---- both ---- */

/* Row and column of number `index` of C. */
static void fill_cross(size_t m, size_t index, double value, double *C)
{
    for (size_t i = 0; i < m; i++)
        C[index * m + i] = C[i * m + index] = value;
}

gemml_status least_squares_inverse(struct normal_equations *equations, const struct source *source, double *C)
{
    size_t p = equations->features, m = p + 1;
    if (equations->nullity > 0) {
        for (size_t i = 0; i < m * m; i++)
            C[i] = NAN;
        return GEMML_OK;
    }
    if (should_refine(equations, source)) {
        TRY(refine(equations, source, C));
    } else {
        TRY(invert(equations, C));
        TRY(border(equations, C));
    }
    symmetrise(m, C);
    if (!equations->intercept)
        fill_cross(m, 0, 0, C);
    for (size_t j = 0; j < p; j++)
        if (equations->equilibration[j] == 0)
            fill_cross(m, 1 + j, NAN, C);
    return GEMML_OK;
}

/* From V = inv(R), whose rows have the squares of the diagonal of inv(R'R) for norms. */
static gemml_status diagonal_of_root(struct normal_equations *equations, const double *V, double *diagonal)
{
    size_t p = equations->features;
    const double *d = equations->equilibration;
    double *mu = equations->work;
    for (size_t j = 0; j < p; j++)
        mu[j] = doubled_value(scaled_center(equations, j)) * d[j];
    TRY(trsm_f64(true, p, 1, equations->factor, p, mu, 1));
    diagonal[0] = equations->intercept ? 1 / equations->sum_weight + dot_f64(p, mu, 1, mu, 1) : 0;
    for (size_t j = 0; j < p; j++) {
        const double *row = V + j * p + j;
        diagonal[1 + j] = d[j] == 0 ? NAN : dot_f64(p - j, row, 1, row, 1) * d[j] * d[j];
    }
    return GEMML_OK;
}

static gemml_status diagonal_of_whole(struct normal_equations *equations, const struct source *source, double *diagonal)
{
    size_t m = equations->features + 1;
    double *C;
    TRY(memory_alloc(&C, memory_product(m, m), sizeof *C));
    gemml_status status = least_squares_inverse(equations, source, C);
    for (size_t j = 0; j < m && status == GEMML_OK; j++)
        diagonal[j] = C[j * (m + 1)];
    memory_free(C);
    return status;
}

gemml_status least_squares_inverse_diagonal(struct normal_equations *equations, const struct source *source,
                                            const double *root, double *diagonal)
{
    bool whole = equations->eigenvalues || should_refine(equations, source);
    return whole ? diagonal_of_whole(equations, source, diagonal) : diagonal_of_root(equations, root, diagonal);
}

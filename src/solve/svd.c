/* The singular values of R: rank, null space, and which columns are dependent. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "solve/equations.h"
#include "solve/qr.h"

double svd_tolerance(const struct normal_equations *equations, size_t rows)
{
    double n = rows < 1024 ? (double)rows : 1024, p = (double)equations->features;
    return fmax(n, p) * DBL_EPSILON;
}

/* The norms of the estimate differ from the 2-norm by up to p, and it may be low by 10. */
bool qr_rank_is_doubtful(const struct normal_equations *equations, size_t rows)
{
    return !(sqrt(equations->rcond) > 10 * (double)equations->features * svd_tolerance(equations, rows));
}

/* projected := U' projected. */
static gemml_status rotate_targets(struct normal_equations *equations, const double *U, double *column)
{
    size_t p = equations->features, K = equations->outputs;
    for (size_t k = 0; k < K; k++) {
        TRY(gemv_f64(true, p, p, 1, U, p, equations->projected + k, K, 0, column, 1));
        for (size_t i = 0; i < p; i++)
            equations->projected[i * K + k] = column[i];
    }
    return GEMML_OK;
}

static gemml_status decompose(struct normal_equations *equations, double *R, double *U)
{
    size_t p = equations->features;
    memcpy(R, equations->factor, p * p * sizeof *R);
    TRY(lapack_svd(p, R, p, equations->eigenvalues, U, equations->factor));
    return rotate_targets(equations, U, R);
}

/* ---- few rows ---- */

/* Beside columns of norm 1 nothing, also p^2 times; of data with few rows, rounding of rounding. */
#define NOTHING 0x1p-60

/* The rows of R that are not zero: with n rows of data n, as many of rounding, and one for each constant column. */
static size_t list_rows(const struct normal_equations *equations, size_t *rows)
{
    size_t p = equations->features, count = 0;
    for (size_t i = 0; i < p; i++) {
        size_t j = 0;
        while (j < p && fabs(equations->factor[i * p + j]) <= NOTHING)
            j++;
        if (j < p)
            rows[count++] = i;
    }
    return count;
}

/* projected := U' projected, U the m x m one on the rows listed, which go to the end, and the identity on the others.
 */
static gemml_status rotate_few(struct normal_equations *equations, const double *U, size_t m, const size_t *rows,
                               double *work)
{
    size_t p = equations->features, K = equations->outputs;
    double *few = work, *rotated = work + m, *others = rotated + m;
    for (size_t k = 0; k < K; k++) {
        size_t listed = 0;
        for (size_t i = 0; i < p; i++) {
            double value = equations->projected[i * K + k];
            bool is_listed = listed < m && rows[listed] == i;
            *(is_listed ? few + listed : others + i - listed) = value;
            listed += is_listed;
        }
        TRY(gemv_f64(true, m, m, 1, U, m, few, 1, 0, rotated, 1));
        for (size_t i = 0; i < p; i++)
            equations->projected[i * K + k] = i < p - m ? others[i] : rotated[i - (p - m)];
    }
    return GEMML_OK;
}

/* With m rows that are not zero, R = L Q and L = U diag(s) V: the right singular vectors are V Q and, of the
 * singular value 0, Q's complement. 4 p^2 m flops, where all of R takes some 20 p^3. */
static gemml_status decompose_few(struct normal_equations *equations, size_t m, const size_t *rows, double *Q,
                                  double *small)
{
    size_t p = equations->features;
    double *L = small, *U = L + m * m, *V = U + m * m, *work = V + m * m;
    for (size_t i = 0; i < m; i++)
        memcpy(Q + i * p, equations->factor + rows[i] * p, p * sizeof *Q);
    TRY(lapack_complete(m, p, Q, L));
    memset(equations->eigenvalues, 0, (p - m) * sizeof *equations->eigenvalues);
    TRY(lapack_svd(m, L, m, equations->eigenvalues + p - m, U, V));
    memcpy(equations->factor, Q + m * p, (p - m) * p * sizeof *Q);
    TRY(gemm_f64(false, false, m, p, m, 1, V, m, Q, p, 0, equations->factor + (p - m) * p, p));
    return rotate_few(equations, U, m, rows, work);
}

/* By the few rows where they are less than half, else by all of R. */
static gemml_status decompose_any(struct normal_equations *equations, size_t *rows)
{
    size_t p = equations->features, m = list_rows(equations, rows);
    bool few = m > 0 && m < p / 2;
    double *large, *small;
    TRY(memory_alloc(&large, memory_product(few ? 1 : 2, memory_product(p, p)), sizeof *large));
    gemml_status status =
        memory_alloc(&small, few ? memory_sum(memory_product(3 * m, m), p + 2 * m) : 1, sizeof *small);
    if (status == GEMML_OK)
        status = few ? decompose_few(equations, m, rows, large, small) : decompose(equations, large, large + p * p);
    memory_free(small);
    memory_free(large);
    return status;
}

gemml_status svd_factor(struct normal_equations *equations, size_t rows)
{
    size_t p = equations->features, *listed;
    double tolerance = svd_tolerance(equations, rows);
    TRY(memory_alloc(&listed, p, sizeof *listed));
    gemml_status status = memory_alloc(&equations->eigenvalues, p, sizeof *equations->eigenvalues);
    if (status == GEMML_OK)
        status = decompose_any(equations, listed);
    memory_free(listed);
    TRY(status);
    equations->solver = GEMML_SOLVER_SVD;
    for (size_t i = 0; i < p; i++)
        equations->eigenvalues[i] *= equations->eigenvalues[i];
    TRY(equations_span_null_space(equations, tolerance * tolerance));
    equations->rcond = equations->nullity > 0 ? 0 : equations->eigenvalues[0] / equations->eigenvalues[p - 1];
    equations_count_rank(equations);
    return GEMML_OK;
}

/* ---- which columns are dependent ---- */

/* Takes from x its part in the span of the `count` orthonormal rows of basis: twice is enough. */
static gemml_status orthogonalise(size_t count, size_t r, const double *basis, double *x, double *parts)
{
    for (int pass = 0; pass < 2; pass++) {
        TRY(gemv_f64(false, count, r, 1, basis, r, x, 1, 0, parts, 1));
        TRY(gemv_f64(true, count, r, -1, basis, r, parts, 1, 1, x, 1));
    }
    return GEMML_OK;
}

/* Walks the columns of diag(sqrt(eigenvalues)) V without the null space, which have the inner
 * products of A; counts the independent ones. memory: r (r + 2) numbers. */
static gemml_status walk_columns(const struct normal_equations *equations, size_t r, double tolerance, double *memory,
                                 bool *aliased, size_t *independent)
{
    size_t p = equations->features;
    double *parts = memory, *basis = memory + r;
    *independent = 0;
    for (size_t j = 0; j < p; j++) {
        double *x = basis + *independent * r;
        aliased[j] = true;
        if (equations->equilibration[j] == 0 || *independent == r)
            continue;
        for (size_t i = 0; i < r; i++) {
            size_t row = equations->nullity + i;
            x[i] = sqrt(equations->eigenvalues[row]) * equations->factor[row * p + j];
        }
        double whole = sqrt(dot_f64(r, x, 1, x, 1));
        TRY(orthogonalise(*independent, r, basis, x, parts));
        double rest = sqrt(dot_f64(r, x, 1, x, 1));
        if (!(rest > tolerance * whole))
            continue;
        scal_f64(r, 1 / rest, x, 1);
        aliased[j] = false;
        ++*independent;
    }
    return GEMML_OK;
}

gemml_status svd_aliased(const struct normal_equations *equations, bool *aliased)
{
    size_t p = equations->features, r = p - equations->nullity, wanted = r, found = 0;
    double *memory;
    for (size_t j = 0; j < p; j++) {
        aliased[j] = equations->equilibration[j] == 0;
        wanted -= aliased[j];
    }
    if (equations->nullity == 0)
        return GEMML_OK;
    TRY(memory_alloc(&memory, memory_product(r, memory_sum(r, 2)), sizeof *memory));
    gemml_status status = GEMML_OK;
    for (double tolerance = 1e-7; found < wanted && tolerance > DBL_MIN && status == GEMML_OK; tolerance /= 10)
        status = walk_columns(equations, r, tolerance, memory, aliased, &found);
    memory_free(memory);
    return status;
}

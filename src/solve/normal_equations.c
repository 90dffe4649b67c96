#include "solve/normal_equations.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/doubled.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "solve/equations.h"
#include "solve/triangular.h"

/* A sum of squares about the mean that is this small beside the one about zero
 * is rounding: the column is constant. */
#define CONSTANT_TOLERANCE (64 * DBL_EPSILON * DBL_EPSILON)

static double map_shift(const struct input_map *map, size_t j)
{
    return map->shift ? map->shift[j] : 0;
}

static double map_scale(const struct input_map *map, size_t j)
{
    return map->scale ? map->scale[j] : 1;
}

double normal_equations_singular(size_t p)
{
    return 4 * (double)(p > 8 ? p : 8) * DBL_EPSILON;
}

/* Offset of the centre from the Gram matrix's shift, in scaled units; and the centre. */
static void choose_center(struct normal_equations *equations, const struct gram *gram, const struct input_map *map,
                          double *offset)
{
    size_t p = equations->features, last = gram->order - 1;
    for (size_t j = 0; j < last; j++) {
        if (equations->intercept) {
            offset[j] = gram->G[j * gram->ld + last] / equations->sum_weight;
            struct doubled mean = two_sum(gram->shift[j], offset[j] / gram->scale[j]);
            equations->center[j] = mean.hi;
            equations->center_rest[j] = mean.lo;
        } else {
            equations->center[j] = j < p ? map_shift(map, j) : 0;
            equations->center_rest[j] = 0;
            offset[j] = (equations->center[j] - gram->shift[j]) * gram->scale[j];
        }
    }
}

bool equations_constant(double square, double about_zero)
{
    return !(square > CONSTANT_TOLERANCE * about_zero) || square < DBL_MIN;
}

void equations_equilibrate(struct normal_equations *equations, size_t j, double square, double about_zero)
{
    bool constant = equations_constant(square, about_zero);
    int exponent = 0;
    if (!constant)
        frexp(square + equations->penalty[j], &exponent);
    equations->square[j] = square;
    equations->equilibration[j] = constant ? 0 : ldexp(1, -(int)floor(exponent / 2.0));
}

/* A's upper triangle; a constant column becomes one of the identity. */
static void fill_matrix(const struct normal_equations *equations, const struct gram *gram, double *A)
{
    size_t p = equations->features;
    const double *d = equations->equilibration;
    for (size_t j = 0; j < p; j++) {
        for (size_t k = j; k < p; k++)
            A[j * p + k] = gram->G[j * gram->ld + k] * d[j] * d[k];
        A[j * p + j] = d[j] == 0 ? 1 : A[j * p + j] + equations->penalty[j] * d[j] * d[j];
    }
}

static void fill_right_sides(struct normal_equations *equations, const struct gram *gram, const double *about_zero)
{
    size_t p = equations->features, K = equations->outputs;
    for (size_t k = 0; k < K; k++) {
        double square = gram->G[(p + k) * gram->ld + p + k];
        bool constant = equations_constant(square, about_zero[p + k]);
        equations->tss[k] = constant ? 0 : square;
        for (size_t j = 0; j < p; j++)
            equations->rhs[j * K + k] = constant ? 0 : gram->G[j * gram->ld + p + k];
    }
}

/* d_j s_j / t_j, from v in A's coordinates to chain weights; 1 for a constant column. */
static double weight_factor(const struct normal_equations *equations, size_t j)
{
    double d = equations->equilibration[j];
    return d > 0 ? d * equations->to_chain[j] : 1;
}

/* Whether those factors are near each other: then nothing is lost when a basis is made of their reciprocals. */
static bool factors_are_near(const struct normal_equations *equations)
{
    double least = INFINITY, largest = 0;
    for (size_t j = 0; j < equations->features; j++) {
        least = fmin(least, weight_factor(equations, j));
        largest = fmax(largest, weight_factor(equations, j));
    }
    return least > 0x1p-500 && largest < 0x1p500 && largest < 0x1p10 * least;
}

/* The null space as the complement of what its r other vectors span, with F = diag(weight_factor): N = F null(A) is
 * orthogonal to inv(F) q for each other eigenvector q. 4 p^2 r flops, where a basis of N itself takes some 3 p^3. */
static gemml_status span_complement(struct normal_equations *equations)
{
    size_t p = equations->features, nullity = equations->nullity, r = p - nullity;
    double *basis;
    TRY(memory_alloc(&basis, memory_product(p, p), sizeof *basis));
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j < p; j++)
            basis[i * p + j] = equations->factor[(nullity + i) * p + j] / weight_factor(equations, j);
    gemml_status status = lapack_complete(r, p, basis, NULL);
    if (status == GEMML_OK)
        memcpy(equations->null_space, basis + r * p, nullity * p * sizeof *basis);
    memory_free(basis);
    return status;
}

gemml_status equations_span_null_space(struct normal_equations *equations, double tolerance)
{
    size_t p = equations->features;
    double largest = equations->eigenvalues[p - 1];
    while (equations->eigenvalues[equations->nullity] <= tolerance * largest)
        equations->nullity++;
    if (equations->nullity == 0)
        return GEMML_OK;
    TRY(memory_alloc(&equations->null_space, memory_product(equations->nullity, p), sizeof(double)));
    if (equations->nullity > p / 2 && equations->nullity < p && factors_are_near(equations))
        return span_complement(equations);
    for (size_t i = 0; i < equations->nullity; i++)
        for (size_t j = 0; j < p; j++)
            equations->null_space[i * p + j] =
                equations->factor[i * p + j] * equations->equilibration[j] * equations->to_chain[j];
    return lapack_orthonormalise(equations->nullity, p, equations->null_space, p);
}

static gemml_status factor_singular(struct normal_equations *equations, const struct gram *gram)
{
    size_t p = equations->features;
    equations->rcond = 0;
    fill_matrix(equations, gram, equations->factor);
    TRY(memory_alloc(&equations->eigenvalues, p, sizeof *equations->eigenvalues));
    TRY(lapack_symmetric_eigen(p, equations->factor, p, equations->eigenvalues));
    return equations_span_null_space(equations, normal_equations_singular(p));
}

/* Below `least` there is no factor, and rcond tells so. */
static gemml_status factor(struct normal_equations *equations, const struct gram *gram, double least)
{
    size_t p = equations->features;
    bool definite;
    equations->solver = GEMML_SOLVER_CHOLESKY;
    equations->rcond = 0;
    fill_matrix(equations, gram, equations->factor);
    double norm = lapack_symmetric_norm(p, equations->factor, equations->work);
    TRY(triangular_factor(p, equations->factor, &definite));
    if (definite)
        TRY(lapack_cholesky_rcond(p, equations->factor, p, norm, &equations->rcond));
    if (least == 0 && equations->rcond < normal_equations_singular(p))
        return factor_singular(equations, gram);
    return GEMML_OK;
}

void equations_count_rank(struct normal_equations *equations)
{
    equations->rank = equations->features - equations->nullity + (equations->intercept ? 1 : 0);
    for (size_t j = 0; j < equations->features; j++)
        if (equations->equilibration[j] == 0)
            equations->rank--;
}

/* One allocation for all arrays but those of the singular case. */
gemml_status equations_lay_out(struct normal_equations *equations, size_t features, size_t outputs)
{
    size_t p = features, K = outputs, m = p + K;
    size_t small = memory_sum(memory_product(3, m), memory_sum(memory_product(5, p), K));
    size_t large = memory_sum(memory_product(p, K), memory_product(p, p));
    double *free;
    *equations = (struct normal_equations){.features = p, .outputs = K};
    TRY(memory_alloc(&free, memory_sum(small, large), sizeof *free));
    equations->scale = free;
    equations->center = equations->scale + m;
    equations->center_rest = equations->center + m;
    equations->to_chain = equations->center_rest + m;
    equations->penalty = equations->to_chain + p;
    equations->square = equations->penalty + p;
    equations->equilibration = equations->square + p;
    equations->work = equations->equilibration + p;
    equations->tss = equations->work + p;
    equations->rhs = equations->tss + K;
    equations->factor = equations->rhs + p * K;
    return GEMML_OK;
}

static gemml_status recentre_and_factor(struct normal_equations *equations, struct gram *gram,
                                        const struct input_map *map, double least, double *offset)
{
    double *about_zero = offset + gram->order;
    for (size_t j = 0; j < gram->order - 1; j++)
        about_zero[j] = gram_square_about_zero(gram, j);
    choose_center(equations, gram, map, offset);
    gram_recentre(gram, offset);
    for (size_t j = 0; j < equations->features; j++)
        equations_equilibrate(equations, j, gram->G[j * gram->ld + j], about_zero[j]);
    fill_right_sides(equations, gram, about_zero);
    TRY(factor(equations, gram, least));
    equations_count_rank(equations);
    return GEMML_OK;
}

gemml_status equations_set_penalty(struct normal_equations *equations, const double *scale, const struct input_map *map,
                                   double lambda)
{
    memcpy(equations->scale, scale, (equations->features + equations->outputs) * sizeof *scale);
    for (size_t j = 0; j < equations->features; j++) {
        double ratio = scale[j] / map_scale(map, j);
        equations->to_chain[j] = ratio;
        equations->penalty[j] = lambda * ratio * ratio;
        if (!isfinite(equations->penalty[j]))
            return error_set(
                GEMML_ERROR_NONFINITE,
                "the penalty %g overflows beside column %zu, whose entries are about %g: bring the columns "
                "to a common scale",
                lambda, j, 1 / scale[j]);
    }
    return GEMML_OK;
}

static gemml_status make(struct normal_equations *equations, struct gram *gram, const struct input_map *map,
                         bool intercept, double lambda, double least)
{
    double *offset;
    TRY(equations_lay_out(equations, gram->features, gram->outputs));
    equations->intercept = intercept;
    equations->sum_weight = gram_sum_weight(gram);
    gemml_status status = equations_set_penalty(equations, gram->scale, map, lambda);
    if (status == GEMML_OK)
        status = memory_alloc(&offset, memory_product(2, gram->order), sizeof *offset);
    if (status == GEMML_OK) {
        status = recentre_and_factor(equations, gram, map, least, offset);
        memory_free(offset);
    }
    if (status != GEMML_OK)
        normal_equations_free(equations);
    return status;
}

gemml_status normal_equations_make(struct normal_equations *equations, struct gram *gram, const struct input_map *map,
                                   bool intercept, double lambda)
{
    return make(equations, gram, map, intercept, lambda, 0);
}

gemml_status normal_equations_try(struct normal_equations *equations, struct gram *gram, const struct input_map *map,
                                  bool intercept, double lambda, double least, bool *good)
{
    TRY(make(equations, gram, map, intercept, lambda, least));
    *good = equations->rcond >= least;
    if (!*good)
        normal_equations_free(equations);
    return GEMML_OK;
}

void normal_equations_free(struct normal_equations *equations)
{
    memory_free(equations->scale);
    memory_free(equations->projected);
    memory_free(equations->eigenvalues);
    memory_free(equations->null_space);
    *equations = (struct normal_equations){0};
}

/* Takes from the chain weights of v their part in the null space: W -= N'(N W). */
static void leave_null_space(struct normal_equations *equations, double *v)
{
    size_t p = equations->features;
    double *W = equations->work;
    for (size_t j = 0; j < p; j++)
        W[j] = v[j] * equations->to_chain[j];
    for (size_t i = 0; i < equations->nullity; i++) {
        const double *direction = equations->null_space + i * p;
        axpy_f64(p, -dot_f64(p, direction, 1, W, 1), direction, 1, W, 1);
    }
    for (size_t j = 0; j < p; j++)
        v[j] = W[j] / equations->to_chain[j];
}

/* x = Q pinv(diag(eigenvalues)) Q' x. */
static gemml_status solve_singular(struct normal_equations *equations, double *x)
{
    size_t p = equations->features;
    double *z = equations->work;
    TRY(gemv_f64(false, p, p, 1, equations->factor, p, x, 1, 0, z, 1));
    for (size_t i = 0; i < p; i++)
        z[i] = i < equations->nullity ? 0 : z[i] / equations->eigenvalues[i];
    return gemv_f64(true, p, p, 1, equations->factor, p, z, 1, 0, x, 1);
}

gemml_status normal_equations_solve(struct normal_equations *equations, double *x)
{
    size_t p = equations->features;
    const double *d = equations->equilibration;
    for (size_t j = 0; j < p; j++)
        x[j] *= d[j];
    if (equations->eigenvalues) {
        TRY(solve_singular(equations, x));
    } else {
        TRY(trsm_f64(true, p, 1, equations->factor, p, x, 1));
        TRY(trsm_f64(false, p, 1, equations->factor, p, x, 1));
    }
    for (size_t j = 0; j < p; j++)
        x[j] *= d[j];
    if (equations->nullity > 0)
        leave_null_space(equations, x);
    return GEMML_OK;
}

/* R q = Q'y; with singular values S, q = V inv(S) U'y. What is left out of y counts as residual. */
static gemml_status solve_projected(struct normal_equations *equations, size_t k, double *v, double *rss)
{
    size_t p = equations->features, K = equations->outputs;
    double *z = equations->work;
    *rss = equations->least[k];
    for (size_t i = 0; i < p; i++)
        z[i] = equations->projected[i * K + k];
    for (size_t i = 0; i < equations->nullity; i++) {
        *rss += z[i] * z[i];
        z[i] = 0;
    }
    if (!equations->eigenvalues) {
        memcpy(v, z, p * sizeof *v);
        return trsm_f64(false, p, 1, equations->factor, p, v, 1);
    }
    for (size_t i = equations->nullity; i < p; i++)
        z[i] /= sqrt(equations->eigenvalues[i]);
    return gemv_f64(true, p, p, 1, equations->factor, p, z, 1, 0, v, 1);
}

/* rss = least - v'Lambda v by QR; by the normal equations tss - v'c - v'Lambda v, c the
 * right-hand side, as (U'WU + Lambda) v = c. */
gemml_status normal_equations_start(struct normal_equations *equations, size_t k, double *v, double *rss)
{
    size_t p = equations->features, K = equations->outputs;
    if (equations->projected) {
        TRY(solve_projected(equations, k, v, rss));
        for (size_t j = 0; j < p; j++)
            v[j] *= equations->equilibration[j];
        if (equations->nullity > 0)
            leave_null_space(equations, v);
    } else {
        for (size_t j = 0; j < p; j++)
            v[j] = equations->rhs[j * K + k];
        TRY(normal_equations_solve(equations, v));
        *rss = equations->tss[k] - dot_f64(p, v, 1, equations->rhs + k, K);
    }
    for (size_t j = 0; j < p; j++)
        *rss -= equations->penalty[j] * v[j] * v[j];
    *rss = *rss > 0 ? *rss : 0;
    return GEMML_OK;
}

/* A is made of the columns' squares. */
double normal_equations_condition(const struct normal_equations *equations)
{
    return equations->rcond > 0 ? sqrt(1 / equations->rcond) : INFINITY;
}

gemml_status normal_equations_root(const struct normal_equations *equations, double *root, size_t *rank)
{
    size_t p = equations->features, nullity = equations->nullity, r = p - nullity;
    *rank = r;
    if (!equations->eigenvalues)
        return triangular_inverse(p, equations->factor, root);
    for (size_t i = 0; i < r; i++) {
        double length = sqrt(equations->eigenvalues[nullity + i]);
        for (size_t j = 0; j < p; j++)
            root[j * r + i] = equations->factor[(nullity + i) * p + j] / length;
    }
    return GEMML_OK;
}

/* H, full and symmetric, order p + 1: second moments of ((x - a) t, 1) over W. */
static void fill_hessian(const struct gram *gram, const struct input_map *map, bool intercept, double lambda, double *H)
{
    size_t p = gram->features, q = p + 1, last = gram->order - 1;
    double W = gram_sum_weight(gram);
    memset(H, 0, q * q * sizeof *H);
    for (size_t j = 0; j < q; j++) {
        double to_j = j < p ? map_scale(map, j) / gram->scale[j] : 1;
        double o_j = j < p ? (map_shift(map, j) - gram->shift[j]) * gram->scale[j] : 0;
        double S_j = j < p ? gram->G[j * gram->ld + last] : W;
        for (size_t k = j; k < p; k++) {
            double o_k = (map_shift(map, k) - gram->shift[k]) * gram->scale[k];
            double S_k = gram->G[k * gram->ld + last], to_k = map_scale(map, k) / gram->scale[k];
            double moment = gram->G[j * gram->ld + k] - o_j * S_k - S_j * o_k + W * o_j * o_k;
            H[j * q + k] = H[k * q + j] = moment * to_j * to_k / W + (j == k ? lambda / W : 0);
        }
        if (intercept)
            H[j * q + p] = H[p * q + j] = (S_j - W * o_j) * to_j / W;
    }
}

/* |H z| / |z| -> the largest eigenvalue, from z = 1; enough for a step length. */
static gemml_status power_iteration(size_t q, const double *H, double *z, double *next, double *value)
{
    enum { ITERATIONS = 100 };
    for (size_t j = 0; j < q; j++)
        z[j] = 1 + (double)(j % 7) / 16; /* not orthogonal to what symmetric data have */
    *value = 0;
    for (int i = 0; i < ITERATIONS; i++) {
        double norm = sqrt(dot_f64(q, z, 1, z, 1)), before = *value;
        if (!(norm > 0) || !isfinite(norm))
            break;
        scal_f64(q, 1 / norm, z, 1);
        TRY(gemv_f64(false, q, q, 1, H, q, z, 1, 0, next, 1));
        *value = sqrt(dot_f64(q, next, 1, next, 1));
        memcpy(z, next, q * sizeof *z);
        if (fabs(*value - before) <= 1e-6 * *value)
            break;
    }
    return GEMML_OK;
}

gemml_status normal_equations_largest_eigenvalue(const struct gram *gram, const struct input_map *map, bool intercept,
                                                 double lambda, double *value)
{
    size_t q = gram->features + 1;
    double *H;
    TRY(memory_alloc(&H, memory_product(q, memory_sum(q, 2)), sizeof *H));
    fill_hessian(gram, map, intercept, lambda, H);
    gemml_status status = power_iteration(q, H, H + q * q, H + q * q + q, value);
    memory_free(H);
    return status;
}

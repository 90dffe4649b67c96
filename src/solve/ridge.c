/* Exact leave-one-out errors of ridge regression, for many lambdas at once.
 *
 * In the chain's coordinates, centred, a_i = (x_i - m) t: the Gram matrix
 * A'WA = Q'diag(d)Q, Q's rows its eigenvectors; z_i = Q a_i, g = Q A'W (y - m_y). Then
 * for every lambda
 *
 *   e_i = y_i - m_y - sum_j z_ij g_j / (d_j + lambda)        the residual
 *   h_i = w_i (1/W + sum_j z_ij^2 / (d_j + lambda))          the leverage (no 1/W without an intercept)
 *   y_i - (prediction of the fit without row i) = e_i / (1 - h_i)
 *   loo = sum_i w_i (e_i / (1 - h_i))^2 / W                  and the mean over outputs
 *
 * The third line is exact: leaving out a row is a change of rank one (Sherman and Morrison;
 * Allen, Technometrics 16 (1974) 125-127). One factorisation serves all lambdas and a block
 * of rows costs two products by each: Z Q', then Z (1 / (d + lambda)) and the like. Rows of a are
 * scaled by a common power of two, so that d is about n. */
#include "solve/ridge.h"

#include <math.h>
#include <string.h>

#include "chain/notice.h"
#include "fold/fold.h"
#include "kernel/linalg.h"
#include "kernel/linalg_lapack.h"
#include "kernel/vector.h"
#include "solve/linear.h"

enum {
    BLOCK_ROWS = 1024,
    STRIP_ROWS = 128,
    PER_DECADE = 4,
    LOWEST = -10, /* decades from the largest eigenvalue */
    HIGHEST = 2,
    GRID = PER_DECADE * (HIGHEST - LOWEST) + 1,
    FINE = 24, /* between the best one's neighbours */
    MOST = 1 + GRID + FINE
};

struct ridge {
    const struct source *source;
    struct output_map targets; /* errors are in its units */
    struct normal_equations equations;
    int exponent;         /* a = (x - m) t 2^exponent */
    double *factor;       /* p: (x - m) factor = a */
    double *Q;            /* p x p, eigenvectors as rows */
    double *d;            /* p, ascending */
    double *g;            /* p x K */
    double *reciprocals;  /* p x L: 1 / (d + lambda) */
    double *coefficients; /* K times p x L: g / (d + lambda) */
    size_t lambdas;       /* L */
};

struct path {
    size_t count;
    double lambda[MOST], loss[MOST]; /* lambda ascending, in units of a */
};

/* ---- the factorisation ---- */

/* The power of two that brings the largest variance of a column near 1. */
static int common_exponent(const struct normal_equations *equations)
{
    double largest = 0;
    int exponent = 0;
    for (size_t j = 0; j < equations->features; j++)
        if (equations->equilibration[j] > 0)
            largest = fmax(largest, sqrt(equations->square[j] / equations->sum_weight) / equations->to_chain[j]);
    frexp(largest, &exponent);
    return -exponent;
}

/* Q and d from the re-centred Gram matrix, columns that are constant left out. */
static gemml_status decompose(struct ridge *ridge, const struct gram *gram)
{
    const struct normal_equations *equations = &ridge->equations;
    size_t p = equations->features, K = equations->outputs;
    ridge->exponent = common_exponent(equations);
    for (size_t j = 0; j < p; j++)
        ridge->factor[j] = equations->equilibration[j] > 0 ? ldexp(1 / equations->to_chain[j], ridge->exponent) : 0;
    for (size_t j = 0; j < p; j++)
        for (size_t k = j; k < p; k++)
            ridge->Q[j * p + k] = gram->G[j * gram->ld + k] * ridge->factor[j] * ridge->factor[k];
    TRY(lapack_symmetric_eigen(p, ridge->Q, p, ridge->d));
    for (size_t j = 0; j < p; j++) {
        ridge->d[j] = fmax(ridge->d[j], 0);
        for (size_t k = 0; k < K; k++)
            equations->rhs[j * K + k] *= ridge->factor[j];
    }
    TRY(gemm_f64(false, false, p, K, p, 1, ridge->Q, p, equations->rhs, K, 0, ridge->g, K));
    for (size_t j = 0; j < p; j++)
        ridge->factor[j] *= equations->scale[j];
    return GEMML_OK;
}

static gemml_status lay_out(struct ridge *ridge)
{
    size_t p = ridge->equations.features, K = ridge->equations.outputs;
    size_t columns = memory_sum(memory_sum(2, p), memory_sum(K, memory_product(MOST, K + 1)));
    TRY(memory_alloc(&ridge->factor, memory_product(p, columns), sizeof(double)));
    ridge->d = ridge->factor + p;
    ridge->Q = ridge->d + p;
    ridge->g = ridge->Q + p * p;
    ridge->reciprocals = ridge->g + p * K;
    ridge->coefficients = ridge->reciprocals + p * MOST;
    return GEMML_OK;
}

static void ridge_free(struct ridge *ridge)
{
    memory_free(ridge->factor);
    memory_free(ridge->targets.shift);
    memory_free(ridge->targets.scale);
    normal_equations_free(&ridge->equations);
}

static gemml_status ridge_make(struct ridge *ridge, const struct view_source *source,
                               const struct linear_problem *problem)
{
    struct fitted maps = {.map = {.inputs = problem->data.x.cols}};
    struct gram gram;
    *ridge = (struct ridge){.source = &source->source};
    gemml_status status = linear_maps(&maps, problem, source);
    ridge->targets = maps.target_map;
    if (status == GEMML_OK)
        status = linear_gram(&gram, source);
    if (status == GEMML_OK) {
        status = normal_equations_make(&ridge->equations, &gram, &maps.map, problem->options->intercept != 0, 0);
        if (status == GEMML_OK)
            status = lay_out(ridge);
        if (status == GEMML_OK)
            status = decompose(ridge, &gram);
        gram_free(&gram);
    }
    memory_free(maps.map.shift);
    memory_free(maps.map.scale);
    if (status != GEMML_OK)
        ridge_free(ridge);
    return status;
}

/* ---- the pass over the data ---- */

static void loo_init(const void *context, void *state)
{
    const struct ridge *ridge = context;
    memset(state, 0, ridge->equations.outputs * ridge->lambdas * sizeof(double));
}

static void loo_merge(const void *context, void *into_memory, const void *from_memory)
{
    const struct ridge *ridge = context;
    double *into = into_memory;
    const double *from = from_memory;
    for (size_t i = 0; i < ridge->equations.outputs * ridge->lambdas; i++)
        into[i] += from[i];
}

static size_t strip_bytes(size_t cols)
{
    return memory_round(memory_product(memory_product(STRIP_ROWS, cols), sizeof(double)));
}

/* A, Z, H, E of a strip, and the source's scratch. */
struct strip {
    double *A, *Z, *H, *E;
    void *rest;
};

static struct strip strip_layout(const struct ridge *ridge, void *scratch)
{
    size_t matrix = strip_bytes(ridge->equations.features), path = strip_bytes(ridge->lambdas);
    char *free = scratch;
    return (struct strip){(double *)(void *)free, (double *)(void *)(free + matrix),
                          (double *)(void *)(free + 2 * matrix), (double *)(void *)(free + 2 * matrix + path),
                          free + 2 * (matrix + path)};
}

/* Adds w (e / (1 - h))^2 of output k for each lambda; E holds the fitted part of y. */
static void add_errors(const struct ridge *ridge, const struct block *block, size_t k, const struct strip *strip,
                       double *sums)
{
    const struct normal_equations *equations = &ridge->equations;
    size_t p = equations->features, L = ridge->lambdas;
    double constant = equations->intercept ? 1 / equations->sum_weight : 0;
    for (size_t i = 0; i < block->rows; i++) {
        double w = block->w ? block->w[i] : 1;
        double y = (block->Y[i * block->ldy + k] - equations->center[p + k]) * equations->scale[p + k];
        for (size_t l = 0; w > 0 && l < L; l++) {
            double error = (y - strip->E[i * L + l]) / (1 - w * (constant + strip->H[i * L + l]));
            sums[l] += w * (error * error);
        }
    }
}

static gemml_status loo_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct ridge *ridge = context;
    double *sums = state;
    size_t p = ridge->equations.features, L = ridge->lambdas;
    struct strip strip = strip_layout(ridge, scratch);
    struct block block;
    TRY(ridge->source->block(ridge->source, first, count, strip.rest, &block));
    vector_affine_rows_f64(count, p, block.X, block.ldx, ridge->equations.center, ridge->factor, strip.A, p);
    TRY(gemm_f64(false, true, count, p, p, 1, strip.A, p, ridge->Q, p, 0, strip.Z, p));
    for (size_t i = 0; i < count * p; i++)
        strip.A[i] = strip.Z[i] * strip.Z[i];
    TRY(gemm_f64(false, false, count, L, p, 1, strip.A, p, ridge->reciprocals, L, 0, strip.H, L));
    for (size_t k = 0; k < ridge->equations.outputs; k++) {
        TRY(gemm_f64(false, false, count, L, p, 1, strip.Z, p, ridge->coefficients + k * p * L, L, 0, strip.E, L));
        add_errors(ridge, &block, k, &strip, sums + k * L);
    }
    return GEMML_OK;
}

/* Where d is 0 no target is explained, whatever lambda. */
static void fill_path(struct ridge *ridge, size_t count, const double *lambda)
{
    size_t p = ridge->equations.features, K = ridge->equations.outputs;
    ridge->lambdas = count;
    for (size_t j = 0; j < p; j++)
        for (size_t l = 0; l < count; l++) {
            double sum = ridge->d[j] + lambda[l], reciprocal = sum > 0 ? 1 / sum : 0;
            ridge->reciprocals[j * count + l] = reciprocal;
            for (size_t k = 0; k < K; k++)
                ridge->coefficients[(k * p + j) * count + l] = ridge->g[j * K + k] * reciprocal;
        }
}

/* loss_l = loo at lambda_l; infinite where it is not defined. */
static gemml_status leave_one_out(struct ridge *ridge, size_t count, const double *lambda, double *loss)
{
    const struct normal_equations *equations = &ridge->equations;
    size_t p = equations->features, K = equations->outputs;
    double *sums;
    fill_path(ridge, count, lambda);
    struct accumulator accumulator = {
        .state_bytes = memory_product(memory_product(K, count), sizeof *sums),
        .scratch_bytes = memory_sum(2 * memory_sum(strip_bytes(p), strip_bytes(count)),
                                    ridge->source->scratch(ridge->source, STRIP_ROWS)),
        .strip_rows = STRIP_ROWS,
        .init = loo_init,
        .add = loo_add,
        .merge = loo_merge,
    };
    TRY(memory_alloc(&sums, memory_product(K, count), sizeof *sums));
    gemml_status status = fold(&accumulator, ridge, 0, ridge->source->rows, BLOCK_ROWS, sums);
    for (size_t l = 0; l < count && status == GEMML_OK; l++) {
        double sum = 0;
        for (size_t k = 0; k < K; k++) {
            double unit = equations->scale[p + k] / (ridge->targets.scale ? ridge->targets.scale[k] : 1);
            sum += sums[k * count + l] / unit / unit;
        }
        loss[l] = isfinite(sum) ? sum / equations->sum_weight / (double)K : INFINITY;
    }
    memory_free(sums);
    return status;
}

/* ---- the path ---- */

static size_t best_of(const struct path *path)
{
    size_t best = 0;
    for (size_t l = 1; l < path->count; l++)
        if (path->loss[l] < path->loss[best])
            best = l;
    return best;
}

/* 0 where the eigenvalues allow it, and PER_DECADE a decade about the largest eigenvalue. */
static gemml_status coarse_path(struct ridge *ridge, struct path *path)
{
    double largest = ridge->d[ridge->equations.features - 1], unit = largest > 0 ? largest : 1;
    path->count = 0;
    if (ridge->d[0] > pow(10, LOWEST) * largest)
        path->lambda[path->count++] = 0;
    for (int l = 0; l < GRID; l++)
        path->lambda[path->count++] = unit * pow(10, LOWEST + (double)l / PER_DECADE);
    return leave_one_out(ridge, path->count, path->lambda, path->loss);
}

/* FINE more between the neighbours of the best one, unless it is at an end. */
static gemml_status refine_path(struct ridge *ridge, struct path *path)
{
    size_t best = best_of(path), before, after = best + 1, count = path->count;
    double lambda[FINE], loss[FINE];
    if (best == 0 || after == count || path->lambda[best - 1] == 0)
        return GEMML_OK;
    before = best - 1;
    double low = log(path->lambda[before]), high = log(path->lambda[after]);
    for (size_t l = 0; l < FINE; l++)
        lambda[l] = exp(low + (high - low) * (double)(l + 1) / (FINE + 1));
    TRY(leave_one_out(ridge, FINE, lambda, loss));
    for (size_t l = 0; l < FINE; l++) {
        size_t at = path->count++;
        for (; path->lambda[at - 1] > lambda[l]; at--) {
            path->lambda[at] = path->lambda[at - 1];
            path->loss[at] = path->loss[at - 1];
        }
        path->lambda[at] = lambda[l];
        path->loss[at] = loss[l];
    }
    return GEMML_OK;
}

static gemml_status note_end(struct fit_record *record, const struct path *path, size_t best)
{
    if (!isfinite(path->loss[best]))
        return notice_add(record, "Leave-one-out is not defined for these rows: no penalty was chosen.");
    if (path->lambda[best] == 0)
        return notice_add(record, "Leave-one-out finds no penalty better than none: l2 is 0.");
    if (best == 0)
        return notice_add(record, "The least leave-one-out error lies at the lower end of the path: the less penalty "
                                  "the better.");
    if (best == path->count - 1)
        return notice_add(record, "The least leave-one-out error lies at the upper end of the path: the columns "
                                  "explain next to nothing.");
    return GEMML_OK;
}

/* Keeps the path, in units of the chain's coordinates, and gives the best lambda. */
static gemml_status keep_path(struct fit_record *record, const struct path *path, int exponent, double *lambda)
{
    size_t best = best_of(path);
    TRY(memory_alloc(&record->l2_path, memory_product(2, path->count), sizeof *record->l2_path));
    record->l2_path_count = path->count;
    for (size_t l = 0; l < path->count; l++) {
        record->l2_path[2 * l] = ldexp(path->lambda[l], -2 * exponent);
        record->l2_path[2 * l + 1] = path->loss[l];
    }
    *lambda = isfinite(path->loss[best]) ? record->l2_path[2 * best] : 0;
    if (!isfinite(*lambda))
        return error_set(GEMML_ERROR_NONFINITE, "the penalty that leave-one-out chooses, 2^%d, is beyond all numbers",
                         -2 * exponent);
    return note_end(record, path, best);
}

gemml_status ridge_choose(struct linear_problem *problem, struct fitted *fitted)
{
    struct view_source source = linear_source(problem);
    struct ridge ridge;
    struct path path;
    TRY(ridge_make(&ridge, &source, problem));
    gemml_status status = coarse_path(&ridge, &path);
    if (status == GEMML_OK)
        status = refine_path(&ridge, &path);
    if (status == GEMML_OK)
        status = keep_path(&fitted->record, &path, ridge.exponent, &problem->l2);
    ridge_free(&ridge);
    return status;
}

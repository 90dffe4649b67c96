/* Robust standard errors. In the coordinates z of stats/hat.h, for one output,
 *
 *   M = sum_i c_i z_i'z_i,   V = T M T',   error_j = t_j sqrt(V_jj)
 *
 * with c_i of the kind (gemml_errors). M is a sum over rows a_i = sqrt(c_i) z_i, by syrk. */
#include <math.h>
#include <string.h>

#include "fold/fold.h"
#include "kernel/linalg.h"
#include "stats/hat.h"
#include "stats/influence.h"
#include "stats/residuals.h"
#include "util/alloc.h"

struct robust_job {
    struct hat hat;
    struct residual_source residuals;
    gemml_errors kind;
    size_t output;
};

static size_t state_count(const struct robust_job *job)
{
    return memory_product(job->hat.width, job->hat.width);
}

static void robust_init(const void *context, void *state)
{
    memset(state, 0, state_count(context) * sizeof(double));
}

static void robust_merge(const void *context, void *into, const void *from)
{
    axpy_f64(state_count(context), 1, from, 1, into, 1);
}

/* sqrt(c_i) but for HC1's factor, which is the same for all rows. */
static double row_factor(gemml_errors kind, double w, double e, double h)
{
    double room = 1 - h;
    if (w == 0)
        return 0;
    if (kind < GEMML_ERRORS_HC2)
        return w * e;
    if (room < LEVERAGE_ROOM)
        return NAN;
    return w * e / (kind == GEMML_ERRORS_HC2 ? sqrt(room) : room);
}

static gemml_status robust_add(const void *context, void *M, size_t first, size_t count, void *scratch)
{
    const struct robust_job *job = context;
    size_t width = job->hat.width, stride = job->hat.stride, K = job->residuals.outputs, k = job->output;
    double *Z;
    struct residual_strip strip;
    TRY(hat_rows(&job->hat, first, count, scratch, &Z));
    TRY(residual_strip(&job->residuals, first, count, (char *)scratch + hat_bytes(&job->hat), &strip));
    for (size_t i = 0; i < count; i++) {
        double *z = Z + i * stride, w = strip.w ? strip.w[i] : 1;
        double e = strip.y[i * strip.ldy + k] - strip.prediction[i * K + k];
        double factor = row_factor(job->kind, w, e, w * hat_square(&job->hat, z));
        for (size_t j = 0; j < width; j++)
            z[j] *= factor;
    }
    return syrk_f64(width, count, 1, Z, stride, 1, M, width);
}

/* Enough rows that merging M costs little beside adding to it. */
static size_t block_rows(const struct robust_job *job)
{
    size_t strips = 16 * job->hat.width / PREDICT_ROWS;
    return strips < 8 ? RESIDUAL_BLOCK_ROWS : strips * PREDICT_ROWS;
}

static gemml_status fold_meat(const struct robust_job *job, double *M)
{
    struct accumulator accumulator = {
        .state_bytes = memory_product(state_count(job), sizeof *M),
        .scratch_bytes = memory_sum(hat_bytes(&job->hat), residual_strip_bytes(&job->residuals)),
        .strip_rows = PREDICT_ROWS,
        .init = robust_init,
        .add = robust_add,
        .merge = robust_merge,
    };
    size_t width = job->hat.width;
    TRY(fold(&accumulator, job, 0, job->residuals.x->rows, block_rows(job), M));
    for (size_t i = 0; i < width; i++) {
        if (isinf(M[i * width + i])) /* NaN: a leverage of 1 */
            return residual_explain_nonfinite(&job->residuals);
        for (size_t j = 0; j < i; j++)
            M[i * width + j] = M[j * width + i];
    }
    return GEMML_OK;
}

/* errors of the output, from M: P = T M, V_jj = P_j . T_j. */
static gemml_status store_errors(const struct robust_job *job, const double *M, const double *T, const double *units,
                                 double *P, double factor, double *errors)
{
    size_t width = job->hat.width, rows = job->hat.inverse->inputs + 1, K = job->residuals.outputs;
    TRY(gemm_f64(false, false, rows, width, width, 1, T, width, M, width, 0, P, width));
    for (size_t j = 0; j < rows; j++) {
        double variance = dot_f64(width, P + j * width, 1, T + j * width, 1);
        bool absent = j == 0 && !job->hat.intercept;
        errors[j * K + job->output] = absent ? NAN : factor * units[j] * sqrt(variance < 0 ? 0 : variance);
    }
    return GEMML_OK;
}

gemml_status robust_errors(const struct fitted *fitted, const gemml_dataset *data, gemml_errors kind, double *errors)
{
    const struct summary_record *summary = &fitted->summary;
    struct robust_job job = {
        .hat = hat_make(fitted, data->x), .residuals = residual_source_make(fitted, data), .kind = kind};
    size_t width = job.hat.width, rows = data->x.cols + 1;
    double n = (double)(summary->freedom + summary->rank), *M;
    double factor = kind == GEMML_ERRORS_HC1 ? sqrt(n / (double)summary->freedom) : 1;
    TRY(memory_alloc(&M, memory_sum(memory_product(width, width), memory_product(rows, memory_product(2, width) + 1)),
                     sizeof *M));
    double *T = M + width * width, *P = T + rows * width, *units = P + rows * width;
    gemml_status status = hat_coefficient_root(&job.hat, T, units);
    for (; job.output < job.residuals.outputs && status == GEMML_OK; job.output++) {
        status = fold_meat(&job, M);
        if (status == GEMML_OK)
            status = store_errors(&job, M, T, units, P, factor, errors);
    }
    memory_free(M);
    return status;
}

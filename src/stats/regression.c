#include "stats/regression.h"

#include <math.h>
#include <string.h>

#include "fold/fold.h"
#include "stats/residuals.h"

enum { SUMS = 5 };

struct sums_job {
    struct residual_source residuals;
    const double *origin; /* of y: the first row that counts */
    size_t outputs;
};

/* State: sum w, then for each output sums of w e^2, w |e|, w d, w d^2, w y^2, with d = y - origin. */
static void sums_init(const void *context, void *state)
{
    const struct sums_job *job = context;
    memset(state, 0, (1 + SUMS * job->outputs) * sizeof(double));
}

static void add_row(const struct sums_job *job, double *sums, const double *y, const double *prediction, double w)
{
    for (size_t k = 0; k < job->outputs; k++, sums += SUMS) {
        double e = y[k] - prediction[k], d = y[k] - job->origin[k];
        sums[0] += w * (e * e);
        sums[1] += w * fabs(e);
        sums[2] += w * d;
        sums[3] += w * (d * d);
        sums[4] += w * (y[k] * y[k]);
    }
}

static gemml_status sums_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct sums_job *job = context;
    double *sums = state;
    struct residual_strip strip;
    TRY(residual_strip(&job->residuals, first, count, scratch, &strip));
    for (size_t i = 0; i < count; i++) {
        double w = strip.w ? strip.w[i] : 1;
        sums[0] += w;
        add_row(job, sums + 1, strip.y + i * strip.ldy, strip.prediction + i * job->outputs, w);
    }
    return GEMML_OK;
}

static void sums_merge(const void *context, void *into_memory, const void *from_memory)
{
    const struct sums_job *job = context;
    double *into = into_memory;
    const double *from = from_memory;
    for (size_t i = 0; i < 1 + SUMS * job->outputs; i++)
        into[i] += from[i];
}

static void finish(struct residual_sums *sums, const double *state)
{
    double W = sums->sum_weight = state[0];
    for (size_t k = 0; k < sums->outputs; k++) {
        const double *sum = state + 1 + SUMS * k;
        double tss = sum[3] - sum[2] * (sum[2] / W); /* in this order: weights may be of any size */
        sums->rss[k] = sum[0];
        sums->absolute[k] = sum[1];
        sums->tss[k] = tss > 0 ? tss : 0;
        sums->tss_zero[k] = sum[4];
    }
}

static bool all_finite(size_t count, const double *x)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i]))
            return false;
    return true;
}

static gemml_status fold_sums(struct residual_sums *sums, const struct sums_job *job, double *state)
{
    struct accumulator accumulator = {
        .state_bytes = memory_product(1 + SUMS * job->outputs, sizeof(double)),
        .scratch_bytes = residual_strip_bytes(&job->residuals),
        .strip_rows = PREDICT_ROWS,
        .init = sums_init,
        .add = sums_add,
        .merge = sums_merge,
    };
    TRY(fold(&accumulator, job, 0, job->residuals.x->rows, RESIDUAL_BLOCK_ROWS, state));
    if (!all_finite(1 + SUMS * job->outputs, state))
        return residual_explain_nonfinite(&job->residuals);
    finish(sums, state);
    return GEMML_OK;
}

/* One row without weight may hold anything; the weights are not all zero. */
static gemml_status first_row_that_counts(const struct source *source, void *scratch, struct block *row)
{
    for (size_t i = 0; i < source->rows; i++) {
        TRY(source->block(source, i, 1, scratch, row));
        if (!row->w || row->w[0] > 0)
            break;
    }
    return GEMML_OK;
}

static gemml_status fold_with_origin(struct residual_sums *sums, struct sums_job *job, double *memory)
{
    struct block first;
    void *scratch;
    const struct source *targets = &job->residuals.targets.source;
    TRY(memory_alloc(&scratch, targets->scratch(targets, 1), 1));
    gemml_status status = first_row_that_counts(targets, scratch, &first);
    if (status == GEMML_OK)
        memcpy(memory, first.X, job->outputs * sizeof *memory);
    memory_free(scratch);
    job->origin = memory;
    return status == GEMML_OK ? fold_sums(sums, job, memory + job->outputs) : status;
}

gemml_status residual_sums_fold(struct residual_sums *sums, const struct fitted *fitted, const gemml_dataset *data)
{
    size_t K = data->y.cols;
    struct sums_job job = {.residuals = residual_source_make(fitted, data), .outputs = K};
    double *memory;
    *sums = (struct residual_sums){.outputs = K};
    TRY(memory_alloc(&sums->rss, memory_product(4, K), sizeof *sums->rss));
    sums->absolute = sums->rss + K;
    sums->tss = sums->absolute + K;
    sums->tss_zero = sums->tss + K;
    gemml_status status = memory_alloc(&memory, memory_sum(1, memory_product(SUMS + 1, K)), sizeof *memory);
    if (status == GEMML_OK) {
        status = fold_with_origin(sums, &job, memory);
        memory_free(memory);
    }
    if (status != GEMML_OK)
        residual_sums_free(sums);
    return status;
}

void residual_sums_free(struct residual_sums *sums)
{
    memory_free(sums->rss);
    *sums = (struct residual_sums){0};
}

void regression_statistics(struct summary_record *summary, size_t output, double rss, double tss, size_t rows,
                           size_t rank, bool intercept)
{
    summary->freedom = rows > rank ? rows - rank : 0;
    double freedom = (double)summary->freedom;
    double r2 = tss > 0 ? 1 - rss / tss : NAN;
    summary->r2[output] = r2;
    summary->adjusted_r2[output] = freedom > 0 ? 1 - (1 - r2) * ((double)rows - (intercept ? 1 : 0)) / freedom : NAN;
    summary->sigma[output] = freedom > 0 ? sqrt(rss / freedom) : NAN;
}

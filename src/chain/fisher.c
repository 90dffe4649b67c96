#include "chain/fisher.h"

#include <math.h>
#include <string.h>

#include "chain/pass.h"
#include "fold/fold.h"
#include "kernel/dispatch.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"

enum {
    STRIP = 248, /* rows whose panels stay in a core's cache; not a power of 2, by which columns would meet there */
    TURNED = 24, /* up to here panels are turned: see fold/panel.h */
};

struct fisher_job {
    const struct chain *chain;
    const double *theta;
    const struct source *source;
    size_t K, q, order;
};

/* Scratch of a strip. */
struct strip {
    struct pass pass;
    double *X;      /* rows x q: x~; turned: q x rows */
    double *scaled; /* x~ times a number for each row, likewise */
    double *d;      /* rows */
    void *source;
};

size_t fisher_order(const struct chain *chain)
{
    const struct layer *layer = &chain->layer[0];
    return memory_product(layer->outputs, layer->inputs + (layer->bias ? 1 : 0));
}

static size_t panel_bytes(const struct fisher_job *job)
{
    return memory_round(memory_product(memory_product(STRIP, job->q), sizeof(double)));
}

static size_t scratch_bytes(const struct fisher_job *job)
{
    size_t own = memory_sum(memory_product(2, panel_bytes(job)), memory_round(STRIP * sizeof(double)));
    return memory_sum(memory_sum(own, pass_bytes_f64(job->chain, STRIP, false)),
                      job->source->scratch(job->source, STRIP));
}

static struct strip lay_out(const struct fisher_job *job, void *scratch)
{
    char *free = scratch;
    struct strip strip = {.X = scratch};
    strip.scaled = (double *)(void *)(free += panel_bytes(job));
    strip.d = (double *)(void *)(free += panel_bytes(job));
    strip.pass = pass_layout_f64(job->chain, STRIP, false, free += memory_round(STRIP * sizeof(double)));
    strip.source = free + pass_bytes_f64(job->chain, STRIP, false);
    return strip;
}

static void fisher_init(const void *context, void *state)
{
    const struct fisher_job *job = context;
    memset(state, 0, job->order * job->order * sizeof(double));
}

static void fisher_merge(const void *context, void *into, const void *from)
{
    const struct fisher_job *job = context;
    axpy_f64(job->order * job->order, 1, from, 1, into, 1);
}

static bool is_turned(const struct fisher_job *job)
{
    return job->q <= TURNED;
}

static gemml_status turn_inputs(const struct fisher_job *job, const struct block *block, double *X)
{
    size_t p = chain_inputs(job->chain), rows = block->rows;
    for (size_t i = 0; p < job->q && i < rows; i++)
        X[p * rows + i] = 1;
    return transpose_f64(rows, p, block->X, block->ldx, X, rows);
}

static gemml_status copy_inputs(const struct fisher_job *job, const struct block *block, double *X)
{
    size_t p = chain_inputs(job->chain);
    for (size_t i = 0; i < block->rows; i++) {
        memcpy(X + i * job->q, block->X + i * block->ldx, p * sizeof *X);
        if (job->q > p)
            X[i * job->q + p] = 1;
    }
    return GEMML_OK;
}

static double weight_of(const struct block *block, size_t i)
{
    return block->w ? block->w[i] : 1;
}

/* d_i = w_i p (1 - p), with the smaller of p and 1 - p from -|z|, which keeps its digits. */
static void binary_weights(const struct block *block, double *z, double *d)
{
    for (size_t i = 0; i < block->rows; i++)
        z[i] = -fabs(z[i]);
    vector_sigmoid_f64(block->rows, z, d);
    for (size_t i = 0; i < block->rows; i++)
        d[i] *= weight_of(block, i) * (1 - d[i]);
}

/* d_i = w_i p_k sum_{l != k} p_l, or -w_i p_k p_l. */
static void softmax_weights(const struct block *block, size_t K, size_t k, size_t l, const double *P, double *d)
{
    for (size_t i = 0; i < block->rows; i++) {
        const double *p = P + i * K;
        double other = 0;
        for (size_t j = 0; k == l && j < K; j++)
            other += j == k ? 0 : p[j];
        d[i] = weight_of(block, i) * p[k] * (k == l ? other : -p[l]);
    }
}

static void scale_rows(const struct fisher_job *job, const struct strip *strip, size_t rows)
{
    for (size_t i = 0; i < rows; i++) {
        const double *x = strip->X + i * job->q;
        double *to = strip->scaled + i * job->q;
        for (size_t j = 0; j < job->q; j++)
            to[j] = strip->d[i] * x[j];
    }
}

DISPATCHED static void multiply_columns(size_t rows, size_t q, const double *restrict d, const double *restrict X,
                                        double *restrict to)
{
    for (size_t j = 0; j < q; j++)
        for (size_t i = 0; i < rows; i++)
            to[j * rows + i] = d[i] * X[j * rows + i];
}

static void scale_turned(const struct fisher_job *job, const struct strip *strip, size_t rows)
{
    multiply_columns(rows, job->q, strip->d, strip->X, strip->scaled);
}

/* Block k, l of H += X~' diag(d) X~. */
static gemml_status add_product(const struct fisher_job *job, const struct strip *strip, size_t rows, size_t k,
                                size_t l, double *H)
{
    double *target = H + k * job->q * job->order + l * job->q;
    bool turned = is_turned(job);
    for (size_t i = 0; k == l && i < rows; i++)
        strip->d[i] = sqrt(strip->d[i]);
    (turned ? scale_turned : scale_rows)(job, strip, rows);
    if (k == l && turned)
        return syrk_turned_f64(job->q, rows, strip->scaled, rows, target, job->order);
    if (k == l)
        return syrk_f64(job->q, rows, 1, strip->scaled, job->q, 1, target, job->order);
    if (turned)
        return gemm_f64(false, true, job->q, job->q, rows, 1, strip->X, rows, strip->scaled, rows, 1, target,
                        job->order);
    return gemm_f64(true, false, job->q, job->q, rows, 1, strip->X, job->q, strip->scaled, job->q, 1, target,
                    job->order);
}

static gemml_status add_strip(const struct fisher_job *job, double *H, size_t first, size_t count, void *scratch)
{
    struct strip strip = lay_out(job, scratch);
    struct block block;
    TRY(job->source->block(job->source, first, count, strip.source, &block));
    TRY((is_turned(job) ? turn_inputs : copy_inputs)(job, &block, strip.X));
    if (job->K == 1) {
        TRY(pass_decision_f64(&strip.pass, job->theta, count, block.X, block.ldx));
        binary_weights(&block, strip.pass.Z[0], strip.d);
        return add_product(job, &strip, count, 0, 0, H);
    }
    TRY(pass_forward_f64(&strip.pass, job->theta, count, block.X, block.ldx));
    for (size_t k = 0; k < job->K; k++)
        for (size_t l = k; l < job->K; l++) {
            softmax_weights(&block, job->K, k, l, strip.pass.A[0], strip.d);
            TRY(add_product(job, &strip, count, k, l, H));
        }
    return GEMML_OK;
}

static gemml_status fisher_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    for (size_t done = 0; done < count; done += STRIP)
        TRY(add_strip(context, state, first + done, count - done < STRIP ? count - done : STRIP, scratch));
    return GEMML_OK;
}

/* Rows enough that merging H costs little beside adding to it. */
static size_t block_rows(size_t order)
{
    size_t rows = 16 * order;
    return rows < 1024 ? 1024 : (rows + STRIP - 1) / STRIP * STRIP;
}

gemml_status fisher_fold(double *H, const struct chain *chain, const double *theta, const struct source *source)
{
    struct fisher_job job = {chain, theta, source, chain_outputs(chain), 0, fisher_order(chain)};
    job.q = job.order / job.K;
    struct accumulator accumulator = {
        .state_bytes = memory_product(memory_product(job.order, job.order), sizeof(double)),
        .scratch_bytes = scratch_bytes(&job),
        .init = fisher_init,
        .add = fisher_add,
        .merge = fisher_merge,
    };
    return fold(&accumulator, &job, 0, source->rows, block_rows(job.order), H);
}

/* A strip of STRIP rows is transposed, so that column j is X[j] of STRIP numbers;
 * the residuals of the strip are then formed column by column, and the components
 * of g as dot products of STRIP terms in LANES running sums. Both loops run over
 * rows, which are independent, and so are vectorised. The strip is padded by rows
 * of weight zero. */
#include "fold/gradient.h"

#include <string.h>

#include "fold/fold.h"
#include "kernel/dispatch.h"
#include "util/alloc.h"

enum { STRIP = 64, LANES = 8, BLOCK_ROWS = 1024 };

struct gradient_job {
    const struct source *source;
    size_t output;
    const double *scale_x;
    double scale_y;
    struct doubled alpha;
    const struct doubled *v;
};

/* State: rss, g_0, g_1 .. g_p. */
static size_t state_count(const struct gradient_job *job)
{
    return 2 + job->source->features;
}

static void gradient_init(const void *context, void *state)
{
    memset(state, 0, state_count(context) * sizeof(struct doubled));
}

static void gradient_merge(const void *context, void *into_memory, const void *from_memory)
{
    struct doubled *into = into_memory;
    const struct doubled *from = from_memory;
    for (size_t j = 0; j < state_count(context); j++)
        into[j] = doubled_add(into[j], from[j]);
}

/* r -= x v, for a column x of the strip. */
DISPATCHED
static void subtract_column(const double *restrict x, double v_hi, double v_lo, double *restrict r_hi,
                            double *restrict r_lo)
{
    for (size_t i = 0; i < STRIP; i++) {
        struct doubled p = two_product(x[i], v_hi);
        struct doubled s = two_sum(r_hi[i], -p.hi);
        r_hi[i] = s.hi;
        r_lo[i] += s.lo - (p.lo + x[i] * v_lo);
    }
}

/* r -= x v for the low parts x of a column: below the last bit of the high one. */
DISPATCHED
static void subtract_low(const double *restrict x, double v, double *restrict r_lo)
{
    for (size_t i = 0; i < STRIP; i++)
        r_lo[i] -= x[i] * v;
}

/* The LANES running sums of x_i q_i. */
DISPATCHED
static void multiply_column(const double *restrict x, const double *restrict q_hi, const double *restrict q_lo,
                            double *restrict sum_hi, double *restrict sum_lo)
{
    double hi[LANES] = {0}, lo[LANES] = {0};
    for (size_t i = 0; i < STRIP; i += LANES)
        for (size_t l = 0; l < LANES; l++) {
            struct doubled p = two_product(x[i + l], q_hi[i + l]);
            struct doubled s = two_sum(hi[l], p.hi);
            hi[l] = s.hi;
            lo[l] += s.lo + (p.lo + x[i + l] * q_lo[i + l]);
        }
    memcpy(sum_hi, hi, sizeof hi);
    memcpy(sum_lo, lo, sizeof lo);
}

/* sum x_i q_i for low parts x. */
DISPATCHED
static double multiply_low(const double *restrict x, const double *restrict q)
{
    double lanes[LANES] = {0}, sum = 0;
    for (size_t i = 0; i < STRIP; i += LANES)
        for (size_t l = 0; l < LANES; l++)
            lanes[l] += x[i + l] * q[i + l];
    for (size_t l = 0; l < LANES; l++)
        sum += lanes[l];
    return sum;
}

static struct doubled multiply(const double *x, const double *q_hi, const double *q_lo)
{
    double hi[LANES], lo[LANES];
    struct doubled sum = {0, 0};
    multiply_column(x, q_hi, q_lo, hi, lo);
    for (size_t l = 0; l < LANES; l++)
        sum = doubled_add(sum, quick_two_sum(hi[l], lo[l]));
    return sum;
}

/* X[j][i] = x_ij s_j for `rows` rows from x on, zero behind them. */
static void transpose(const struct gradient_job *job, const double *x, size_t ldx, size_t rows, double *X)
{
    size_t p = job->source->features;
    for (size_t i = 0; i < rows; i++, x += ldx)
        for (size_t j = 0; j < p; j++)
            X[j * STRIP + i] = x[j] * job->scale_x[j];
    for (size_t j = 0; j < p && rows < STRIP; j++)
        memset(X + j * STRIP + rows, 0, (STRIP - rows) * sizeof *X);
}

struct strip {
    double r_hi[STRIP], r_lo[STRIP]; /* residuals */
    double q_hi[STRIP], q_lo[STRIP]; /* weighted residuals */
    double ones[STRIP];
};

static void residuals(const struct gradient_job *job, const struct block *block, size_t first, size_t rows,
                      const double *X, const double *X_low, struct strip *strip)
{
    for (size_t i = 0; i < STRIP; i++) {
        double y = i < rows ? block->Y[(first + i) * block->ldy + job->output] * job->scale_y : 0;
        struct doubled r = doubled_add(doubled_of(y), doubled_negative(job->alpha));
        strip->r_hi[i] = r.hi;
        strip->r_lo[i] = r.lo;
    }
    for (size_t j = 0; j < job->source->features; j++) {
        subtract_column(X + j * STRIP, job->v[j].hi, job->v[j].lo, strip->r_hi, strip->r_lo);
        if (X_low)
            subtract_low(X_low + j * STRIP, job->v[j].hi, strip->r_lo);
    }
    for (size_t i = 0; i < STRIP; i++) {
        struct doubled r = quick_two_sum(strip->r_hi[i], strip->r_lo[i]);
        double w = i >= rows ? 0 : block->w ? block->w[first + i] : 1;
        struct doubled q = doubled_scale(r, w);
        strip->r_hi[i] = i < rows ? r.hi : 0;
        strip->r_lo[i] = i < rows ? r.lo : 0;
        strip->q_hi[i] = q.hi;
        strip->q_lo[i] = q.lo;
        strip->ones[i] = 1;
    }
}

static gemml_status gradient_add(const void *context, void *state_memory, size_t first, size_t count, void *scratch)
{
    const struct gradient_job *job = context;
    struct doubled *state = state_memory;
    size_t p = job->source->features;
    struct strip *strip = scratch;
    double *X = (double *)(void *)((char *)scratch + memory_round(sizeof *strip)), *X_low = X + p * STRIP;
    struct block block;
    TRY(job->source->block(job->source, first, count, X_low + p * STRIP, &block));
    if (!block.X_low)
        X_low = NULL;
    for (size_t done = 0; done < count; done += STRIP) {
        size_t rows = count - done < STRIP ? count - done : STRIP;
        transpose(job, block.X + done * block.ldx, block.ldx, rows, X);
        if (X_low)
            transpose(job, block.X_low + done * block.ldx_low, block.ldx_low, rows, X_low);
        residuals(job, &block, done, rows, X, X_low, strip);
        struct doubled rss = multiply(strip->r_hi, strip->q_hi, strip->q_lo);
        struct doubled low = multiply(strip->r_lo, strip->q_hi, strip->q_lo);
        state[0] = doubled_add(state[0], doubled_add(rss, low));
        state[1] = doubled_add(state[1], multiply(strip->ones, strip->q_hi, strip->q_lo));
        for (size_t j = 0; j < p; j++) {
            struct doubled sum = multiply(X + j * STRIP, strip->q_hi, strip->q_lo);
            if (X_low)
                sum = doubled_add(sum, doubled_of(multiply_low(X_low + j * STRIP, strip->q_hi)));
            state[2 + j] = doubled_add(state[2 + j], sum);
        }
    }
    return GEMML_OK;
}

gemml_status gradient_fold(struct gradient *gradient, const struct source *source, size_t output, const double *scale_x,
                           double scale_y, struct doubled alpha, const struct doubled *v)
{
    struct gradient_job job = {source, output, scale_x, scale_y, alpha, v};
    size_t strip_bytes = memory_sum(memory_round(sizeof(struct strip)),
                                    memory_product(memory_product(source->features, 2 * STRIP), sizeof(double)));
    struct accumulator accumulator = {
        .state_bytes = memory_product(state_count(&job), sizeof(struct doubled)),
        .scratch_bytes = memory_sum(strip_bytes, source->scratch(source, BLOCK_ROWS)),
        .init = gradient_init,
        .add = gradient_add,
        .merge = gradient_merge,
    };
    struct doubled *state;
    TRY(memory_alloc(&state, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, &job, 0, source->rows, BLOCK_ROWS, state);
    if (status == GEMML_OK) {
        gradient->rss = state[0];
        gradient->g0 = state[1];
        memcpy(gradient->g, state + 2, source->features * sizeof *gradient->g);
    }
    memory_free(state);
    return status;
}

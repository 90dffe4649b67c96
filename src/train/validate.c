/* One fold over the rows with a forward pass. With z_ik the last Z (of squared error: A), w_i the weights,
 * and m_k the weighted mean of y_ik:
 *
 *   loss     = sum_i w_i loss_i / sum_i w_i
 *   accuracy = sum_i w_i [class of z_i = y_i] / sum_i w_i
 *   r2       = mean_k (1 - rss_k / tss_k),
 *              rss_k = sum_i w_i (y_ik - z_ik)^2,  tss_k = sum_i w_i (y_ik - m_k)^2
 *
 * tss by the update of Chan, Golub and LeVeque (1983), row by row and merged. */
#include "train/validate.h"

#include <math.h>
#include <string.h>

#include "chain/losses.h"
#include "chain/pass.h"
#include "fold/fold.h"

/* Rows of a pass, and of a block. */
enum { STRIP = 256, BLOCK = 4 * STRIP };

struct job {
    const struct chain *chain;
    const real *theta;
    const struct source *source;
    enum score score;
};

/* Of one output. */
struct deviations {
    double mean, tss, rss;
};

/* The state: this head, then, for r2, the deviations of each output. */
struct sums {
    struct losses losses;
    double weight, hits;
    struct deviations output[];
};

static size_t sums_bytes(const struct job *job)
{
    size_t outputs = job->score == SCORE_R2 ? chain_outputs(job->chain) : 0;
    return memory_sum(sizeof(struct sums), memory_product(outputs, sizeof(struct deviations)));
}

static void sums_init(const void *job, void *state)
{
    memset(state, 0, sums_bytes(job));
}

/* The class that a row of K decision values stands for. */
static size_t predicted_class(const real *z, size_t K)
{
    size_t largest = 0;
    if (K == 1)
        return z[0] > 0;
    for (size_t k = 1; k < K; k++)
        if (z[k] > z[largest])
            largest = k;
    return largest;
}

/* `weight` is that of the rows before; this one's is w. */
static void add_deviation(struct deviations *sums, double weight, double w, double y, double z)
{
    double distance = y - sums->mean;
    sums->mean += distance * w / (weight + w);
    sums->tss += w * distance * (y - sums->mean);
    sums->rss += w * (y - z) * (y - z);
}

static void add_row(const struct job *job, struct sums *sums, double w, const real *y, const real *z)
{
    size_t K = chain_outputs(job->chain);
    if (w == 0)
        return;
    if (job->score == SCORE_ACCURACY)
        sums->hits += predicted_class(z, K) == (size_t)y[0] ? w : 0;
    for (size_t k = 0; job->score == SCORE_R2 && k < K; k++)
        add_deviation(&sums->output[k], sums->weight, w, (double)y[k], (double)z[k]);
    sums->weight += w;
}

static gemml_status add_strip(const struct job *job, struct sums *sums, size_t first, size_t count, void *scratch)
{
    const struct chain *chain = job->chain;
    struct pass pass = R(pass_layout)(chain, STRIP, false, scratch);
    struct block block;
    TRY(job->source->block(job->source, first, count, (char *)scratch + R(pass_bytes)(chain, STRIP, false), &block));
    TRY(R(pass_decision)(&pass, job->theta, count, block.X, block.ldx));
    real *Z = R(pass_scored)(&pass, count);
    for (size_t i = 0; i < count; i++)
        add_row(job, sums, block.w ? (double)block.w[i] : 1, block.Y + i * block.ldy, Z + i * chain_outputs(chain));
    R(losses_add)(&sums->losses, chain, &block, Z, NULL, &pass.ahead);
    if (!R(block_finite)(&block, job->source->features)) /* a tanh would hide it */
        sums->losses.loss = (double)NAN;
    return GEMML_OK;
}

static gemml_status sums_add(const void *job, void *state, size_t first, size_t count, void *scratch)
{
    for (size_t done = 0; done < count; done += STRIP)
        TRY(add_strip(job, state, first + done, count - done < STRIP ? count - done : STRIP, scratch));
    return GEMML_OK;
}

static void sums_merge(const void *context, void *into_state, const void *from_state)
{
    const struct job *job = context;
    struct sums *into = into_state;
    const struct sums *from = from_state;
    double weight = into->weight + from->weight;
    size_t outputs = job->score == SCORE_R2 ? chain_outputs(job->chain) : 0;
    for (size_t k = 0; weight > 0 && k < outputs; k++) {
        struct deviations *a = &into->output[k];
        const struct deviations *b = &from->output[k];
        double distance = b->mean - a->mean;
        a->mean += distance * from->weight / weight;
        a->tss += b->tss + distance * distance * into->weight * from->weight / weight;
        a->rss += b->rss;
    }
    into->losses.loss += from->losses.loss;
    into->losses.sum_weight += from->losses.sum_weight;
    into->hits += from->hits;
    into->weight = weight;
}

static double score_of(const struct sums *sums, enum score score, size_t K)
{
    double r2 = 0;
    if (score == SCORE_NONE)
        return (double)NAN;
    if (score == SCORE_ACCURACY)
        return sums->hits / sums->weight;
    for (size_t k = 0; k < K; k++)
        r2 += 1 - sums->output[k].rss / sums->output[k].tss;
    return r2 / (double)K;
}

gemml_status R(validate)(struct validation *validation, const struct chain *chain, const real *theta,
                         const struct source *source, enum score score)
{
    struct job job = {chain, theta, source, score};
    struct accumulator accumulator = {
        .state_bytes = sums_bytes(&job),
        .scratch_bytes = memory_sum(R(pass_bytes)(chain, STRIP, false), source->scratch(source, STRIP)),
        .init = sums_init,
        .add = sums_add,
        .merge = sums_merge,
    };
    struct sums *sums;
    TRY(memory_alloc(&sums, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, &job, 0, source->rows, BLOCK, sums);
    if (status == GEMML_OK) {
        validation->loss = sums->losses.loss / sums->losses.sum_weight;
        validation->score = score_of(sums, score, chain_outputs(chain));
    }
    memory_free(sums);
    return status;
}

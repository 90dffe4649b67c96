/* A fold over the rows with a forward pass. With predictions a_ik (the last A), w_i
 * the weights, and m_k the weighted mean of y_ik:
 *
 *   accuracy = sum_i w_i [class of a_i = class of y_i] / sum_i w_i
 *   r2       = mean_k (1 - rss_k / tss_k),
 *              rss_k = sum_i w_i (y_ik - a_ik)^2,  tss_k = sum_i w_i (y_ik - m_k)^2
 *
 * tss by the update of Chan, Golub and LeVeque (1983), row by row and merged. */
#include "train/validate.h"

#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "chain/pass.h"
#include "fold/fold.h"

/* Rows of a pass, and of a block. */
enum { STRIP = 256, BLOCK = 4 * STRIP };

struct score_job {
    const struct chain *chain;
    const real *theta;
    const struct source *source;
    enum score score;
};

/* Of one output. */
struct deviations {
    double mean, tss, rss;
};

/* The state: this head, then the deviations of each output. */
struct sums {
    double weight, hits;
    struct deviations output[];
};

static void sums_init(const void *context, void *state)
{
    const struct score_job *job = context;
    memset(state, 0, sizeof(struct sums) + chain_outputs(job->chain) * sizeof(struct deviations));
}

/* The class that a row of probabilities, of a one-hot code, or of one index stands for. */
static size_t largest_of(const real *row, size_t K)
{
    size_t largest = 0;
    for (size_t k = 1; k < K; k++)
        if (row[k] > row[largest])
            largest = k;
    return largest;
}

static size_t true_class(const real *y, size_t columns)
{
    return columns == 1 ? (size_t)y[0] : largest_of(y, columns);
}

static size_t predicted_class(const real *a, size_t K)
{
    return K == 1 ? (a[0] > REAL_C(0.5)) : largest_of(a, K);
}

/* `weight` is that of the rows before; this one's is w. */
static void add_deviation(struct deviations *sums, double weight, double w, double y, double a)
{
    double distance = y - sums->mean;
    sums->mean += distance * w / (weight + w);
    sums->tss += w * distance * (y - sums->mean);
    sums->rss += w * (y - a) * (y - a);
}

static void add_row(const struct score_job *job, struct sums *sums, double w, const real *y, const real *a)
{
    size_t K = chain_outputs(job->chain);
    if (w == 0)
        return;
    if (job->score == SCORE_ACCURACY)
        sums->hits += predicted_class(a, K) == true_class(y, job->source->outputs) ? w : 0;
    for (size_t k = 0; job->score == SCORE_R2 && k < K; k++)
        add_deviation(&sums->output[k], sums->weight, w, (double)y[k], (double)a[k]);
    sums->weight += w;
}

static gemml_status add_strip(const struct score_job *job, struct sums *sums, size_t first, size_t count, void *scratch)
{
    const struct chain *chain = job->chain;
    struct pass pass = R(pass_layout)(chain, STRIP, false, scratch);
    struct block block;
    TRY(job->source->block(job->source, first, count, (char *)scratch + R(pass_bytes)(chain, STRIP, false), &block));
    TRY(R(pass_forward)(&pass, job->theta, count, block.X, block.ldx));
    const real *A = pass.A[chain->layers - 1];
    for (size_t i = 0; i < count; i++)
        add_row(job, sums, block.w ? (double)block.w[i] : 1, block.Y + i * block.ldy, A + i * chain_outputs(chain));
    return GEMML_OK;
}

static gemml_status sums_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    for (size_t done = 0; done < count; done += STRIP)
        TRY(add_strip(context, state, first + done, count - done < STRIP ? count - done : STRIP, scratch));
    return GEMML_OK;
}

static void sums_merge(const void *context, void *into_state, const void *from_state)
{
    const struct score_job *job = context;
    struct sums *into = into_state;
    const struct sums *from = from_state;
    double weight = into->weight + from->weight;
    for (size_t k = 0; weight > 0 && k < chain_outputs(job->chain); k++) {
        struct deviations *a = &into->output[k];
        const struct deviations *b = &from->output[k];
        double distance = b->mean - a->mean;
        a->mean += distance * from->weight / weight;
        a->tss += b->tss + distance * distance * into->weight * from->weight / weight;
        a->rss += b->rss;
    }
    into->hits += from->hits;
    into->weight = weight;
}

static double score_of(const struct sums *sums, enum score score, size_t K)
{
    double r2 = 0;
    if (score == SCORE_ACCURACY)
        return sums->hits / sums->weight;
    for (size_t k = 0; k < K; k++)
        r2 += 1 - sums->output[k].rss / sums->output[k].tss;
    return r2 / (double)K;
}

static gemml_status measure_score(const struct score_job *job, double *score)
{
    size_t K = chain_outputs(job->chain);
    struct accumulator accumulator = {
        .state_bytes = memory_sum(sizeof(struct sums), memory_product(K, sizeof(struct deviations))),
        .scratch_bytes = memory_sum(R(pass_bytes)(job->chain, STRIP, false), job->source->scratch(job->source, STRIP)),
        .init = sums_init,
        .add = sums_add,
        .merge = sums_merge,
    };
    struct sums *sums;
    TRY(memory_alloc(&sums, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, job, 0, job->source->rows, BLOCK, sums);
    if (status == GEMML_OK)
        *score = score_of(sums, job->score, K);
    memory_free(sums);
    return status;
}

gemml_status R(validate)(struct validation *validation, const struct chain *chain, const real *theta,
                         const struct source *source, enum score score)
{
    struct score_job job = {chain, theta, source, score};
    struct objective objective;
    validation->score = (double)NAN;
    TRY(R(objective_fold)(&objective, chain, theta, source, 0, source->rows, NULL));
    validation->loss = objective.loss;
    return score == SCORE_NONE ? GEMML_OK : measure_score(&job, &validation->score);
}

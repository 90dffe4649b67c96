/* A training run on a linear chain, and the same by plain loops. */
#ifndef GEMML_TESTS_TRAIN_RUN_H
#define GEMML_TESTS_TRAIN_RUN_H

#include <math.h>

#include "chain/network.h"
#include "fold/padded.h"
#include "train/trainer.h"
#include "util/alloc.h"
#include "util/clock.h"

struct run {
    struct chain chain;
    struct padded x, y, weight;
    struct view_source source;
    struct training training;
    struct fit_record record;
    real *theta;        /* the trainer's */
    long double *plain; /* the plain loops' */
    size_t parameters;
};

static const gemml_view run_no_view = GEMML_EMPTY_VIEW;

/* n rows, p features, K outputs; theta starts at random numbers. */
static inline struct run run_make(size_t n, size_t p, size_t K, bool weighted, uint64_t *random)
{
    const enum activation identity = ACTIVATION_IDENTITY;
    const bool bias = true;
    struct run run = {.chain = network_chain(1, (const size_t[]){p, K}, &identity, &bias)};
    run.parameters = run.chain.parameters;
    run.x = padded_make(REAL_DTYPE, n, p, 2, 0.25, 1, random);
    run.y = padded_make(REAL_DTYPE, n, K, 1, 1, 2, random);
    run.weight = padded_weights(REAL_DTYPE, n, 1, random);
    run.theta = network_parameters(&run.chain, &run.plain, random);
    run.source = R(view_source)(run.x.view, run.y.view, weighted ? run.weight.view : run_no_view);
    run.training = (struct training){.epochs = 1,
                                     .iterations = SIZE_MAX,
                                     .batch = n,
                                     .patience = 1,
                                     .tolerance = (double)NAN,
                                     .rate = 0.125,
                                     .time_budget = (double)NAN};
    for (size_t i = 0; i < n; i++)
        run.training.sum_weight += weighted ? (double)padded_at(&run.weight, i, 0) : 1;
    return run;
}

static inline void run_free(struct run *run)
{
    chain_free(&run->chain);
    padded_free(&run->x);
    padded_free(&run->y);
    padded_free(&run->weight);
    free(run->theta);
    free(run->plain);
    fit_record_free(&run->record);
}

/* Trains from where theta stands, into a fresh record. */
static inline gemml_status run_train(struct run *run)
{
    struct trainer trainer;
    fit_record_free(&run->record);
    run->record = (struct fit_record){0};
    run->training.started = run->training.started != 0 ? run->training.started : clock_seconds();
    gemml_status status =
        R(trainer_create)(&trainer, &run->chain, run->theta, &run->source, &run->training, &run->record);
    if (status != GEMML_OK)
        return status;
    status = R(trainer_run)(&trainer);
    R(trainer_free)(&trainer);
    return status;
}

static inline long double run_weight(const struct run *run, size_t i)
{
    return run->source.weight.data ? padded_at(&run->weight, i, 0) : 1;
}

/* sum w loss over the given rows, and g = sum w dloss/dtheta (NULL: not wanted). */
static inline long double plain_sums(const struct run *run, const long double *theta, const size_t *rows, size_t count,
                                     long double *g, long double *sum_weight)
{
    size_t p = run->x.view.cols, K = run->y.view.cols;
    long double loss = 0;
    *sum_weight = 0;
    for (size_t i = 0; g && i < run->parameters; i++)
        g[i] = 0;
    for (size_t r = 0; r < count; r++) {
        size_t i = rows ? rows[r] : r;
        long double w = run_weight(run, i);
        *sum_weight += w;
        for (size_t k = 0; k < K; k++) {
            long double e = theta[p * K + k] - padded_at(&run->y, i, k);
            for (size_t j = 0; j < p; j++)
                e += padded_at(&run->x, i, j) * theta[j * K + k];
            loss += w / 2 * e * e;
            for (size_t j = 0; g && j < p; j++)
                g[j * K + k] += w * e * padded_at(&run->x, i, j);
            if (g)
                g[p * K + k] += w * e;
        }
    }
    return loss;
}

/* One step on the given rows: theta -= rate (g / sum w + lambda / sum w W). Gives
 * sum w loss before it. */
static inline long double plain_step(struct run *run, const size_t *rows, size_t count)
{
    const struct training *training = &run->training;
    long double *g = malloc(run->parameters * sizeof *g), W;
    long double loss = plain_sums(run, run->plain, rows, count, g, &W);
    size_t weights = run->x.view.cols * run->y.view.cols;
    for (size_t i = 0; i < run->parameters; i++) {
        long double step = W > 0 ? g[i] / W : 0;
        if (i < weights)
            step += (long double)training->lambda / (long double)training->sum_weight * run->plain[i];
        run->plain[i] -= (long double)training->rate * step;
    }
    free(g);
    return loss;
}

/* F at theta. */
static inline long double plain_objective(const struct run *run, const long double *theta)
{
    long double W, F = plain_sums(run, theta, NULL, run->x.view.rows, NULL, &W);
    for (size_t i = 0; i < run->x.view.cols * run->y.view.cols; i++)
        F += (long double)run->training.lambda / 2 * theta[i] * theta[i];
    return F;
}

/* F at the trainer's theta. */
static inline long double trained_objective(const struct run *run)
{
    long double *theta = malloc(run->parameters * sizeof *theta);
    for (size_t i = 0; i < run->parameters; i++)
        theta[i] = run->theta[i];
    long double F = plain_objective(run, theta);
    free(theta);
    return F;
}

static inline void assert_plain_theta(const struct run *run, double tolerance)
{
    for (size_t i = 0; i < run->parameters; i++)
        assert_near((double)run->theta[i], (double)run->plain[i], tolerance);
}

#endif

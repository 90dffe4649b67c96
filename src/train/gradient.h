/* From sums over rows to the gradient of a step, and parts of the flat vectors.
 *
 * All vectors are as long as the chain's parameters. They are cut into chunks of
 * fixed bounds, which go to threads: the same bits for any number of them. */
#ifndef GEMML_TRAIN_GRADIENT_H
#define GEMML_TRAIN_GRADIENT_H

#include "chain/chain.h"
#include "kernel/real.h"

/* Elements of a chunk: what a step reads and writes of it stays in a core's cache. */
#define CHUNK ((size_t)1 << 14)

/* Fewer, but so many, are halved: each of two threads then has what it needs of the other's gradient to fetch, and
 * the same half at every step. */
#define HALVED ((size_t)1 << 12)

static inline size_t chunk_length(size_t elements)
{
    if (elements > CHUNK)
        return CHUNK;
    return elements >= HALVED ? (elements / 2 + 15) / 16 * 16 : HALVED;
}

static inline size_t chunk_count(size_t elements)
{
    return (elements + chunk_length(elements) - 1) / chunk_length(elements);
}

/* The first element of chunk c of `elements`. */
static inline size_t chunk_first(size_t elements, size_t c)
{
    return c * chunk_length(elements);
}

/* Elements of chunk c of `elements`. */
static inline size_t chunk_size(size_t elements, size_t c)
{
    size_t left = elements - chunk_first(elements, c);
    return left < chunk_length(elements) ? left : chunk_length(elements);
}

/* The weights, never a bias, among elements first .. first + count - 1:
 * W *= alpha. */
void R(weights_scale)(const struct chain *chain, size_t first, size_t count, real alpha, real *theta);

/* In chunk c: gradient = gradient / sum_weight + penalty W, the mean over the rows
 * (nothing where they have no weight) and the share of the penalty. */
void R(gradient_mean)(const struct chain *chain, const real *theta, double sum_weight, double penalty, size_t c,
                      real *gradient);

/* The factor, at most 1, that brings the 2-norm of the gradient to `limit`. squares
 * has sum g^2 of each chunk. 1 when an element is not finite. */
double R(gradient_clip)(size_t count, const real *gradient, const double *squares, double limit);

/* The largest |g|; NaN when an element is. */
double R(gradient_largest)(size_t count, const real *gradient);

#endif

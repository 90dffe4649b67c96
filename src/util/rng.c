/* Philox4x32-10 and what is drawn from it.
 *
 * Block b of a stream is philox(counter = {b low, b high, stream low, stream
 * high}, key = {seed low, seed high}); its words 0 and 1 make number 2b of the
 * stream, words 2 and 3 number 2b + 1, low word first. */
#include "util/rng.h"

#include <math.h>

#define TWO_PI 6.28318530717958647692

__extension__ typedef unsigned __int128 uint128;

static uint32_t low(uint64_t value)
{
    return (uint32_t)value;
}

static uint32_t high(uint64_t value)
{
    return (uint32_t)(value >> 32);
}

static uint64_t join(uint32_t low_half, uint32_t high_half)
{
    return (uint64_t)high_half << 32 | low_half;
}

void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < RNG_PHILOX_ROUNDS; round++) {
        rng_philox_round(&c0, &c1, &c2, &c3, k0, k1);
        k0 += RNG_PHILOX_WEYL_0;
        k1 += RNG_PHILOX_WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct rng rng_make(uint64_t seed, uint64_t stream)
{
    return (struct rng){.seed = seed, .stream = stream};
}

uint64_t rng_bits(struct rng *rng)
{
    uint64_t index = rng->index++;
    if (index % 2 == 1)
        return rng->spare;
    uint64_t block = index / 2;
    uint32_t counter[4] = {low(block), high(block), low(rng->stream), high(rng->stream)};
    uint32_t key[2] = {low(rng->seed), high(rng->seed)}, out[4];
    rng_philox(counter, key, out);
    rng->spare = join(out[2], out[3]);
    return join(out[0], out[1]);
}

double rng_uniform(struct rng *rng)
{
    return (double)(rng_bits(rng) >> 11) * 0x1p-53;
}

/* The high half of x * bound is below bound; it is unbiased once the 2^64 mod
 * bound smallest low halves are rejected (Lemire, "Fast random integer
 * generation in an interval", 2019, algorithm 5). */
uint64_t rng_below(struct rng *rng, uint64_t bound)
{
    uint128 product = (uint128)rng_bits(rng) * bound;
    if ((uint64_t)product < bound) {
        uint64_t rejected = (0 - bound) % bound;
        while ((uint64_t)product < rejected)
            product = (uint128)rng_bits(rng) * bound;
    }
    return (uint64_t)(product >> 64);
}

double rng_normal(struct rng *rng)
{
    double radius = sqrt(-2 * log(1 - rng_uniform(rng))); /* 1 - u is in (0, 1] */
    return radius * cos(TWO_PI * rng_uniform(rng));
}

void rng_permutation(struct rng *rng, size_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++)
        order[i] = i;
    for (size_t i = n; i > 1; i--) {
        size_t j = (size_t)rng_below(rng, i), last = order[i - 1];
        order[i - 1] = order[j];
        order[j] = last;
    }
}

/* Random numbers that are a function of (seed, stream, index), so that results
 * do not depend on threads or on the order of calls.
 *
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3" (SC11), a counter-based generator that passes BigCrush. */
#ifndef GEMML_UTIL_RNG_H
#define GEMML_UTIL_RNG_H

#include <stddef.h>
#include <stdint.h>

#define RNG_PHILOX_ROUNDS 10
#define RNG_PHILOX_WEYL_0 0x9E3779B9u /* added to the key after a round: golden ratio, */
#define RNG_PHILOX_WEYL_1 0xBB67AE85u /* sqrt(3) - 1 */

/* One round on the counter c0 .. c3 with the key k0, k1: here, for loops over many blocks. */
static inline void rng_philox_round(uint32_t *c0, uint32_t *c1, uint32_t *c2, uint32_t *c3, uint32_t k0, uint32_t k1)
{
    uint64_t product0 = (uint64_t)0xD2511F53u * *c0, product1 = (uint64_t)0xCD9E8D57u * *c2;
    *c0 = (uint32_t)(product1 >> 32) ^ *c1 ^ k0;
    *c1 = (uint32_t)product1;
    *c2 = (uint32_t)(product0 >> 32) ^ *c3 ^ k1;
    *c3 = (uint32_t)product0;
}

/* One Philox4x32-10 block: 128 bits from a 128-bit counter and a 64-bit key. */
void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* A position in a stream of 64-bit numbers. */
struct rng {
    uint64_t seed, stream, index;
    uint64_t spare; /* the second half of the last block, when index is odd */
};

/* Number 0 of stream `stream` of `seed`. */
struct rng rng_make(uint64_t seed, uint64_t stream);

/* Streams of a seed by what they are for; the epochs of a training are 1, 2, ... */
#define RNG_STREAM_SPLIT ((uint64_t)1 << 63)
#define RNG_STREAM_GENERATE ((uint64_t)1 << 62) /* and the purposes that follow it */

#define RNG_STREAM_SAMPLE ((uint64_t)1 << 61)

/* The next 64 bits. */
uint64_t rng_bits(struct rng *rng);

/* Uniform on [0, 1): a multiple of 2^-53. */
double rng_uniform(struct rng *rng);

/* Uniform on {0, ..., bound - 1}, without bias (Lemire 2019); bound >= 1. */
uint64_t rng_below(struct rng *rng, uint64_t bound);

/* Standard normal (Box and Muller 1958, one of the pair). */
double rng_normal(struct rng *rng);

/* order = a uniformly random permutation of 0 .. n-1 (Fisher and Yates). */
void rng_permutation(struct rng *rng, size_t *order, size_t n);

#endif

#include "kernel/permutation.h"

#include "kernel/dispatch.h"
#include "util/rng.h"

/* Indices that go through the rounds side by side, and elements of a vector of 64 bytes. */
enum { BLOCK = 128, LANES = 16, LEAST_BITS = 8 };

_Static_assert(PERMUTATION_ROUNDS % 2 == 0, "each half is changed as often");

struct permutation permutation_make(uint64_t seed, uint64_t stream, size_t n)
{
    struct permutation permutation = {.n = n, .bits = LEAST_BITS};
    while ((n - 1) >> permutation.bits >> permutation.bits > 0)
        permutation.bits++;
    size_t height = ((n - 1) >> permutation.bits) + 1, least = (size_t)1 << LEAST_BITS;
    permutation.height = (uint32_t)(height > least ? height : least);
    struct rng rng = rng_make(seed, stream);
    for (size_t r = 0; r < PERMUTATION_ROUNDS; r++) {
        uint64_t bits = rng_bits(&rng);
        permutation.key[r].offset = (uint32_t)(bits >> 32);
        permutation.key[r].factor = (uint32_t)bits | 1;
    }
    return permutation;
}

/* 32 bits, of which the high ones depend on all of `half` and of the key. */
INLINED uint32_t scrambled(uint32_t half, uint32_t offset, uint32_t factor)
{
    uint32_t x = (half + offset) * factor;
    return (x ^ x >> 16) * 0x85EBCA6Bu; /* a factor of MurmurHash3's last step */
}

/* u + the share x / 2^32 of `height`, mod height. */
INLINED uint32_t turned(uint32_t u, uint32_t x, uint32_t height)
{
    uint32_t sum = u + (uint32_t)((uint64_t)x * height >> 32), less = sum - height;
    return sum < less ? sum : less; /* less has wrapped around where sum is below height */
}

DISPATCHED static void rounds(const struct permutation *permutation, size_t count, uint32_t *u, uint32_t *v)
{
    uint32_t height = permutation->height;
    unsigned drop = 32 - permutation->bits;
    for (size_t r = 0; r < PERMUTATION_ROUNDS; r += 2) {
        uint32_t offset0 = permutation->key[r].offset, factor0 = permutation->key[r].factor;
        uint32_t offset1 = permutation->key[r + 1].offset, factor1 = permutation->key[r + 1].factor;
        ELEMENTWISE
        for (size_t i = 0; i < count; i++) {
            u[i] = turned(u[i], scrambled(v[i], offset0, factor0), height);
            v[i] ^= scrambled(u[i], offset1, factor1) >> drop;
        }
    }
}

/* rows[i] = the image of first + i among 0 .. h 2^k - 1; count <= BLOCK. Whole vectors go
 * through the rounds: what stands behind the last index is not used. */
static void images(const struct permutation *permutation, size_t first, size_t count, size_t *rows)
{
    uint32_t u[BLOCK], v[BLOCK], mask = ((uint32_t)1 << permutation->bits) - 1;
    size_t whole = (count + LANES - 1) / LANES * LANES;
    for (size_t i = 0; i < whole; i++) {
        u[i] = (uint32_t)((first + i) >> permutation->bits);
        v[i] = (uint32_t)(first + i) & mask;
    }
    rounds(permutation, whole, u, v);
    for (size_t i = 0; i < count; i++)
        rows[i] = (size_t)u[i] << permutation->bits | v[i];
}

void permutation_rows(const struct permutation *permutation, size_t first, size_t count, size_t *rows)
{
    for (size_t done = 0; done < count;) {
        size_t left = count - done, part = left < BLOCK ? left : BLOCK;
        images(permutation, first + done, part, rows + done);
        for (size_t end = done + part; done < end; done++)
            while (rows[done] >= permutation->n)
                images(permutation, rows[done], 1, rows + done);
    }
}

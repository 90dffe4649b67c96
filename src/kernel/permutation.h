/* A permutation of 0 .. n - 1 that is computed, not kept: where a row goes is a function
 * of the key, so that n rows in random order take no memory that grows with n.
 *
 *   i -> (u, v) = (i div 2^k, i mod 2^k),     u < h,  v < 2^k,  h 2^k >= n
 *   round r:   u <- u + f_r(v) mod h          r even
 *              v <- v xor g_r(u)              r odd
 *   i -> 2^k u + v, again and again until that is below n
 *
 * Each round can be undone, whatever f_r and g_r are, so that it is a bijection of
 * 0 .. h 2^k - 1, and walking on from what is not below n makes one of 0 .. n - 1: a Feistel
 * network over two residues, with cycle walking (Black and Rogaway, "Ciphers with arbitrary
 * finite domains", CT-RSA 2002). Of all n! permutations it makes some; which tests they pass is in
 * docs/decisions/0046. h and 2^k are near the root of n, so that walking is rare, but 256
 * at least: below 2^16 rows it walks long, and rng_permutation serves better. */
#ifndef GEMML_KERNEL_PERMUTATION_H
#define GEMML_KERNEL_PERMUTATION_H

#include <stddef.h>
#include <stdint.h>

enum { PERMUTATION_ROUNDS = 8 };

struct permutation {
    size_t n;
    uint32_t height; /* h */
    unsigned bits;   /* k */
    struct {
        uint32_t offset, factor;
    } key[PERMUTATION_ROUNDS];
};

/* That of stream `stream` of `seed` (util/rng.h); 1 <= n < 2^62. */
struct permutation permutation_make(uint64_t seed, uint64_t stream, size_t n);

/* rows[i] = where first + i goes, i < count; first + count <= n. */
void permutation_rows(const struct permutation *permutation, size_t first, size_t count, size_t *rows);

#endif

/* Dropout: the random numbers of the mask are made where they are used, a group of
 * blocks of Philox4x32-10 at a time, so that the compiler finds vectors in them. */
#include <stdint.h>

#include "kernel/dispatch.h"
#include "kernel/vector.h"
#include "util/rng.h"

/* Before a loop over the blocks: unrolled early, as GCC does with short loops of
 * constant length, it would not become vector code. */
#if defined(__GNUC__) && !defined(__clang__)
#define OVER_BLOCKS ELEMENTWISE _Pragma("GCC unroll 1")
#else
#define OVER_BLOCKS
#endif

enum { BLOCKS = 16, WORDS = 4 * BLOCKS };

/* Words 4 first_block .. of the stream: word w of each block, one after another, in
 * word[w]. The same as rng_philox's (util/rng.c says how a stream is numbered). */
INLINED void philox_blocks(uint64_t seed, uint64_t stream, uint64_t first_block, uint32_t word[4][BLOCKS])
{
    uint32_t k0 = (uint32_t)seed, k1 = (uint32_t)(seed >> 32);
    OVER_BLOCKS
    for (size_t i = 0; i < BLOCKS; i++) {
        word[0][i] = (uint32_t)(first_block + i);
        word[1][i] = (uint32_t)((first_block + i) >> 32);
        word[2][i] = (uint32_t)stream;
        word[3][i] = (uint32_t)(stream >> 32);
    }
    for (int round = 0; round < RNG_PHILOX_ROUNDS; round++) {
        OVER_BLOCKS
        for (size_t i = 0; i < BLOCKS; i++)
            rng_philox_round(&word[0][i], &word[1][i], &word[2][i], &word[3][i], k0, k1);
        k0 += RNG_PHILOX_WEYL_0;
        k1 += RNG_PHILOX_WEYL_1;
    }
}

DISPATCHED static void dropout(uint64_t seed, uint64_t stream, uint64_t first, size_t n, uint32_t threshold, real scale,
                               real *x)
{
    uint32_t word[4][BLOCKS];
    for (size_t done = 0; done < n;) {
        uint64_t element = first + done;
        size_t skipped = (size_t)(element % WORDS), count = WORDS - skipped < n - done ? WORDS - skipped : n - done;
        philox_blocks(seed, stream, element / WORDS * BLOCKS, word);
        const uint32_t *words = &word[0][0] + skipped;
        ELEMENTWISE
        for (size_t i = 0; i < count; i++)
            x[done + i] = words[i] < threshold ? 0 : x[done + i] * scale;
        done += count;
    }
}

void R(vector_dropout)(uint64_t seed, uint64_t stream, uint64_t first, size_t n, double rate, real *x)
{
    dropout(seed, stream, first, n, (uint32_t)(rate * 0x1p32), (real)(1 / (1 - rate)), x);
}

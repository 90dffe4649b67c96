/* Dropout: which elements, by the generator itself; how many; bits wherever the
 * vector is cut. */
#include <math.h>

#include "kernel/vector.h"
#include "support/support.h"
#include "util/rng.h"

enum { MANY = 1 << 16 };

/* Word `index` of a stream, through the generator's one-block function. */
static uint32_t word_of(uint64_t seed, uint64_t stream, uint64_t index)
{
    /* A group of 64 elements takes 16 blocks: the words 0 of all, then the words 1, ... */
    uint64_t block = index / 64 * 16 + index % 16;
    const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    rng_philox(counter, key, out);
    return out[index % 64 / 16];
}

static void elements_are_dropped_by_the_generator(void **state)
{
    const uint64_t seeds[] = {0, 1, 0xDEADBEEFCAFEF00D}, firsts[] = {0, 5, 63, 64, 1000, ((uint64_t)1 << 38) - 40};
    const double rates[] = {0, 0.125, 0.5, 0.999};
    real x[200];
    (void)state;
    for (size_t s = 0; s < 3; s++)
        for (size_t f = 0; f < 6; f++)
            for (size_t r = 0; r < 4; r++) {
                uint64_t stream = s * 0x0200000000000001u + f;
                for (size_t i = 0; i < 200; i++)
                    x[i] = (real)i + 1;
                R(vector_dropout)(seeds[s], stream, firsts[f], 200, rates[r], x);
                for (size_t i = 0; i < 200; i++) {
                    bool dropped = word_of(seeds[s], stream, firsts[f] + i) < rates[r] * 0x1p32;
                    assert_true(x[i] == (dropped ? 0 : ((real)i + 1) * (real)(1 / (1 - rates[r]))));
                }
            }
}

static void the_share_is_the_rate(void **state)
{
    const double rates[] = {0.1, 0.5, 0.8};
    real *x = malloc(MANY * sizeof *x);
    (void)state;
    for (size_t r = 0; r < 3; r++) {
        size_t dropped = 0, pairs = 0;
        double p = rates[r];
        for (size_t i = 0; i < MANY; i++)
            x[i] = 1;
        R(vector_dropout)(17, 4, 0, MANY, p, x);
        for (size_t i = 0; i < MANY; i++)
            dropped += x[i] == 0;
        for (size_t i = 0; i < MANY; i += 2)
            pairs += x[i] == 0 && x[i + 1] == 0;
        assert_true(fabs((double)dropped - p * MANY) < 5 * sqrt(p * (1 - p) * MANY));
        assert_true(fabs((double)pairs - p * p * MANY / 2) < 5 * sqrt(p * p * (1 - p * p) * MANY / 2));
    }
    free(x);
}

static void bits_do_not_depend_on_the_cut(void **state)
{
    enum { N = 300 };
    real whole[N], parts[N];
    (void)state;
    for (size_t i = 0; i < N; i++)
        whole[i] = (real)i + REAL_C(0.1);
    R(vector_dropout)(3, 9, 41, N, 0.3, whole);
    for (size_t cut = 1; cut < N; cut++) {
        for (size_t i = 0; i < N; i++)
            parts[i] = (real)i + REAL_C(0.1);
        for (size_t first = 0; first < N; first += cut)
            R(vector_dropout)(3, 9, 41 + first, N - first < cut ? N - first : cut, 0.3, parts + first);
        assert_memory_equal(whole, parts, sizeof whole);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(elements_are_dropped_by_the_generator),
        cmocka_unit_test(the_share_is_the_rate),
        cmocka_unit_test(bits_do_not_depend_on_the_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

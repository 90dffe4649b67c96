/* Random numbers: the published vectors, the definition, and the distributions.
 * Seeds are fixed, so that a test that passes once passes always; bounds on
 * moments are five standard errors, those on chi-square the 0.999 quantile. */
#include "support/support.h"

#include <math.h>

#include "util/rng.h"

#define DRAWS 200000

/* From the Random123 distribution's kat_vectors. */
static void known_answers(void **state)
{
    (void)state;
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } vectors[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        uint32_t out[4];
        rng_philox(vectors[i].counter, vectors[i].key, out);
        assert_memory_equal(out, vectors[i].answer, sizeof out);
    }
}

/* Number `index` of a stream, from the definition. */
static uint64_t number_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t block = index / 2;
    uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, out[4];
    rng_philox(counter, key, out);
    size_t half = 2 * (index % 2);
    return out[half] | (uint64_t)out[half + 1] << 32;
}

static void numbers_depend_on_seed_stream_and_index_alone(void **state)
{
    (void)state;
    const uint64_t seeds[] = {0, 1, 42, 1ull << 32, UINT64_MAX}, streams[] = {0, 7, 1ull << 40, UINT64_MAX};
    for (size_t s = 0; s < 5; s++)
        for (size_t t = 0; t < 4; t++) {
            struct rng a = rng_make(seeds[s], streams[t]), other = rng_make(seeds[s] + 1, streams[t]);
            for (uint64_t i = 0; i < 101; i++) {
                assert_int_equal(a.index, i);
                assert_true(rng_bits(&a) == number_at(seeds[s], streams[t], i));
                rng_bits(&other); /* drawing elsewhere changes nothing here */
            }
        }
}

static void a_position_can_be_copied_and_set(void **state)
{
    (void)state;
    struct rng rng = rng_make(5, 6);
    for (int i = 0; i < 7; i++)
        rng_bits(&rng);
    struct rng copy = rng;
    for (int i = 0; i < 10; i++)
        assert_true(rng_bits(&rng) == rng_bits(&copy));

    struct rng far = rng_make(5, 6);
    far.index = 1ull << 35; /* beyond the counter's first word */
    assert_true(rng_bits(&far) == number_at(5, 6, 1ull << 35));
    assert_true(rng_bits(&far) == number_at(5, 6, (1ull << 35) + 1));
}

static void seeds_and_streams_differ(void **state)
{
    (void)state;
    uint64_t numbers[64];
    for (uint64_t i = 0; i < 64; i++) { /* each differs from the first by one bit of seed or stream */
        struct rng rng = i < 32 ? rng_make(1ull << 2 * i, 0) : rng_make(0, 1ull << 2 * (i - 32));
        numbers[i] = rng_bits(&rng);
    }
    for (size_t i = 0; i < 64; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(numbers[i] != numbers[j]);
}

static void uniform_moments(void **state)
{
    (void)state;
    struct rng rng = rng_make(1, 2);
    double n = DRAWS, sum = 0, squares = 0, products = 0, before = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double u = rng_uniform(&rng);
        assert_true(u >= 0 && u < 1);
        assert_true(u * 0x1p53 == floor(u * 0x1p53));
        double centred = u - 0.5;
        sum += centred;
        squares += centred * centred;
        products += centred * before;
        before = centred;
    }
    assert_true(fabs(sum / n) < 5 * sqrt(1 / (12 * n)));
    assert_true(fabs(squares / n - 1.0 / 12) < 5 * sqrt(1 / (180 * n)));
    assert_true(fabs(products / n) < 5 / (12 * sqrt(n)));
}

static void normal_moments(void **state)
{
    (void)state;
    struct rng rng = rng_make(3, 4);
    double n = DRAWS, sums[5] = {0}, beyond = 0, products = 0, before = 0;
    for (size_t i = 0; i < DRAWS; i++) {
        double z = rng_normal(&rng);
        assert_true(isfinite(z));
        for (int k = 1; k <= 4; k++)
            sums[k] += pow(z, k);
        beyond += fabs(z) > 1.959963984540054; /* 5 percent */
        products += z * before;
        before = z;
    }
    assert_true(fabs(sums[1] / n) < 5 / sqrt(n));
    assert_true(fabs(sums[2] / n - 1) < 5 * sqrt(2 / n));
    assert_true(fabs(sums[3] / n) < 5 * sqrt(15 / n));
    assert_true(fabs(sums[4] / n - 3) < 5 * sqrt(96 / n));
    assert_true(fabs(beyond / n - 0.05) < 5 * sqrt(0.05 * 0.95 / n));
    assert_true(fabs(products / n) < 5 / sqrt(n));
}

static double chi_square(const size_t *counts, size_t cells, size_t draws)
{
    double expected = (double)draws / (double)cells, sum = 0;
    for (size_t i = 0; i < cells; i++)
        sum += ((double)counts[i] - expected) * ((double)counts[i] - expected) / expected;
    return sum;
}

static void below_is_uniform(void **state)
{
    (void)state;
    static const struct {
        size_t bound;
        double quantile; /* of chi-square with bound - 1 degrees of freedom */
    } cases[] = {{2, 10.828}, {3, 13.816}, {10, 27.877}, {17, 39.252}, {64, 103.442}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t counts[64] = {0};
        struct rng rng = rng_make(11, c);
        for (size_t i = 0; i < DRAWS; i++) {
            uint64_t value = rng_below(&rng, cases[c].bound);
            assert_true(value < cases[c].bound);
            counts[value]++;
        }
        assert_true(chi_square(counts, cases[c].bound, DRAWS) < cases[c].quantile);
    }
}

/* With 3/4 of 2^64 values a method that rejects nothing gives every third value
 * twice as often as its neighbours. */
static void below_rejects_what_would_be_biased(void **state)
{
    (void)state;
    const uint64_t bound = 3ull << 62;
    size_t remainders[3] = {0}, thirds[3] = {0};
    struct rng rng = rng_make(12, 0);
    for (size_t i = 0; i < DRAWS; i++) {
        uint64_t value = rng_below(&rng, bound);
        assert_true(value < bound);
        remainders[value % 3]++;
        thirds[value >> 62]++;
    }
    assert_true(chi_square(remainders, 3, DRAWS) < 13.816);
    assert_true(chi_square(thirds, 3, DRAWS) < 13.816);
    assert_true(rng.index > DRAWS + DRAWS / 4); /* a quarter of the numbers is rejected */
}

static void below_one_is_zero(void **state)
{
    (void)state;
    struct rng rng = rng_make(13, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_below(&rng, 1), 0);
}

static void permutations_are_permutations(void **state)
{
    (void)state;
    const size_t sizes[] = {0, 1, 2, 3, 100, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s], order[1001];
        bool seen[1000] = {false};
        order[n] = 12345;
        struct rng rng = rng_make(14, s);
        rng_permutation(&rng, order, n);
        assert_int_equal(order[n], 12345);
        for (size_t i = 0; i < n; i++) {
            assert_true(order[i] < n && !seen[order[i]]);
            seen[order[i]] = true;
        }
    }
}

static void permutations_of_four_are_uniform(void **state)
{
    (void)state;
    size_t counts[24] = {0};
    struct rng rng = rng_make(15, 0);
    for (size_t i = 0; i < 48000; i++) {
        size_t order[4], rank = 0;
        rng_permutation(&rng, order, 4);
        for (size_t a = 0; a < 4; a++) { /* its number in lexicographic order */
            size_t smaller = 0;
            for (size_t b = a + 1; b < 4; b++)
                smaller += order[b] < order[a];
            rank = rank * (4 - a) + smaller;
        }
        counts[rank]++;
    }
    assert_true(chi_square(counts, 24, 48000) < 49.728);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(numbers_depend_on_seed_stream_and_index_alone),
        cmocka_unit_test(a_position_can_be_copied_and_set),
        cmocka_unit_test(seeds_and_streams_differ),
        cmocka_unit_test(uniform_moments),
        cmocka_unit_test(normal_moments),
        cmocka_unit_test(below_is_uniform),
        cmocka_unit_test(below_rejects_what_would_be_biased),
        cmocka_unit_test(below_one_is_zero),
        cmocka_unit_test(permutations_are_permutations),
        cmocka_unit_test(permutations_of_four_are_uniform),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

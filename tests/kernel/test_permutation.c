/* The computed permutation: it is the header's equations, a bijection, and random. Seeds are fixed,
 * so that a test that passes once passes always; a statistic may be 5 standard deviations off, of
 * several dozen. What an order by Fisher and Yates comes to is measured by the same code. */
#include "kernel/permutation.h"

#include <math.h>

#include "support/support.h"
#include "util/rng.h"

#define STREAM 9
#define MOST 1100000

static size_t rows[MOST];
static bool seen[MOST];

/* ---- The equations, by plain loops --------------------------------------------------- */

static uint32_t plain_scrambled(uint64_t half, uint64_t number)
{
    uint64_t word = (uint64_t)1 << 32, x = (half + (number >> 32)) % word * ((number % word) | 1) % word;
    return (uint32_t)((x ^ x / 65536) * 2246822507u % word);
}

/* Where i goes among n, with the halves and the rounds as the header has them. */
static size_t plain_image(uint64_t seed, size_t n, size_t i)
{
    size_t k = 8;
    while (((n - 1) >> k) >> k > 0)
        k++;
    uint64_t width = (uint64_t)1 << k, height = (n - 1) / width + 1;
    if (height < 256)
        height = 256;
    do {
        struct rng rng = rng_make(seed, STREAM);
        uint64_t u = i / width, v = i % width;
        for (int r = 0; r < PERMUTATION_ROUNDS; r++) {
            uint64_t number = rng_bits(&rng);
            if (r % 2 == 0)
                u = (u + plain_scrambled(v, number) * height / 4294967296u) % height;
            else
                v ^= plain_scrambled(u, number) * width / 4294967296u;
        }
        i = (size_t)(u * width + v);
    } while (i >= n);
    return i;
}

static const size_t sizes[] = {1,     2,     3,     4,      7,      16,     100,    255,    256,     257,    1000,
                               65535, 65536, 65537, 100003, 131072, 262143, 262145, 999999, 1048576, 1048577};

static void it_is_the_equations(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        size_t n = sizes[s], step = n / 97 + 1;
        struct permutation permutation = permutation_make(s, STREAM, n);
        permutation_rows(&permutation, 0, n, rows);
        for (size_t i = 0; i < n; i += step)
            assert_int_equal(rows[i], plain_image(s, n, i));
    }
}

/* Rows beyond 2^32: no truncation, in blocks anywhere. */
static void more_rows_than_32_bits_count(void **state)
{
    const size_t large[] = {((size_t)1 << 32) + 1, ((size_t)5 << 32) + 12345, ((size_t)1 << 45) - 1};
    (void)state;
    for (size_t s = 0; s < 3; s++) {
        size_t n = large[s], beyond = 0;
        struct permutation permutation = permutation_make(s, STREAM, n);
        for (size_t block = 0; block < 50; block++) {
            size_t first = block == 0 ? 0 : block == 1 ? n - 37 : n / 50 * block;
            permutation_rows(&permutation, first, 37, rows);
            for (size_t i = 0; i < 37; i++) {
                assert_true(rows[i] < n);
                assert_int_equal(rows[i], plain_image(s, n, first + i));
                beyond += rows[i] > n / 2;
            }
        }
        assert_true(beyond > 50 * 37 / 2 - 108 && beyond < 50 * 37 / 2 + 108); /* 5 standard deviations */
    }
}

static void it_is_a_bijection(void **state)
{
    (void)state;
    for (size_t n = 1; n <= MOST; n = n < 40 ? n + 1 : n * 5 / 4)
        for (uint64_t seed = 0; seed < (n < 65536 ? 1 : 2); seed++) {
            struct permutation permutation = permutation_make(seed, STREAM, n);
            permutation_rows(&permutation, 0, n, rows);
            memset(seen, 0, n);
            for (size_t i = 0; i < n; i++) {
                assert_true(rows[i] < n && !seen[rows[i]]);
                seen[rows[i]] = true;
            }
        }
}

/* Cut anyhow: the same, and nothing behind the last. */
static void blocks_do_not_matter(void **state)
{
    enum { N = 70001 };
    static size_t block[N + 1];
    const size_t cuts[] = {1, 3, 16, 100, 127, 128, 129, 5000, N};
    struct permutation permutation = permutation_make(3, STREAM, N);
    (void)state;
    permutation_rows(&permutation, 0, N, rows);
    for (size_t c = 0; c < sizeof cuts / sizeof *cuts; c++)
        for (size_t first = 0; first < N; first += cuts[c]) {
            size_t count = N - first < cuts[c] ? N - first : cuts[c];
            block[count] = 12345;
            permutation_rows(&permutation, first, count, block);
            assert_memory_equal(block, rows + first, count * sizeof *block);
            assert_int_equal(block[count], 12345);
        }
    permutation_rows(&permutation, 5, 0, block);
}

/* ---- Randomness ----------------------------------------------------------------------- */

/* (chi^2 - its mean) / its standard deviation, of counts that are to be alike. */
static double deviation(const size_t *counts, size_t cells, double draws)
{
    double expected = draws / (double)cells, sum = 0, freedom = (double)cells - 1;
    for (size_t c = 0; c < cells; c++)
        sum += ((double)counts[c] - expected) * ((double)counts[c] - expected) / expected;
    return (sum - freedom) / sqrt(2 * freedom);
}

/* The row that comes first, second, third and fourth: each of the orders as often. */
static void orders_of_four_are_uniform(void **state)
{
    enum { DRAWS = 120 };
    size_t counts[24] = {0};
    (void)state;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        struct permutation permutation = permutation_make(draw, STREAM, 4);
        size_t rank = 0;
        permutation_rows(&permutation, 0, 4, rows);
        for (size_t a = 0; a < 4; a++) {
            size_t smaller = 0;
            for (size_t b = a + 1; b < 4; b++)
                smaller += rows[b] < rows[a];
            rank = rank * (4 - a) + smaller;
        }
        counts[rank]++;
    }
    assert_true(deviation(counts, 24, DRAWS) < 5);
}

enum { CELLS = 64, LAGS = 5 };

/* Statistics over many orders of n rows, a multiple of 16 CELLS; each row is in one of CELLS cells of neighbours.
 * That no row is its own neighbour makes a cell poorer by less than a standard deviation of chi-square. */
struct sample {
    size_t n, orders, lag[LAGS];
    size_t place[CELLS * CELLS];      /* of a row, by its cell and that of its place */
    size_t pair[LAGS][CELLS * CELLS]; /* of two rows that stand `lag` places apart */
    size_t step[LAGS][CELLS * 16];    /* of the distance from one to the other, mod n */
    size_t again[CELLS * CELLS];      /* of the rows at a place in an epoch and the next */
    double spread[2], batches;        /* of rows of the first half, and of odd ones, in batches of 100 */
    double fixed, falls, near;        /* rows at their own place, falls of the order, neighbours within 10 */
};

static void count_order(struct sample *sample, const size_t *order, const size_t *before)
{
    size_t n = sample->n;
    for (size_t i = 0; i < n; i++) {
        size_t cell = order[i] * CELLS / n;
        sample->place[i * CELLS / n * CELLS + cell]++;
        sample->again[before[i] * CELLS / n * CELLS + cell]++;
        sample->fixed += order[i] == i;
        for (size_t l = 0; l < LAGS; l++) {
            size_t other = order[(i + sample->lag[l]) % n], distance = (other + n - order[i]) % n;
            sample->pair[l][cell * CELLS + other * CELLS / n]++;
            sample->step[l][distance * (CELLS * 16) / n]++;
        }
        if (i + 1 < n) {
            size_t a = order[i], b = order[i + 1];
            sample->falls += a > b;
            sample->near += (a > b ? a - b : b - a) <= 10;
        }
    }
    sample->orders++;
}

/* In batches without replacement the number of rows of a half is hypergeometric. */
static void count_batches(struct sample *sample, const size_t *order)
{
    const double size = 100, n = (double)sample->n, half = (double)(sample->n / 2) / n;
    const double mean = size * half, variance = mean * (1 - half) * (n - size) / (n - 1);
    for (size_t first = 0; first + 100 <= sample->n; first += 100) {
        double low = 0, odd = 0;
        for (size_t i = first; i < first + 100; i++) {
            low += order[i] < sample->n / 2;
            odd += (double)(order[i] % 2);
        }
        sample->spread[0] += (low - mean) * (low - mean) / variance;
        sample->spread[1] += (odd - mean) * (odd - mean) / variance;
        sample->batches++;
    }
}

static void check(const char *what, size_t n, double deviations)
{
    if (!(fabs(deviations) < 5))
        fail_msg("%zu rows: %s is %.1f standard deviations off", n, what, deviations);
}

static void check_sample(const struct sample *sample)
{
    double n = (double)sample->n, orders = (double)sample->orders, draws = n * orders;
    check("the place of a row", sample->n, deviation(sample->place, CELLS * CELLS, draws));
    check("the row of the next epoch", sample->n, deviation(sample->again, CELLS * CELLS, draws));
    for (size_t l = 0; l < LAGS; l++) {
        check("a pair", sample->n, deviation(sample->pair[l], CELLS * CELLS, draws));
        check("a distance", sample->n, deviation(sample->step[l], CELLS * 16, draws));
    }
    for (size_t s = 0; s < 2; s++)
        check("a batch", sample->n, (sample->spread[s] - sample->batches) / sqrt(2 * sample->batches));
    double near = orders * (20 * n - 110) / n;
    check("rows at their place", sample->n, (sample->fixed - orders) / sqrt(orders));
    check("falls", sample->n, (sample->falls - orders * (n - 1) / 2) / sqrt(orders * (n + 1) / 12));
    check("neighbours", sample->n, (sample->near - near) / sqrt(near));
}

/* Lags: neighbours, a batch, and steps along the halves, where structure would show. */
static void check_randomness(size_t n, size_t orders, bool by_fisher_and_yates)
{
    static struct sample sample;
    static size_t order[2][MOST];
    struct permutation permutation = permutation_make(1, 0, n);
    size_t width = (size_t)1 << permutation.bits;
    sample = (struct sample){.n = n, .lag = {1, 2, 100, width, width + 1}};
    for (size_t epoch = 0; epoch <= orders; epoch++) {
        size_t *now = order[epoch % 2];
        struct rng rng = rng_make(5, epoch);
        permutation = permutation_make(5, epoch, n);
        if (by_fisher_and_yates)
            rng_permutation(&rng, now, n);
        else
            permutation_rows(&permutation, 0, n, now);
        if (epoch == 0)
            continue;
        count_order(&sample, now, order[(epoch - 1) % 2]);
        count_batches(&sample, now);
    }
    check_sample(&sample);
}

static void orders_are_random(void **state)
{
    const size_t more = getenv("GEMML_FULL") ? 40 : 1;
    (void)state;
    check_randomness(66560, 10 * more, false);
    check_randomness(262144, 2 * more, false);
    check_randomness(66560, 5 * more, true);
    if (more > 1)
        check_randomness(999424, more, false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_the_equations),        cmocka_unit_test(more_rows_than_32_bits_count),
        cmocka_unit_test(it_is_a_bijection),          cmocka_unit_test(blocks_do_not_matter),
        cmocka_unit_test(orders_of_four_are_uniform), cmocka_unit_test(orders_are_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

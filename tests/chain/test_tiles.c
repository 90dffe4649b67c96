/* Tiles: each element of the output is in one of them, and where they are cut. */
#include "chain/tiles.h"

#include "support/support.h"

static void check_cover(size_t m, size_t n, const struct tiles *tiles)
{
    char *seen = calloc(m * n + 1, 1);
    for (size_t t = 0; t < tiles->count; t++) {
        struct tile tile = tile_at(tiles, t);
        assert_true(tile.rows > 0 && tile.cols > 0);
        assert_true(tile.row + tile.rows <= m && tile.col + tile.cols <= n);
        for (size_t i = tile.row; i < tile.row + tile.rows; i++)
            for (size_t j = tile.col; j < tile.col + tile.cols; j++)
                assert_int_equal(seen[i * n + j]++, 0);
    }
    for (size_t i = 0; i < m * n; i++)
        assert_int_equal(seen[i], 1);
    free(seen);
}

static void tiles_cover_the_output_once(void **state)
{
    const size_t lengths[] = {1, 2, 17, 64, 255, 256, 257, 513, 784, 1500};
    enum { LENGTHS = sizeof lengths / sizeof *lengths };
    (void)state;
    for (size_t i = 0; i < LENGTHS; i++)
        for (size_t j = 0; j < LENGTHS; j++)
            for (size_t k = 1; k <= 10000; k *= 100)
                for (size_t quantum = 16; quantum <= 48; quantum += 32) {
                    struct tiles tiles = tiles_of(lengths[i], lengths[j], k, quantum);
                    check_cover(lengths[i], lengths[j], &tiles);
                    assert_true(tiles.height == lengths[i] || tiles.height % quantum == 0);
                    assert_true(tiles.width == lengths[j] || tiles.width % quantum == 0);
                }
}

/* The outputs that were measured; nothing for a thread in a small one. */
static void sizes_are_those_that_were_measured(void **state)
{
    const struct {
        size_t m, n, k, height, width, count;
    } cases[] = {
        {100, 4, 12, 100, 4, 1},                                            /* no work */
        {100, 64, 64, 64, 64, 2},                                           /* bands of rows */
        {256, 512, 784, 128, 512, 2},                                       /* two bands are enough for so little */
        {512, 2048, 784, 256, 1024, 4},                                     /* bands first, then columns */
        {512, 2048, 2048, 256, 1024, 4},   {2048, 2048, 512, 512, 2048, 4}, /* enough bands */
        {2048, 10000, 512, 512, 2000, 20}, {256, 10, 512, 128, 10, 2},
        {1, 512, 784, 1, 128, 4}, /* no rows to cut */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tiles tiles = tiles_of(cases[i].m, cases[i].n, cases[i].k, 16);
        assert_int_equal(tiles.height, cases[i].height);
        assert_int_equal(tiles.width, cases[i].width);
        assert_int_equal(tiles.count, cases[i].count);
    }
    assert_int_equal(tiles_whole(1000, 3000).count, 1);
}

/* Threads that take tiles in order are seldom side by side. */
static void tiles_go_down_the_columns(void **state)
{
    struct tiles tiles = tiles_of(512, 2048, 2048, 16);
    (void)state;
    for (size_t t = 0; t < 4; t++) {
        struct tile tile = tile_at(&tiles, t);
        assert_int_equal(tile.row, t % 2 * 256);
        assert_int_equal(tile.col, t / 2 * 1024);
    }
}

/* Columns are cut in the same way for any number of rows, and nowhere into small products. */
static void columns_of_tiles_alike_depend_on_n_and_k(void **state)
{
    const size_t lengths[] = {1, 50, 256, 512, 1000, 3000};
    enum { LENGTHS = sizeof lengths / sizeof *lengths };
    size_t cut = 0;
    (void)state;
    for (size_t i = 0; i < LENGTHS; i++)
        for (size_t j = 0; j < LENGTHS; j++) {
            size_t n = lengths[i], k = lengths[j], width = tiles_alike(48, n, k, 48).width;
            cut += width < n;
            assert_true(n > 2048 || width == n || 48.0 * (double)width * (double)k > 2e6);
            for (size_t m = 96; m <= 960; m += 48) {
                struct tiles tiles = tiles_alike(m, n, k, 48);
                check_cover(m, n, &tiles);
                assert_int_equal(tiles.width, width);
                assert_int_equal(tiles.height % 48, 0);
            }
        }
    assert_true(cut > 3);
}

static void empty_outputs_are_one_tile(void **state)
{
    const size_t shapes[][3] = {{0, 5, 7}, {5, 0, 7}, {0, 0, 0}, {0, 100000, 100000}, {100000, 0, 100000}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct tiles tiles = tiles_of(shapes[i][0], shapes[i][1], shapes[i][2], 16);
        size_t elements = 0;
        for (size_t t = 0; t < tiles.count; t++) {
            struct tile tile = tile_at(&tiles, t);
            elements += tile.rows * tile.cols;
        }
        assert_true(tiles.count >= 1);
        assert_int_equal(elements, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiles_cover_the_output_once), cmocka_unit_test(sizes_are_those_that_were_measured),
        cmocka_unit_test(tiles_go_down_the_columns),   cmocka_unit_test(columns_of_tiles_alike_depend_on_n_and_k),
        cmocka_unit_test(empty_outputs_are_one_tile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

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
    struct tiles small = tiles_of(100, 4, 12, 16), whole = tiles_whole(1000, 3000);
    struct tiles middle = tiles_of(256, 512, 784, 16), large = tiles_of(512, 2048, 2048, 16);
    struct tiles row = tiles_of(1, 512, 784, 16);
    (void)state;
    assert_int_equal(small.count, 1);
    assert_int_equal(whole.count, 1);
    assert_true(middle.height == 256 && middle.width == 256 && middle.count == 2);
    assert_true(large.height == 256 && large.width == 512 && large.count == 8);
    assert_true(row.height == 1 && row.width == 256 && row.count == 2);
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
        cmocka_unit_test(tiles_cover_the_output_once),
        cmocka_unit_test(sizes_are_those_that_were_measured),
        cmocka_unit_test(empty_outputs_are_one_tile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

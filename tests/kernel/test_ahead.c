/* What is asked for ahead: each line of the rows once, in their order, a strip and the lead by the time that it is
 * read, never more than a strip besides, and nothing behind the rows. What a prefetch does to a cache no test sees. */
#include "kernel/ahead.h"

#include "support/support.h"

enum { LINE = 64 / sizeof(real), ROWS = 400, MOST = 300 };

static real X[ROWS * MOST];

/* Lines of all rows, by the definition: rows apart have lines of their own. */
static size_t lines_of(size_t m, size_t n, size_t ldx)
{
    if (ldx < n + LINE)
        return ((m - 1) * ldx + n + LINE - 1) / LINE;
    return m * ((n + LINE - 1) / LINE);
}

/* The number of the line that is asked for next, which is where the state says. */
static size_t next_line(const struct ahead *ahead, size_t n, size_t ldx)
{
    size_t offset = (size_t)(ahead->row - X);
    if (ldx < n + LINE)
        return (offset + ahead->column) / LINE;
    assert_int_equal(offset % ldx, 0);
    assert_int_equal(ahead->column % LINE, 0);
    assert_true(ahead->column < n);
    return offset / ldx * ((n + LINE - 1) / LINE) + ahead->column / LINE;
}

static void check_state(const struct ahead *ahead, size_t n, size_t ldx, size_t all)
{
    assert_true(ahead->asked <= all);
    assert_true(ahead->asked <= ahead->most);
    assert_true((ahead->rows == 0) == (ahead->asked == all));
    if (ahead->rows > 0)
        assert_int_equal(next_line(ahead, n, ldx), ahead->asked);
}

/* Strips in so many parts, and `besides` lines behind each. */
static void check_strips(size_t n, size_t ldx, size_t strip, size_t parts, size_t besides)
{
    size_t all = lines_of(ROWS, n, ldx), before = 0;
    struct ahead ahead = R(ahead_of)(X, ROWS, n, ldx);
    check_state(&ahead, n, ldx, all);
    size_t lead = ahead.asked;
    assert_true(lead > 0);
    for (size_t done = 0; done < ROWS; done += strip) {
        size_t rows = ROWS - done < strip ? ROWS - done : strip, least = lines_of(done + rows, n, ldx);
        R(ahead_strip)(&ahead, rows);
        R(ahead_share)(&ahead, parts);
        size_t share = ahead.wanted > ahead.asked ? ahead.wanted - ahead.asked : 0;
        for (size_t part = 0; part < parts; part++) {
            before = ahead.asked;
            ahead_part(&ahead);
            check_state(&ahead, n, ldx, all);
            assert_true(ahead.asked - before <= share / parts + 1);
        }
        assert_true(ahead.asked + 1 >= (least + lead < all ? least + lead : all));
        ahead_ask(&ahead, besides);
        check_state(&ahead, n, ldx, all);
        assert_true(ahead.asked <= lines_of(done + 2 * rows, n, ldx) + lead + 1);
    }
    assert_int_equal(ahead.asked, all);
}

static void each_line_is_asked_for_once(void **state)
{
    const size_t widths[] = {1, LINE - 1, LINE, LINE + 1, 20, 100, 250}, gaps[] = {0, 1, LINE - 1, LINE, 3 * LINE};
    const size_t strips[] = {1, 16, 112, ROWS}, parts[] = {1, 3, 16, 112};
    (void)state;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
        for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++)
            for (size_t s = 0; s < 4; s++)
                for (size_t p = 0; p < 4; p++)
                    for (size_t besides = 0; besides < 100000; besides = 7 * besides + 5)
                        check_strips(widths[w], widths[w] + gaps[g], strips[s], parts[p], besides);
}

static void check_nothing(struct ahead ahead)
{
    R(ahead_strip)(&ahead, 7);
    R(ahead_share)(&ahead, 0);
    ahead_part(&ahead);
    ahead_ask(&ahead, 1000);
    assert_true(ahead.asked == 0 && ahead.rows == 0);
}

static void nothing_is_asked_for(void **state)
{
    (void)state;
    check_nothing((struct ahead){0});
    check_nothing(R(ahead_of)(X, 0, 5, 5));
    check_nothing(R(ahead_of)(X, 5, 0, 0));
    check_nothing(R(ahead_of)(X, 5, 8192 / sizeof(real) + 1, 8192 / sizeof(real) + 1));
    assert_true(R(ahead_of)(X, 5, 8192 / sizeof(real), 8192 / sizeof(real)).asked > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_asked_for_once),
        cmocka_unit_test(nothing_is_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

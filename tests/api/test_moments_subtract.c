/* Subtracting: what is left is what the remaining rows give, to the digits that are
 * promised, and the call is refused, leaving everything as it was, where they are
 * not there. */
#include "api/moments_truth.h"

static struct sample centred_at(size_t n, double centre, bool weighted)
{
    struct sample s = sample_make(n, 3, 1, n + 1);
    for (size_t j = 0; j < 4; j++)
        sample_move(&s, j, centre, 1);
    if (weighted)
        sample_weigh(&s, 2);
    return s;
}

/* Every fold left out in turn. */
static void test_folds(void **state)
{
    (void)state;
    enum { FOLDS = 10, ROWS = 50 };
    const double centres[] = {0, 1e8};
    for (int c = 0; c < 4; c++) {
        struct sample s = centred_at(FOLDS * ROWS, centres[c % 2], c / 2);
        bool *in = malloc(s.n * sizeof *in);
        for (size_t f = 0; f < FOLDS; f++) {
            gemml_moments *all = moments_of(&s, 0, s.n), *part = moments_of(&s, f * ROWS, ROWS);
            for (size_t i = 0; i < s.n; i++)
                in[i] = i / ROWS != f;
            assert_ok(gemml_moments_subtract(all, part));
            assert_moments(&s, in, all, 1e-14);
            gemml_moments_free(all);
            gemml_moments_free(part);
        }
        free(in);
        sample_free(&s);
    }
}

/* A thousand parts merged, and 900 of them taken away again. */
static void test_thousand_parts(void **state)
{
    (void)state;
    enum { PARTS = 1000, ROWS = 4, KEPT = 100 };
    struct sample s = centred_at(PARTS * ROWS, 1e8, true);
    bool *in = calloc(s.n, sizeof *in);
    gemml_moments *all = new_moments(3, 1), *part;
    for (size_t i = 0; i < PARTS; i++) {
        part = moments_of(&s, i * ROWS, ROWS);
        assert_ok(gemml_moments_merge(all, part));
        gemml_moments_free(part);
    }
    for (size_t i = 0; i < PARTS - KEPT; i++) {
        part = moments_of(&s, i * ROWS, ROWS);
        assert_ok(gemml_moments_subtract(all, part));
        gemml_moments_free(part);
    }
    for (size_t i = (PARTS - KEPT) * ROWS; i < s.n; i++)
        in[i] = true;
    assert_moments(&s, in, all, 1e-11);
    gemml_moments_free(all);
    free(in);
    sample_free(&s);
}

/* A window of 40 rows, one in and one out, over a level that climbs to 300 times its
 * spread; gives the steps that were not refused. */
static size_t slide(struct sample *s)
{
    enum { WINDOW = 40 };
    bool *in = calloc(s->n, sizeof *in);
    for (size_t i = 0; i < s->n; i++)
        s->x[i * 3] += (double)i / 4;
    gemml_moments *window = moments_of(s, 0, WINDOW);
    gemml_status status = GEMML_OK;
    size_t i = WINDOW;
    for (; i < s->n && status == GEMML_OK; i++) {
        gemml_moments *oldest = moments_of(s, i - WINDOW, 1);
        add_rows(window, s, i, 1);
        status = gemml_moments_subtract(window, oldest);
        gemml_moments_free(oldest);
        for (size_t k = 0; k < s->n && i % 100 == 0 && status == GEMML_OK; k++)
            in[k] = k > i - WINDOW && k <= i;
        if (i % 100 == 0 && status == GEMML_OK)
            assert_moments(s, in, window, 1e-10);
    }
    if (status != GEMML_OK)
        assert_refused(status, GEMML_ERROR_UNSUPPORTED, "feature", "0", "digits");
    gemml_moments_free(window);
    free(in);
    return i - WINDOW;
}

/* Errors of the weights' sum, made far below the level, count with the square of the
 * distance: the window must be renewed after some thousand steps. The number of rows
 * has no error. */
static void test_sliding_window(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        struct sample s = centred_at(4000, 0, weighted);
        size_t steps = slide(&s);
        assert_true(weighted ? steps > 1000 && steps < 3960 : steps == 3960);
        sample_free(&s);
    }
}

/* ---- The right moment to refuse ---- */

/* Takes away rows whose spread, or whose distance, is `size` times that of those that
 * stay; gives the error of what is left, or -1 when it was refused. */
static double left_behind(double size, bool distance)
{
    enum { STAY = 30, GO = 70 };
    struct sample s = centred_at(STAY + GO, 0, true);
    bool *in = calloc(s.n, sizeof *in);
    for (size_t i = 0; i < STAY; i++)
        in[i] = true;
    for (size_t i = STAY; i < s.n; i++)
        s.x[i * 3 + 1] = distance ? s.x[i * 3 + 1] + size : s.x[i * 3 + 1] * size;
    gemml_moments *all = moments_of(&s, 0, s.n), *part = moments_of(&s, STAY, GO);
    double *before = moments_numbers(all, 4), error = -1;
    gemml_status status = gemml_moments_subtract(all, part);
    if (status == GEMML_OK) {
        error = moments_error(&s, in, all);
    } else {
        assert_refused(status, GEMML_ERROR_UNSUPPORTED, "feature", "1", "digits", "10");
        double *after = moments_numbers(all, 4);
        assert_bits(after, before, 20);
        free(after);
    }
    free(before);
    free(in);
    gemml_moments_free(all);
    gemml_moments_free(part);
    sample_free(&s);
    return error;
}

/* Ten digits of a sum of squares are lost by 1e16 / 1e10: at 1000 times the spread or
 * the distance. Whatever is let through has them, what is refused is near the bound. */
static void test_right_moment(void **state)
{
    (void)state;
    for (int distance = 0; distance < 2; distance++) {
        double last = 0, first = INFINITY;
        for (double size = 1; size < 1e12; size *= 1.25) {
            double error = left_behind(size, distance);
            assert_true(error <= 1e-10);
            if (error >= 0)
                last = size;
            else
                first = fmin(first, size);
        }
        assert_true(last < first); /* no gaps */
        assert_true(last > 50 && first < 3000);
    }
}

/* Each step leaves a tenth of the sum of squares, which alone would always do; what
 * was lost before counts. */
static void test_losses_add_up(void **state)
{
    (void)state;
    enum { STEPS = 12, ROWS = 40 };
    struct sample s = centred_at(STEPS * ROWS, 0, false);
    bool *in = malloc(s.n * sizeof *in);
    for (size_t i = 0; i < s.n; i++)
        for (size_t j = 0; j < 3; j++)
            s.x[i * 3 + j] *= pow(10, -0.5 * (double)(i / ROWS));
    gemml_moments *all = moments_of(&s, 0, s.n);
    size_t steps = 0;
    for (gemml_status status = GEMML_OK; status == GEMML_OK; steps++) {
        gemml_moments *part = moments_of(&s, steps * ROWS, ROWS);
        status = gemml_moments_subtract(all, part);
        for (size_t i = 0; i < s.n && status == GEMML_OK; i++)
            in[i] = i / ROWS > steps;
        if (status == GEMML_OK)
            assert_moments(&s, in, all, 1e-10);
        gemml_moments_free(part);
    }
    assert_true(steps >= 4 && steps <= 7);
    gemml_moments_free(all);
    free(in);
    sample_free(&s);
}

/* Leaving one row, no column varies any more. */
static void test_leaving_one_row(void **state)
{
    (void)state;
    struct sample s = centred_at(20, 5, false);
    gemml_moments *all = moments_of(&s, 0, 20), *part = moments_of(&s, 0, 19);
    assert_refused(gemml_moments_subtract(all, part), GEMML_ERROR_UNSUPPORTED, "feature", "0", "digits");
    gemml_moments_free(part);
    part = moments_of(&s, 0, 17);
    assert_ok(gemml_moments_subtract(all, part));
    gemml_moments_free(all);
    gemml_moments_free(part);
    sample_free(&s);
}

static void test_weights_that_vanish(void **state)
{
    (void)state;
    struct sample s = centred_at(20, 5, true);
    for (size_t i = 0; i < 10; i++)
        s.w[i] *= 1e-8;
    gemml_moments *all = moments_of(&s, 0, 20), *part = moments_of(&s, 10, 10);
    assert_refused(gemml_moments_subtract(all, part), GEMML_ERROR_UNSUPPORTED, "w", "digits", "10");
    gemml_moments_free(all);
    gemml_moments_free(part);
    sample_free(&s);
}

/* A column that is constant throughout has no digits to lose; one whose variation
 * goes with the rows that go has lost them all. */
static void test_constant_columns(void **state)
{
    (void)state;
    struct sample s = centred_at(200, 0.3, true);
    bool *in = malloc(s.n * sizeof *in);
    for (size_t i = 0; i < s.n; i++) {
        s.x[i * 3] = 0.1;
        in[i] = i >= 50;
    }
    gemml_moments *all = new_moments(3, 1), *part = moments_of(&s, 0, 50);
    for (size_t i = 0; i < s.n; i += 20)
        add_rows(all, &s, i, 20);
    assert_ok(gemml_moments_subtract(all, part));
    double C[16], w[4];
    gemml_moments_fit fit = GEMML_MOMENTS_FIT_INIT;
    assert_ok(gemml_moments_covariance(all, gemml_matrix_f64(C, 4, 4)));
    assert_true(C[0] <= 1e-32);
    assert_ok(gemml_moments_solve(all, NULL, 0, NULL, gemml_matrix_f64(w, 4, 1), &fit));
    assert_int_equal(fit.rank, 3);
    assert_true(w[1] == 0);
    gemml_moments_free(all);
    gemml_moments_free(part);
    for (size_t i = 0; i < 50; i++)
        s.x[i * 3] = (double)(i % 2);
    all = moments_of(&s, 0, 200), part = moments_of(&s, 0, 50);
    assert_refused(gemml_moments_subtract(all, part), GEMML_ERROR_UNSUPPORTED, "feature", "0");
    gemml_moments_free(all);
    gemml_moments_free(part);
    free(in);
    sample_free(&s);
}

/* ---- What cannot be a part ---- */

static void test_no_parts(void **state)
{
    (void)state;
    struct sample s = centred_at(60, 1, true);
    gemml_moments *small = moments_of(&s, 0, 20), *large = moments_of(&s, 0, 60);
    double *before = moments_numbers(small, 4);
    assert_refused(gemml_moments_subtract(small, large), GEMML_ERROR_UNSUPPORTED, "60", "20");
    gemml_moments *heavy = new_moments(3, 1);
    for (size_t i = 0; i < 60; i++)
        s.w[i] *= 100;
    add_rows(heavy, &s, 0, 10);
    assert_refused(gemml_moments_subtract(small, heavy), GEMML_ERROR_UNSUPPORTED, "w");
    add_rows(heavy, &s, 10, 10); /* as many rows, another weight */
    assert_refused(gemml_moments_subtract(small, heavy), GEMML_ERROR_UNSUPPORTED, "20", "w");
    gemml_moments_free(heavy);
    for (size_t i = 0; i < 60; i++)
        s.w[i] /= 1000;
    for (size_t i = 0; i < 180; i++)
        s.x[i] *= 1000; /* a negative sum of squares would be left */
    heavy = moments_of(&s, 0, 10);
    assert_refused(gemml_moments_subtract(small, heavy), GEMML_ERROR_UNSUPPORTED, "feature", "0");
    double *after = moments_numbers(small, 4);
    assert_bits(after, before, 20);
    free(before);
    free(after);
    gemml_moments_free(heavy);
    gemml_moments_free(small);
    gemml_moments_free(large);
    sample_free(&s);
}

/* All rows: empty afterwards, and as good as new. */
static void test_everything(void **state)
{
    (void)state;
    struct sample s = centred_at(60, 1e8, true);
    gemml_moments *all = moments_of(&s, 0, 60), *same = new_moments(3, 1), *fresh = moments_of(&s, 0, 60);
    gemml_moments_info info = GEMML_MOMENTS_INFO_INIT;
    for (size_t i = 0; i < 60; i += 6)
        add_rows(same, &s, i, 6);
    assert_ok(gemml_moments_subtract(all, same));
    assert_ok(gemml_moments_get_info(all, &info));
    assert_true(info.rows == 0 && info.sum_weight == 0);
    add_rows(all, &s, 0, 60);
    double *numbers = moments_numbers(all, 4), *expected = moments_numbers(fresh, 4);
    assert_bits(numbers, expected, 20);
    free(numbers);
    free(expected);
    assert_ok(gemml_moments_subtract(all, all)); /* itself */
    assert_ok(gemml_moments_get_info(all, &info));
    assert_int_equal(info.rows, 0);
    assert_ok(gemml_moments_merge(same, same)); /* twice the weight */
    assert_ok(gemml_moments_get_info(same, &info));
    assert_int_equal(info.rows, 120);
    gemml_moments_free(all);
    gemml_moments_free(same);
    gemml_moments_free(fresh);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_thousand_parts),
        cmocka_unit_test(test_sliding_window),
        cmocka_unit_test(test_right_moment),
        cmocka_unit_test(test_losses_add_up),
        cmocka_unit_test(test_leaving_one_row),
        cmocka_unit_test(test_weights_that_vanish),
        cmocka_unit_test(test_constant_columns),
        cmocka_unit_test(test_no_parts),
        cmocka_unit_test(test_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

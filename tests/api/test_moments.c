/* Adding and merging: whatever the batches, their order and their centres, the
 * moments are those of all rows, recomputed in long double. */
#include "api/moments_truth.h"

/* Means up to 1e8 times the spread, of all sizes. */
static struct sample badly_centred(size_t n, bool weighted)
{
    struct sample s = sample_make(n, 4, 2, n);
    sample_move(&s, 0, 1e8, 1);
    sample_move(&s, 1, -3e-7, 1e-15);
    sample_move(&s, 2, 1e160, 1e153);
    sample_move(&s, 4, 1e6, 1e-2);
    if (weighted)
        sample_weigh(&s, 5);
    return s;
}

static void test_batches(void **state)
{
    (void)state;
    const size_t sizes[] = {1, 7, 100, 1024, 3000};
    for (int weighted = 0; weighted < 2; weighted++) {
        struct sample s = badly_centred(3000, weighted);
        for (size_t b = 0; b < sizeof sizes / sizeof *sizes; b++) {
            gemml_moments *moments = new_moments(s.p, s.K);
            for (size_t first = 0; first < s.n; first += sizes[b])
                add_rows(moments, &s, first, s.n - first < sizes[b] ? s.n - first : sizes[b]);
            assert_moments(&s, NULL, moments, 2e-14);
            gemml_moments_free(moments);
        }
        sample_free(&s);
    }
}

/* A thousand parts of different sizes, merged from first to last, from last to
 * first, and by neighbours. */
static void test_thousand_parts(void **state)
{
    (void)state;
    enum { PARTS = 1000 };
    struct sample s = badly_centred(PARTS * (PARTS % 7 + 3), true);
    for (int order = 0; order < 3; order++) {
        gemml_moments *parts[PARTS];
        for (size_t i = 0, first = 0; i < PARTS; i++) {
            size_t count = i + 1 == PARTS ? s.n - first : 1 + i % 5;
            parts[i] = moments_of(&s, first, count);
            first += count;
        }
        for (size_t i = 1; order == 0 && i < PARTS; i++)
            assert_ok(gemml_moments_merge(parts[0], parts[i]));
        for (size_t i = PARTS - 1; order == 1 && i > 0; i--)
            assert_ok(gemml_moments_merge(parts[i - 1], parts[i]));
        for (size_t step = 1; order == 2 && step < PARTS; step *= 2)
            for (size_t i = 0; i + step < PARTS; i += 2 * step)
                assert_ok(gemml_moments_merge(parts[i], parts[i + step]));
        assert_moments(&s, NULL, parts[0], 2e-14);
        for (size_t i = 0; i < PARTS; i++)
            gemml_moments_free(parts[i]);
    }
    sample_free(&s);
}

/* Rows that begin far from where the others are: the first one at zero, or half of
 * them. The shift must not stay where the first batch put it. */
static void test_distant_parts(void **state)
{
    (void)state;
    const size_t near_zero[] = {1, 2, 500};
    for (size_t c = 0; c < 3; c++) {
        struct sample s = sample_make(1000, 3, 1, 4);
        for (size_t i = near_zero[c]; i < s.n; i++) {
            s.x[i * 3] += 1e8;
            s.x[i * 3 + 1] -= 1e300;
            s.y[i] = 1e12 + 1e-3 * s.y[i];
        }
        gemml_moments *early = moments_of(&s, 0, near_zero[c]),
                      *late = moments_of(&s, near_zero[c], s.n - near_zero[c]);
        gemml_moments *other = moments_of(&s, near_zero[c], s.n - near_zero[c]);
        assert_ok(gemml_moments_merge(other, early));
        assert_ok(gemml_moments_merge(early, late));
        /* The square of the second column's spread is beyond a double's range. */
        double C[16];
        assert_refused(gemml_moments_covariance(early, gemml_matrix_f64(C, 4, 4)), GEMML_ERROR_NONFINITE, "covariance");
        gemml_moments_free(early);
        gemml_moments_free(late);
        gemml_moments_free(other);
        sample_move(&s, 1, 0, 1e-200);
        early = moments_of(&s, 0, near_zero[c]), late = moments_of(&s, near_zero[c], s.n - near_zero[c]);
        other = moments_of(&s, near_zero[c], s.n - near_zero[c]);
        assert_ok(gemml_moments_merge(other, early));
        assert_ok(gemml_moments_merge(early, late));
        assert_moments(&s, NULL, early, 1e-14);
        assert_moments(&s, NULL, other, 1e-14);
        gemml_moments_free(early);
        gemml_moments_free(late);
        gemml_moments_free(other);
        sample_free(&s);
    }
}

/* With fewer rows far away, the spread of the others is still there when the far
 * ones had come first: to the digits that the sum itself has. */
static void test_spread_within_parts(void **state)
{
    (void)state;
    struct sample s = sample_make(5000, 2, 1, 8);
    s.x[0] = 1e8; /* one row of 5000, the first */
    gemml_moments *moments = moments_of(&s, 0, 1);
    for (size_t first = 1; first < s.n; first += 17)
        add_rows(moments, &s, first, s.n - first < 17 ? s.n - first : 17);
    assert_moments(&s, NULL, moments, 1e-13);
    gemml_moments_free(moments);
    sample_free(&s);
}

/* ---- Forms of data ---- */

/* Integers, which all dtypes hold exactly, so that all must agree with the truth. */
static struct sample whole_numbers(size_t n)
{
    struct sample s = sample_make(n, 3, 2, 6);
    for (size_t i = 0; i < n * 3; i++)
        s.x[i] = rint(1000 * s.x[i]) + 1e6;
    for (size_t i = 0; i < n * 2; i++)
        s.y[i] = rint(1000 * s.y[i]);
    s.w = malloc(n * sizeof *s.w);
    for (size_t i = 0; i < n; i++)
        s.w[i] = (double)(i % 4); /* some rows do not count */
    return s;
}

#define DEFINE_STRIDED(suffix, type)                                                               \
    static gemml_view strided_##suffix(const double *data, size_t rows, size_t cols, void *memory) \
    {                                                                                              \
        type *to = memory;                                                                         \
        for (size_t i = 0; i < rows; i++)                                                          \
            for (size_t j = 0; j < cols + 2; j++)                                                  \
                to[i * (cols + 2) + j] = (type)(j < cols ? data[i * cols + j] : 12345);            \
        return gemml_view_##suffix##_strided(to, rows, cols, cols + 2);                            \
    }
DEFINE_STRIDED(f64, double)
DEFINE_STRIDED(f32, float)
DEFINE_STRIDED(i32, int32_t)
DEFINE_STRIDED(i64, int64_t)

static void test_dtypes_and_strides(void **state)
{
    (void)state;
    gemml_view (*const forms[])(const double *, size_t, size_t, void *) = {strided_f64, strided_f32, strided_i32,
                                                                           strided_i64};
    struct sample s = whole_numbers(700);
    void *x = malloc(s.n * 5 * 8), *y = malloc(s.n * 4 * 8), *w = malloc(s.n * 3 * 8);
    for (size_t f = 0; f < 4; f++)
        for (size_t g = 0; g < 4; g++) {
            gemml_dataset data = GEMML_DATASET_INIT;
            data.x = forms[f](s.x, s.n, 3, x);
            data.y = forms[g](s.y, s.n, 2, y);
            data.weight = forms[(f + g) % 4](s.w, s.n, 1, w);
            gemml_moments *moments = new_moments(3, 2);
            assert_ok(gemml_moments_add(moments, &data));
            assert_moments(&s, NULL, moments, 1e-14);
            gemml_moments_free(moments);
        }
    free(x);
    free(y);
    free(w);
    sample_free(&s);
}

static void test_extreme_weights(void **state)
{
    (void)state;
    const double sizes[] = {1e-300, 1e300};
    for (size_t c = 0; c < 2; c++) {
        struct sample s = badly_centred(300, true);
        for (size_t i = 0; i < s.n; i++)
            s.w[i] *= sizes[c];
        gemml_moments *moments = moments_of(&s, 0, 100);
        add_rows(moments, &s, 100, 200);
        assert_moments(&s, NULL, moments, 2e-14);
        gemml_moments_free(moments);
        sample_free(&s);
    }
}

/* Many columns: tiles instead of blocks. */
static void test_wide(void **state)
{
    (void)state;
    struct sample s = sample_make(600, 200, 2, 3);
    for (size_t j = 0; j < s.p; j++)
        sample_move(&s, j, 1e7, 1);
    gemml_moments *moments = moments_of(&s, 0, 250);
    add_rows(moments, &s, 250, 350);
    assert_moments(&s, NULL, moments, 2e-14);
    gemml_moments_free(moments);
    sample_free(&s);
}

static void test_same_bits_for_any_threads(void **state)
{
    (void)state;
    struct sample s = badly_centred(9000, true);
    double *expected = NULL;
    for (size_t threads = 1; threads <= 5; threads += 2) {
        assert_ok(gemml_set_threads(threads));
        gemml_moments *moments = moments_of(&s, 0, 5000);
        add_rows(moments, &s, 5000, 4000);
        double *numbers = moments_numbers(moments, 6);
        if (expected)
            assert_bits(numbers, expected, 42);
        else
            expected = numbers;
        if (numbers != expected)
            free(numbers);
        gemml_moments_free(moments);
    }
    free(expected);
    assert_ok(gemml_set_threads(0));
    sample_free(&s);
}

/* ---- Empty ones ---- */

static void test_empty(void **state)
{
    (void)state;
    struct sample s = badly_centred(50, false);
    gemml_moments *empty = new_moments(4, 2), *moments = moments_of(&s, 0, 50);
    gemml_moments_info info = GEMML_MOMENTS_INFO_INIT;
    double out[36], *before = moments_numbers(moments, 6);
    assert_ok(gemml_moments_get_info(empty, &info));
    assert_true(info.features == 4 && info.outputs == 2 && info.rows == 0 && info.sum_weight == 0);
    assert_refused(gemml_moments_mean(empty, gemml_matrix_f64(out, 1, 6)), GEMML_ERROR_UNFITTED, "rows");
    assert_refused(gemml_moments_covariance(empty, gemml_matrix_f64(out, 6, 6)), GEMML_ERROR_UNFITTED, "rows");
    assert_refused(gemml_moments_solve(empty, NULL, 0, NULL, gemml_matrix_f64(out, 5, 2), NULL), GEMML_ERROR_UNFITTED,
                   "rows");
    assert_ok(gemml_moments_merge(moments, empty));
    assert_ok(gemml_moments_subtract(moments, empty));
    assert_ok(gemml_moments_merge(empty, moments));
    double *same = moments_numbers(moments, 6), *copied = moments_numbers(empty, 6);
    assert_bits(same, before, 42);
    assert_bits(copied, before, 42);
    free(before);
    free(same);
    free(copied);
    gemml_moments_free(empty);
    gemml_moments_free(moments);
    gemml_moments_free(NULL);
    sample_free(&s);
}

/* ---- Refusals: the target stays as it was ---- */

static void test_refusals(void **state)
{
    (void)state;
    struct sample s = badly_centred(50, true);
    gemml_moments *moments = moments_of(&s, 0, 50), *narrow = new_moments(3, 2), *untouched = narrow;
    double *before = moments_numbers(moments, 6), out[36] = {7};
    gemml_dataset data = sample_rows(&s, 0, 50);
    assert_refused(gemml_moments_create(NULL, 1, 1), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_create(&untouched, 0, 1), GEMML_ERROR_SHAPE, "0", "features");
    assert_refused(gemml_moments_create(&untouched, 1, 0), GEMML_ERROR_SHAPE, "0", "outputs");
    assert_refused(gemml_moments_create(&untouched, SIZE_MAX, SIZE_MAX), GEMML_ERROR_SHAPE, "features");
    assert_refused(gemml_moments_create(&untouched, (size_t)1 << 30, 1), GEMML_ERROR_MEMORY, "memory");
    assert_ptr_equal(untouched, narrow);
    assert_refused(gemml_moments_add(NULL, &data), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_add(moments, NULL), GEMML_ERROR_ARGUMENT, "NULL");
    assert_refused(gemml_moments_add(narrow, &data), GEMML_ERROR_SHAPE, "4", "3", "2");
    assert_refused(gemml_moments_merge(moments, NULL), GEMML_ERROR_ARGUMENT, "from");
    assert_refused(gemml_moments_merge(NULL, moments), GEMML_ERROR_ARGUMENT, "into");
    assert_refused(gemml_moments_merge(moments, narrow), GEMML_ERROR_SHAPE, "4", "3");
    assert_refused(gemml_moments_subtract(moments, narrow), GEMML_ERROR_SHAPE, "4", "3");
    assert_refused(gemml_moments_subtract(moments, NULL), GEMML_ERROR_ARGUMENT, "part");
    s.x[30 * 4 + 1] = NAN;
    assert_refused(gemml_moments_add(moments, &data), GEMML_ERROR_NONFINITE, "x", "nan", "30", "1");
    s.x[30 * 4 + 1] = 0;
    s.w[7] = -1;
    assert_refused(gemml_moments_add(moments, &data), GEMML_ERROR_ARGUMENT, "weight", "7");
    s.w[7] = 1;
    assert_refused(gemml_moments_mean(moments, gemml_matrix_f64(out, 1, 5)), GEMML_ERROR_SHAPE, "5", "6");
    assert_refused(gemml_moments_covariance(moments, gemml_matrix_f64(out, 5, 6)), GEMML_ERROR_SHAPE, "5", "6");
    float small[6] = {7};
    assert_refused(gemml_moments_mean(moments, gemml_matrix_f32(small, 1, 6)), GEMML_ERROR_NONFINITE, "mean", "2");
    assert_true(out[0] == 7 && small[0] == 7);
    double *after = moments_numbers(moments, 6);
    assert_bits(after, before, 42);
    free(before);
    free(after);
    gemml_moments_free(moments);
    gemml_moments_free(narrow);
    sample_free(&s);
}

/* Two halves that are within range, and whose sum is not. */
static void test_overflow_in_a_merge(void **state)
{
    (void)state;
    struct sample s = badly_centred(10, true);
    for (size_t i = 0; i < 10; i++)
        s.w[i] = 1.7e307;
    gemml_moments *a = moments_of(&s, 0, 10), *b = moments_of(&s, 0, 10);
    double *before = moments_numbers(a, 6);
    assert_refused(gemml_moments_merge(a, b), GEMML_ERROR_NONFINITE, "10", "overflow");
    double *after = moments_numbers(a, 6);
    assert_bits(after, before, 42);
    free(before);
    free(after);
    gemml_moments_free(a);
    gemml_moments_free(b);
    sample_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_thousand_parts),
        cmocka_unit_test(test_distant_parts),
        cmocka_unit_test(test_spread_within_parts),
        cmocka_unit_test(test_dtypes_and_strides),
        cmocka_unit_test(test_extreme_weights),
        cmocka_unit_test(test_wide),
        cmocka_unit_test(test_same_bits_for_any_threads),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_overflow_in_a_merge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

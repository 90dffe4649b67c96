/* Statistics of columns against two passes in long double. */
#include "fold/columns.h"

#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"

static uint64_t random_state;
static const gemml_view none = GEMML_EMPTY_VIEW;

struct dataset {
    struct padded x, y, weight;
    bool weighted;
};

static struct dataset dataset_make(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted, double center,
                                   double spread)
{
    return (struct dataset){padded_make(dtype, n, p, 3, center, spread, &random_state),
                            padded_make(dtype, n, K, 1, -center, spread / 2, &random_state),
                            padded_weights(dtype, n, 2, &random_state), weighted};
}

static void dataset_free(struct dataset *data)
{
    padded_free(&data->x);
    padded_free(&data->y);
    padded_free(&data->weight);
}

static struct view_source source_of(const struct dataset *data)
{
    return view_source_f64(data->x.view, data->y.view, data->weighted ? data->weight.view : none);
}

static long double weight_at(const struct dataset *data, size_t i)
{
    return data->weighted ? padded_at(&data->weight, i, 0) : 1;
}

static long double value_at(const struct dataset *data, size_t i, size_t j)
{
    size_t p = data->x.view.cols;
    return j < p ? padded_at(&data->x, i, j) : padded_at(&data->y, i, j - p);
}

/* Mean and variance by two passes, the first about the first value. */
static void two_passes(const struct dataset *data, size_t j, long double *mean, long double *variance)
{
    long double origin = value_at(data, 0, j), sum = 0, W = 0, squares = 0;
    for (size_t i = 0; i < data->x.view.rows; i++) {
        sum += weight_at(data, i) * (value_at(data, i, j) - origin);
        W += weight_at(data, i);
    }
    *mean = origin + sum / W;
    for (size_t i = 0; i < data->x.view.rows; i++) {
        long double d = value_at(data, i, j) - origin - sum / W;
        squares += weight_at(data, i) * d * d;
    }
    *variance = squares / W;
}

static void check_columns(const struct dataset *data, double center, double spread)
{
    struct view_source source = source_of(data);
    struct columns columns;
    size_t n = data->x.view.rows, m = data->x.view.cols + data->y.view.cols;
    long double W = 0;
    assert_int_equal(columns_fold(&columns, &source.source), GEMML_OK);
    assert_int_equal(columns.count, m);
    for (size_t i = 0; i < n; i++)
        W += weight_at(data, i);
    assert_near(columns.sum_weight, (double)W, 1e-14);
    for (size_t j = 0; j < m; j++) {
        long double mean, variance, low = (long double)INFINITY, high = -low;
        two_passes(data, j, &mean, &variance);
        for (size_t i = 0; i < n; i++) {
            if (weight_at(data, i) == 0)
                continue;
            low = value_at(data, i, j) < low ? value_at(data, i, j) : low;
            high = value_at(data, i, j) > high ? value_at(data, i, j) : high;
        }
        assert_true(fabs(columns.mean[j] - (double)mean) <= truth_slack() * (2e-16 * center + 1e-15 * spread));
        assert_true(fabs(columns.variance[j] - (double)variance) <= truth_slack() * 1e-13 * spread * spread);
        assert_true(columns.minimum[j] == (double)low && columns.maximum[j] == (double)high);
    }
    columns_free(&columns);
    assert_null(columns.mean);
}

static void moments_match_two_passes(void **state)
{
    const size_t rows[] = {1, 2, 63, 64, 65, 200, 1023, 1024, 1025, 4500};
    const double scales[][2] = {{0, 1}, {1e9, 1}, {1e12, 1e-2}, {3, 1e-30}, {1e-200, 1e-210}, {1e140, 1e140}};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++)
            for (int weighted = 0; weighted < 2; weighted++) {
                struct dataset data = dataset_make(GEMML_F64, rows[r], 4, 2, weighted, scales[s][0], scales[s][1]);
                check_columns(&data, scales[s][0], scales[s][1]);
                dataset_free(&data);
            }
}

static void other_dtypes_are_widened(void **state)
{
    (void)state;
    for (int dtype = GEMML_F32; dtype <= GEMML_I64; dtype++) {
        struct dataset data = dataset_make((gemml_dtype)dtype, 1500, 3, 1, true, 1e6, 1e4);
        check_columns(&data, 1e6, 1e4);
        dataset_free(&data);
    }
}

/* 0.1 is not a double, so that sums of it are rounded: still no variance, and its own mean. */
static void constant_columns_have_no_variance(void **state)
{
    const double constants[] = {0.1, -1e9 / 3, 0, 1e300, 5e-324};
    (void)state;
    for (size_t c = 0; c < 5; c++)
        for (int weighted = 0; weighted < 2; weighted++) {
            struct dataset data = dataset_make(GEMML_F64, 3000, 2, 1, weighted, 7, 1);
            struct view_source source = source_of(&data);
            struct columns columns;
            for (size_t i = 0; i < 3000; i++)
                padded_set(&data.x, i, 1, (long double)constants[c]);
            assert_int_equal(columns_fold(&columns, &source.source), GEMML_OK);
            assert_true(columns.mean[1] == constants[c] && columns.variance[1] == 0);
            assert_true(columns.variance[0] > 0 && columns.variance[2] > 0);
            columns_free(&columns);
            dataset_free(&data);
        }
}

static void nonfinite_data_show(void **state)
{
    const double bad[] = {NAN, INFINITY, -INFINITY};
    (void)state;
    for (size_t b = 0; b < 3; b++)
        for (size_t row = 0; row < 2500; row += 833) {
            struct dataset data = dataset_make(GEMML_F64, 2500, 2, 1, true, 0, 1);
            struct view_source source = source_of(&data);
            struct columns columns;
            padded_set(&data.x, row, 1, (long double)bad[b]);
            padded_set(&data.weight, row, 0, 0);
            assert_int_equal(columns_fold(&columns, &source.source), GEMML_OK);
            assert_true(!isfinite(columns.mean[1]));
            assert_true(isfinite(columns.mean[0]) && isfinite(columns.variance[2]));
            columns_free(&columns);
            dataset_free(&data);
        }
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct dataset data = dataset_make(GEMML_F64, 9000, 5, 1, true, 100, 1);
    struct view_source source = source_of(&data);
    double first[24];
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        struct columns columns;
        schedule_use(schedule);
        assert_int_equal(columns_fold(&columns, &source.source), GEMML_OK);
        if (schedule == 0)
            memcpy(first, columns.mean, sizeof first);
        assert_memory_equal(first, columns.mean, sizeof first);
        columns_free(&columns);
    }
    dataset_free(&data);
}

/* All rows where there are few: the mean, and the largest distance in [1/2, 1). */
static void the_provisional_scale_of_few_rows(void **state)
{
    const double scales[][2] = {{0, 1}, {1e9, 1e-3}, {-4, 1e150}, {0, 1e-300}, {5, 1e300}};
    (void)state;
    for (size_t n = 1; n <= 64; n += 21)
        for (size_t s = 0; s < sizeof scales / sizeof *scales; s++) {
            struct dataset data = dataset_make(GEMML_F64, n, 3, 1, false, scales[s][0], scales[s][1]);
            struct view_source source = source_of(&data);
            double shift[4], scale[4];
            assert_int_equal(columns_provisional(&source.source, shift, scale), GEMML_OK);
            for (size_t j = 0; j < 4; j++) {
                long double mean, variance;
                double most = 0;
                int exponent;
                two_passes(&data, j, &mean, &variance);
                assert_true(fabs(shift[j] - (double)mean) <=
                            truth_slack() * 1e-15 * (fabs(scales[s][0]) + scales[s][1]));
                for (size_t i = 0; i < n; i++)
                    most = fmax(most, fabs((double)value_at(&data, i, j) - shift[j]));
                assert_true(frexp(scale[j], &exponent) == 0.5); /* a power of two */
                assert_true(n == 1 ? scale[j] == 1 : most * scale[j] >= 0.5 && most * scale[j] < 1);
            }
            dataset_free(&data);
        }
}

/* What stands in a row of weight 0 is nothing to the others. */
static void rows_without_weight_do_not_count(void **state)
{
    struct dataset data = dataset_make(GEMML_F64, 40, 2, 1, true, 0, 1);
    struct view_source source = source_of(&data);
    struct columns columns;
    double shift[3], scale[3];
    (void)state;
    padded_set(&data.x, 7, 0, -1e100L);
    padded_set(&data.y, 7, 0, 1e100L);
    padded_set(&data.weight, 7, 0, 0);
    assert_int_equal(columns_provisional(&source.source, shift, scale), GEMML_OK);
    assert_int_equal(columns_fold(&columns, &source.source), GEMML_OK);
    for (size_t j = 0; j < 3; j++) {
        assert_true(fabs(shift[j]) < 2 && scale[j] > 0.1);
        assert_true(columns.minimum[j] > -2 && columns.maximum[j] < 2);
    }
    columns_free(&columns);
    dataset_free(&data);
}

/* Of many rows a sample: near the mean of sorted data too, that is spread over all of them. */
static void the_provisional_scale_of_many_rows(void **state)
{
    (void)state;
    for (size_t n = 65; n < 70000; n *= 3) {
        struct dataset data = dataset_make(GEMML_F64, n, 1, 1, false, 50, 2);
        struct view_source source = source_of(&data);
        double shift[2], scale[2];
        for (size_t i = 0; i < n; i++)
            padded_set(&data.x, i, 0, 1e6L + (long double)i);
        assert_int_equal(columns_provisional(&source.source, shift, scale), GEMML_OK);
        assert_true(fabs((shift[0] - 1e6) / (double)n - 0.5) < 0.15);
        assert_true(scale[0] * (double)n > 0.5 && scale[0] * (double)n < 4);
        assert_true(fabs(shift[1] + 50) < 1 && (scale[1] == 1 || scale[1] == 0.5)); /* |y + 50| < 1 */
        dataset_free(&data);
    }
}

static gemml_status fold_columns(void *context)
{
    struct columns columns;
    struct view_source source = source_of(context);
    gemml_status status = columns_fold(&columns, &source.source);
    if (status == GEMML_OK)
        columns_free(&columns);
    else
        assert_null(columns.mean);
    return status;
}

static void allocations_may_fail(void **state)
{
    struct dataset data = dataset_make(GEMML_F64, 3000, 2, 1, true, 0, 1);
    (void)state;
    schedule_use(0);
    fail_each_allocation(fold_columns, &data);
    dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moments_match_two_passes),
        cmocka_unit_test(other_dtypes_are_widened),
        cmocka_unit_test(constant_columns_have_no_variance),
        cmocka_unit_test(nonfinite_data_show),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test(the_provisional_scale_of_few_rows),
        cmocka_unit_test(rows_without_weight_do_not_count),
        cmocka_unit_test(the_provisional_scale_of_many_rows),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

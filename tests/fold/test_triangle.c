/* The triangle of QR: R'R against sums in long double, which share no step with it. */
#include "fold/triangle.h"

#include <math.h>

#include "data/failing.h"
#include "fold/padded.h"
#include "fold/schedule.h"
#include "fold/truth.h"
#include "support/guard.h"

static const gemml_view none = GEMML_EMPTY_VIEW;

static uint64_t random_state;

struct dataset {
    struct padded x, y, weight;
    bool weighted;
};

static struct dataset dataset_make(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted)
{
    return (struct dataset){padded_make(dtype, n, p, 3, 10, 3, &random_state),
                            padded_make(dtype, n, K, 1, -7, 40, &random_state),
                            padded_weights(dtype, n, 2, &random_state), weighted};
}

static void dataset_free(struct dataset *data)
{
    padded_free(&data->x);
    padded_free(&data->y);
    padded_free(&data->weight);
}

static gemml_status run(const struct dataset *data, struct triangle *triangle)
{
    struct view_source source = view_source_f64(data->x.view, data->y.view, data->weighted ? data->weight.view : none);
    return triangle_fold(triangle, &source.source);
}

/* Row i of [1 U Y], without the weight. */
static void true_row(const struct dataset *data, const struct triangle *triangle, size_t i, long double *row)
{
    size_t p = triangle->features;
    row[0] = 1;
    for (size_t j = 0; j < triangle->order - 1; j++) {
        long double value = j < p ? padded_at(&data->x, i, j) : padded_at(&data->y, i, j - p);
        row[1 + j] = (value - triangle->shift[j]) * triangle->scale[j];
    }
}

static long double product(const struct triangle *triangle, size_t j, size_t k)
{
    long double sum = 0;
    for (size_t i = 0; i < triangle->order; i++)
        sum += (long double)triangle->R[j * triangle->order + i] * triangle->R[k * triangle->order + i];
    return sum;
}

static void check(gemml_dtype dtype, size_t n, size_t p, size_t K, bool weighted)
{
    struct dataset data = dataset_make(dtype, n, p, K, weighted);
    struct triangle triangle;
    assert_int_equal(run(&data, &triangle), GEMML_OK);
    size_t m = triangle.order;
    assert_int_equal(m, 1 + p + K);
    assert_true(triangle_finite(&triangle));
    long double *truth = calloc(m * m, sizeof *truth), *row = malloc(m * sizeof *row);
    for (size_t i = 0; i < n; i++) {
        true_row(&data, &triangle, i, row);
        long double w = weighted ? padded_at(&data.weight, i, 0) : 1;
        for (size_t j = 0; j < m; j++)
            for (size_t k = 0; k < m; k++)
                truth[j * m + k] += w * row[j] * row[k];
    }
    for (size_t j = 0; j < m; j++)
        for (size_t k = 0; k < m; k++) {
            assert_true(k >= j || triangle.R[k * m + j] == 0); /* zero below the diagonal */
            long double size = sqrtl(truth[j * m + j] * truth[k * m + k]);
            assert_true(fabsl(product(&triangle, j, k) - truth[j * m + k]) <=
                        (long double)(truth_slack() * 2e-14) * size);
        }
    free(truth);
    free(row);
    triangle_free(&triangle);
    dataset_free(&data);
}

static void products_match_the_sums(void **state)
{
    const size_t rows[] = {1, 2, 7, 255, 256, 257, 1023, 1024, 1025, 2600, 5000};
    const size_t features[] = {1, 3, 8, 33};
    (void)state;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
        for (size_t f = 0; f < sizeof features / sizeof *features; f++)
            check(GEMML_F64, rows[r], features[f], 1 + f % 2, (r + f) % 2);
    check(GEMML_F64, 3000, 200, 1, true);
}

static void other_dtypes_are_widened(void **state)
{
    (void)state;
    for (int dtype = GEMML_F32; dtype <= GEMML_I64; dtype++)
        check((gemml_dtype)dtype, 1100, 4, 2, dtype != GEMML_F32);
}

static void what_is_not_finite_shows(void **state)
{
    struct triangle triangle;
    (void)state;
    for (int which = 0; which < 2; which++) {
        struct dataset data = dataset_make(GEMML_F64, 3000, 3, 1, false);
        padded_set(which ? &data.x : &data.y, 1777, which ? 2 : 0, which ? INFINITY : NAN);
        assert_int_equal(run(&data, &triangle), GEMML_OK);
        assert_false(triangle_finite(&triangle));
        triangle_free(&triangle);
        dataset_free(&data);
    }
}

static void the_bits_do_not_depend_on_the_schedule(void **state)
{
    struct dataset data = dataset_make(GEMML_F64, 9000, 6, 1, true);
    double first[64];
    (void)state;
    for (size_t schedule = 0; schedule < SCHEDULES; schedule++) {
        struct triangle triangle;
        schedule_use(schedule);
        assert_int_equal(run(&data, &triangle), GEMML_OK);
        if (schedule == 0)
            memcpy(first, triangle.R, sizeof first);
        assert_memory_equal(first, triangle.R, sizeof first);
        triangle_free(&triangle);
    }
    dataset_free(&data);
}

static gemml_status fold_triangle(void *context)
{
    struct triangle triangle;
    gemml_status status = run(context, &triangle);
    if (status == GEMML_OK)
        triangle_free(&triangle);
    return status;
}

static void allocations_may_fail(void **state)
{
    struct dataset data = dataset_make(GEMML_F32, 3000, 4, 1, true);
    (void)state;
    schedule_use(0);
    fail_each_allocation(fold_triangle, &data);
    dataset_free(&data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_match_the_sums),
        cmocka_unit_test(other_dtypes_are_widened),
        cmocka_unit_test(what_is_not_finite_shows),
        cmocka_unit_test_teardown(the_bits_do_not_depend_on_the_schedule, schedule_restore),
        cmocka_unit_test_teardown(allocations_may_fail, schedule_restore),
    };
    return cmocka_run_group_tests(tests, guard_enter, guard_leave);
}

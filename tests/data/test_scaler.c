/* Scalers: the input map from the statistics of columns. */
#include "data/scaler.h"

#include "data/failing.h"

static struct scaling unit(gemml_scaling kind)
{
    return (struct scaling){kind, 0, 1};
}

static void scalers_map_the_columns(void **state)
{
    /* Columns: ordinary, constant (shifted only), tiny. */
    double mean[] = {5, 0.1, 2e-30}, variance[] = {4, 0, 1e-60}, low[] = {1, 0.1, -1e-30}, high[] = {9, 0.1, 3e-30};
    struct columns columns = {3, 10, mean, variance, low, high};
    struct input_map map;
    (void)state;
    assert_int_equal(scaler_fit(&map, unit(GEMML_SCALING_NONE), 3, &columns, NULL), GEMML_OK);
    assert_true(map.inputs == 3 && !map.shift && !map.scale);

    assert_int_equal(scaler_fit(&map, unit(GEMML_SCALING_STANDARDIZE), 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++)
        assert_true(map.shift[j] == mean[j]);
    assert_true(map.scale[0] == 0.5 && map.scale[1] == 1);
    assert_near(map.scale[2] / 1e30, 1, 1e-15);
    memory_free(map.shift);
    memory_free(map.scale);

    assert_int_equal(scaler_fit(&map, unit(GEMML_SCALING_MINMAX), 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++)
        assert_true(map.shift[j] == low[j]);
    assert_true(map.scale[0] == 0.125 && map.scale[1] == 1);
    assert_near(map.scale[2] / 2.5e29, 1, 1e-15);
    memory_free(map.shift);
    memory_free(map.scale);
}

static double mapped(const struct input_map *map, size_t j, double x)
{
    return (x - map->shift[j]) * map->scale[j];
}

/* The ends of the range are those of each column, or of all of them; a constant
 * column is at its low end. */
static void ranges(void **state)
{
    double mean[] = {5, 3, 2, 7}, variance[] = {1, 0, 1, 1}, low[] = {1, 3, -4, 0}, high[] = {9, 3, 4, 1};
    struct columns columns = {4, 10, mean, variance, low, high};
    struct input_map map;
    struct output_map targets;
    (void)state;
    assert_int_equal(scaler_fit(&map, (struct scaling){GEMML_SCALING_MINMAX, -2, 3}, 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++)
        assert_near(mapped(&map, j, low[j]), -2, 1e-15);
    assert_near(mapped(&map, 0, high[0]), 3, 1e-15);
    assert_near(mapped(&map, 2, high[2]), 3, 1e-15);
    memory_free(map.shift);
    memory_free(map.scale);

    assert_int_equal(scaler_fit(&map, (struct scaling){GEMML_SCALING_MINMAX_ALL, -2, 3}, 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++) {
        assert_near(mapped(&map, j, -4), -2, 1e-15);
        assert_near(mapped(&map, j, 9), 3, 1e-15);
    }
    memory_free(map.shift);
    memory_free(map.scale);

    assert_int_equal(scaler_fit_targets(&targets, (struct scaling){GEMML_SCALING_STANDARDIZE, -2, 3}, 3, &columns),
                     GEMML_OK);
    assert_int_equal(targets.outputs, 1);
    assert_true(targets.shift[0] == 7 && targets.scale[0] == 1);
    memory_free(targets.shift);
    memory_free(targets.scale);
}

static gemml_status fit_scaler(void *context)
{
    struct input_map map;
    gemml_status status = scaler_fit(&map, unit(GEMML_SCALING_STANDARDIZE), 3, context, NULL);
    if (status == GEMML_OK) {
        memory_free(map.shift);
        memory_free(map.scale);
    } else {
        assert_null(map.shift);
        assert_null(map.scale);
    }
    return status;
}

static void allocations_may_fail(void **state)
{
    double numbers[12] = {1, 2, 3, 1, 1, 1, 0, 0, 0, 4, 4, 4};
    struct columns columns = {3, 1, numbers, numbers + 3, numbers + 6, numbers + 9};
    (void)state;
    fail_each_allocation(fit_scaler, &columns);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalers_map_the_columns),
        cmocka_unit_test(ranges),
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

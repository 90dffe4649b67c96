/* Scalers: the input map from the statistics of columns. */
#include "data/scaler.h"

#include "data/failing.h"

static void scalers_map_the_columns(void **state)
{
    /* Columns: ordinary, constant (shifted only), tiny. */
    double mean[] = {5, 0.1, 2e-30}, variance[] = {4, 0, 1e-60}, low[] = {1, 0.1, -1e-30}, high[] = {9, 0.1, 3e-30};
    struct columns columns = {3, 10, mean, variance, low, high};
    struct input_map map;
    (void)state;
    assert_int_equal(scaler_fit(&map, GEMML_SCALING_NONE, 3, &columns, NULL), GEMML_OK);
    assert_true(map.inputs == 3 && !map.shift && !map.scale);

    assert_int_equal(scaler_fit(&map, GEMML_SCALING_STANDARDIZE, 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++)
        assert_true(map.shift[j] == mean[j]);
    assert_true(map.scale[0] == 0.5 && map.scale[1] == 1);
    assert_near(map.scale[2] / 1e30, 1, 1e-15);
    memory_free(map.shift);
    memory_free(map.scale);

    assert_int_equal(scaler_fit(&map, GEMML_SCALING_MINMAX, 3, &columns, NULL), GEMML_OK);
    for (size_t j = 0; j < 3; j++)
        assert_true(map.shift[j] == low[j]);
    assert_true(map.scale[0] == 0.125 && map.scale[1] == 1);
    assert_near(map.scale[2] / 2.5e29, 1, 1e-15);
    memory_free(map.shift);
    memory_free(map.scale);
}

static gemml_status fit_scaler(void *context)
{
    struct input_map map;
    gemml_status status = scaler_fit(&map, GEMML_SCALING_STANDARDIZE, 3, context, NULL);
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
        cmocka_unit_test(allocations_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

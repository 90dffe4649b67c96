/* Columns in double-double: x + x_low. */
#include "api/sample.h"

enum { ROWS = 40 };

/* x_2 = x_1 (1 + 2^-20 e) to twice the digits of a double, and y = 2^20 (x_2 - x_1):
 * what rounding takes from x_2 is 2^-33 of the difference. */
static void fill(double *x, double *low, double *y)
{
    uint64_t random = 11;
    for (size_t i = 0; i < ROWS; i++) {
        double a = 3 + test_random(&random), e = test_random(&random), product = a * e, rest = fma(a, e, -product);
        double b = a + 0x1p-20 * product, lost = 0x1p-20 * product - (b - a);
        x[2 * i] = a;
        x[2 * i + 1] = b;
        low[2 * i] = 0;
        low[2 * i + 1] = lost + 0x1p-20 * rest;
        y[i] = product;
    }
}

static void coefficients(const gemml_dataset *data, double *coef)
{
    gemml_model *model = fit_model(NULL, data);
    assert_int_equal(gemml_coefficients(model, gemml_matrix_f64(coef, 3, 1)), GEMML_OK);
    gemml_model_free(model);
}

static void low_parts_give_digits(void **state)
{
    double x[2 * ROWS], low[2 * ROWS], y[ROWS], coef[3];
    gemml_dataset data = GEMML_DATASET_INIT;
    (void)state;
    fill(x, low, y);
    data.x = gemml_view_f64(x, ROWS, 2);
    data.y = gemml_view_f64(y, ROWS, 1);
    coefficients(&data, coef);
    assert_true(digits(coef[2], 0x1p20) < 12);
    data.x_low = gemml_view_f64(low, ROWS, 2);
    coefficients(&data, coef);
    assert_true(digits(coef[2], 0x1p20) > 15 && digits(coef[1], -0x1p20) > 15);
}

static void low_parts_refused(void **state)
{
    double x[2 * ROWS], low[2 * ROWS], y[ROWS], kept;
    gemml_dataset data = GEMML_DATASET_INIT;
    gemml_model *model = new_model(NULL);
    (void)state;
    fill(x, low, y);
    kept = low[7];
    data.x = gemml_view_f64(x, ROWS, 2);
    data.y = gemml_view_f64(y, ROWS, 1);
    data.x_low = gemml_view_f64(low, ROWS, 1);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_SHAPE, "x_low", "40 x 2", "1 columns");
    data.x_low = gemml_view_f64(low, ROWS - 1, 2);
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_SHAPE, "x_low", "39 rows");
    data.x_low = gemml_view_f64(low, ROWS, 2);
    low[7] = 0x1p-40;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "x_low", "row 3, column 1");
    low[7] = NAN;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_NONFINITE, "x_low", "row 3, column 1");
    low[7] = kept;
    data.x_low.dtype = GEMML_I64;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "x_low must be f64");
    data.x_low.dtype = GEMML_F64;
    data.x.dtype = GEMML_I64;
    assert_refused(gemml_fit(model, &data, NULL, NULL), GEMML_ERROR_ARGUMENT, "x must be f64");
    gemml_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(low_parts_give_digits),
        cmocka_unit_test(low_parts_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

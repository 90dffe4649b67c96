/* Weights as a whole: their sum, and what is refused. */
#include "fold/weights.h"

#include "fold/padded.h"
#include "util/error.h"

static uint64_t random_state;

static void weights_are_summed_and_judged(void **state)
{
    (void)state;
    for (int dtype = GEMML_F64; dtype <= GEMML_I64; dtype++)
        for (size_t n = 1; n <= 1000; n = 3 * n + 1) {
            struct padded weight = padded_weights((gemml_dtype)dtype, n, 2, &random_state);
            padded_set(&weight, 0, 0, 3);
            long double truth = 0;
            size_t above = 0, positive;
            double sum;
            for (size_t i = 0; i < n; i++) {
                truth += padded_at(&weight, i, 0);
                above += padded_at(&weight, i, 0) > 0;
            }
            assert_int_equal(weights_sum(&weight.view, &sum, &positive), GEMML_OK);
            assert_near(sum, (double)truth, 1e-13);
            assert_int_equal(positive, above);
            padded_free(&weight);
        }
}

static void check_weights_error(const double *w, size_t n, gemml_status status, const char *sentence)
{
    gemml_view view = gemml_view_f64(w, n, 1);
    double sum;
    size_t positive;
    assert_int_equal(weights_sum(&view, &sum, &positive), status);
    assert_string_equal(error_text(), sentence);
}

static void bad_weights_are_named(void **state)
{
    double w[600];
    (void)state;
    for (size_t i = 0; i < 600; i++)
        w[i] = 0;
    check_weights_error(w, 600, GEMML_ERROR_ARGUMENT, "all 600 weights are 0");
    w[599] = -0.5;
    check_weights_error(w, 600, GEMML_ERROR_ARGUMENT, "weight is -0.5 in row 599 (counted from 0): below 0");
    w[300] = INFINITY;
    check_weights_error(w, 600, GEMML_ERROR_NONFINITE, "weight is inf in row 300 (counted from 0)");
    w[256] = (double)NAN;
    check_weights_error(w, 600, GEMML_ERROR_NONFINITE, "weight is nan in row 256 (counted from 0)");
    const double huge[] = {1e308, 1e308};
    check_weights_error(huge, 2, GEMML_ERROR_NONFINITE, "the sum of the 2 weights overflows");
}

/* From the smallest number to the largest: no product of them overflows on the way. */
static void logarithms_are_summed(void **state)
{
    double w[3000];
    long double truth = 0;
    gemml_view none = GEMML_EMPTY_VIEW;
    (void)state;
    for (size_t i = 0; i < 3000; i++) {
        double exponent = i % 3 == 0 ? 1000 : i % 3 == 1 ? -1070 : 3 * test_random(&random_state);
        w[i] = i % 7 == 2 ? 0 : ldexp(1 + fabs(test_random(&random_state)), (int)exponent);
        truth += w[i] > 0 ? logl(w[i]) : 0;
    }
    gemml_view view = gemml_view_f64(w, 3000, 1);
    assert_near(weights_log_sum(&view), (double)truth, 1e-13);
    assert_true(weights_log_sum(&none) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_are_summed_and_judged),
        cmocka_unit_test(bad_weights_are_named),
        cmocka_unit_test(logarithms_are_summed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Sines and cosines of columns: their order, names and values, and what they stand beside. */
#include "road.h"
#include "tables.h"

#include <math.h>

#include "fold/truth.h"

#define WAVES (GEMML_TERM_SIN | GEMML_TERM_COS | GEMML_TERM_SIN_SQUARE | GEMML_TERM_COS_SQUARE)

/* Behind powers and categories, of the numbers alone; the mean stands for a missing value. */
static void test_encoding(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.terms = WAVES | GEMML_TERM_SQUARE;
    gemml_table *table = read_string("a,c,b,y\n1,p,2,1\n3,q,,2\n5,p,4,3\n");
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    static const char *const names[] = {"a",      "c=q",    "b",        "a^2",      "b^2",      "sin(a)",  "sin(b)",
                                        "cos(a)", "cos(b)", "sin(a^2)", "sin(b^2)", "cos(a^2)", "cos(b^2)"};
    assert_int_equal(gemml_schema_inputs(schema), 13);
    assert_int_equal(gemml_schema_terms(schema), WAVES | GEMML_TERM_SQUARE);
    for (size_t j = 0; j < 13; j++) {
        assert_string_equal(gemml_schema_input_name(schema, j), names[j]);
        assert_int_equal(schema_input_is_dummy(schema, j), j == 1);
    }
    for (size_t i = 0; i < 3; i++) {
        const double *row = (const double *)frame->data.x.data + 13 * i, a = 1 + 2 * (double)i, b = 2 + (double)i;
        const double wanted[13] = {a,      i == 1, b,          a * a,      b * b,      sin(a),    sin(b),
                                   cos(a), cos(b), sin(a * a), sin(b * b), cos(a * a), cos(b * b)};
        for (size_t j = 0; j < 13; j++)
            assert_true(fabs(row[j] - wanted[j]) < 1e-15);
    }
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

/* Without powers there are no low parts; one wave alone. */
static void test_alone(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.terms = GEMML_TERM_COS;
    gemml_table *table = read_string("x,y\n0.1,1\n-3,2\n");
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_null(frame->x_low);
    assert_view(frame->data.x, 2, 2, (const double[]){0.1, cos(0.1), -3, cos(-3)});
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

/* The sine of a square that double does not hold, against long double. */
static void test_large_squares(void **state)
{
    (void)state;
    struct waves waves = waves_make(1, GEMML_TERM_SIN_SQUARE | GEMML_TERM_COS_SQUARE);
    assert_int_equal(waves.count, 2);
    for (double x = 1.1; x < 1e4; x *= 1.37) {
        double out[2];
        long double square = (long double)x * x; /* 64 bits of the 106 */
        waves_evaluate(&waves, &x, 1, out);
        long double slack = 1.2e-16L + square * 0x1p-63L * truth_slack();
        assert_true(fabsl(out[0] - sinl(square)) < slack);
        assert_true(fabsl(out[1] - cosl(square)) < slack);
    }
}

static void test_refused(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    gemml_schema *schema = NULL;
    gemml_table *table = read_string("x,y\n1,1\n1e200,2\n");
    options.terms = 64;
    assert_int_equal(gemml_schema_create(&schema, table, &options), GEMML_ERROR_ARGUMENT);
    assert_said("terms is 64");
    options.terms = GEMML_TERM_SIN_SQUARE;
    gemml_frame *frame = NULL;
    schema = fit_ok(table, options);
    assert_int_equal(frame_encode(&frame, schema, table, GEMML_ENCODE_LEARN), GEMML_ERROR_FORMAT);
    assert_said("t.csv: \"sin(x^2)\" is beyond the range of numbers in row 2");
    schema_free(schema);
    table_free(table);
}

static void test_memory(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.terms = WAVES | GEMML_TERM_INTERACTIONS;
    fail_on_the_road("a,b,y\n0.1,0.2,1\n0.3,0.4,2\n", options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoding), cmocka_unit_test(test_alone),  cmocka_unit_test(test_large_squares),
        cmocka_unit_test(test_refused),  cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Powers and products of columns: their order, names, values and low parts. */
#include "road.h"
#include "tables.h"

static const char *const letters[] = {"a", "b", "c"};

static const struct monomial_pairs none, squares = {true, false}, products = {false, true}, both = {true, true};

static void assert_pairs(struct monomial_pairs pairs, size_t numbers, size_t degree, size_t count,
                         const char *const names[])
{
    struct monomials monomials;
    assert_int_equal(monomials_make(&monomials, numbers, degree, pairs, 100), GEMML_OK);
    assert_int_equal(monomials.count, count);
    for (size_t m = 0; m < count; m++) {
        char name[64];
        memset(name, '#', sizeof name);
        size_t bytes = monomials_name(&monomials, m, letters, NULL);
        assert_int_equal(monomials_name(&monomials, m, letters, name), bytes);
        assert_string_equal(name, names[m]);
        assert_int_equal(strlen(name) + 1, bytes);
        assert_int_equal(name[bytes], '#');
    }
    monomials_free(&monomials);
}

static void assert_names(size_t numbers, size_t degree, size_t count, const char *const names[])
{
    assert_pairs(none, numbers, degree, count, names);
}

static void test_names(void **state)
{
    (void)state;
    assert_names(1, 1, 0, NULL);
    assert_names(0, 3, 0, NULL);
    assert_names(1, 4, 3, (const char *const[]){"a^2", "a^3", "a^4"});
    assert_names(2, 3, 7, (const char *const[]){"a^2", "a*b", "b^2", "a^3", "a^2*b", "a*b^2", "b^3"});
    assert_pairs(squares, 3, 1, 3, (const char *const[]){"a^2", "b^2", "c^2"});
    assert_pairs(products, 3, 1, 3, (const char *const[]){"a*b", "a*c", "b*c"});
    assert_pairs(both, 2, 1, 3, (const char *const[]){"a^2", "a*b", "b^2"});
    assert_pairs(squares, 2, 2, 3, (const char *const[]){"a^2", "a*b", "b^2"});
    assert_names(3, 2, 6, (const char *const[]){"a^2", "a*b", "a*c", "b^2", "b*c", "c^2"});
}

/* binomial(q + D, D) - q - 1. */
static void test_count(void **state)
{
    (void)state;
    struct monomials monomials;
    assert_int_equal(monomials_make(&monomials, 8, 5, none, 10000), GEMML_OK);
    assert_int_equal(monomials.count, 1287 - 9);
    monomials_free(&monomials);
    assert_int_equal(monomials_make(&monomials, 8, 5, none, 1277), GEMML_ERROR_UNSUPPORTED);
    assert_int_equal(monomials_make(&monomials, 1, SIZE_MAX, none, 1277), GEMML_ERROR_UNSUPPORTED);
    assert_non_null(strstr(error_text(), "more than the 1277 inputs"));
}

/* hi + lo of each power against a product in 113 bits. */
static void test_values(void **state)
{
    (void)state;
    struct monomials monomials;
    struct doubled value[9];
    assert_int_equal(monomials_make(&monomials, 1, 9, none, 100), GEMML_OK);
    for (double x = -9.3; x < 10; x += 0.37) {
        __float128 truth = x;
        value[0] = doubled_of(x);
        monomials_evaluate(&monomials, value);
        for (size_t m = 0; m < monomials.count; m++) {
            truth *= x;
            __float128 error = (__float128)value[m + 1].hi + value[m + 1].lo - truth;
            assert_true((error < 0 ? -error : error) <= (truth < 0 ? -truth : truth) * 0x1p-98);
            assert_true(value[m + 1].hi == (double)truth);
        }
    }
    monomials_free(&monomials);
}

/* Categories, products, and a missing value, for which the mean stands. */
static void test_encoding(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.polynomial = 2;
    gemml_table *table = read_string("a,c,b,y\n1,p,2,1\n3,q,,2\n5,p,4,3\n");
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    static const char *const names[] = {"a", "c=q", "b", "a^2", "a*b", "b^2"};
    assert_int_equal(gemml_schema_inputs(schema), 6);
    for (size_t j = 0; j < 6; j++)
        assert_string_equal(gemml_schema_input_name(schema, j), names[j]);
    assert_view(frame->data.x, 3, 6, (const double[]){1, 0, 2, 1, 2, 4, 3, 1, 3, 9, 9, 9, 5, 0, 4, 25, 20, 16});
    assert_null(frame->x_low); /* exact */
    assert_int_equal(gemml_frame_imputed(frame), 1);
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

static void test_low_parts(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.polynomial = 3;
    gemml_table *table = read_string("x,y\n0.1,1\n3,2\n");
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_non_null(frame->x_low);
    const double x = 0.1, square = x * x;
    assert_true(frame->x_low[0] == 0);
    assert_true(frame->x_low[1] == __builtin_fma(x, x, -square));
    for (size_t j = 3; j < 6; j++)
        assert_true(frame->x_low[j] == 0);
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

static void test_overflow(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.polynomial = 3;
    gemml_table *table = read_string("x,y\n1,1\n1e120,2\n");
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = NULL;
    assert_int_equal(frame_encode(&frame, schema, table, GEMML_ENCODE_LEARN), GEMML_ERROR_FORMAT);
    assert_said("t.csv: \"x^3\" is beyond the range of numbers in row 2");
    assert_null(frame);
    schema_free(schema);
    table_free(table);
}

static void test_memory(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.polynomial = 4;
    fail_on_the_road("a,b,y\n0.1,0.2,1\n0.3,0.4,2\n", options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),    cmocka_unit_test(test_count),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_encoding), cmocka_unit_test(test_low_parts), cmocka_unit_test(test_overflow),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

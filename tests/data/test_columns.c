/* How columns become numbers: levels and dummies, means, dropped rows, and what a
 * table that is not the training table makes of them. */
#include "road.h"
#include "tables.h"

#include <math.h>

/* The encoded features of a text are these. */
static void assert_encoded(const gemml_schema *schema, const char *text, gemml_encode_purpose purpose, size_t rows,
                           const double *wanted)
{
    gemml_table *table = read_string(text);
    gemml_frame *frame = encode_ok(schema, table, purpose);
    gemml_view x = frame->data.x;
    assert_int_equal(x.rows, rows);
    assert_int_equal(x.cols, schema->input_count);
    for (size_t i = 0; i < rows * x.cols; i++)
        if (view_element(&x, i / x.cols, i % x.cols) != wanted[i])
            fail_msg("%s: element %zu is %g, not %g", text, i, view_element(&x, i / x.cols, i % x.cols), wanted[i]);
    frame_free(frame);
    table_free(table);
}

static void assert_inputs(const gemml_schema *schema, size_t count, const char *const *names)
{
    assert_int_equal(schema->input_count, count);
    for (size_t j = 0; j < count; j++)
        assert_string_equal(schema->input[j].name, names[j]);
}

static const char mixed[] = "a,color,y,n\n1,red,1,10\n2,Blue,2,\n3,green,3,30\n4,,4,20\n5,\"red\",5,NA\n";

/* Byte order: capitals first; the missing values behind, whatever they are called. */
static void test_coding(void **state)
{
    (void)state;
    gemml_table *table = read_string(mixed);
    gemml_schema *schema = fit_ok(table, of_y());
    assert_inputs(schema, 5, (const char *const[]){"a", "color=green", "color=red", "color=NA", "n"});
    assert_false(schema_input_is_dummy(schema, 0));
    assert_true(schema_input_is_dummy(schema, 1) && schema_input_is_dummy(schema, 3));
    assert_false(schema_input_is_dummy(schema, 4) || schema_input_is_dummy(schema, 5));
    assert_true(schema->features[0].mean == 3 && schema->features[2].mean == 20);
    const double wanted[] = {1, 0, 1, 0, 10, 2, 0, 0, 0, 20, 3, 1, 0, 0, 30, 4, 0, 0, 1, 20, 5, 0, 1, 0, 20};
    assert_encoded(schema, mixed, GEMML_ENCODE_LEARN, 5, wanted);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_true(frame->imputed == 2 && frame->unseen == 0 && frame->dropped == 0 && !frame->notice);
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

/* Another order of columns, unseen levels, values that are missing for the first
 * time, a column that is missing more often than not. */
static void test_other_table(void **state)
{
    (void)state;
    gemml_table *table = read_string(mixed);
    gemml_schema *schema = fit_ok(table, of_y());
    const char other[] = "n;color;note;a\n7;violet;x;\n?;green;y;2\nNA;Red;z;3\n";
    const double wanted[] = {3, 0, 0, 0, 7, 2, 1, 0, 0, 20, 3, 0, 0, 0, 20};
    assert_encoded(schema, other, GEMML_ENCODE_PREDICT, 3, wanted);
    gemml_table *table_other = read_string(other);
    gemml_frame *frame = encode_ok(schema, table_other, GEMML_ENCODE_PREDICT);
    assert_true(frame->imputed == 3 && frame->unseen == 2);
    assert_non_null(strstr(frame->notice, "2 values that training had not, taken as the base level: in \"color\""));
    assert_non_null(strstr(frame->notice, "more than half of the rows, replaced by the training mean: \"n\""));
    frame_free(frame);
    frame = NULL;
    gemml_table *text = read_string("a,color,n\n1,red,2\n2,red,many\n");
    assert_int_equal(frame_encode(&frame, schema, text, GEMML_ENCODE_PREDICT), GEMML_ERROR_FORMAT);
    assert_said("t.csv, line 3, column 3 (\"n\"): \"many\" is text, and the column must be numeric");
    assert_null(frame);
    schema_free(schema);
    table_free(table);
    table_free(table_other);
    table_free(text);
}

/* Missing texts where training had none. */
static void test_missing_unseen(void **state)
{
    (void)state;
    gemml_table *table = read_string("c,y\np,1\nq,2\n"), *other = read_string("c,d\nq,1\n,2\n");
    gemml_schema *schema = fit_ok(table, of_y());
    gemml_frame *frame = encode_ok(schema, other, GEMML_ENCODE_PREDICT);
    assert_int_equal(schema->input_count, 1);
    assert_int_equal(frame->unseen, 1);
    assert_non_null(strstr(frame->notice, "1 value that"));
    assert_true(view_element(&frame->data.x, 0, 0) == 1 && view_element(&frame->data.x, 1, 0) == 0);
    frame_free(frame);
    schema_free(schema);
    table_free(table);
    table_free(other);
}

/* Rows without target or weight do not count, and neither do those of weight 0:
 * not for means, not for levels. */
static void test_dropped_rows(void **state)
{
    (void)state;
    const char text[] = "x,c,y,w\n1,p,1,1\n100,z,,1\n3,q,3,2\n200,z,5,NA\n300,z,6,0\n5,p,7,1\n";
    gemml_table *table = read_string(text);
    gemml_schema_options options = of_y();
    options.weight = "w";
    gemml_schema *schema = fit_ok(table, options);
    assert_inputs(schema, 2, (const char *const[]){"x", "c=q"});
    assert_true(schema->features[0].mean == 3);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    const double wanted[] = {1, 0, 3, 1, 300, 0, 5, 0};
    assert_encoded(schema, text, GEMML_ENCODE_LEARN, 4, wanted);
    assert_true(frame->data.y.rows == 4 && frame->data.weight.rows == 4 && frame->dropped == 2);
    assert_true(view_element(&frame->data.y, 1, 0) == 3 && view_element(&frame->data.weight, 1, 0) == 2);
    assert_non_null(strstr(frame->notice, "2 of 6 rows of"));
    frame_free(frame);
    frame = encode_ok(schema, table, GEMML_ENCODE_PREDICT); /* there all rows stay */
    assert_true(frame->data.x.rows == 6 && frame->dropped == 0);
    frame_free(frame);
    schema_free(schema);
    schema = NULL;
    table_free(table);
    table = read_string("x,y\n1,\n2,NA\n");
    options = of_y();
    assert_int_equal(schema_fit(&schema, table, &options), GEMML_ERROR_FORMAT);
    assert_said("none of the 2 rows has a target");
    assert_null(schema);
    table_free(table);
}

/* A table of `rows` rows whose column `id` has `levels` texts. */
static gemml_table *with_levels(size_t rows, size_t levels)
{
    char *text = malloc(40 * rows + 40), *at = stpcpy(text, "id,void,same,x,y\n");
    for (size_t i = 0; i < rows; i++)
        at += sprintf(at, "n%zu,,same,%zu,%zu\n", i % levels, i * i % 17, i);
    gemml_table *table = read_string(text);
    free(text);
    return table;
}

/* What says nothing is left out, with a notice; what somebody asked for is not. */
static void test_left_out(void **state)
{
    (void)state;
    gemml_table *table = with_levels(1009, 101);
    gemml_schema *schema = fit_ok(table, of_y());
    assert_inputs(schema, 1, (const char *const[]){"x"});
    assert_non_null(strstr(schema->notice, "more than 100, and than a tenth of the rows): \"id\"."));
    assert_non_null(strstr(schema->notice, "without a value: \"void\"."));
    assert_non_null(strstr(schema->notice, "with a single level: \"same\"."));
    schema_free(schema);
    gemml_schema_options options = of_y();
    options.features = "id,x";
    schema = fit_ok(table, options);
    assert_int_equal(schema->input_count, 101);
    assert_null(schema->notice);
    schema_free(schema);
    schema = NULL;
    options.features = "void,x";
    assert_int_equal(schema_fit(&schema, table, &options), GEMML_ERROR_FORMAT);
    assert_said("column \"void\" has no value in the 1009 rows to learn from");
    options.features = "same";
    assert_int_equal(schema_fit(&schema, table, &options), GEMML_ERROR_FORMAT);
    assert_said("column \"same\" has a single level");
    options.features = NULL;
    options.drop = "x,id";
    assert_int_equal(schema_fit(&schema, table, &options), GEMML_ERROR_FORMAT);
    assert_said("no features are left: left out");
    assert_null(schema);
    table_free(table);
    const size_t rows[] = {1010, 1010, 300}, levels[] = {101, 102, 100}, inputs[] = {101, 1, 100};
    for (size_t i = 0; i < 3; i++) { /* 101 is a tenth of 1010 and no more; 100 is not many */
        table = with_levels(rows[i], levels[i]);
        schema = fit_ok(table, of_y());
        assert_int_equal(schema->input_count, inputs[i]);
        schema_free(schema);
        table_free(table);
    }
}

/* Numbers as categories: labels as they were written, one for equal numbers. */
static void test_categorical(void **state)
{
    (void)state;
    const char text[] = "k,y\n10,1\n9,2\n9.0,3\n007,4\n,5\nTRUE,6\n";
    gemml_table *table = read_string(text);
    gemml_schema_options options = of_y();
    options.categorical = "k";
    gemml_schema *schema = fit_ok(table, options);
    assert_inputs(schema, 4, (const char *const[]){"k=10", "k=9", "k=TRUE", "k=NA"});
    const double wanted[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 0};
    assert_encoded(schema, text, GEMML_ENCODE_LEARN, 6, wanted);
    /* The same numbers in a column that is text here, and written otherwise. */
    const double others[] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0};
    assert_encoded(schema, "k\n1e1\n9.00\n1\nx\n", GEMML_ENCODE_PREDICT, 4, others);
    schema_free(schema);
    table_free(table);
    /* Texts in training, numbers alone in prediction. */
    table = read_string("k,y\n1,1\nA,2\n2,3\n");
    schema = fit_ok(table, of_y());
    assert_inputs(schema, 2, (const char *const[]){"k=2", "k=A"});
    assert_encoded(schema, "k\n2\n1\n2.0\n", GEMML_ENCODE_PREDICT, 3, (const double[]){1, 0, 0, 0, 1, 0});
    schema_free(schema);
    table_free(table);
}

static void test_wishes(void **state)
{
    (void)state;
    gemml_table *table = read_string("a,b,c,y\n1,p,3,4\n2,q,4,5\n");
    static const struct {
        const char *features, *drop, *categorical, *numeric, *said;
        gemml_status status;
    } bad[] = {
        {NULL, NULL, "a,a", NULL, "categorical: column \"a\" is listed twice", GEMML_ERROR_ARGUMENT},
        {NULL, NULL, "a", "c,a", "column \"a\" is listed in categorical and in numeric", GEMML_ERROR_ARGUMENT},
        {NULL, NULL, "y", NULL, "column \"y\" is listed in target and in categorical", GEMML_ERROR_ARGUMENT},
        {NULL, "c", NULL, "c", "column \"c\" is listed in drop and in numeric", GEMML_ERROR_ARGUMENT},
        {"a", NULL, "c", NULL, "categorical: column \"c\" is not one of the features", GEMML_ERROR_ARGUMENT},
        {NULL, NULL, "d", NULL, "categorical: ", GEMML_ERROR_ARGUMENT},
        {NULL, NULL, NULL, "b", "line 2, column 2 (\"b\"): \"p\" is text", GEMML_ERROR_FORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gemml_schema_options options = of_y();
        gemml_schema *schema = NULL;
        options.features = bad[i].features;
        options.drop = bad[i].drop;
        options.categorical = bad[i].categorical;
        options.numeric = bad[i].numeric;
        assert_int_equal(schema_fit(&schema, table, &options), bad[i].status);
        assert_said(bad[i].said);
        assert_null(schema);
    }
    gemml_schema_options options = of_y();
    options.numeric = "y,a";
    options.categorical = "c";
    gemml_schema *schema = fit_ok(table, options);
    assert_inputs(schema, 3, (const char *const[]){"a", "b=q", "c=4"});
    schema_free(schema);
    table_free(table);
}

/* Texts with quotes, commas and line ends are levels as any others. */
static void test_texts(void **state)
{
    (void)state;
    gemml_table *table = read_string("c,d,y\n\"a \"\"b\"\", c\",1,1\n\"x\ny\",2,2\n1,3,3\n\xC3\xA4,4,4\n");
    gemml_schema *schema = fit_ok(table, of_y());
    assert_inputs(schema, 4, (const char *const[]){"c=a \"b\", c", "c=x\ny", "c=\xC3\xA4", "d"});
    schema_free(schema);
    table_free(table);
}

/* Means of what a sum cannot hold, and of so many values that a plain sum is off by 1e-12. */
static void test_means(void **state)
{
    (void)state;
    gemml_table *table = read_string("a,b,y\n1.5e308,1,1\n1.5e308,2,2\n1.7e308,6,3\n,1,4\n-1e300,0,5\n");
    gemml_schema *schema = fit_ok(table, of_y());
    assert_near(schema->features[0].mean / ((1.5 + 1.5 + 1.7 - 1e-8) / 4 * 1e308), 1, 1e-14);
    assert_true(schema->features[1].mean == 2);
    schema_free(schema);
    table_free(table);
    const size_t rows = 100000;
    char *text = malloc(8 * rows + 8), *at = stpcpy(text, "x,y\n");
    for (size_t i = 0; i < rows; i++)
        at = stpcpy(at, "0.1,1\n");
    table = read_string(text);
    schema = fit_ok(table, of_y());
    assert_near(schema->features[0].mean, 0.1, 1e-14);
    schema_free(schema);
    table_free(table);
    free(text);
}

/* The same numbers as text and as an array, with holes: the same bits. */
static void test_same_bits(void **state)
{
    (void)state;
    enum { rows = 700 };
    double values[3 * rows];
    char file[128 + sizeof values] = "\x93NUMPY\1\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (700, 3), }";
    char *text = malloc(80 * rows), *at = text;
    uint64_t seed = 5;
    for (size_t i = 0; i < 3 * rows; i++) {
        values[i] = i % 3 < 2 && i % 11 == 0 ? NAN : test_random(&seed);
        at += isnan(values[i]) ? 0 : sprintf(at, "%.17g", values[i]);
        *at++ = i % 3 < 2 ? ',' : '\n';
    }
    *at = '\0';
    memset(file + strlen(file + 10) + 10, ' ', 128 - 10 - strlen(file + 10));
    memcpy(file + 128, values, sizeof values);
    gemml_table *array = NULL, *table = read_string(text);
    assert_int_equal(table_read(&array, write_file("t.npy", file, sizeof file)), GEMML_OK);
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "-1";
    gemml_schema *a = fit_ok(table, options), *b = fit_ok(array, options);
    gemml_frame *x = encode_ok(a, table, GEMML_ENCODE_LEARN), *y = encode_ok(b, array, GEMML_ENCODE_LEARN);
    assert_true(x->imputed > 100 && x->imputed == y->imputed);
    assert_memory_equal(x->x, y->x, 2 * rows * sizeof(double));
    frame_free(x), frame_free(y);
    schema_free(a), schema_free(b);
    table_free(table), table_free(array);
    free(text);
}

/* NaN in an array is a missing value, and infinity an error. */
static void test_array(void **state)
{
    (void)state;
    double values[] = {1, 0.1, 10, 2, NAN, 20, 4, 0.3, 30, 5, 0.1, NAN};
    char file[128 + sizeof values] = "\x93NUMPY\1\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (4, 3), }";
    memset(file + strlen(file + 10) + 10, ' ', 128 - 10 - strlen(file + 10));
    memcpy(file + 128, values, sizeof values);
    gemml_table *table = NULL;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = "x2";
    assert_int_equal(table_read(&table, write_file("t.npy", file, sizeof file)), GEMML_OK);
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_true(frame->dropped == 1 && frame->imputed == 1);
    assert_near(view_element(&frame->data.x, 1, 1), 0.2, 1e-15);
    frame_free(frame);
    schema_free(schema);
    options.categorical = "x1";
    schema = fit_ok(table, options);
    assert_inputs(schema, 3, (const char *const[]){"x0", "x1=0.3", "x1=NA"});
    schema_free(schema);
    table_free(table);
    schema = NULL;
    values[3] = -INFINITY;
    memcpy(file + 128, values, sizeof values);
    assert_int_equal(table_read(&table, write_file("t.npy", file, sizeof file)), GEMML_OK);
    assert_int_equal(schema_fit(&schema, table, &options), GEMML_ERROR_FORMAT);
    assert_said("t.npy, row 2, column 1 (\"x0\"): \"inf\" is infinite");
    table_free(table);
}

static void test_memory(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.weight = "w";
    options.categorical = "k";
    fail_on_the_road("a,c,same,y,w,k\n1,p,s,1,1,3\n,q,s,2,0,4\n3,,s,3,1,3\n4,p,s,,1,5\n5,e,s,6,,4\n6,q,s,7,1,4\n",
                     options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_coding),       cmocka_unit_test(test_other_table), cmocka_unit_test(test_missing_unseen),
        cmocka_unit_test(test_dropped_rows), cmocka_unit_test(test_left_out),    cmocka_unit_test(test_categorical),
        cmocka_unit_test(test_wishes),       cmocka_unit_test(test_texts),       cmocka_unit_test(test_means),
        cmocka_unit_test(test_array),        cmocka_unit_test(test_same_bits),   cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

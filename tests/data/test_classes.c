/* Targets of classes, and one-hot coding. */
#include "road.h"
#include "tables.h"

static gemml_schema_options classes_of_y(void)
{
    gemml_schema_options options = of_y();
    options.target_type = GEMML_TARGET_CLASSES;
    return options;
}

/* The classes of y in a column of these values, one a line; `indices` are the rows'. */
static void check_classes(const char *const values[], size_t classes, const char *const labels[], const double *indices)
{
    char text[512] = "x,y\n";
    size_t rows = 0;
    for (; values[rows]; rows++)
        sprintf(text + strlen(text), "%zu,%s\n", rows, values[rows]);
    gemml_table *table = read_string(text);
    gemml_schema *schema = fit_ok(table, classes_of_y());
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_int_equal(gemml_schema_classes(schema), classes);
    assert_int_equal(gemml_schema_outputs(schema), 1);
    for (size_t k = 0; k < classes; k++)
        assert_string_equal(gemml_schema_class(schema, k), labels[k]);
    assert_null(gemml_schema_class(schema, classes));
    assert_view(gemml_frame_dataset(frame).y, rows, 1, indices);
    frame_free(frame);
    schema_free(schema);
    table_free(table);
}

static void test_labels(void **state)
{
    (void)state;
    check_classes((const char *const[]){"no", "yes", "\"a, b\"", "no", NULL}, 3,
                  (const char *const[]){"a, b", "no", "yes"}, (const double[]){1, 2, 0, 1});
    /* Numbers in their order, as they were written. */
    check_classes((const char *const[]){"10", "9", "-1", "9.0", NULL}, 3, (const char *const[]){"-1", "9", "10"},
                  (const double[]){2, 1, 0, 1});
    check_classes((const char *const[]){"TRUE", "FALSE", NULL}, 2, (const char *const[]){"FALSE", "TRUE"},
                  (const double[]){1, 0});
    /* One text makes all of them texts. */
    check_classes((const char *const[]){"10", "9", "x", NULL}, 3, (const char *const[]){"10", "9", "x"},
                  (const double[]){0, 1, 2});
}

static void test_array(void **state)
{
    (void)state;
    gemml_table *table = NULL;
    const double cells[] = {0.5, 2, 1.5, -3, 2.5, 2};
    char header[128], file[256];
    int length = snprintf(header, sizeof header, "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }");
    memcpy(file, "\x93NUMPY\x01\x00", 8);
    file[8] = (char)length, file[9] = 0;
    memcpy(file + 10, header, (size_t)length);
    memcpy(file + 10 + length, cells, sizeof cells);
    assert_int_equal(table_read(&table, write_file("t.npy", file, 10 + (size_t)length + sizeof cells)), GEMML_OK);
    gemml_schema_options options = classes_of_y();
    options.target = "x1";
    gemml_schema *schema = fit_ok(table, options);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
    assert_string_equal(gemml_schema_class(schema, 0), "-3");
    assert_string_equal(gemml_schema_class(schema, 1), "2");
    assert_view(gemml_frame_dataset(frame).y, 3, 1, (const double[]){1, 0, 1});
    frame_free(frame);
    schema_free(schema);
    table_free(table);
    struct road road = {scratch_path("t.npy"), options};
    fail_each_allocation(walk_the_road, &road);
}

/* AUTO takes texts for classes, and numbers for values. */
static void test_automatic(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.target_type = GEMML_TARGET_AUTO;
    gemml_table *texts = read_string("x,y\n1,a\n2,b\n"), *numbers = read_string("x,y\n1,0\n2,1\n");
    gemml_schema *of_texts = fit_ok(texts, options), *of_numbers = fit_ok(numbers, options);
    assert_int_equal(gemml_schema_classes(of_texts), 2);
    assert_int_equal(gemml_schema_classes(of_numbers), 0);
    schema_free(of_texts);
    schema_free(of_numbers);
    table_free(texts);
    table_free(numbers);
}

static void test_refused(void **state)
{
    (void)state;
    gemml_schema_options options = classes_of_y();
    assert_fit_refused("x,y\n1,a\n2,a\n3,\n", options, GEMML_ERROR_FORMAT,
                       "t.csv: the target \"y\" has a single class, \"a\", in the 2 rows to learn from");
    assert_fit_refused("x,y\n1,1\n2,2.5\n", options, GEMML_ERROR_FORMAT,
                       "column \"y\" has the number 2.5, which is no class");
    assert_fit_refused("x,y\n1,1\n2,inf\n", options, GEMML_ERROR_FORMAT, "\"inf\" is infinite");
    options.target = "y,x";
    assert_fit_refused("x,y,z\n1,1,1\n2,2,1\n", options, GEMML_ERROR_ARGUMENT, "target: 2 columns are given");
    options.target = "y";
    char *many = malloc(20000), *at = stpcpy(many, "x,y\n");
    for (int i = 0; i <= 1000; i++)
        at += sprintf(at, "%d,%d\n", i, i);
    assert_fit_refused(many, options, GEMML_ERROR_FORMAT,
                       "column \"y\" has 1001 distinct numbers, and at most 1000 can be classes");
    free(many);
}

/* A label that training had not cannot be judged. */
static void test_unknown_class(void **state)
{
    (void)state;
    gemml_table *table = read_string("x,y\n1,a\n2,b\n"), *other = read_string("x,y\n1,a\n2,c\n");
    gemml_table *numbers = read_string("x,y\n1,7\n");
    gemml_schema *schema = fit_ok(table, classes_of_y());
    gemml_frame *frame = NULL;
    assert_int_equal(frame_encode(&frame, schema, other, GEMML_ENCODE_LEARN), GEMML_ERROR_FORMAT);
    assert_said("\"c\" in column \"y\", row 2, is no class of the model: it has \"a\", \"b\"");
    assert_int_equal(frame_encode(&frame, schema, numbers, GEMML_ENCODE_LEARN), GEMML_ERROR_FORMAT);
    assert_said("\"7\" in column \"y\", row 1, is no class");
    assert_null(frame);
    schema_free(schema);
    table_free(table);
    table_free(other);
    table_free(numbers);
}

static void test_one_hot(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.coding = GEMML_CODING_ONE_HOT;
    gemml_table *table = read_string("c,x,y\np,1,1\nq,2,2\n,3,3\n"), *other = read_string("c,x\nz,1\nq,2\n");
    gemml_schema *schema = fit_ok(table, options);
    static const char *const names[] = {"c=p", "c=q", "c=NA", "x"};
    assert_int_equal(gemml_schema_inputs(schema), 4);
    for (size_t j = 0; j < 4; j++)
        assert_string_equal(gemml_schema_input_name(schema, j), names[j]);
    gemml_column_info info = GEMML_COLUMN_INFO_INIT;
    assert_int_equal(gemml_schema_column(schema, 0, &info), GEMML_OK);
    assert_int_equal(info.coding, GEMML_CODING_ONE_HOT);
    gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN),
                *new = encode_ok(schema, other, GEMML_ENCODE_PREDICT);
    assert_view(frame->data.x, 3, 4, (const double[]){1, 0, 0, 1, 0, 1, 0, 2, 0, 0, 1, 3});
    assert_view(new->data.x, 2, 4, (const double[]){0, 0, 0, 1, 0, 1, 0, 2});
    assert_non_null(strstr(gemml_frame_notice(new), "1 value that training had not, taken as no level: in \"c\"."));
    frame_free(frame);
    frame_free(new);
    schema_free(schema);
    table_free(table);
    table_free(other);
}

static void test_memory(void **state)
{
    (void)state;
    fail_on_the_road("c,x,y\np,1,u\nq,2,v\n,3,u\n", classes_of_y());
    fail_on_the_road("c,x,y\np,1,1\nq,2,2\n", classes_of_y());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels),  cmocka_unit_test(test_array),         cmocka_unit_test(test_automatic),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_unknown_class), cmocka_unit_test(test_one_hot),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Roles of columns, the schema, and encoding. */
#include "road.h"
#include "tables.h"

#include "data/roles.h"

static const char letters[] = "a,b,\"c, d\",e \"\"q,-1,weight\n1,2,3,4,5,6\n7,8,9,10,11,12\n";

static void assert_resolves(const char *text, size_t count, const size_t *wanted)
{
    gemml_table *table = read_string(letters);
    struct column_list list = {0};
    if (columns_resolve(&list, table, "features", text) != GEMML_OK)
        fail_msg("%s", error_text());
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(list.index[i], wanted[i]);
    column_list_free(&list);
    table_free(table);
}

static void test_lists(void **state)
{
    (void)state;
    assert_resolves("a", 1, (const size_t[]){0});
    assert_resolves(" a , weight ", 2, (const size_t[]){0, 5});
    assert_resolves("c, d", 1, (const size_t[]){2});          /* an argument that is a name */
    assert_resolves("a,\"c, d\"", 2, (const size_t[]){0, 2}); /* the same in quotes */
    assert_resolves("\"e \"\"\"\"q\"", 1, (const size_t[]){3});
    assert_resolves("-1", 1, (const size_t[]){4}); /* names come first */
    assert_resolves("-2,0", 2, (const size_t[]){4, 0});
    assert_resolves("5,-6", 2, (const size_t[]){5, 0});
}

static void assert_refused(const char *text, const char *said)
{
    gemml_table *table = read_string(letters);
    struct column_list list = {0};
    assert_int_equal(columns_resolve(&list, table, "features", text), GEMML_ERROR_ARGUMENT);
    assert_said("features: ");
    assert_said(said);
    column_list_free(&list);
    table_free(table);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_refused("wieght", "no column \"wieght\"; the nearest: \"weight\"");
    assert_refused("a,WEIGHT", "no column \"WEIGHT\"; the nearest: \"weight\"");
    assert_refused("eigh", "the nearest: \"weight\"");
    assert_refused("nothing", "no column \"nothing\", but 6 columns: \"a\", \"b\", \"c, d\"");
    assert_refused("6", "no column \"6\"");
    assert_refused("-7", "no column \"-7\"");
    assert_refused("99999999999999999999999999", "no column \"99999999999999999999999999\"");
    assert_refused("a,,b", "a column is empty");
    assert_refused("a,", "a column is empty");
    assert_refused("", "a column is empty");
    assert_refused("\"a", "no column \"\"a\"");
    assert_refused("\"0\"", "no column"); /* in quotes: a name only */
}

static gemml_status fit(gemml_schema **schema, const gemml_table *table, const char *target, const char *features,
                        const char *drop, const char *weight)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = target;
    options.features = features;
    options.drop = drop;
    options.weight = weight;
    return schema_fit(schema, table, &options);
}

static gemml_schema *fit_roles(const gemml_table *table, const char *target, const char *features, const char *drop,
                               const char *weight)
{
    gemml_schema *schema = NULL;
    if (fit(&schema, table, target, features, drop, weight) != GEMML_OK)
        fail_msg("%s", error_text());
    return schema;
}

static void test_roles(void **state)
{
    (void)state;
    gemml_table *table = read_string("a,b,c,d,e\n1,2,3,4,5\n");
    gemml_schema *schema = fit_roles(table, "c", NULL, "-1", "b");
    assert_int_equal(schema->feature_count, 2);
    assert_string_equal(schema->features[0].name, "a");
    assert_string_equal(schema->features[1].name, "d");
    assert_string_equal(schema->targets[0].name, "c");
    assert_string_equal(schema->weight, "b");
    schema_free(schema);
    schema = fit_roles(table, "e,a", "d,b", NULL, NULL);
    assert_string_equal(schema->features[0].name, "d");
    assert_string_equal(schema->targets[1].name, "a");
    assert_null(schema->weight);
    schema_free(schema);

    static const struct {
        const char *target, *features, *drop, *weight, *said;
    } bad[] = {{"a", "a,b", NULL, NULL, "column \"a\" is listed in target and in features"},
               {"a", NULL, NULL, "a", "listed in target and in weight"},
               {"a", NULL, "b,0", NULL, "listed in target and in drop"},
               {"a", "b,c", "c", NULL, "listed in drop and in features"},
               {"a,0", NULL, NULL, NULL, "target: column \"a\" is listed twice"},
               {"a", "b,c,b", NULL, NULL, "features: column \"b\" is listed twice"},
               {"a", NULL, NULL, "b,c", "weight: 2 columns"},
               {"a", NULL, "b,c,d,e", NULL, "no features are left"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        gemml_schema *none = NULL;
        assert_int_equal(fit(&none, table, bad[i].target, bad[i].features, bad[i].drop, bad[i].weight),
                         GEMML_ERROR_ARGUMENT);
        assert_said(bad[i].said);
        assert_null(none);
    }
    table_free(table);
}

/* What must be a number, and is none: the place, and the text. */
static void test_not_numeric(void **state)
{
    (void)state;
    gemml_table *table = read_string("y,t,m,i,n,u\n1,cat,2,3,4,x\n2,dog,,inf,5,y\n3,,NA,1,6,z\n");
    gemml_schema *schema = NULL;
    assert_int_equal(fit(&schema, table, "t", "n", NULL, NULL), GEMML_ERROR_FORMAT);
    assert_said("t.csv, line 2, column 2 (\"t\"): \"cat\" is text, and the column must be numeric: it is a target");
    assert_int_equal(fit(&schema, table, "y", "n", NULL, "u"), GEMML_ERROR_FORMAT);
    assert_said("line 2, column 6 (\"u\"): \"x\" is text, and the column must be numeric: it is the weight");
    assert_int_equal(fit(&schema, table, "y", "n", NULL, "i"), GEMML_ERROR_FORMAT);
    assert_said("line 3, column 4 (\"i\"): \"inf\" is infinite, and the column must be finite: it is the weight");
    assert_int_equal(fit(&schema, table, "y", NULL, NULL, NULL), GEMML_ERROR_FORMAT);
    assert_said("line 3, column 4 (\"i\"): \"inf\" is infinite");
    assert_null(schema);
    schema = fit_roles(table, "y", NULL, "t,m,i,u", NULL);
    assert_int_equal(schema->feature_count, 1);
    schema_free(schema);
    table_free(table);
}

static double at(gemml_view view, size_t i, size_t j)
{
    assert_true(i < view.rows && j < view.cols && view.dtype == GEMML_F64);
    return ((const double *)view.data)[i * view.stride + j];
}

/* Columns in any order, and others between them, give the same numbers. */
static void test_encode_by_name(void **state)
{
    (void)state;
    gemml_table *train = read_string("a,b,c,y,w\n1,2,3,4,5\n6,7,8,9,10\n");
    gemml_table *other = read_string("w;c;note;a;y;b\n5;3;x;1;4;2\n10;8;y;6;9;7\n");
    gemml_schema *schema = fit_roles(train, "y", NULL, NULL, "w");
    const gemml_table *tables[] = {train, other};
    for (size_t t = 0; t < 2; t++) {
        gemml_frame *frame = encode_ok(schema, tables[t], GEMML_ENCODE_LEARN);
        gemml_dataset data = frame->data;
        assert_int_equal(data.x.rows, 2);
        assert_int_equal(data.x.cols, 3);
        assert_int_equal(data.weight.cols, 1);
        for (size_t i = 0; i < 2; i++) {
            for (size_t j = 0; j < 3; j++)
                assert_true(at(data.x, i, j) == (double)(5 * i + j + 1));
            assert_true(at(data.y, i, 0) == (double)(5 * i + 4));
            assert_true(at(data.weight, i, 0) == (double)(5 * i + 5));
        }
        assert_true((frame->x == NULL) == (t == 0)); /* side by side: a view */
        frame_free(frame);
    }
    gemml_frame *frame = encode_ok(schema, other, GEMML_ENCODE_PREDICT);
    assert_null(frame->data.y.data);
    assert_null(frame->data.weight.data);
    frame_free(frame);
    schema_free(schema);
    table_free(train);
    table_free(other);
}

static void test_encode_refuses(void **state)
{
    (void)state;
    gemml_table *train = read_string("a,b,c,y\n1,2,3,4\n"), *other = read_string("b,d\n1,2\n");
    gemml_table *text = read_string("a,b,c\n1,2,3\n4,5,six\n");
    gemml_schema *schema = fit_roles(train, "y", NULL, NULL, NULL);
    gemml_frame *frame = NULL;
    assert_int_equal(frame_encode(&frame, schema, other, GEMML_ENCODE_PREDICT), GEMML_ERROR_SHAPE);
    assert_said("lacks 2 of the columns that the model needs: \"a\", \"c\"");
    assert_int_equal(frame_encode(&frame, schema, other, GEMML_ENCODE_LEARN), GEMML_ERROR_SHAPE);
    assert_said("\"a\", \"c\", \"y\"");
    assert_int_equal(frame_encode(&frame, schema, text, GEMML_ENCODE_PREDICT), GEMML_ERROR_FORMAT);
    assert_said("line 3, column 3 (\"c\"): \"six\" is text, and the column must be numeric: it is a numeric feature");
    assert_null(frame);
    schema_free(schema);
    table_free(train);
    table_free(other);
    table_free(text);
}

/* A list of many names stays one short sentence. */
static void test_many_missing(void **state)
{
    (void)state;
    gemml_table *train = read_string("c0,c1,c2,c3,c4,c5,c6,c7,c8,c9,c10,c11,y\n1,2,3,4,5,6,7,8,9,10,11,12,13\n");
    gemml_table *other = read_string("z\n1\n");
    gemml_schema *schema = fit_roles(train, "y", NULL, NULL, NULL);
    gemml_frame *frame = NULL;
    assert_int_equal(frame_encode(&frame, schema, other, GEMML_ENCODE_PREDICT), GEMML_ERROR_SHAPE);
    assert_said("lacks 12 of the columns that the model needs: \"c0\", \"c1\"");
    assert_said("\"c9\" and 2 more");
    schema_free(schema);
    table_free(train);
    table_free(other);
}

/* Without headers names are positions: a file of the features alone will do. */
static void test_encode_by_position(void **state)
{
    (void)state;
    gemml_table *train = read_string("9,1,2\n8,3,4\n"), *features = read_string("1,2\n3,4\n");
    gemml_table *named = read_string("p,q\n1,2\n"), *wide = read_string("9,1,2\n");
    gemml_schema *schema = fit_roles(train, "0", NULL, NULL, NULL);
    gemml_frame *frame = encode_ok(schema, features, GEMML_ENCODE_PREDICT);
    assert_true(at(frame->data.x, 0, 0) == 1 && at(frame->data.x, 1, 1) == 4);
    frame_free(frame);
    frame = encode_ok(schema, wide, GEMML_ENCODE_PREDICT);
    assert_true(at(frame->data.x, 0, 0) == 1 && at(frame->data.x, 0, 1) == 2);
    frame_free(frame);
    frame = NULL;
    assert_int_equal(frame_encode(&frame, schema, features, GEMML_ENCODE_LEARN), GEMML_ERROR_SHAPE);
    assert_int_equal(frame_encode(&frame, schema, named, GEMML_ENCODE_PREDICT), GEMML_ERROR_SHAPE);
    assert_null(frame);
    schema_free(schema);
    table_free(train);
    table_free(features);
    table_free(named);
    table_free(wide);
}

/* A NPY table is not copied where its columns stand side by side, and is
 * gathered in doubles where they do not. */
static void test_encode_npy(void **state)
{
    (void)state;
    static const char *const descr[] = {"<f8", "<f4", "<i4", "<i8"};
    static const gemml_dtype dtypes[] = {GEMML_F64, GEMML_F32, GEMML_I32, GEMML_I64};
    for (size_t t = 0; t < 4; t++) {
        char file[256] = "\x93NUMPY\1\0v\0{'descr': '";
        memset(file + 21, ' ', 107);
        memcpy(file + 21, descr[t], 3);
        memcpy(file + 24, "', 'fortran_order': False, 'shape': (2, 4), }", 45);
        size_t size = t == 0 || t == 3 ? 8 : 4;
        for (size_t i = 0; i < 8; i++) {
            double f8 = (double)i;
            float f4 = (float)i;
            int32_t i4 = (int32_t)i;
            int64_t i8 = (int64_t)i;
            const void *values[] = {&f8, &f4, &i4, &i8};
            memcpy(file + 128 + i * size, values[t], size);
        }
        gemml_table *table = NULL;
        if (table_read(&table, write_file("t.npy", file, 128 + 8 * size)) != GEMML_OK)
            fail_msg("%s", error_text());
        gemml_schema *schema = fit_roles(table, "-1", NULL, NULL, NULL);
        gemml_frame *frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
        assert_ptr_equal(frame->data.x.data, table->cells.data);
        assert_ptr_equal(frame->data.y.data, (const char *)table->cells.data + 3 * size);
        assert_int_equal(frame->data.x.stride, 4);
        assert_int_equal(frame->data.x.cols, 3);
        assert_int_equal(frame->data.x.dtype, dtypes[t]);
        frame_free(frame);
        schema_free(schema);
        schema = fit_roles(table, "1", "3,0", NULL, NULL);
        frame = encode_ok(schema, table, GEMML_ENCODE_LEARN);
        assert_true(at(frame->data.x, 1, 0) == 7 && at(frame->data.x, 1, 1) == 4);
        assert_int_equal(frame->data.y.dtype, dtypes[t]);
        frame_free(frame);
        schema_free(schema);
        table_free(table);
    }
}

static void test_memory(void **state)
{
    (void)state;
    gemml_schema_options options = of_y();
    options.features = "d,a";
    options.drop = "b";
    options.weight = "w";
    fail_on_the_road("a,b,d,y,w\n1,2,3,4,5\n", options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),          cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_roles),          cmocka_unit_test(test_not_numeric),
        cmocka_unit_test(test_encode_by_name), cmocka_unit_test(test_encode_refuses),
        cmocka_unit_test(test_many_missing),   cmocka_unit_test(test_encode_by_position),
        cmocka_unit_test(test_encode_npy),     cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

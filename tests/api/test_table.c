/* Tables, schemas and frames through the public interface. */
#include "support/support.h"

#include <gemml.h>
#include <math.h>

static void assert_said(const char *said)
{
    if (!strstr(gemml_last_error(), said))
        fail_msg("no \"%s\" in: %s", said, gemml_last_error());
}

static void assert_ok(gemml_status status)
{
    if (status != GEMML_OK)
        fail_msg("%s", gemml_last_error());
}

static gemml_table *read_string(const char *text)
{
    gemml_table *table = NULL;
    assert_ok(gemml_table_read(&table, write_text("t.csv", text)));
    return table;
}

static gemml_schema *make_schema(const gemml_table *table, const char *target)
{
    gemml_schema *schema = NULL;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target = target;
    assert_ok(gemml_schema_create(&schema, table, &options));
    return schema;
}

/* y = 1 + 2 a - 3 b. */
static const char exact[] = "a,b,y\n1,0,3\n0,1,-2\n2,1,2\n3,5,-8\n-1,2,-7\n";

/* Read, encode, fit, keep the schema, save; load elsewhere, and predict from a
 * file whose columns stand in another order. */
static void test_road(void **state)
{
    (void)state;
    gemml_table *table = read_string(exact), *other = read_string("b;note;a\n7;x;2\n0;y;10\n");
    gemml_schema *schema = make_schema(table, "y");
    gemml_frame *frame = NULL;
    gemml_model *model = NULL, *loaded = NULL;
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN));
    gemml_dataset train = gemml_frame_dataset(frame);
    assert_ok(gemml_linear_create(&model, NULL));
    assert_ok(gemml_fit(model, &train, NULL, NULL));
    assert_null(gemml_model_schema(model));
    assert_ok(gemml_model_set_schema(model, schema));
    assert_ok(gemml_save(model, scratch_path("model.gemml")));
    gemml_frame_free(frame);
    gemml_schema_free(schema); /* the model has its own */
    gemml_model_free(model);

    assert_ok(gemml_load(&loaded, scratch_path("model.gemml")));
    assert_int_equal(gemml_schema_inputs(gemml_model_schema(loaded)), 2);
    assert_string_equal(gemml_schema_input_name(gemml_model_schema(loaded), 1), "b");
    assert_string_equal(gemml_schema_output_name(gemml_model_schema(loaded), 0), "y");
    assert_ok(gemml_encode(&frame, gemml_model_schema(loaded), other, GEMML_ENCODE_PREDICT));
    double out[2] = {0, 0};
    assert_ok(gemml_predict(loaded, gemml_frame_dataset(frame).x, gemml_matrix_f64(out, 2, 1)));
    assert_near(out[0], 1 + 2 * 2 - 3 * 7, 1e-12);
    assert_near(out[1], 1 + 2 * 10, 1e-12);
    gemml_frame_free(frame);
    gemml_model_free(loaded);
    gemml_table_free(table);
    gemml_table_free(other);
}

static void test_model_schema(void **state)
{
    (void)state;
    gemml_table *table = read_string(exact), *narrow = read_string("a,y\n1,2\n");
    gemml_schema *schema = make_schema(table, "y"), *other = make_schema(narrow, "y");
    gemml_model *model = NULL;
    assert_ok(gemml_linear_create(&model, NULL));
    assert_ok(gemml_model_set_schema(model, other)); /* not fitted: any will do */
    gemml_frame *frame = NULL;
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN));
    gemml_dataset train = gemml_frame_dataset(frame);
    assert_ok(gemml_model_set_schema(model, schema));
    assert_ok(gemml_fit(model, &train, NULL, NULL));
    assert_int_equal(gemml_model_set_schema(model, other), GEMML_ERROR_SHAPE);
    assert_said("2 inputs and 1 outputs, but the schema has 1 and 1");
    assert_string_equal(gemml_schema_input_name(gemml_model_schema(model), 0), "a");
    assert_ok(gemml_model_set_schema(model, gemml_model_schema(model))); /* its own: copied before it is freed */
    assert_int_equal(gemml_schema_inputs(gemml_model_schema(model)), 2);
    assert_ok(gemml_model_set_schema(model, NULL));
    assert_null(gemml_model_schema(model));
    gemml_model_free(model);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_schema_free(other);
    gemml_table_free(table);
    gemml_table_free(narrow);
}

static void test_accessors(void **state)
{
    (void)state;
    gemml_table *table = read_string(exact);
    assert_int_equal(gemml_table_rows(table), 5);
    assert_int_equal(gemml_table_columns(table), 3);
    assert_string_equal(gemml_table_column_name(table, 2), "y");
    assert_null(gemml_table_column_name(table, 3));
    gemml_schema *schema = make_schema(table, NULL);
    assert_int_equal(gemml_schema_inputs(schema), 3);
    assert_int_equal(gemml_schema_outputs(schema), 0);
    assert_null(gemml_schema_input_name(schema, 3));
    assert_null(gemml_schema_output_name(schema, 0));
    gemml_frame *frame = NULL;
    assert_int_equal(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN), GEMML_ERROR_ARGUMENT);
    assert_said("no target");
    assert_null(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
}

/* What a program shows of the columns, and what it is told. */
static void test_columns(void **state)
{
    (void)state;
    gemml_table *table = read_string("c,a,only,y\np,1,s,1\nq,,s,2\n,3,s,\np,5,s,4\n");
    gemml_schema *schema = make_schema(table, "y");
    gemml_column_info info = GEMML_COLUMN_INFO_INIT;
    assert_int_equal(gemml_schema_columns(schema), 2);
    assert_ok(gemml_schema_column(schema, 0, &info));
    assert_string_equal(info.name, "c");
    assert_true(info.type == GEMML_COLUMN_CATEGORICAL && info.levels == 2 && info.missing_level == 0);
    assert_true(info.mean != info.mean);
    assert_string_equal(gemml_schema_level(schema, 0, 0), "p");
    assert_string_equal(gemml_schema_level(schema, 0, 1), "q");
    assert_null(gemml_schema_level(schema, 0, 2));
    assert_null(gemml_schema_level(schema, 1, 0));
    assert_ok(gemml_schema_column(schema, 1, &info));
    assert_true(info.type == GEMML_COLUMN_NUMERIC && info.levels == 0 && info.mean == 3);
    assert_int_equal(gemml_schema_column(schema, 2, &info), GEMML_ERROR_ARGUMENT);
    assert_said("there is no column 2 of 2");
    assert_int_equal(gemml_schema_column(schema, 0, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_schema_column(NULL, 0, &info), GEMML_ERROR_ARGUMENT);
    assert_non_null(strstr(gemml_schema_notice(schema), "with a single level: \"only\"."));
    gemml_frame *frame = NULL;
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN));
    assert_true(gemml_frame_dropped(frame) == 1 && gemml_frame_imputed(frame) == 1 && gemml_frame_unseen(frame) == 0);
    assert_non_null(strstr(gemml_frame_notice(frame), "1 of 4 rows"));
    gemml_frame_free(frame);
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_PREDICT));
    assert_true(gemml_frame_dropped(frame) == 0 && gemml_frame_unseen(frame) == 1);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
}

static void test_null(void **state)
{
    (void)state;
    gemml_table *table = read_string(exact), *none = NULL;
    gemml_schema *schema = make_schema(table, "y"), *no_schema = NULL;
    gemml_frame *frame = NULL;
    assert_int_equal(gemml_table_read(NULL, "x"), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_table_read(&none, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_schema_create(NULL, table, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_schema_create(&no_schema, NULL, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_encode(NULL, schema, table, GEMML_ENCODE_LEARN), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_encode(&frame, NULL, table, GEMML_ENCODE_LEARN), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_encode(&frame, schema, NULL, GEMML_ENCODE_LEARN), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_encode(&frame, schema, table, (gemml_encode_purpose)7), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_model_set_schema(NULL, schema), GEMML_ERROR_ARGUMENT);
    assert_true(!none && !no_schema && !frame);
    assert_int_equal(gemml_table_rows(NULL) + gemml_table_columns(NULL) + gemml_schema_inputs(NULL), 0);
    assert_int_equal(gemml_frame_dropped(NULL) + gemml_frame_imputed(NULL) + gemml_frame_unseen(NULL), 0);
    assert_int_equal(gemml_schema_columns(NULL), 0);
    assert_null(gemml_schema_level(NULL, 0, 0));
    assert_string_equal(gemml_schema_notice(NULL), "");
    assert_string_equal(gemml_frame_notice(NULL), "");
    assert_null(gemml_model_schema(NULL));
    assert_null(gemml_frame_dataset(NULL).x.data);
    gemml_table_free(NULL);
    gemml_schema_free(NULL);
    gemml_frame_free(NULL);
    gemml_schema_free(schema);
    gemml_table_free(table);
}

static void test_options_versions(void **state)
{
    (void)state;
    struct {
        gemml_schema_options known;
        const char *later;
    } longer = {GEMML_SCHEMA_OPTIONS_INIT, NULL};
    gemml_table *table = read_string(exact);
    gemml_schema *schema = NULL;
    longer.known.struct_size = sizeof longer;
    longer.known.target = "y";
    assert_ok(gemml_schema_create(&schema, table, &longer.known));
    assert_int_equal(gemml_schema_outputs(schema), 1);
    gemml_schema_free(schema);
    schema = NULL;
    longer.later = "set";
    assert_int_equal(gemml_schema_create(&schema, table, &longer.known), GEMML_ERROR_UNSUPPORTED);
    longer.known.struct_size = offsetof(gemml_schema_options, features);
    longer.known.features = "not looked at";
    assert_ok(gemml_schema_create(&schema, table, &longer.known));
    assert_int_equal(gemml_schema_inputs(schema), 2);
    gemml_schema_free(schema);
    schema = NULL;
    longer.known.struct_size = 0;
    assert_int_equal(gemml_schema_create(&schema, table, &longer.known), GEMML_ERROR_ARGUMENT);
    assert_null(schema);
    gemml_table_free(table);
}

/* An array and its names are a table like one of a file; a float and a stride likewise. */
static void test_of_view(void **state)
{
    (void)state;
    const float cells[3][4] = {{1, 0, 3, 9}, {0, NAN, -2, 9}, {2, 1, 2, 9}};
    const char *const names[] = {"a", "b \"q\"", "y"};
    gemml_table *table = NULL;
    assert_ok(gemml_table_of_view(&table, gemml_view_f32_strided(cells[0], 3, 3, 4), names));
    gemml_schema *schema = make_schema(table, "y");
    gemml_frame *frame = NULL;
    assert_ok(gemml_encode(&frame, schema, table, GEMML_ENCODE_LEARN));
    gemml_dataset data = gemml_frame_dataset(frame);
    assert_string_equal(gemml_table_column_name(table, 1), names[1]);
    assert_int_equal(gemml_frame_imputed(frame), 1);
    assert_int_equal(data.x.rows, 3);
    assert_true(((const double *)data.x.data)[data.x.stride + 1] == 0.5);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    gemml_table_free(table);
    assert_ok(gemml_table_of_view(&table, gemml_view_f32(cells[0], 3, 4), NULL));
    assert_string_equal(gemml_table_column_name(table, 3), "x3");
    gemml_table_free(table);

    table = NULL;
    gemml_view two = gemml_view_f32_strided(cells[0], 3, 2, 4);
    assert_int_equal(gemml_table_of_view(&table, two, (const char *const[]){"a", "a"}), GEMML_ERROR_ARGUMENT);
    assert_said("two columns are called \"a\"");
    assert_int_equal(gemml_table_of_view(&table, two, (const char *const[]){"a", ""}), GEMML_ERROR_ARGUMENT);
    assert_said("names[1] is empty");
    assert_int_equal(gemml_table_of_view(&table, two, (const char *const[]){"\xff", "b"}), GEMML_ERROR_ARGUMENT);
    assert_said("names[0] is not valid UTF-8");
    assert_int_equal(gemml_table_of_view(NULL, two, NULL), GEMML_ERROR_ARGUMENT);
    assert_null(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_view),          cmocka_unit_test(test_road),    cmocka_unit_test(test_model_schema),
        cmocka_unit_test(test_accessors),        cmocka_unit_test(test_columns), cmocka_unit_test(test_null),
        cmocka_unit_test(test_options_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

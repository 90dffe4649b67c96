/* Tables with texts, holes and categories, as a person meets them. */
#include <gemml.h>
#include <zlib.h>

#include "program.h"

/* fare = 10 + 2 age for first class women, -4 men, +7 from Q, +1 unknown port. */
static const char ship[] = "name,class,sex,age,port,fare\n"
                           "\"A, Mr. B\",1,male,20,S,46\n"
                           "C,1,female,30,S,70\n"
                           "D,1,female,40,Q,97\n"
                           "E,2,male,30,,67\n"
                           "F,2,male,,C,\n"
                           "G,2,female,30,Q,77\n"
                           "H,3,male,10,S,26\n"
                           "I,3,male,10,C,26\n"
                           "J,2,female,50,C,110\n";

static void train(const char *const more[], const char *notice)
{
    const char *arguments[20] = {"gemml", "train",   "linear",  "ship.csv", "--target",
                                 "fare",  "--model", "m.gemml", "--drop",   "name"};
    for (size_t i = 0; more[i]; i++)
        arguments[10 + i] = more[i];
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0)
        fail_msg("%s", run.err);
    if (notice)
        assert_non_null(strstr(run.err, notice));
    else
        assert_string_equal(run.err, "");
    run_free(&run);
}

/* Notices on stderr unless --quiet; names of inputs, levels and means in inspect. */
static void test_train(void **state)
{
    (void)state;
    enter_folder();
    make_text("ship.csv", ship);
    train((const char *const[]){"--report", "r.json", NULL},
          "gemml: note: 1 of 9 rows of ship.csv dropped: target or weight is missing.\n");
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *report = json_of_file("r.json");
    assert_near(estimate_of(model, "age", NULL), 2, 1e-12);
    assert_near(estimate_of(model, "sex=male", NULL), -4, 1e-12);
    assert_near(estimate_of(model, "port=Q", NULL), 7, 1e-12);
    assert_near(estimate_of(model, "port=S", NULL), 0, 1e-12);
    assert_near(estimate_of(model, "port=NA", NULL), 1, 1e-12);
    assert_int_equal(json_double(report, "rows"), 8);
    assert_int_equal(json_double(report, "rows_dropped"), 1);
    json_t *columns = json_object_get(model, "columns"), *port = json_array_get(columns, 3);
    assert_int_equal(json_array_size(columns), 4);
    assert_string_equal(json_string_of(port, "name"), "port");
    assert_string_equal(json_string_of(port, "type"), "categorical");
    assert_string_equal(json_string_of(port, "base"), "C");
    assert_int_equal(json_array_size(json_object_get(port, "levels")), 4);
    assert_true(json_is_true(json_object_get(port, "missing_level")));
    assert_near(json_double(json_array_get(columns, 2), "mean"), 27.5, 1e-15);
    char *text = RUN_OK("inspect", "m.gemml");
    assert_non_null(strstr(text, "  port  4 levels: C (base), Q, S, NA\n"));
    assert_non_null(strstr(text, "  age  number, 27.5 when missing\n"));
    free(text);
    json_decref(model), json_decref(report);
    train((const char *const[]){"--quiet", NULL}, NULL);
}

/* Columns in another order, a hole, a port that is not known: rows in their order. */
static void test_predict(void **state)
{
    (void)state;
    enter_folder();
    make_text("ship.csv", ship);
    make_text("new.csv", "port;age;sex;class\nQ;10;male;1\nX;;female;1\n;20;female;9\n");
    train((const char *const[]){"--quiet", NULL}, NULL);
    struct run run = RUN("predict", "m.gemml", "new.csv");
    assert_int_equal(run.status, 0);
    assert_string_equal(run.err, "gemml: note: 1 value that training had not, taken as the base level: in \"port\".\n");
    struct numbers values = parse_csv(run.out);
    assert_int_equal(values.rows, 3);
    assert_near(values.values[0], 33, 1e-12);
    assert_near(values.values[1], 65, 1e-12);
    assert_near(values.values[2], 51, 1e-12);
    char *quiet = RUN_OK("predict", "m.gemml", "new.csv", "--quiet");
    assert_string_equal(quiet, run.out);
    json_t *metrics = RUN_JSON("evaluate", "m.gemml", "ship.csv", "--json", "--quiet");
    assert_int_equal(json_double(metrics, "n"), 8);
    assert_near(json_double(metrics, "r2"), 1, 1e-12);
    struct run lacking = RUN("predict", "m.gemml", "ship.csv", "--output", "p.csv");
    assert_int_equal(lacking.status, 0);
    make_text("less.csv", "port,age\nQ,1\n");
    struct run refused = RUN("predict", "m.gemml", "less.csv");
    assert_int_equal(refused.status, 1);
    assert_non_null(strstr(refused.err, "lacks 2 of the columns that the model needs: \"class\", \"sex\""));
    run_free(&run), run_free(&lacking), run_free(&refused);
    free(values.values), free(quiet);
    json_decref(metrics);
}

static void test_categorical(void **state)
{
    (void)state;
    enter_folder();
    make_text("ship.csv", ship);
    train((const char *const[]){"--quiet", "--categorical", "class", "--numeric", "age,fare", NULL}, NULL);
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *inputs = json_object_get(model, "inputs");
    assert_int_equal(json_array_size(inputs), 7);
    assert_string_equal(json_string_value(json_array_get(inputs, 0)), "class=2");
    assert_string_equal(json_string_value(json_array_get(inputs, 1)), "class=3");
    json_decref(model);
}

/* Inputs for levels are not scaled: there the weights of the chain are the
 * coefficients in original units. */
static void test_scaling(void **state)
{
    (void)state;
    const char *const scalings[] = {"--standardize", "--minmax"};
    enter_folder();
    make_text("ship.csv", ship);
    for (size_t s = 0; s < 2; s++) {
        train((const char *const[]){"--quiet", scalings[s], "--l2", "0.5", NULL}, NULL);
        gemml_model *model = NULL;
        gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
        double coefficients[7];
        assert_int_equal(gemml_load(&model, "m.gemml"), GEMML_OK);
        assert_int_equal(gemml_coefficients(model, gemml_matrix_f64(coefficients, 7, 1)), GEMML_OK);
        assert_int_equal(gemml_layer(model, 0, &layer), GEMML_OK);
        const double *weight = layer.weight.data;
        for (size_t j = 0; j < 6; j++) /* class, sex=male, age, port=Q, port=S, port=NA */
            assert_int_equal(weight[j] == coefficients[1 + j], j != 0 && j != 2);
        gemml_model_free(model);
    }
}

/* The same bytes of predictions from a file, the same file in gzip, and standard input. */
static void test_gzip(void **state)
{
    (void)state;
    enter_folder();
    make_text("ship.csv", ship);
    gzFile packed = gzopen("ship.csv.gz", "wb");
    assert_int_equal(gzwrite(packed, ship, sizeof ship - 1), sizeof ship - 1);
    assert_int_equal(gzclose(packed), Z_OK);
    train((const char *const[]){"--quiet", NULL}, NULL);
    char *plain = RUN_OK("predict", "m.gemml", "ship.csv"), *other = RUN_OK("predict", "m.gemml", "ship.csv.gz");
    assert_string_equal(plain, other);
    struct run piped = RUN_WITH(((struct streams){"ship.csv.gz", NULL, NULL}), "predict", "m.gemml", "-");
    assert_int_equal(piped.status, 0);
    assert_string_equal(plain, piped.out);
    size_t count;
    char *bytes = read_file("ship.csv.gz", &count);
    FILE *cut = fopen("cut.gz", "w");
    fwrite(bytes, 1, count - 9, cut);
    fclose(cut);
    struct run run = RUN("predict", "m.gemml", "cut.gz");
    assert_int_equal(run.status, 1);
    assert_string_equal(run.err, "gemml: cut.gz: the gzip file is cut: its compressed text has no end\n");
    run_free(&run), run_free(&piped);
    free(plain), free(other), free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train),   cmocka_unit_test(test_predict), cmocka_unit_test(test_categorical),
        cmocka_unit_test(test_scaling), cmocka_unit_test(test_gzip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

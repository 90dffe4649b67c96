/* gemml generate: tables that read back as they were made. */
#include <gemml.h>
#include <math.h>

#include "program.h"

static void run_quietly(const char *const arguments[])
{
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0)
        fail_msg("%s", run.err);
    assert_string_equal(run.err, "");
    run_free(&run);
}

#define QUIETLY(...) run_quietly((const char *const[]){"gemml", __VA_ARGS__, "--quiet", NULL})

/* The cells of a table of numbers, as the library reads it. */
static double *read_cells(const char *path, size_t rows, size_t columns, gemml_table **table)
{
    gemml_schema *schema = NULL;
    gemml_frame *frame = NULL;
    assert_int_equal(gemml_table_read(table, path), GEMML_OK);
    assert_int_equal(gemml_table_rows(*table), rows);
    assert_int_equal(gemml_table_columns(*table), columns);
    assert_int_equal(gemml_schema_create(&schema, *table, NULL), GEMML_OK);
    assert_int_equal(gemml_encode(&frame, schema, *table, GEMML_ENCODE_PREDICT), GEMML_OK);
    gemml_view x = gemml_frame_dataset(frame).x;
    double *cells = malloc(rows * columns * sizeof *cells);
    for (size_t i = 0; i < rows; i++)
        memcpy(cells + i * columns, (const double *)x.data + i * x.stride, columns * sizeof *cells);
    gemml_frame_free(frame);
    gemml_schema_free(schema);
    return cells;
}

/* Each kind as CSV and as NPY: the same bits, and those that the library hands out. */
static void test_round_trip(void **state)
{
    (void)state;
    static const char *const kinds[] = {"regression", "classification", "moons", "circles", "curve"};
    static const size_t columns[] = {11, 11, 3, 3, 2};
    enter_folder();
    for (size_t kind = 0; kind < 5; kind++) {
        gemml_table *csv = NULL, *npy = NULL;
        QUIETLY("generate", kinds[kind], "--rows", "357", "--seed", "5", "--output", "t.csv");
        QUIETLY("generate", kinds[kind], "--rows", "357", "--seed", "5", "--output", "t.npy");
        double *a = read_cells("t.csv", 357, columns[kind], &csv), *b = read_cells("t.npy", 357, columns[kind], &npy);
        assert_memory_equal(a, b, 357 * columns[kind] * sizeof *a);
        assert_string_equal(gemml_table_column_name(csv, columns[kind] - 1), "y");
        assert_string_equal(gemml_table_column_name(csv, 0), "x0");
        if (kind == 2) {
            double x[2 * 357], y[357];
            gemml_shape_options options = GEMML_SHAPE_OPTIONS_INIT;
            options.seed = 5;
            assert_int_equal(gemml_generate_moons(&options, gemml_matrix_f64(x, 357, 2), gemml_matrix_f64(y, 357, 1)),
                             0);
            for (size_t i = 0; i < 357; i++)
                assert_true(a[3 * i] == x[2 * i] && a[3 * i + 1] == x[2 * i + 1] && a[3 * i + 2] == y[i]);
        }
        gemml_table_free(csv), gemml_table_free(npy);
        free(a), free(b);
    }
}

/* A fit finds the coefficients that were written out. */
static void test_coefficients(void **state)
{
    (void)state;
    enter_folder();
    char *said = RUN_OK("generate", "regression", "--rows", "200", "--columns", "4", "--bias", "-3", "--informative",
                        "3", "--output", "t.csv", "--coefficients", "w.csv");
    assert_string_equal(said, "t.csv: 200 rows, 4 columns and the target\n");
    free(said);
    QUIETLY("generate", "regression", "--rows", "200", "--columns", "4", "--bias", "-3", "--informative", "3",
            "--output", "u.csv", "--coefficients", "w.npy");
    QUIETLY("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml");
    json_t *inspect = RUN_JSON("inspect", "m.gemml", "--json");
    gemml_table *table = NULL;
    double *truth = read_cells("w.npy", 5, 1, &table);
    gemml_table_free(table);
    char *text = read_file("w.csv", NULL), *line = strchr(text, '\n') + 1;
    assert_memory_equal(text, "name,coefficient\n(intercept),-3\nx0,", 35);
    for (size_t j = 0; j < 5; j++, line = strchr(line, '\n') + 1) {
        char name[16];
        snprintf(name, sizeof name, "x%zu", j - 1);
        assert_true(strtod(strchr(line, ',') + 1, NULL) == truth[j]);
        assert_near(estimate_of(inspect, j == 0 ? "(intercept)" : name, NULL), truth[j], 1e-11);
    }
    json_decref(inspect);
    free(text), free(truth);
}

/* Several targets, columns that depend on each other, uneven classes: by options. */
static void test_more(void **state)
{
    (void)state;
    enter_folder();
    char *said =
        RUN_OK("generate", "regression", "--rows", "300", "--columns", "3", "--targets", "2", "--effective-rank", "2",
               "--tail-strength", "0.3", "--bias", "5", "--output", "t.csv", "--coefficients", "w.csv");
    assert_string_equal(said, "t.csv: 300 rows, 3 columns and the targets\n");
    free(said);
    QUIETLY("train", "linear", "t.csv", "--target", "y0,y1", "--model", "m.gemml");
    json_t *inspect = RUN_JSON("inspect", "m.gemml", "--json");
    char *text = read_file("w.csv", NULL), *line = strchr(text, '\n') + 1;
    assert_memory_equal(text, "name,y0,y1\n(intercept),5,5\nx0,", 30);
    for (size_t j = 0; j < 4; j++, line = strchr(line, '\n') + 1) {
        char name[16], *rest;
        snprintf(name, sizeof name, "x%zu", j - 1);
        double first = strtod(strchr(line, ',') + 1, &rest), second = strtod(rest + 1, NULL);
        assert_near(estimate_of(inspect, j == 0 ? "(intercept)" : name, "y0"), first, 1e-9);
        assert_near(estimate_of(inspect, j == 0 ? "(intercept)" : name, "y1"), second, 1e-9);
    }
    json_decref(inspect), free(text);
    QUIETLY("generate", "classification", "--rows", "1000", "--classes", "3", "--clusters-per-class", "1", "--shares",
            "0.7,0.2", "--flip", "0", "--polytope", "--shift", "auto", "--scale", "auto", "--output", "c.csv");
    gemml_table *table = NULL;
    double *cells = read_cells("c.csv", 1000, 11, &table), count[3] = {0};
    for (size_t i = 0; i < 1000; i++)
        count[(size_t)cells[11 * i + 10]]++;
    assert_true(fabs(count[0] - 700) <= 1 && fabs(count[1] - 200) <= 1 && fabs(count[2] - 100) <= 1);
    gemml_table_free(table), free(cells);
}

/* To the standard output: the table alone. */
static void test_standard_output(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("generate", "curve", "--rows", "3", "--low", "-1", "--high", "1", "--output", "-");
    struct numbers numbers = parse_csv(text);
    assert_int_equal(numbers.rows, 3);
    assert_int_equal(numbers.cols, 2);
    for (size_t i = 0; i < 3; i++)
        assert_true(fabs(numbers.values[2 * i]) <= 1);
    free(numbers.values), free(text);
    assert_int_equal(folder_entries(), 0);
}

#define FAILS(status_wanted, said, ...)                  \
    do {                                                 \
        struct run run = RUN(__VA_ARGS__);               \
        assert_int_equal(run.status, status_wanted);     \
        if (!strstr(run.err, said))                      \
            fail_msg("no \"%s\" in: %s", said, run.err); \
        run_free(&run);                                  \
        assert_int_equal(folder_entries(), 0);           \
    } while (0)

static void test_refused(void **state)
{
    (void)state;
    enter_folder();
    FAILS(2, "the kind is missing; there is: regression, classification, moons, circles, curve", "generate");
    FAILS(2, "'spirals': unknown kind", "generate", "spirals", "--output", "t.csv");
    FAILS(2, "--output FILE is missing", "generate", "moons");
    FAILS(2, "--rows takes", "generate", "moons", "--output", "t.csv", "--rows", "0");
    FAILS(2, "unknown option --columns", "generate", "moons", "--output", "t.csv", "--columns", "3");
    FAILS(2, "--factor takes", "generate", "circles", "--output", "t.csv", "--factor", "1");
    FAILS(2, "the same file", "generate", "regression", "--output", "t.csv", "--coefficients", "t.csv");
    FAILS(1, "informative is 11 but x has 10 columns", "generate", "regression", "--output", "t.csv", "--informative",
          "11");
    FAILS(1, "a cube of informative 2 has 4 corners", "generate", "classification", "--output", "t.csv", "--classes",
          "3");
    FAILS(1, "low is 7 and high 5", "generate", "curve", "--output", "t.csv", "--low", "7");
    FAILS(1, "the folder none", "generate", "curve", "--output", "none/t.csv");
    FAILS(1, "not enough memory", "generate", "curve", "--output", "t.csv", "--rows", "4000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_coefficients), cmocka_unit_test(test_more),
        cmocka_unit_test(test_standard_output), cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

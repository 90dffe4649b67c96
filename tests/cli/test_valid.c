/* Rows that the model is judged on, and powers and products of columns. */
#include <gemml.h>
#include <math.h>

#include "program.h"

#define WINE "--target", "quality", "--model", "m.gemml", "--report", "r.json"

static void run_quietly(const char *const more[])
{
    const char *arguments[32] = {"gemml", "train", "linear", data_path("winequality-red.csv"), WINE, "--quiet"};
    size_t used = 11;
    for (size_t i = 0; more[i]; i++)
        arguments[used++] = more[i];
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0)
        fail_msg("%s", run.err);
    assert_string_equal(run.err, "");
    run_free(&run);
}

/* The held-out rows are not learnt from: the model is that of the other rows, the
 * same for the same seed, and the metrics are those of evaluate. */
static void test_holdout(void **state)
{
    (void)state;
    double r2[3];
    enter_folder();
    for (int i = 0; i < 3; i++) {
        run_quietly((const char *const[]){"--holdout", "0.2", "--seed", i < 2 ? "7" : "8", NULL});
        json_t *report = json_of_file("r.json"), *valid = json_object_get(report, "valid");
        assert_int_equal(json_double(report, "rows"), 1279);
        assert_int_equal(json_double(valid, "n"), 320);
        r2[i] = json_double(valid, "r2");
        assert_true(r2[i] > 0.2 && r2[i] < 0.5);
        assert_true(json_double(report, "r2") > 0.3);
        json_decref(report);
    }
    assert_true(r2[0] == r2[1]);
    assert_true(r2[0] != r2[2]);
}

/* A file of its own: what evaluate says of it. */
static void test_valid(void **state)
{
    (void)state;
    enter_folder();
    run_quietly((const char *const[]){"--valid", data_path("winequality-red.csv"), NULL});
    json_t *report = json_of_file("r.json"), *valid = json_object_get(report, "valid");
    json_t *evaluated = RUN_JSON("evaluate", "m.gemml", data_path("winequality-red.csv"), "--json");
    assert_int_equal(json_double(report, "rows"), 1599);
    assert_true(json_equal(valid, evaluated));
    assert_near(json_double(valid, "r2"), json_double(report, "r2"), 1e-12);
    json_decref(report), json_decref(evaluated);
    run_quietly((const char *const[]){NULL});
    report = json_of_file("r.json");
    assert_null(json_object_get(report, "valid"));
    json_decref(report);
    char *text = RUN_OK("train", "linear", data_path("winequality-red.csv"), WINE, "--holdout", "0.25");
    assert_non_null(strstr(text, "\nheld out      400 rows: R^2 0."));
    free(text);
}

static void assert_usage(const char *said, const char *const arguments[])
{
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, said));
    run_free(&run);
    assert_int_equal(folder_entries(), 1);
}

#define TRAIN "gemml", "train", "linear", "t.csv", "--target", "y", "--model", "m.gemml"

static void write_quadratic(const char *path)
{
    FILE *file = fopen(path, "w");
    fputs("a,b,y\n", file);
    for (int a = -3; a <= 3; a++)
        for (int b = -3; b <= 3; b++)
            fprintf(file, "%d,%d,%d\n", a, b, 1 + 2 * a - 3 * b + 4 * a * a - 5 * a * b + 6 * b * b);
    fclose(file);
}

static void test_usage(void **state)
{
    (void)state;
    enter_folder();
    write_quadratic("t.csv");
    assert_usage("only one of --valid and --holdout",
                 (const char *const[]){TRAIN, "--valid", "t.csv", "--holdout", "0.5", NULL});
    assert_usage("--holdout takes a number", (const char *const[]){TRAIN, "--holdout", "1.5", NULL});
    assert_usage("--holdout takes a number", (const char *const[]){TRAIN, "--holdout", "0", NULL});
    assert_usage("--polynomial takes a whole number", (const char *const[]){TRAIN, "--polynomial", "0", NULL});
    assert_usage("--features-add takes a list of square, sin, ",
                 (const char *const[]){TRAIN, "--features-add", "sin,tan", NULL});
    assert_usage("--features-add takes a list of square, sin, ",
                 (const char *const[]){TRAIN, "--features-add", "sin,", NULL});
    assert_usage("would overwrite the data of --valid",
                 (const char *const[]){"gemml", "train", "linear", "u.csv", "--target", "y", "--model", "t.csv",
                                       "--valid", "t.csv", NULL});
}

/* The polynomial is found, named, and remembered by the model. */
static void test_polynomial(void **state)
{
    (void)state;
    enter_folder();
    write_quadratic("t.csv");
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml", "--polynomial", "2"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    static const char *const names[] = {"(intercept)", "a", "b", "a^2", "a*b", "b^2"};
    for (int j = 0; j < 6; j++)
        assert_near(estimate_of(model, names[j], NULL), (const double[]){1, 2, -3, 4, -5, 6}[j], 1e-14);
    assert_int_equal(json_array_size(json_object_get(model, "columns")), 2);
    json_decref(model);
    FILE *file = fopen("new.csv", "w");
    fputs("b;a\n10;0\n-1;0.5\n", file);
    fclose(file);
    char *text = RUN_OK("predict", "m.gemml", "new.csv");
    struct numbers predicted = parse_csv(text);
    assert_int_equal(predicted.rows, 2);
    assert_near(predicted.values[0], 571, 1e-12);
    assert_near(predicted.values[1], 1 + 1 + 3 + 1 + 2.5 + 6, 1e-13);
    free(text), free(predicted.values);
}

/* Six functions of each of two columns, and their product: found again, and remembered. */
static void test_terms(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    fputs("a,b,y\n", file);
    for (int i = -15; i <= 15; i++)
        for (int j = -15; j <= 15; j++) {
            double a = 0.2 * i + 0.05, b = 0.19 * j - 0.03;
            fprintf(file, "%.17g,%.17g,%.17g\n", a, b, 1 + 2 * a * b - 3 * sin(a) + 4 * cos(b * b) - 5 * b * b);
        }
    fclose(file);
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml", "--features-add",
                "cos-square,interactions,square,sin,cos,sin-square"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    static const char *const names[] = {"(intercept)", "a",        "b",        "a^2",     "a*b",
                                        "b^2",         "sin(a)",   "sin(b)",   "cos(a)",  "cos(b)",
                                        "sin(a^2)",    "sin(b^2)", "cos(a^2)", "cos(b^2)"};
    static const double truth[] = {1, 0, 0, 0, 2, -5, -3, 0, 0, 0, 0, 0, 0, 4};
    for (int j = 0; j < 14; j++)
        assert_near(estimate_of(model, names[j], NULL), truth[j], 1e-9);
    json_decref(model);
    file = fopen("new.csv", "w");
    fputs("b,a\n2,0.5\n", file);
    fclose(file);
    char *text = RUN_OK("predict", "m.gemml", "new.csv");
    struct numbers predicted = parse_csv(text);
    assert_near(predicted.values[0], 1 + 2 - 3 * sin(0.5) + 4 * cos(4) - 20, 1e-9);
    free(text), free(predicted.values);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holdout),    cmocka_unit_test(test_valid), cmocka_unit_test(test_usage),
        cmocka_unit_test(test_polynomial), cmocka_unit_test(test_terms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The verbs as a person uses them: train, inspect, evaluate, predict on real and
 * generated tables. */
#include <gemml.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "program.h"

/* data_path() with a lifetime: tests name several files. */
static const char *mtcars(void)
{
    static char path[4096];
    if (!path[0]) {
        char *absolute = realpath(data_path("r/mtcars.csv"), NULL);
        assert_non_null(absolute);
        snprintf(path, sizeof path, "%s", absolute);
        free(absolute);
    }
    return path;
}

static void train_mtcars(const char *model)
{
    free(RUN_OK("train", "linear", mtcars(), "--target", "mpg", "--model", model));
}

/* Every coefficient, and R^2 and sigma, agree with R's lm to 10 digits. */
static void test_train_agrees_with_r(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("train", "linear", mtcars(), "--target", "mpg", "--model", "m.gemml");
    assert_non_null(strstr(text, "(intercept)"));
    assert_non_null(strstr(text, "12.30337"));
    assert_non_null(strstr(text, "agree with the closed form to"));
    assert_non_null(strstr(text, "21 degrees of freedom"));
    assert_non_null(strstr(text, "m.gemml"));
    free(text);
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *truth = json_of_file(data_path("r/mtcars.json"));
    json_t *names = json_object_get(truth, "coefficient_names"), *coef = json_object_get(truth, "coef");
    assert_int_equal(json_array_size(names), 11);
    for (size_t i = 0; i < 11; i++) {
        const char *name = i == 0 ? "(intercept)" : json_string_value(json_array_get(names, i));
        double value = estimate_of(model, name, NULL);
        assert_true(digits(value, json_number_value(json_array_get(coef, i))) >= 10);
    }
    assert_true(digits(json_double(model, "r2"), json_double(truth, "r_squared")) >= 10);
    assert_true(digits(json_double(model, "adjusted_r2"), json_double(truth, "adj_r_squared")) >= 10);
    assert_true(digits(json_double(model, "sigma"), json_double(truth, "sigma")) >= 10);
    json_decref(model);
    json_decref(truth);
}

/* NIST's certified values, which are strings in the file. */
static void check_nist(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "nist/%s.json", name);
    json_t *truth = json_of_file(data_path(path));
    snprintf(path, sizeof path, "nist/%s.csv", name);
    free(RUN_OK("train", "linear", data_path(path), "--target", "y", "--model", "nist.gemml"));
    json_t *model = RUN_JSON("inspect", "--json", "nist.gemml");
    json_t *coefficients = json_object_get(model, "coefficients"), *entry;
    size_t i;
    assert_int_equal(json_array_size(coefficients), json_array_size(json_object_get(truth, "parameters")));
    json_array_foreach(json_object_get(truth, "parameters"), i, entry)
    {
        double certified = strtod(json_string_of(entry, "estimate"), NULL);
        double value = json_double(json_array_get(coefficients, i), "estimate");
        if (!(digits(value, certified) >= 10))
            fail_msg("%s: coefficient %zu is %.17g, certified %.15g", name, i, value, certified);
    }
    json_decref(model);
    json_decref(truth);
}

static void test_nist(void **state)
{
    (void)state;
    enter_folder();
    check_nist("Longley");
    check_nist("Norris");
}

/* The keys of inspect --json, and what they hold for this model. */
static void test_inspect_json(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("m.gemml");
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_string_equal(json_string_of(model, "kind"), "linear");
    assert_string_equal(json_string_of(model, "solver"), "cholesky");
    assert_string_equal(json_string_of(model, "outcome"), "converged");
    assert_string_equal(json_string_of(model, "scaling"), "none");
    assert_string_equal(json_string_of(model, "dtype"), "f64");
    assert_int_equal(json_array_size(json_object_get(model, "inputs")), 10);
    assert_string_equal(json_string_value(json_array_get(json_object_get(model, "inputs"), 0)), "cyl");
    assert_string_equal(json_string_value(json_array_get(json_object_get(model, "outputs"), 0)), "mpg");
    assert_true(json_is_null(json_object_get(model, "classes")));
    assert_int_equal(json_double(model, "n_inputs"), 10);
    assert_int_equal(json_double(model, "parameters"), 11);
    assert_int_equal(json_double(model, "rank"), 11);
    assert_int_equal(json_double(model, "freedom"), 21);
    assert_int_equal(json_double(model, "rows"), 32);
    assert_true(json_double(model, "condition") > 1);
    assert_true(json_double(model, "normal_equation_residual") < 1e-13);
    assert_true(json_double(model, "closed_form_distance") < 1e-12);
    assert_true(json_double(model, "objective") > 0 && json_double(model, "loss") > 0 && json_double(model, "l2") == 0);
    json_t *layer = json_array_get(json_object_get(model, "layers"), 0);
    assert_int_equal(json_double(layer, "inputs"), 10);
    assert_int_equal(json_double(layer, "outputs"), 1);
    assert_string_equal(json_string_of(layer, "activation"), "identity");
    assert_true(json_is_true(json_object_get(layer, "bias")));
    json_decref(model);
}

/* Predictions are b + sum_j w_j x_j with the coefficients that inspect shows. */
static void test_predict_by_hand(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("m.gemml");
    char *table = read_file(mtcars(), NULL), *text = RUN_OK("predict", "m.gemml", mtcars());
    assert_memory_equal(text, "prediction\n", 11);
    struct numbers data = parse_csv(table), predicted = parse_csv(text);
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *inputs = json_object_get(model, "inputs");
    assert_int_equal(predicted.rows, data.rows);
    for (size_t i = 0; i < data.rows; i++) {
        double sum = estimate_of(model, "(intercept)", NULL);
        for (size_t j = 0; j < 10; j++)
            sum += estimate_of(model, json_string_value(json_array_get(inputs, j)), NULL) *
                   data.values[i * data.cols + 1 + j];
        assert_near(predicted.values[i], sum, 1e-13);
    }
    json_decref(model);
    free(table), free(text), free(data.values), free(predicted.values);
}

/* The same cars with the columns reversed and the target left out: the same
 * predictions, to the letter. */
static void test_shuffled_columns(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("m.gemml");
    char *table = read_file(mtcars(), NULL);
    struct numbers data = parse_csv(table);
    FILE *file = fopen("shuffled.csv", "w");
    fputs("carb,gear,am,vs,qsec,wt,drat,hp,disp,cyl\n", file);
    for (size_t i = 0; i < data.rows; i++)
        for (size_t j = 10; j >= 1; j--)
            fprintf(file, "%.17g%c", data.values[i * 11 + j], j > 1 ? ',' : '\n');
    fclose(file);
    char *a = RUN_OK("predict", "m.gemml", mtcars()), *b = RUN_OK("predict", "m.gemml", "shuffled.csv");
    assert_string_equal(a, b);
    free(table), free(data.values), free(a), free(b);
}

static void test_predict_output(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("m.gemml");
    char *a = RUN_OK("predict", "m.gemml", mtcars());
    char *silent = RUN_OK("predict", "m.gemml", mtcars(), "--output", "p.csv", "--threads", "2");
    char *b = read_file("p.csv", NULL);
    assert_string_equal(silent, "");
    assert_string_equal(a, b);
    assert_int_equal(symlink("p.csv", "link.csv"), 0);
    free(RUN_OK("predict", "--output=link.csv", "--", "m.gemml", mtcars()));
    struct stat status;
    assert_true(lstat("link.csv", &status) == 0 && S_ISLNK(status.st_mode));
    struct run piped = RUN_WITH(((struct streams){mtcars(), NULL, NULL}), "predict", "m.gemml", "-", "--output", "-");
    assert_int_equal(piped.status, 0);
    assert_string_equal(piped.out, a);
    assert_int_equal(folder_entries(), 3);
    run_free(&piped);
    free(a), free(b), free(silent);
}

static void test_evaluate(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("m.gemml");
    json_t *metrics = RUN_JSON("evaluate", "m.gemml", mtcars(), "--json");
    json_t *truth = json_of_file(data_path("r/mtcars.json"));
    double mse = json_double(metrics, "mse");
    assert_int_equal(json_double(metrics, "n"), 32);
    assert_true(digits(json_double(metrics, "r2"), json_double(truth, "r_squared")) >= 10);
    assert_near(json_double(metrics, "loss"), mse / 2, 1e-14);
    assert_near(json_double(metrics, "rmse") * json_double(metrics, "rmse"), mse, 1e-14);
    assert_near(json_double(truth, "sigma") * json_double(truth, "sigma") * 21 / 32, mse, 1e-10);
    assert_true(json_double(metrics, "mae") > 0 && json_double(metrics, "mae") < json_double(metrics, "rmse"));
    char *text = RUN_OK("evaluate", "--threads", "2", "m.gemml", mtcars());
    assert_memory_equal(text, "rows    32\n", 11);
    assert_non_null(strstr(text, "\nr2      0.8690158\n"));
    free(text);
    json_decref(metrics);
    json_decref(truth);
}

/* y = 3 + 2 x0 - x1 exactly, from NPY: columns x0, x1, and the target is -1. */
static void test_npy(void **state)
{
    (void)state;
    enter_folder();
    enum { rows = 200 };
    double values[rows * 3];
    uint64_t seed = 7;
    for (size_t i = 0; i < rows; i++) {
        double a = test_random(&seed), b = test_random(&seed);
        memcpy(&values[3 * i], (double[]){a, b, 3 + 2 * a - b}, 3 * sizeof(double));
    }
    write_npy("t.npy", values, rows, 3);
    free(RUN_OK("train", "linear", "t.npy", "--target", "-1", "--model", "m.gemml"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_near(estimate_of(model, "(intercept)", NULL), 3, 1e-14);
    assert_near(estimate_of(model, "x0", NULL), 2, 1e-14);
    assert_near(estimate_of(model, "x1", NULL), -1, 1e-14);
    assert_string_equal(json_string_value(json_array_get(json_object_get(model, "outputs"), 0)), "x2");
    json_t *metrics = RUN_JSON("evaluate", "m.gemml", "t.npy", "--json");
    assert_near(json_double(metrics, "r2"), 1, 1e-14);
    char *text = RUN_OK("predict", "m.gemml", "t.npy");
    struct numbers predicted = parse_csv(text);
    assert_int_equal(predicted.rows, rows);
    for (size_t i = 0; i < rows; i++)
        assert_near(predicted.values[i], values[3 * i + 2], 1e-13);
    json_decref(model), json_decref(metrics);
    free(text), free(predicted.values);
}

/* Gradient descent comes to the closed form, and both the text and the report
 * say so. */
static void test_descent(void **state)
{
    (void)state;
    enter_folder();
    train_mtcars("closed.gemml");
    struct run run = RUN("train", "linear", mtcars(), "--target", "mpg", "--solver", "descent", "--standardize",
                         "--epochs", "200000", "--model", "m.gemml", "--report", "r.json");
    assert_int_equal(run.status, 0);
    assert_non_null(strstr(run.err, "epoch 1 of 200000: loss "));
    assert_non_null(strstr(run.out, "agree with the closed form to"));
    json_t *report = json_of_file("r.json");
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *closed = RUN_JSON("inspect", "closed.gemml", "--json");
    assert_true(json_double(report, "closed_form_digits") >= 6);
    assert_true(digits(estimate_of(model, "wt", NULL), estimate_of(closed, "wt", NULL)) >= 6);
    assert_true(digits(estimate_of(model, "(intercept)", NULL), estimate_of(closed, "(intercept)", NULL)) >= 6);
    assert_string_equal(json_string_of(report, "solver"), "descent");
    assert_string_equal(json_string_of(report, "dtype"), "f64");
    json_t *history = json_object_get(json_object_get(report, "history"), "loss");
    double epochs = json_double(report, "epochs");
    assert_int_equal(json_array_size(history), epochs);
    assert_true(json_double(report, "iterations") <= epochs && json_double(report, "iterations") >= epochs - 1);
    assert_true(json_number_value(json_array_get(history, 0)) > 10 * json_double(report, "loss"));
    assert_true(json_double(report, "seconds_fit") > 0 && json_double(report, "seconds_load") > 0);
    assert_true(json_double(report, "threads") >= 1);
    assert_true(json_double(report, "normal_equation_residual") < 1e-6);
    assert_true(json_double(report, "closed_form_distance") < 1e-6);
    json_decref(report), json_decref(model), json_decref(closed);
    run_free(&run);
}

/* The model's bytes for --threads 1 to 4, of both solvers. */
static void test_bytes_over_threads(void **state)
{
    (void)state;
    enter_folder();
    enum { rows = 5000, cols = 6 };
    double *values = malloc(rows * cols * sizeof(double));
    uint64_t seed = 11;
    for (size_t i = 0; i < rows * cols; i++)
        values[i] = test_random(&seed);
    write_npy("t.npy", values, rows, cols);
    free(values);
    const char *solvers[] = {"cholesky", "descent"};
    for (size_t s = 0; s < 2; s++) {
        char *first = NULL;
        size_t first_count = 0;
        for (char threads[] = "1"; threads[0] <= '4'; threads[0]++) {
            free(RUN_OK("train", "linear", "t.npy", "--target", "x5", "--solver", solvers[s], "--threads", threads,
                        "--quiet", "--model", "m.gemml"));
            size_t count;
            char *bytes = read_file("m.gemml", &count);
            if (!first) {
                first = bytes;
                first_count = count;
                continue;
            }
            assert_int_equal(count, first_count);
            assert_memory_equal(bytes, first, count);
            free(bytes);
        }
        free(first);
    }
}

/* Two targets, one of them with a comma in its name. */
static void test_several_outputs(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    fputs("x,\"a,b\",c\n", file);
    for (int i = 0; i < 20; i++)
        fprintf(file, "%d,%d,%d\n", i, 2 * i + 1, 5 - 3 * i);
    fclose(file);
    free(RUN_OK("train", "linear", "t.csv", "--target", "\"a,b\",c", "--model", "m.gemml"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_near(estimate_of(model, "x", "a,b"), 2, 1e-13);
    assert_near(estimate_of(model, "(intercept)", "c"), 5, 1e-13);
    assert_int_equal(json_array_size(json_object_get(model, "r2")), 2);
    assert_int_equal(json_array_size(json_object_get(model, "sigma")), 2);
    char *text = RUN_OK("predict", "m.gemml", "t.csv");
    assert_memory_equal(text, "\"prediction:a,b\",prediction:c\n", 30);
    double first, second;
    assert_int_equal(sscanf(strchr(text, '\n'), "\n%lf,%lf\n", &first, &second), 2);
    assert_near(first, 1, 1e-13);
    assert_near(second, 5, 1e-13);
    json_decref(model);
    free(text);
}

/* Options stand anywhere, and --features, --drop, --weight, --no-intercept and
 * --l2 reach the model. */
static void test_options_reach_the_model(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("train", "linear", "--target=mpg", "--features", "wt,hp", "--l2=2.5", "--minmax", "--model", "m.gemml",
                "--", mtcars()));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_int_equal(json_double(model, "n_inputs"), 2);
    assert_true(json_double(model, "l2") == 2.5);
    assert_string_equal(json_string_of(model, "scaling"), "minmax");
    json_decref(model);
    free(RUN_OK("train", "linear", mtcars(), "--target", "0", "--drop", "cyl,-1", "--weight", "qsec", "--no-intercept",
                "--dtype", "f32", "--seed", "3", "--model", "m.gemml"));
    model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_int_equal(json_double(model, "n_inputs"), 7);
    assert_int_equal(json_array_size(json_object_get(model, "coefficients")), 7);
    assert_string_equal(json_string_of(model, "dtype"), "f32");
    json_decref(model);
    char *text = RUN_OK("predict", "m.gemml", mtcars());
    struct numbers predicted = parse_csv(text);
    assert_int_equal(predicted.rows, 32);
    free(text), free(predicted.values);
}

static void write_table(const char *text)
{
    FILE *file = fopen("t.csv", "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A line by hand through 8 rows, of which 3 have no weight: 5 - 2 degrees of freedom,
 * whether the solver determines a rank or not, and what sigma says. */
static void test_rows_without_weight(void **state)
{
    (void)state;
    enter_folder();
    write_table("x,y,w\n0,1,1\n1,3,1\n2,4,1\n3,8,1\n4,9,1\n5,70,0\n6,-80,0\n7,0,0\n");
    const char *solvers[] = {"cholesky", "descent"};
    for (size_t s = 0; s < 2; s++) {
        free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--weight", "w", "--standardize", "--solver",
                    solvers[s], "--quiet", "--model", "m.gemml", "--report", "r.json"));
        char *text = RUN_OK("inspect", "m.gemml");
        assert_non_null(strstr(text, "8 rows"));
        assert_non_null(strstr(text, "on 3 degrees of freedom\n"));
        free(text);
        json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *report = json_of_file("r.json");
        assert_int_equal(json_double(model, "rows"), 8);
        assert_int_equal(json_double(model, "freedom"), 3);
        assert_int_equal(json_double(report, "freedom"), 3);
        /* y = 0.8 + 2.1 x: RSS = 1.9 over the five rows. */
        assert_near(json_double(model, "sigma"), sqrt(1.9 / 3), 1e-9);
        json_decref(model), json_decref(report);
    }
}

/* As many rows as parameters: no degree of freedom, and no sigma. */
static void test_no_freedom(void **state)
{
    (void)state;
    enter_folder();
    write_table("x,y\n0,1\n1,3\n");
    char *text = RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml");
    assert_non_null(strstr(text, "\nResidual standard error: undefined\nR^2: 1, adjusted R^2: undefined\n"));
    free(text);
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_int_equal(json_double(model, "freedom"), 0);
    assert_true(json_is_null(json_object_get(model, "sigma")));
    json_decref(model);
}

static void test_quiet(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("train", "linear", mtcars(), "--target", "mpg", "--solver", "descent", "--standardize",
                        "--epochs", "50", "--quiet", "--model", "m.gemml");
    assert_string_equal(text, "");
    assert_int_equal(folder_entries(), 1);
    free(text);
}

/* A model fitted from C knows no names: columns by position. */
static void test_model_without_names(void **state)
{
    (void)state;
    enter_folder();
    double x[10], y[5];
    for (size_t i = 0; i < 5; i++) {
        x[2 * i] = (double)i;
        x[2 * i + 1] = (double)(i * i);
        y[i] = 1 + 2 * x[2 * i] + 4 * x[2 * i + 1];
    }
    gemml_model *model = NULL;
    gemml_dataset train = GEMML_DATASET_INIT;
    train.x = gemml_view_f64(x, 5, 2);
    train.y = gemml_view_f64(y, 5, 1);
    assert_int_equal(gemml_linear_create(&model, NULL), GEMML_OK);
    assert_int_equal(gemml_fit(model, &train, NULL, NULL), GEMML_OK);
    assert_int_equal(gemml_save(model, "m.gemml"), GEMML_OK);
    gemml_model_free(model);
    FILE *file = fopen("t.csv", "w");
    fputs("p,q\n1,1\n10,0\n", file);
    fclose(file);
    char *text = RUN_OK("predict", "m.gemml", "t.csv");
    struct numbers predicted = parse_csv(text);
    assert_near(predicted.values[0], 7, 1e-13);
    assert_near(predicted.values[1], 21, 1e-13);
    file = fopen("e.csv", "w");
    fputs("p,q,r\n1,1,7\n10,0,21\n", file);
    fclose(file);
    json_t *metrics = RUN_JSON("evaluate", "m.gemml", "e.csv", "--json"),
           *inspect = RUN_JSON("inspect", "m.gemml", "--json");
    assert_near(json_double(metrics, "r2"), 1, 1e-13);
    assert_near(estimate_of(inspect, "x1", NULL), 4, 1e-13);
    json_decref(metrics), json_decref(inspect);
    free(text), free(predicted.values);
}

static void test_help_and_version(void **state)
{
    (void)state;
    char *text = RUN_OK("--version");
    assert_string_equal(text, "gemml 0.1.0\n");
    free(text);
    text = RUN_OK("--help");
    assert_memory_equal(text, "Examples:\n", 10);
    assert_non_null(strstr(text, "train linear"));
    free(text);
    const char *verbs[] = {"train", "predict", "evaluate", "inspect"};
    for (size_t i = 0; i < 4; i++) {
        char *a = RUN_OK("help", verbs[i]), *b = RUN_OK(verbs[i], "--help");
        assert_memory_equal(a, "Examples:\n", 10);
        assert_string_equal(a, b);
        free(a), free(b);
    }
    text = RUN_OK("train", "linear", "--help");
    assert_non_null(strstr(text, "--l2 X"));
    assert_non_null(strstr(text, "(default: 0)"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_train_agrees_with_r),
        cmocka_unit_test(test_nist),
        cmocka_unit_test(test_inspect_json),
        cmocka_unit_test(test_predict_by_hand),
        cmocka_unit_test(test_shuffled_columns),
        cmocka_unit_test(test_predict_output),
        cmocka_unit_test(test_evaluate),
        cmocka_unit_test(test_npy),
        cmocka_unit_test(test_descent),
        cmocka_unit_test(test_bytes_over_threads),
        cmocka_unit_test(test_several_outputs),
        cmocka_unit_test(test_options_reach_the_model),
        cmocka_unit_test(test_rows_without_weight),
        cmocka_unit_test(test_no_freedom),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_model_without_names),
        cmocka_unit_test(test_help_and_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

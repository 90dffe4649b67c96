/* What train, inspect and predict show of a linear regression's statistics. */
#include <gemml.h>
#include <math.h>

#include "program.h"

static const char *table_of(const char *name)
{
    static char path[4096];
    char *absolute = realpath(data_path(name), NULL);
    assert_non_null(absolute);
    snprintf(path, sizeof path, "%s", absolute);
    free(absolute);
    return path;
}

static json_t *coefficient_of(const json_t *model, size_t index)
{
    json_t *entry = json_array_get(json_object_get(model, "coefficients"), index);
    assert_non_null(entry);
    return entry;
}

static double number_at(const json_t *object, const char *key, size_t index)
{
    return json_number_value(json_array_get(json_object_get(object, key), index));
}

/* inspect --json against R's summary(lm). */
static void check_r(const char *csv, const char *json, const char *target)
{
    enter_folder();
    free(RUN_OK("train", "linear", table_of(csv), "--target", target, "--model", "m.gemml", "--report", "r.json"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *report = json_of_file("r.json");
    json_t *truth = json_of_file(data_path(json));
    for (size_t i = 0; i < json_array_size(json_object_get(truth, "coef")); i++) {
        json_t *entry = coefficient_of(model, i);
        assert_true(digits(json_double(entry, "std_error"), number_at(truth, "std_error", i)) >= 10);
        assert_true(digits(json_double(entry, "t"), number_at(truth, "t_value", i)) >= 9);
        assert_true(digits(json_double(entry, "p"), number_at(truth, "p_value", i)) >= 9);
        assert_null(json_object_get(entry, "robust_p"));
    }
    json_t *const both[] = {model, report};
    for (size_t i = 0; i < 2; i++) {
        assert_true(digits(json_double(both[i], "f"), json_double(truth, "f_statistic")) >= 10);
        assert_true(digits(json_double(both[i], "f_p"), json_double(truth, "f_p_value")) >= 9);
        assert_int_equal(json_double(both[i], "f_freedom"), number_at(truth, "f_df", 0));
        assert_int_equal(json_double(both[i], "freedom"), number_at(truth, "f_df", 1));
        assert_true(digits(json_double(both[i], "aic"), json_double(truth, "aic")) >= 11);
        assert_true(digits(json_double(both[i], "bic"), json_double(truth, "bic")) >= 11);
        assert_true(digits(json_double(both[i], "log_likelihood"), json_double(truth, "log_lik")) >= 11);
        assert_true(json_is_null(json_object_get(both[i], "l2_path")));
        assert_true(json_is_null(json_object_get(both[i], "robust")));
    }
    json_decref(model), json_decref(report), json_decref(truth);
}

static void test_json_agrees_with_r(void **state)
{
    (void)state;
    check_r("r/mtcars.csv", "r/mtcars.json", "mpg");
    check_r("r/longley.csv", "r/longley.json", "Employed");
}

/* Standard errors of a polynomial to NIST's digits, and of an exact fit. */
static void test_polynomials(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("train", "linear", table_of("nist/Wampler4.csv"), "--target", "y", "--polynomial", "5", "--no-scale",
                "--model", "m.gemml"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *truth = json_of_file(data_path("nist/Wampler4.json"));
    json_t *parameters = json_object_get(json_object_get(truth, "high_precision"), "parameters");
    for (size_t i = 0; i < 6; i++) {
        double exact = strtod(json_string_of(json_array_get(parameters, i), "std_error"), NULL);
        assert_true(digits(json_double(coefficient_of(model, i), "std_error"), exact) >= 13);
    }
    json_decref(model);
    free(RUN_OK("train", "linear", table_of("nist/Wampler1.csv"), "--target", "y", "--polynomial", "5", "--no-scale",
                "--model", "m.gemml"));
    model = RUN_JSON("inspect", "m.gemml", "--json");
    for (size_t i = 0; i < 6; i++)
        assert_true(json_double(coefficient_of(model, i), "std_error") < 1e-9);
    json_decref(model), json_decref(truth);
}

static void assert_says(const char *text, const char *words)
{
    if (!text || !strstr(text, words)) /* NULL: the sanitizers' build cannot see that RUN_OK gives none */
        fail_msg("no \"%s\" in:\n%s", words, text ? text : "");
}

/* No line of the table passes 80 columns. */
static void assert_narrow(const char *text)
{
    const char *end = strstr(text, "\nRes");
    for (const char *line = text; line && line < end; line = strchr(line, '\n') + 1)
        assert_true(strcspn(line, "\n") <= 80);
}

static void test_table(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--features", "wt,qsec,am",
                        "--model", "m.gemml");
    assert_says(text, "Estimate  Std. Error  t value   Pr(>|t|)\n");
    assert_says(text, "\n  (intercept)   9.617781      6.96      1.382  0.1779\n"); /* as R prints it */
    assert_says(text, "\n  wt           -3.916504      0.7112   -5.507  6.953e-06 ***\n");
    assert_says(text, "\n  am            2.935837      1.411     2.081  0.04672   *\n");
    assert_says(text, "\nResidual standard error: 2.458846 on 28 degrees of freedom\n"
                      "R^2: 0.8496636, adjusted R^2: 0.8335561\n"
                      "F-statistic: 52.74964 on 3 and 28 degrees of freedom, p-value: 1.21e-11\n"
                      "AIC: 154.1194, BIC: 161.4481\n");
    assert_narrow(text);
    char *again = RUN_OK("inspect", "m.gemml");
    assert_says(again, "\n  wt           -3.916504      0.7112   -5.507  6.953e-06 ***\n");
    free(text), free(again);
}

/* Names that do not fit keep their beginning and their end. */
static void test_long_names(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    fputs("an_uncommonly_long_name_of_a_column_that_ends_in_one,"
          "\xc3\xa4n_uncommonly_long_name_of_a_column_that_ends_in_two,y\n",
          file);
    for (int i = 0; i < 30; i++)
        fprintf(file, "%d,%d,%g\n", i, i * i % 17, 1e-5 * i + 123456 * sin(i));
    fclose(file);
    char *text = RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml");
    assert_says(text, "\n  an_un");
    assert_says(text, "ends_in_one ");
    assert_says(text, "ends_in_two ");
    assert_says(text, "..");
    assert_narrow(text);
    free(text);
}

/* Where there are no standard errors the reason stands in the heading, and null in JSON. */
static void check_without(const char *reason, const char *option, const char *value)
{
    char *text = option ? RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml", option, value)
                        : RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml");
    assert_says(text, "Coefficients (no standard errors: ");
    assert_says(text, reason);
    assert_null(strstr(text, "Pr("));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_true(json_is_null(json_object_get(coefficient_of(model, 0), "std_error")));
    assert_true(json_is_null(json_object_get(coefficient_of(model, 1), "t")));
    assert_true(json_is_null(json_object_get(coefficient_of(model, 1), "p")));
    struct run run = RUN("predict", "m.gemml", "t.csv", "--interval", "0.9");
    assert_int_equal(run.status, 1);
    assert_says(run.err, "there are no intervals");
    run_free(&run);
    json_decref(model);
    free(text);
}

static void test_without_errors(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    fputs("a,b,y\n1,2,3\n2,4,7\n3,6,8\n4,8,11\n5,10,17\n", file);
    fclose(file);
    check_without("the columns are dependent", NULL, NULL);
    struct run run = RUN("train", "linear", "t.csv", "--target", "y", "--robust", "hc1", "--model", "m.gemml");
    assert_int_equal(run.status, 0); /* the model is written all the same */
    assert_says(run.err, "rank 2 of 3");
    run_free(&run);
    check_without("l2 is above 0", "--l2", "0.5");
    file = fopen("t.csv", "w");
    fputs("a,y\n1,2\n2,3\n", file);
    fclose(file);
    check_without("no degree of freedom is left", NULL, NULL);
}

static void test_robust(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--features", "wt,hp",
                        "--robust", "hc3", "--model", "m.gemml", "--report", "r.json");
    assert_says(text, "Coefficients, with hc3 standard errors\n");
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *report = json_of_file("r.json");
    assert_string_equal(json_string_of(model, "robust"), "hc3");
    assert_string_equal(json_string_of(report, "robust"), "hc3");
    const json_t *wt = coefficient_of(model, 1);
    assert_true(json_double(wt, "robust_std_error") > 0 &&
                json_double(wt, "robust_std_error") != json_double(wt, "std_error"));
    assert_near(json_double(wt, "robust_t"), json_double(wt, "estimate") / json_double(wt, "robust_std_error"), 1e-14);
    assert_true(json_double(wt, "robust_p") > 0 && json_double(wt, "robust_p") < 0.05);
    free(text);
    struct run run = RUN("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--robust", "hc3", "--l2", "1",
                         "--model", "m.gemml");
    assert_int_equal(run.status, 2);
    assert_says(run.err, "--robust");
    run_free(&run);
    json_decref(model), json_decref(report);
}

/* R: predict(lm(mpg ~ wt), data.frame(wt = 3), interval = ...). */
static void test_intervals(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--features", "wt", "--model",
                "m.gemml"));
    FILE *file = fopen("new.csv", "w");
    fputs("wt\n3\n4\n", file);
    fclose(file);
    char *text = RUN_OK("predict", "m.gemml", "new.csv", "--interval", "0.95");
    const char header[] = "prediction,mean_lower,mean_upper,lower,upper\n";
    assert_memory_equal(text, header, sizeof header - 1);
    struct numbers numbers = parse_csv(text);
    const double truth[] = {21.251711449174002, 20.124435587408452, 22.378987310939550, 14.929873545724520,
                            27.573549352623483};
    assert_int_equal(numbers.rows, 2);
    assert_int_equal(numbers.cols, 5);
    for (size_t i = 0; i < 5; i++)
        assert_true(digits(numbers.values[i], truth[i]) >= 13);
    free(text), free(numbers.values);
    struct run run = RUN("predict", "m.gemml", "new.csv", "--interval", "1.5");
    assert_int_equal(run.status, 2);
    run_free(&run);
    free(RUN_OK("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg,hp", "--features", "wt", "--dtype", "f32",
                "--model", "m.gemml"));
    text = RUN_OK("predict", "m.gemml", "new.csv", "--interval", "0.95");
    const char names[] = "prediction:mpg,mean_lower:mpg,mean_upper:mpg,lower:mpg,upper:mpg,prediction:hp,";
    assert_memory_equal(text, names, sizeof names - 1);
    numbers = parse_csv(text);
    assert_int_equal(numbers.cols, 10);
    for (size_t i = 0; i < 5; i++)
        assert_true(digits(numbers.values[i], truth[i]) >= 5);
    free(text), free(numbers.values);
}

static void test_l2_auto(void **state)
{
    (void)state;
    enter_folder();
    char *text = RUN_OK("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--l2", "auto", "--standardize",
                        "--model", "m.gemml", "--report", "r.json");
    assert_says(text, ", of least leave-one-out error\n");
    json_t *report = json_of_file("r.json"), *model = RUN_JSON("inspect", "m.gemml", "--json");
    json_t *path = json_object_get(report, "l2_path"), *entry;
    double l2 = json_double(report, "l2"), least = INFINITY, best = NAN;
    size_t i;
    json_array_foreach(path, i, entry)
    {
        if (json_double(entry, "loo_mse") < least) {
            least = json_double(entry, "loo_mse");
            best = json_double(entry, "l2");
        }
    }
    assert_true(json_array_size(path) > 50 && l2 > 1 && l2 < 100 && best == l2);
    assert_true(json_double(model, "l2") == l2);
    assert_true(json_equal(json_object_get(model, "l2_path"), path));
    free(text);
    struct run run =
        RUN("train", "linear", table_of("r/mtcars.csv"), "--target", "mpg", "--l2", "automatic", "--model", "m.gemml");
    assert_int_equal(run.status, 2);
    assert_says(run.err, "auto");
    run_free(&run);
    json_decref(report), json_decref(model);
}

static void assert_aliased(char *text)
{
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *names = json_object_get(model, "aliased");
    assert_says(text, "\naliased       twice a\n");
    assert_int_equal(json_array_size(names), 1);
    assert_string_equal(json_string_value(json_array_get(names, 0)), "twice a");
    json_decref(model);
    free(text);
}

/* The columns that depend on others are named. */
static void test_aliased(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    fputs("a,b,twice a,y,c\n", file);
    for (int i = 0; i < 12; i++)
        fprintf(file, "%d,%d,%d,%d,%s\n", i, i * i % 7, 2 * i, i * i % 5, i % 3 == 1 ? "yes" : "no");
    fclose(file);
    char *text = RUN_OK("train", "linear", "t.csv", "--target", "y", "--drop", "c", "--model", "m.gemml");
    assert_aliased(text);
    text = RUN_OK("train", "logistic", "t.csv", "--target", "c", "--drop", "y", "--model", "m.gemml");
    assert_aliased(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_aliased),     cmocka_unit_test(test_json_agrees_with_r),
        cmocka_unit_test(test_polynomials), cmocka_unit_test(test_table),
        cmocka_unit_test(test_long_names),  cmocka_unit_test(test_without_errors),
        cmocka_unit_test(test_robust),      cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_l2_auto),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Options that contradict each other, or say what cannot be: the status is 2 or 1, one line says
 * which option and why, and nothing is written. And what the tables for people show of what is
 * long: a part, and how much more there is. */
#include <gemml.h>
#include <unistd.h>

#include "program.h"

#define FAILS(status, words, ...) fails(status, words, (const char *const[]){"gemml", __VA_ARGS__, NULL})
#define LINEAR "train", "linear", "t.csv", "--target", "y", "--model", "n.gemml"
#define LOGISTIC "train", "logistic", "c.csv", "--target", "kind", "--model", "n.gemml"
#define NETWORK "train", "mlp", "t.csv", "--target", "y", "--model", "n.gemml"

static void fails(int status, const char *words, const char *const arguments[])
{
    size_t before = folder_entries();
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    const char *line = strchr(run.err, '\n');
    if (run.status != status || strncmp(run.err, "gemml: ", 7) != 0 || !line || line[1] || !strstr(run.err, words) ||
        folder_entries() != before)
        fail_msg("%s %s: status %d (not %d), stderr '%s' (not '%s'), entries %zu (before: %zu)", arguments[1],
                 arguments[2], run.status, status, run.err, words, folder_entries(), before);
    run_free(&run);
}

static int enter(void **state)
{
    (void)state;
    enter_folder();
    make_text("t.csv", "a,b,y\n1,2,3\n2,1,5\n3,5,4\n4,4,8\n5,0,9\n");
    make_text("c.csv", "a,b,kind\n1,2,oak\n2,1,elm\n3,5,oak\n4,4,ash\n5,0,elm\n");
    return 0;
}

static void test_scaling(void **state)
{
    (void)state;
    FAILS(2, "--range takes two numbers, the lower one first, such as -1,1, not '1'", LINEAR, "--range", "1");
    FAILS(2, "not '2,1'", LINEAR, "--minmax", "--range", "2,1");
    FAILS(2, "not 'x,1'", LINEAR, "--minmax", "--range", "x,1");
    FAILS(2, "not '0,x'", LINEAR, "--minmax", "--range", "0,x");
    FAILS(2, "--range takes", LINEAR, "--minmax", "--range",
          "0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000001,2");
    FAILS(2, "--range goes with --minmax", LINEAR, "--range", "-1,1");
    FAILS(2, "--features-add takes a list of", LINEAR, "--features-add", "tan");
    FAILS(2, "--l2 takes a number >= 0, not 'auto'", LOGISTIC, "--l2", "auto");
    FAILS(2, "--l2 takes a number >= 0, not 'auto'", NETWORK, "--l2", "auto");
    FAILS(2, "--robust cannot be had with a penalty", LINEAR, "--robust", "hc3", "--l2", "1");
}

static void test_files(void **state)
{
    (void)state;
    FAILS(2, "--model and --plot are the same file", LINEAR, "--plot", "./n.gemml");
    FAILS(2, "--report and --plot are the same file", LINEAR, "--report", "r.svg", "--plot", "./r.svg");
    FAILS(2, "--plot wants a file", LINEAR, "--plot", "-");
    FAILS(2, "only one of --valid and --holdout", LINEAR, "--valid", "t.csv", "--holdout", "0.2");
    make_text("v.csv", "a,b,y\n1,2,3\n");
    FAILS(2, "--report v.csv would overwrite the data of --valid", LINEAR, "--valid", "v.csv", "--report", "v.csv");
    FAILS(2, "--resume goes with --checkpoint FILE", NETWORK, "--resume");
    FAILS(2, "--checkpoint ./n.gemml would overwrite the data or the model", NETWORK, "--checkpoint", "./n.gemml");
    FAILS(2, "--checkpoint t.csv would overwrite the data or the model", NETWORK, "--checkpoint", "t.csv");
}

/* "1,1,...": so many. In a static buffer. */
static const char *list_of(const char *item, size_t count)
{
    static char text[4096];
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        strcat(strcat(text, i > 0 ? "," : ""), item);
    return text;
}

static void test_layers(void **state)
{
    (void)state;
    FAILS(1, "--hidden takes numbers of units such as 64,32", NETWORK, "--hidden", "3,0");
    FAILS(1, "--hidden takes", NETWORK, "--hidden", "3,x");
    FAILS(1, "--hidden: at most", NETWORK, "--hidden", list_of("1", 200));
    FAILS(1, "--activation: 'step' is not one of", NETWORK, "--activation", "step");
    FAILS(1, "--activation names 2 activations", NETWORK, "--hidden", "3", "--activation", "tanh,relu");
    FAILS(1, "--activation: at most", NETWORK, "--hidden", "3", "--activation", list_of("tanh", 200));
    FAILS(1, "--biases takes a list of yes and no, not 'yes,maybe'", NETWORK, "--hidden", "3", "--biases", "yes,maybe");
    FAILS(1, "--biases names 1 layers", NETWORK, "--hidden", "3", "--biases", "yes");
    FAILS(1, "--biases names 2 layers", NETWORK, "--biases", "yes,no");
    FAILS(1, "--biases: at most", NETWORK, "--hidden", "3", "--biases", list_of("yes", 200));
    free(RUN_OK(NETWORK, "--hidden", "0", "--epochs", "1", "--quiet")); /* no hidden layer at all */
    json_t *model = RUN_JSON("inspect", "n.gemml", "--json");
    assert_int_equal(json_array_size(json_object_get(model, "layers")), 1);
    json_decref(model);
}

static void test_class_weights(void **state)
{
    (void)state;
    FAILS(1, "--class-weight", LOGISTIC, "--class-weight", "oak");
    FAILS(1, "the weight of 'oak' is '-1', not a number >= 0", LOGISTIC, "--class-weight", "oak=-1");
    FAILS(1, "the weight of 'oak' is 'x'", LOGISTIC, "--class-weight", "elm=1,oak=x");
    FAILS(1, "the target has no class 'fir'", LOGISTIC, "--class-weight", "fir=1");
    FAILS(1, "--class-weight", LOGISTIC, "--class-weight",
          "oak=1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000");
}

static void test_shares(void **state)
{
    (void)state;
    static const char *const bad[] = {"0.5,x", "0.2,0.3,0.5", "0.5,", "x", "0.5,-1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        FAILS(1, "", "generate", "classification", "--rows", "9", "--output", "g.csv", "--shares", bad[i]);
    free(RUN_OK("generate", "classification", "--rows", "10", "--flip", "0", "--output", "g.csv", "--shares", "0.3"));
    char *text = read_file("g.csv", NULL);
    size_t ones = 0;
    for (const char *line = strchr(text, '\n'); line; line = strchr(line + 1, '\n'))
        ones += line > text + 1 && line[-1] == '1' && line[-2] == ',';
    free(text);
    assert_int_equal(ones, 7);
}

/* ---- Models that know no columns ------------------------------------------------------- */

/* Without a schema: made by the library. */
static void save_plain_model(const char *path)
{
    const double x[] = {1, 2, 3, 4, 5, 7}, y[] = {1, 2, 4};
    gemml_dataset data = GEMML_DATASET_INIT;
    data.x = gemml_view_f64(x, 3, 2);
    data.y = gemml_view_f64(y, 3, 1);
    gemml_model *model = NULL;
    assert_int_equal(gemml_linear_create(&model, NULL), GEMML_OK);
    assert_int_equal(gemml_fit(model, &data, NULL, NULL), GEMML_OK);
    assert_int_equal(gemml_save(model, path), GEMML_OK);
    gemml_model_free(model);
}

static void test_no_names(void **state)
{
    (void)state;
    save_plain_model("p.gemml");
    make_text("three.csv", "a,b,c\n1,2,3\n");
    make_text("gap.csv", "a,b\n1,2\n3,\n,4\n");
    make_text("one.csv", "a,b\n1,\n4,5\n");
    FAILS(1, "three.csv has 3 columns, but the model, which knows no column names, takes 2 inputs", "predict",
          "p.gemml", "three.csv");
    FAILS(1,
          "gap.csv has 2 columns, but the model, which knows no column names, takes 2 inputs followed by its targets",
          "evaluate", "p.gemml", "gap.csv");
    FAILS(1, "gap.csv has 2 missing values, and the model has no columns' means to put there", "predict", "p.gemml",
          "gap.csv");
    FAILS(1, "one.csv has 1 missing value,", "predict", "p.gemml", "one.csv");
    char *text = RUN_OK("inspect", "p.gemml");
    assert_non_null(strstr(text, "Linear regression of y on 2 inputs, 3 rows"));
    assert_null(strstr(text, "Columns"));
    free(text);
}

/* ---- What is long --------------------------------------------------------------------------- */

static void says(const char *text, const char *words)
{
    if (!text || !strstr(text, words))
        fail_msg("no \"%s\" in: %s", words, text ? text : "nothing");
}

static void test_many_classes_and_levels(void **state)
{
    (void)state;
    FILE *file = fopen("many.csv", "wb");
    fputs("level,x,kind\n", file);
    for (int i = 0; i < 120; i++)
        fprintf(file, "l%02d,%d,k%02d\n", i % 25, i * 37 % 101, i % 15);
    assert_int_equal(fclose(file), 0);
    free(RUN_OK("train", "logistic", "many.csv", "--target", "kind", "--l2", "1", "--model", "m.gemml", "--quiet"));
    char *text = RUN_OK("inspect", "m.gemml");
    says(text, "classes       k00, k01, k02, k03, k04, k05, k06, k07, k08, k09 ... and 5 more\n");
    says(text, "level  25 levels: l00 (base), l01,");
    says(text, "l19 ... and 5 more\n");
    says(text, "no standard errors: l2 is above 0");
    free(text);
    text = RUN_OK("evaluate", "m.gemml", "many.csv");
    says(text, "... and 3 more classes: --json has all\n");
    says(text, "probability of the predicted class, and the share that is");
    free(text);
}

static void test_many_targets(void **state)
{
    (void)state;
    FILE *file = fopen("wide.csv", "wb");
    fputs("x,y0,y1,y2,y3,y4,y5\n", file);
    for (int i = 0; i < 20; i++)
        fprintf(file, "%d,%d,%d,%d,%d,%d,%d\n", i, i * 3 % 7, i * 5 % 11, i % 2, i * i % 5, i % 3, i * 7 % 13);
    assert_int_equal(fclose(file), 0);
    char *text = RUN_OK("train", "linear", "wide.csv", "--target", "y0,y1,y2,y3,y4,y5", "--model", "w.gemml");
    says(text, "Linear regression of y0, y1, y2, y3, ... on 1 input, 20 rows");
    says(text, "... and 2 more outputs: 'gemml inspect' shows all");
    free(text);
    text = RUN_OK("inspect", "w.gemml");
    says(text, "Linear regression of y0, y1, y2, y3, y4, y5 on 1 input, 20 rows");
    says(text, "Coefficients of y5");
    free(text);
    free(RUN_OK("train", "mlp", "wide.csv", "--target", "y0,y1", "--epochs", "1", "--model", "w.gemml", "--quiet"));
    text = RUN_OK("inspect", "w.gemml");
    const char *quality = strstr(text, "\nR^2: ");
    assert_non_null(quality);
    assert_non_null(strchr(quality, ','));
    free(text);
}

/* Columns that are all multiples of the first: named, but not all of them. */
static void test_many_aliased(void **state)
{
    (void)state;
    FILE *file = fopen("alike.csv", "wb");
    for (int j = 0; j < 24; j++)
        fprintf(file, "c%02d,", j);
    fputs("y\n", file);
    for (int i = 1; i <= 40; i++) {
        for (int j = 0; j < 24; j++)
            fprintf(file, "%d,", i * (1 << j % 8));
        fprintf(file, "%d\n", i * 7 % 5);
    }
    assert_int_equal(fclose(file), 0);
    struct run run = RUN("train", "linear", "alike.csv", "--target", "y", "--model", "a.gemml", "--quiet");
    assert_int_equal(run.status, 0);
    run_free(&run);
    char *text = RUN_OK("inspect", "a.gemml");
    says(text, "aliased       c01, c02, ");
    says(text, "c20 ... and 3 more\n");
    says(text, "no standard errors: the columns are dependent");
    free(text);
}

/* One row: no degree of freedom, no R^2. */
static void test_one_row(void **state)
{
    (void)state;
    make_text("single.csv", "x,y\n2,3\n");
    make_text("pair.csv", "x,y\n2,3\n4,9\n");
    free(RUN_OK("train", "linear", "pair.csv", "--target", "y", "--model", "s.gemml", "--quiet"));
    char *text = RUN_OK("inspect", "s.gemml");
    says(text, "on 1 input, 2 rows");
    says(text, "no standard errors: no degree of freedom is left");
    free(text);
    text = RUN_OK("evaluate", "s.gemml", "single.csv");
    says(text, "r2      undefined\n");
    free(text);
    text = RUN_OK("train", "linear", "pair.csv", "--target", "y", "--model", "s.gemml", "--valid", "single.csv");
    says(text, "1 row: R^2 undefined, rmse ");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_scaling, enter),
        cmocka_unit_test_setup(test_files, enter),
        cmocka_unit_test_setup(test_layers, enter),
        cmocka_unit_test_setup(test_class_weights, enter),
        cmocka_unit_test_setup(test_shares, enter),
        cmocka_unit_test_setup(test_no_names, enter),
        cmocka_unit_test_setup(test_many_classes_and_levels, enter),
        cmocka_unit_test_setup(test_many_targets, enter),
        cmocka_unit_test_setup(test_many_aliased, enter),
        cmocka_unit_test_setup(test_one_row, enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

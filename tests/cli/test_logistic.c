/* Classes on the command line: training, predictions with labels, and what is refused. */
#include <gemml.h>
#include <math.h>

#include "program.h"

/* Two overlapping groups, and labels that want quotes. */
static const char groups[] = "x,z,group\n"
                             "1,0,\"no, never\"\n2,1,\"no, never\"\n3,0,yes\n4,1,\"no, never\"\n"
                             "5,0,yes\n6,1,\"no, never\"\n7,0,yes\n8,1,yes\n9,1,yes\n2.5,1,yes\n";

static void train_groups(const char *const more[])
{
    const char *arguments[24] = {"gemml", "train",   "logistic", "g.csv",  "--target",
                                 "group", "--model", "m.gemml",  "--quiet"};
    make_text("g.csv", groups);
    for (size_t i = 0; more[i]; i++)
        arguments[9 + i] = more[i];
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0)
        fail_msg("%s", run.err);
    assert_string_equal(run.err, "");
    run_free(&run);
}

/* The next line of a text, which it is cut from. */
static char *take_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');
    assert_non_null(end);
    *end = '\0';
    *text = end + 1;
    return line;
}

/* Labels as they were written; probabilities that sum to 1 and agree with the
 * coefficients, the decision value, and the predicted label. */
static void test_predict(void **state)
{
    (void)state;
    enter_folder();
    train_groups((const char *const[]){"--no-scale", "--l2", "0.5", NULL});
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
    char *text = RUN_OK("predict", "m.gemml", "g.csv", "--proba", "--decision"), *at = text;
    char *table = read_file("g.csv", NULL), *row = table;
    assert_string_equal(take_line(&at), "prediction,\"p:no, never\",p:yes,decision");
    take_line(&row);
    for (int i = 0; i < 10; i++) {
        char *line = take_line(&at), *source = take_line(&row), *rest;
        double x = strtod(source, &rest), z = strtod(rest + 1, NULL);
        double decision = estimate_of(model, "(intercept)", NULL) + x * estimate_of(model, "x", NULL) +
                          z * estimate_of(model, "z", NULL);
        const char *label = decision >= 0 ? "yes," : "\"no, never\",";
        assert_memory_equal(line, label, strlen(label));
        double no = strtod(line + strlen(label), &rest), yes = strtod(rest + 1, &rest), given = strtod(rest + 1, NULL);
        assert_near(no + yes, 1, 1e-15);
        assert_near(yes, 1 / (1 + exp(-decision)), 1e-13);
        assert_near(given, decision, 1e-12);
    }
    json_decref(model);
    free(text), free(table);
}

/* How many rows are predicted as yes. */
static size_t count_yes(const char *threshold)
{
    char *text = threshold ? RUN_OK("predict", "m.gemml", "g.csv", "--threshold", threshold)
                           : RUN_OK("predict", "m.gemml", "g.csv");
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, "\nyes")) != NULL; at++)
        count++;
    free(text);
    return count;
}

static void test_threshold(void **state)
{
    (void)state;
    enter_folder();
    train_groups((const char *const[]){NULL});
    assert_int_equal(count_yes("0"), 10);
    assert_int_equal(count_yes("1"), 0);
    assert_int_equal(count_yes("0.5"), count_yes(NULL));
    assert_true(count_yes("0.9") < count_yes("0.5") && count_yes("0.5") < count_yes("0.1"));
}

/* Class weights move the intercept as rows that are there several times do. */
static void test_class_weight(void **state)
{
    (void)state;
    double intercept[4];
    static const char *const weights[] = {"yes=2", "yes=2,no, never=1", "balanced", NULL};
    enter_folder();
    for (int i = 0; i < 4; i++) {
        const char *more[] = {"--l2", "1", weights[i] ? "--class-weight" : NULL, weights[i], NULL};
        if (i == 1) { /* the comma of a label parts the list */
            make_text("g.csv", groups);
            struct run run = RUN("train", "logistic", "g.csv", "--target", "group", "--model", "n.gemml",
                                 "--class-weight", weights[i]);
            assert_int_equal(run.status, 1);
            assert_non_null(strstr(run.err, "--class-weight: 'no' is not LABEL=X"));
            run_free(&run);
            continue;
        }
        train_groups(more);
        json_t *model = RUN_JSON("inspect", "m.gemml", "--json");
        intercept[i] = estimate_of(model, "(intercept)", NULL);
        json_decref(model);
    }
    assert_true(intercept[0] > intercept[3]);
    assert_true(intercept[2] < intercept[3]); /* yes is the more frequent class */
}

#define TRAIN(...) "gemml", "train", "logistic", __VA_ARGS__, "--model", "n.gemml"

static void refused(int status, const char *said, const char *const arguments[])
{
    size_t before = folder_entries();
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != status || !strstr(run.err, said) || strchr(run.err, '\n') != run.err + strlen(run.err) - 1)
        fail_msg("status %d, stderr '%s' (not '%s')", run.status, run.err, said);
    assert_int_equal(folder_entries(), before);
    run_free(&run);
}

static void test_refused(void **state)
{
    (void)state;
    enter_folder();
    train_groups((const char *const[]){NULL});
    make_text("t.csv", "a,b,y\n1,2,0\n2,1,1\n3,4,0\n4,2,1\n");
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "l.gemml", "--quiet"));
    make_text("one.csv", "a,y\n1,u\n2,u\n");
    make_text("real.csv", "a,y\n1,0.5\n2,1\n");
    refused(1, "the target \"y\" has a single class, \"u\"",
            (const char *const[]){TRAIN("one.csv", "--target", "y"), NULL});
    refused(1, "has the number 0.5, which is no class",
            (const char *const[]){TRAIN("real.csv", "--target", "y"), NULL});
    refused(1, "classes are in one", (const char *const[]){TRAIN("t.csv", "--target", "y,b"), NULL});
    refused(2, "--solver takes one of auto, lbfgs, newton, descent, not 'qr'",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--solver", "qr"), NULL});
    refused(2, "--l2 takes a number >= 0, not 'auto'",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--l2", "auto"), NULL});
    refused(2, "unknown option --robust",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--robust", "hc3"), NULL});
    refused(1, "the target has no class '7'",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--class-weight", "7=2"), NULL});
    refused(1, "the weight of '1' is '-2'",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--class-weight", "1=-2"), NULL});
    refused(1, "--proba is for models of classes",
            (const char *const[]){"gemml", "predict", "l.gemml", "t.csv", "--proba", NULL});
    refused(1, "--interval is for models of numbers",
            (const char *const[]){"gemml", "predict", "m.gemml", "g.csv", "--interval", "0.9", NULL});
    refused(2, "--threshold takes a number from 0 to 1",
            (const char *const[]){"gemml", "predict", "m.gemml", "g.csv", "--threshold", "1.5", NULL});
}

/* Several classes: one column of probabilities for each, in the order of their labels. */
static void test_multinomial(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("train", "logistic", data_path("tabular/penguins.csv"), "--target", "species", "--model", "m.gemml",
                "--quiet", "--l2", "1"));
    refused(1, "--threshold is for two classes, and this model has 3",
            (const char *const[]){"gemml", "predict", "m.gemml", "t.csv", "--threshold", "0.5", NULL});
    char *text = RUN_OK("predict", "m.gemml", data_path("tabular/penguins.csv"), "--proba", "--quiet"), *at = text;
    assert_string_equal(take_line(&at), "prediction,p:Adelie,p:Chinstrap,p:Gentoo");
    size_t right = 0, rows = 0;
    char *table = read_file(data_path("tabular/penguins.csv"), NULL), *row = table;
    take_line(&row);
    for (; *at; rows++) {
        char *line = take_line(&at), *truth = take_line(&row), *rest = strchr(line, ',');
        size_t length = (size_t)(rest - line);
        right += strncmp(line, truth, length) == 0;
        double sum = 0;
        for (int k = 0; k < 3; k++)
            sum += strtod(rest + 1, &rest);
        assert_near(sum, 1, 1e-14);
    }
    assert_int_equal(rows, 344);
    assert_true(right > 335);
    free(text), free(table);
}

/* evaluate's numbers, recomputed from the predictions of predict. */
static void test_evaluate(void **state)
{
    (void)state;
    enter_folder();
    train_groups((const char *const[]){"--l2", "0.1", NULL});
    json_t *said = RUN_JSON("evaluate", "m.gemml", "g.csv", "--json");
    char *text = RUN_OK("predict", "m.gemml", "g.csv", "--proba"), *at = text;
    char *table = read_file("g.csv", NULL), *row = table;
    double loss = 0, brier = 0, confusion[2][2] = {{0}}, score[10];
    bool truth[10];
    take_line(&at), take_line(&row);
    for (int i = 0; i < 10; i++) {
        char *line = take_line(&at);
        truth[i] = strstr(take_line(&row), "yes") != NULL;
        bool predicted = line[0] == 'y';
        score[i] = strtod(strrchr(line, ',') + 1, NULL);
        loss -= log(truth[i] ? score[i] : 1 - score[i]) / 10;
        brier += (score[i] - truth[i]) * (score[i] - truth[i]) / 10;
        confusion[truth[i]][predicted]++;
    }
    double pairs = 0, right = 0;
    for (int i = 0; i < 10; i++)
        for (int j = 0; j < 10; j++)
            if (truth[i] && !truth[j]) {
                pairs++;
                right += score[i] > score[j] ? 1 : score[i] < score[j] ? 0 : 0.5;
            }
    assert_int_equal(json_double(said, "n"), 10);
    assert_near(json_double(said, "loss"), loss, 1e-13);
    assert_near(json_double(said, "log_loss"), loss, 1e-13);
    assert_near(json_double(said, "brier"), brier, 1e-14);
    assert_near(json_double(said, "auc"), right / pairs, 1e-14);
    assert_near(json_double(said, "accuracy"), (confusion[0][0] + confusion[1][1]) / 10, 1e-15);
    json_t *labels = json_object_get(said, "labels"), *by_class = json_object_get(said, "by_class");
    assert_string_equal(json_string_value(json_array_get(labels, 0)), "no, never");
    for (size_t i = 0; i < 2; i++) {
        json_t *of_class = json_array_get(by_class, i), *counts = json_array_get(json_object_get(said, "confusion"), i);
        for (size_t k = 0; k < 2; k++)
            assert_true(json_number_value(json_array_get(counts, k)) == confusion[i][k]);
        assert_near(json_double(of_class, "recall"), confusion[i][i] / (confusion[i][0] + confusion[i][1]), 1e-15);
        assert_near(json_double(of_class, "precision"), confusion[i][i] / (confusion[0][i] + confusion[1][i]), 1e-15);
    }
    assert_int_equal(json_array_size(json_object_get(said, "calibration")), 10);
    char *words = RUN_OK("evaluate", "m.gemml", "g.csv");
    assert_non_null(strstr(words, "accuracy   0."));
    assert_non_null(strstr(words, "predicted as ..."));
    json_decref(said);
    free(text), free(table), free(words);
}

/* What inspect says of two classes: as people know it from R's glm. */
static void test_inspect(void **state)
{
    (void)state;
    enter_folder();
    train_groups((const char *const[]){"--report", "r.json", "--holdout", "0.2", NULL});
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *report = json_of_file("r.json");
    assert_string_equal(json_string_of(model, "kind"), "logistic");
    assert_string_equal(json_string_value(json_array_get(json_object_get(model, "outputs"), 0)), "group");
    assert_string_equal(json_string_value(json_array_get(json_object_get(model, "classes"), 1)), "yes");
    assert_near(json_double(model, "deviance"), -2 * json_double(model, "log_likelihood"), 1e-14);
    assert_near(json_double(model, "aic"), json_double(model, "deviance") + 6, 1e-14);
    json_t *slope = json_array_get(json_object_get(model, "coefficients"), 1);
    double estimate = json_double(slope, "estimate"), error = json_double(slope, "std_error");
    assert_near(json_double(slope, "z"), estimate / error, 1e-14);
    assert_near(json_double(slope, "p"), erfc(fabs(estimate / error) / sqrt(2)), 1e-13);
    assert_near(json_double(slope, "odds_ratio"), exp(estimate), 1e-14);
    assert_int_equal(json_double(report, "rows"), 8);
    assert_int_equal(json_double(json_object_get(report, "valid"), "n"), 2);
    assert_true(json_is_number(json_object_get(json_object_get(report, "valid"), "accuracy")));
    char *text = RUN_OK("inspect", "m.gemml");
    assert_non_null(strstr(text, "classes       no, never, yes; the probability is that of yes\n"));
    assert_non_null(strstr(text, "z value"));
    assert_non_null(strstr(text, "Odds ratios"));
    assert_non_null(strstr(text, "Null deviance: "));
    json_decref(model), json_decref(report);
    free(text);
}

/* Scaling to a range on the command line: the same model as by hand. */
static void test_range(void **state)
{
    (void)state;
    enter_folder();
    make_text("t.csv", "a,b,y\n1,20,0\n2,10,1\n3,40,0\n4,20,1\n5,30,1\n");
    make_text("by_hand.csv", "a,b,y\n-1,0,0\n-0.5,-1,1\n0,2,0\n0.5,0,1\n1,1,1\n");
    refused(2, "--range goes with --minmax",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--range", "-1,1"), NULL});
    refused(2, "--range takes two numbers",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--minmax", "--range", "1,-1"), NULL});
    refused(2, "--range takes two numbers",
            (const char *const[]){TRAIN("t.csv", "--target", "y", "--minmax", "--range", "1"), NULL});
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--minmax", "--range", "-1,1", "--l2", "2", "--features",
                "a", "--model", "m.gemml", "--quiet"));
    free(RUN_OK("train", "linear", "by_hand.csv", "--target", "y", "--l2", "2", "--features", "a", "--model", "h.gemml",
                "--quiet"));
    json_t *model = RUN_JSON("inspect", "m.gemml", "--json"), *hand = RUN_JSON("inspect", "h.gemml", "--json");
    assert_near(estimate_of(model, "a", NULL), estimate_of(hand, "a", NULL) / 2, 1e-14);
    json_decref(model), json_decref(hand);
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--minmax-all", "--scale-target", "minmax", "--range",
                "-1,1", "--model", "m.gemml", "--quiet"));
    char *text = RUN_OK("inspect", "m.gemml");
    assert_non_null(strstr(text, "minmax-all"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_predict),     cmocka_unit_test(test_threshold), cmocka_unit_test(test_class_weight),
        cmocka_unit_test(test_evaluate),    cmocka_unit_test(test_inspect),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_multinomial), cmocka_unit_test(test_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gemml demo: everything it says it makes is there, and what it trains is good. */
#include <math.h>
#include <unistd.h>

#include "pictures.h"
#include "program.h"

/* The number that follows `words` in a text. */
static double number_after(const char *text, const char *words)
{
    const char *at = strstr(text, words);
    if (!at)
        fail_msg("no \"%s\" in: %s", words, text);
    return strtod(at + strlen(words), NULL);
}

/* The expected coefficients are those in the file, and the estimates those of the model. */
static void check_coefficients(const char *text)
{
    char *truth = read_file("plane-truth.csv", NULL);
    json_t *plane = RUN_JSON("inspect", "plane.gemml", "--json");
    const char *found = strstr(text, "  std. errors\n");
    assert_non_null(found);
    static const char *const names[] = {"(intercept)", "x0", "x1"};
    for (size_t j = 0; j < 3; j++) {
        char line[32], *rest;
        snprintf(line, sizeof line, "\n  %s ", names[j]);
        const char *at = strstr(found, line);
        assert_non_null(at);
        double expected = strtod(at + strlen(line), &rest), estimated = strtod(rest, &rest);
        snprintf(line, sizeof line, "%s,", names[j]);
        assert_near(expected, number_after(truth, line), 1e-3);
        assert_near(estimated, estimate_of(plane, names[j], NULL), 1e-3);
        assert_true(fabs(expected - estimated) < 4 * strtod(rest, NULL));
    }
    free(truth), json_decref(plane);
}

static double evaluated(const char *model, const char *data, const char *metric)
{
    json_t *metrics = RUN_JSON("evaluate", model, data, "--json");
    double value = json_double(metrics, metric);
    json_decref(metrics);
    return value;
}

/* Descent arrives at the answers of exact solvers, and what is told is what the models do. */
static void check_findings(const char *text)
{
    check_coefficients(text);
    json_t *newton = RUN_JSON("inspect", "newton.gemml", "--json");
    json_t *descent = RUN_JSON("inspect", "clusters.gemml", "--json");
    assert_string_equal(json_string_of(descent, "outcome"), "converged");
    assert_near(estimate_of(descent, "x1", NULL), estimate_of(newton, "x1", NULL), 1e-5);
    json_decref(newton), json_decref(descent);
    assert_true(evaluated("circles.gemml", "circles.csv", "accuracy") >= 0.98);
    double accuracy = evaluated("four.gemml", "four.csv", "accuracy"),
           loss = evaluated("curve.gemml", "curve.csv", "loss");
    assert_true(accuracy >= 0.983);
    assert_true(loss < 0.002);
    char wanted[64];
    snprintf(wanted, sizeof wanted, "Found: %.2f%% of 10000 rows are right, with 196", 100 * accuracy);
    assert_non_null(strstr(text, wanted));
    assert_near(number_after(text, "half the mean squared error is "), loss, 1e-3 * loss);
}

static void check_pictures(void)
{
    static const char *const pictures[] = {
        "plane.png",        "plane-history.png", "plane-coefficients.png", "clusters-history.png", "circles.png",
        "clusters-roc.png", "four.png",          "four-history.png",       "four-confusion.png",   "curve.png",
        "curve-history.png"};
    char *page = read_file("README.md", NULL), link[64];
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        assert_png(pictures[i], 800, 600);
        snprintf(link, sizeof link, "](%s)", pictures[i]);
        assert_non_null(strstr(page, link));
    }
    assert_non_null(strstr(page, "](clusters.gif)"));
    assert_int_equal(gif_frames("clusters.gif", 640, 480), 21); /* after 0, 3, .. 60 epochs */
    assert_int_equal(gif_frames("curve.gif", 640, 480), 21);    /* after 0, 20, .. 400 epochs */
    free(page);
}

static void test_all(void **state)
{
    (void)state;
    enter_folder();
    struct run run = RUN("demo", "all", "--output", "d");
    if (run.status != 0)
        fail_msg("%s", run.err);
    assert_non_null(strstr(run.out, "$ gemml train mlp four.csv"));
    assert_int_equal(chdir("d"), 0);
    check_pictures();
    check_findings(run.out);
    assert_int_equal(chdir(".."), 0);
    run_free(&run);
}

static void test_refused(void **state)
{
    (void)state;
    enter_folder();
    struct run run = RUN("demo", "linear", "--output", "none/d");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "--output none/d: No such file"));
    run_free(&run);
    run = RUN("demo", "--output", "none/all"); /* without a kind: all of them */
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "--output none/all: No such file"));
    run_free(&run);
    run = RUN("demo");
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, "network-classification"));
    run_free(&run);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_refused)};
    enter_folder();
    if (system("gnuplot --version >gnuplot.version 2>&1") != 0)
        return 77; /* skipped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gemml plot: pictures of the right kind, and names that are drawn and never run. */
#include <math.h>
#include <unistd.h>

#include "pictures.h"
#include "program.h"

/* Without gnuplot there is nothing to see: status 77 says that the test was skipped. */
static bool have_gnuplot(void)
{
    return system("gnuplot --version >gnuplot.version 2>&1") == 0;
}

static void run_quietly(const char *const arguments[])
{
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    if (run.status != 0)
        fail_msg("%s", run.err);
    assert_string_equal(run.err, "");
    run_free(&run);
}

#define QUIETLY(...) run_quietly((const char *const[]){"gemml", __VA_ARGS__, "--quiet", NULL})

/* How often `text` occurs in a file. */
static size_t occurrences(const char *path, const char *text)
{
    char *content = read_file(path, NULL);
    size_t count = 0;
    for (const char *at = content; (at = strstr(at, text)); at += strlen(text))
        count++;
    free(content);
    return count;
}

static void make_models(void)
{
    QUIETLY("generate", "moons", "--rows", "200", "--noise", "0.2", "--output", "moons.csv");
    QUIETLY("generate", "curve", "--rows", "150", "--output", "curve.csv");
    QUIETLY("train", "logistic", "moons.csv", "--target", "y", "--model", "moons.gemml", "--polynomial", "3");
    QUIETLY("train", "linear", "curve.csv", "--target", "y", "--model", "curve.gemml", "--features-add", "square,cos");
    QUIETLY("train", "linear", "moons.csv", "--target", "y", "--model", "descent.gemml", "--solver", "descent",
            "--epochs", "30");
}

/* Each kind in each format, with both themes. */
static void test_kinds(void **state)
{
    (void)state;
    static const char *const kinds[][3] = {
        {"history", "descent.gemml", NULL},          {"regions", "moons.gemml", "moons.csv"},
        {"fit", "curve.gemml", "curve.csv"},         {"fit", "moons.gemml", "moons.csv"},
        {"scatter", "descent.gemml", "moons.csv"},   {"coefficients", "curve.gemml", NULL},
        {"confusion", "moons.gemml", "moons.csv"},   {"roc", "moons.gemml", "moons.csv"},
        {"calibration", "moons.gemml", "moons.csv"},
    };
    enter_folder();
    make_models();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *arguments[16] = {"gemml",    "plot",  kinds[i][0], "--quiet",  "--theme", i % 2 ? "dark" : "light",
                                     "--output", "p.png", kinds[i][1], kinds[i][2]};
        run_quietly(arguments);
        assert_png("p.png", 800, 600);
        arguments[7] = "p.svg";
        run_quietly(arguments);
        assert_begins("p.svg", "<?xml", 5);
        arguments[7] = "p.gif";
        run_quietly(arguments);
        assert_int_equal(gif_frames("p.gif", 800, 600), 1);
    }
    QUIETLY("train", "logistic", "moons.csv", "--target", "y", "--model", "recorded.gemml", "--solver", "descent",
            "--epochs", "10", "--record", "5");
    QUIETLY("plot", "animation", "recorded.gemml", "moons.csv", "--output", "a.gif", "--frames", "2");
    assert_int_equal(gif_frames("a.gif", 800, 600), 2);
    QUIETLY("plot", "roc", "moons.gemml", "moons.csv", "--output", "p.png", "--width", "640", "--height", "480");
    assert_png("p.png", 640, 480);
}

/* Writes a table whose columns and classes would like to be commands. */
static void write_hostile(const char *path)
{
    static char name[10240];
    FILE *file = fopen(path, "w");
    memset(name, 'x', sizeof name - 1);
    memcpy(name, "!touch RUN4;", 12);
    fputs("\"a`touch RUN1`$(touch RUN2)'\"\"\\n%d@x{^}\n]; system('touch RUN3')\",", file);
    fprintf(file, "%s,\"'y`touch RUN5`\nEND_OF_DATA\n!touch RUN6\"\n", name);
    for (int i = 0; i < 60; i++)
        fprintf(file, "%d,%d,\"%s\"\n", i % 7, i % 11, (i % 7 + i % 11) % 2 ? "'no\n!touch RUN7" : "`touch RUN8`%s%n");
    fclose(file);
}

/* The longest text between > and < of an SVG's text elements. */
static size_t longest_text(const char *path)
{
    char *content = read_file(path, NULL);
    size_t longest = 0;
    for (const char *at = content; (at = strstr(at, "<text")); at++) {
        size_t length = strcspn(strchr(at, '>') + 1, "<");
        longest = length > longest ? length : longest;
    }
    free(content);
    return longest;
}

/* Such names are drawn as they are, and nothing is run. */
static void test_hostile_names(void **state)
{
    (void)state;
    static const char *const kinds[] = {"regions", "fit", "confusion", "roc", "calibration", "scatter"};
    enter_folder();
    write_hostile("h.csv");
    QUIETLY("train", "logistic", "h.csv", "--target", "-1", "--model", "h.gemml", "--l2", "1");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        QUIETLY("plot", kinds[i], "h.gemml", "h.csv", "--output", "p.svg", "--title", "'`touch RUN9`; $(touch RUN9)");
        assert_true(occurrences("p.svg", "touch RUN") > 0);
        assert_in_range(longest_text("p.svg"), 10, 160);
        QUIETLY("plot", kinds[i], "h.gemml", "h.csv", "--output", "p.png");
    }
    QUIETLY("plot", "coefficients", "h.gemml", "--output", "p.svg");
    assert_int_equal(occurrences("p.svg", "!touch RUN4;"), 1);
    assert_int_equal(folder_entries(), 4); /* table, model, two pictures: nothing was run */
}

/* Ten classes of long names, 60 rows each; those of class k are around k. */
static void write_classes(const char *path, size_t skipped)
{
    FILE *file = fopen(path, "w");
    fputs("first,second,kind\n", file);
    for (int i = 0; i < 600; i++)
        if ((size_t)i % 10 != skipped)
            fprintf(file, "%g,%g,a class with a long name %d\n", i % 10 % 4 + 0.025 * (i / 10),
                    i % 10 / 4 - 0.02 * (i % 37), i % 10);
    fclose(file);
}

/* All classes are in the legend, and as many mistakes are told as there are. */
static void test_many_classes(void **state)
{
    (void)state;
    enter_folder();
    write_classes("k.csv", 99);
    write_classes("missing.csv", 4);
    QUIETLY("train", "logistic", "k.csv", "--target", "kind", "--model", "k.gemml", "--l2", "0.1");
    QUIETLY("plot", "regions", "k.gemml", "k.csv", "--output", "p.svg");
    assert_int_equal(occurrences("p.svg", "a class with"), 10);
    json_t *metrics = RUN_JSON("evaluate", "k.gemml", "k.csv", "--json");
    char told[64];
    snprintf(told, sizeof told, ">%.0f mistakes<", round(600 * (1 - json_double(metrics, "accuracy"))));
    assert_int_equal(occurrences("p.svg", told), 1);
    json_decref(metrics);
    for (size_t i = 0; i < 3; i++) {
        const char *kind = (const char *[]){"confusion", "roc", "calibration"}[i];
        QUIETLY("plot", kind, "k.gemml", "missing.csv", "--output", "p.svg");
        assert_in_range(longest_text("p.svg"), 10, 110);
    }
}

/* Pictures of many rows are no larger than those of few: some are drawn. */
static void test_many_rows(void **state)
{
    (void)state;
    static const char *const kinds[] = {"regions", "fit", "scatter", "roc"};
    enter_folder();
    QUIETLY("generate", "moons", "--rows", "200000", "--noise", "0.3", "--output", "big.npy");
    QUIETLY("train", "logistic", "big.npy", "--target", "-1", "--model", "big.gemml");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t count;
        QUIETLY("plot", kinds[i], "big.gemml", "big.npy", "--output", "p.svg");
        free(read_file("p.svg", &count));
        assert_in_range(count, 2000, 2000000);
    }
    QUIETLY("plot", "regions", "big.gemml", "big.npy", "--output", "p.svg", "--points", "500");
    assert_int_equal(occurrences("p.svg", "(500 drawn)"), 1);
}

#define FAILS(status_wanted, said, ...)                                  \
    do {                                                                 \
        struct run run = RUN(__VA_ARGS__);                               \
        assert_int_equal(run.status, status_wanted);                     \
        if (!strstr(run.err, said))                                      \
            fail_msg("no \"%s\" in: %s", said, run.err);                 \
        assert_ptr_equal(strchr(run.err, '\n'), strrchr(run.err, '\n')); \
        run_free(&run);                                                  \
        assert_int_not_equal(access("p.png", F_OK), 0);                  \
    } while (0)

static void test_refused(void **state)
{
    (void)state;
    enter_folder();
    make_models();
    FAILS(2, "ends in .png, .svg or .gif", "plot", "history", "descent.gemml", "--output", "p.jpg");
    FAILS(2, "DATA is missing", "plot", "regions", "moons.gemml", "--output", "p.png");
    FAILS(1, "has no history", "plot", "history", "curve.gemml", "--output", "p.png");
    FAILS(1, "predicts numbers", "plot", "regions", "curve.gemml", "curve.csv", "--output", "p.png");
    FAILS(1, "predicts numbers", "plot", "roc", "curve.gemml", "curve.csv", "--output", "p.png");
    FAILS(1, "needs 2 columns of numbers, and the model has 1", "plot", "scatter", "curve.gemml", "curve.csv",
          "--output", "p.png");
    FAILS(1, "no column of numbers called 'z'", "plot", "fit", "curve.gemml", "curve.csv", "--output", "p.png",
          "--features", "z");
    FAILS(1, "is given twice", "plot", "regions", "moons.gemml", "moons.csv", "--output", "p.png", "--features",
          "x0,x0");
    FILE *file = fopen("one.csv", "w");
    fputs("x0,x1,y\n1,1,0\n2,3,0\n", file);
    fclose(file);
    FAILS(1, "of one class", "plot", "roc", "moons.gemml", "one.csv", "--output", "p.png");
    FAILS(1, "has no recorded parameters", "plot", "animation", "moons.gemml", "moons.csv", "--output", "p.gif");
    FAILS(2, "an animation is a .gif", "plot", "animation", "moons.gemml", "moons.csv", "--output", "p.png");
    FAILS(1, "the folder none", "plot", "history", "descent.gemml", "--output", "none/p.png");
}

/* Where gnuplot is not to be found: one line that says what to install. */
static void test_missing(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH"));
    enter_folder();
    make_models();
    setenv("PATH", "/nowhere", 1);
    FAILS(1, "gnuplot-nox", "plot", "history", "descent.gemml", "--output", "p.png");
    setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest missing[] = {cmocka_unit_test(test_missing)};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),     cmocka_unit_test(test_hostile_names), cmocka_unit_test(test_many_classes),
        cmocka_unit_test(test_many_rows), cmocka_unit_test(test_refused),
    };
    int failures = cmocka_run_group_tests(missing, NULL, NULL);
    enter_folder();
    if (failures)
        return failures;
    return have_gnuplot() ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
}

/* train --plot: the picture is there when the training has ended, in whatever way. */
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "pictures.h"
#include "program.h"

static int enter(void **state)
{
    (void)state;
    enter_folder();
    free(RUN_OK("generate", "curve", "--rows", "60", "--output", "curve.csv"));
    free(RUN_OK("generate", "moons", "--rows", "60", "--noise", "0.3", "--output", "moons.csv"));
    return 0;
}

/* Whether the SVG says so. */
static bool shows(const char *path, const char *words)
{
    char *content = read_file(path, NULL);
    bool found = strstr(content, words) != NULL;
    free(content);
    return found;
}

#define TRAINED(...) free(RUN_OK("train", __VA_ARGS__, "--target", "y", "--model", "m.gemml"))

/* What is drawn: the learning curve where there are epochs or steps, else what the solution is. */
static void test_kinds(void **state)
{
    (void)state;
    TRAINED("logistic", "moons.csv", "--plot", "p.svg");
    assert_true(shows("p.svg", "Learning curve"));
    TRAINED("mlp", "moons.csv", "--task", "classification", "--epochs", "3", "--holdout", "0.2", "--quiet", "--plot",
            "p.svg");
    assert_true(shows("p.svg", "Learning curve") && shows("p.svg", "validation"));
    TRAINED("linear", "curve.csv", "--plot", "p.svg");
    assert_true(shows("p.svg", "y over x0"));
    TRAINED("linear", "moons.csv", "--plot", "p.svg");
    assert_true(shows("p.svg", "Coefficients"));
    TRAINED("logistic", "moons.csv", "--solver", "descent", "--epochs", "10", "--record", "5", "--quiet", "--plot",
            "p.gif");
    assert_int_equal(gif_frames("p.gif", 800, 600), 3);
    TRAINED("logistic", "moons.csv", "--plot", "p.gif");
    assert_int_equal(gif_frames("p.gif", 800, 600), 1);
    TRAINED("mlp", "curve.csv", "--epochs", "2", "--quiet", "--plot=--p.png");
    assert_png("./--p.png", 800, 600);
}

/* Data from the standard input can be read once: what needs them again is not drawn. */
static void test_standard_input(void **state)
{
    (void)state;
    struct streams streams = {"curve.csv", NULL, NULL};
    struct run run =
        RUN_WITH(streams, "train", "linear", "-", "--target", "y", "--model", "m.gemml", "--plot", "p.svg");
    assert_int_equal(run.status, 0);
    assert_true(shows("p.svg", "Coefficients"));
    run_free(&run);
    run = RUN_WITH(streams, "train", "mlp", "-", "--target", "y", "--model", "n.gemml", "--record", "1", "--plot",
                   "p.gif");
    assert_int_equal(run.status, 2);
    assert_non_null(strstr(run.err, "reads DATA again"));
    assert_int_not_equal(access("n.gemml", F_OK), 0);
    run_free(&run);
}

/* Ctrl-C: the model and the picture of its epochs are written. */
static void test_interrupt(void **state)
{
    (void)state;
    const char *const arguments[] = {"gemml",       "train",    "logistic", "moons.csv",  "--target",
                                     "y",           "--solver", "descent",  "--rate",     "1e-12",
                                     "--tolerance", "0",        "--epochs", "4000000000", "--model",
                                     "m.gemml",     "--plot",   "p.svg",    NULL};
    pid_t process = start_program((struct streams){NULL, "out", "err"}, arguments);
    for (int i = 0; i < 1500 && (access("err", R_OK) != 0 || !shows("err", "epoch 100 of")); i++)
        nanosleep(&(struct timespec){0, 20000000}, NULL);
    assert_int_equal(kill(process, SIGINT), 0);
    assert_int_equal(wait_program(process), 0);
    assert_true(shows("out", "cancelled") && shows("out", "p.svg"));
    assert_true(shows("p.svg", "Learning curve") && shows("p.svg", "cancelled"));
    assert_int_equal(access("m.gemml", F_OK), 0);
}

static void refused(int status, const char *said, const char *const arguments[])
{
    struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
    assert_int_equal(run.status, status);
    if (!strstr(run.err, said))
        fail_msg("no \"%s\" in: %s", said, run.err);
    run_free(&run);
    assert_int_not_equal(access("none.gemml", F_OK), 0);
}

#define REFUSED(status, said, ...)                                                                                   \
    refused(status, said,                                                                                            \
            (const char *const[]){"gemml", "train", "linear", "curve.csv", "--target", "y", "--model", "none.gemml", \
                                  __VA_ARGS__, NULL})

/* Before anything is trained: gnuplot, too, is looked for first. */
static void test_refused(void **state)
{
    (void)state;
    REFUSED(2, "ends in .png, .svg or .gif", "--plot", "p.jpg");
    REFUSED(1, "the folder none", "--plot", "none/p.png");
    REFUSED(2, "--report and --plot are the same file", "--report", "p.png", "--plot", "p.png");
    REFUSED(2, "would overwrite the data", "--plot", "curve.csv");
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    REFUSED(1, "gnuplot-nox", "--plot", "p.png");
    setenv("PATH", path, 1);
    free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_kinds, enter),
        cmocka_unit_test_setup(test_standard_input, enter),
        cmocka_unit_test_setup(test_interrupt, enter),
        cmocka_unit_test_setup(test_refused, enter),
    };
    enter_folder();
    if (system("gnuplot --version >gnuplot.version 2>&1") != 0)
        return 77; /* skipped */
    return cmocka_run_group_tests(tests, NULL, NULL);
}

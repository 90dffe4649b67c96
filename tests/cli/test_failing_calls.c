/* The program while calls of the C library fail: memory, files, processes. One call fails, the
 * k-th of those that the program makes itself, or jansson for it, or the library: for k = 1, 2,
 * ... until none is left. Each time
 *
 *   - the program ends with 0, and has printed and written what it does undisturbed;
 *   - or with 1 and one line that begins with "gemml: ", and what it writes is the old file, or the
 *     new one where only its folder could not be synced, or what is written after it fails;
 *   - and nothing else is left in the folder. */
#include <unistd.h>

#include "../hardening/isolated.h"
#include "program.h"

#define NOTE scratch_path("note")

/* A table of numbers and one of classes, with models of them. */
static int enter(void **state)
{
    (void)state;
    unsetenv("LD_PRELOAD");
    enter_folder();
    FILE *values = fopen("t.csv", "wb"), *classes = fopen("c.csv", "wb");
    assert_true(values && classes);
    fputs("a,b,y\n", values);
    fputs("a,b,kind\n", classes);
    uint64_t seed = 3;
    for (int i = 0; i < 40; i++) {
        double a = test_random(&seed), b = test_random(&seed), noise = test_random(&seed);
        fprintf(values, "%g,%g,%g\n", a, b, 1 + 2 * a - b + noise / 9);
        fprintf(classes, "%g,%g,%s\n", a, b, a + noise > 0.3 ? "oak" : a + noise < -0.3 ? "ash" : "elm");
    }
    assert_int_equal(fclose(values) | fclose(classes), 0);
    free(RUN_OK("train", "linear", "t.csv", "--target", "y", "--model", "m.gemml", "--quiet"));
    free(RUN_OK("train", "logistic", "c.csv", "--target", "kind", "--l2", "1", "--model", "k.gemml", "--quiet"));
    return 0;
}

/* What there is of a file; "" when there is none. free() it. */
static char *content_of(const char *path, size_t *count)
{
    *count = 0;
    return path && access(path, F_OK) == 0 ? read_file(path, count) : calloc(1, 1);
}

static size_t calls[3]; /* that failed, of each part */

struct command {
    const char *const *arguments;
    const char *written; /* NULL: it writes to the standard output only */
    char *out, *file;    /* of an undisturbed run */
    size_t count, entries;
};

static void complain(const struct command *command, const struct run *run, const char *part, size_t k, const char *what)
{
    char *name = content_of(NOTE, &(size_t){0});
    fprintf(stderr, "arguments:");
    for (size_t i = 1; command->arguments[i]; i++)
        fprintf(stderr, " %s", command->arguments[i]);
    fail_msg("call %zu of %s, %s, fails: %s; status %d, stderr '%s'", k, part, name, what, run->status, run->err);
}

static bool holds(const char *file, size_t count, const char *bytes, size_t expected)
{
    return count == expected && memcmp(file, bytes, count) == 0;
}

/* One call fails. Gives whether there was one. */
static bool fail_one(const struct command *command, const char *part, size_t k)
{
    char number[32];
    size_t count;
    snprintf(number, sizeof number, "%zu", k);
    setenv("GEMML_FAIL_CALL", number, 1);
    if (command->written)
        make_text(command->written, "old");
    unlink(NOTE);
    struct run run = run_program((struct streams){NULL, NULL, NULL}, command->arguments);
    char *file = content_of(command->written, &count);
    bool is_new = !command->written || holds(file, count, command->file, command->count);
    bool is_old = command->written && holds(file, count, "old", 3);
    const char *line = strchr(run.err, '\n');
    if (run.status == 0 && (strcmp(run.out, command->out) != 0 || !is_new))
        complain(command, &run, part, k, "what comes out is something else");
    if (run.status != 0 && (run.status != 1 || strncmp(run.err, "gemml: ", 7) != 0 || !line || line[1]))
        complain(command, &run, part, k, "that is no failure with a line");
    bool late = strstr(run.err, "was written, but its folder") || strstr(run.err, "standard output") ||
                strstr(run.err, "gemml: r.json"); /* the report, which is written last */
    if (run.status == 1 && command->written && !is_old && !(is_new && late))
        complain(command, &run, part, k, "the file is neither the old one nor the new one");
    if (folder_entries() != command->entries)
        complain(command, &run, part, k, "something is left in the folder");
    free(file);
    run_free(&run);
    return access(NOTE, F_OK) == 0;
}

/* From one k to the next: in the quick tier the first ones, then fewer and fewer. */
static size_t next(size_t k)
{
    return k < 12 || getenv("GEMML_FULL") ? k + 1 : k + k / 2;
}

/* The first `count` of: the program, jansson, the library. */
static void sweep(size_t part_count, const char *written, const char *const arguments[])
{
    static const char *const parts[] = {"gemml", "libjansson", "libgemml"};
    struct command command = {arguments, written, NULL, NULL, 0, 0};
    if (written)
        make_text(written, "old");
    command.out = run_ok(arguments);
    command.file = content_of(written, &command.count);
    command.entries = folder_entries();
    for (size_t p = 0; p < part_count; p++) {
        setenv("LD_PRELOAD", getenv("GEMML_FAILING_CALLS"), 1);
        setenv("GEMML_FAIL_IN", parts[p], 1);
        setenv("GEMML_FAIL_NOTE", NOTE, 1);
        size_t k = 1;
        while (fail_one(&command, parts[p], k))
            k = next(k);
        unsetenv("LD_PRELOAD");
        assert_true(p > 0 || k > 1);
        calls[p] += k - 1;
    }
    free(command.out);
    free(command.file);
}
#define SWEEP(written, ...) sweep(3, written, (const char *const[]){"gemml", __VA_ARGS__, NULL})
#define SWEEP_PROGRAM(written, ...) sweep(1, written, (const char *const[]){"gemml", __VA_ARGS__, NULL})

static void test_train(void **state)
{
    (void)state;
    SWEEP_PROGRAM("n.gemml", "train", "linear", "t.csv", "--target", "y", "--model", "n.gemml", "--quiet");
    SWEEP("n.gemml", "train", "linear", "t.csv", "--target", "y", "--model", "n.gemml", "--report", "r.json",
          "--quiet");
    SWEEP_PROGRAM("n.gemml", "train", "logistic", "c.csv", "--target", "kind", "--l2", "1", "--model", "n.gemml",
                  "--holdout", "0.2", "--quiet");
    SWEEP_PROGRAM("n.gemml", "train", "mlp", "t.csv", "--target", "y", "--hidden", "3,2", "--activation", "tanh,relu",
                  "--epochs", "2", "--holdout", "0.2", "--model", "n.gemml", "--quiet");
}

static void test_predict(void **state)
{
    (void)state;
    SWEEP(NULL, "predict", "m.gemml", "t.csv");
    SWEEP_PROGRAM("p.csv", "predict", "k.gemml", "c.csv", "--proba", "--output", "p.csv");
    SWEEP_PROGRAM("p.npy", "predict", "k.gemml", "c.csv", "--proba", "--output", "p.npy");
    SWEEP_PROGRAM(NULL, "predict", "m.gemml", "t.csv", "--interval", "0.9");
}

static void test_evaluate(void **state)
{
    (void)state;
    SWEEP_PROGRAM(NULL, "evaluate", "k.gemml", "c.csv");
    SWEEP(NULL, "evaluate", "k.gemml", "c.csv", "--json");
    SWEEP_PROGRAM(NULL, "evaluate", "m.gemml", "t.csv");
}

static void test_inspect(void **state)
{
    (void)state;
    SWEEP(NULL, "inspect", "m.gemml");
    SWEEP_PROGRAM(NULL, "inspect", "k.gemml", "--json");
}

static void test_generate(void **state)
{
    (void)state;
    SWEEP_PROGRAM("g.csv", "generate", "regression", "--rows", "20", "--output", "g.csv");
    SWEEP_PROGRAM("b.csv", "generate", "regression", "--rows", "9", "--output", "g.csv", "--coefficients", "b.csv");
    SWEEP_PROGRAM("s.csv", "generate", "classification", "--rows", "20", "--shares", "0.2,0.8", "--output", "s.csv");
}

/* Pictures: gnuplot's process, what goes to it and what comes from it. */
static void test_plot(void **state)
{
    (void)state;
#ifdef GEMML_COVERAGE
    skip(); /* the compiler's library writes the counts before a fork, and does not survive a failure there */
#endif
    if (system("gnuplot --version >gnuplot.version 2>&1") != 0)
        skip();
    SWEEP("p.svg", "plot", "fit", "m.gemml", "t.csv", "--output", "p.svg");
    SWEEP_PROGRAM("p.svg", "plot", "coefficients", "m.gemml", "--output", "p.svg");
    SWEEP_PROGRAM("p.svg", "plot", "regions", "k.gemml", "c.csv", "--output", "p.svg");
    SWEEP_PROGRAM("p.svg", "plot", "confusion", "k.gemml", "c.csv", "--output", "p.svg");
    SWEEP_PROGRAM("p.svg", "plot", "calibration", "k.gemml", "c.csv", "--output", "p.svg");
}

/* The library's memory is its own, but for where valgrind has put another one in its place. */
static void test_all_parts_failed(void **state)
{
    (void)state;
    print_message("%zu calls of the program, %zu of jansson, %zu of the library\n", calls[0], calls[1], calls[2]);
    assert_true(calls[0] > 100);
    if (calls[2] == 0)
        skip();
    assert_true(calls[1] > 100 && calls[2] > 100);
}

int main(void)
{
#ifdef SANITIZED
    print_message("skipped: a sanitizer's library has to come before the one that fails\n");
    return 77;
#endif
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_train, enter),    cmocka_unit_test_setup(test_predict, enter),
        cmocka_unit_test_setup(test_evaluate, enter), cmocka_unit_test_setup(test_inspect, enter),
        cmocka_unit_test_setup(test_generate, enter), cmocka_unit_test_setup(test_plot, enter),
        cmocka_unit_test(test_all_parts_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

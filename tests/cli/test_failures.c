/* Whatever goes wrong: the right status, one line on stderr that begins with
 * "gemml: ", and nothing left in the folder. */
#include <unistd.h>

#include "program.h"

#define NOTHING ((struct streams){NULL, NULL, NULL})
#define TO(path) ((struct streams){NULL, path, NULL})
#define FAILS(status, words, ...) fails(NOTHING, status, words, (const char *const[]){"gemml", __VA_ARGS__, NULL})
#define FAILS_TO(path, status, words, ...) \
    fails(TO(path), status, words, (const char *const[]){"gemml", __VA_ARGS__, NULL})
#define TRAIN "train", "linear"

/* `words` occur in the line. */
static void fails(struct streams streams, int status, const char *words, const char *const arguments[])
{
    size_t before = folder_entries();
    struct run run = run_program(streams, arguments);
    size_t length = strlen(run.err);
    if (run.status != status || strncmp(run.err, "gemml: ", 7) != 0 || strchr(run.err, '\n') != run.err + length - 1 ||
        !strstr(run.err, words) || run.out[0] || folder_entries() != before) {
        fprintf(stderr, "arguments:");
        for (size_t i = 1; arguments[i]; i++)
            fprintf(stderr, " %s", arguments[i]);
        fail_msg("status %d (not %d), stderr '%s' (not '%s'), stdout '%s', entries %zu (before: %zu)", run.status,
                 status, run.err, words, run.out, folder_entries(), before);
    }
    run_free(&run);
}

/* t.csv, and m.gemml fitted to it. */
static int enter(void **state)
{
    (void)state;
    enter_folder();
    make_text("t.csv", "a,b,y\n1,2,3\n2,1,5\n3,5,4\n4,4,8\n5,0,9\n");
    free(RUN_OK(TRAIN, "t.csv", "--target", "y", "--model", "m.gemml", "--quiet"));
    return 0;
}

static void test_usage(void **state)
{
    (void)state;
    FAILS(2, "verbs are", "frobnicate");
    FAILS(2, "did you mean predict", "perdict", "m.gemml", "t.csv");
    FAILS(2, "kind of model is missing", "train");
    FAILS(2, "there is: linear, logistic", "train", "ridge", "t.csv");
    FAILS(2, "there is: linear, logistic", "train", "t.csv", "--target", "y");
    FAILS(2, "DATA is missing", "predict", "m.gemml");
    FAILS(2, "one argument too many", "inspect", "m.gemml", "t.csv");
    FAILS(2, "--target COLUMN is missing", TRAIN, "t.csv", "--model", "n.gemml");
    FAILS(2, "--model FILE is missing", TRAIN, "t.csv", "--target", "y");
    FAILS(2, "did you mean --standardize?", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", "--standardise");
    FAILS(2, "did you mean --output?", "predict", "m.gemml", "t.csv", "--outptu=p.csv");
    FAILS(2, "unknown option -x", TRAIN, "-x", "t.csv", "--target", "y", "--model", "n.gemml");
    FAILS(2, "--model wants a value", TRAIN, "t.csv", "--target", "y", "--model");
    FAILS(2, "--target wants a value", TRAIN, "t.csv", "--target", "--model", "n.gemml");
    FAILS(2, "takes no value", "inspect", "m.gemml", "--json=yes");
}

/* Each bad value is refused with the option and the value. */
static void test_values(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"l2", "-1"},
        {"l2", "0,5"},
        {"l2", "nan"},
        {"l2", "inf"},
        {"l2", "0x1"},
        {"l2", " 1"},
        {"l2", "1e999"},
        {"l2", "1e"},
        {"l2", "."},
        {"l2", ""},
        {"rate", "0"},
        {"rate", "fast"},
        {"tolerance", "-1e-9"},
        {"epochs", "0"},
        {"epochs", "1.5"},
        {"epochs", "18446744073709551615"},
        {"batch", "-1"},
        {"patience", "0"},
        {"max-iterations", "x"},
        {"threads", "0"},
        {"threads", "1025"},
        {"seed", "-1"},
        {"seed", "18446744073709551616"},
        {"solver", "fast"},
        {"solver", "cho"},
        {"dtype", "f16"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char option[64], words[64];
        snprintf(option, sizeof option, "--%s=%s", bad[i][0], bad[i][1]);
        snprintf(words, sizeof words, "not '%s'", bad[i][1]);
        FAILS(2, words, TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", option);
    }
}

static void test_contradictions(void **state)
{
    (void)state;
    FAILS(2, "only one of", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", "--minmax", "--no-scale");
    FAILS(2, "--epochs is an option of gradient descent: add --solver descent", TRAIN, "t.csv", "--target", "y",
          "--model", "n.gemml", "--epochs", "5");
    FAILS(2, "--rate is an option of gradient descent, but --solver is cholesky", TRAIN, "t.csv", "--target", "y",
          "--model", "n.gemml", "--rate", "0.1", "--solver", "cholesky");
    FAILS(2, "same file", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", "--report", "./n.gemml");
    FAILS(2, "overwrite the data", TRAIN, "t.csv", "--target", "y", "--model", "./t.csv");
    FAILS(2, "overwrite the data", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", "--report", "t.csv");
    FAILS(2, "overwrite MODEL", "predict", "m.gemml", "t.csv", "--output", "m.gemml");
    FAILS(2, "overwrite DATA", "predict", "m.gemml", "t.csv", "--output", "t.csv");
    FAILS(2, "standard output", TRAIN, "t.csv", "--target", "y", "--model", "-");
}

static void test_output_places(void **state)
{
    (void)state;
    FAILS(1, "nowhere", TRAIN, "t.csv", "--target", "y", "--model", "nowhere/n.gemml");
    FAILS(1, "nowhere", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml", "--report", "nowhere/r.json");
    FAILS(1, "nowhere", "predict", "m.gemml", "t.csv", "--output", "nowhere/p.csv");
    FAILS(1, "t.csv is not a folder", "predict", "m.gemml", "t.csv", "--output", "t.csv/p.csv");
    FAILS(1, "it is a folder", TRAIN, "t.csv", "--target", "y", "--model", ".");
    FAILS(1, "not the name of a file", "predict", "m.gemml", "t.csv", "--output", "p/");
    FAILS(1, "No space left", TRAIN, "t.csv", "--target", "y", "--quiet", "--model", "/dev/full");
    FAILS(1, "No space left", TRAIN, "t.csv", "--target", "y", "--quiet", "--model", "n.gemml", "--report",
          "/dev/full");
}

/* A standard output that takes nothing. */
static void test_full_output(void **state)
{
    (void)state;
    FAILS_TO("/dev/full", 1, "No space left", TRAIN, "t.csv", "--target", "y", "--model", "n.gemml");
    FAILS_TO("/dev/full", 1, "No space left", "predict", "m.gemml", "t.csv");
    FAILS_TO("/dev/full", 1, "No space left", "evaluate", "m.gemml", "t.csv");
    FAILS_TO("/dev/full", 1, "No space left", "evaluate", "m.gemml", "t.csv", "--json");
    FAILS_TO("/dev/full", 1, "No space left", "inspect", "m.gemml");
    FAILS_TO("/dev/full", 1, "No space left", "inspect", "m.gemml", "--json");
    FAILS_TO("/dev/full", 1, "No space left", "--help");
    FAILS_TO("/dev/full", 1, "No space left", "train", "linear", "--help");
    FAILS_TO("/dev/full", 1, "No space left", "--version");
    FAILS(1, "No space left", "predict", "m.gemml", "t.csv", "--output", "/dev/full");
}

static void train_fails(const char *data, const char *words)
{
    FAILS(1, words, TRAIN, data, "--target", "y", "--model", "n.gemml", "--report", "r.json");
}

static void test_bad_data(void **state)
{
    (void)state;
    make_text("empty.csv", "");
    make_text("header.csv", "a,b,y\n");
    make_text("ragged.csv", "a,b,y\n1,2,3\n1,2\n4,5,6\n");
    make_text("quote.csv", "a,b,y\n1,2,\"3\n4,5,6\n");
    make_text("text.csv", "a,b,y\n1,2,3\n4,x,6\n7,8,9\n");
    make_text("words.csv", "a,b,y\n1,2,low\n4,5,high\n7,8,low\n");
    make_text("infinite.csv", "a,b,y\n1,2,3\n4,inf,6\n7,8,9\n");
    make_file("binary.csv", "\x00\x01\x02\xff\xfe\n\x00,\x00", 8);
    make_file("npy.npy", "\x93NUMPY\x01\x00\x76\x00{'descr': '<f8', ", 27);
    make_file("huge.npy", "\x93NUMPY\x02\x00\xff\xff\xff\xff{", 13);
    train_fails("missing.csv", "missing.csv");
    train_fails("empty.csv", "empty.csv");
    train_fails("header.csv", "header.csv");
    train_fails("ragged.csv", "ragged.csv");
    train_fails("quote.csv", "quote.csv");
    train_fails("words.csv", "words.csv, line 2, column 3 (\"y\"): \"low\" is text");
    FAILS(1, "text.csv, line 3, column 2 (\"b\"): \"x\" is text", TRAIN, "text.csv", "--target", "y", "--numeric", "b",
          "--model", "n.gemml");
    train_fails("infinite.csv", "");
    train_fails("binary.csv", "");
    train_fails("npy.npy", "npy.npy");
    train_fails("huge.npy", "huge.npy");
    train_fails(".", "");
    double values[12] = {0};
    write_npy("cut.npy", values, 4, 3);
    assert_int_equal(truncate("cut.npy", 128 + 8 * 11), 0);
    train_fails("cut.npy", "cut.npy");
    FAILS(1, "empty.csv", "predict", "m.gemml", "empty.csv", "--output", "p.csv");
    FAILS(1, "missing.csv", "evaluate", "m.gemml", "missing.csv");
}

/* A text that cannot be read: file, line and column. */
static void test_places(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        const char *words;
    } cases[] = {
#define CASE(text, words) {text, sizeof text - 1, words}
        CASE("a,b,y\n1,2,3\n1,2\n4,5,6\n",
             "p.csv, line 3, column 3 (\"y\"): the row has 2 fields, but the header has 3"),
        CASE("a,b,y\n1,2,3\n1,2,3,4\n", "p.csv, line 3, column 4: the row has 4 fields"),
        CASE("a,b,y\n1,2,\"3\n4,5,6\n", "p.csv, line 2, column 3 (\"y\"): a quote is opened and never closed"),
        CASE("a,b,y\n1,\"2\"2,3\n", "p.csv, line 2, column 2 (\"b\"): a delimiter is expected"),
        CASE("a,b,y\n1,2,3\n4,\0,6\n", "p.csv, line 3, column 2: a NUL byte"),
        CASE("a,b,y\n1,caf\xE9,3\n4,tea,6\n", "p.csv, line 2, column 2 (\"b\"): \"caf\\xE9\" is not valid UTF-8"),
        CASE("a,\xE9,y\n1,2,3\n", "p.csv, line 1, column 2: the header is not valid UTF-8"),
        CASE("a,b,a,y\n1,2,3,4\n", "p.csv, line 1, column 3 (\"a\"): column 1 has this name too"),
        CASE("a,,y\n1,2,3\n", "p.csv, line 1, column 2: the header has no name here"),
        CASE("\"\",\"a\",\"y\"\n\"1\",2,3\n", "p.csv, line 1, column 1: the header has no name here: is it an index?"),
        CASE("a,b,y\n", "p.csv, line 1, column 1: a header of 3 columns, but no rows"),
        CASE("a;b;y\n1,5;2;3.5\n2;3;4\n1;2;x\n", "p.csv, line 4, column 3 (\"y\"): \"x\" is text"),
        CASE("\xFF\xFE"
             "a\0,\0y\0",
             "p.csv is neither CSV nor NPY, but a text in UTF-16: convert it to UTF-8"),
        CASE("PK\3\4\x14\0\6\0", "p.csv is neither CSV nor NPY, but a ZIP archive"),
#undef CASE
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        make_file("p.csv", cases[i].text, cases[i].count);
        train_fails("p.csv", cases[i].words);
    }
}

/* A line of 100 MB that nothing ends. */
static void test_long_line(void **state)
{
    (void)state;
    size_t count = 100000000;
    char *text = malloc(count);
    assert_non_null(text);
    memset(text, 'x', count);
    make_file("long.csv", text, count);
    train_fails("long.csv", "long.csv, line 1, column 1: a header of 1 column, but no rows");
    memcpy(text, "a,y\n1,\"", 7);
    make_file("long.csv", text, count);
    train_fails("long.csv", "long.csv, line 2, column 2 (\"y\"): a quote is opened and never closed");
    memset(text, '7', count);
    memcpy(text, "a,y\n1,", 6);
    make_file("long.csv", text, count);
    train_fails("long.csv", "long.csv, line 2, column 2 (\"y\"): \"7777777777777777777777777777777777777777...\"");
    memset(text, ',', count);
    make_file("long.csv", text, count);
    train_fails("long.csv", "long.csv, line 1, column 1048577: the row has 100000001 fields");
    free(text);
}

static void test_columns(void **state)
{
    (void)state;
    make_text("other.csv", "a,c,y\n1,2,3\n2,3,4\n");
    FAILS(1, "target_", TRAIN, "t.csv", "--target", "target_", "--model", "n.gemml");
    FAILS(1, "zz", TRAIN, "t.csv", "--target", "y", "--features", "a,zz", "--model", "n.gemml");
    FAILS(1, "-4", TRAIN, "t.csv", "--target", "-4", "--model", "n.gemml");
    FAILS(1, "\"b\"", "predict", "m.gemml", "other.csv", "--output", "p.csv");
    FAILS(1, "\"b\"", "evaluate", "m.gemml", "other.csv");
    make_text("new\nline.csv", "a,b,y\n1,2,3\n4,inf,6\n7,8,9\n");
    train_fails("new\nline.csv", "new?line.csv");
}

/* No byte of a model file may change, and none be missing. */
static void test_bad_models(void **state)
{
    (void)state;
    size_t count;
    char *bytes = read_file("m.gemml", &count);
    make_text("empty.gemml", "");
    make_text("text.gemml", "this is not a model\n");
    make_file("cut.gemml", bytes, count - 1);
    make_file("half.gemml", bytes, count / 2);
    make_file("header.gemml", bytes, 8);
    make_file("long.gemml", "\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
    bytes[count / 2] ^= 1;
    make_file("altered.gemml", bytes, count);
    free(bytes);
    static const char *const models[] = {"missing.gemml", "empty.gemml", "text.gemml",    "cut.gemml", "half.gemml",
                                         "header.gemml",  "long.gemml",  "altered.gemml", "t.csv"};
    for (size_t i = 0; i < sizeof models / sizeof models[0]; i++) {
        FAILS(1, models[i], "inspect", models[i]);
        FAILS(1, models[i], "predict", models[i], "t.csv", "--output", "p.csv");
        FAILS(1, models[i], "evaluate", models[i], "t.csv", "--json");
    }
}

/* A failure leaves the file that stood there as it was. */
static void test_old_file_stays(void **state)
{
    (void)state;
    make_text("old.gemml", "old");
    make_text("old.csv", "old");
    FAILS(1, "zz", TRAIN, "t.csv", "--target", "zz", "--model", "old.gemml", "--report", "old.csv");
    FAILS(1, "missing.csv", "predict", "m.gemml", "missing.csv", "--output", "old.csv");
    char *a = read_file("old.gemml", NULL), *b = read_file("old.csv", NULL);
    assert_string_equal(a, "old");
    assert_string_equal(b, "old");
    free(a), free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_usage, enter),          cmocka_unit_test_setup(test_values, enter),
        cmocka_unit_test_setup(test_contradictions, enter), cmocka_unit_test_setup(test_output_places, enter),
        cmocka_unit_test_setup(test_full_output, enter),    cmocka_unit_test_setup(test_bad_data, enter),
        cmocka_unit_test_setup(test_columns, enter),        cmocka_unit_test_setup(test_places, enter),
        cmocka_unit_test_setup(test_long_line, enter),      cmocka_unit_test_setup(test_bad_models, enter),
        cmocka_unit_test_setup(test_old_file_stays, enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* gemml demo: everything it says it makes is there, and what it trains is good. */
#include <unistd.h>

#include "program.h"

/* How many frames a GIF has: its graphic control extensions. */
static size_t frames_of(const char *path)
{
    size_t count, frames = 0;
    char *content = read_file(path, &count);
    assert_memory_equal(content, "GIF89a", 6);
    for (size_t i = 0; i + 3 < count; i++)
        frames += memcmp(content + i, "\x21\xF9\x04", 3) == 0;
    free(content);
    return frames;
}

static void test_all(void **state)
{
    (void)state;
    static const char *const pictures[] = {
        "plane.png", "plane-history.png", "plane-coefficients.png", "clusters-roc.png", "circles.png",
        "four.png",  "four-history.png",  "four-confusion.png",     "curve.png",        "curve-history.png"};
    enter_folder();
    char *text = RUN_OK("demo", "all", "--output", "d");
    assert_non_null(strstr(text, "$ gemml train mlp four.csv"));
    free(text);
    assert_int_equal(chdir("d"), 0);
    for (size_t i = 0; i < sizeof pictures / sizeof *pictures; i++) {
        size_t count;
        char *content = read_file(pictures[i], &count);
        assert_true(count > 5000);
        assert_memory_equal(content, "\x89PNG\r\n\x1a\n", 8);
        free(content);
    }
    assert_in_range(frames_of("clusters.gif"), 31, 33); /* 0, 2, .. 60 of 60 epochs; three bytes may be met by chance */
    assert_in_range(frames_of("curve.gif"), 31, 33);
    char *page = read_file("README.md", NULL);
    assert_non_null(strstr(page, "![plot regions](circles.png)"));
    free(page);
    json_t *ring = RUN_JSON("evaluate", "circles.gemml", "circles.csv", "--json");
    json_t *four = RUN_JSON("evaluate", "four.gemml", "four.csv", "--json");
    json_t *curve = RUN_JSON("evaluate", "curve.gemml", "curve.csv", "--json");
    assert_true(json_double(ring, "accuracy") >= 0.98);
    assert_true(json_double(four, "accuracy") >= 0.983);
    assert_true(json_double(curve, "loss") < 0.002);
    json_decref(ring), json_decref(four), json_decref(curve);
    assert_int_equal(chdir(".."), 0);
}

static void test_refused(void **state)
{
    (void)state;
    enter_folder();
    struct run run = RUN("demo", "linear", "--output", "none/d");
    assert_int_equal(run.status, 1);
    assert_non_null(strstr(run.err, "--output none/d: No such file"));
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

/* A training that is killed at random moments and resumed writes the model of one that was not. */
#include <gemml.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "program.h"

enum { MOST = 40 };

/* The command line of a run, with more options behind it. */
static void arguments_of(const char *arguments[MOST], const char *model, const char *optimizer, const char *threads,
                         bool checkpoint)
{
    const char *const common[] = {"gemml",    "train",       "mlp",     data_path("winequality-red.csv"),
                                  "--target", "quality",     "--quiet", "--epochs",
                                  "150",      "--hidden",    "32,16",   "--batch",
                                  "50",       "--dropout",   "0.1",     "--holdout",
                                  "0.2",      "--patience",  "1000",    "--model",
                                  model,      "--optimizer", optimizer, "--threads",
                                  threads,    NULL};
    size_t used = 0;
    for (; common[used]; used++)
        arguments[used] = common[used];
    if (checkpoint) {
        arguments[used++] = "--checkpoint";
        arguments[used++] = "c.gemml";
        arguments[used++] = "--checkpoint-every";
        arguments[used++] = "1";
        arguments[used++] = "--resume";
    }
    arguments[used] = NULL;
}

static char *bytes_of(const char *path, size_t *count)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(1 << 22);
    *count = fread(bytes, 1, 1 << 22, file);
    fclose(file);
    return bytes;
}

static int run_once(const char *const arguments[], unsigned microseconds)
{
    pid_t process = start_program((struct streams){"/dev/null", "/dev/null", "err"}, arguments);
    if (microseconds > 0) {
        usleep(microseconds);
        kill(process, SIGKILL);
    }
    return wait_program(process);
}

static void killed_and_resumed(const char *optimizer)
{
    const char *arguments[MOST];
    uint64_t random = 11;
    size_t whole_count, resumed_count, kills = 0;
    enter_folder();
    arguments_of(arguments, "whole.gemml", optimizer, "1", false);
    assert_int_equal(run_once(arguments, 0), 0);
    arguments_of(arguments, "m.gemml", optimizer, "2", true);
    while (kills < 8 && run_once(arguments, 10000 + (unsigned)(30000 * (test_random(&random) + 1))) != 0)
        kills++;
    assert_int_equal(run_once(arguments, 0), 0);
    char *whole = bytes_of("whole.gemml", &whole_count), *resumed = bytes_of("m.gemml", &resumed_count);
    assert_int_equal(whole_count, resumed_count);
    assert_memory_equal(whole, resumed, whole_count);
    free(whole);
    free(resumed);
}

static void test_killed(void **state)
{
    (void)state;
    killed_and_resumed("sgd");
    killed_and_resumed("nesterov");
    killed_and_resumed("rmsprop");
    killed_and_resumed("adam");
}

/* A checkpoint of other options or data is refused, and the option is named. */
static void test_others(void **state)
{
    (void)state;
    const char *arguments[MOST];
    enter_folder();
    arguments_of(arguments, "m.gemml", "adam", "1", true);
    assert_int_equal(run_once(arguments, 0), 0);
    const struct {
        const char *option, *value, *sentence;
    } others[] = {{"--batch", "51", "option.batch"},
                  {"--optimizer", "sgd", "option.optimizer"},
                  {"--hidden", "32,17", "option.hidden"},
                  {"--holdout", "0.3", "training rows"},
                  {"--drop", "alcohol", "data"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        arguments_of(arguments, "n.gemml", "adam", "1", true);
        size_t used = 0, at = MOST;
        for (; arguments[used]; used++)
            if (strcmp(arguments[used], others[i].option) == 0)
                at = used;
        if (at == MOST) {
            at = used;
            arguments[at + 2] = NULL;
        }
        arguments[at] = others[i].option;
        arguments[at + 1] = others[i].value;
        struct run run = run_program((struct streams){NULL, NULL, NULL}, arguments);
        assert_int_equal(run.status, 1);
        if (!strstr(run.err, others[i].sentence))
            fail_msg("\"%s\" is not in: %s", others[i].sentence, run.err);
        run_free(&run);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed),
        cmocka_unit_test(test_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

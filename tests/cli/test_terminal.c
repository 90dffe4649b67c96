/* What happens at a terminal: the progress bar, and Ctrl-C. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

/* A descent that would take for ever. */
#define FOREVER                                                                                                    \
    "gemml", "train", "linear", "t.csv", "--target", "y", "--solver", "descent", "--rate", "1e-12", "--tolerance", \
        "0", "--epochs", "4000000000", "--model", "m.gemml", "--report", "r.json"

static int enter(void **state)
{
    (void)state;
    enter_folder();
    FILE *file = fopen("t.csv", "w");
    assert_non_null(file);
    fputs("a,b,y\n1,2,3\n2,1,5\n3,5,4\n4,4,8\n5,0,9\n", file);
    return fclose(file);
}

static void sleep_briefly(void)
{
    nanosleep(&(struct timespec){0, 20000000}, NULL);
}

/* Waits until the text of a file that is being written holds `words`. */
static void await_words(const char *path, const char *words)
{
    for (int i = 0; i < 1500; i++) {
        sleep_briefly();
        if (access(path, R_OK) != 0)
            continue;
        char *text = read_file(path, NULL);
        bool found = strstr(text, words) != NULL;
        free(text);
        if (found)
            return;
    }
    fail_msg("%s never says %s", path, words);
}

static void check_cancelled(void)
{
    json_t *report = json_of_file("r.json"), *model = RUN_JSON("inspect", "m.gemml", "--json");
    assert_string_equal(json_string_of(report, "outcome"), "cancelled");
    assert_string_equal(json_string_of(model, "outcome"), "cancelled");
    assert_true(json_double(report, "epochs") >= 1);
    json_t *history = json_object_get(json_object_get(report, "history"), "loss");
    assert_true(json_double(report, "loss") <= json_number_value(json_array_get(history, 0)));
    json_decref(report), json_decref(model);
    char *text = RUN_OK("predict", "m.gemml", "t.csv");
    struct numbers predicted = parse_csv(text);
    assert_int_equal(predicted.rows, 5);
    free(text), free(predicted.values);
}

/* Ctrl-C ends the training, and the model is written. */
static void test_interrupt(void **state)
{
    (void)state;
    pid_t process = start_program((struct streams){NULL, "out", "err"}, (const char *const[]){FOREVER, NULL});
    await_words("err", "epoch 100 of");
    assert_int_equal(kill(process, SIGINT), 0);
    assert_int_equal(wait_program(process), 0);
    char *out = read_file("out", NULL), *err = read_file("err", NULL);
    assert_non_null(strstr(out, "descent, cancelled"));
    size_t lines = 0;
    for (const char *c = err; *c; c++)
        lines += *c == '\n';
    assert_true(lines >= 7 && lines < 40);
    free(out), free(err);
    check_cancelled();
}

/* Other signals kill, and leave nothing. */
static void test_terminate(void **state)
{
    (void)state;
    pid_t process = start_program((struct streams){NULL, "out", "err"}, (const char *const[]){FOREVER, NULL});
    await_words("err", "epoch 10 of");
    assert_int_equal(kill(process, SIGTERM), 0);
    assert_int_equal(wait_program(process), 128 + SIGTERM);
    assert_int_equal(folder_entries(), 3); /* t.csv, out, err */
}

/* Reads what the program writes to the terminal until it holds `words` or, when
 * these are NULL, until the program is gone. */
static void read_terminal(int terminal, char *text, size_t bytes, const char *words)
{
    size_t used = strlen(text);
    struct pollfd wait = {.fd = terminal, .events = POLLIN};
    while (used + 1 < bytes && !(words && strstr(text, words)) && poll(&wait, 1, 30000) > 0) {
        ssize_t got = read(terminal, text + used, bytes - used - 1);
        if (got <= 0)
            break;
        used += (size_t)got;
        text[used] = '\0';
    }
    if (words)
        assert_non_null(strstr(text, words));
}

/* The longest stretch between carriage returns, escapes not counted. */
static size_t longest_line(const char *text)
{
    size_t longest = 0, length = 0;
    for (; *text; text++) {
        if (*text == '\r' || *text == '\n') {
            length = 0;
        } else if (*text == '\033') {
            text += strcspn(text, "mK");
        } else {
            length++;
            longest = length > longest ? length : longest;
        }
    }
    return longest;
}

static char *run_at_terminal(unsigned short width)
{
    static char text[1 << 16];
    text[0] = '\0';
    int terminal = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal < 0)
        skip(); /* no /dev/pts here */
    assert_true(grantpt(terminal) == 0 && unlockpt(terminal) == 0);
    struct winsize size = {.ws_row = 24, .ws_col = width};
    char *name = ptsname(terminal);
    int side = open(name, O_RDWR | O_NOCTTY); /* keeps the terminal alive while nobody else has it open */
    assert_true(side >= 0 && ioctl(side, TIOCSWINSZ, &size) == 0);
    pid_t process = start_program((struct streams){NULL, "out", name}, (const char *const[]){FOREVER, NULL});
    read_terminal(terminal, text, sizeof text, " left");
    assert_int_equal(kill(process, SIGINT), 0);
    assert_int_equal(wait_program(process), 0);
    close(side);
    read_terminal(terminal, text, sizeof text, NULL);
    close(terminal);
    return text;
}

/* A bar within the width, in colour, and cleared at the end. */
static void test_bar(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    char *text = run_at_terminal(90);
    assert_non_null(strstr(text, "loss"));
    assert_non_null(strstr(text, ", rate "));
    assert_non_null(strstr(text, "\033[32m"));
    assert_true(longest_line(text) < 90);
    size_t length = strlen(text);
    assert_true(length >= 4 && strcmp(text + length - 4, "\r\033[K") == 0);
    check_cancelled();
}

static void test_no_colour(void **state)
{
    (void)state;
    setenv("TERM", "xterm", 1);
    setenv("NO_COLOR", "1", 1);
    char *text = run_at_terminal(120);
    assert_null(strstr(text, "\033[32m"));
    assert_non_null(strstr(text, "["));
    unsetenv("NO_COLOR");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_interrupt, enter),
        cmocka_unit_test_setup(test_terminate, enter),
        cmocka_unit_test_setup(test_bar, enter),
        cmocka_unit_test_setup(test_no_colour, enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

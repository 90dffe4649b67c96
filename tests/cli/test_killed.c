/* A program that is killed while it writes a table leaves a file, which the next run with the same output removes; and
 * no other: not that of one that still writes, and not other people's. */
#include <dirent.h>
#include <gemml.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "program.h"

/* So many rows that it is killed, or stopped, long before they are written. */
#define LARGE "gemml", "generate", "regression", "--rows", "400000", "--columns", "20", "--output", "t.csv"
#define SMALL "generate", "regression", "--rows", "10", "--output", "t.csv"

static int enter(void **state)
{
    (void)state;
    enter_folder();
    return 0;
}

/* The name of a temporary file in the folder that is being written, and so has its lock; false when there is none. */
static bool find_temporary(char *name, size_t bytes)
{
    DIR *folder = opendir(".");
    bool found = false;
    struct stat status;
    assert_non_null(folder);
    for (struct dirent *entry; !found && (entry = readdir(folder));) {
        found = strncmp(entry->d_name, ".gemml-", 7) == 0 && stat(entry->d_name, &status) == 0 && status.st_size > 0;
        if (found)
            snprintf(name, bytes, "%s", entry->d_name);
    }
    closedir(folder);
    return found;
}

/* Starts to write the large table; it is stopped, by `number`, when its temporary file is there. */
static pid_t stop_while_writing(int number, char *name, size_t bytes)
{
    pid_t process =
        start_program((struct streams){"/dev/null", "/dev/null", "/dev/null"}, (const char *const[]){LARGE, NULL});
    time_t end = time(NULL) + 60;
    while (!find_temporary(name, bytes)) {
        assert_true(time(NULL) < end);
        nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    }
    assert_int_equal(kill(process, number), 0);
    return process;
}

static void run_small(void)
{
    free(RUN_OK(SMALL));
}

static void the_next_run_removes_what_was_left(void **state)
{
    (void)state;
    char name[300];
    assert_int_equal(wait_program(stop_while_writing(SIGKILL, name, sizeof name)), 128 + SIGKILL);
    assert_int_equal(access(name, F_OK), 0);
    assert_int_equal(folder_entries(), 1); /* no table */
    run_small();
    assert_int_equal(access(name, F_OK), -1);
    assert_int_equal(folder_entries(), 1); /* the table */
}

static void another_target_is_not_looked_after(void **state)
{
    (void)state;
    char name[300];
    assert_int_equal(wait_program(stop_while_writing(SIGKILL, name, sizeof name)), 128 + SIGKILL);
    free(RUN_OK("generate", "regression", "--rows", "10", "--output", "other.csv"));
    assert_int_equal(access(name, F_OK), 0);
    run_small();
    assert_int_equal(folder_entries(), 2);
}

static void who_still_writes_keeps_his(void **state)
{
    (void)state;
    char name[300];
    pid_t process = stop_while_writing(SIGSTOP, name, sizeof name);
    for (int i = 0; i < 3; i++)
        run_small();
    assert_int_equal(access(name, F_OK), 0);
    char *small = read_file("t.csv", NULL);
    assert_int_equal(kill(process, SIGCONT), 0);
    assert_int_equal(wait_program(process), 0);
    size_t count;
    char *large = read_file("t.csv", &count);
    assert_true(count > strlen(small));
    assert_int_equal(folder_entries(), 1);
    free(small), free(large);
}

static void files_of_others_stay(void **state)
{
    (void)state;
    const char *const names[] = {".gemml-0123456789abcdef", "t.csv.123-0.tmp", ".gemml-t.csv"};
    char name[300];
    assert_int_equal(wait_program(stop_while_writing(SIGKILL, name, sizeof name)), 128 + SIGKILL);
    for (size_t i = 0; i < 3; i++) {
        FILE *file = fopen(names[i], "w");
        assert_true(file && fclose(file) == 0);
    }
    run_small();
    assert_int_equal(access(name, F_OK), -1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(access(names[i], F_OK), 0);
    assert_int_equal(folder_entries(), 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_next_run_removes_what_was_left, enter),
        cmocka_unit_test_setup(another_target_is_not_looked_after, enter),
        cmocka_unit_test_setup(who_still_writes_keeps_his, enter),
        cmocka_unit_test_setup(files_of_others_stay, enter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

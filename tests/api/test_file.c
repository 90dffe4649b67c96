/* gemml_file: any file, replaced whole or not at all. */
#include "sample.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static gemml_file *open_for(const char *path)
{
    gemml_file *file = NULL;
    assert_ok(gemml_file_open(&file, path));
    assert_true(gemml_file_descriptor(file) >= 0);
    return file;
}

static void put(gemml_file *file, const char *text)
{
    assert_int_equal(write(gemml_file_descriptor(file), text, strlen(text)), (ssize_t)strlen(text));
}

static void assert_content(const char *path, const char *text)
{
    char *bytes = read_file(path, NULL);
    assert_string_equal(bytes, text);
    free(bytes);
}

static void it_takes_the_place_when_it_is_whole(void **state)
{
    (void)state;
    char path[300], temporary[300];
    struct stat status;
    snprintf(path, sizeof path, "%s", write_text("whole", "old"));
    assert_int_equal(chmod(path, 0640), 0);
    gemml_file *file = open_for(path);
    snprintf(temporary, sizeof temporary, "%s", gemml_file_temporary(file));
    put(file, "ne");
    assert_content(path, "old");
    put(file, "w");
    assert_ok(gemml_file_finish(file));
    assert_int_equal(gemml_file_descriptor(file), -1);
    assert_content(path, "old");
    assert_content(temporary, "new");
    assert_ok(gemml_file_publish(file));
    assert_content(path, "new");
    assert_string_equal(gemml_file_temporary(file), "");
    gemml_file_free(file);
    assert_content(path, "new");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0640);
    assert_int_equal(access(temporary, F_OK), -1);
}

static void what_is_not_published_is_removed(void **state)
{
    (void)state;
    char path[300], temporary[300];
    snprintf(path, sizeof path, "%s", write_text("kept", "old"));
    for (int finished = 0; finished < 2; finished++) {
        gemml_file *file = open_for(path);
        snprintf(temporary, sizeof temporary, "%s", gemml_file_temporary(file));
        put(file, "new");
        if (finished)
            assert_ok(gemml_file_finish(file));
        assert_int_equal(access(temporary, F_OK), 0);
        gemml_file_free(file);
        assert_int_equal(access(temporary, F_OK), -1);
        assert_content(path, "old");
    }
    gemml_file_free(NULL);
}

static void who_is_gone_is_cleaned_up_after(void **state)
{
    (void)state;
    char path[300], left[300];
    snprintf(path, sizeof path, "%s", scratch_path("left"));
    gemml_file *living = open_for(path); /* in the first slot */
    pid_t child = fork();
    if (child == 0) {
        gemml_file *file = NULL;
        _exit(gemml_file_open(&file, path) == GEMML_OK ? 0 : 1); /* without an end */
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    gemml_file *file = open_for(path); /* in the second one again, which was the child's */
    snprintf(left, sizeof left, "%s", gemml_file_temporary(file));
    assert_string_not_equal(left, gemml_file_temporary(living));
    put(file, "second");
    assert_ok(gemml_file_publish(file));
    gemml_file_free(file);
    assert_int_equal(access(gemml_file_temporary(living), F_OK), 0);
    put(living, "first");
    assert_ok(gemml_file_publish(living));
    gemml_file_free(living);
    assert_content(path, "first");
}

static void a_device_is_written_directly(void **state)
{
    (void)state;
    gemml_file *file = open_for("/dev/null");
    assert_string_equal(gemml_file_temporary(file), "");
    put(file, "text");
    assert_ok(gemml_file_publish(file));
    gemml_file_free(file);
}

static void what_cannot_be_is_said(void **state)
{
    (void)state;
    gemml_file *file = NULL;
    assert_refused(gemml_file_open(NULL, "x"), GEMML_ERROR_ARGUMENT, "file");
    assert_refused(gemml_file_open(&file, NULL), GEMML_ERROR_ARGUMENT, "path");
    assert_refused(gemml_file_finish(NULL), GEMML_ERROR_ARGUMENT, "file");
    assert_refused(gemml_file_publish(NULL), GEMML_ERROR_ARGUMENT, "file");
    assert_refused(gemml_file_open(&file, scratch_path("none/x")), GEMML_ERROR_IO, "none/x", "No such file");
    assert_refused(gemml_file_open(&file, scratch_directory()), GEMML_ERROR_IO, "directory");
    assert_null(file);
    assert_int_equal(gemml_file_descriptor(NULL), -1);
    assert_string_equal(gemml_file_temporary(NULL), "");
    file = open_for(scratch_path("full"));
    close(gemml_file_descriptor(file)); /* what happens to it meanwhile is found */
    assert_int_equal(gemml_file_publish(file), GEMML_ERROR_IO);
    gemml_file_free(file);
    assert_int_equal(access(scratch_path("full"), F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_the_place_when_it_is_whole),
        cmocka_unit_test(what_is_not_published_is_removed),
        cmocka_unit_test(who_is_gone_is_cleaned_up_after),
        cmocka_unit_test(a_device_is_written_directly),
        cmocka_unit_test(what_cannot_be_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

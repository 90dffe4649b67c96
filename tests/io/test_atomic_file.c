/* Writing a file whole or not at all. */
#include "io/file_faults.h"

#include <signal.h>
#include <sys/resource.h>

/* ---- Tests --------------------------------------------------------------------- */

static void test_new_file(void **state)
{
    (void)state;
    mode_t before = umask(027);
    assert_int_equal(write_string(in_folder("new"), "some text"), GEMML_OK);
    umask(before);
    holds(in_folder("new"), "some text");
    assert_int_equal(mode_of(in_folder("new")), 0640);
    assert_int_equal(files_in(folder), 1);
    assert_int_equal(fault.syncs, 2); /* the file, then its folder */
    assert_int_equal(atomic_file_write(in_folder("empty"), NULL, 0), GEMML_OK);
    holds(in_folder("empty"), "");
}

static void test_existing_file(void **state)
{
    (void)state;
    mode_t before = umask(077);
    const mode_t modes[] = {0664, 0600, 0755};
    for (size_t i = 0; i < 3; i++) {
        const char *path = in_folder("old");
        assert_int_equal(write_string(path, "a text that is longer than the new one"), GEMML_OK);
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(write_string(path, "short"), GEMML_OK);
        holds(path, "short");
        assert_int_equal(mode_of(path), modes[i]);
    }
    umask(before);
    assert_int_equal(files_in(folder), 1);
}

/* A reader that has the old file open keeps it whole. */
static void test_replaced_not_rewritten(void **state)
{
    (void)state;
    const char *path = in_folder("kept");
    assert_int_equal(write_string(path, "old"), GEMML_OK);
    int open_file = open(path, O_RDONLY);
    assert_int_equal(write_string(path, "new"), GEMML_OK);
    char text[4] = "";
    assert_int_equal(read(open_file, text, 3), 3);
    assert_string_equal(text, "old");
    close(open_file);
    holds(path, "new");
}

static void test_path_without_slash(void **state)
{
    (void)state;
    int home = open(".", O_RDONLY | O_DIRECTORY);
    assert_int_equal(chdir(folder), 0);
    gemml_status status = write_string("plain", "text");
    assert_int_equal(fchdir(home), 0);
    close(home);
    assert_int_equal(status, GEMML_OK);
    holds(in_folder("plain"), "text");
    assert_int_equal(files_in(folder), 1);
}

static void test_links(void **state)
{
    (void)state;
    assert_int_equal(mkdir(in_folder("sub"), 0755), 0);
    assert_int_equal(write_string(in_folder("sub/file"), "old"), GEMML_OK);
    assert_int_equal(symlink("sub/file", in_folder("relative")), 0);
    assert_int_equal(symlink(in_folder("relative"), in_folder("absolute")), 0);
    assert_int_equal(symlink("sub/nothing", in_folder("dangling")), 0);
    assert_int_equal(symlink("../relative", in_folder("sub/back")), 0);
    const char *const links[] = {"relative", "absolute", "sub/back"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(write_string(in_folder(links[i]), links[i]), GEMML_OK);
        holds(in_folder("sub/file"), links[i]);
        struct stat status;
        assert_int_equal(lstat(in_folder(links[i]), &status), 0);
        assert_true(S_ISLNK(status.st_mode));
    }
    assert_int_equal(write_string(in_folder("dangling"), "made"), GEMML_OK);
    holds(in_folder("sub/nothing"), "made");
    assert_int_equal(symlink("loop", in_folder("loop")), 0);
    fails_with(in_folder("loop"), "Too many levels of symbolic links", 5);
    assert_int_equal(files_in(in_folder("sub")), 3);
}

static void test_no_such_target(void **state)
{
    (void)state;
    assert_int_equal(write_string(in_folder("file"), "old"), GEMML_OK);
    fails_with(in_folder("missing/model"), "No such file or directory", 1);
    fails_with(in_folder("file/model"), "Not a directory", 1);
    fails_with(in_folder("newfolder/"), "there is no file name", 1);
    fails_with(folder, "it is a directory", 1);
    fails_with("", "there is no file name", 1);
    char name[301];
    memset(name, 'n', 300);
    name[300] = '\0';
    assert_int_equal(write_string(in_folder(name), "text"), GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "name too long"));
    char path[10002]; /* shown in part, and not from inside a character */
    for (size_t i = 0; i < 10000; i += 2)
        memcpy(path + i, "\xc3\xa9", 2);
    strcpy(path + 10000, "x");
    assert_int_equal(write_string(path, "text"), GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "x cannot be written: File name too long"));
    assert_memory_equal(error_text(), "\xc3\xa9\xc3", 3);
    assert_int_equal(files_in(folder), 1);
    holds(in_folder("file"), "old");
}

/* Paths that just fit, but not with a temporary name, or with what a link says. */
static void test_long_paths(void **state)
{
    (void)state;
    const char *const names[] = {"file", "link"};
    const size_t fill = 4085 - strlen(folder);
    char path[4096], target[101];
    memset(target, 't', 100);
    target[100] = '\0';
    assert_int_equal(symlink(target, in_folder("link")), 0);
    for (size_t i = 0; i < 2; i++) {
        memset(stpcpy(path, folder), '/', fill);
        strcpy(path + strlen(folder) + fill, names[i]);
        assert_int_equal(write_string(path, "text"), GEMML_ERROR_IO);
        assert_non_null(strstr(error_text(), "File name too long"));
    }
    assert_int_equal(files_in(folder), 1);
}

/* When the names that the target's name determines are taken, the name is made of random
 * numbers, or without them of the time: O_EXCL does not need more. */
static void test_no_randomness(void **state)
{
    (void)state;
    for (unsigned slot = 0; slot < 4; slot++) {
        char name[40];
        snprintf(name, sizeof name, ".gemml-%016llx", (unsigned long long)XXH64("file", 4, slot));
        assert_int_equal(mkdir(in_folder(name), 0755), 0);
    }
    fault.call = CALL_RANDOM;
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    assert_int_equal(fault.call, CALL_NONE);
    holds(in_folder("file"), "text");
    assert_int_equal(files_in(folder), 5);
}

/* The mode of the old file cannot be given to the new one. */
static void test_mode_not_kept(void **state)
{
    (void)state;
    const char *path = in_folder("file");
    assert_int_equal(write_string(path, "old"), GEMML_OK);
    assert_int_equal(chmod(path, 0666), 0);
    mode_t before = umask(077);
    fault.call = CALL_CHMOD;
    fault.error = EPERM;
    gemml_status status = write_string(path, "new");
    umask(before);
    assert_int_equal(status, GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "Operation not permitted"));
    assert_int_equal(files_in(folder), 1);
    holds(path, "old");
}

/* Devices and pipes are written, not replaced. */
static void test_devices(void **state)
{
    (void)state;
    struct stat status;
    assert_int_equal(write_string("/dev/null", "text"), GEMML_OK);
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    fails_with("/dev/full", "No space left on device", 0);

    const char *pipe = in_folder("pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    int reader = open(pipe, O_RDWR);
    assert_int_equal(write_string(pipe, "through"), GEMML_OK);
    char text[8] = "";
    assert_int_equal(read(reader, text, 7), 7);
    assert_string_equal(text, "through");
    close(reader);
    assert_int_equal(stat(pipe, &status), 0);
    assert_true(S_ISFIFO(status.st_mode));
    assert_int_equal(files_in(folder), 1);
}

static void test_short_and_interrupted_writes(void **state)
{
    (void)state;
    fault.most = 3;
    fault.interrupts = 2;
    assert_int_equal(write_string(in_folder("slow"), "written three bytes at a time"), GEMML_OK);
    assert_true(fault.writes >= 12);
    holds(in_folder("slow"), "written three bytes at a time");
}

/* Each call fails once, with an old file and without one. */
static void test_failing_calls(void **state)
{
    (void)state;
    const struct {
        enum call call;
        size_t after;
        int error;
        const char *words;
    } cases[] = {
        {CALL_WRITE, 0, ENOSPC, "No space left on device"}, {CALL_WRITE, 1, EIO, "Input/output error"},
        {CALL_WRITE, 1, 0, "No space left on device"},      {CALL_FSYNC, 0, EIO, "Input/output error"},
        {CALL_FSYNC, 0, EDQUOT, "Disk quota exceeded"},     {CALL_CLOSE, 0, EIO, "Input/output error"},
        {CALL_RENAME, 0, EACCES, "Permission denied"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        for (size_t old = 0; old < 2; old++) {
            const char *path = in_folder("file");
            if (old)
                assert_int_equal(write_string(path, "the old text"), GEMML_OK);
            fault.call = cases[i].call;
            fault.after = cases[i].after;
            fault.error = cases[i].error;
            fails_with(path, cases[i].words, old);
            assert_int_equal(fault.call, CALL_NONE); /* it was reached */
            if (old) {
                holds(path, "the old text");
                assert_int_equal(unlink(path), 0);
            }
        }
    }
}

/* Once the new file is in place, only its folder's sync can fail: it is said. */
static void test_folder_not_synced(void **state)
{
    (void)state;
    fault.call = CALL_FSYNC;
    fault.after = 1;
    fault.error = EIO;
    fails_with(in_folder("file"), "was written, but its folder could not be synced: Input/output error", 1);
    holds(in_folder("file"), "the new text");
    const int errors[] = {EINVAL, ENOTSUP, EROFS}; /* a file system without fsync is none of our business */
    for (size_t i = 0; i < 6; i++) {
        fault.call = CALL_FSYNC;
        fault.after = i % 2;
        fault.error = errors[i / 2];
        assert_int_equal(write_string(in_folder("file"), "newer"), GEMML_OK);
        assert_int_equal(fault.call, CALL_NONE);
    }
    fault.call = CALL_CLOSE;
    fault.after = 0;
    fault.error = EINTR;
    assert_int_equal(write_string(in_folder("file"), "newest"), GEMML_OK);
    holds(in_folder("file"), "newest");
}

/* The real thing: a limit on the size of files stops the write half-way. */
static void test_file_size_limit(void **state)
{
    (void)state;
    const char *path = in_folder("limited");
    assert_int_equal(write_string(path, "old"), GEMML_OK);
    struct rlimit limit, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1000;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    char *bytes = calloc(1, 5000);
    gemml_status status = atomic_file_write(path, &(struct piece){bytes, 5000}, 1);
    free(bytes);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(status, GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "File too large"));
    assert_int_equal(files_in(folder), 1);
    holds(path, "old");
}

/* As a user whom the modes bind, which root is not. */
static void test_permissions(void **state)
{
    (void)state;
    bool root = geteuid() == 0;
    assert_int_equal(chmod(scratch_directory(), 0755), 0);
    assert_int_equal(chmod(folder, 0777), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    const char *path = in_folder("file");
    gemml_status made = write_string(path, "old");
    int changed = chmod(path, 0444);
    gemml_status read_only_file = write_string(path, "new");
    char said[ERROR_BYTES];
    snprintf(said, sizeof said, "%s", error_text());
    changed |= chmod(path, 0644);
    if (root)
        assert_int_equal(seteuid(0), 0);
    changed |= chmod(folder, 0555);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    gemml_status read_only_folder = write_string(path, "new");
    gemml_status nothing_new = write_string(in_folder("other"), "new");
    if (root)
        assert_int_equal(seteuid(0), 0);
    changed |= chmod(folder, 0755);
    assert_int_equal(changed, 0);
    assert_int_equal(made, GEMML_OK);
    assert_int_equal(read_only_file, GEMML_ERROR_IO);
    assert_non_null(strstr(said, "Permission denied"));
    assert_int_equal(read_only_folder, GEMML_ERROR_IO);
    assert_int_equal(nothing_new, GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "no file can be made in its folder: Permission denied"));
    holds(path, "old");
    assert_int_equal(files_in(folder), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_new_file, new_folder),
        cmocka_unit_test_setup(test_existing_file, new_folder),
        cmocka_unit_test_setup(test_replaced_not_rewritten, new_folder),
        cmocka_unit_test_setup(test_path_without_slash, new_folder),
        cmocka_unit_test_setup(test_links, new_folder),
        cmocka_unit_test_setup(test_no_such_target, new_folder),
        cmocka_unit_test_setup(test_long_paths, new_folder),
        cmocka_unit_test_setup(test_no_randomness, new_folder),
        cmocka_unit_test_setup(test_mode_not_kept, new_folder),
        cmocka_unit_test_setup(test_devices, new_folder),
        cmocka_unit_test_setup(test_short_and_interrupted_writes, new_folder),
        cmocka_unit_test_setup(test_failing_calls, new_folder),
        cmocka_unit_test_setup(test_folder_not_synced, new_folder),
        cmocka_unit_test_setup(test_file_size_limit, new_folder),
        cmocka_unit_test_setup(test_permissions, new_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

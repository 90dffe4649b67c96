/* Writing a file whole or not at all where a call of the system fails that hardly ever
 * does, or where another process or user is in the way. */
#include "io/file_faults.h"

#include <sys/socket.h>
#include <sys/un.h>

/* A temporary file's name, as the target's name, "file", determines it. */
static const char *slot(unsigned number)
{
    char name[40];
    snprintf(name, sizeof name, ".gemml-%016llx", (unsigned long long)XXH64("file", 4, number));
    return in_folder(name);
}

static void make_slot(unsigned number)
{
    int file = open(slot(number), O_WRONLY | O_CREAT | O_EXCL, 0644);
    assert_true(file >= 0);
    close(file);
}

static bool exists(const char *path)
{
    return access(path, F_OK) == 0;
}

/* The first error is the one that is told. */
static void a_second_failure_does_not_hide_the_first(void **state)
{
    (void)state;
    fault.call = CALL_CLOSE;
    fault.error = EIO;
    fails_with("/dev/full", "No space left on device", 0);
    assert_int_equal(fault.call, CALL_NONE);
}

static void what_cannot_be_opened(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    const char *path = in_folder("socket");
    assert_true(made >= 0 && strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    assert_int_equal(bind(made, (const struct sockaddr *)&address, sizeof address), 0);
    fails_with(path, "No such device or address", 1);
    close(made);
}

static void a_link_that_cannot_be_read(void **state)
{
    (void)state;
    assert_int_equal(symlink("elsewhere", in_folder("link")), 0);
    fault.call = CALL_READLINK;
    fault.error = EIO;
    fails_with(in_folder("link"), "cannot be written: Input/output error", 1);
}

/* With the slots taken by what is no file, a name is made of random numbers. */
static void names_of_random_numbers(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(mkdir(slot(i), 0755), 0);
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    holds(in_folder("file"), "text");
    assert_int_equal(files_in(folder), 5);
}

/* When every name is taken, it is given up. */
static void no_name_is_free(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(mkdir(slot(i), 0755), 0);
    assert_int_equal(mkdir(in_folder(".gemml-1111111111111111"), 0755), 0);
    fault.same_random = true;
    fails_with(in_folder("file"), "no file can be made in its folder: File exists", 5);
}

/* A left file is removed only when it is surely nobody's. */
static void doubtful_files_stay(void **state)
{
    (void)state;
    make_slot(0);
    assert_int_equal(link(slot(0), in_folder("other name")), 0);
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    assert_true(exists(slot(0)));
    assert_int_equal(unlink(in_folder("other name")), 0);
    fault.call = CALL_FSTAT; /* of slot 0: what it is cannot be found out */
    fault.error = EIO;
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    assert_int_equal(fault.call, CALL_NONE);
    assert_true(exists(slot(0)));
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    assert_false(exists(slot(0)));
    assert_int_equal(files_in(folder), 1);
}

/* The new temporary file cannot be held: it is removed again, and that is an error. */
static void no_descriptor_for_the_lock(void **state)
{
    (void)state;
    assert_int_equal(write_string(in_folder("file"), "old"), GEMML_OK);
    fault.call = CALL_FCNTL;
    fault.error = EMFILE;
    fails_with(in_folder("file"), "no file can be made in its folder: Too many open files", 1);
    holds(in_folder("file"), "old");
}

/* Another process has just locked the new file: it is that one's, and stays; another name is taken. */
static void the_lock_is_taken(void **state)
{
    (void)state;
    fault.call = CALL_FLOCK;
    fault.error = EWOULDBLOCK;
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    holds(in_folder("file"), "text");
    assert_true(exists(slot(0)));
    assert_int_equal(files_in(folder), 2);
    assert_int_equal(write_string(in_folder("file"), "newer"), GEMML_OK); /* and was left by it */
    assert_int_equal(files_in(folder), 1);
}

/* Another process has removed the new file before it was locked. */
static void the_new_file_is_stolen(void **state)
{
    (void)state;
    fault.stolen = slot(0);
    assert_int_equal(write_string(in_folder("file"), "text"), GEMML_OK);
    assert_null(fault.stolen);
    holds(in_folder("file"), "text");
    assert_int_equal(files_in(folder), 1);
}

/* A file system without locks, or one that does not say how many names a file has. */
static void no_locks(void **state)
{
    (void)state;
    const enum call calls[] = {CALL_FLOCK, CALL_FSTAT};
    for (size_t i = 0; i < 2; i++) {
        fault.call = calls[i];
        fault.after = 0;
        fault.error = ENOTSUP;
        assert_int_equal(write_string(in_folder("file"), i ? "again" : "text"), GEMML_OK);
        assert_int_equal(fault.call, CALL_NONE);
        holds(in_folder("file"), i ? "again" : "text");
        assert_int_equal(files_in(folder), 1);
    }
}

/* A folder that may be written but not read cannot be synced: the file is there all the same. */
static void a_folder_that_cannot_be_read(void **state)
{
    (void)state;
    bool root = geteuid() == 0;
    assert_int_equal(chmod(scratch_directory(), 0755), 0);
    assert_int_equal(chmod(folder, 0333), 0);
    if (root)
        assert_int_equal(seteuid(65534), 0);
    gemml_status status = write_string(in_folder("file"), "text");
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(folder, 0755), 0);
    assert_int_equal(status, GEMML_OK);
    assert_int_equal(fault.syncs, 1); /* of the file alone */
    holds(in_folder("file"), "text");
    assert_int_equal(files_in(folder), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_second_failure_does_not_hide_the_first, new_folder),
        cmocka_unit_test_setup(what_cannot_be_opened, new_folder),
        cmocka_unit_test_setup(a_link_that_cannot_be_read, new_folder),
        cmocka_unit_test_setup(names_of_random_numbers, new_folder),
        cmocka_unit_test_setup(no_name_is_free, new_folder),
        cmocka_unit_test_setup(doubtful_files_stay, new_folder),
        cmocka_unit_test_setup(no_descriptor_for_the_lock, new_folder),
        cmocka_unit_test_setup(the_lock_is_taken, new_folder),
        cmocka_unit_test_setup(the_new_file_is_stolen, new_folder),
        cmocka_unit_test_setup(no_locks, new_folder),
        cmocka_unit_test_setup(a_folder_that_cannot_be_read, new_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Files as they are read while calls of the system, or of zlib, fail, and while memory runs out;
 * paths that are longer than a message. The functions below stand in for the originals, and do
 * what these do unless told otherwise. */
#include "failing.h"
#include "tables.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <zlib.h>

#include "data/gzip.h"
#include "data/table.h"

/* The thread sanitizer calls some of them before it is ready to see them called. */
#define STAND_IN __attribute__((no_sanitize("thread")))

static struct {
    int read_error;   /* of the next read; 0: none */
    int stat_error;   /* of fstat */
    bool no_maps;     /* nothing can be mapped */
    long pages, page; /* what sysconf says of memory; 0: the truth */
    bool no_reset;    /* zlib does not begin anew */
    size_t largest;   /* the largest piece of memory for which large pages were asked for */
} system_calls;

STAND_IN ssize_t read(int file, void *bytes, size_t count)
{
    errno = system_calls.read_error;
    system_calls.read_error = 0;
    return errno ? -1 : syscall(SYS_read, file, bytes, count);
}

STAND_IN int fstat(int file, struct stat *status)
{
    errno = system_calls.stat_error;
    return errno ? -1 : fstatat(file, "", status, AT_EMPTY_PATH);
}

STAND_IN void *mmap(void *at, size_t count, int protection, int flags, int file, off_t offset)
{
    if (system_calls.no_maps && file >= 0) {
        errno = ENODEV;
        return MAP_FAILED;
    }
    return (void *)syscall(SYS_mmap, at, count, protection, flags, file, offset);
}

STAND_IN int madvise(void *at, size_t count, int advice)
{
    if (advice == MADV_HUGEPAGE && count > system_calls.largest)
        system_calls.largest = count;
    return (int)syscall(SYS_madvise, at, count, advice);
}

STAND_IN static void *original(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

STAND_IN long sysconf(int name)
{
    long (*ask)(int);
    *(void **)&ask = original("sysconf");
    if (name == _SC_PHYS_PAGES && system_calls.pages)
        return system_calls.pages;
    return name == _SC_PAGESIZE && system_calls.page ? system_calls.page : ask(name);
}

STAND_IN int inflateReset(z_streamp stream)
{
    int (*reset)(z_streamp);
    *(void **)&reset = original("inflateReset");
    return system_calls.no_reset && stream->total_out > 0 ? Z_STREAM_ERROR : reset(stream);
}

static int calm(void **state)
{
    (void)state;
    memset(&system_calls, 0, sizeof system_calls);
    return 0;
}

/* ---- Help ------------------------------------------------------------------------- */

/* The bytes as one gzip member (free() it). */
static char *pack(const char *bytes, size_t length, size_t *count)
{
    z_stream stream = {0};
    size_t room = length + length / 100 + 200;
    char *packed = malloc(room);
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *count = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

/* A table of one column, the numbers 0, 1, ... (free() it). */
static char *numbers(size_t rows, size_t *length)
{
    char *text = malloc(8 * rows + 3), *at = stpcpy(text, "x\n");
    for (size_t i = 0; i < rows; i++)
        at += sprintf(at, "%zu\n", i);
    *length = (size_t)(at - text);
    return text;
}

/* An array of 2 x 2 doubles in NPY, its header as long as NumPy makes it. */
static const char *write_npy(void)
{
    const double cells[] = {1, 2, 3, 4};
    char file[160];
    memset(file, ' ', 128);
    memcpy(file, "\x93NUMPY\1\0\x76\0", 10);
    memcpy(file + 10, "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", 59);
    file[127] = '\n';
    memcpy(file + 128, cells, sizeof cells);
    return write_file("four.npy", file, sizeof file);
}

static void refused(const char *path, gemml_status expected, const char *words)
{
    gemml_table *table = NULL;
    assert_int_equal(table_read(&table, path), expected);
    assert_null(table);
    if (!strstr(error_text(), words))
        fail_msg("no \"%s\" in: %s", words, error_text());
}

static void read_ok(gemml_table **table, const char *path)
{
    if (table_read(table, path) != GEMML_OK)
        fail_msg("%s", error_text());
}

/* ---- Calls that fail ------------------------------------------------------------------- */

static void a_read_that_fails(void **state)
{
    (void)state;
    const char *path = write_text("t.csv", "x\n1\n2\n");
    system_calls.read_error = EIO;
    refused(path, GEMML_ERROR_IO, "t.csv cannot be read: Input/output error");
    system_calls.read_error = EINTR; /* is tried again */
    gemml_table *table = NULL;
    read_ok(&table, path);
    assert_int_equal(table->rows, 2);
    table_free(table);
    system_calls.stat_error = EIO;
    refused(path, GEMML_ERROR_IO, "t.csv cannot be read: Input/output error");
}

/* What cannot be mapped is read. */
static void an_array_that_cannot_be_mapped(void **state)
{
    (void)state;
    const char *path = write_npy();
    for (int i = 0; i < 2; i++) {
        gemml_table *table = NULL;
        system_calls.no_maps = i == 1;
        read_ok(&table, path);
        assert_int_equal(table->input.capacity > 0, i == 1);
        assert_memory_equal(table->cells.data, ((const double[]){1, 2, 3, 4}), 32);
        table_free(table);
    }
}

/* For a block of 8 MB and more large pages are asked for, within it. */
static void large_blocks(void **state)
{
    (void)state;
    size_t rows = (size_t)3 << 19, length; /* 12 MB of doubles */
    char *text = numbers(rows, &length);
    gemml_table *table = NULL;
    read_ok(&table, write_file("large.csv", text, length));
    assert_int_equal(table->rows, rows);
    assert_true(table->values[rows - 1] == (double)(rows - 1));
    assert_in_range(system_calls.largest, rows * sizeof(double) - 131072, (rows + 2) * sizeof(double));
    table_free(table);
    free(text);
}

/* A system that does not say how much memory it has limits nothing by it. */
static void memory_that_is_not_known(void **state)
{
    (void)state;
    system_calls.pages = 1000;
    system_calls.page = 4096;
    assert_int_equal(gzip_limit(SIZE_MAX), 1000 * 4096 / 2);
    system_calls.pages = -1;
    assert_int_equal(gzip_limit(SIZE_MAX), SIZE_MAX / 2);
    system_calls.pages = 1000;
    system_calls.page = -1;
    assert_int_equal(gzip_limit(SIZE_MAX), SIZE_MAX / 2);
}

static void zlib_that_fails(void **state)
{
    (void)state;
    size_t count;
    char *packed = pack("x\n1\n", 4, &count), *both = malloc(2 * count);
    memcpy(both, packed, count);
    memcpy(both + count, packed, count);
    system_calls.no_reset = true;
    refused(write_file("two.gz", both, 2 * count), GEMML_ERROR_FORMAT, "two.gz: zlib failed");
    free(packed), free(both);
}

/* ---- Memory ------------------------------------------------------------------------------ */

/* A text that is expanded in several pieces, between which zlib keeps a window. */
static void no_memory_for_a_long_text(void **state)
{
    (void)state;
    size_t length, count;
    char *text = numbers(30000, &length), *packed = pack(text, length, &count);
    assert_true(length > 2 * 65536);
    fail_each_allocation(read_and_free, (void *)(uintptr_t)write_file("long.gz", packed, count));
    free(text), free(packed);
}

/* The error of a NUL byte looks for the delimiter, too, and a long path is shown in part. */
static void no_memory_for_an_error(void **state)
{
    (void)state;
    static const char text[] = "a,b\n1,\0002\n";
    const char *path = write_file("zero.csv", text, sizeof text - 1);
    size_t failures = 0;
    for (gemml_status status = GEMML_ERROR_MEMORY; status == GEMML_ERROR_MEMORY; failures++) {
        gemml_table *table = NULL;
        failing_countdown = failures + 1;
        memory_fails = failing_decide;
        status = table_read(&table, path);
        memory_fails = NULL;
        assert_null(table);
        assert_true(status == GEMML_ERROR_MEMORY || status == GEMML_ERROR_FORMAT);
    }
    assert_true(failures > 3);
    assert_non_null(strstr(error_text(), "a NUL byte"));
}

/* ---- Long paths --------------------------------------------------------------------------- */

/* A file of `name`, repeated, in a folder whose name is as long. */
static const char *long_path(const char *text)
{
    static char name[600];
    snprintf(name, sizeof name, "%s/", scratch_directory());
    for (size_t i = 0; i < 200; i += 2)
        strcat(name, "\xc3\xa4");
    mkdir(name, 0755);
    strcat(name, "/");
    for (size_t i = 0; i < 125; i++)
        strcat(name, "\xc3\xb6");
    strcat(name, text);
    return name;
}

static void put(const char *path, const char *bytes, size_t count)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
}

/* Messages show the end of a path, from a whole character on. */
static void long_paths(void **state)
{
    (void)state;
    size_t count;
    char *packed = pack("x\n1\n", 4, &count);
    for (size_t odd = 0; odd < 2; odd++) {
        const char *path = long_path(odd ? ".csv" : "csv");
        assert_true(strlen(path) > 400);
        refused(path, GEMML_ERROR_IO, "cannot be opened: No such file or directory");
        assert_true(strlen(error_text()) < 300);
        put(path, "a,b\n1,2\n", 8);
        fail_each_allocation(read_and_free, (void *)(uintptr_t)path);
        put(path, "a,b\n1\n", 6);
        refused(path, GEMML_ERROR_FORMAT,
                odd ? "\xb6.csv, line 2, column 2"
                    : "\xb6"
                      "csv, line 2, column 2");
        assert_memory_equal(error_text(), "...\xc3\xb6", 5);
        assert_int_equal(strstr(error_text(), ", line") - error_text(), 128 - odd);
        put(path, packed, count - 1);
        refused(path, GEMML_ERROR_FORMAT, ": the gzip file is cut");
        assert_true(strlen(error_text()) < 300);
        assert_int_equal(unlink(path), 0);
    }
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_read_that_fails, calm),
        cmocka_unit_test_setup(an_array_that_cannot_be_mapped, calm),
        cmocka_unit_test_setup(large_blocks, calm),
        cmocka_unit_test_setup(memory_that_is_not_known, calm),
        cmocka_unit_test_setup(zlib_that_fails, calm),
        cmocka_unit_test_setup(no_memory_for_a_long_text, calm),
        cmocka_unit_test_setup(no_memory_for_an_error, calm),
        cmocka_unit_test_setup(long_paths, calm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

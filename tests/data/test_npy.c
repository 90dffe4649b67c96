/* NPY files: the types and versions that are read, and hostile headers. */
#include "failing.h"

#include <math.h>

#include "data/table.h"
#include "util/parallel.h"

/* Builds a NPY file: the header's text is padded to `align` as NumPy does, and
 * ended by a newline. Gives the number of bytes. */
static size_t build(char *file, unsigned major, const char *header, size_t align, const void *data, size_t bytes)
{
    size_t prefix = major > 1 ? 12 : 10, text = strlen(header);
    size_t length = (prefix + text + 1 + align - 1) / align * align - prefix;
    memcpy(file, "\x93NUMPY", 6);
    file[6] = (char)major;
    file[7] = 0;
    for (size_t i = 0; i < prefix - 8; i++)
        file[8 + i] = (char)(length >> (8 * i) & 255);
    memset(file + prefix, ' ', length);
    memcpy(file + prefix, header, text);
    file[prefix + length - 1] = '\n';
    memcpy(file + prefix + length, data, bytes);
    return prefix + length + bytes;
}

static const double doubles[] = {1.5, -2, 3, 4, 5, 6.25};
static const float floats[] = {1.5f, -2, 3, 4, 5, 6.25f};
static const int32_t ints[] = {1, -2, 3, 4, 5, INT32_MAX};
static const int64_t longs[] = {1, -2, 3, 4, 5, INT64_MAX};

#define HEADER(descr, shape) "{'descr': '" descr "', 'fortran_order': False, 'shape': " shape ", }"

static gemml_table *read_built(const char *bytes, size_t count)
{
    gemml_table *table = NULL;
    if (table_read(&table, write_file("t.csv", bytes, count)) != GEMML_OK) /* the name does not matter */
        fail_msg("%s", error_text());
    return table;
}

/* Reads the header over the data; the cells are the same bytes, in the same type. */
static void assert_read(unsigned major, const char *header, size_t align, const void *data, size_t bytes,
                        gemml_dtype dtype, size_t rows, size_t columns)
{
    char file[512];
    gemml_table *table = read_built(file, build(file, major, header, align, data, bytes));
    assert_int_equal(table->cells.dtype, dtype);
    assert_int_equal(table->rows, rows);
    assert_int_equal(table->columns, columns);
    assert_int_equal(table->cells.stride, columns);
    assert_int_equal((uintptr_t)table->cells.data % (bytes / (rows * columns)), 0);
    assert_memory_equal(table->cells.data, data, bytes);
    assert_false(table->header);
    assert_string_equal(table->name[columns - 1], columns == 1 ? "x0" : columns == 2 ? "x1" : "x2");
    table_free(table);
}

static void test_types(void **state)
{
    (void)state;
    assert_read(1, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles, GEMML_F64, 2, 3);
    assert_read(1, HEADER("<f4", "(3, 2)"), 64, floats, sizeof floats, GEMML_F32, 3, 2);
    assert_read(1, HEADER("<i4", "(2, 3)"), 64, ints, sizeof ints, GEMML_I32, 2, 3);
    assert_read(1, HEADER("<i8", "(6,)"), 64, longs, sizeof longs, GEMML_I64, 6, 1);
    assert_read(1, HEADER("=f8", "(6, 1)"), 64, doubles, sizeof doubles, GEMML_F64, 6, 1);
    assert_read(2, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles, GEMML_F64, 2, 3);
    assert_read(3, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles, GEMML_F64, 2, 3);
    assert_read(1, "{\"shape\":(2,3),\"descr\":\"<f8\",\"fortran_order\":False}", 64, doubles, sizeof doubles,
                GEMML_F64, 2, 3);
    /* Data that is not aligned to its elements is copied. */
    assert_read(1, HEADER("<f8", "(2, 3)"), 3, doubles, sizeof doubles, GEMML_F64, 2, 3);
    assert_read(1, HEADER("<f4", "(2, 3)"), 7, floats, sizeof floats, GEMML_F32, 2, 3);
}

struct noted {
    size_t missing, first_missing, first_infinite;
};

/* NaN and infinities are counted and placed, the same for any number of threads. */
static void test_nonfinite(void **state)
{
    (void)state;
    size_t rows = 60000, columns = 7, bytes = rows * columns * sizeof(float);
    float *data = calloc(rows * columns, sizeof *data);
    char *file = malloc(bytes + 256);
    struct noted truth[7] = {{0}};
    uint64_t seed = 9;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            double chance = test_random(&seed);
            data[i * columns + j] = chance > 0.999 ? NAN : chance < -0.9995 ? -INFINITY : (float)chance;
            if (j == 3 || (j == 5 && i < rows - 1) || (j == 6 && i < 40000)) /* none, in the last row, late */
                data[i * columns + j] = 1;
            if (j == 5 && i == rows - 1)
                data[i * columns + j] = NAN;
            bool missing = isnan(data[i * columns + j]), infinite = isinf(data[i * columns + j]);
            if (missing && truth[j].missing++ == 0)
                truth[j].first_missing = i + 1;
            if (infinite && truth[j].first_infinite == 0)
                truth[j].first_infinite = i + 1;
        }
    assert_int_equal(truth[5].first_missing, rows);
    size_t count = build(file, 1, HEADER("<f4", "(60000, 7)"), 64, data, bytes);
    const char *path = write_file("nan.npy", file, count);
    for (size_t threads = 1; threads <= 4; threads++) {
        gemml_table *table = NULL;
        assert_int_equal(parallel_set_threads(threads), GEMML_OK);
        assert_int_equal(table_read(&table, path), GEMML_OK);
        for (size_t j = 0; j < columns; j++) {
            assert_int_equal(table->column[j].missing, truth[j].missing);
            assert_int_equal(table->column[j].first_missing.line, truth[j].first_missing);
            assert_int_equal(table->column[j].first_infinite.line, truth[j].first_infinite);
        }
        table_free(table);
    }
    free(data), free(file);
}

static void expect_file(const char *file, size_t count, gemml_status status, const char *said)
{
    gemml_table *untouched = (gemml_table *)&status, *table = untouched;
    gemml_status got = table_read(&table, write_file("bad.npy", file, count));
    if (got != status)
        fail_msg("status %d, %d expected, of %s", got, status, said);
    assert_ptr_equal(table, untouched);
    if (!strstr(error_text(), "bad.npy") || !strstr(error_text(), said))
        fail_msg("no \"%s\" in: %s", said, error_text());
}

static void expect(const char *header, gemml_status status, const char *said)
{
    char file[1024];
    expect_file(file, build(file, 1, header, 64, doubles, sizeof doubles), status, said);
}

static void test_unsupported(void **state)
{
    (void)state;
    expect(HEADER(">f8", "(2, 3)"), GEMML_ERROR_UNSUPPORTED,
           "\">f8\" have the other byte order: save them with astype(\"<f8\")");
    expect(HEADER("<f2", "(2, 3)"), GEMML_ERROR_UNSUPPORTED,
           "\"<f2\"; f4, f8, i4 and i8 are read: save them with astype(\"f8\")");
    expect(HEADER("<u8", "(2, 3)"), GEMML_ERROR_UNSUPPORTED, "<u8");
    expect(HEADER("|b1", "(2, 3)"), GEMML_ERROR_UNSUPPORTED, "\"|b1\"; f4, f8, i4 and i8 are read");
    expect(HEADER("|O", "(2, 3)"), GEMML_ERROR_UNSUPPORTED, "\"|O\"");
    expect(HEADER("", "(2, 3)"), GEMML_ERROR_UNSUPPORTED, "\"\"");
    expect("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }", GEMML_ERROR_UNSUPPORTED, "records");
    expect("{'descr': '<f8', 'fortran_order': True, 'shape': (2, 3), }", GEMML_ERROR_UNSUPPORTED, "Fortran");
    expect(HEADER("<f8", "()"), GEMML_ERROR_UNSUPPORTED, "0 dimensions; one or two are read: save it with reshape");
    expect(HEADER("<f8", "(1, 2, 3)"), GEMML_ERROR_UNSUPPORTED, "3 dimensions");
    char file[512];
    size_t count = build(file, 1, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles);
    file[6] = 4;
    expect_file(file, count, GEMML_ERROR_UNSUPPORTED, "version 4.0");
}

static void test_bad_headers(void **state)
{
    (void)state;
    expect(HEADER("<f8", "(2, 4)"), GEMML_ERROR_FORMAT, "2 x 4 elements of 8 bytes, but 48 bytes of data");
    expect(HEADER("<f8", "(1, 3)"), GEMML_ERROR_FORMAT, "48 bytes");
    expect(HEADER("<f8", "(0, 3)"), GEMML_ERROR_FORMAT, "empty");
    expect(HEADER("<f8", "(6, 0)"), GEMML_ERROR_FORMAT, "empty");
    expect(HEADER("<f8", "(2305843009213693952, 8)"), GEMML_ERROR_FORMAT, "elements of 8 bytes");
    expect(HEADER("<f8", "(2305843009213693954, 3)"), GEMML_ERROR_FORMAT, "elements of 8 bytes");
    expect(HEADER("<f8", "(99999999999999999999, 3)"), GEMML_ERROR_FORMAT, "beyond 64 bits");
    expect(HEADER("<f8", "(-2, 3)"), GEMML_ERROR_FORMAT, "a number expected");
    expect(HEADER("<f8", "(2 3)"), GEMML_ERROR_FORMAT, "a comma expected");
    expect(HEADER("<f8", "(2, 3"), GEMML_ERROR_FORMAT, "a number expected");
    expect(HEADER("<f8", "[2, 3]"), GEMML_ERROR_FORMAT, "a tuple expected");
    expect("{'descr': '<f8', 'fortran_order': False, }", GEMML_ERROR_FORMAT, "each of descr");
    expect("{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (6,)}", GEMML_ERROR_FORMAT, "once");
    expect("{'descr': '<f8', 'fortran_order': False, 'shape': (6,), 'more': 1}", GEMML_ERROR_FORMAT, "no other key");
    expect("{'descr' '<f8', 'fortran_order': False, 'shape': (6,)}", GEMML_ERROR_FORMAT, "a colon expected");
    expect("{'descr': '<f8' 'fortran_order': False, 'shape': (6,)}", GEMML_ERROR_FORMAT, "a comma expected");
    expect("{'descr': '<f8', 'fortran_order': 0, 'shape': (6,)}", GEMML_ERROR_FORMAT, "True or False expected");
    expect("{'descr': '<f8', 'fortran_order': False, 'shape': (6,)} x", GEMML_ERROR_FORMAT, "the end expected");
    expect("{'descr': '<f8", GEMML_ERROR_FORMAT, "a short string expected");
    expect("['descr']", GEMML_ERROR_FORMAT, "a dict expected");
    expect("", GEMML_ERROR_FORMAT, "a dict expected");
    expect(HEADER("<f8", "(18446744073709551616, 3)"), GEMML_ERROR_FORMAT, "beyond 64 bits");
    expect("{'fortran_order': False, 'shape': (6,)}", GEMML_ERROR_FORMAT, "each of descr");
    expect("{'descr': '<f8', 'shape': (6,)}", GEMML_ERROR_FORMAT, "each of descr");
}

/* A header whose last byte is within a word or a number. */
static void test_short_headers(void **state)
{
    (void)state;
    const char *const texts[] = {"{'fortran_order': Tr",
                                 "{'fortran_order': Fals",
                                 "{'shape': (6",
                                 "{'shape': (6,",
                                 "{'shape': (6,)",
                                 "{'shape'",
                                 "{"};
    const char *const words[] = {"True or False expected", "True or False expected", "a comma expected",
                                 "a number expected",      "a comma expected",       "a colon expected",
                                 "a string expected"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char file[64] = "\x93NUMPY\1\0";
        size_t length = strlen(texts[i]);
        file[8] = (char)length;
        memcpy(file + 10, texts[i], length);
        expect_file(file, 10 + length, GEMML_ERROR_FORMAT, words[i]);
    }
}

/* More columns than a table may have, in a file or in memory. */
static void test_too_wide(void **state)
{
    (void)state;
    size_t columns = TABLE_COLUMNS_MAX + 1, bytes = columns * sizeof(float);
    char *file = malloc(bytes + 256);
    float *data = calloc(columns, sizeof *data);
    gemml_table *table = NULL;
    expect_file(file, build(file, 1, HEADER("<f4", "(1, 1048577)"), 64, data, bytes), GEMML_ERROR_UNSUPPORTED,
                "has 1048577 columns, and a table at most 1048576");
    assert_int_equal(table_of_view(&table, gemml_view_f32(data, 1, columns), NULL), GEMML_ERROR_UNSUPPORTED);
    assert_null(table);
    assert_non_null(strstr(error_text(), "table in memory has 1048577 columns"));
    free(file), free(data);
}

static gemml_status make_and_free(void *names)
{
    gemml_table *table = NULL;
    gemml_status status = table_of_view(&table, gemml_view_f64(doubles, 2, 3), names);
    table_free(table);
    return status;
}

/* A table over memory: names that are none, and no memory for them. */
static void test_views(void **state)
{
    (void)state;
    const char *names[] = {"a", NULL, "c"};
    static const char *const bad[] = {NULL, "", "\xFF", "a"};
    static const char *const said[] = {"names[1] is NULL", "names[1] is empty", "names[1] is not valid UTF-8",
                                       "two columns are called \"a\""};
    gemml_table *table = NULL;
    for (size_t i = 0; i < 4; i++) {
        names[1] = bad[i];
        assert_int_equal(table_of_view(&table, gemml_view_f64(doubles, 2, 3), names), GEMML_ERROR_ARGUMENT);
        assert_null(table);
        if (!strstr(error_text(), said[i]))
            fail_msg("no \"%s\" in: %s", said[i], error_text());
    }
    names[1] = "b";
    fail_each_allocation(make_and_free, names);
    fail_each_allocation(make_and_free, NULL);
}

/* Cut anywhere behind the magic, a file is refused; longer, too. */
static void test_truncated(void **state)
{
    (void)state;
    for (unsigned major = 1; major <= 3; major++) {
        char file[512];
        size_t count = build(file, major, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles);
        for (size_t cut = 6; cut < count; cut++)
            expect_file(file, cut, GEMML_ERROR_FORMAT, "bytes");
        file[count] = 0;
        expect_file(file, count + 1, GEMML_ERROR_FORMAT, "49 bytes of data");
        memset(file + 8, 0xFF, major > 1 ? 4 : 2);
        expect_file(file, count, GEMML_ERROR_FORMAT, "cut within its header");
    }
}

/* Any one byte of the header changed: read or refused, never more. */
static void test_changed_bytes(void **state)
{
    (void)state;
    char file[512];
    size_t count = build(file, 1, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles), refused = 0;
    static const char changes[] = {0, ' ', '9', '\'', ')', '\xFF'};
    for (size_t at = 6; at < 70; at++)
        for (size_t c = 0; c < sizeof changes; c++) {
            char before = file[at];
            file[at] = changes[c];
            gemml_table *table = NULL;
            gemml_status status = table_read(&table, write_file("changed.npy", file, count));
            assert_true(status == GEMML_OK || status == GEMML_ERROR_FORMAT || status == GEMML_ERROR_UNSUPPORTED);
            refused += status != GEMML_OK;
            if (status == GEMML_OK)
                assert_int_equal(table->rows * table->columns, 6);
            table_free(table);
            file[at] = before;
        }
    assert_true(refused > 250);
}

static gemml_status read_and_free(void *path)
{
    gemml_table *table;
    gemml_status status = table_read(&table, path);
    if (status == GEMML_OK)
        table_free(table);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    char file[512], *path;
    size_t count = build(file, 1, HEADER("<f8", "(2, 3)"), 64, doubles, sizeof doubles);
    path = (char *)(uintptr_t)write_file("m.npy", file, count);
    fail_each_allocation(read_and_free, path);
    count = build(file, 1, HEADER("<f8", "(2, 3)"), 3, doubles, sizeof doubles);
    path = (char *)(uintptr_t)write_file("u.npy", file, count);
    fail_each_allocation(read_and_free, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),       cmocka_unit_test(test_nonfinite),     cmocka_unit_test(test_unsupported),
        cmocka_unit_test(test_bad_headers), cmocka_unit_test(test_truncated),     cmocka_unit_test(test_changed_bytes),
        cmocka_unit_test(test_memory),      cmocka_unit_test(test_short_headers), cmocka_unit_test(test_too_wide),
        cmocka_unit_test(test_views),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

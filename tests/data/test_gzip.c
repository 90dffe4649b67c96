/* Tables in gzip: whole, in pieces, cut, damaged, swollen. */
#include "failing.h"
#include "tables.h"

#include <zlib.h>

#include "data/gzip.h"
#include "data/table.h"

/* The text as one gzip member (free() it). */
static char *pack(const char *text, size_t length, size_t *count)
{
    z_stream stream = {0};
    size_t room = length + 200;
    char *packed = malloc(room);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)packed;
    stream.avail_out = (uInt)room;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    *count = stream.total_out;
    deflateEnd(&stream);
    return packed;
}

static const char rows[] = "x,y\n1,2\n3,4\n";

static void assert_rows(const char *path, size_t count)
{
    gemml_table *table = NULL;
    if (table_read(&table, path) != GEMML_OK)
        fail_msg("%s", error_text());
    assert_int_equal(table->rows, count);
    assert_true(table->values[0] == 1 && table->values[2 * count - 1] == 4);
    table_free(table);
}

static void refused(const char *bytes, size_t count, const char *said)
{
    gemml_table *table = NULL;
    assert_int_equal(table_read(&table, write_file("bad.gz", bytes, count)), GEMML_ERROR_FORMAT);
    assert_null(table);
    if (!strstr(error_text(), said) || !strstr(error_text(), "bad.gz"))
        fail_msg("no \"%s\" in: %s", said, error_text());
}

static void test_members(void **state)
{
    (void)state;
    size_t count, second;
    char *a = pack(rows, sizeof rows - 1, &count), *b = pack(rows + 4, sizeof rows - 5, &second);
    char *both = calloc(1, count + second + 512); /* and zeros behind them */
    memcpy(both, a, count);
    memcpy(both + count, b, second);
    assert_rows(write_file("one.csv.gz", a, count), 2);
    assert_rows(write_file("two", both, count + second), 4);
    assert_rows(write_file("padded.gz", both, count + second + 512), 4);
    memcpy(both + count, "x,y", 3);
    refused(both, count + 3, "something that is not gzip follows");
    free(a), free(b), free(both);
}

static void test_damaged(void **state)
{
    (void)state;
    size_t count;
    char *packed = pack(rows, sizeof rows - 1, &count);
    for (size_t cut = 3; cut < count; cut++)
        refused(packed, cut, "the gzip file is cut");
    packed[count - 6] ^= 1; /* of the checksum */
    refused(packed, count, "the gzip file is damaged");
    packed[count - 6] ^= 1;
    packed[12] ^= 0x55;
    refused(packed, count, "");
    free(packed);
    packed = pack("", 0, &count);
    refused(packed, count, "is empty");
    free(packed);
}

/* A million bytes in a thousand: expanded, or refused beyond the limit. */
static void test_swollen(void **state)
{
    (void)state;
    size_t length = 1000000, count;
    char *text = malloc(length), *packed;
    memset(text, '7', length);
    packed = pack(text, length, &count);
    const size_t limits[] = {999999, 65536, 1, 1000000};
    for (size_t i = 0; i < 4; i++) {
        struct input input = {0};
        assert_int_equal(memory_grow(&input.bytes, &input.capacity, 0, count + INPUT_PADDING, 1), GEMML_OK);
        memcpy(input.bytes, packed, count);
        input.count = count;
        if (limits[i] < length) {
            assert_int_equal(gzip_expand(&input, "bomb", limits[i]), GEMML_ERROR_FORMAT);
            assert_non_null(strstr(error_text(), "expands to more than"));
            assert_memory_equal(input.bytes, packed, count);
        } else {
            assert_int_equal(gzip_expand(&input, "bomb", limits[i]), GEMML_OK);
            assert_int_equal(input.count, length);
            assert_memory_equal(input.bytes, text, length);
            assert_int_equal(input.bytes[length], 0);
        }
        input_close(&input);
    }
    free(text), free(packed);
}

/* 64 MB, or 256 times the file; half of the memory at most. */
static void test_limit(void **state)
{
    (void)state;
    size_t half = gzip_limit(SIZE_MAX), megabyte = (size_t)1 << 20;
    assert_true(half > megabyte && half < SIZE_MAX / 2);
    if (half < 1024 * megabyte)
        skip();
    assert_int_equal(gzip_limit(0), 64 * megabyte);
    assert_int_equal(gzip_limit(megabyte / 4), 64 * megabyte);
    assert_int_equal(gzip_limit(megabyte / 2), 128 * megabyte);
    assert_int_equal(gzip_limit(half), half);
}

static void test_memory(void **state)
{
    (void)state;
    size_t count;
    char *packed = pack(rows, sizeof rows - 1, &count);
    fail_each_allocation(read_and_free, (void *)(uintptr_t)write_file("m.gz", packed, count));
    free(packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_members), cmocka_unit_test(test_damaged), cmocka_unit_test(test_swollen),
        cmocka_unit_test(test_limit),   cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The container: what is written can be read by the format's rules, and nothing
 * that breaks one of them is accepted. */
#include "io/crafted.h"

#include "io/safetensors.h"

static const double f64[] = {1.5, -2.25, 1e300, 0.1, 5e-324, -0.0};
static const float f32[] = {1.5f, -3.25f, 1e-40f};
static const int64_t i64[] = {INT64_MIN};
static const int32_t i32[] = {7, -8};
static const unsigned char u8[] = {0, 127, 255};

static size_t make_tensors(struct tensor tensors[6])
{
    const size_t shape[][4] = {{2, 3}, {1}, {3, 1, 1}, {1, 2, 1, 1}, {3}, {0, 5}};
    tensors[0] = tensor_make("doubles", TENSOR_F64, 2, shape[0], f64);
    tensors[1] = tensor_make("count", TENSOR_I64, 0, NULL, i64);
    tensors[2] = tensor_make("floats", TENSOR_F32, 3, shape[2], f32);
    tensors[3] = tensor_make("ints", TENSOR_I32, 4, shape[3], i32);
    tensors[4] = tensor_make("bytes", TENSOR_U8, 1, shape[4], u8);
    tensors[5] = tensor_make("nothing", TENSOR_F64, 2, shape[5], NULL);
    return 6;
}

static unsigned char *join(const struct safetensors_image *image, size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < image->count; i++)
        *count += image->pieces[i].count;
    unsigned char *bytes = malloc(*count), *next = bytes;
    for (size_t i = 0; i < image->count; i++) {
        if (image->pieces[i].count > 0)
            memcpy(next, image->pieces[i].bytes, image->pieces[i].count);
        next += image->pieces[i].count;
    }
    return bytes;
}

static unsigned char *make_file(size_t *count)
{
    struct tensor tensors[6];
    struct safetensors_image image;
    json_t *metadata = json_pack("{s:s, s:s}", "kind", "a \"test\"", "empty", "");
    assert_int_equal(safetensors_pack(&image, metadata, tensors, make_tensors(tensors)), GEMML_OK);
    json_decref(metadata);
    unsigned char *bytes = join(&image, count);
    safetensors_image_free(&image);
    return bytes;
}

static void test_tensor_bytes(void **state)
{
    (void)state;
    struct tensor tensors[6];
    make_tensors(tensors);
    const size_t bytes[] = {48, 8, 12, 8, 3, 0};
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(tensors[i].bytes, bytes[i]);
}

/* By the words of the format, with another JSON reader's eyes. */
static void test_layout(void **state)
{
    (void)state;
    size_t count;
    unsigned char *bytes = make_file(&count);
    size_t length = get_u64(bytes), data = 8 + length;
    assert_int_equal(data % 64, 0);
    assert_int_equal(bytes[8], '{');
    assert_int_equal(count, data + 48 + 8 + 12 + 8 + 3 + 8);
    json_t *header = json_loadb((char *)bytes + 8, length, 0, NULL);
    assert_int_equal(json_object_size(header), 8);
    const char *kind;
    assert_int_equal(json_unpack(header, "{s:{s:s}}", "__metadata__", "kind", &kind), 0);
    assert_string_equal(kind, "a \"test\"");
    const char *type;
    int rows, cols, begin, end;
    assert_int_equal(json_unpack(header, "{s:{s:s, s:[i,i!], s:[i,i!] !}}", "doubles", "dtype", &type, "shape", &rows,
                                 &cols, "data_offsets", &begin, &end),
                     0);
    assert_string_equal(type, "F64");
    assert_true(rows == 2 && cols == 3 && begin == 0 && end == 48);
    assert_memory_equal(bytes + data, f64, sizeof f64);
    assert_int_equal(json_unpack(header, "{s:{s:s, s:[!], s:[i,i!] !}}", "count", "dtype", &type, "shape",
                                 "data_offsets", &begin, &end),
                     0);
    assert_true(strcmp(type, "I64") == 0 && begin == 48 && end == 56);
    assert_int_equal(json_unpack(header, "{s:{s:s, s:[i!], s:[i,i!] !}}", "gemml.digest", "dtype", &type, "shape",
                                 &rows, "data_offsets", &begin, &end),
                     0);
    assert_true(strcmp(type, "U8") == 0 && rows == 8 && begin == 79 && end == 87);
    assert_true(get_u64(bytes + count - 8) == XXH64(bytes, count - 8, 0));
    json_decref(header);
    free(bytes);
}

static void test_round_trip(void **state)
{
    (void)state;
    size_t count;
    unsigned char *bytes = make_file(&count);
    struct safetensors file;
    assert_int_equal(safetensors_parse(&file, bytes, count, "a file"), GEMML_OK);
    struct tensor tensors[6];
    assert_int_equal(file.count, make_tensors(tensors));
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(file.tensors[i].name, tensors[i].name);
        assert_int_equal(file.tensors[i].type, tensors[i].type);
        assert_int_equal(file.tensors[i].rank, tensors[i].rank);
        assert_memory_equal(file.tensors[i].shape, tensors[i].shape, sizeof tensors[i].shape);
        assert_int_equal(file.tensors[i].bytes, tensors[i].bytes);
        if (tensors[i].bytes > 0)
            assert_memory_equal(file.tensors[i].data, tensors[i].data, tensors[i].bytes);
    }
    assert_int_equal(file.metadata->count, 2);
    assert_string_equal(json_string_text(json_member(file.metadata, "kind")), "a \"test\"");
    assert_string_equal(json_string_text(json_member(file.metadata, "empty")), "");
    safetensors_free(&file);
    free(bytes);
}

static void refused(const unsigned char *bytes, size_t count, const char *words)
{
    struct safetensors file = {.count = 99};
    gemml_status status = safetensors_parse(&file, bytes, count, "the file x");
    if (status != GEMML_ERROR_FORMAT)
        fail_msg("status %d, not a format error that says \"%s\"", status, words);
    assert_int_equal(file.count, 99);
    says(error_text(), "the file x");
    says(error_text(), words);
}

/* Every change of one byte, and every length, is found. */
static void test_damage(void **state)
{
    (void)state;
    size_t count;
    unsigned char *bytes = make_file(&count);
    for (size_t i = 0; i < count; i++) {
        for (int bit = 0; bit < 8; bit += 7) {
            bytes[i] = (unsigned char)(bytes[i] ^ 1 << bit);
            refused(bytes, count, "not a gemml model");
            bytes[i] = (unsigned char)(bytes[i] ^ 1 << bit);
        }
    }
    refused(bytes, 0, "is empty");
    for (size_t length = 1; length < count; length++) {
        unsigned char *part = malloc(length); /* of this size, so that reading behind it is seen */
        memcpy(part, bytes, length);
        refused(part, length, "not a gemml model");
        free(part);
    }
    free(bytes);
}

/* A header of which ` stands for ", and the bytes of data before the digest. */
struct hostile {
    const char *header;
    size_t data;
    const char *words;
};

static void refuse_each(const struct hostile *cases, size_t count)
{
    const unsigned char zeros[64] = {0};
    for (size_t i = 0; i < count; i++) {
        char header[1000];
        snprintf(header, sizeof header, "%s", cases[i].header);
        for (char *c = header; *c; c++)
            *c = *c == '`' ? '"' : *c;
        size_t bytes;
        unsigned char *file = craft(header, strlen(header), zeros, cases[i].data, &bytes);
        refused(file, bytes, cases[i].words);
        free(file);
    }
}

#define META "{`__metadata__`:{`a`:`b`},"
#define DIGEST(begin, end) "`gemml.digest`:{`dtype`:`U8`,`shape`:[8],`data_offsets`:[" #begin "," #end "]}}"
#define TENSOR(name, type, shape, offsets) \
    "`" name "`:{`dtype`:`" type "`,`shape`:" shape ",`data_offsets`:" offsets "},"

static void test_good_crafted(void **state)
{
    (void)state;
    const char header[] = "{\"__metadata__\":{},\"x\":{\"shape\":[2],\"dtype\":\"F64\",\"data_offsets\":[0,16]},"
                          "\"gemml.digest\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[16,24]}}   ";
    size_t count;
    unsigned char *bytes = craft(header, sizeof header - 1, f64, 16, &count);
    struct safetensors file;
    assert_int_equal(safetensors_parse(&file, bytes, count, "a file"), GEMML_OK);
    assert_int_equal(file.count, 1);
    assert_memory_equal(file.tensors[0].data, f64, 16);
    safetensors_free(&file);
    free(bytes);
}

static void test_hostile_tensors(void **state)
{
    (void)state;
    const struct hostile cases[] = {
        {META TENSOR("x", "F64", "[2]", "[8,24]") DIGEST(24, 32), 24, "leaves a hole"},
        {META TENSOR("x", "F64", "[1]", "[0,8]") TENSOR("y", "F64", "[1]", "[16,24]") DIGEST(24, 32), 24, "hole"},
        {META TENSOR("x", "F64", "[2]", "[0,16]") TENSOR("y", "F64", "[2]", "[8,24]") DIGEST(24, 32), 24, "overlaps"},
        {META TENSOR("x", "F64", "[2]", "[0,16]") TENSOR("y", "F64", "[2]", "[0,16]") DIGEST(16, 24), 16, "overlaps"},
        {META TENSOR("y", "F64", "[1]", "[8,16]") TENSOR("x", "F64", "[1]", "[0,8]") DIGEST(16, 24), 16, "hole"},
        {META TENSOR("x", "F64", "[2]", "[16,0]") DIGEST(16, 24), 16, "hole"},
        {META TENSOR("x", "F64", "[2]", "[0,-16]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[-16,0]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[0,1000]") DIGEST(16, 24), 16, "outside the file"},
        {META TENSOR("x", "F64", "[2]", "[0,9223372036854775807]") DIGEST(16, 24), 16, "outside the file"},
        {META TENSOR("x", "F64", "[2]", "[0,18446744073709551615]") DIGEST(16, 24), 16, "outside the file"},
        {META TENSOR("x", "F64", "[2]", "[0,18446744073709551616]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[0,16e0]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[0,16.0]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[0]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "[0,8,16]") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[2]", "{}") DIGEST(16, 24), 16, "no valid data_offsets"},
        {META TENSOR("x", "F64", "[3]", "[0,16]") DIGEST(16, 24), 16, "does not fit its data"},
        {META TENSOR("x", "F32", "[2]", "[0,16]") DIGEST(16, 24), 16, "does not fit its data"},
        {META TENSOR("x", "F64", "[-2]", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        {META TENSOR("x", "F64", "[2.0]", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        {META TENSOR("x", "F64", "[`2`]", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        {META TENSOR("x", "F64", "[[2]]", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        {META TENSOR("x", "F64", "2", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        {META TENSOR("x", "F64", "[1,1,1,1,2]", "[0,16]") DIGEST(16, 24), 16, "no valid shape"},
        /* 2^61 + 2 doubles are 16 bytes modulo 2^64; 2^32 x 2^32 x 0 has no bytes but an overflow on the way. */
        {META TENSOR("x", "F64", "[2305843009213693954]", "[0,16]") DIGEST(16, 24), 16, "shape that overflows"},
        {META TENSOR("x", "U8", "[4294967296,4294967296]", "[0,0]") DIGEST(0, 8), 0, "shape that overflows"},
        {META TENSOR("x", "U8", "[4294967296,4294967296,0]", "[0,0]") DIGEST(0, 8), 0, "shape that overflows"},
        {META TENSOR("x", "F16", "[2]", "[0,4]") DIGEST(4, 12), 4, "no dtype that is known"},
        {META TENSOR("x", "f64", "[2]", "[0,16]") DIGEST(16, 24), 16, "no dtype that is known"},
        {META "`x`:{`dtype`:64,`shape`:[2],`data_offsets`:[0,16]}," DIGEST(16, 24), 16, "no dtype that is known"},
        {META "`x`:{`shape`:[2],`data_offsets`:[0,16]}," DIGEST(16, 24), 16, "other entries"},
        {META "`x`:{`dtype`:`F64`,`shape`:[2],`data_offsets`:[0,16],`z`:1}," DIGEST(16, 24), 16, "other entries"},
        {META "`x`:[1,2,3]," DIGEST(0, 8), 0, "other entries"},
        {META "`x`:null," DIGEST(0, 8), 0, "other entries"},
        {META TENSOR("an evil \\u001b[31m name", "F64", "[-1]", "[0,16]") DIGEST(16, 24), 16, "tensor (unprintable)"},
        {META TENSOR("0123456789012345678901234567890123456789012345678901234567890123", "U8", "[0]", "[0,0]")
             DIGEST(0, 8),
         0, "name has 64 bytes"},
    };
    refuse_each(cases, sizeof cases / sizeof *cases);
}

static void test_hostile_headers(void **state)
{
    (void)state;
    const struct hostile cases[] = {
        {META "`x`:1", 8, "no valid JSON"},
        {META DIGEST(0, 8) "}", 0, "no valid JSON"},
        {META DIGEST(0, 8) "{}", 0, "no valid JSON"},
        {META TENSOR("x", "U8", "[0]", "[0,0]") TENSOR("x", "U8", "[0]", "[0,0]") DIGEST(0, 8), 0, "no valid JSON"},
        {META "`__metadata__`:{}," DIGEST(0, 8), 0, "no valid JSON"},
        {"{`__metadata__`:{`a`:`b`,`a`:`c`}," DIGEST(0, 8), 0, "no valid JSON"},
        {META TENSOR("x\\u0000y", "U8", "[0]", "[0,0]") DIGEST(0, 8), 0, "no valid JSON"},
        {META TENSOR("x\xff", "U8", "[0]", "[0,0]") DIGEST(0, 8), 0, "no valid JSON"},
        {META TENSOR("x\xc0\xaf", "U8", "[0]", "[0,0]") DIGEST(0, 8), 0, "no valid JSON"},
        {META TENSOR("x\\ud800", "U8", "[0]", "[0,0]") DIGEST(0, 8), 0, "no valid JSON"},
        {"[1,2,3,4,5,6]", 8, "not a JSON object"},
        {"{}", 8, "no metadata"},
        {"{" DIGEST(0, 8), 0, "no metadata"},
        {"{`__metadata__`:[]," DIGEST(0, 8), 0, "no metadata"},
        {"{`__metadata__`:{`a`:1}," DIGEST(0, 8), 0, "metadata \"a\" is not a string"},
        {"{`__metadata__`:{`a`:`b`}}", 0, "last tensor is not gemml.digest"},
        {META "`x`:{`dtype`:`U8`,`shape`:[8],`data_offsets`:[0,8]}}", 0, "last tensor is not gemml.digest"},
        {"{`__metadata__`:{}," TENSOR("gemml.digest", "U8", "[8]", "[0,8]") "`x`:{`dtype`:`U8`,`shape`:[8],"
                                                                            "`data_offsets`:[8,16]}}",
         8, "last tensor is not gemml.digest"},
        {META "`gemml.digest`:{`dtype`:`F64`,`shape`:[1],`data_offsets`:[0,8]}}", 0, "last tensor is not"},
        {META "`gemml.digest`:{`dtype`:`U8`,`shape`:[2,4],`data_offsets`:[0,8]}}", 0, "last tensor is not"},
        {META "`gemml.digest`:{`dtype`:`U8`,`shape`:[7],`data_offsets`:[0,7]}}", 0, "last tensor is not"},
        {META DIGEST(0, 8), 5, "8 of 13 bytes"},
    };
    refuse_each(cases, sizeof cases / sizeof *cases);
}

static void test_header_length(void **state)
{
    (void)state;
    const uint64_t lengths[] = {0, 1, 1000, 100000001, (uint64_t)1 << 32, INT64_MAX, UINT64_MAX, UINT64_MAX - 8};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        size_t count;
        unsigned char *bytes = make_file(&count);
        put_u64(bytes, lengths[i] == 1000 ? count - 15 : lengths[i]);
        renew_digest(bytes, count);
        refused(bytes, count, "its header would take");
        free(bytes);
    }
}

/* Deep nesting, and millions of values in a few megabytes, are refused before they
 * take memory: all requests together are less than a megabyte. */
static size_t requested;

static bool watch(size_t bytes)
{
    requested += bytes;
    return false;
}

static void test_swollen_headers(void **state)
{
    (void)state;
    const char *const patterns[] = {"[", "[[],", "{\"a\":", "0,"};
    for (size_t i = 0; i < 4; i++) {
        for (size_t repeat = 3000; repeat <= 3000000; repeat *= 1000) {
            size_t step = strlen(patterns[i]), length = step * repeat, count;
            char *header = malloc(length + 1);
            for (size_t k = 0; k < repeat; k++)
                memcpy(header + k * step, patterns[i], step);
            header[0] = i == 3 ? '[' : header[0];
            unsigned char *bytes = craft(header, length, NULL, 0, &count);
            requested = 0;
            memory_fails = watch;
            refused(bytes, count, repeat == 3000 ? "no valid JSON" : "more than 262144 values");
            memory_fails = NULL;
            assert_true(requested < 1000000);
            free(bytes);
            free(header);
        }
    }
}

static void test_header_too_large(void **state)
{
    (void)state;
    json_t *list = json_array(), *zero = json_integer(0);
    for (size_t i = 0; i < SAFETENSORS_MAX_VALUES; i++)
        json_array_append(list, zero);
    json_decref(zero);
    json_t *metadata = json_pack("{s:o}", "long", list);
    struct safetensors_image image = {.count = 5};
    assert_int_equal(safetensors_pack(&image, metadata, NULL, 0), GEMML_ERROR_UNSUPPORTED);
    says(error_text(), "more than a model file may have");
    assert_int_equal(image.count, 5);
    json_decref(metadata);
}

static void test_shown(void **state)
{
    (void)state;
    assert_string_equal(safetensors_shown("layer.0.weight"), "layer.0.weight");
    assert_string_equal(safetensors_shown(""), "");
    assert_string_equal(safetensors_shown("\x1b[31m"), "(unprintable)");
    assert_string_equal(safetensors_shown("caf\xc3\xa9"), "(unprintable)");
    char longer[100] = "";
    memset(longer, 'n', 81);
    assert_string_equal(safetensors_shown(longer), "(unprintable)");
    longer[80] = '\0';
    assert_string_equal(safetensors_shown(longer), longer);
}

/* Each allocation fails, once or from then on. */
static void test_no_memory(void **state)
{
    (void)state;
    size_t count;
    unsigned char *bytes = make_file(&count);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (size_t k = 0; k <= 3; k++) {
            struct safetensors file = {.count = 99};
            start_failing(k, for_ever);
            gemml_status status = safetensors_parse(&file, bytes, count, "a file");
            stop_failing();
            assert_int_equal(status, k < 3 ? GEMML_ERROR_MEMORY : GEMML_OK);
            assert_int_equal(file.count, k < 3 ? 99 : 6);
            if (status == GEMML_OK)
                safetensors_free(&file);
        }
    }
    free(bytes);
}

/* Those of jansson, which writes the header, among them. */
static void test_no_memory_to_pack(void **state)
{
    (void)state;
    struct tensor tensors[6];
    size_t count = make_tensors(tensors);
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        gemml_status status = GEMML_ERROR_MEMORY;
        size_t k = 0;
        for (; status != GEMML_OK; k++) {
            struct safetensors_image image = {.count = 99};
            json_t *metadata = json_pack("{s:s}", "a", "b");
            start_failing(k, for_ever);
            status = safetensors_pack(&image, metadata, tensors, count);
            stop_failing();
            assert_int_equal(image.count, status == GEMML_OK ? 8 : 99);
            if (status == GEMML_OK)
                safetensors_image_free(&image);
            else
                assert_int_equal(status, GEMML_ERROR_MEMORY);
            json_decref(metadata);
        }
        assert_true(k > 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensor_bytes),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_good_crafted),
        cmocka_unit_test(test_hostile_tensors),
        cmocka_unit_test(test_hostile_headers),
        cmocka_unit_test(test_header_length),
        cmocka_unit_test(test_swollen_headers),
        cmocka_unit_test(test_header_too_large),
        cmocka_unit_test(test_shown),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_no_memory_to_pack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

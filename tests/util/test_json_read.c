/* The JSON reader: what RFC 8259 allows is read, nothing else, in two allocations. */
#include "io/crafted.h"

#include "util/json_read.h"

static struct json_document document;

/* Reads a copy of exactly this size, so that reading behind it is seen. */
static gemml_status read_bytes(const char *text, size_t length)
{
    char *copy = malloc(length > 0 ? length : 1);
    memcpy(copy, text, length);
    gemml_status status = json_read(&document, copy, length, 1000, "the file", "text");
    free(copy);
    return status;
}

static const struct json_node *good(const char *text)
{
    if (read_bytes(text, strlen(text)) != GEMML_OK)
        fail_msg("%s", error_text());
    return document.root;
}

static void bad(const char *text, size_t length)
{
    document = (struct json_document){0};
    if (read_bytes(text, length) != GEMML_ERROR_FORMAT)
        fail_msg("\"%s\" is not refused", text);
    says(error_text(), "the file: no valid JSON at byte ");
    says(error_text(), " of its text");
    assert_null(document.root);
}

static void test_values(void **state)
{
    (void)state;
    const struct {
        const char *text;
        enum json_kind kind;
    } cases[] = {
        {"null", JSON_IS_NULL},  {" true ", JSON_IS_TRUE},   {"false\r\n", JSON_IS_FALSE},
        {"{}", JSON_IS_OBJECT},  {"[ ]", JSON_IS_ARRAY},     {"\"\"", JSON_IS_STRING},
        {"0", JSON_IS_NUMBER},   {"-0", JSON_IS_NUMBER},     {"-12.50e+03", JSON_IS_NUMBER},
        {"1E9", JSON_IS_NUMBER}, {"\t{ } ", JSON_IS_OBJECT}, {"0.5e-300", JSON_IS_NUMBER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct json_node *root = good(cases[i].text);
        assert_int_equal(root->kind, cases[i].kind);
        assert_int_equal(root->span, 1);
        assert_int_equal(root->count, 0);
        assert_null(root->key);
        json_document_free(&document);
    }
    assert_string_equal(good(" -12.50e+03")->text, "-12.50e+03");
    json_document_free(&document);
}

static void test_structure(void **state)
{
    (void)state;
    const struct json_node *root = good("{\"a\":[1,[2,{\"x\":3}],\"s\"],\"b\":{\"a\":null},\"\":true}");
    assert_int_equal(root->count, 3);
    assert_int_equal(root->span, 11);
    const struct json_node *a = json_member(root, "a"), *b = json_member(root, "b");
    assert_true(a == root + 1 && a->count == 3 && a->span == 7);
    assert_string_equal(a->key, "a");
    assert_string_equal((a + 1)->text, "1");
    assert_int_equal((a + 2)->span, 4);
    assert_string_equal(json_member(a + 4, "x")->text, "3");
    assert_string_equal(json_string_text(a + 6), "s");
    assert_true(b == a + a->span);
    assert_int_equal(json_member(b, "a")->kind, JSON_IS_NULL);
    assert_int_equal(json_member(root, "")->kind, JSON_IS_TRUE);
    assert_null(json_member(root, "c"));
    assert_null(json_member(root, "x"));
    assert_null(json_member(a, "a")); /* an array */
    assert_null(json_member(NULL, "a"));
    assert_null(json_string_text(a));
    assert_null(json_string_text(NULL));
    json_document_free(&document);
}

static void test_strings(void **state)
{
    (void)state;
    const struct {
        const char *text, *decoded;
    } cases[] = {
        {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
        {"\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\\uFFFF\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xef\xbf\xbf"},
        {"\"\\u007f\\u0080\\u07ff\\u0800\\udbff\\udfff\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xf4\x8f\xbf\xbf"},
        {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {"\"\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf\"", "\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf"},
        {"\" [,{ \"", " [,{ "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(json_string_text(good(cases[i].text)), cases[i].decoded);
        json_document_free(&document);
    }
}

static void test_refusals(void **state)
{
    (void)state;
    const char *const texts[] = {
        "",
        " ",
        "nul",
        "nulll",
        "True",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1",
        "[",
        "]",
        "{",
        "{}}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\" 1}",
        "{\"a\":1,}",
        "{a:1}",
        "{1:1}",
        "{\"a\":1 \"b\":2}",
        "[}",
        "{]",
        "[1]]",
        "1 2",
        "'a'",
        "// c\n1",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"b\":{},\"\\u0061\":2}",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1.e5",
        "1e",
        "1e+",
        "-.5",
        "0x10",
        "NaN",
        "Infinity",
        "1_000",
        "--1",
        "00",
        "\"",
        "\"abc",
        "\"\\\"",
        "\"\\x\"",
        "\"\\",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\u0041\"",
        "\"\\ud800x\"",
        "\"\\ud800\\ud800\"",
        "\"a\nb\"",
        "\"\x1f\"",
        "\"\x80\"",
        "\"\xbf\"",
        "\"\xc0\xaf\"",
        "\"\xc1\xbf\"",
        "\"\xc3\"",
        "\"\xc3(\"",
        "\"\xe0\x80\xaf\"",
        "\"\xe0\x9f\xbf\"",
        "\"\xe2\x82\"",
        "\"\xe2\x28\xa1\"",
        "\"\xed\xa0\x80\"",
        "\"\xf0\x80\x80\xaf\"",
        "\"\xf0\x8f\xbf\xbf\"",
        "\"\xf4\x90\x80\x80\"",
        "\"\xf5\x80\x80\x80\"",
        "\"\xff\"",
        "\"\xf0\x9f\x98",
        "\"\xc3",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        bad(texts[i], strlen(texts[i]));
    bad("\"a\0b\"", 5);
    bad("[1,\0 2]", 7);
    bad("\0", 1);
    bad("1\0", 2);
    bad("\"\\\0\"", 4);
    bad("\"\\u00\0\0\"", 8);
}

static char *repeated(const char *part, size_t times, const char *end)
{
    char *text = malloc(strlen(part) * times + strlen(end) + 1);
    text[0] = '\0';
    for (size_t i = 0; i < times; i++)
        memcpy(text + i * strlen(part), part, strlen(part));
    strcpy(text + times * strlen(part), end);
    return text;
}

static void test_depth(void **state)
{
    (void)state;
    char *text = repeated("[", JSON_MAX_DEPTH, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    assert_int_equal(good(text)->span, JSON_MAX_DEPTH);
    json_document_free(&document);
    free(text);
    text = repeated("[", JSON_MAX_DEPTH + 1, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]");
    bad(text, strlen(text));
    free(text);
}

static void test_limits(void **state)
{
    (void)state;
    char *text = repeated("[],", 499, "[]]"); /* one short of a list of 500 */
    text[0] = '[';
    text[1] = '0';
    assert_int_equal(good(text)->count, 500);
    json_document_free(&document);
    struct json_document untouched = {0};
    assert_int_equal(json_read(&untouched, text, strlen(text), 999, "the file", "text"), GEMML_ERROR_FORMAT);
    says(error_text(), "more than 999 values in its text");
    assert_null(untouched.root);
    free(text);

    for (size_t members = JSON_MAX_MEMBERS; members <= JSON_MAX_MEMBERS + 1; members++) {
        char *object = malloc(16 * members), *end = object;
        for (size_t i = 0; i < members; i++)
            end += sprintf(end, "%c\"%zx\":%zu", i > 0 ? ',' : '{', i, i);
        strcpy(end, "}");
        gemml_status status = json_read(&untouched, object, (size_t)(end - object) + 1, 100000, "the file", "text");
        assert_int_equal(status, members == JSON_MAX_MEMBERS ? GEMML_OK : GEMML_ERROR_FORMAT);
        if (status == GEMML_OK)
            assert_string_equal(json_member(untouched.root, "1fff")->text, "8191");
        json_document_free(&untouched);
        free(object);
    }
}

static void test_count_values(void **state)
{
    (void)state;
    const char text[] = "{\"a,,,[\\\",,{\":[1,2,3],\"b\":{}}"; /* 1 and { [ , , , { outside of strings */
    assert_int_equal(json_count_values(text, sizeof text - 1), 7);
    assert_int_equal(json_count_values("", 0), 1);
    assert_int_equal(json_count_values("\"\\", 2), 1); /* ends inside an escape */
}

static void test_unsigned(void **state)
{
    (void)state;
    const struct {
        const char *text;
        bool is;
        uint64_t value;
    } cases[] = {
        {"0", true, 0},
        {"18446744073709551615", true, UINT64_MAX},
        {"18446744073709551616", false, 0},
        {"-0", false, 0},
        {"99999999999999999999", false, 0},
        {"1.0", false, 0},
        {"1e3", false, 0},
        {"\"12\"", false, 0},
        {"null", false, 0},
        {"1234", true, 1234},
        {"[1]", false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t value = 77;
        assert_int_equal(json_unsigned_value(good(cases[i].text), &value), cases[i].is);
        assert_true(value == (cases[i].is ? cases[i].value : 77));
        json_document_free(&document);
    }
    uint64_t value = 77;
    assert_false(json_unsigned_value(NULL, &value));
    assert_false(json_unsigned_text("", &value));
    assert_false(json_unsigned_text(" 1", &value));
    assert_true(value == 77);
    assert_true(json_unsigned_text("007", &value) && value == 7);
}

static size_t draw(uint64_t *seed, size_t bound)
{
    return (size_t)((test_random(seed) + 1) / 2 * (double)bound);
}

/* Appends a random value. */
static char *random_value(char *at, size_t depth, uint64_t *seed)
{
    static const char *const scalars[] = {
        "null", " true", "-0.5e2", "12",  "\"caf\xc3\xa9\"", "\"\\ud83d\\ude00\"", "false ", "\"\\n[\"",
        "0",    "{}",    "[ ]",    "\"\""};
    size_t members = draw(seed, 4);
    if (depth == 4 || members == 0)
        return stpcpy(at, scalars[draw(seed, sizeof scalars / sizeof *scalars)]);
    bool object = draw(seed, 2);
    *at++ = object ? '{' : '[';
    for (size_t i = 0; i < members; i++) {
        at = stpcpy(at, i > 0 ? "," : "");
        if (object)
            at += sprintf(at, "\"%zu\" :", draw(seed, 9)); /* a key now and then twice */
        at = random_value(at, depth + 1, seed);
    }
    *at++ = object ? '}' : ']';
    *at = '\0';
    return at;
}

/* Random texts, half of them with a byte or two changed: the answer is jansson's;
 * the sanitizers see to the rest. */
static void test_random_texts(void **state)
{
    (void)state;
    uint64_t seed = 7;
    size_t accepted = 0;
    for (int round = 0; round < 20000; round++) {
        char text[8192];
        size_t length = (size_t)(random_value(text, 0, &seed) - text);
        for (size_t changes = draw(&seed, 2) * (1 + draw(&seed, 2)); changes > 0; changes--)
            text[draw(&seed, length)] = "{}[],:\"\\u0-.e \xc3\xff"[draw(&seed, 16)];
        gemml_status status = read_bytes(text, length);
        json_error_t error;
        json_t *judge = json_loads(text, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
        /* At 1e999, which is JSON, jansson stops: beyond a double. */
        bool no_answer = !judge && json_error_code(&error) == json_error_numeric_overflow;
        if ((status == GEMML_OK) != (judge != NULL) && !no_answer)
            fail_msg("\"%s\" is %s", text, judge ? "refused" : "accepted");
        json_decref(judge);
        if (status == GEMML_OK) {
            json_document_free(&document);
            accepted++;
        }
    }
    assert_in_range(accepted, 5000, 15000);
}

static void test_no_memory(void **state)
{
    (void)state;
    for (int for_ever = 0; for_ever < 2; for_ever++) {
        for (size_t k = 0; k < 2; k++) {
            document = (struct json_document){0};
            start_failing(k, for_ever);
            assert_int_equal(read_bytes("[1,2]", 5), GEMML_ERROR_MEMORY);
            stop_failing();
            assert_null(document.root);
        }
        start_failing(2, for_ever);
        assert_int_equal(read_bytes("[1,2]", 5), GEMML_OK);
        stop_failing();
        json_document_free(&document);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),       cmocka_unit_test(test_structure), cmocka_unit_test(test_strings),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_depth),     cmocka_unit_test(test_limits),
        cmocka_unit_test(test_count_values), cmocka_unit_test(test_unsigned),  cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The schema as JSON and back: what is not a schema is refused in words that may be
 * shown, and memory may run out at any point. */
#include "support/support.h"

#include <errno.h>
#include <jansson.h>

#include "data/schema.h"
#include "data/table.h"

/* The schema of a CSV text, whose target is y. */
static gemml_schema *schema_with(const char *text, gemml_schema_options options)
{
    gemml_schema *schema = NULL;
    gemml_table *table = NULL;
    options.target = "y";
    if (table_read(&table, write_text("t.csv", text)) != GEMML_OK || schema_fit(&schema, table, &options) != GEMML_OK)
        fail_msg("%s", error_text());
    table_free(table);
    return schema;
}

static gemml_schema *schema_of(const char *text, const char *weight)
{
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.weight = weight;
    return schema_with(text, options);
}

static void assert_said(const char *said)
{
    if (!strstr(error_text(), said))
        fail_msg("no \"%s\" in: %s", said, error_text());
}

static void assert_same(const gemml_schema *a, const gemml_schema *b)
{
    assert_int_equal(a->feature_count, b->feature_count);
    assert_int_equal(a->target_count, b->target_count);
    for (size_t i = 0; i < a->feature_count; i++)
        assert_string_equal(a->features[i].name, b->features[i].name);
    for (size_t i = 0; i < a->target_count; i++)
        assert_string_equal(a->targets[i].name, b->targets[i].name);
    assert_int_equal(a->input_count, b->input_count);
    for (size_t j = 0; j < a->input_count; j++) {
        assert_string_equal(a->input[j].name, b->input[j].name);
        assert_int_equal(a->input[j].dummy, b->input[j].dummy);
    }
    for (size_t i = 0; i < a->feature_count; i++) {
        assert_true(a->features[i].mean == b->features[i].mean);
        assert_int_equal(a->features[i].missing_level, b->features[i].missing_level);
    }
    assert_int_equal(a->header, b->header);
    assert_int_equal(a->coding, b->coding);
    assert_int_equal(a->degree, b->degree);
    assert_int_equal(a->terms, b->terms);
    assert_int_equal(gemml_schema_classes(a), gemml_schema_classes(b));
    for (size_t k = 0; k < gemml_schema_classes(a); k++)
        assert_string_equal(gemml_schema_class(a, k), gemml_schema_class(b, k));
    assert_int_equal(a->weight != NULL, b->weight != NULL);
    if (a->weight)
        assert_string_equal(a->weight, b->weight);
}

/* Takes the schema over. */
static void check_round_trip(gemml_schema *schema)
{
    gemml_schema *back = NULL, *copy = NULL;
    char *json = NULL, *again = NULL;
    assert_int_equal(schema_to_json(&json, schema), GEMML_OK);
    assert_int_equal(schema_from_json(&back, json, SIZE_MAX, "t.gemml"), GEMML_OK);
    assert_same(schema, back);
    assert_int_equal(schema_to_json(&again, back), GEMML_OK);
    assert_string_equal(json, again);
    assert_int_equal(schema_copy(&copy, schema), GEMML_OK);
    assert_same(schema, copy);
    memory_free(json);
    memory_free(again);
    schema_free(schema);
    schema_free(back);
    schema_free(copy);
}

static void test_round_trip(void **state)
{
    const char text[] = "\"a \"\"\xC3\xA4\n\",b,c,y,w\n0.1,2,\xC3\xA4,3,4\n1,NA,\"x\ny\",4,5\n,1e-300,,0,1\n";
    (void)state;
    check_round_trip(schema_of(text, NULL));
    check_round_trip(schema_of(text, "w"));
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.target_type = GEMML_TARGET_CLASSES;
    options.coding = GEMML_CODING_ONE_HOT;
    options.polynomial = 3;
    options.terms = GEMML_TERM_SQUARE | GEMML_TERM_SIN_SQUARE;
    check_round_trip(schema_with(text, options));
    check_round_trip(schema_with("x,y\n1,10\n2,9\n3,-1\n", options)); /* classes by their numbers */
}

#define COLUMN(name) "{\"name\":\"" name "\",\"type\":\"numeric\",\"mean\":1.5}"
#define OUTPUT(name) "{\"name\":\"" name "\",\"type\":\"numeric\"}"
#define CATEGORY(levels, missing) \
    "{\"name\":\"a\",\"type\":\"categorical\",\"levels\":" levels ",\"missing\":" missing "}"
#define CLASSES(levels) "{\"name\":\"b\",\"type\":\"classes\",\"levels\":" levels "}"
#define FORM ",\"coding\":\"treatment\",\"degree\":1,\"terms\":[]}"
#define FORMED_WITH(coding, degree, terms)                                                                          \
    "{\"version\":1,\"header\":true,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"weight\":null,\"coding\":" coding \
                                                              ",\"degree\":" degree ",\"terms\":" terms "}"
#define FORMED(coding, degree) FORMED_WITH(coding, degree, "[]")
#define SCHEMA(inputs, outputs, weight) \
    "{\"version\":1,\"header\":true,\"inputs\":" inputs ",\"outputs\":" outputs ",\"weight\":" weight FORM

/* The schema is untouched, and the sentence names the file, and shows nothing that
 * could write to a terminal. */
static void assert_refused(const char *json, gemml_status expected)
{
    gemml_schema *schema = NULL;
    gemml_status status = schema_from_json(&schema, json, SIZE_MAX, "t.gemml");
    if (status != expected || schema)
        fail_msg("status %d of %s", status, json);
    assert_memory_equal(error_text(), "t.gemml: ", 9);
    for (const char *c = error_text(); *c != '\0'; c++)
        assert_in_range(*c, 0x20, 0x7e);
}

static void test_refused(void **state)
{
    (void)state;
    gemml_schema *schema = NULL;
    assert_int_equal(
        schema_from_json(&schema, SCHEMA("[" COLUMN("a") "]", "[" OUTPUT("b") "]", "null"), SIZE_MAX, "t.gemml"),
        GEMML_OK);
    schema_free(schema);
    static const struct {
        const char *json, *said;
    } bad[] = {
        {"", "no valid JSON at byte 0 of its schema"},
        {"{", "no valid JSON at byte 1 of its schema"},
        {"{\"version\":1,\"version\":1}", "no valid JSON at byte 22 of its schema"},
        {"{\"ver\x1b[2Jsion\":1}", "no valid JSON at byte 5 of its schema"},
        {"{\"version\":1,\xff:1}", "no valid JSON at byte 13 of its schema"},
        {"{\"version\":1}\x07", "no valid JSON at byte 13 of its schema"},
        {"[1]", "no version"},
        {"1", "no version"},
        {"\"version\"", "no version"},
        {"{\"version\":1}", "its members"},
        {"{\"version\":true}", "no version"},
        {"{\"version\":-1}", "no version"},
        {"{\"version\":1.0}", "no version"},
        {"{\"version\":\"1\"}", "no version"},
        {"{\"version\":99999999999999999999}", "no version"},
        {SCHEMA("[]", "[]", "null"), "inputs is not empty"},
        {SCHEMA("{}", "[]", "null"), "are lists"},
        {SCHEMA("\"a\"", "[]", "null"), "are lists"},
        {SCHEMA("[" COLUMN("a") "]", "3", "null"), "are lists"},
        {SCHEMA("[" COLUMN("a") "]", COLUMN("b"), "null"), "are lists"},
        {SCHEMA("[1]", "[]", "null"), "a column has a name"},
        {SCHEMA("[[]]", "[]", "null"), "a column has a name"},
        {SCHEMA("[" COLUMN("a") "," COLUMN("b") ",null]", "[]", "null"), "a column has a name"},
        {SCHEMA("[{\"name\":\"a\"}]", "[]", "null"), "a column has a name"},
        {SCHEMA("[{\"name\":\"a\",\"type\":7}]", "[]", "null"), "a column has a name"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"numeric\",\"z\":1}]", "[]", "null"), "a finite mean"},
        {SCHEMA("[{\"nome\":\"a\",\"type\":\"numeric\"}]", "[]", "null"), "no name"},
        {SCHEMA("[{\"name\":3,\"type\":\"numeric\",\"mean\":1}]", "[]", "null"), "no name"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"odd\"}]", "[]", "null"), "type is unknown"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"\\u001b[2J\"}]", "[]", "null"), "type is unknown"},
        {SCHEMA("[" COLUMN("a") "]", "[" COLUMN("b") "]", "null"), "a numeric output has"},
        {SCHEMA("[" COLUMN("a") "]", "[{\"name\":\"b\",\"type\":\"categorical\"}]", "null"), "type is unknown"},
        {SCHEMA("[" OUTPUT("a") "]", "[]", "null"), "a finite mean"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"numeric\",\"mean\":null}]", "[]", "null"), "a finite mean"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"numeric\",\"mean\":\"1\"}]", "[]", "null"), "a finite mean"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"numeric\",\"mean\":1e999}]", "[]", "null"), "a finite mean"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"numeric\",\"mean\":1,\"z\":1}]", "[]", "null"), "a finite mean"},
        {SCHEMA("[" CATEGORY("[\"q\",\"p\"]", "false") "]", "[]", "null"), "in byte order"},
        {SCHEMA("[" CATEGORY("[\"p\",\"p\"]", "false") "]", "[]", "null"), "in byte order"},
        {SCHEMA("[" CATEGORY("[\"\u00e9\",\"p\"]", "false") "]", "[]", "null"), "in byte order"},
        {SCHEMA("[" CATEGORY("[\"\",\"p\"]", "false") "]", "[]", "null"), "not a missing value"},
        {SCHEMA("[" CATEGORY("[\"A\",\"NA\"]", "true") "]", "[]", "null"), "not a missing value"},
        {SCHEMA("[" CATEGORY("[\"p\",1]", "false") "]", "[]", "null"), "a level is a text"},
        {SCHEMA("[" CATEGORY("[[\"p\"],\"q\"]", "false") "]", "[]", "null"), "a level is a text"},
        {SCHEMA("[" CATEGORY("[]", "true") "]", "[]", "null"), "two levels at least"},
        {SCHEMA("[" CATEGORY("[\"p\"]", "false") "]", "[]", "null"), "two levels at least"},
        {SCHEMA("[" CATEGORY("[\"p\",\"q\"]", "1") "]", "[]", "null"), "missing, which is true or false"},
        {SCHEMA("[" CATEGORY("{\"p\":1}", "true") "]", "[]", "null"), "a list of levels"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"categorical\",\"labels\":[],\"missing\":true}]", "[]", "null"),
         "a list of levels"},
        {SCHEMA("[" COLUMN("a") "]", "[{\"name\":\"b\",\"type\":\"classes\",\"labels\":[]}]", "null"),
         "a list of two levels or more"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"categorical\",\"levels\":[\"p\",\"q\"],\"missed\":true}]", "[]", "null"),
         "missing, which is true or false"},
        {SCHEMA("[" CATEGORY("[\"p\",\"q\"]", "true,\"mean\":1") "]", "[]", "null"), "a category has"},
        {SCHEMA("[" COLUMN("") "]", "[]", "null"), "no name"},
        {SCHEMA("[" COLUMN("a") "," COLUMN("a") "]", "[]", "null"), "twice"},
        {SCHEMA("[" COLUMN("\\u0007") "," COLUMN("\\u0007") "]", "[]", "null"), "twice"},
        {SCHEMA("[" COLUMN("a") "]", "[" OUTPUT("a") "]", "null"), "twice"},
        {SCHEMA("[" COLUMN("a") "]", "[" OUTPUT("b") "]", "\"b\""), "twice"},
        {SCHEMA("[" COLUMN("a") "]", "[]", "7"), "no name"},
        {SCHEMA("[" COLUMN("a") "]", "[]", "\"\""), "no name"},
        {"{\"version\":1,\"header\":1,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"weight\":null" FORM, "header is"},
        {"{\"version\":1,\"heading\":1,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"weight\":null" FORM, "header is"},
        {"{\"version\":1,\"header\":true,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"wait\":null" FORM,
         "its members"},
        {"{\"version\":1,\"header\":true,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"weight\":null,\"z\":1" FORM,
         "its members"},
        {"{\"version\":1,\"header\":true,\"inputs\":[" COLUMN("a") "],\"outputs\":[],\"weight\":null}", "its members"},
        {FORMED("\"one\"", "1"), "coding is treatment or one-hot"},
        {FORMED("1", "1"), "coding is treatment or one-hot"},
        {FORMED("\"one-hot\"", "0"), "degree is a number of at least 1"},
        {FORMED("\"one-hot\"", "1.5"), "degree is a number of at least 1"},
        {FORMED("\"one-hot\"", "99999999"), "degree is a number of at least 1"},
        {FORMED_WITH("\"one-hot\"", "1", "{}"), "terms is a list"},
        {FORMED_WITH("\"one-hot\"", "1", "[\"sin\",\"square\"]"), "in their order"},
        {FORMED_WITH("\"one-hot\"", "1", "[\"sin\",\"sin\"]"), "in their order"},
        {FORMED_WITH("\"one-hot\"", "1", "[\"tan\"]"), "known ones"},
        {FORMED_WITH("\"one-hot\"", "1", "[1]"), "known ones"},
        {SCHEMA("[" COLUMN("a") "]", "[" CLASSES("[\"p\"]") "]", "null"), "two levels or more"},
        {SCHEMA("[" COLUMN("a") "]", "[" CLASSES("\"p\"") "]", "null"), "two levels or more"},
        {SCHEMA("[" COLUMN("a") "]", "[" CLASSES("[\"q\",\"p\"]") "]", "null"), "in byte order"},
        {SCHEMA("[" COLUMN("a") "]", "[" CLASSES("[\"p\",\"q\"],\"z\":1") "]", "null"), "two levels or more"},
        {SCHEMA("[" COLUMN("a") "]", "[" OUTPUT("c") "," CLASSES("[\"p\",\"q\"]") "]", "null"), "is the only one"},
        {SCHEMA("[{\"name\":\"a\",\"type\":\"classes\",\"levels\":[\"p\",\"q\"]}]", "[]", "null"), "unknown"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_refused(bad[i].json, GEMML_ERROR_FORMAT);
        assert_said(bad[i].said);
    }
    assert_refused("{\"version\":2}", GEMML_ERROR_UNSUPPORTED);
    assert_said("its schema has version 2; this library reads version 1");
    assert_refused("{\"version\":0}", GEMML_ERROR_UNSUPPORTED);
}

/* What has as many values as all columns of a table is read; what has more is not. */
static void test_many_columns(void **state)
{
    (void)state;
    const char column[] = "{\"name\":\"1234567\",\"type\":\"numeric\",\"mean\":0},";
    size_t columns = TABLE_COLUMNS_MAX, length = sizeof column - 1;
    char *json = malloc(columns * length + 200), *at = stpcpy(json, "{\"version\":1,\"header\":true,\"inputs\":[");
    for (size_t i = 0; i < columns; i++, at += length) {
        char name[8];
        memcpy(at, column, length);
        snprintf(name, sizeof name, "%07zu", i);
        memcpy(at + 9, name, 7);
    }
    strcpy(at - 1, "],\"outputs\":[],\"weight\":null" FORM);
    gemml_schema *schema = NULL;
    assert_int_equal(schema_from_json(&schema, json, SIZE_MAX, "t.gemml"), GEMML_OK);
    assert_int_equal(schema->feature_count, columns);
    assert_string_equal(schema->features[columns - 1].name, "1048575");
    schema_free(schema);
    memset(json, ',', 6 * columns);
    json[6 * columns] = '\0';
    assert_refused(json, GEMML_ERROR_FORMAT);
    assert_said("more than 6291456 values in its schema");
    free(json);
}

static size_t json_countdown;

static void *json_failing_malloc(size_t size)
{
    if (json_countdown == 0 || --json_countdown > 0)
        return malloc(size);
    errno = ENOMEM;
    return NULL;
}

/* Each allocation of jansson's, which writes the text, gives the memory status. */
static void test_writer_memory(void **state)
{
    (void)state;
    gemml_schema_options options = GEMML_SCHEMA_OPTIONS_INIT;
    options.weight = "w";
    options.terms = GEMML_TERM_SQUARE | GEMML_TERM_SIN;
    gemml_schema *schema = schema_with("a,b,d,y,w\n1,u,3,4,5\n1,v,3,5,5\n", options);
    size_t failures = 0;
    json_set_alloc_funcs(json_failing_malloc, free);
    for (size_t k = 1;; k++) {
        char *json = NULL;
        json_countdown = k;
        gemml_status status = schema_to_json(&json, schema);
        bool done = json_countdown > 0;
        json_countdown = 0;
        assert_int_equal(json != NULL, done);
        memory_free(json);
        assert_int_equal(status, done ? GEMML_OK : GEMML_ERROR_MEMORY);
        if (done)
            break;
        failures++;
    }
    json_set_alloc_funcs(malloc, free);
    assert_true(failures > 20);
    schema_free(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_many_columns),
        cmocka_unit_test(test_writer_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Splits: every row in one part, shares kept, values spread, and schemas that see
 * their own part only. */
#include "failing.h"
#include "tables.h"

#include <gemml/transform.h>

#include "data/split.h"

/* Rows i, i % classes; the value of the last one stands alone. */
static gemml_table *numbered_table(size_t rows, size_t classes)
{
    char *text = malloc(40 * rows + 20), *at = stpcpy(text, "i,c,y\n");
    for (size_t i = 0; i < rows; i++)
        at += sprintf(at, "%zu,k%zu,%g\n", i, i + 1 < rows ? i % classes : classes, (double)i / 2);
    gemml_table *table = read_string(text);
    free(text);
    return table;
}

struct parts {
    gemml_table *train, *held;
};

static struct parts split_ok(const gemml_table *table, double share, uint64_t seed, const char *stratify)
{
    struct parts parts = {NULL, NULL};
    gemml_split_options options = {sizeof options, share, seed, stratify};
    if (gemml_table_split(&parts.train, &parts.held, table, &options) != GEMML_OK)
        fail_msg("%s", error_text());
    return parts;
}

static void parts_free(struct parts *parts)
{
    gemml_table_free(parts->train);
    gemml_table_free(parts->held);
}

static double cell(const gemml_table *table, size_t i, size_t column)
{
    return view_element(&table->cells, table_row(table, i), column);
}

/* Marks the rows of a part, in ascending order, each once over both parts. */
static void mark_rows(bool *seen, const gemml_table *part)
{
    for (size_t i = 0; i < gemml_table_rows(part); i++) {
        size_t row = (size_t)cell(part, i, 0);
        assert_true(i == 0 || cell(part, i, 0) > cell(part, i - 1, 0));
        assert_false(seen[row]);
        seen[row] = true;
    }
}

static void check_split(size_t rows, double share, size_t held, const char *stratify)
{
    gemml_table *table = numbered_table(rows, 3);
    struct parts parts = split_ok(table, share, rows, stratify);
    bool *seen = calloc(rows, sizeof *seen);
    assert_int_equal(gemml_table_rows(parts.held), held);
    assert_int_equal(gemml_table_rows(parts.train), rows - held);
    mark_rows(seen, parts.train);
    mark_rows(seen, parts.held);
    free(seen);
    parts_free(&parts);
    table_free(table);
}

static void test_every_row_once(void **state)
{
    (void)state;
    check_split(2, 0.2, 1, NULL); /* never none */
    check_split(2, 0.9, 1, NULL); /* never all */
    check_split(10, 0.25, 3, NULL);
    check_split(1599, 0.2, 320, NULL);
    check_split(1599, 0.2, 320, "c");
    check_split(1000, 0.5, 500, "-2");
    check_split(8, 0.99, 4, "c"); /* four values: the first row of each stays */
}

/* Each value is held out with its share, give or take one; one that stands alone is not. */
static void test_strata(void **state)
{
    (void)state;
    gemml_table *table = numbered_table(1000, 7);
    struct parts parts = split_ok(table, 0.3, 5, "c");
    size_t held[8] = {0}, all[8] = {0};
    for (size_t i = 0; i < 1000; i++)
        all[(size_t)cell(table, i, 1)]++;
    for (size_t i = 0; i < gemml_table_rows(parts.held); i++)
        held[(size_t)cell(parts.held, i, 1)]++;
    for (size_t k = 0; k < 7; k++)
        assert_in_range(10 * held[k], 3 * all[k] - 10, 3 * all[k] + 10);
    assert_int_equal(all[7], 1);
    assert_int_equal(held[7], 0);
    parts_free(&parts);
    table_free(table);
}

/* The seed decides, and each row has its chance: over many seeds it is held out with its share. */
static void test_seeds(void **state)
{
    (void)state;
    enum { ROWS = 20, SEEDS = 2000 };
    gemml_table *table = numbered_table(ROWS, 3);
    for (int stratified = 0; stratified <= 1; stratified++) {
        size_t held[ROWS] = {0};
        for (uint64_t seed = 0; seed < SEEDS; seed++) {
            struct parts parts = split_ok(table, 0.25, seed, stratified ? "c" : NULL);
            struct parts again = split_ok(table, 0.25, seed, stratified ? "c" : NULL);
            for (size_t i = 0; i < gemml_table_rows(parts.held); i++) {
                held[(size_t)cell(parts.held, i, 0)]++;
                assert_true(cell(parts.held, i, 0) == cell(again.held, i, 0));
            }
            parts_free(&parts);
            parts_free(&again);
        }
        /* 500 of 2000, standard deviation 19; of the one that stands alone none. */
        for (size_t i = 0; i < ROWS - 1; i++)
            assert_in_range(held[i], 410, 620);
        assert_true(stratified ? held[ROWS - 1] == 0 : held[ROWS - 1] > 400);
    }
    table_free(table);
}

/* Means and levels of the training rows alone; the other part is encoded by them. */
static void test_schema_of_a_part(void **state)
{
    (void)state;
    gemml_table *table = read_string("x,c,y\n1,p,1\n,q,2\n3,p,3\n5,q,4\n7,r,\n"), *part = NULL, *rest = NULL;
    size_t *first, *last;
    assert_int_equal(memory_copy(&first, (const size_t[]){0, 1, 2}, 3, sizeof *first), GEMML_OK);
    assert_int_equal(memory_copy(&last, (const size_t[]){3, 4}, 2, sizeof *last), GEMML_OK);
    assert_int_equal(table_show(&part, table, first, 3), GEMML_OK);
    assert_int_equal(table_show(&rest, table, last, 2), GEMML_OK);
    gemml_schema *schema = fit_ok(part, of_y());
    gemml_column_info info = GEMML_COLUMN_INFO_INIT;
    assert_int_equal(gemml_schema_column(schema, 0, &info), GEMML_OK);
    assert_true(info.mean == 2);
    assert_int_equal(gemml_schema_inputs(schema), 2); /* r was not seen */
    gemml_frame *train = encode_ok(schema, part, GEMML_ENCODE_LEARN),
                *held = encode_ok(schema, rest, GEMML_ENCODE_LEARN);
    gemml_frame *all = encode_ok(schema, rest, GEMML_ENCODE_PREDICT);
    assert_view(train->data.x, 3, 2, (const double[]){1, 0, 2, 1, 3, 0});
    assert_view(train->data.y, 3, 1, (const double[]){1, 2, 3});
    assert_view(held->data.x, 1, 2, (const double[]){5, 1});
    assert_view(held->data.y, 1, 1, (const double[]){4});
    assert_int_equal(gemml_frame_dropped(held), 1);
    assert_view(all->data.x, 2, 2, (const double[]){5, 1, 7, 0});
    assert_int_equal(gemml_frame_unseen(all), 1);
    frame_free(train);
    frame_free(held);
    frame_free(all);
    schema_free(schema);
    table_free(part);
    table_free(rest);
    table_free(table);
}

/* A part can be split again; numbers keep their labels in a part. */
static void test_part_of_a_part(void **state)
{
    (void)state;
    gemml_table *table = numbered_table(100, 3);
    struct parts first = split_ok(table, 0.5, 1, NULL), second = split_ok(first.held, 0.5, 2, NULL);
    bool seen[100] = {false};
    mark_rows(seen, first.train);
    mark_rows(seen, second.train);
    mark_rows(seen, second.held);
    for (size_t i = 0; i < 100; i++)
        assert_true(seen[i]);
    gemml_schema_options options = of_y();
    options.categorical = "i";
    options.drop = "c";
    gemml_schema *schema = fit_ok(second.train, options);
    assert_int_equal(gemml_schema_inputs(schema), 24);
    char label[24];
    snprintf(label, sizeof label, "%g", cell(second.train, 0, 0));
    bool found = false;
    for (size_t level = 0; level < 25; level++)
        found = found || strcmp(gemml_schema_level(schema, 0, level), label) == 0;
    assert_true(found);
    schema_free(schema);
    parts_free(&second);
    parts_free(&first);
    table_free(table);
}

static void test_refused(void **state)
{
    (void)state;
    gemml_table *table = numbered_table(10, 3), *one = read_string("x,y\n1,2\n"), *a = NULL, *b = NULL;
    gemml_split_options options = GEMML_SPLIT_OPTIONS_INIT;
    for (int i = 0; i < 4; i++) {
        options.share = (const double[]){0, 1, -0.5, (double)NAN}[i];
        assert_int_equal(gemml_table_split(&a, &b, table, &options), GEMML_ERROR_ARGUMENT);
        assert_said("it must be above 0 and below 1");
    }
    options.share = 0.2;
    options.stratify = "z";
    assert_int_equal(gemml_table_split(&a, &b, table, &options), GEMML_ERROR_ARGUMENT);
    assert_said("t.csv has no column \"z\"");
    options.stratify = "i";
    assert_int_equal(gemml_table_split(&a, &b, table, &options), GEMML_ERROR_ARGUMENT);
    assert_said("t.csv has a value of its own");
    options.stratify = "c,y";
    assert_int_equal(gemml_table_split(&a, &b, table, &options), GEMML_ERROR_ARGUMENT);
    assert_said("2 columns are given");
    assert_int_equal(gemml_table_split(&a, &b, one, NULL), GEMML_ERROR_ARGUMENT);
    assert_said("t.csv has 1 row: a split needs two at least");
    assert_int_equal(gemml_table_split(NULL, &b, table, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_table_split(&a, NULL, table, NULL), GEMML_ERROR_ARGUMENT);
    assert_int_equal(gemml_table_split(&a, &b, NULL, NULL), GEMML_ERROR_ARGUMENT);
    assert_null(a);
    assert_null(b);
    table_free(table);
    table_free(one);
}

static gemml_status split_once(void *table)
{
    gemml_table *train = NULL, *held = NULL;
    gemml_split_options options = GEMML_SPLIT_OPTIONS_INIT;
    options.stratify = "c";
    gemml_status status = gemml_table_split(&train, &held, table, &options);
    assert_int_equal(train != NULL, status == GEMML_OK);
    assert_int_equal(held != NULL, status == GEMML_OK);
    table_free(train);
    table_free(held);
    return status;
}

static void test_memory(void **state)
{
    (void)state;
    gemml_table *table = numbered_table(10, 3);
    fail_each_allocation(split_once, table);
    table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row_once),   cmocka_unit_test(test_strata),         cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_schema_of_a_part), cmocka_unit_test(test_part_of_a_part), cmocka_unit_test(test_refused),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Reading CSV: what people write, what is refused, and how the refusal reads. */
#include "failing.h"

#include <locale.h>
#include <math.h>
#include <unistd.h>

#include "data/number.h"
#include "data/table.h"
#include "data/texts.h"

static gemml_table *read_bytes(const char *bytes, size_t count)
{
    gemml_table *table = NULL;
    gemml_status status = table_read(&table, write_file("t.csv", bytes, count));
    if (status != GEMML_OK)
        fail_msg("%s", error_text());
    return table;
}

static gemml_table *read_string(const char *text)
{
    return read_bytes(text, strlen(text));
}

static double cell(const gemml_table *table, size_t i, size_t j)
{
    assert_true(i < table->rows && j < table->columns);
    return ((const double *)table->cells.data)[i * table->cells.stride + j];
}

/* The table has these names, and rows x columns values; NAN for a missing one. */
static void assert_table(const char *text, size_t rows, size_t columns, const char *const *names, const double *values)
{
    gemml_table *table = read_string(text);
    assert_int_equal(table->rows, rows);
    assert_int_equal(table->columns, columns);
    for (size_t j = 0; j < columns; j++)
        assert_string_equal(table->name[j], names[j]);
    for (size_t i = 0; i < rows * columns; i++) {
        double value = cell(table, i / columns, i % columns);
        if (!(value == values[i] || (isnan(value) && isnan(values[i]))))
            fail_msg("\"%s\": value %zu is %g, not %g", text, i, value, values[i]);
    }
    table_free(table);
}

static const char *const xy[] = {"x", "y"};
static const char *const numbered[] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8"};
static const double four[] = {1, 2, 3, 4};

static void expect_bytes(const char *bytes, size_t count, gemml_status status, const char *const *parts, size_t n)
{
    gemml_table *untouched = (gemml_table *)&status, *table = untouched;
    gemml_status got = table_read(&table, write_file("bad.csv", bytes, count));
    if (got != status)
        fail_msg("status %d, %d expected, of: %.60s", got, status, bytes);
    assert_ptr_equal(table, untouched);
    assert_non_null(strstr(error_text(), "bad.csv"));
    for (size_t i = 0; i < n; i++)
        if (!strstr(error_text(), parts[i]))
            fail_msg("no \"%s\" in: %s", parts[i], error_text());
}

#define EXPECT(text, ...)                                                                             \
    do {                                                                                              \
        const char *const parts[] = {__VA_ARGS__};                                                    \
        expect_bytes(text, sizeof text - 1, GEMML_ERROR_FORMAT, parts, sizeof parts / sizeof *parts); \
    } while (0)

static void test_line_ends(void **state)
{
    (void)state;
    assert_table("x,y\n1,2\n3,4\n", 2, 2, xy, four);
    assert_table("x,y\n1,2\n3,4", 2, 2, xy, four);
    assert_table("x,y\r\n1,2\r\n3,4\r\n", 2, 2, xy, four);
    assert_table("x,y\r1,2\r3,4\r", 2, 2, xy, four);
    assert_table("\xEF\xBB\xBFx,y\n1,2\n3,4\n", 2, 2, xy, four);
    assert_table("\n\n  \nx,y\n\n1,2\r\n \t \n3,4\n\n\n", 2, 2, xy, four);
    assert_table("1,2\n3,4", 2, 2, numbered, four);
}

static void test_delimiters(void **state)
{
    (void)state;
    assert_table("x;y\n1;2\n3;4\n", 2, 2, xy, four);
    assert_table("x\ty\n1\t2\n3\t4\n", 2, 2, xy, four);
    assert_table("x y\n1 2\n3 4\n", 2, 2, xy, four);
    assert_table("  x   y  \n  1   2\n 3 \t 4 \r\n", 2, 2, xy, four);
    assert_table("1  2 \n3   4\n", 2, 2, numbered, four);
    assert_table("x, y\n1, 2\n 3 ,4 \n", 2, 2, xy, four);
    assert_table("1\n2\n3\n4\n", 4, 1, numbered, four);
    const double gaps[] = {1, NAN, 3, NAN, 5, NAN};
    assert_table("1\t\t3\n\t5\t\n", 2, 3, numbered, gaps);
    assert_table("1;;3\n;5;\n", 2, 3, numbered, gaps);
    /* Blanks, with one tab in each line: a table of blanks all the same. */
    const double mixed[] = {18, 8, 1, 15, 9, 2};
    assert_table("18.0   8\t1\n15.0   9\t2\n", 2, 3, numbered, mixed);
}

/* A comma for the point, where it is not the delimiter. */
static void test_commas(void **state)
{
    (void)state;
    const double halves[] = {1.5, 2.5, -300.25, NAN}, mixed[] = {1.5, 2, 3, 40.5};
    assert_table("x;y\r\n1,5;2,5\r\n-3,0025e2;\r\n", 2, 2, xy, halves);
    assert_table("1,5;2,5\n-300,25;NA\n", 2, 2, numbered, halves);
    assert_table("x\ty\n1,5\t2,5\n-300,25\t?\n", 2, 2, xy, halves);
    assert_table("x  y\n1,5  2,5\n-300,25  NA\n", 2, 2, xy, halves);
    assert_table("x;y\n1,5;\"2\"\n3;\"40,5\"\n", 2, 2, xy, mixed);
    assert_table("1,2;3,4\n5;6\n", 2, 2, numbered, (const double[]){1.2, 3.4, 5, 6});
    /* Not sure: texts, as they are. */
    static const char *const unsure[] = {"x;y\n1,5;2.5\n3;4\n",   "x;y\n1,5;2\n3.5;4\n", "x;y\n1,234,567;2\n3;4\n",
                                         "x;y\n1.234,5;2\n3;4\n", "x;y\n1,;2\n3;4\n",    "x,y\n\"1,5\",2\n3,4\n"};
    for (size_t i = 0; i < sizeof unsure / sizeof *unsure; i++) {
        gemml_table *table = read_string(unsure[i]);
        if (table->columns != 2 || table->column[0].first_text.line == 0 || table->column[0].levels.count != 2)
            fail_msg("%s", unsure[i]);
        assert_int_equal(table->column[1].first_text.line, 0);
        table_free(table);
    }
    /* One column is one of numbers, the other one of texts. */
    gemml_table *table = read_string("x;y\n1,5;2,5\n3,5;4,5 kg\n");
    assert_true(table->column[0].comma && !table->column[1].comma);
    assert_true(cell(table, 1, 0) == 3.5);
    assert_string_equal(table->column[1].levels.label[1], "4,5 kg");
    assert_string_equal(table->column[1].first_text.text, "4,5 kg"); /* not "2,5", which is no reason */
    assert_int_equal(table->column[1].first_text.line, 3);
    table_free(table);
    /* The same levels as numbers with a point have. */
    struct rows rows = {NULL, 3};
    struct levels levels;
    bool missing;
    table = read_string("x;y\n1,50;1\n1,5;2\n0,25;3\n");
    assert_int_equal(texts_levels(&levels, &missing, table, 0, &rows), GEMML_OK);
    assert_int_equal(levels.count, 2);
    assert_string_equal(levels.label[0], "0.25");
    assert_string_equal(levels.label[1], "1.5");
    levels_free(&levels);
    table_free(table);
    /* A missing value counts in the rows that are looked at. */
    table = read_string("x;y\n1,5;1\n0,5;2\n;3\n");
    for (rows.count = 2; rows.count <= 3; rows.count++) {
        assert_int_equal(texts_levels(&levels, &missing, table, 0, &rows), GEMML_OK);
        assert_int_equal(missing, rows.count == 3);
        assert_int_equal(levels.count, 2);
        levels_free(&levels);
    }
    table_free(table);
}

static void test_header(void **state)
{
    (void)state;
    const double two[] = {1, 2};
    const char *const years[] = {"2019", "2020"}, *const mixed[] = {"id", "2020"};
    assert_table("\"2019\",\"2020\"\n1,2\n", 1, 2, years, two);
    assert_table("id,2020\n1,2\n", 1, 2, mixed, two);
    assert_table("\"1\",\"2\"\n\"3\",\"4\"\n", 2, 2, numbered, four);
    /* Texts over texts and numbers over numbers: a row of data. */
    gemml_table *table = read_string("5.1,setosa\n4.9,setosa\n");
    assert_false(table->header);
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->column[1].first_text.line, 1);
    table_free(table);
    table = read_string("name,city\nann,rome\n");
    assert_true(table->header);
    assert_int_equal(table->rows, 1);
    table_free(table);
    const double first_missing[] = {NAN, 2, 3, 4};
    assert_table("NA,2\n3,4\n", 2, 2, numbered, first_missing);
}

static void test_quotes(void **state)
{
    (void)state;
    const char *const names[] = {"a \"b\", c", " d\ne "};
    assert_table("\"a \"\"b\"\", c\",\" d\ne \"\n\"1\",2\n3 , \"4\" \n", 2, 2, names, four);
    assert_table("\"x\" y\n1 \"2\"\n\"3\"  4\n", 2, 2, xy, four);
    /* A line number counts the lines within quotes. */
    gemml_table *table = read_string("n,v\n\"a\nb\r\nc\",1\nd,\"5\"\"\"\n");
    assert_int_equal(table->rows, 2);
    assert_int_equal(table->column[0].first_text.line, 2);
    assert_int_equal(table->column[1].first_text.line, 5);
    table_free(table);
    /* A quote inside a field is a character. */
    table = read_string("n,v\n5\" disk,1\n");
    assert_string_equal(table->column[0].first_text.text, "5\" disk");
    table_free(table);
}

static void test_values(void **state)
{
    (void)state;
    const double numbers[] = {1.5, -2e-3, 3, 0.25, 5, 1e300, -0.0, 1, 0};
    assert_table("+1.5,-2E-3,3.,.25,005,1e+300,-0,TRUE,false\n", 1, 9, numbered, numbers);
    const double gaps[] = {NAN, NAN, NAN, NAN, NAN, 6};
    assert_table("NA,NaN,nan,?,,6\n", 1, 6, numbered, gaps);
    gemml_table *table = read_string("a,b,c\n1,2,3\nNA,4,0x1A\n ,5,1e\n");
    assert_int_equal(table->column[0].missing, 2);
    assert_int_equal(table->column[0].first_missing.line, 3);
    assert_int_equal(table->column[1].missing, 0);
    assert_int_equal(table->column[2].first_text.line, 3);
    assert_string_equal(table->column[2].first_text.text, "0x1A");
    table_free(table);
    table = read_string("a,b,c\n1,2,3\ninf,-Infinity,1e999\n");
    for (size_t c = 0; c < 3; c++) {
        assert_int_equal(table->column[c].first_infinite.line, 3);
        assert_int_equal(table->column[c].first_text.line, 0);
    }
    table_free(table);
}

/* Numbers are read to the last bit, and whatever the locale. */
static void test_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        double value;
        size_t used;
    } cases[] = {{"0.1,", 0.1, 3},
                 {"+1e-5 ", 1e-5, 5},
                 {"-.5;", -.5, 3},
                 {"12345678901234567890123,", 12345678901234567890123.0, 23},
                 {"2.2250738585072011e-308\n", 2.2250738585072011e-308, 23},
                 {"9007199254740993", 9007199254740992.0, 16},
                 {"1e400", INFINITY, 5},
                 {"-1e400", -INFINITY, 6},
                 {"1e-400", 0, 6},
                 {"1e", 1, 1},
                 {"1e+", 1, 1},
                 {"0x10", 0, 1},
                 {"1_000", 1, 1},
                 {"7.", 7, 2}};
    static const char *const none[] = {"", "-", "+", ".", "+-1", "--1", "e5", "inf", "nan", "-inf", " 1", "-.", "+.e1"};
    setlocale(LC_NUMERIC, "de_DE.UTF-8");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double value = -1;
        const char *end = number_parse(cases[i].text, cases[i].text + strlen(cases[i].text), &value);
        if (end != cases[i].text + cases[i].used || value != cases[i].value)
            fail_msg("%s", cases[i].text);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        double value = -1;
        if (number_parse(none[i], none[i] + strlen(none[i]), &value))
            fail_msg("\"%s\" is no number", none[i]);
    }
    setlocale(LC_NUMERIC, "C");
    uint64_t seed = 7;
    for (int i = 0; i < 2000; i++) {
        char text[64];
        double truth = ldexp(test_random(&seed), i % 200 - 100), value = 0;
        int length = snprintf(text, sizeof text, "%.17g", truth);
        assert_ptr_equal(number_parse(text, text + length, &value), text + length);
        assert_true(value == truth);
    }
}

static void test_errors(void **state)
{
    (void)state;
    EXPECT("", "is empty");
    EXPECT(" \n\r\n\t\n", "every line is blank");
    EXPECT("\xEF\xBB\xBF", "every line is blank");
    EXPECT("a,b\n", "line 1, column 1: a header of 2 columns, but no rows");
    EXPECT("a,b\n1,2\n\n3\n", "line 4, column 2 (\"b\")", "the row has 1 field, but the header has 2", "\"3\"");
    EXPECT("1,2\n3,4,5,6\n", "line 2, column 3", "the row has 4 fields, but the first row has 2", "\"3,4,5,6\"");
    EXPECT("a b\n1 2\n3 \n", "line 3, column 2 (\"b\")", "the row has 1 field");
    EXPECT("a,b\n1,\"2\n3,4\n", "line 2, column 2 (\"b\")", "never closed", "\"2\\x0A3,4");
    EXPECT("\"a,b\n1,2\n3,4\n", "line 1, column 1", "never closed");
    EXPECT("a,b\n1,\"2\"x\n", "line 2, column 2", "after the closing quote", "\"x\"");
    EXPECT("a,b,a\n1,2,3\n", "line 1, column 3 (\"a\")", "column 1 has this name too");
    EXPECT("\n\na,,c\n1,2,3\n", "line 3, column 2", "no name");
    EXPECT(",a\n0,2\n", "line 1, column 1: the header has no name here: is it an index?");
    EXPECT("a,b,\n0,2,\n", "line 1, column 3: the header has no name here: is there a delimiter behind");
    EXPECT("a,b\xFF"
           "c\n1,2\n",
           "line 1, column 2", "not valid UTF-8",
           "b\\xFF"
           "c");
    EXPECT("a,\xED\xA0\x80\n1,2\n", "line 1, column 2", "not valid UTF-8");
    EXPECT("a,b\n1,\0\n", "line 2, column 2: a NUL byte", ": \"\\x00\"");
    EXPECT("a;b\n1;2\n\0;4\n", "line 3, column 1: a NUL byte", ": \"\\x00\"");
    EXPECT("a,b\n1,\"x\ny \0\"\n", "line 2, column 2: a NUL byte", "x\\x0Ay \\x00\"");
    EXPECT("\0", "line 1, column 1: a NUL byte");
    EXPECT("\"ab\0c\"\n", "line 1, column 1: a NUL byte", ": \"\"ab\\x00\"");
    EXPECT("a,b\r1,2\r\0,4\r", "line 3, column 1: a NUL byte", ": \"\\x00\"");
    EXPECT("\"a\",\"b\n1,2\n", "line 1, column 2", "a quote is opened and never closed");
    EXPECT("a,b\n1,caf\xE9\n", "line 2, column 2 (\"b\"): \"caf\\xE9\" is not valid UTF-8", "iconv");
}

/* What people take for a CSV file. */
static void test_foreign(void **state)
{
    (void)state;
    EXPECT("\xFF\xFE"
           "a\0,\0b\0\n\0",
           "a text in UTF-16: convert it");
    EXPECT("\xFE\xFF\0a\0,\0b\0\n", "a text in UTF-16: convert it");
    EXPECT("a\0,\0b\0\n\0", "a text in UTF-16: convert it");
    EXPECT("\0a\0,\0b\0\n", "a text in UTF-16: convert it");
    EXPECT("\xFF\xFE\0\0a\0\0\0", "a text in UTF-32");
    EXPECT("a\0b\n1,2\n", "line 1, column 1: a NUL byte"); /* and no UTF-16 */
    EXPECT("a\0\0\n", "a NUL byte");
    EXPECT("\0a,\0\n", "a NUL byte");
    EXPECT("\0a\0\0\n", "a NUL byte");
    EXPECT("\0\0a\n", "a NUL byte");
    EXPECT("PK\x03\x04\x14\0\x06\0", "neither CSV nor NPY, but a ZIP archive", "export");
    EXPECT("PAR1\x15\x04", "a Parquet file");
    EXPECT("\x28\xB5\x2F\xFD\x04", "compressed by Zstandard: expand it first");
}

static void test_late_zero(void **state)
{
    (void)state;
    size_t count = 6000;
    char *bytes = malloc(count);
    for (size_t i = 0; i < count; i += 4)
        memcpy(bytes + i, "1,2\n", 4);
    bytes[5002] = '\0';
    static const char *const parts[] = {"line 1251, column 2 (\"x1\")", "NUL", "\\x00"};
    expect_bytes(bytes, count, GEMML_ERROR_FORMAT, parts, 3);
    /* In a long name of the header. */
    memset(bytes, 'n', count);
    memcpy(bytes, "a,", 2);
    memcpy(bytes + count - 5, "\n1,2\n", 5);
    bytes[5002] = '\0';
    static const char *const named[] = {"line 1, column 2", "a NUL byte, which no text holds"};
    expect_bytes(bytes, count, GEMML_ERROR_FORMAT, named, 2);
    free(bytes);
}

/* What is shown of a text is short and printable, and a long path keeps its end. */
static void test_excerpts(void **state)
{
    (void)state;
    char text[600] = "a,b\n1,2\n";
    memset(text + strlen(text), 'z', 500);
    static const char *const parts[] = {"zzzz...\""};
    expect_bytes(text, strlen(text), GEMML_ERROR_FORMAT, parts, 1);
    assert_true(strlen(error_text()) < 260);
    gemml_table *table = read_string("a,b\n\033[1mred\t\xC3\xA4\x7F,2\n");
    assert_string_equal(table->column[0].first_text.text, "\\x1B[1mred\\x09\xC3\xA4\\x7F");
    table_free(table);
}

static void test_wide_and_long(void **state)
{
    (void)state;
    /* The header is longer than the sample by which the delimiter is judged. */
    size_t columns = 20000, used = 0;
    static char text[640000];
    for (size_t c = 0; c < columns; c++)
        used += (size_t)snprintf(text + used, 32, "column%zu%c", c, c + 1 < columns ? ';' : '\n');
    for (size_t c = 0; c < columns; c++)
        used += (size_t)snprintf(text + used, 32, "%zu%c", c, c + 1 < columns ? ';' : '\n');
    gemml_table *table = read_bytes(text, used);
    assert_int_equal(table->columns, columns);
    assert_int_equal(table->rows, 1);
    assert_string_equal(table->name[columns - 1], "column19999");
    assert_true(cell(table, 0, columns - 1) == (double)(columns - 1));
    table_free(table);
    /* Lines that end with CR, more of them than the sample has. */
    for (used = 0; used < 70000;)
        used += (size_t)sprintf(text + used, "%zu;2\r", used);
    table = read_bytes(text, used);
    assert_int_equal(table->columns, 2);
    assert_true(cell(table, table->rows - 1, 0) > 69990 && cell(table, table->rows - 1, 1) == 2);
    table_free(table);
    /* More fields than a table may have columns. */
    size_t count = 2 * (TABLE_COLUMNS_MAX + 1);
    char *row = malloc(count);
    for (size_t i = 0; i < count; i += 2)
        memcpy(row + i, "1,", 2);
    static const char *const parts[] = {"line 1, column 1048577: the row has 1048578 fields, a table at most 1048576"};
    expect_bytes(row, count, GEMML_ERROR_UNSUPPORTED, parts, 1);
    free(row);
}

static void test_files(void **state)
{
    (void)state;
    gemml_table *table = NULL;
    assert_int_equal(table_read(&table, scratch_path("absent.csv")), GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "absent.csv cannot be opened: No such file"));
    assert_int_equal(table_read(&table, scratch_directory()), GEMML_ERROR_IO);
    assert_non_null(strstr(error_text(), "Is a directory"));
    assert_null(table);
}

/* The standard input, through a pipe: its size is not known beforehand. */
static void test_standard_input(void **state)
{
    (void)state;
    int ends[2], before = dup(STDIN_FILENO);
    assert_int_equal(pipe(ends), 0);
    char text[4096];
    size_t used = (size_t)sprintf(text, "x,y\n");
    for (int i = 0; i < 500; i++)
        used += (size_t)sprintf(text + used, "%d,%d\n", i, i % 10);
    assert_int_equal(write(ends[1], text, used), used);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    gemml_table *table = NULL;
    assert_int_equal(table_read(&table, "-"), GEMML_OK);
    dup2(before, STDIN_FILENO);
    close(before);
    assert_int_equal(table->rows, 500);
    assert_true(cell(table, 499, 0) == 499);
    assert_string_equal(table->file, "standard input");
    table_free(table);
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
    char *path = (char *)(uintptr_t)write_text("m.csv", "a,\"b c\",t\n1,,x\n2,inf,\"y,\"\"z\"\n");
    fail_each_allocation(read_and_free, path);
    path = (char *)(uintptr_t)write_text("n.csv", "1,2\n3,4\n");
    fail_each_allocation(read_and_free, path);
    path = (char *)(uintptr_t)write_text("o.csv", "x;y;z\n1,5;2,5;a\n3,5;4,5 kg;b\n");
    fail_each_allocation(read_and_free, path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_line_ends), cmocka_unit_test(test_delimiters),     cmocka_unit_test(test_header),
        cmocka_unit_test(test_quotes),    cmocka_unit_test(test_values),         cmocka_unit_test(test_number),
        cmocka_unit_test(test_errors),    cmocka_unit_test(test_late_zero),      cmocka_unit_test(test_foreign),
        cmocka_unit_test(test_commas),    cmocka_unit_test(test_excerpts),       cmocka_unit_test(test_wide_and_long),
        cmocka_unit_test(test_files),     cmocka_unit_test(test_standard_input), cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

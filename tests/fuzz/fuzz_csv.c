/* CSV texts, plain and in gzip. Beyond what holds of any table, each cell must be
 * what the general reader of fields says of its text: the fast path over bare numbers,
 * the comma for the point and the coding of levels are checked against it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "data/csv.h"
#include "data/gzip.h"
#include "data/walk.h"
#include "fuzz.h"

#define EXPANDED_MOST ((size_t)1 << 16)

struct comparer {
    struct visitor visitor;
    const gemml_table *table;
    char *text; /* room for any field */
};

static void compare_text(const struct comparer *comparer, const struct levels *levels, double cell,
                         const struct field *field)
{
    size_t length = field_copy(comparer->text, field);
    comparer->text[length] = '\0';
    REQUIRE(strcmp(levels->label[(size_t)cell], comparer->text) == 0);
}

static gemml_status compare(struct visitor *visitor, size_t row, size_t c, const struct field *field)
{
    const struct comparer *comparer = (const struct comparer *)visitor;
    const struct column *column = comparer->table->column + c;
    double cell = comparer->table->values[row * comparer->table->columns + c], number = NAN;
    enum value_kind kind = field_value(field, &number);
    if (column->first_text.line > 0) {
        compare_text(comparer, &column->levels, cell, field);
        return GEMML_OK;
    }
    REQUIRE(kind != VALUE_TEXT || (column->comma && field_comma_number(field, &number)));
    if (kind == VALUE_INFINITE)
        REQUIRE(isnan(cell) && column->first_infinite.line > 0);
    else
        REQUIRE(cell == number && signbit(cell) == signbit(number));
    return GEMML_OK;
}

static void compare_all(const gemml_table *table)
{
    struct comparer comparer = {{NULL, compare}, table, malloc(table->input.count + 1)};
    unsigned char *wanted = malloc(table->columns);
    REQUIRE(comparer.text && wanted);
    memset(wanted, 1, table->columns);
    comparer.visitor.wanted = wanted;
    REQUIRE(walk_text(table, &comparer.visitor) == GEMML_OK);
    free(wanted);
    free(comparer.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    gemml_table *table = fuzz_table(bytes, count);
    gemml_status status = GEMML_OK;
    if (gzip_is(table->input.bytes, count))
        status = gzip_expand(&table->input, table->file, EXPANDED_MOST);
    fuzz_watch_memory(table->input.count, FUZZ_MULTIPLE);
    if (status == GEMML_OK)
        status = csv_read(table);
    fuzz_check_memory();
    if (status == GEMML_OK)
        compare_all(table);
    fuzz_check(table, status);
    return 0;
}

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/message.h"
#include "fuzz.h"
#include "kernel/linalg_guard.h"
#include "util/parallel.h"
#include "util/view.h"

size_t fuzz_accepted;

_Noreturn void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n%s\n", file, line, condition, error_text());
    abort();
}

void fuzz_begin(void)
{
    static bool begun;
    if (!begun)
        REQUIRE(gemml_set_threads(1) == GEMML_OK && linalg_enter(1) == GEMML_OK);
    begun = true;
}

static size_t asked, most;

static bool count_memory(size_t bytes)
{
    asked += bytes;
    return false;
}

void fuzz_watch_memory(size_t count, size_t multiple)
{
    asked = 0;
    most = multiple * count + FUZZ_BASE;
    memory_fails = count_memory;
}

void fuzz_check_memory(void)
{
    memory_fails = NULL;
    REQUIRE(asked <= most);
}

gemml_table *fuzz_table(const uint8_t *bytes, size_t count)
{
    gemml_table *table = NULL;
    struct input *input;
    REQUIRE(table_new(&table, FUZZ_NAME) == GEMML_OK);
    input = &table->input;
    REQUIRE(memory_grow(&input->bytes, &input->capacity, 0, count + INPUT_PADDING, 1) == GEMML_OK);
    if (count > 0)
        memcpy(input->bytes, bytes, count);
    memset(input->bytes + count, 0, INPUT_PADDING);
    input->count = count;
    return table;
}

void fuzz_check_error(gemml_status status, gemml_status also)
{
    const char *text = error_text();
    REQUIRE(status == GEMML_ERROR_FORMAT || status == GEMML_ERROR_UNSUPPORTED || status == also);
    REQUIRE(strstr(text, FUZZ_NAME) && strlen(text) > strlen(FUZZ_NAME) + 5);
    REQUIRE(utf8_is(text, strlen(text)));
    for (const char *at = text; *at; at++)
        REQUIRE((unsigned char)*at >= ' ' && *at != 0x7F);
}

static void check_names(const gemml_table *table)
{
    for (size_t c = 0; c < table->columns; c++) {
        const char *name = table->name[c];
        REQUIRE(name && *name && utf8_is(name, strlen(name)));
        REQUIRE(names_find(&table->names, name, strlen(name)) == c);
    }
}

static void check_levels(const struct levels *levels)
{
    for (size_t i = 0; i < levels->count; i++) {
        double number;
        REQUIRE(utf8_is(levels->label[i], strlen(levels->label[i])));
        REQUIRE(level_value(levels->label[i], &number) != VALUE_MISSING);
        REQUIRE(i == 0 || strcmp(levels->label[i - 1], levels->label[i]) < 0);
        REQUIRE(levels_find(levels, levels->label[i]) == i);
    }
}

/* Cells are finite numbers, indices of levels, or NaN where nothing or too much is said. */
static void check_column(const gemml_table *table, size_t c)
{
    const struct column *column = table->column + c;
    bool texts = column->first_text.line > 0, infinite = column->first_infinite.line > 0;
    size_t missing = 0, infinities = 0;
    for (size_t i = 0; i < table->rows; i++) {
        double cell = view_element(&table->cells, i, c);
        missing += isnan(cell) != 0;
        infinities += isinf(cell) != 0;
        if (texts && !isnan(cell))
            REQUIRE(cell >= 0 && cell < (double)column->levels.count && cell == floor(cell));
    }
    REQUIRE(infinite || infinities == 0);
    REQUIRE(infinite && !texts ? missing + infinities > column->missing || infinities > 0 : missing == column->missing);
    REQUIRE((column->missing > 0) == (column->first_missing.line > 0));
    REQUIRE(texts == (column->levels.count > 0) && !(texts && column->comma));
    check_levels(&column->levels);
}

void fuzz_check(gemml_table *table, gemml_status status)
{
    if (status == GEMML_OK) {
        REQUIRE(table->rows > 0 && table->columns > 0 && table->columns <= TABLE_COLUMNS_MAX);
        REQUIRE(table->cells.rows == table->rows && table->cells.cols == table->columns);
        REQUIRE(table->cells.data && table->cells.stride >= table->columns);
        check_names(table);
        for (size_t c = 0; c < table->columns; c++)
            check_column(table, c);
        fuzz_accepted++;
    } else {
        fuzz_check_error(status, GEMML_ERROR_FORMAT);
    }
    table_free(table);
}

/* A CSV text becomes a table in two passes: one over the memory counts the line
 * ends, which bounds the rows and so the size of the one block that holds the
 * values, row by row; one parses. A field that is a bare number between
 * delimiters, as nearly all are, is parsed where it stands; whatever else a
 * field may be goes through field_next. */
#include "data/csv.h"

#include <stdio.h>
#include <string.h>

#include "data/commas.h"
#include "data/decimal.h"
#include "data/dialect.h"
#include "data/foreign.h"
#include "data/message.h"
#include "data/number.h"
#include "data/texts.h"

#define BYTE_ORDER_MARK "\xEF\xBB\xBF"
#define BINARY_LOOK ((size_t)4096)
#define LANES 64

/* Reading a table's rows. */
struct reader {
    gemml_table *table;
    struct scanner scanner;
    struct column *column;
    size_t columns, rows, capacity;
    size_t first_line; /* of the first record */
    double *values;    /* capacity x columns */
};

/* An error at a field: `text` is shown behind what is said. */
static gemml_status error_at(const gemml_table *table, size_t line, size_t column, const char *said, const char *text,
                             size_t count)
{
    char shown[EXCERPT_BYTES], name[EXCERPT_BYTES], label[EXCERPT_BYTES + 8] = "";
    excerpt(shown, text, count);
    if (table->name && column < table->columns && table->name[column]) {
        excerpt(name, table->name[column], strlen(table->name[column]));
        snprintf(label, sizeof label, " (\"%s\")", name);
    }
    return error_set(GEMML_ERROR_FORMAT, "%s, line %zu, column %zu%s: %s: \"%s\"", table->file, line, column + 1, label,
                     said, shown);
}

/* The error of a field whose quotes are broken; GEMML_OK for any other. */
static gemml_status check_quotes(const gemml_table *table, const struct scanner *scanner, const struct field *field,
                                 enum field_end behind, size_t column)
{
    const char *at = scanner->at;
    size_t left = (size_t)(scanner->end - at);
    if (behind == FIELD_OPEN_QUOTE)
        return error_at(table, field->line, column, "a quote is opened and never closed", at, left);
    if (behind == FIELD_AFTER_QUOTE)
        return error_at(table, scanner->line, column, "a delimiter is expected after the closing quote", at,
                        strcspn(at, "\r\n"));
    return GEMML_OK;
}

static gemml_status check_zero(const gemml_table *table, const struct field *field, size_t column)
{
    size_t count = (size_t)(field->end - field->begin);
    const char *zero = memchr(field->begin, 0, count);
    if (!zero)
        return GEMML_OK;
    return error_at(table, field->line, column, "a NUL byte, which no text holds", field->begin, count);
}

/* A record that is not as wide as the first: `begin` is where it stands. */
static gemml_status error_width(struct reader *reader, const char *begin, size_t line, size_t fields, bool more)
{
    char said[96];
    struct field field;
    while (more && field_next(&reader->scanner, &field) == FIELD_MORE)
        fields++;
    fields += more;
    snprintf(said, sizeof said, "the row has %zu field%s, but %s has %zu", fields, fields == 1 ? "" : "s",
             reader->table->header ? "the header" : "the first row", reader->columns);
    size_t column = fields < reader->columns ? fields : reader->columns;
    return error_at(reader->table, line, column, said, begin, strcspn(begin, "\r\n"));
}

static gemml_status note_place(struct place *place, const struct field *field)
{
    char text[EXCERPT_BYTES];
    if (place->line > 0)
        return GEMML_OK;
    excerpt(text, field->begin, (size_t)(field->end - field->begin));
    TRY(memory_string(&place->text, text));
    place->line = field->line;
    return GEMML_OK;
}

/* Stores what a field says, and notes what is no number. */
static gemml_status store_field(struct reader *reader, const struct field *field, size_t c, double *cell)
{
    struct column *column = reader->column + c;
    *cell = GEMML_AUTO;
    enum value_kind kind = field_value(field, cell);
    if (kind == VALUE_NUMBER)
        return GEMML_OK;
    if (kind == VALUE_INFINITE)
        return note_place(&column->first_infinite, field);
    if (kind == VALUE_MISSING) {
        if (column->missing++ == 0)
            column->first_missing.line = field->line;
        return GEMML_OK;
    }
    TRY(check_zero(reader->table, field, c));
    return note_place(&column->first_text, field);
}

/* Reads the record at the scanner from column c on, field by field. */
static gemml_status read_fields(struct reader *reader, const char *begin, size_t line, size_t c, double *cells)
{
    for (;; c++) {
        struct field field;
        enum field_end behind = field_next(&reader->scanner, &field);
        TRY(check_quotes(reader->table, &reader->scanner, &field, behind, c));
        TRY(store_field(reader, &field, c, cells + c));
        if (behind == FIELD_LAST && c + 1 < reader->columns)
            return error_width(reader, begin, line, c + 1, false);
        if (behind == FIELD_MORE && c + 1 == reader->columns)
            return error_width(reader, begin, line, c + 1, true);
        if (behind == FIELD_LAST)
            return GEMML_OK;
    }
}

/* The field behind a delimiter, or NULL when there is none, or when the record may end. */
static const char *next_field(const char *behind, char delimiter)
{
    if (*behind != delimiter)
        return NULL;
    behind++;
    if (delimiter != DELIMITER_BLANKS)
        return behind;
    while (*behind == ' ')
        behind++;
    return (unsigned char)*behind < ' ' ? NULL : behind;
}

/* The line behind a line end, or NULL when there is none. */
static const char *next_line(const char *behind)
{
    if (*behind == '\r')
        behind++;
    return *behind == '\n' ? behind + 1 : NULL;
}

/* number_parse, but NULL for what is beyond the range of double. */
static const char *parse_finite(const char *first, const char *last, double *value)
{
    const char *behind = number_parse(first, last, value);
    return behind && __builtin_isfinite(*value) ? behind : NULL;
}

/* Reads the record at the scanner. */
static gemml_status read_record(struct reader *reader)
{
    struct scanner *scanner = &reader->scanner;
    const char *begin = scanner->at, *at = begin, *end = scanner->end;
    double *cells = reader->values + reader->rows * reader->columns;
    size_t last = reader->columns - 1;
    for (size_t c = 0;; c++) {
        while (*at == ' ')
            at++;
        const char *behind = decimal_parse(at, cells + c), *next = NULL;
        if (!behind)
            behind = parse_finite(at, end, cells + c);
        if (behind)
            next = c < last ? next_field(behind, scanner->delimiter) : next_line(behind);
        if (!next) {
            scanner->at = at;
            return read_fields(reader, begin, scanner->line, c, cells);
        }
        at = next;
        if (c == last)
            break;
    }
    scanner->at = at;
    scanner->line++;
    return GEMML_OK;
}

static gemml_status error_unnamed(const gemml_table *table, size_t line, size_t column)
{
    const char *advice = "";
    if (column == 0)
        advice = ": is it an index? pandas leaves it out with index=False, R with row.names=FALSE";
    else if (column + 1 == table->columns)
        advice = ": is there a delimiter behind the last name?";
    return error_set(GEMML_ERROR_FORMAT, "%s, line %zu, column %zu: the header has no name here%s", table->file, line,
                     column + 1, advice);
}

/* Copies and checks the name that a header gives column c; *text goes behind it. */
static gemml_status read_name(struct reader *reader, size_t c, char **text)
{
    gemml_table *table = reader->table;
    struct field field;
    field_next(&reader->scanner, &field);
    char *name = *text;
    size_t length = field_copy(name, &field);
    TRY(check_zero(table, &field, c));
    if (length == 0)
        return error_unnamed(table, field.line, c);
    if (!utf8_is(name, length))
        return error_at(table, field.line, c, "the header is not valid UTF-8" UTF8_ADVICE, name, length);
    name[length] = '\0';
    table->name[c] = name;
    *text = name + length + 1;
    return GEMML_OK;
}

static gemml_status read_names(struct reader *reader)
{
    gemml_table *table = reader->table;
    char *text = table->name_text;
    size_t line = reader->scanner.line, duplicate = NAME_NONE;
    for (size_t c = 0; c < reader->columns; c++)
        TRY(read_name(reader, c, &text));
    TRY(table_index_names(table, &duplicate));
    if (duplicate == NAME_NONE)
        return GEMML_OK;
    const char *name = table->name[duplicate];
    char said[64];
    snprintf(said, sizeof said, "column %zu has this name too", names_find(&table->names, name, strlen(name)) + 1);
    return error_at(table, line, duplicate, said, name, strlen(name));
}

/* The error of a first record whose quotes are broken. */
static gemml_status error_first_record(struct reader *reader)
{
    for (size_t c = 0;; c++) {
        struct field field;
        enum field_end behind = field_next(&reader->scanner, &field);
        TRY(check_quotes(reader->table, &reader->scanner, &field, behind, c));
    }
}

/* Sets up the columns by the first record, and goes behind it if it is a header. */
static gemml_status begin_columns(struct reader *reader, const struct dialect *dialect)
{
    gemml_table *table = reader->table;
    reader->first_line = reader->scanner.line;
    if (dialect->columns == 0)
        return error_first_record(reader);
    if (dialect->columns > TABLE_COLUMNS_MAX)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "%s, line %zu, column %zu: the row has %zu fields, a table at most %zu", table->file,
                         reader->first_line, TABLE_COLUMNS_MAX + 1, dialect->columns, TABLE_COLUMNS_MAX);
    struct scanner behind = reader->scanner;
    struct field field;
    while (field_next(&behind, &field) == FIELD_MORE)
        ;
    size_t header_bytes = (size_t)(behind.at - reader->scanner.at);
    table->header = dialect->header;
    TRY(table_set_columns(table, dialect->columns,
                          table->header ? memory_sum(header_bytes, dialect->columns)
                                        : table_generated_bytes(dialect->columns)));
    reader->column = table->column;
    reader->columns = table->columns;
    return table->header ? read_names(reader) : table_name_columns(table);
}

/* Line ends among `count` <= 255 * LANES bytes: LF, CR, or both as one. Each lane
 * counts in one byte, which is what the compiler makes vectors of. */
static size_t count_line_ends(const char *text, size_t count)
{
    unsigned char lane[LANES] = {0};
    size_t sum = 0, whole = count / LANES * LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t j = 0; j < LANES; j++) {
            char here = text[i + j], next = text[i + j + 1];
            lane[j] += (unsigned char)((here == '\n') | ((here == '\r') & (next != '\n')));
        }
    for (size_t j = 0; j < LANES; j++)
        sum += lane[j];
    for (size_t i = whole; i < count; i++)
        sum += text[i] == '\n' || (text[i] == '\r' && text[i + 1] != '\n');
    return sum;
}

/* Rows that the rest of the text can hold at most: each has a line end, but for
 * the last, and a byte for each field. */
static size_t bound_rows(const struct scanner *scanner, size_t columns)
{
    size_t line_ends = 0, bytes = (size_t)(scanner->end - scanner->at);
    for (size_t done = 0, part; done < bytes; done += part) {
        part = bytes - done < 255 * LANES ? bytes - done : 255 * LANES;
        line_ends += count_line_ends(scanner->at + done, part);
    }
    size_t wide = bytes / columns + 1;
    return line_ends + 1 < wide ? line_ends + 1 : wide;
}

/* The error of a NUL byte, whose place is found by the fields before it. */
static gemml_status error_zero(const gemml_table *table, const char *begin, const char *zero)
{
    struct dialect dialect;
    TRY(dialect_detect(&dialect, begin, zero));
    struct scanner scanner = {begin, zero, 1, dialect.delimiter};
    const char *at = begin; /* the field that is looked at */
    size_t column = 0;
    while (scanner.at < zero) {
        struct field field;
        enum field_end behind = field_next(&scanner, &field);
        bool line_end = scanner.at > begin && (scanner.at[-1] == '\n' || scanner.at[-1] == '\r');
        if (behind == FIELD_OPEN_QUOTE || behind == FIELD_AFTER_QUOTE || (behind == FIELD_LAST && !line_end))
            break;
        column = behind == FIELD_LAST ? 0 : column + 1;
        at = scanner.at;
    }
    return error_at(table, scanner.line, column, "a NUL byte, which no text holds", at, (size_t)(zero + 1 - at));
}

/* Refuses at once what is no text: its first bytes say what it is, or hold a zero. */
static gemml_status check_text(const gemml_table *table, const char *begin, const char *end)
{
    size_t count = (size_t)(end - begin);
    if (count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s is empty", table->file);
    const char *foreign = foreign_format(begin, count);
    if (foreign)
        return error_set(GEMML_ERROR_FORMAT, "%s is neither CSV nor NPY, but %s", table->file, foreign);
    const char *zero = memchr(begin, 0, count < BINARY_LOOK ? count : BINARY_LOOK);
    return zero ? error_zero(table, begin, zero) : GEMML_OK;
}

static gemml_status read_rows(struct reader *reader)
{
    gemml_table *table = reader->table;
    struct scanner begin = reader->scanner;
    reader->capacity = bound_rows(&reader->scanner, reader->columns);
    TRY(memory_alloc(&table->values, memory_product(reader->capacity, reader->columns), sizeof(double)));
    reader->values = table->values;
    input_advise_large(table->values, reader->capacity * reader->columns * sizeof(double));
    for (; scanner_find_record(&reader->scanner); reader->rows++)
        TRY(read_record(reader));
    if (reader->rows == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s, line %zu, column 1: a header of %zu column%s, but no rows",
                         table->file, reader->first_line, reader->columns, reader->columns == 1 ? "" : "s");
    table->rows = reader->rows;
    table->text = begin;
    table->cells = gemml_view_f64(table->values, table->rows, table->columns);
    return GEMML_OK;
}

gemml_status csv_read(gemml_table *table)
{
    const char *begin = table->input.bytes, *end = begin + table->input.count;
    TRY(check_text(table, begin, end));
    if (table->input.count >= 3 && memcmp(begin, BYTE_ORDER_MARK, 3) == 0)
        begin += 3;
    struct reader reader = {.table = table, .scanner = {begin, end, 1, ','}};
    if (!scanner_find_record(&reader.scanner))
        return error_set(GEMML_ERROR_FORMAT, "%s has no rows: every line is blank", table->file);
    struct dialect dialect;
    TRY(dialect_detect(&dialect, begin, end));
    reader.scanner = (struct scanner){begin, end, 1, dialect.delimiter};
    scanner_find_record(&reader.scanner);
    TRY(begin_columns(&reader, &dialect));
    TRY(read_rows(&reader));
    TRY(commas_read(table));
    return texts_code(table);
}

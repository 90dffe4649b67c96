#include "data/dialect.h"

#include "data/table.h"

#define SAMPLE_BYTES ((size_t)1 << 16)
#define SAMPLE_RECORDS 100

/* How well a delimiter fits the sample. */
struct fit {
    size_t numbers; /* numbers and missing values in records as wide as the first */
    size_t records; /* such records */
    size_t texts;   /* other fields in them */
};

/* What a column of the sample looks like: bits of the first record, and the
 * same bits BELOW it for all later ones. */
enum {
    FIRST_TEXT = 1,
    FIRST_NUMBER = 2,
    FIRST_QUOTED = 4,
    BELOW = 3,
    BELOW_TEXT = FIRST_TEXT << BELOW,
    BELOW_NUMBER = FIRST_NUMBER << BELOW,
    BELOW_QUOTED = FIRST_QUOTED << BELOW
};

/* The end of the lines that are looked at. */
static const char *sample_end(const char *begin, const char *end)
{
    if ((size_t)(end - begin) <= SAMPLE_BYTES)
        return end;
    const char *limit = begin + SAMPLE_BYTES, *at = limit;
    while (at > begin && at[-1] != '\n' && at[-1] != '\r')
        at--;
    return at > begin ? at : limit;
}

/* What a field says where a comma may stand for the point. */
static enum value_kind judge(const struct scanner *scanner, const struct field *field)
{
    double value;
    enum value_kind kind = field_value(field, &value);
    bool comma = kind == VALUE_TEXT && scanner->delimiter != ',' && field_comma_number(field, &value);
    return comma ? VALUE_NUMBER : kind;
}

/* Counts a record's fields, and those of them that are numbers or missing;
 * false when its quotes are broken. */
static bool measure_record(struct scanner *scanner, size_t *fields, size_t *numbers)
{
    *fields = *numbers = 0;
    for (;;) {
        struct field field;
        enum field_end behind = field_next(scanner, &field);
        if (behind == FIELD_OPEN_QUOTE || behind == FIELD_AFTER_QUOTE)
            return false;
        ++*fields;
        *numbers += judge(scanner, &field) != VALUE_TEXT;
        if (behind == FIELD_LAST)
            return true;
    }
}

/* Reads the sample by one delimiter; all zero unless the first record has two fields or more. */
static struct fit try_delimiter(const char *begin, const char *end, char delimiter)
{
    struct scanner scanner = {begin, end, 1, delimiter};
    struct fit fit = {0, 0, 0};
    for (size_t record = 0, width = 0, fields, numbers; record < SAMPLE_RECORDS; record++) {
        if (!scanner_find_record(&scanner) || !measure_record(&scanner, &fields, &numbers))
            break;
        if (record == 0)
            width = fields;
        if (width < 2)
            break;
        if (fields == width) {
            fit.numbers += numbers;
            fit.texts += fields - numbers;
            fit.records++;
        }
    }
    return fit;
}

static bool is_better(const struct fit *fit, const struct fit *best)
{
    if (fit->numbers != best->numbers)
        return fit->numbers > best->numbers;
    return fit->records > best->records || (fit->records == best->records && fit->texts < best->texts);
}

/* The delimiter that makes most numbers, then most records of one width, then
 * fewest texts ("1,5;2,5" is two numbers, not three fields); comma for a text of
 * one column. */
static char detect_delimiter(const char *begin, const char *end)
{
    static const char candidates[] = {',', ';', '\t', DELIMITER_BLANKS};
    const char *last = sample_end(begin, end);
    struct fit best = {0, 0, 0};
    char delimiter = ',';
    for (size_t i = 0; i < sizeof candidates; i++) {
        struct fit fit = try_delimiter(begin, last, candidates[i]);
        if (is_better(&fit, &best)) {
            best = fit;
            delimiter = candidates[i];
        }
    }
    return delimiter;
}

/* Notes what a record holds in each column; false when it cannot be judged. */
static bool note_record(struct scanner *scanner, unsigned char *seen, size_t columns, bool first)
{
    for (size_t c = 0; c < columns; c++) {
        struct field field;
        enum field_end behind = field_next(scanner, &field);
        if (behind == FIELD_OPEN_QUOTE || behind == FIELD_AFTER_QUOTE)
            return false;
        enum value_kind kind = judge(scanner, &field);
        unsigned note = kind == VALUE_MISSING ? 0u : kind == VALUE_TEXT ? FIRST_TEXT : FIRST_NUMBER;
        if (note && field.quoted)
            note |= FIRST_QUOTED;
        seen[c] |= (unsigned char)(first ? note : note << BELOW);
        if (behind == FIELD_LAST)
            return c + 1 == columns;
    }
    return false;
}

/* The first record is a header when it is all text, or when a text, or a number
 * in quotes, stands there over a column of bare numbers: years as names. A
 * first record of numbers and texts over the like is a row of data. */
static bool looks_like_header(const unsigned char *seen, size_t columns)
{
    size_t texts = 0, numbers = 0;
    bool over_numbers = false;
    for (size_t c = 0; c < columns; c++) {
        bool quoted = (seen[c] & FIRST_QUOTED) && !(seen[c] & BELOW_QUOTED);
        texts += (seen[c] & FIRST_TEXT) != 0;
        numbers += (seen[c] & FIRST_NUMBER) != 0;
        if ((seen[c] & BELOW_NUMBER) && !(seen[c] & BELOW_TEXT) && ((seen[c] & FIRST_TEXT) || quoted))
            over_numbers = true;
    }
    return over_numbers || (texts > 0 && numbers == 0);
}

static gemml_status detect_header(struct dialect *dialect, const char *begin, const char *end)
{
    struct scanner scanner = {begin, end, 1, dialect->delimiter};
    unsigned char *seen;
    TRY(memory_zeroed(&seen, dialect->columns, 1));
    scanner_find_record(&scanner);
    note_record(&scanner, seen, dialect->columns, true);
    scanner.end = sample_end(scanner.at, end);
    for (size_t record = 0; record < SAMPLE_RECORDS && scanner_find_record(&scanner); record++)
        if (!note_record(&scanner, seen, dialect->columns, false))
            break;
    dialect->header = looks_like_header(seen, dialect->columns);
    memory_free(seen);
    return GEMML_OK;
}

gemml_status dialect_detect(struct dialect *dialect, const char *begin, const char *end)
{
    struct dialect found = {detect_delimiter(begin, end), false, 0};
    struct scanner scanner = {begin, end, 1, found.delimiter};
    size_t numbers;
    if (!scanner_find_record(&scanner) || !measure_record(&scanner, &found.columns, &numbers))
        found.columns = 0;
    else if (found.columns <= TABLE_COLUMNS_MAX)
        TRY(detect_header(&found, begin, end));
    *dialect = found;
    return GEMML_OK;
}

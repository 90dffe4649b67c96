#include "data/field.h"

#include <string.h>

#include "data/number.h"

#define COMMA_BYTES 64 /* longer numbers with a comma are texts */

static bool is_blank(char c, char delimiter)
{
    return c == ' ' || (c == '\t' && delimiter != '\t');
}

static bool is_line_end(char c)
{
    return c == '\n' || c == '\r';
}

static void skip_blanks(struct scanner *scanner)
{
    while (scanner->at < scanner->end && is_blank(*scanner->at, scanner->delimiter))
        scanner->at++;
}

/* Takes LF, CRLF or CR. */
static void take_line_end(struct scanner *scanner)
{
    bool two = scanner->at[0] == '\r' && scanner->at + 1 < scanner->end && scanner->at[1] == '\n';
    scanner->at += two ? 2 : 1;
    scanner->line++;
}

static size_t count_lines(const char *begin, const char *end)
{
    size_t lines = 0;
    for (const char *at = begin; at < end; at++)
        lines += *at == '\n' || (*at == '\r' && at[1] != '\n');
    return lines;
}

/* Takes what follows a field. */
static enum field_end take_separator(struct scanner *scanner, bool quoted)
{
    const char *behind = scanner->at;
    skip_blanks(scanner);
    if (scanner->at == scanner->end)
        return FIELD_LAST;
    if (is_line_end(*scanner->at)) {
        take_line_end(scanner);
        return FIELD_LAST;
    }
    if (scanner->delimiter == DELIMITER_BLANKS) /* an unquoted field ends at a blank only */
        return !quoted || scanner->at > behind ? FIELD_MORE : FIELD_AFTER_QUOTE;
    if (*scanner->at != scanner->delimiter)
        return FIELD_AFTER_QUOTE;
    scanner->at++;
    return FIELD_MORE;
}

/* Takes a field whose opening quote the scanner stands at. */
static enum field_end next_quoted(struct scanner *scanner, struct field *field)
{
    const char *begin = scanner->at + 1, *close = begin;
    field->quoted = true;
    for (;; close += 2) {
        close = memchr(close, '"', (size_t)(scanner->end - close));
        if (!close)
            return FIELD_OPEN_QUOTE;
        if (close + 1 == scanner->end || close[1] != '"')
            break;
        field->doubled = true;
    }
    field->begin = begin;
    field->end = close;
    scanner->line += count_lines(begin, close);
    scanner->at = close + 1;
    return take_separator(scanner, true);
}

enum field_end field_next(struct scanner *scanner, struct field *field)
{
    skip_blanks(scanner);
    const char *begin = scanner->at, *end = begin;
    *field = (struct field){begin, begin, scanner->line, false, false};
    if (begin < scanner->end && *begin == '"')
        return next_quoted(scanner, field);
    char delimiter = scanner->delimiter;
    if (delimiter == DELIMITER_BLANKS) {
        while (end < scanner->end && !is_line_end(*end) && !is_blank(*end, delimiter))
            end++;
    } else {
        while (end < scanner->end && !is_line_end(*end) && *end != delimiter)
            end++;
    }
    scanner->at = end;
    while (end > begin && is_blank(end[-1], delimiter))
        end--;
    field->end = end;
    return take_separator(scanner, false);
}

bool scanner_find_record(struct scanner *scanner)
{
    for (;;) {
        skip_blanks(scanner);
        if (scanner->at == scanner->end)
            return false;
        if (!is_line_end(*scanner->at))
            return true;
        take_line_end(scanner);
    }
}

size_t field_copy(char *out, const struct field *field)
{
    char *to = out;
    for (const char *at = field->begin; at < field->end; at++) {
        *to++ = *at;
        at += field->doubled && *at == '"';
    }
    return (size_t)(to - out);
}

static bool equals(const char *text, size_t length, const char *word)
{
    if (strlen(word) != length)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((text[i] >= 'A' && text[i] <= 'Z' ? text[i] - 'A' + 'a' : text[i]) != word[i])
            return false;
    return true;
}

/* What a field that is no decimal number says. */
static enum value_kind word_value(const char *text, size_t length, double *value)
{
    if (length == 0 || (length == 1 && *text == '?') || (length == 2 && memcmp(text, "NA", 2) == 0) ||
        equals(text, length, "nan"))
        return VALUE_MISSING;
    bool is_true = equals(text, length, "true");
    if (is_true || equals(text, length, "false")) {
        *value = is_true;
        return VALUE_NUMBER;
    }
    size_t sign = *text == '-' || *text == '+';
    bool infinite = equals(text + sign, length - sign, "inf") || equals(text + sign, length - sign, "infinity");
    return infinite ? VALUE_INFINITE : VALUE_TEXT;
}

enum value_kind field_value(const struct field *field, double *value)
{
    const char *begin = field->begin, *end = field->end;
    while (begin < end && is_blank(*begin, 0)) /* left within quotes */
        begin++;
    while (end > begin && is_blank(end[-1], 0))
        end--;
    double number;
    if (begin < end && number_parse(begin, end, &number) == end) {
        if (!__builtin_isfinite(number))
            return VALUE_INFINITE;
        *value = number;
        return VALUE_NUMBER;
    }
    return word_value(begin, (size_t)(end - begin), value);
}

bool field_comma_number(const struct field *field, double *value)
{
    char text[COMMA_BYTES + 1];
    size_t length = (size_t)(field->end - field->begin);
    const char *comma = memchr(field->begin, ',', length);
    if (!comma || length > COMMA_BYTES || memchr(field->begin, '.', length))
        return false;
    memcpy(text, field->begin, length);
    text[length] = '\0';
    char *point = text + (comma - field->begin);
    *point = '.';
    struct field pointed = {text, text + length, field->line, false, false};
    return point[1] >= '0' && point[1] <= '9' && field_value(&pointed, value) == VALUE_NUMBER;
}

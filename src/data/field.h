/* The fields of a CSV text, one after the other (RFC 4180), and what they say. */
#ifndef GEMML_DATA_FIELD_H
#define GEMML_DATA_FIELD_H

#include <stdbool.h>
#include <stddef.h>

/* Fields are parted by runs of blanks. */
#define DELIMITER_BLANKS ' '

/* Where reading stands. The byte at `end` is readable, and zero. */
struct scanner {
    const char *at, *end;
    size_t line; /* counted from 1 */
    char delimiter;
};

/* A field without the blanks around it and without its quotes. */
struct field {
    const char *begin, *end;
    size_t line; /* where it begins */
    bool quoted;
    bool doubled; /* holds "", which stands for one quote */
};

/* What stands behind a field. */
enum field_end {
    FIELD_MORE,       /* another field of the record */
    FIELD_LAST,       /* the record's end, or the text's */
    FIELD_OPEN_QUOTE, /* the text ends within quotes */
    FIELD_AFTER_QUOTE /* something that is no delimiter follows the closing quote */
};

/* Reads the next field and what follows it. After an error the scanner stands at
 * the field's beginning, or at what follows the quote. */
enum field_end field_next(struct scanner *scanner, struct field *field);

/* Goes to the next line that holds anything; false at the end of the text. */
bool scanner_find_record(struct scanner *scanner);

/* A field's text with its doubled quotes made single; `out` has room for the
 * field. Gives the number of bytes. */
size_t field_copy(char *out, const struct field *field);

enum value_kind {
    VALUE_NUMBER,
    VALUE_MISSING,  /* empty, NA, NaN, ? */
    VALUE_INFINITE, /* inf, infinity, or a number beyond the range of double */
    VALUE_TEXT
};

/* What a field says; *value is set for numbers: TRUE is 1 and FALSE is 0. */
enum value_kind field_value(const struct field *field, double *value);

/* Whether a field is a number once its one comma is read as the decimal mark, with
 * a digit behind it: "1,5", "-0,25e3". */
bool field_comma_number(const struct field *field, double *value);

#endif

/* Columns are as wide as their numbers, decimal points below each other; what is
 * left of 80 columns is for the names, of which the middle is left out if need be. */
#include "cli/coefficients.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/words.h"

#define CUT_ROWS 20   /* of a long list of coefficients */
#define NAME_WIDTH 40 /* to which names are padded at most */
#define LINE_WIDTH 80
#define CELL_BYTES 32

enum { ESTIMATE, STD_ERROR, T, P, COLUMNS };

static const char *const titles[2][COLUMNS] = {{"Estimate", "Std. Error", "t value", "Pr(>|t|)"},
                                               {"Estimate", "Std. Error", "z value", "Pr(>|z|)"}};

/* A column of texts: the widest part before the point, and from it on. */
struct column {
    int before, after;
};

const char *errors_name(gemml_errors errors)
{
    static const char *const names[] = {"none", "hc0", "hc1", "hc2", "hc3"};
    return names[errors];
}

/* The byte where character `index` begins. */
static const char *character(const char *name, int index)
{
    for (; *name; name++)
        if (((unsigned char)*name & 0xc0) != 0x80 && index-- == 0)
            break;
    return name;
}

/* At most `width` characters of a name: of a longer one its beginning and its end, which tell
 * "column=this" from "column=that". Pads to `width`. */
static void print_name(FILE *file, const char *name, int width)
{
    int length = words_width(name), head = (width - 2) / 2, tail = width - 2 - head;
    if (length <= width) {
        words_name(file, name);
        fprintf(file, "%*s", width - length, "");
        return;
    }
    words_part(file, name, (size_t)(character(name, head) - name));
    fputs("..", file);
    words_name(file, character(name, length - tail));
}

static void format_cell(char text[CELL_BYTES], size_t column, double value)
{
    if (isnan(value))
        snprintf(text, CELL_BYTES, "NA");
    else if (column == T && fabs(value) < 1e4)
        snprintf(text, CELL_BYTES, "%.3f", value);
    else if (column == P && value < 2e-16)
        snprintf(text, CELL_BYTES, "<2e-16");
    else
        snprintf(text, CELL_BYTES, "%.*g", column == ESTIMATE ? 7 : 4, value);
}

/* Where the decimal point stands, or would. */
static int point_of(const char *text)
{
    return (int)strcspn(text, ".e");
}

static const char *row_name(const struct description *description, size_t row, char buffer[DESCRIPTION_NAME_BYTES])
{
    return row == 0 ? "(intercept)" : description_input(description, row - 1, buffer);
}

/* The table that is shown: with the robust errors where there are any. */
static const double *rows_of(const struct description *description, size_t output)
{
    size_t rows = description->info.inputs + 1;
    const double *tables = description->robust ? description->robust : description->table;
    return tables + output * rows * COLUMNS;
}

static bool has_errors(const struct description *description, const double *rows)
{
    for (size_t i = 0; i <= description->info.inputs; i++)
        if (!isnan(rows[i * COLUMNS + STD_ERROR]))
            return true;
    return false;
}

static struct column measure(const double *rows, size_t column, size_t first, size_t end)
{
    struct column widest = {0, 0};
    char text[CELL_BYTES];
    for (size_t i = first; i < end; i++) {
        format_cell(text, column, rows[i * COLUMNS + column]);
        int before = point_of(text), after = (int)strlen(text) - before;
        widest.before = before > widest.before ? before : widest.before;
        widest.after = after > widest.after ? after : widest.after;
    }
    return widest;
}

/* A cell, and blanks up to the width of its column, or none where it is the line's `last`. */
static void print_cell(FILE *file, size_t column, double value, struct column place, int width, bool last)
{
    char text[CELL_BYTES];
    format_cell(text, column, value);
    int before = width - place.after - point_of(text);
    int after = place.after - ((int)strlen(text) - point_of(text));
    fprintf(file, "  %*s%s%*s", before > 0 ? before : 0, "", text, last || after < 0 ? 0 : after, "");
}

static const char *stars(double p)
{
    return p < 0.001 ? " ***" : p < 0.01 ? " **" : p < 0.05 ? " *" : p < 0.1 ? " ." : "";
}

static int longest_name(const struct description *description, size_t first, size_t end)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    int longest = 0;
    for (size_t i = first; i < end; i++) {
        int width = words_width(row_name(description, i, buffer));
        longest = width > longest ? width : longest;
    }
    return longest;
}

static const char *title_of(const struct description *description, size_t column)
{
    return titles[description->info.classes > 0][column];
}

/* `columns` is COLUMNS, or 1: the estimates alone, under no titles. */
static void print_rows(FILE *file, const struct description *description, const double *rows, size_t columns,
                       size_t first, size_t end)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    struct column places[COLUMNS];
    int widths[COLUMNS], room = LINE_WIDTH - 2 - (int)strlen(" ***");
    for (size_t c = 0; c < columns; c++) {
        int title = columns > 1 ? (int)strlen(title_of(description, c)) : 0;
        places[c] = measure(rows, c, first, end);
        widths[c] = places[c].before + places[c].after;
        widths[c] = widths[c] > title ? widths[c] : title;
        room -= 2 + widths[c];
    }
    int longest = longest_name(description, first, end), name = longest < NAME_WIDTH ? longest : NAME_WIDTH;
    name = name > room ? (room > 12 ? room : 12) : name;
    for (size_t c = 0; c < columns && columns > 1; c++)
        fprintf(file, "%*s", (c == 0 ? 2 + name : 0) + 2 + widths[c], title_of(description, c));
    fputs(columns > 1 ? "\n" : "", file);
    for (size_t i = first; i < end; i++) {
        fputs("  ", file);
        print_name(file, row_name(description, i, buffer), name);
        const char *mark = columns > 1 ? stars(rows[i * COLUMNS + P]) : "";
        for (size_t c = 0; c < columns; c++)
            print_cell(file, c, rows[i * COLUMNS + c], places[c], widths[c], c + 1 == columns && *mark == '\0');
        fprintf(file, "%s\n", mark);
    }
}

/* Why there are no standard errors. */
static const char *missing_errors(const struct description *description)
{
    const gemml_summary *summary = &description->summary;
    if (description->info.l2 > 0)
        return "l2 is above 0";
    if (description->info.classes > 2)
        return "more than two classes";
    if (description->info.classes > 0 && description->fit.outcome != GEMML_CONVERGED)
        return description->fit.outcome == GEMML_SEPARATED ? "the classes are separated" : "the fit did not converge";
    if (summary->rank == 0)
        return "not determined";
    if (summary->rank < description->info.inputs + (description->info.intercept ? 1 : 0))
        return "the columns are dependent";
    return "no degree of freedom is left";
}

static void print_heading(FILE *file, const struct description *description, size_t output, bool errors)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    fputs("\nCoefficients", file);
    if (description->info.outputs > 1) {
        fputs(" of ", file);
        words_name(file, description_output(description, output, buffer));
    }
    if (!errors)
        fprintf(file, " (no standard errors: %s)", missing_errors(description));
    else if (description->robust)
        fprintf(file, ", with %s standard errors", errors_name(description->summary.robust));
    fputc('\n', file);
}

void coefficients_print(FILE *file, const struct description *description, size_t output, bool cut)
{
    size_t first = description->info.intercept ? 0 : 1, end = description->info.inputs + 1, last = end;
    const double *rows = rows_of(description, output);
    bool errors = has_errors(description, rows);
    if (cut && end - first > CUT_ROWS)
        last = first + CUT_ROWS;
    print_heading(file, description, output, errors);
    print_rows(file, description, rows, errors ? COLUMNS : 1, first, last);
    if (last < end)
        fprintf(file, "  ... and %zu more: 'gemml inspect' shows all\n", end - last);
    if (errors)
        fputs("  p below 0.001: ***  0.01: **  0.05: *  0.1: .\n", file);
}

void odds_print(FILE *file, const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    size_t first = description->info.intercept ? 0 : 1, rows = description->info.inputs + 1;
    if (description->info.classes != 2 || description->info.layers != 1)
        return;
    int name = longest_name(description, first, rows);
    name = name < NAME_WIDTH ? name : NAME_WIDTH;
    double *limits = calloc(rows, 2 * sizeof(double));
    if (!limits || gemml_confidence_interval(description->model, 0, GEMML_ERRORS_CLASSICAL, 0.95,
                                             gemml_matrix_f64(limits, rows, 2))) {
        free(limits);
        return;
    }
    bool errors = has_errors(description, description->table);
    fprintf(file, "\nOdds ratios, exp(estimate)%s\n", errors ? ", with 95% limits" : "");
    for (size_t i = first; i < rows; i++) {
        fputs("  ", file);
        print_name(file, row_name(description, i, buffer), name);
        fprintf(file, "  %-10.5g", exp(description->table[i * COLUMNS]));
        if (errors)
            fprintf(file, "  %-10.5g  %.5g", exp(limits[2 * i]), exp(limits[2 * i + 1]));
        fputc('\n', file);
    }
    free(limits);
}

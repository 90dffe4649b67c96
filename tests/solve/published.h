/* Published problems: their tables and their answers, which were computed in exact
 * rational arithmetic (the sources are in data/README.md). */
#ifndef GEMML_TESTS_SOLVE_PUBLISHED_H
#define GEMML_TESTS_SOLVE_PUBLISHED_H

#include <jansson.h>

#include "kernel/doubled.h"
#include "solve/problem.h"

enum { MOST_COLUMNS = 16, MOST_ROWS = 96 };

/* A numeric table with a header. */
struct csv {
    size_t rows, cols;
    double value[MOST_ROWS * MOST_COLUMNS];
};

static inline struct csv read_csv(const char *name)
{
    struct csv csv = {0};
    char *text = read_file(data_path(name), NULL), *at = strchr(text, '\n') + 1;
    for (const char *c = text; c < at; c++)
        csv.cols += *c == ',' || *c == '\n';
    assert_true(csv.cols <= MOST_COLUMNS);
    for (size_t count = 0; *at;) {
        char *end;
        assert_true(count < MOST_ROWS * csv.cols);
        csv.value[count++] = strtod(at, &end);
        assert_true(end > at);
        at = end + strspn(end, ",\r\n");
        csv.rows = count / csv.cols;
    }
    free(text);
    return csv;
}

/* The table with column `target` as y and the others, in their order, as x. */
static inline struct problem problem_of(const struct csv *csv, size_t target)
{
    struct problem problem = problem_make(csv->rows, csv->cols - 1, 1);
    for (size_t i = 0; i < csv->rows; i++)
        for (size_t j = 0; j < csv->cols; j++) {
            double value = csv->value[i * csv->cols + j];
            if (j == target)
                problem.y[i] = value;
            else
                problem.x[i * problem.p + j - (j > target)] = value;
        }
    return problem;
}

/* x, x^2 .. x^degree of the first column in double-double, by multiplication, and y. */
static inline struct problem problem_of_powers(const struct csv *csv, size_t degree)
{
    struct problem problem = problem_make(csv->rows, degree, 1);
    problem.x_low = calloc(csv->rows * degree, sizeof(double));
    for (size_t i = 0; i < csv->rows; i++) {
        struct doubled power = doubled_of(1);
        for (size_t j = 0; j < degree; j++) {
            power = doubled_scale(power, csv->value[i * csv->cols]);
            problem.x[i * degree + j] = power.hi;
            problem.x_low[i * degree + j] = power.lo;
        }
        problem.y[i] = csv->value[i * csv->cols + 1];
    }
    return problem;
}

/* A number that the file writes as a string or as a number. */
static inline double number(const json_t *value)
{
    return json_is_string(value) ? strtod(json_string_value(value), NULL) : json_number_value(value);
}

static inline json_t *read_json(const char *name)
{
    json_error_t error;
    json_t *file = json_load_file(data_path(name), 0, &error);
    assert_non_null(file);
    return file;
}

#endif

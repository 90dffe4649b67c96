#include "data/rows.h"

#include <math.h>

#include "util/view.h"

#define BLOCK_ROWS ((size_t)256)

void rows_free(struct rows *rows)
{
    memory_free(rows->index);
    *rows = (struct rows){0};
}

static bool any_missing(const gemml_table *table, const struct column_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (table->column[list->index[i]].missing > 0)
            return true;
    return false;
}

static bool is_complete(const gemml_table *table, const struct column_list *list, size_t row)
{
    for (size_t i = 0; i < list->count; i++)
        if (isnan(view_element(&table->cells, row, list->index[i])))
            return false;
    return true;
}

static bool has_weight(const gemml_table *table, const struct roles *roles, size_t row)
{
    return roles->weight.count == 0 || view_element(&table->cells, row, roles->weight.index[0]) != 0;
}

static void list_rows(struct rows *rows, const gemml_table *table, const struct roles *roles, bool weighed)
{
    rows->count = 0;
    for (size_t i = 0; i < table->rows; i++) {
        size_t row = table_row(table, i);
        if (is_complete(table, &roles->targets, row) && is_complete(table, &roles->weight, row) &&
            (!weighed || has_weight(table, roles, row)))
            rows->index[rows->count++] = row;
    }
}

gemml_status rows_select(struct rows *rows, const gemml_table *table, const struct roles *roles, bool weighed)
{
    struct rows made = {NULL, table->rows};
    weighed = weighed && roles->weight.count > 0;
    if (table->chosen || weighed || any_missing(table, &roles->targets) || any_missing(table, &roles->weight)) {
        TRY(memory_alloc(&made.index, table->rows, sizeof *made.index));
        list_rows(&made, table, roles, weighed);
        if (made.count == 0 && weighed)
            list_rows(&made, table, roles, false);
    }
    *rows = made;
    return GEMML_OK;
}

/* Sums of columns: each block of rows plainly, blocks with their rounding errors
 * (Knuth's two-sum), so that the error does not grow with the rows. */
struct sums {
    double *block, *total, *error; /* of each column */
    size_t *used;                  /* values that are not missing */
};

static gemml_status sums_make(struct sums *sums, size_t count)
{
    TRY(memory_zeroed(&sums->block, memory_product(3, count), sizeof *sums->block));
    gemml_status status = memory_zeroed(&sums->used, count, sizeof *sums->used);
    if (status != GEMML_OK)
        memory_free(sums->block);
    sums->total = sums->block + count;
    sums->error = sums->total + count;
    return status;
}

static void sums_free(struct sums *sums)
{
    memory_free(sums->block);
    memory_free(sums->used);
}

/* Columns to be summed. */
struct summands {
    const gemml_table *table;
    const size_t *list;
    size_t count;
    bool plain; /* doubles side by side, none missing */
};

static struct summands summands_of(const gemml_table *table, const size_t *list, size_t count)
{
    bool plain = table->cells.dtype == GEMML_F64;
    for (size_t j = 0; j < count && plain; j++)
        plain = list[j] == list[0] + j && table->column[list[j]].missing == 0;
    return (struct summands){table, list, count, plain};
}

/* block += scale times one row of values. */
static void add_row(struct sums *sums, const struct summands *summands, size_t row, double scale)
{
    const gemml_view *cells = &summands->table->cells;
    for (size_t j = 0; j < summands->count; j++) {
        double value = view_element(cells, row, summands->list[j]);
        bool there = !isnan(value);
        sums->block[j] += there ? scale * value : 0;
        sums->used[j] += there;
    }
}

/* The same where nothing is in the way of the compiler's vectors; `used` is all rows. */
static void add_plain_row(double *restrict block, const double *restrict value, size_t count, double scale)
{
    for (size_t j = 0; j < count; j++)
        block[j] += scale * value[j];
}

static void add_block(struct sums *sums, size_t count)
{
    for (size_t j = 0; j < count; j++) {
        double a = sums->total[j], b = sums->block[j], sum = a + b, c = sum - a;
        sums->error[j] += (a - (sum - c)) + (b - c);
        sums->total[j] = sum;
        sums->block[j] = 0;
    }
}

static void add_rows(struct sums *sums, const struct summands *summands, const struct rows *rows, double scale)
{
    const gemml_view *cells = &summands->table->cells;
    for (size_t i = 0; i < rows->count; i++) {
        size_t row = row_at(rows, i);
        if (summands->plain)
            add_plain_row(sums->block, (const double *)view_row(cells, row) + summands->list[0], summands->count,
                          scale);
        else
            add_row(sums, summands, row, scale);
        if ((i + 1) % BLOCK_ROWS == 0 || i + 1 == rows->count)
            add_block(sums, summands->count);
    }
    for (size_t j = 0; j < summands->count && summands->plain; j++)
        sums->used[j] = rows->count;
}

/* Gives false when a sum is beyond the range of double. */
static bool take_means(double *mean, struct sums *sums, const struct rows *rows, const struct summands *summands,
                       double scale)
{
    bool finite = true;
    size_t count = summands->count;
    add_rows(sums, summands, rows, scale);
    for (size_t j = 0; j < count; j++) {
        mean[j] = sums->used[j] > 0 ? (sums->total[j] + sums->error[j]) / ((double)sums->used[j] * scale) : GEMML_AUTO;
        finite = finite && (sums->used[j] == 0 || isfinite(mean[j]));
    }
    return finite;
}

gemml_status rows_means(double *mean, const struct rows *rows, const gemml_table *table, const size_t *list,
                        size_t count)
{
    struct summands summands = summands_of(table, list, count);
    struct sums sums;
    bool finite = count == 0;
    /* Where sums are beyond the range of double, parts of the values are summed: a
     * power of two, which rounds nothing but what is tiny beside them. */
    for (int exponent = 0; exponent >= -64 && !finite; exponent -= 64) {
        TRY(sums_make(&sums, count));
        finite = take_means(mean, &sums, rows, &summands, ldexp(1, exponent));
        sums_free(&sums);
    }
    return GEMML_OK;
}

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
    for (size_t i = 0; i < table->rows; i++)
        if (is_complete(table, &roles->targets, i) && is_complete(table, &roles->weight, i) &&
            (!weighed || has_weight(table, roles, i)))
            rows->index[rows->count++] = i;
}

gemml_status rows_select(struct rows *rows, const gemml_table *table, const struct roles *roles, bool weighed)
{
    struct rows made = {NULL, table->rows};
    weighed = weighed && roles->weight.count > 0;
    if (weighed || any_missing(table, &roles->targets) || any_missing(table, &roles->weight)) {
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

/* block += scale times one row of values. */
static void add_row(struct sums *sums, const gemml_view *cells, size_t row, const size_t *list, size_t count,
                    double scale)
{
    const double *doubles = cells->dtype == GEMML_F64 ? (const double *)view_row(cells, row) : NULL;
    for (size_t j = 0; j < count; j++) {
        double value = doubles ? doubles[list[j]] : view_element(cells, row, list[j]);
        bool there = !isnan(value);
        sums->block[j] += there ? scale * value : 0;
        sums->used[j] += there;
    }
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

/* Gives false when a sum is beyond the range of double. */
static bool take_means(double *mean, struct sums *sums, const struct rows *rows, const gemml_table *table,
                       const size_t *list, size_t count, double scale)
{
    bool finite = true;
    for (size_t i = 0; i < rows->count; i++) {
        add_row(sums, &table->cells, row_at(rows, i), list, count, scale);
        if ((i + 1) % BLOCK_ROWS == 0 || i + 1 == rows->count)
            add_block(sums, count);
    }
    for (size_t j = 0; j < count; j++) {
        mean[j] = sums->used[j] > 0 ? (sums->total[j] + sums->error[j]) / ((double)sums->used[j] * scale) : GEMML_AUTO;
        finite = finite && (sums->used[j] == 0 || isfinite(mean[j]));
    }
    return finite;
}

gemml_status rows_means(double *mean, const struct rows *rows, const gemml_table *table, const size_t *list,
                        size_t count)
{
    struct sums sums;
    bool finite = false;
    /* Where sums are beyond the range of double, parts of the values are summed: a
     * power of two, which rounds nothing but what is tiny beside them. */
    for (int exponent = 0; exponent >= -64 && !finite; exponent -= 64) {
        TRY(sums_make(&sums, count));
        finite = take_means(mean, &sums, rows, table, list, count, ldexp(1, exponent));
        sums_free(&sums);
    }
    return GEMML_OK;
}

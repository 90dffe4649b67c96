/* A random split: the rows are shuffled, brought together by their value where
 * they are stratified, and m of the n are taken at equal distances:
 *
 *   row i of the shuffled ones is held out when floor((u + (i + 1) m) / n) > floor((u + i m) / n)
 *
 * with u uniform on 0 .. n - 1: each has the chance m / n, and of c rows side by side
 * floor(c m / n) or ceil(c m / n) are taken. */
#include "data/split.h"

#include <math.h>
#include <stdlib.h>

#include "data/roles.h"
#include "data/table.h"
#include "util/rng.h"
#include "util/view.h"

/* The rows of a table, shuffled, and the values by which they are brought together. */
struct deck {
    size_t count;
    size_t *row;
    double *value; /* of each row of the table; NULL: not stratified */
    struct rng rng;
};

/* A row with its value and its place in the shuffled order. */
struct card {
    double value;
    size_t place, row;
};

/* By value, missing ones last; as shuffled among equals. */
static int compare_cards(const void *a, const void *b)
{
    const struct card *x = a, *y = b;
    int order = isnan(x->value) || isnan(y->value) ? isnan(x->value) - isnan(y->value)
                                                   : (x->value > y->value) - (x->value < y->value);
    return order ? order : (x->place > y->place) - (x->place < y->place);
}

static bool same_value(double a, double b)
{
    return isnan(a) ? isnan(b) : a >= b && a <= b;
}

static gemml_status bring_together(struct deck *deck)
{
    struct card *cards;
    TRY(memory_alloc(&cards, deck->count, sizeof *cards));
    for (size_t i = 0; i < deck->count; i++)
        cards[i] = (struct card){deck->value[deck->row[i]], i, deck->row[i]};
    qsort(cards, deck->count, sizeof *cards, compare_cards);
    for (size_t i = 0; i < deck->count; i++)
        deck->row[i] = cards[i].row;
    memory_free(cards);
    return GEMML_OK;
}

/* The first row of each value stays in training. */
static bool may_be_held(const struct deck *deck, size_t i)
{
    return !deck->value || (i > 0 && same_value(deck->value[deck->row[i]], deck->value[deck->row[i - 1]]));
}

static size_t held_count(size_t candidates, size_t rows, double share)
{
    size_t wanted = (size_t)floor(share * (double)rows + 0.5), most = candidates < rows ? candidates : rows - 1;
    wanted = wanted > 0 ? wanted : 1;
    return wanted < most ? wanted : most;
}

/* held[r] for each row r of the table; gives their number. */
static size_t draw(bool *held, struct deck *deck, double share)
{
    size_t candidates = 0, sum;
    for (size_t i = 0; i < deck->count; i++)
        candidates += may_be_held(deck, i);
    size_t m = held_count(candidates, deck->count, share);
    sum = candidates > 0 ? rng_below(&deck->rng, candidates) : 0;
    for (size_t i = 0; i < deck->count; i++) {
        sum += may_be_held(deck, i) ? m : 0;
        held[deck->row[i]] = may_be_held(deck, i) && sum >= candidates;
        sum -= held[deck->row[i]] ? candidates : 0;
    }
    return m;
}

static gemml_status take_values(double **values, const gemml_table *table, const char *stratify)
{
    struct column_list list = {0};
    TRY(columns_resolve(&list, table, "stratify", stratify));
    size_t column = list.index[0], count = list.count;
    column_list_free(&list);
    if (count != 1)
        return error_set(GEMML_ERROR_ARGUMENT, "stratify: %zu columns are given, but rows are spread by one", count);
    TRY(memory_alloc(values, table->rows, sizeof **values));
    for (size_t i = 0; i < table->rows; i++)
        (*values)[i] = view_element(&table->cells, table_row(table, i), column);
    return GEMML_OK;
}

static gemml_status shuffle(struct deck *deck, uint64_t seed)
{
    deck->rng = rng_make(seed, RNG_STREAM_SPLIT);
    TRY(memory_alloc(&deck->row, deck->count, sizeof *deck->row));
    rng_permutation(&deck->rng, deck->row, deck->count);
    return deck->value ? bring_together(deck) : GEMML_OK;
}

/* A table of those rows of `table` whose flag in `held` is `wanted`. */
static gemml_status show_rows(gemml_table **part, const gemml_table *table, const bool *held, bool wanted, size_t count)
{
    size_t *chosen, used = 0;
    TRY(memory_alloc(&chosen, count, sizeof *chosen));
    for (size_t i = 0; i < table->rows; i++)
        if (held[i] == wanted)
            chosen[used++] = table_row(table, i);
    gemml_status status = table_show(part, table, chosen, count);
    if (status != GEMML_OK)
        memory_free(chosen);
    return status;
}

static gemml_status deal(gemml_table **train, gemml_table **held, const gemml_table *table, struct deck *deck,
                         double share)
{
    gemml_table *kept;
    bool *is_held;
    TRY(memory_alloc(&is_held, table->rows, sizeof *is_held));
    size_t count = draw(is_held, deck, share);
    gemml_status status =
        count > 0 ? show_rows(&kept, table, is_held, false, table->rows - count)
                  : error_set(GEMML_ERROR_ARGUMENT, "stratify: each of the %zu rows of %s has a value of its own",
                              table->rows, table->file);
    if (status == GEMML_OK) {
        status = show_rows(held, table, is_held, true, count);
        if (status == GEMML_OK)
            *train = kept;
        else
            table_free(kept);
    }
    memory_free(is_held);
    return status;
}

gemml_status table_split(gemml_table **train, gemml_table **held, const gemml_table *table,
                         const gemml_split_options *options)
{
    struct deck deck = {.count = table->rows};
    if (table->rows < 2)
        return error_set(GEMML_ERROR_ARGUMENT, "%s has %zu row%s: a split needs two at least", table->file, table->rows,
                         table->rows == 1 ? "" : "s");
    gemml_status status = options->stratify ? take_values(&deck.value, table, options->stratify) : GEMML_OK;
    if (status == GEMML_OK)
        status = shuffle(&deck, options->seed);
    if (status == GEMML_OK)
        status = deal(train, held, table, &deck, options->share);
    memory_free(deck.row);
    memory_free(deck.value);
    return status;
}

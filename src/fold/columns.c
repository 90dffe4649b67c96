/* n rows, m = features + outputs columns, w weights, s a provisional mean. */
#include "fold/columns.h"

#include <math.h>
#include <string.h>

#include "fold/fold.h"
#include "kernel/dispatch.h"
#include "util/alloc.h"

enum {
    BLOCK_ROWS = 1024,
    CACHE = 256 << 10, /* bytes of a strip: a core's own cache */
    TOGETHER = 8,      /* rows that are added at a time, */
    PIECE = 64,        /* and columns of them: 64 lines of the cache; fewer columns than rows are few */
    SAMPLE_ROWS = 64,
    SAMPLE_GROUPS = 16
};

struct columns_job {
    const struct source *source;
    size_t count;
    const double *shift;
};

/* State: sum w, then m each of sum w d, sum w d^2, min, max; d = x - s. */
static double *first_sums(double *state)
{
    return state + 1;
}

static void columns_init(const void *context, void *state_memory)
{
    const struct columns_job *job = context;
    double *state = state_memory, *minimum = first_sums(state) + 2 * job->count, *maximum = minimum + job->count;
    memset(state, 0, (1 + 2 * job->count) * sizeof *state);
    for (size_t j = 0; j < job->count; j++) {
        minimum[j] = INFINITY;
        maximum[j] = -INFINITY;
    }
}

/* One entry to the sums of its column; w: its weight, not looked at where all are 1. */
INLINED void add_entry(double value, bool weighted, double w, double shift, double *first, double *second,
                       double *minimum, double *maximum)
{
    double d = value - shift;
    bool counts = !weighted || w > 0;
    *first += weighted ? w * d : d;
    *second += weighted ? w * (d * d) : d * d;
    *minimum = counts && value < *minimum ? value : *minimum;
    *maximum = counts && value > *maximum ? value : *maximum;
}

/* Adds rows to the sums of `count` columns; m: the distance of the four arrays. */
INLINED void add_together(size_t rows, bool weighted, size_t count, size_t m, const double *restrict x, size_t ld,
                          const double *w, const double *restrict shift, double *restrict sums)
{
    double *restrict first = sums, *restrict second = sums + m;
    double *restrict minimum = sums + 2 * m, *restrict maximum = sums + 3 * m;
    for (size_t j = 0; j < count; j++) {
        double sum = first[j], square = second[j], least = minimum[j], most = maximum[j];
        for (size_t i = 0; i < rows; i++)
            add_entry(x[i * ld + j], weighted, weighted ? w[i] : 1, shift[j], &sum, &square, &least, &most);
        first[j] = sum;
        second[j] = square;
        minimum[j] = least;
        maximum[j] = most;
    }
}

/* Asks for a piece of TOGETHER rows before it is needed. */
INLINED void ask_for(size_t count, const double *x, size_t ld)
{
    enum { LINE = 64 / sizeof(double) };
    for (size_t i = 0; i < TOGETHER; i++)
        for (size_t j = 0; j < count; j += LINE)
            __builtin_prefetch(x + i * ld + j);
}

/* TOGETHER rows, so that the sums need not be loaded and stored for each, piece by piece; the next piece, of
 * these rows or of as many after them, is on its way meanwhile. */
INLINED void add_pieces(bool more, bool weighted, size_t count, size_t m, const double *x, size_t ld,
                        const double *weight, const double *shift, double *sums)
{
    for (size_t j = 0, width; j < count; j += width) {
        width = count - j < PIECE ? count - j : PIECE;
        if (j + width < count)
            ask_for(count - j - width < PIECE ? count - j - width : PIECE, x + j + width, ld);
        else if (more)
            ask_for(count < PIECE ? count : PIECE, x + TOGETHER * ld, ld);
        add_together(TOGETHER, weighted, width, m, x + j, ld, weight, shift + j, sums + j);
    }
}

/* Adds the rows of one column, in TOGETHER running sums. */
INLINED void add_down(size_t rows, bool weighted, size_t m, const double *restrict x, size_t ld, const double *w,
                      double shift, double *restrict sums)
{
    double first[TOGETHER] = {0}, second[TOGETHER] = {0}, minimum[TOGETHER], maximum[TOGETHER];
    size_t i = 0;
    for (size_t l = 0; l < TOGETHER; l++) {
        minimum[l] = sums[2 * m];
        maximum[l] = sums[3 * m];
    }
    for (; i + TOGETHER <= rows; i += TOGETHER)
        for (size_t l = 0; l < TOGETHER; l++)
            add_entry(x[(i + l) * ld], weighted, weighted ? w[i + l] : 1, shift, first + l, second + l, minimum + l,
                      maximum + l);
    for (size_t l = 0; i + l < rows; l++)
        add_entry(x[(i + l) * ld], weighted, weighted ? w[i + l] : 1, shift, first + l, second + l, minimum + l,
                  maximum + l);
    for (size_t l = 0; l < TOGETHER; l++) {
        sums[0] += first[l];
        sums[m] += second[l];
        sums[2 * m] = minimum[l] < sums[2 * m] ? minimum[l] : sums[2 * m];
        sums[3 * m] = maximum[l] > sums[3 * m] ? maximum[l] : sums[3 * m];
    }
}

/* Many columns by pieces; few one after the other, each of whose additions would wait for the one before. */
DISPATCHED static void add_rows(size_t rows, size_t count, size_t m, const double *x, size_t ld, const double *weight,
                                const double *shift, double *sums)
{
    size_t i = 0;
    for (size_t j = 0; count < TOGETHER && j < count; j++)
        if (weight)
            add_down(rows, true, m, x + j, ld, weight, shift[j], sums + j);
        else
            add_down(rows, false, m, x + j, ld, NULL, shift[j], sums + j);
    if (count < TOGETHER)
        return;
    for (; i + TOGETHER <= rows; i += TOGETHER) {
        bool more = i + 2 * TOGETHER <= rows;
        if (weight)
            add_pieces(more, true, count, m, x + i * ld, ld, weight + i, shift, sums);
        else
            add_pieces(more, false, count, m, x + i * ld, ld, NULL, shift, sums);
    }
    for (; i < rows; i++)
        add_together(1, weight != NULL, count, m, x + i * ld, ld, weight ? weight + i : NULL, shift, sums);
}

static gemml_status columns_add(const void *context, void *state_memory, size_t first, size_t count, void *scratch)
{
    const struct columns_job *job = context;
    double *state = state_memory, *sums = first_sums(state);
    size_t p = job->source->features, K = job->source->outputs, m = job->count;
    struct block block;
    TRY(job->source->block(job->source, first, count, scratch, &block));
    if (!block.w)
        state[0] += (double)count;
    for (size_t i = 0; block.w && i < count; i++)
        state[0] += block.w[i];
    add_rows(count, p, m, block.X, block.ldx, block.w, job->shift, sums);
    if (block.Y)
        add_rows(count, K, m, block.Y, block.ldy, block.w, job->shift + p, sums + p);
    return GEMML_OK;
}

static void columns_merge(const void *context, void *into_memory, const void *from_memory)
{
    const struct columns_job *job = context;
    double *into = into_memory;
    const double *from = from_memory;
    size_t m = job->count;
    for (size_t j = 0; j < 1 + 2 * m; j++)
        into[j] += from[j];
    for (size_t j = 1 + 2 * m; j < 1 + 3 * m; j++)
        into[j] = from[j] < into[j] ? from[j] : into[j];
    for (size_t j = 1 + 3 * m; j < 1 + 4 * m; j++)
        into[j] = from[j] > into[j] ? from[j] : into[j];
}

/* mean = s + sum w d / sum w;  var = sum w d^2 / sum w - (mean - s)^2. */
static void finish(struct columns *columns, const struct columns_job *job, const double *state)
{
    size_t m = job->count;
    const double *sums = state + 1;
    columns->count = m;
    columns->sum_weight = state[0];
    for (size_t j = 0; j < m; j++) {
        double offset = sums[j] / state[0];
        double variance = sums[m + j] / state[0] - offset * offset;
        columns->mean[j] = job->shift[j] + offset;
        columns->minimum[j] = sums[2 * m + j];
        columns->maximum[j] = sums[3 * m + j];
        if (columns->minimum[j] == columns->maximum[j]) { /* exactly, whatever was rounded */
            columns->mean[j] = columns->minimum[j];
            variance = 0;
        }
        columns->variance[j] = variance < 0 ? 0 : variance;
    }
}

static gemml_status fold_columns(struct columns *columns, const struct columns_job *job)
{
    double *state;
    struct accumulator accumulator = {
        .state_bytes = memory_product(1 + 4 * job->count, sizeof(double)),
        .scratch_bytes = job->source->scratch(job->source, BLOCK_ROWS),
        .init = columns_init,
        .add = columns_add,
        .merge = columns_merge,
        .strip_rows = CACHE / sizeof(double) / (job->count + 1) / TOGETHER * TOGETHER + TOGETHER,
    };
    TRY(memory_alloc(&state, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, job, 0, job->source->rows, BLOCK_ROWS, state);
    if (status == GEMML_OK)
        finish(columns, job, state);
    memory_free(state);
    return status;
}

gemml_status columns_fold(struct columns *columns, const struct source *source)
{
    size_t m = source->features + source->outputs;
    double *shift;
    *columns = (struct columns){0};
    TRY(memory_alloc(&shift, memory_product(6, m), sizeof *shift));
    struct columns_job job = {.source = source, .count = m, .shift = shift};
    gemml_status status = columns_provisional(source, shift, shift + m);
    if (status == GEMML_OK)
        status = memory_alloc(&columns->mean, memory_product(4, m), sizeof *columns->mean);
    if (status == GEMML_OK) {
        columns->variance = columns->mean + m;
        columns->minimum = columns->mean + 2 * m;
        columns->maximum = columns->mean + 3 * m;
        status = fold_columns(columns, &job);
    }
    if (status != GEMML_OK)
        columns_free(columns);
    memory_free(shift);
    return status;
}

void columns_free(struct columns *columns)
{
    memory_free(columns->mean);
    *columns = (struct columns){0};
}

/* Copies rows of [X Y] of a block, those that count, to `to`; how many. One without weight may hold anything that is
 * finite. */
static size_t gather(const struct source *source, const struct block *block, double *to)
{
    size_t p = source->features, K = source->outputs, rows = 0;
    for (size_t i = 0; i < block->rows; i++) {
        if (block->w && !(block->w[i] > 0))
            continue;
        memcpy(to, block->X + i * block->ldx, p * sizeof *to);
        if (block->Y)
            memcpy(to + p, block->Y + i * block->ldy, K * sizeof *to);
        to += p + K;
        rows++;
    }
    return rows;
}

/* The sampled rows, from the first row of the source to the last. */
static gemml_status sample(const struct source *source, void *scratch, double *rows, size_t *count)
{
    size_t n = source->rows, m = source->features + source->outputs, groups = n <= SAMPLE_ROWS ? 1 : SAMPLE_GROUPS;
    size_t together = n <= SAMPLE_ROWS ? n : SAMPLE_ROWS / SAMPLE_GROUPS;
    *count = 0;
    for (size_t g = 0; g < groups; g++) {
        struct block block;
        /* n may exceed 2^60: divide before multiplying. */
        size_t first = groups > 1 ? (n - together) / (groups - 1) * g : 0;
        TRY(source->block(source, first, together, scratch, &block));
        *count += gather(source, &block, rows + *count * m);
    }
    return GEMML_OK;
}

DISPATCHED static void mean_rows(size_t n, size_t m, const double *restrict rows, double *restrict mean)
{
    memset(mean, 0, m * sizeof *mean);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            mean[j] += rows[i * m + j];
    for (size_t j = 0; j < m && n > 0; j++)
        mean[j] /= (double)n;
}

DISPATCHED static void largest_distance(size_t n, size_t m, const double *restrict rows, const double *restrict from,
                                        double *restrict most)
{
    memset(most, 0, m * sizeof *most);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            double distance = fabs(rows[i * m + j] - from[j]);
            most[j] = distance > most[j] ? distance : most[j];
        }
}

/* 2^-e with |x| = f 2^e, 1/2 <= f < 1. */
double columns_scale(double x)
{
    int exponent = 0;
    if (isfinite(x))
        frexp(x, &exponent);
    if (exponent > 1000)
        exponent = 1000;
    if (exponent < -1000)
        exponent = -1000;
    return ldexp(1, -exponent);
}

gemml_status columns_provisional(const struct source *source, double *shift, double *scale)
{
    size_t m = source->features + source->outputs, count = 0;
    size_t most = source->rows < SAMPLE_ROWS ? source->rows : SAMPLE_ROWS;
    size_t bytes = memory_round(memory_product(memory_product(most, m), sizeof(double)));
    double *rows;
    TRY(memory_alloc(&rows, memory_sum(bytes, source->scratch(source, most)), 1));
    gemml_status status = sample(source, (char *)rows + bytes, rows, &count);
    if (status == GEMML_OK) {
        mean_rows(count, m, rows, shift);
        largest_distance(count, m, rows, shift, scale);
    }
    for (size_t j = 0; j < m && status == GEMML_OK; j++)
        scale[j] = columns_scale(scale[j]);
    memory_free(rows);
    return status;
}

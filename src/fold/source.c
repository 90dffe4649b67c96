#include "fold/source.h"

#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel/dispatch.h"
#include "kernel/vector.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/view.h"

/* Elements that a thread copies at a time, in about 20 us. */
#define COPIED ((size_t)1 << 16)

/* One row of a view, converted by way of double and mapped. */
#define DEFINE_COPY_ROW(name, type)                                                                \
    DISPATCHED static void name(const type *restrict from, size_t n, const double *restrict shift, \
                                const double *restrict scale, real *restrict to)                   \
    {                                                                                              \
        if (shift)                                                                                 \
            for (size_t j = 0; j < n; j++)                                                         \
                to[j] = (real)(((double)from[j] - shift[j]) * scale[j]);                           \
        else                                                                                       \
            for (size_t j = 0; j < n; j++)                                                         \
                to[j] = (real)from[j];                                                             \
    }
DEFINE_COPY_ROW(copy_row_f64, double)
DEFINE_COPY_ROW(copy_row_f32, float)
DEFINE_COPY_ROW(copy_row_i32, int32_t)
DEFINE_COPY_ROW(copy_row_i64, int64_t)
#undef DEFINE_COPY_ROW

static void copy_row(const gemml_view *view, size_t row, const double *shift, const double *scale, real *to)
{
    size_t offset = row * view->stride;
    switch (view->dtype) {
    case GEMML_F64:
        copy_row_f64((const double *)view->data + offset, view->cols, shift, scale, to);
        break;
    case GEMML_F32:
        copy_row_f32((const float *)view->data + offset, view->cols, shift, scale, to);
        break;
    case GEMML_I32:
        copy_row_i32((const int32_t *)view->data + offset, view->cols, shift, scale, to);
        break;
    case GEMML_I64:
        copy_row_i64((const int64_t *)view->data + offset, view->cols, shift, scale, to);
        break;
    }
}

/* Rows that an index picks stand anywhere: their first lines are asked for some rows before they are copied. What
 * follows in long rows the processor foresees. Inlined always: GCC takes a function that does nothing but ask for
 * one without effect, and drops the calls. */
enum { ROWS_AHEAD = 8, LINE_BYTES = 64, MOST_LINES = 8 };

INLINED void ask_for_row(const gemml_view *view, size_t row)
{
    size_t bytes = view->cols * dtype_size(view->dtype);
    const char *data = view_row(view, row);
    for (size_t line = 0; line < MOST_LINES && line * LINE_BYTES < bytes; line++)
        __builtin_prefetch(data + line * LINE_BYTES);
    if (bytes > 0 && bytes < MOST_LINES * LINE_BYTES)
        __builtin_prefetch(data + bytes - 1); /* of a row across the borders of lines */
}

/* Nothing to convert, to select or to map, and a stride that BLAS can take. */
static bool direct(const struct view_source *source, const gemml_view *view, bool mapped)
{
    return view->dtype == REAL_DTYPE && !source->order && !source->permutation && !mapped && view->stride <= INT_MAX;
}

/* Bytes of scratch for the rows of a block that a permutation picks. */
static size_t index_bytes(const struct view_source *source, size_t count)
{
    return source->permutation ? memory_round(memory_product(count, sizeof(size_t))) : 0;
}

/* The rows of the views that make up a block, in scratch where they have to be computed; NULL: first, first + 1, ... */
static const size_t *index_of(const struct view_source *source, size_t first, size_t count, void *scratch)
{
    if (source->permutation) {
        permutation_rows(source->permutation, first, count, scratch);
        return scratch;
    }
    return source->order ? source->order + first : NULL;
}

/* Copies of rows: many of them are threads' work, unless this is a task itself. */
struct copy_job {
    const gemml_view *view;
    const double *shift, *scale;
    const size_t *index; /* of the rows; NULL: first, first + 1, ... */
    size_t first, count;
    size_t share; /* rows of a task */
    real *to;
};

static size_t row_of(const struct copy_job *job, size_t i)
{
    return job->index ? job->index[i] : job->first + i;
}

INLINED void ask_ahead(const struct copy_job *job, size_t i)
{
    if (job->index && i + ROWS_AHEAD < job->count)
        ask_for_row(job->view, job->index[i + ROWS_AHEAD]);
}

/* Rows of reals that stay as they are; a single column, as of targets, without a call for each. */
static void copy_reals(const struct copy_job *job, size_t begin, size_t end)
{
    const gemml_view *view = job->view;
    const real *from = view->data;
    if (view->cols == 1)
        for (size_t i = begin; i < end; i++)
            job->to[i] = from[row_of(job, i) * view->stride];
    else
        for (size_t i = begin; i < end; i++) {
            ask_ahead(job, i);
            memcpy(job->to + i * view->cols, from + row_of(job, i) * view->stride, view->cols * sizeof(real));
        }
}

static void copy_share(void *context, size_t index)
{
    const struct copy_job *job = context;
    size_t begin = index * job->share, left = job->count - begin, end = begin + (left < job->share ? left : job->share);
    if (job->view->dtype == REAL_DTYPE && !job->shift) {
        copy_reals(job, begin, end);
        return;
    }
    for (size_t i = begin; i < end; i++) {
        ask_ahead(job, i);
        copy_row(job->view, row_of(job, i), job->shift, job->scale, job->to + i * job->view->cols);
    }
}

/* Rows of a view as reals: the view's own memory, or copies in `scratch`. */
static const real *rows_of(const struct view_source *source, const gemml_view *view, const size_t *index, size_t first,
                           size_t count, const double *shift, const double *scale, real *scratch, size_t *ld)
{
    if (direct(source, view, shift != NULL)) {
        *ld = view->stride;
        return (const real *)view->data + first * view->stride;
    }
    *ld = view->cols;
    struct copy_job job = {view, shift, scale, index, first, count, COPIED / (view->cols + 1) + 1, scratch};
    parallel_for(count == 0 ? 0 : (count - 1) / job.share + 1, copy_share, &job);
    return scratch;
}

static size_t copied_reals(const struct view_source *source, const gemml_view *view, size_t count, bool mapped)
{
    if (!view->data || direct(source, view, mapped))
        return 0;
    return memory_round(memory_product(memory_product(count, view->cols), sizeof(real))) / sizeof(real);
}

/* A direct weight must also be contiguous: users of a block walk it by one. */
static bool weight_is_direct(const struct view_source *source)
{
    return direct(source, &source->weight, source->weight_scale != 0) && source->weight.stride == 1;
}

static size_t weight_reals(const struct view_source *source, size_t count)
{
    if (!source->weight.data || weight_is_direct(source))
        return 0;
    return memory_round(memory_product(count, sizeof(real))) / sizeof(real);
}

static size_t view_scratch(const struct source *base, size_t count)
{
    const struct view_source *source = (const struct view_source *)base;
    size_t reals = memory_sum(copied_reals(source, &source->x, count, source->shift != NULL),
                              copied_reals(source, &source->y, count, source->y_shift != NULL));
    reals = memory_sum(reals, weight_reals(source, count));
    return memory_sum(index_bytes(source, count), memory_product(reals, sizeof(real)));
}

static gemml_status view_block(const struct source *base, size_t first, size_t count, void *scratch,
                               struct block *block)
{
    const struct view_source *source = (const struct view_source *)base;
    static const double none = 0;
    const size_t *index = index_of(source, first, count, scratch);
    real *free = (real *)((char *)scratch + index_bytes(source, count));
    *block = (struct block){.rows = count, .in_place = direct(source, &source->x, source->shift != NULL)};
    block->X = rows_of(source, &source->x, index, first, count, source->shift, source->scale, free, &block->ldx);
    free += copied_reals(source, &source->x, count, source->shift != NULL);
    if (source->y.data) {
        block->Y =
            rows_of(source, &source->y, index, first, count, source->y_shift, source->y_scale, free, &block->ldy);
        free += copied_reals(source, &source->y, count, source->y_shift != NULL);
    }
    if (source->x_low.data) {
        block->X_low = (const double *)source->x_low.data + first * source->x_low.stride;
        block->ldx_low = source->x_low.stride;
    }
    if (!source->weight.data)
        return GEMML_OK;
    if (weight_is_direct(source))
        block->w = (const real *)source->weight.data + first;
    else {
        for (size_t i = 0; i < count; i++)
            copy_row(&source->weight, index ? index[i] : first + i, source->weight_scale != 0 ? &none : NULL,
                     &source->weight_scale, free + i);
        block->w = free;
    }
    return GEMML_OK;
}

struct view_source R(view_source)(gemml_view x, gemml_view y, gemml_view weight)
{
    return (struct view_source){
        .source = {.rows = x.rows, .features = x.cols, .outputs = y.cols, .scratch = view_scratch, .block = view_block},
        .x = x,
        .y = y,
        .weight = weight,
    };
}

/* A NaN has a sign, which means nothing and which printf shows. */
static const char *nonfinite_name(double value)
{
    return isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

/* The first entry of a view that is not finite; OK when all are. */
static gemml_status find_nonfinite(const char *name, const gemml_view *view)
{
    for (size_t i = 0; view->data && i < view->rows; i++)
        for (size_t j = 0; j < view->cols; j++)
            if (!isfinite(view_element(view, i, j)))
                return error_set(GEMML_ERROR_NONFINITE, "%s is %s in row %zu, column %zu (counted from 0)", name,
                                 nonfinite_name(view_element(view, i, j)), i, j);
    return GEMML_OK;
}

gemml_status R(source_find_nonfinite)(const struct view_source *source)
{
    TRY(find_nonfinite("x", &source->x));
    TRY(find_nonfinite("y", &source->y));
    return find_nonfinite("weight", &source->weight);
}

gemml_status R(source_explain_nonfinite)(const struct view_source *source)
{
    TRY(R(source_find_nonfinite)(source));
    return error_set(GEMML_ERROR_NONFINITE,
                     "all data are finite, but sums over them overflow: bring the columns to a common scale");
}

/* One number of each cache line. */
static void fetch(const volatile real *x, size_t count)
{
    enum { LINE = 64 / sizeof(real) };
    for (size_t i = 0; i < count; i += LINE)
        (void)x[i];
}

void R(block_fetch)(const struct block *block, size_t features)
{
    bool contiguous = block->ldx == features;
    for (size_t i = 0; i < (contiguous ? 1 : block->rows); i++)
        fetch(block->X + i * block->ldx, contiguous ? block->rows * features : features);
}

bool R(block_finite)(const struct block *block, size_t features)
{
    if (block->ldx == features)
        return R(vector_all_finite)(block->rows * features, block->X);
    for (size_t i = 0; i < block->rows; i++)
        if (!R(vector_all_finite)(features, block->X + i * block->ldx))
            return false;
    return true;
}

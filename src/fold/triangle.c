#include "fold/triangle.h"

#include <math.h>
#include <string.h>

#include "fold/columns.h"
#include "fold/fold.h"
#include "kernel/linalg_lapack.h"
#include "kernel/vector.h"
#include "util/alloc.h"

/* A height that is no power of two spreads the columns over the cache. */
enum { PANEL_ROWS = 256, PANEL_LD = PANEL_ROWS + 8 };

struct triangle_job {
    const struct triangle *triangle;
    const struct source *source;
};

/* A state: R, a second triangle that merging uses up, and LAPACK's work. */
static size_t state_doubles(const struct triangle *triangle)
{
    size_t m = triangle->order;
    return memory_sum(memory_product(2, memory_product(m, m)), lapack_qr_work(m));
}

static void triangle_init(const void *context, void *state)
{
    const struct triangle *triangle = ((const struct triangle_job *)context)->triangle;
    memset(state, 0, triangle->order * triangle->order * sizeof(double));
}

/* Rows of [1 U Y], times the root of w, become rows of the column-major B. */
static gemml_status prepare(const struct triangle_job *job, size_t first, size_t count, double *row, double *B,
                            void *scratch)
{
    const struct triangle *triangle = job->triangle;
    size_t p = triangle->features, K = triangle->outputs;
    struct block block;
    TRY(job->source->block(job->source, first, count, scratch, &block));
    for (size_t i = 0; i < count; i++) {
        double root = block.w ? sqrt(block.w[i]) : 1;
        row[0] = 1;
        vector_affine_rows_f64(1, p, block.X + i * block.ldx, p, triangle->shift, triangle->scale, row + 1, p);
        vector_affine_rows_f64(1, K, block.Y + i * block.ldy, K, triangle->shift + p, triangle->scale + p, row + 1 + p,
                               K);
        for (size_t j = 0; j < triangle->order; j++)
            B[j * PANEL_LD + i] = root * row[j];
    }
    return GEMML_OK;
}

static size_t row_bytes(const struct triangle *triangle)
{
    return memory_round(memory_product(triangle->order, sizeof(double)));
}

static size_t panel_bytes(const struct triangle *triangle)
{
    return memory_round(memory_product(memory_product(triangle->order, PANEL_LD), sizeof(double)));
}

static gemml_status triangle_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct triangle_job *job = context;
    size_t m = job->triangle->order;
    double *R = state, *work = R + 2 * m * m;
    double *row = scratch, *B = (double *)(void *)((char *)scratch + row_bytes(job->triangle));
    void *rest = (char *)B + panel_bytes(job->triangle);
    for (size_t done = 0; done < count; done += PANEL_ROWS) {
        size_t rows = count - done < PANEL_ROWS ? count - done : PANEL_ROWS;
        TRY(prepare(job, first + done, rows, row, B, rest));
        TRY(lapack_qr_update(m, R, m, rows, 0, B, PANEL_LD, work));
    }
    return GEMML_OK;
}

/* The sizes are those that add() was given: LAPACK has taken them before. */
static void triangle_merge(const void *context, void *into, const void *from)
{
    size_t m = ((const struct triangle_job *)context)->triangle->order;
    double *R = into, *copy = R + m * m, *work = copy + m * m;
    memcpy(copy, from, m * m * sizeof *copy);
    (void)lapack_qr_update(m, R, m, m, m, copy, m, work);
}

/* Rows enough that merging, 2/3 order^3 flops, costs little beside adding. */
static size_t block_rows(const struct triangle *triangle)
{
    size_t rows = 8 * triangle->order;
    return rows < 1024 ? 1024 : (rows + PANEL_ROWS - 1) / PANEL_ROWS * PANEL_ROWS;
}

static gemml_status fold_rows(struct triangle *triangle, const struct source *source)
{
    struct triangle_job job = {triangle, source};
    struct accumulator accumulator = {
        .state_bytes = memory_product(state_doubles(triangle), sizeof(double)),
        .scratch_bytes =
            memory_sum(memory_sum(row_bytes(triangle), panel_bytes(triangle)), source->scratch(source, PANEL_ROWS)),
        .init = triangle_init,
        .add = triangle_add,
        .merge = triangle_merge,
    };
    return fold(&accumulator, &job, 0, source->rows, block_rows(triangle), triangle->R);
}

gemml_status triangle_fold(struct triangle *triangle, const struct source *source)
{
    size_t m = 1 + source->features + source->outputs;
    *triangle = (struct triangle){.features = source->features, .outputs = source->outputs, .order = m};
    TRY(memory_alloc(&triangle->R, memory_sum(state_doubles(triangle), memory_product(2, m)), sizeof *triangle->R));
    triangle->shift = triangle->R + state_doubles(triangle);
    triangle->scale = triangle->shift + m;
    gemml_status status = columns_provisional(source, triangle->shift, triangle->scale);
    if (status == GEMML_OK)
        status = fold_rows(triangle, source);
    if (status != GEMML_OK)
        triangle_free(triangle);
    return status;
}

void triangle_free(struct triangle *triangle)
{
    memory_free(triangle->R);
    *triangle = (struct triangle){0};
}

bool triangle_finite(const struct triangle *triangle)
{
    for (size_t j = 0; j < triangle->order; j++)
        if (!isfinite(triangle->R[j * (triangle->order + 1)]))
            return false;
    return true;
}

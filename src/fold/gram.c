/* Two ways through the rows, chosen by the order m of G alone:
 *
 *   blocks  each block of rows has its own G; partial results are merged.
 *   tiles   for large m copies of G cost more than they save: a panel of rows is
 *           prepared by all threads, then each adds to its own tiles of the one G,
 *           while the next panel is prepared.
 *
 * Either way a panel P of rows is copied, shifted, scaled and weighted by the
 * root of w while it is in cache, and G += P'P is syrk (and gemm). */
#include "fold/gram.h"

#include <math.h>
#include <string.h>

#include "fold/columns.h"
#include "fold/fold.h"
#include "fold/source.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

enum {
    TILED_ORDER = 600, /* from here on by tiles */
    PANEL_ROWS = 256,  /* of blocks: one pass of OpenBLAS's inner dimension */
    TILED_PANEL_ROWS = 512,
    COPY_ROWS = 64, /* rows that one task prepares for the tiles */
};

struct gram_job {
    const struct gram *gram;
    const struct source *source;
};

/* Not dscal, which makes 0 of NaN and infinity where the factor is 0: data that
 * are not finite must show, whatever their weight. */
static void scale_row(size_t n, double factor, double *restrict row)
{
    for (size_t j = 0; j < n; j++)
        row[j] *= factor;
}

/* Writes rows first .. first + count - 1 as rows of P (count x ld): u, times the
 * root of w, and zeros up to ld. */
static gemml_status prepare(const struct gram_job *job, size_t first, size_t count, double *P, void *scratch)
{
    const struct gram *gram = job->gram;
    size_t p = gram->features, K = gram->outputs, ld = gram->ld;
    struct block block;
    TRY(job->source->block(job->source, first, count, scratch, &block));
    vector_affine_rows_f64(count, p, block.X, block.ldx, gram->shift, gram->scale, P, ld);
    vector_affine_rows_f64(count, K, block.Y, block.ldy, gram->shift + p, gram->scale + p, P + p, ld);
    for (size_t i = 0; i < count; i++) {
        double *row = P + i * ld;
        row[p + K] = 1;
        for (size_t j = gram->order; j < ld; j++)
            row[j] = 0;
        if (block.w)
            scale_row(gram->order, sqrt(block.w[i]), row);
    }
    return GEMML_OK;
}

/* ---- by blocks ---- */

static size_t panel_bytes(const struct gram *gram, size_t rows)
{
    return memory_round(memory_product(memory_product(rows, gram->ld), sizeof(double)));
}

static void blocks_init(const void *context, void *state)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    memset(state, 0, gram->ld * gram->ld * sizeof(double));
}

static gemml_status blocks_add(const void *context, void *G, size_t first, size_t count, void *scratch)
{
    const struct gram_job *job = context;
    double *P = scratch;
    void *rest = (char *)scratch + panel_bytes(job->gram, PANEL_ROWS);
    for (size_t done = 0; done < count; done += PANEL_ROWS) {
        size_t rows = count - done < PANEL_ROWS ? count - done : PANEL_ROWS;
        TRY(prepare(job, first + done, rows, P, rest));
        TRY(syrk_f64(job->gram->ld, rows, 1, P, job->gram->ld, 1, G, job->gram->ld));
    }
    return GEMML_OK;
}

static void blocks_merge(const void *context, void *into, const void *from)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    axpy_f64(gram->ld * gram->ld, 1, from, 1, into, 1);
}

/* Rows enough that merging G, ld^2 numbers, costs little beside adding to it. */
static size_t block_rows(const struct gram *gram)
{
    size_t rows = 4 * gram->ld;
    return rows < 1024 ? 1024 : (rows + PANEL_ROWS - 1) / PANEL_ROWS * PANEL_ROWS;
}

static gemml_status fold_by_blocks(struct gram *gram, const struct source *source)
{
    struct gram_job job = {.gram = gram, .source = source};
    struct accumulator accumulator = {
        .state_bytes = memory_product(memory_product(gram->ld, gram->ld), sizeof(double)),
        .scratch_bytes = memory_sum(panel_bytes(gram, PANEL_ROWS), source->scratch(source, PANEL_ROWS)),
        .init = blocks_init,
        .add = blocks_add,
        .merge = blocks_merge,
    };
    return fold(&accumulator, &job, 0, source->rows, block_rows(gram), gram->G);
}

/* ---- by tiles ---- */

struct tiles_job {
    struct gram_job gram_job;
    double *G;
    size_t tile, tiles_across; /* size and number of tiles in a row of G */
    size_t tiles;              /* on and above the diagonal */
    double *panel[2];          /* the one that is added, the one that is prepared */
    size_t panel_rows, next_first, next_rows;
    char *scratch; /* of the tasks that prepare */
    size_t scratch_bytes;
    struct task_error error;
};

/* Tile t above the diagonal (by rows), after them those on it: the dear ones first. */
static void tile_position(const struct tiles_job *job, size_t t, size_t *row, size_t *col)
{
    size_t across = job->tiles_across, above = across * (across - 1) / 2;
    *row = *col = t - above;
    if (t >= above)
        return;
    for (*row = 0; t >= across - 1 - *row; (*row)++)
        t -= across - 1 - *row;
    *col = *row + 1 + t;
}

static gemml_status add_tile(const struct tiles_job *job, size_t t)
{
    size_t ld = job->gram_job.gram->ld, row, col;
    tile_position(job, t, &row, &col);
    size_t i = row * job->tile, j = col * job->tile;
    size_t height = ld - i < job->tile ? ld - i : job->tile, width = ld - j < job->tile ? ld - j : job->tile;
    const double *P = job->panel[0];
    if (row == col)
        return syrk_f64(height, job->panel_rows, 1, P + i, ld, 1, job->G + i * ld + i, ld);
    return gemm_f64(true, false, height, width, job->panel_rows, 1, P + i, ld, P + j, ld, 1, job->G + i * ld + j, ld);
}

static gemml_status prepare_rows(const struct tiles_job *job, size_t task)
{
    size_t done = task * COPY_ROWS, left = job->next_rows - done;
    return prepare(&job->gram_job, job->next_first + done, left < COPY_ROWS ? left : COPY_ROWS,
                   job->panel[1] + done * job->gram_job.gram->ld, job->scratch + task * job->scratch_bytes);
}

static void tiles_task(void *context, size_t index)
{
    struct tiles_job *job = context;
    size_t tiles = job->panel_rows > 0 ? job->tiles : 0;
    if (!task_error_failed(&job->error, index))
        task_error_note(&job->error, index, index < tiles ? add_tile(job, index) : prepare_rows(job, index - tiles));
}

/* Adds the prepared panel while the next one is prepared. */
static void tiles_step(struct tiles_job *job, size_t first, size_t rows)
{
    job->next_first = first;
    job->next_rows = rows;
    parallel_for((job->panel_rows > 0 ? job->tiles : 0) + (rows + COPY_ROWS - 1) / COPY_ROWS, tiles_task, job);
    double *added = job->panel[0];
    job->panel[0] = job->panel[1];
    job->panel[1] = added;
    job->panel_rows = rows;
}

static void add_panels(struct tiles_job *job)
{
    size_t n = job->gram_job.source->rows;
    for (size_t first = 0; first < n && !task_error_failed(&job->error, SIZE_MAX); first += TILED_PANEL_ROWS)
        tiles_step(job, first, n - first < TILED_PANEL_ROWS ? n - first : TILED_PANEL_ROWS);
    if (!task_error_failed(&job->error, SIZE_MAX))
        tiles_step(job, n, 0);
}

static gemml_status fold_by_tiles(struct gram *gram, const struct source *source)
{
    struct tiles_job job = {.gram_job = {gram, source}, .G = gram->G, .tile = gram->ld < 768 ? 128 : 256};
    job.tiles_across = (gram->ld + job.tile - 1) / job.tile;
    job.tiles = job.tiles_across * (job.tiles_across + 1) / 2;
    job.scratch_bytes = memory_round(source->scratch(source, COPY_ROWS));
    size_t panel = panel_bytes(gram, TILED_PANEL_ROWS);
    size_t bytes =
        memory_sum(memory_product(2, panel), memory_product(TILED_PANEL_ROWS / COPY_ROWS, job.scratch_bytes));
    char *memory;
    TRY(memory_alloc(&memory, bytes, 1));
    job.panel[0] = (double *)(void *)memory;
    job.panel[1] = (double *)(void *)(memory + panel);
    job.scratch = memory + 2 * panel;
    memset(gram->G, 0, gram->ld * gram->ld * sizeof *gram->G);
    task_error_init(&job.error);
    add_panels(&job);
    memory_free(memory);
    return task_error_finish(&job.error);
}

/* ---- both ---- */

/* Room for all of it in one allocation, at shift: shift and scale, then G. */
static gemml_status allocate(struct gram *gram, size_t features, size_t outputs)
{
    size_t m = features + outputs + 1, ld = (m + 3) / 4 * 4;
    size_t head = memory_round(memory_product(memory_product(2, m), sizeof(double)));
    char *memory;
    *gram = (struct gram){.features = features, .outputs = outputs, .order = m, .ld = ld};
    TRY(memory_alloc(&memory, memory_sum(head, memory_product(memory_product(ld, ld), sizeof(double))), 1));
    gram->shift = (double *)(void *)memory;
    gram->scale = gram->shift + m;
    gram->G = (double *)(void *)(memory + head);
    return GEMML_OK;
}

gemml_status gram_fold(struct gram *gram, const struct source *source)
{
    TRY(allocate(gram, source->features, source->outputs));
    gram->rows = source->rows;
    gemml_status status = columns_provisional(source, gram->shift, gram->scale);
    if (status == GEMML_OK)
        status = gram->order < TILED_ORDER ? fold_by_blocks(gram, source) : fold_by_tiles(gram, source);
    if (status != GEMML_OK)
        gram_free(gram);
    return status;
}

gemml_status gram_new(struct gram *gram, size_t features, size_t outputs)
{
    TRY(allocate(gram, features, outputs));
    memset(gram->G, 0, gram->ld * gram->ld * sizeof *gram->G);
    for (size_t j = 0; j < gram->order - 1; j++) {
        gram->shift[j] = 0;
        gram->scale[j] = 1;
    }
    return GEMML_OK;
}

gemml_status gram_copy(struct gram *gram, const struct gram *source)
{
    TRY(allocate(gram, source->features, source->outputs));
    gram->rows = source->rows;
    memcpy(gram->shift, source->shift, (source->order - 1) * sizeof *source->shift);
    memcpy(gram->scale, source->scale, (source->order - 1) * sizeof *source->scale);
    memcpy(gram->G, source->G, source->ld * source->ld * sizeof *source->G);
    return GEMML_OK;
}

void gram_free(struct gram *gram)
{
    memory_free(gram->shift);
    *gram = (struct gram){0};
}

bool gram_finite(const struct gram *gram)
{
    for (size_t j = 0; j < gram->order; j++)
        if (!isfinite(gram->G[j * gram->ld + j]))
            return false;
    return true;
}

double gram_sum_weight(const struct gram *gram)
{
    return gram->G[(gram->order - 1) * (gram->ld + 1)];
}

/* G_jk - o_j S_k - S_j o_k + W o_j o_k,  S_j - W o_j. */
void gram_recentre(struct gram *gram, const double *offset)
{
    size_t last = gram->order - 1;
    double W = gram_sum_weight(gram);
    for (size_t j = 0; j < last; j++) {
        double *row = gram->G + j * gram->ld, S = row[last];
        for (size_t k = j; k < last; k++)
            row[k] -= offset[j] * gram->G[k * gram->ld + last] + (S - W * offset[j]) * offset[k];
    }
    for (size_t j = 0; j < last; j++)
        gram->G[j * gram->ld + last] -= W * offset[j];
}

/* G_jk r_j r_k with r = new scale / old scale: powers of two, so exact. First, since
 * where G_jj is 0 the old scale may be one in which the offset's square vanishes. */
static void rescale(struct gram *gram, const double *scale)
{
    size_t last = gram->order - 1;
    for (size_t j = 0; j < last; j++) {
        double r = scale[j] / gram->scale[j];
        for (size_t i = 0; i < j; i++)
            gram->G[i * gram->ld + j] *= r;
        gram->G[j * gram->ld + j] *= r;
        for (size_t k = j; k <= last; k++)
            gram->G[j * gram->ld + k] *= r;
        gram->scale[j] = scale[j];
    }
}

void gram_rebase(struct gram *gram, const double *shift, const double *scale, double *offset)
{
    rescale(gram, scale);
    for (size_t j = 0; j < gram->order - 1; j++) {
        offset[j] = (shift[j] - gram->shift[j]) * scale[j];
        gram->shift[j] = shift[j];
    }
    gram_recentre(gram, offset);
}

/* G_jj - S_j^2 / W. */
double gram_square(const struct gram *gram, size_t j)
{
    double S = gram->G[j * gram->ld + gram->order - 1];
    return gram->G[j * gram->ld + j] - S * (S / gram_sum_weight(gram));
}

/* G_jj + c (2 S_j + c W) with c = shift_j scale_j. */
double gram_square_about_zero(const struct gram *gram, size_t j)
{
    double S = gram->G[j * gram->ld + gram->order - 1], c = gram->shift[j] * gram->scale[j];
    return gram->G[j * gram->ld + j] + c * (2 * S + c * gram_sum_weight(gram));
}

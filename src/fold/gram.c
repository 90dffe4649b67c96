/* Two ways through the rows, chosen by the order m of G alone:
 *
 *   blocks  each block of rows has its own G; partial results are merged.
 *   tiles   for large m copies of G cost more than they save: a panel of rows is
 *           prepared by all threads, then each adds to its own tiles of the one G,
 *           while the next panel is prepared.
 *
 * Either way a panel P of rows (fold/panel.h) is copied, shifted, scaled and weighted by the
 * root of w while it is in cache, then G += P'P. */
#include "fold/gram.h"

#include <math.h>
#include <string.h>

#include "fold/columns.h"
#include "fold/fold.h"
#include "fold/panel.h"
#include "fold/source.h"
#include "kernel/linalg.h"
#include "util/alloc.h"
#include "util/parallel.h"
#include "util/task_error.h"

enum {
    TILED_ORDER = 600, /* from here on by tiles */
    TILED_PANEL_ROWS = 480,
    COPY_ROWS = 48, /* rows that one task prepares for the tiles */
};

struct gram_job {
    const struct gram *gram;
    const struct source *source;
};

/* ---- by blocks ---- */

static void blocks_init(const void *context, void *state)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    memset(state, 0, gram->ld * gram->ld * sizeof(double));
}

static gemml_status add_panel(const struct gram *gram, const double *P, size_t rows, double *G)
{
    size_t groups = panel_groups(gram->ld);
    for (size_t i = 0; i < groups; i++)
        for (size_t j = i; j < groups; j++)
            TRY(panel_add(gram, P, rows, i, j, G));
    return GEMML_OK;
}

static gemml_status blocks_add(const void *context, void *G, size_t first, size_t count, void *scratch)
{
    const struct gram_job *job = context;
    size_t most = panel_rows(job->gram->ld);
    double *P = scratch;
    void *rest = (char *)scratch + panel_bytes(job->gram->ld, most);
    for (size_t done = 0; done < count; done += most) {
        size_t rows = count - done < most ? count - done : most;
        TRY(panel_prepare(job->gram, job->source, first + done, rows, P, rows, 0, rest));
        TRY(add_panel(job->gram, P, rows, G));
    }
    return GEMML_OK;
}

static void blocks_merge(const void *context, void *into, const void *from)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    axpy_f64(gram->ld * gram->ld, 1, from, 1, into, 1);
}

/* Rows enough that merging G, ld^2 numbers, costs little beside adding to it: 32 times as many as it has,
 * but no fewer blocks than 32 where that leaves 4 times as many. Of whole panels. */
static size_t block_rows(const struct gram *gram, size_t n)
{
    size_t panel = panel_rows(gram->ld), least = 4 * gram->ld, rows = n / 32;
    rows = rows > 32 * gram->ld ? 32 * gram->ld : rows;
    rows = rows < least ? least : rows;
    rows = rows < 1024 ? 1024 : rows;
    return (rows + panel - 1) / panel * panel;
}

static gemml_status fold_by_blocks(struct gram *gram, const struct source *source)
{
    struct gram_job job = {.gram = gram, .source = source};
    size_t panel = panel_rows(gram->ld);
    struct accumulator accumulator = {
        .state_bytes = memory_product(memory_product(gram->ld, gram->ld), sizeof(double)),
        .scratch_bytes = memory_sum(panel_bytes(gram->ld, panel), source->scratch(source, panel)),
        .init = blocks_init,
        .add = blocks_add,
        .merge = blocks_merge,
    };
    return fold(&accumulator, &job, 0, source->rows, block_rows(gram, source->rows), gram->G);
}

/* ---- by tiles ---- */

struct tiles_job {
    struct gram_job gram_job;
    double *G;
    size_t tiles_across; /* in a row of G: one for each group of columns */
    size_t tiles;        /* on and above the diagonal */
    double *panel[2];    /* the one that is added, the one that is prepared */
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
    size_t row, col;
    tile_position(job, t, &row, &col);
    return panel_add(job->gram_job.gram, job->panel[0], job->panel_rows, row, col, job->G);
}

static gemml_status prepare_rows(const struct tiles_job *job, size_t task)
{
    size_t done = task * COPY_ROWS, left = job->next_rows - done;
    return panel_prepare(job->gram_job.gram, job->gram_job.source, job->next_first + done,
                         left < COPY_ROWS ? left : COPY_ROWS, job->panel[1], job->next_rows, done,
                         job->scratch + task * job->scratch_bytes);
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
    struct tiles_job job = {.gram_job = {gram, source}, .G = gram->G, .tiles_across = panel_groups(gram->ld)};
    job.tiles = job.tiles_across * (job.tiles_across + 1) / 2;
    job.scratch_bytes = memory_round(source->scratch(source, COPY_ROWS));
    size_t panel = panel_bytes(gram->ld, TILED_PANEL_ROWS);
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
    size_t m = features + outputs + 1, ld = panel_ld(m);
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

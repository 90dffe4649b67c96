/* Two ways through the rows, chosen by the order m of G and the number of rows:
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
    TILED_ORDER = 600, /* from here on by tiles, */
    FEW_ORDER = 384,   /* and from here on where there are few rows for each column: so few blocks are */
    FEW_ROWS = 64,     /* shared unevenly */
    TILED_PANEL_ROWS = 4 * PANEL_DEPTH,
    COPY_ROWS = 48, /* rows that one task prepares for the tiles */
    EDGE = 2,       /* groups across what a task adds to: 4 tiles and a piece of 4 groups stay in a core's cache */
};

struct gram_job {
    const struct gram *gram;
    const struct source *source;
};

/* A tile is the part of G of one group's rows and one's columns. Where there are several, those on and above the
 * diagonal stand one after the other until the end, each contiguous: its rows in G are up to a page apart. */
static size_t tile_size(const struct gram *gram)
{
    return panel_width(gram->ld, 0) * panel_width(gram->ld, 0);
}

static size_t tiles_bytes(const struct gram *gram)
{
    size_t groups = panel_groups(gram->ld), tiles = groups * (groups + 1) / 2;
    return memory_product(memory_product(tiles, tile_size(gram)), sizeof(double));
}

static double *tile_of(const struct gram *gram, double *tiles, size_t i, size_t j)
{
    return tiles + (i * (2 * panel_groups(gram->ld) - i - 1) / 2 + j) * tile_size(gram);
}

static void store_tile(struct gram *gram, double *tiles, size_t i, size_t j)
{
    size_t height = panel_width(gram->ld, i), width = panel_width(gram->ld, j);
    const double *C = tile_of(gram, tiles, i, j);
    double *G = gram->G + panel_first(i) * gram->ld + panel_first(j);
    for (size_t row = 0; row < height; row++)
        memcpy(G + row * gram->ld, C + row * width, width * sizeof *G);
}

/* ---- by blocks ---- */

static void blocks_init(const void *context, void *state)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    memset(state, 0, tiles_bytes(gram));
}

static gemml_status add_panel(const struct gram *gram, const double *P, size_t rows, double *tiles)
{
    size_t groups = panel_groups(gram->ld);
    for (size_t i = 0; i < groups; i++)
        for (size_t j = i; j < groups; j++)
            TRY(panel_add(gram, P, rows, 0, rows, i, j, tile_of(gram, tiles, i, j), panel_width(gram->ld, j)));
    return GEMML_OK;
}

static gemml_status blocks_add(const void *context, void *tiles, size_t first, size_t count, void *scratch)
{
    const struct gram_job *job = context;
    size_t most = panel_rows(job->gram->ld);
    double *P = scratch;
    void *rest = (char *)scratch + panel_bytes(job->gram->ld, most);
    for (size_t done = 0; done < count; done += most) {
        size_t rows = count - done < most ? count - done : most;
        TRY(panel_prepare(job->gram, job->source, first + done, rows, P, rows, 0, rest));
        TRY(add_panel(job->gram, P, rows, tiles));
    }
    return GEMML_OK;
}

static void blocks_merge(const void *context, void *into, const void *from)
{
    const struct gram *gram = ((const struct gram_job *)context)->gram;
    axpy_f64(tiles_bytes(gram) / sizeof(double), 1, from, 1, into, 1);
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
        .state_bytes = tiles_bytes(gram),
        .scratch_bytes = memory_sum(panel_bytes(gram->ld, panel), source->scratch(source, panel)),
        .init = blocks_init,
        .add = blocks_add,
        .merge = blocks_merge,
    };
    size_t groups = panel_groups(gram->ld), rows = block_rows(gram, source->rows);
    double *tiles;
    if (groups == 1) /* the tile is G */
        return fold(&accumulator, &job, 0, source->rows, rows, gram->G);
    TRY(memory_alloc(&tiles, accumulator.state_bytes, 1));
    gemml_status status = fold(&accumulator, &job, 0, source->rows, rows, tiles);
    for (size_t i = 0; i < groups && status == GEMML_OK; i++)
        for (size_t j = i; j < groups; j++)
            store_tile(gram, tiles, i, j);
    memory_free(tiles);
    return status;
}

/* ---- by tiles ---- */

/* A square is EDGE x EDGE tiles, or one tile. */
struct tiles_job {
    struct gram *gram;
    const struct source *source;
    double *tiles;
    size_t groups, edge; /* tiles across G, across a square */
    size_t across;       /* squares across G */
    size_t squares;      /* on and above the diagonal */
    double *panel[2];    /* the one that is added, the one that is prepared */
    size_t first, panel_rows, next_first, next_rows;
    char *scratch; /* of the tasks that prepare */
    size_t scratch_bytes;
    struct task_error error;
};

/* Square t above the diagonal (by rows), after them those on it: the dear ones first. */
static void square_position(const struct tiles_job *job, size_t t, size_t *row, size_t *col)
{
    size_t across = job->across, above = across * (across - 1) / 2;
    *row = *col = t - above;
    if (t >= above)
        return;
    for (*row = 0; t >= across - 1 - *row; (*row)++)
        t -= across - 1 - *row;
    *col = *row + 1 + t;
}

/* Does `work` to the tiles of square t. */
static gemml_status for_tiles(struct tiles_job *job, size_t t, size_t done,
                              gemml_status (*work)(struct tiles_job *job, size_t i, size_t j, size_t done))
{
    size_t row, col, edge = job->edge;
    square_position(job, t, &row, &col);
    for (size_t i = row * edge; i < (row + 1) * edge && i < job->groups; i++)
        for (size_t j = i > col * edge ? i : col * edge; j < (col + 1) * edge && j < job->groups; j++)
            TRY(work(job, i, j, done));
    return GEMML_OK;
}

/* Rows done .. of the panel, PANEL_DEPTH of them. */
static gemml_status add_tile(struct tiles_job *job, size_t i, size_t j, size_t done)
{
    size_t left = job->panel_rows - done;
    double *C = tile_of(job->gram, job->tiles, i, j);
    if (job->first == 0 && done == 0)
        memset(C, 0, tile_size(job->gram) * sizeof *C);
    return panel_add(job->gram, job->panel[0], job->panel_rows, done, left < PANEL_DEPTH ? left : PANEL_DEPTH, i, j, C,
                     panel_width(job->gram->ld, j));
}

static gemml_status add_square(struct tiles_job *job, size_t t)
{
    for (size_t done = 0; done < job->panel_rows; done += PANEL_DEPTH)
        TRY(for_tiles(job, t, done, add_tile));
    return GEMML_OK;
}

static gemml_status store_one(struct tiles_job *job, size_t i, size_t j, size_t done)
{
    (void)done;
    store_tile(job->gram, job->tiles, i, j);
    return GEMML_OK;
}

static void store_square(void *context, size_t index)
{
    for_tiles(context, index, 0, store_one);
}

static gemml_status prepare_rows(const struct tiles_job *job, size_t task)
{
    size_t done = task * COPY_ROWS, left = job->next_rows - done;
    return panel_prepare(job->gram, job->source, job->next_first + done, left < COPY_ROWS ? left : COPY_ROWS,
                         job->panel[1], job->next_rows, done, job->scratch + task * job->scratch_bytes);
}

static void tiles_task(void *context, size_t index)
{
    struct tiles_job *job = context;
    size_t squares = job->panel_rows > 0 ? job->squares : 0;
    if (!task_error_failed(&job->error, index))
        task_error_note(&job->error, index,
                        index < squares ? add_square(job, index) : prepare_rows(job, index - squares));
}

/* Adds the prepared panel while the next one is prepared. */
static void tiles_step(struct tiles_job *job, size_t first, size_t rows)
{
    job->next_first = first;
    job->next_rows = rows;
    parallel_for((job->panel_rows > 0 ? job->squares : 0) + (rows + COPY_ROWS - 1) / COPY_ROWS, tiles_task, job);
    double *added = job->panel[0];
    job->panel[0] = job->panel[1];
    job->panel[1] = added;
    job->first = first;
    job->panel_rows = rows;
}

static void add_panels(struct tiles_job *job)
{
    size_t n = job->source->rows;
    for (size_t first = 0; first < n && !task_error_failed(&job->error, SIZE_MAX); first += TILED_PANEL_ROWS)
        tiles_step(job, first, n - first < TILED_PANEL_ROWS ? n - first : TILED_PANEL_ROWS);
    if (!task_error_failed(&job->error, SIZE_MAX))
        tiles_step(job, n, 0);
}

/* Squares of several tiles, but of one where there are few for so many threads: each tile has the same bits. */
static void cut_squares(struct tiles_job *job)
{
    job->groups = panel_groups(job->gram->ld);
    for (job->edge = EDGE;; job->edge = 1) {
        job->across = (job->groups + job->edge - 1) / job->edge;
        job->squares = job->across * (job->across + 1) / 2;
        if (job->edge == 1 || job->squares >= 4 * parallel_threads())
            return;
    }
}

static gemml_status fold_by_tiles(struct gram *gram, const struct source *source)
{
    struct tiles_job job = {.gram = gram, .source = source};
    cut_squares(&job);
    job.scratch_bytes = memory_round(source->scratch(source, COPY_ROWS));
    size_t panel = panel_bytes(gram->ld, TILED_PANEL_ROWS), copies = TILED_PANEL_ROWS / COPY_ROWS;
    size_t tiles = memory_round(tiles_bytes(gram));
    size_t bytes = memory_sum(memory_sum(tiles, memory_product(2, panel)), memory_product(copies, job.scratch_bytes));
    char *memory;
    TRY(memory_alloc(&memory, bytes, 1));
    job.tiles = (double *)(void *)memory;
    job.panel[0] = (double *)(void *)(memory + tiles);
    job.panel[1] = (double *)(void *)(memory + tiles + panel);
    job.scratch = memory + tiles + 2 * panel;
    task_error_init(&job.error);
    add_panels(&job);
    if (!task_error_failed(&job.error, SIZE_MAX))
        parallel_for(job.squares, store_square, &job);
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

static bool takes_tiles(const struct gram *gram)
{
    return gram->order >= TILED_ORDER || (gram->order >= FEW_ORDER && gram->rows / FEW_ROWS < gram->order);
}

gemml_status gram_fold(struct gram *gram, const struct source *source)
{
    TRY(allocate(gram, source->features, source->outputs));
    gram->rows = source->rows;
    gemml_status status = columns_provisional(source, gram->shift, gram->scale);
    if (status == GEMML_OK)
        status = takes_tiles(gram) ? fold_by_tiles(gram, source) : fold_by_blocks(gram, source);
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

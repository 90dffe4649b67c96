/* Clusters around the corners of a cube, cluster by cluster in blocks of rows.
 *
 *   C      clusters: classes * clusters_per_class; cluster c is of class c mod K
 *   m      informative columns, r redundant ones
 *   v_c    the corner of cluster c, 1 x m: +-separation, distinct
 *   A_c    m x m, B m x r: uniform on (-1, 1)
 *   Z      rows of a block, N(0, 1):  M = Z A_c + 1 v_c,  R = M B
 *
 * Row number i of the making is in cluster i mod C, or with shares they are made cluster
 * after cluster; where rows are shuffled it is row order[i] of the matrix. */
#include "data/generate.h"

#include <math.h>

#include "kernel/linalg.h"
#include "util/alloc.h"
#include "util/view.h"

/* Corners are told apart by their first components, so many at most. */
#define CORNER_BITS 24

struct clusters {
    const gemml_classification_options *options;
    gemml_matrix x, y;
    size_t count, blocks;   /* C, and blocks of rows for each */
    double *corner, *A, *B; /* C x m, C m x m, m x r */
    size_t *first;          /* the number of each cluster's first row in the making; C + 1, with shares only */
    double *shift, *scale;  /* of each column */
    size_t *row, *column;   /* where rows and columns go */
    size_t *repeated;       /* which columns are copied */
};

/* `count` distinct numbers out of 0 .. 2^bits - 1, each subset equally likely (Floyd's
 * algorithm; Bentley and Floyd, Communications of the ACM 30, 1987), then shuffled. */
static gemml_status draw_distinct(struct rng *rng, unsigned bits, size_t *number, size_t count)
{
    size_t all = (size_t)1 << bits;
    unsigned char *taken;
    TRY(memory_zeroed(&taken, all, 1));
    for (size_t k = 0; k < count; k++) {
        size_t top = all - count + k, drawn = (size_t)rng_below(rng, top + 1);
        number[k] = taken[drawn] ? top : drawn;
        taken[number[k]] = 1;
    }
    memory_free(taken);
    for (size_t k = count; k > 1; k--) {
        size_t other = (size_t)rng_below(rng, k), last = number[k - 1];
        number[k - 1] = number[other];
        number[other] = last;
    }
    return GEMML_OK;
}

static gemml_status draw_corners(struct clusters *clusters)
{
    const gemml_classification_options *options = clusters->options;
    size_t m = options->informative, *number;
    unsigned bits = m < CORNER_BITS ? (unsigned)m : CORNER_BITS;
    struct rng rng = draw_at(options->seed, DRAW_CORNER, 0);
    TRY(memory_alloc(&number, clusters->count, sizeof *number));
    gemml_status status = draw_distinct(&rng, bits, number, clusters->count);
    for (size_t c = 0; status == GEMML_OK && c < clusters->count; c++)
        for (size_t j = 0; j < m; j++) {
            bool up = j < bits ? number[c] >> j & 1 : rng_below(&rng, 2) == 1;
            double inward = options->cube ? 1
                                          : draw_uniform(options->seed, DRAW_POLYTOPE, c) *
                                                draw_uniform(options->seed, DRAW_POLYTOPE, clusters->count + j);
            clusters->corner[c * m + j] = inward * (up ? options->separation : -options->separation);
        }
    memory_free(number);
    return status;
}

/* With shares: first[c], from the clusters' sizes. */
static gemml_status divide_rows(struct clusters *clusters)
{
    const gemml_classification_options *options = clusters->options;
    size_t C = clusters->count, n = clusters->x.rows, taken = 0;
    if (!options->shares)
        return GEMML_OK;
    TRY(memory_alloc(&clusters->first, C + 1, sizeof *clusters->first));
    size_t *size = clusters->first + 1; /* which becomes the next cluster's first row */
    for (size_t c = 0; c < C; c++) {
        double share = (double)n * options->shares[c % options->classes] / (double)options->clusters_per_class;
        size_t left = n - taken;
        size[c] = share < (double)left ? (size_t)share : left;
        taken += size[c];
    }
    for (size_t c = 0; taken < n; c = (c + 1) % C, taken++)
        size[c]++;
    clusters->first[0] = 0;
    for (size_t c = 0; c < C; c++)
        size[c] += clusters->first[c];
    return GEMML_OK;
}

/* How many rows cluster c has, and their numbers in the making. */
static size_t members_of(const struct clusters *clusters, size_t c)
{
    size_t n = clusters->x.rows, C = clusters->count;
    if (clusters->first)
        return clusters->first[c + 1] - clusters->first[c];
    return c < n ? (n - c - 1) / C + 1 : 0;
}

static size_t member(const struct clusters *clusters, size_t c, size_t i)
{
    return clusters->first ? clusters->first[c] + i : c + i * clusters->count;
}

/* Of each column, before columns are shuffled. */
static gemml_status draw_units(struct clusters *clusters)
{
    const gemml_classification_options *options = clusters->options;
    size_t p = clusters->x.cols;
    TRY(memory_alloc(&clusters->shift, p, sizeof(double)));
    TRY(memory_alloc(&clusters->scale, p, sizeof(double)));
    for (size_t j = 0; j < p; j++) {
        double u = draw_uniform(options->seed, DRAW_SHIFT, j), v = draw_uniform(options->seed, DRAW_SCALE, j);
        clusters->shift[j] = isnan(options->shift) ? options->separation * (2 * u - 1) : options->shift;
        clusters->scale[j] = isnan(options->scale) ? 1 + 100 * v : options->scale;
    }
    return GEMML_OK;
}

static void fill_uniform(double *matrix, size_t count, uint64_t seed, enum draw draw)
{
    for (size_t i = 0; i < count; i++)
        matrix[i] = 2 * draw_uniform(seed, draw, i) - 1;
}

static gemml_status prepare(struct clusters *clusters)
{
    const gemml_classification_options *options = clusters->options;
    size_t m = options->informative, r = options->redundant, sides = memory_product(clusters->count, m);
    TRY(memory_alloc(&clusters->corner, sides, sizeof(double)));
    TRY(memory_alloc(&clusters->A, memory_product(sides, m), sizeof(double)));
    TRY(memory_alloc(&clusters->B, memory_product(m, r), sizeof(double)));
    TRY(memory_alloc(&clusters->repeated, options->repeated, sizeof(size_t)));
    TRY(draw_order(&clusters->row, options->seed, DRAW_ROW_ORDER, clusters->x.rows, options->shuffle));
    TRY(draw_order(&clusters->column, options->seed, DRAW_COLUMN_ORDER, clusters->x.cols, options->shuffle));
    TRY(draw_corners(clusters));
    TRY(draw_units(clusters));
    fill_uniform(clusters->A, sides * m, options->seed, DRAW_CLUSTER_MATRIX);
    fill_uniform(clusters->B, m * r, options->seed, DRAW_REDUNDANT_MATRIX);
    struct rng rng = draw_at(options->seed, DRAW_REPEATED, 0);
    for (size_t j = 0; j < options->repeated; j++)
        clusters->repeated[j] = (size_t)rng_below(&rng, m + r);
    return GEMML_OK;
}

/* Column j, before columns are shuffled, of the row made as number `made`, whose
 * informative and redundant columns are M and R. */
static double feature(const struct clusters *clusters, size_t made, size_t j, const double *M, const double *R)
{
    const gemml_classification_options *options = clusters->options;
    size_t m = options->informative, r = options->redundant;
    if (j >= m + r && j < m + r + options->repeated)
        j = clusters->repeated[j - m - r];
    if (j < m)
        return M[j];
    if (j < m + r)
        return R[j - m];
    return draw_normal(options->seed, DRAW_NOISE, (uint64_t)made * clusters->x.cols + j);
}

static void store_row(const struct clusters *clusters, size_t made, size_t cluster, const double *M, const double *R)
{
    const gemml_classification_options *options = clusters->options;
    size_t row = clusters->row[made], label = cluster % options->classes;
    for (size_t j = 0; j < clusters->x.cols; j++)
        matrix_store(&clusters->x, row, clusters->column[j],
                     (feature(clusters, made, j, M, R) + clusters->shift[j]) * clusters->scale[j]);
    struct rng rng = draw_at(options->seed, DRAW_FLIP, 2 * (uint64_t)made);
    if (rng_uniform(&rng) < options->flip)
        label = (size_t)rng_below(&rng, options->classes);
    matrix_store(&clusters->y, row, 0, (double)label);
}

/* Block `index` is block index mod blocks of cluster index / blocks; the last ones may be empty. */
static gemml_status fill_block(const void *context, size_t index, double *scratch)
{
    const struct clusters *clusters = context;
    size_t c = index / clusters->blocks, first = index % clusters->blocks * GENERATE_ROWS;
    size_t members = members_of(clusters, c);
    if (first >= members)
        return GEMML_OK;
    size_t left = members - first, rows = left < GENERATE_ROWS ? left : GENERATE_ROWS;
    size_t m = clusters->options->informative, r = clusters->options->redundant;
    double *Z = scratch, *M = Z + rows * m, *R = M + rows * m;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < m; j++) {
            size_t made = member(clusters, c, first + i);
            Z[i * m + j] = draw_normal(clusters->options->seed, DRAW_FEATURE, (uint64_t)made * m + j);
            M[i * m + j] = clusters->corner[c * m + j];
        }
    TRY(gemm_f64(false, false, rows, m, m, 1, Z, m, clusters->A + c * m * m, m, 1, M, m));
    if (r > 0)
        TRY(gemm_f64(false, false, rows, r, m, 1, M, m, clusters->B, r, 0, R, r));
    for (size_t i = 0; i < rows; i++)
        store_row(clusters, member(clusters, c, first + i), c, M + i * m, R + i * r);
    return GEMML_OK;
}

gemml_status generate_classification(const gemml_classification_options *options, gemml_matrix x, gemml_matrix y)
{
    struct clusters clusters = {
        .options = options, .x = x, .y = y, .count = options->classes * options->clusters_per_class};
    size_t most = 1, doubles = memory_product(GENERATE_ROWS, 2 * options->informative + options->redundant);
    gemml_status status = divide_rows(&clusters);
    if (status == GEMML_OK)
        status = prepare(&clusters);
    for (size_t c = 0; status == GEMML_OK && c < clusters.count; c++)
        most = members_of(&clusters, c) > most ? members_of(&clusters, c) : most;
    clusters.blocks = (most - 1) / GENERATE_ROWS + 1;
    if (status == GEMML_OK)
        status = generate_blocks(clusters.count * clusters.blocks, doubles, fill_block, &clusters);
    memory_free(clusters.corner);
    memory_free(clusters.A);
    memory_free(clusters.B);
    memory_free(clusters.repeated);
    memory_free(clusters.first);
    memory_free(clusters.shift);
    memory_free(clusters.scale);
    memory_free(clusters.row);
    memory_free(clusters.column);
    return status;
}

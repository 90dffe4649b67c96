#include "chain/pass.h"

#include <string.h>

#include "chain/tiles.h"
#include "kernel/vector.h"
#include "util/parallel.h"
#include "util/task_error.h"

/* Of tiles: a multiple of the rows and columns of BLAS's kernels. */
enum { QUANTUM = sizeof(real) == sizeof(double) ? GEMM_ROWS_ALIKE : 16 };

static size_t widest(const struct chain *chain)
{
    size_t width = 0;
    for (size_t l = 0; l < chain->layers; l++)
        if (chain->layer[l].outputs > width)
            width = chain->layer[l].outputs;
    return width;
}

/* BLAS has kernels for small products, but not (OpenBLAS 0.3.21 with AVX-512) for D W' of more than 1200
 * elements. So a layer of few weights is transposed first, which costs as much as a few rows' product. */
enum { TURNED_WEIGHTS = 1 << 14, TURNED_ROWS = 16 };

static bool turns(const struct layer *layer, size_t n)
{
    return n >= TURNED_ROWS && layer->outputs > 1 && layer->inputs * layer->outputs <= TURNED_WEIGHTS;
}

/* The most weights of a layer that is transposed. */
static size_t most_turned(const struct chain *chain, size_t rows)
{
    size_t most = 0;
    for (size_t l = 1; l < chain->layers; l++) {
        const struct layer *layer = &chain->layer[l];
        size_t weights = turns(layer, rows) ? layer->inputs * layer->outputs : 0;
        most = weights > most ? weights : most;
    }
    return most;
}

static size_t matrix_bytes(size_t rows, size_t cols)
{
    return memory_round(memory_product(memory_product(rows, cols), sizeof(real)));
}

/* The others' derivatives follow from A = f(Z). */
static bool keeps_Z(const struct layer *layer, bool backward)
{
    return backward && layer->activation == ACTIVATION_GELU;
}

size_t R(pass_bytes)(const struct chain *chain, size_t rows, bool backward)
{
    size_t bytes = memory_round(memory_product(2 * chain->layers, sizeof(real *)));
    for (size_t l = 0; l < chain->layers; l++) {
        size_t matrix = matrix_bytes(rows, chain->layer[l].outputs);
        bytes = memory_sum(bytes, keeps_Z(&chain->layer[l], backward) ? memory_product(2, matrix) : matrix);
    }
    if (backward) {
        bytes = memory_sum(bytes, memory_product(2, matrix_bytes(rows, widest(chain))));
        bytes = memory_sum(bytes, memory_sum(matrix_bytes(rows, 1), matrix_bytes(most_turned(chain, rows), 1)));
    }
    return bytes;
}

static real *part(char **memory, size_t bytes)
{
    real *start = (real *)(void *)*memory;
    *memory += bytes;
    return start;
}

struct pass R(pass_layout)(const struct chain *chain, size_t rows, bool backward, void *memory)
{
    char *free = memory;
    struct pass pass = {.chain = chain, .rows = rows};
    pass.A = (real **)memory;
    pass.Z = pass.A + chain->layers;
    free += memory_round(2 * chain->layers * sizeof(real *));
    for (size_t l = 0; l < chain->layers; l++) {
        size_t bytes = matrix_bytes(rows, chain->layer[l].outputs);
        pass.A[l] = part(&free, bytes);
        pass.Z[l] = keeps_Z(&chain->layer[l], backward) ? part(&free, bytes) : pass.A[l];
    }
    if (backward) {
        pass.delta = part(&free, matrix_bytes(rows, widest(chain)));
        pass.delta_next = part(&free, matrix_bytes(rows, widest(chain)));
        pass.ones = part(&free, matrix_bytes(rows, 1));
        for (size_t i = 0; i < rows; i++)
            pass.ones[i] = 1;
        pass.turned = part(&free, matrix_bytes(most_turned(chain, rows), 1));
    }
    return pass;
}

/* ---- Tiles ------------------------------------------------------------------- */

struct layer_job;

/* One product and what is done to its result, tile by tile. */
struct product {
    struct tiles tiles;
    gemml_status (*run)(const struct layer_job *job, const struct tile *tile);
};

/* The products of a layer that do not wait for each other: one, or two. */
struct layer_job {
    struct pass *pass;
    const real *theta;
    size_t l;      /* the layer */
    size_t n;      /* rows */
    const real *A; /* its inputs, n x inputs */
    size_t lda;
    real *gradient; /* of the whole chain; backward only */
    real beta;      /* 0: the gradient holds nothing yet */
    struct product product[2];
    struct task_error error;
};

static gemml_status run_product_tile(const struct layer_job *job, const struct product *product, size_t index)
{
    struct tile tile = tile_at(&product->tiles, index);
    return product->run(job, &tile);
}

static void run_tile(void *context, size_t index)
{
    struct layer_job *job = context;
    const struct product *product = job->product;
    size_t before = product->tiles.count;
    if (task_error_failed(&job->error, index))
        return;
    if (index < before)
        task_error_note(&job->error, index, run_product_tile(job, product, index));
    else
        task_error_note(&job->error, index, run_product_tile(job, product + 1, index - before));
}

/* Inside of a task all tiles are this thread's. */
static gemml_status run_tiles(struct layer_job *job, size_t products)
{
    size_t count = 0;
    for (size_t i = 0; i < products; i++)
        count += job->product[i].tiles.count;
    if (count == products) { /* too little work for threads */
        for (size_t i = 0; i < products; i++)
            TRY(run_product_tile(job, job->product + i, 0));
        return GEMML_OK;
    }
    task_error_init(&job->error);
    parallel_for(count, run_tile, job);
    return task_error_finish(&job->error);
}

/* The contiguous pieces of a tile of a matrix with rows of `width`: the whole tile when it
 * is as wide, else its rows. */
struct pieces {
    size_t count, length; /* of each */
    size_t offset, step;  /* of the first, from one to the next */
};

static struct pieces pieces_of(const struct tile *tile, size_t width)
{
    size_t offset = tile->row * width + tile->col;
    if (tile->cols == width)
        return (struct pieces){1, tile->rows * width, offset, 0};
    return (struct pieces){tile->rows, tile->cols, offset, width};
}

/* ---- Forward ----------------------------------------------------------------- */

/* Z = 1 b (zero without a bias). Rows that follow each other are copied by doubling. */
static void broadcast_bias(const struct layer *layer, const real *theta, const struct tile *tile, real *Z)
{
    struct pieces pieces = pieces_of(tile, layer->outputs);
    const real *b = theta + layer->bias_offset + tile->col;
    for (size_t i = 0; i < pieces.count; i++) {
        real *z = Z + pieces.offset + i * pieces.step;
        size_t done = tile->cols, length = pieces.length;
        if (!layer->bias) {
            memset(z, 0, length * sizeof *z);
            continue;
        }
        memcpy(z, b, done * sizeof *z);
        for (; done < length; done += done < length - done ? done : length - done)
            memcpy(z + done, z, (done < length - done ? done : length - done) * sizeof *z);
    }
}

/* With one output, rows of so many inputs are a dot product each, shorter ones a product of several. */
enum { LONG_ROW = 64 };

static bool by_rows(const struct layer *layer)
{
    return layer->outputs == 1 && layer->inputs >= LONG_ROW;
}

bool R(pass_in_order)(const struct chain *chain)
{
    return chain->layers == 1 && chain->layer[0].outputs == 1;
}

/* Z = A W + 1 b; one output or one row is a matrix-vector product. */
static gemml_status affine(const struct layer_job *job, const struct tile *tile)
{
    const struct layer *layer = &job->pass->chain->layer[job->l];
    size_t K = layer->outputs;
    const real *W = job->theta + layer->weight_offset + tile->col, *A = job->A + tile->row * job->lda;
    real *Z = job->pass->Z[job->l];
    broadcast_bias(layer, job->theta, tile, Z);
    Z += tile->row * K + tile->col;
    if (K == 1 && job->pass->alike)
        return R(gemv_alike)(tile->rows, layer->inputs, A, job->lda, W, 1, Z);
    if (by_rows(layer)) {
        R(gemv_rows)(tile->rows, layer->inputs, A, job->lda, W, Z, &job->pass->ahead);
        return GEMML_OK;
    }
    if (K == 1)
        return R(gemv_pieces)(tile->rows, layer->inputs, A, job->lda, W, Z, &job->pass->ahead);
    if (tile->rows == 1)
        return R(gemv)(true, layer->inputs, tile->cols, 1, W, K, A, 1, 1, Z, 1);
    if (job->pass->alike)
        return R(gemm_alike)(tile->rows, tile->cols, layer->inputs, A, job->lda, W, K, 1, Z, K);
    return R(gemm)(false, false, tile->rows, tile->cols, layer->inputs, 1, A, job->lda, W, K, 1, Z, K);
}

/* a = f(z), `count` elements; softmax is of rows, and of the last layer only. */
static void activate(enum activation activation, size_t count, const real *z, real *a)
{
    switch (activation) {
    case ACTIVATION_RELU:
        R(vector_relu)(count, z, a);
        break;
    case ACTIVATION_SIGMOID:
        R(vector_sigmoid)(count, z, a);
        break;
    case ACTIVATION_TANH:
        R(vector_tanh)(count, z, a);
        break;
    case ACTIVATION_LEAKY_RELU:
        R(vector_leaky_relu)(count, z, a);
        break;
    case ACTIVATION_GELU:
        R(vector_gelu)(count, z, a);
        break;
    case ACTIVATION_SOFTMAX:
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

/* D *= f'(Z), from A = f(Z) where that is enough. */
static void activate_backward(enum activation activation, size_t count, const real *Z, const real *A, real *D)
{
    switch (activation) {
    case ACTIVATION_RELU:
        R(vector_relu_backward)(count, A, D);
        break;
    case ACTIVATION_SIGMOID:
        R(vector_sigmoid_backward)(count, A, D);
        break;
    case ACTIVATION_TANH:
        R(vector_tanh_backward)(count, A, D);
        break;
    case ACTIVATION_LEAKY_RELU:
        R(vector_leaky_relu_backward)(count, A, D);
        break;
    case ACTIVATION_GELU:
        R(vector_gelu_backward)(count, Z, D);
        break;
    case ACTIVATION_SOFTMAX: /* of the last layer only, whose D is given */
    case ACTIVATION_IDENTITY:
    case ACTIVATION_COUNT:
        break;
    }
}

/* v = v * M_l, for `count` elements of A_l or D_l from number `offset` on. */
static void drop(const struct pass *pass, size_t l, size_t offset, size_t count, real *v)
{
    const struct dropout *dropout = pass->dropout;
    uint64_t first = pass->first * pass->chain->layer[l].outputs + offset;
    R(vector_dropout)(dropout->seed, dropout->stream + l, first, count, dropout->rate, v);
}

/* A tile of a hidden layer: Z, and A = f(Z) * M while Z is in the cache. */
static gemml_status forward_tile(const struct layer_job *job, const struct tile *tile)
{
    struct pass *pass = job->pass;
    const struct layer *layer = &pass->chain->layer[job->l];
    TRY(affine(job, tile));
    struct pieces pieces = pieces_of(tile, layer->outputs);
    for (size_t i = 0; i < pieces.count; i++) {
        size_t offset = pieces.offset + i * pieces.step;
        real *a = pass->A[job->l] + offset;
        activate(layer->activation, pieces.length, pass->Z[job->l] + offset, a);
        if (pass->dropout)
            drop(pass, job->l, offset, pieces.length, a);
    }
    return GEMML_OK;
}

static struct tiles forward_tiles(const struct pass *pass, const struct layer *layer, size_t n)
{
    if (layer->outputs == 1)
        return tiles_whole(n, 1);
    return (pass->alike ? tiles_alike : tiles_of)(n, layer->outputs, layer->inputs, QUANTUM);
}

gemml_status R(pass_decision)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx)
{
    size_t last = pass->chain->layers - 1;
    struct layer_job job = {.pass = pass, .theta = theta, .n = n, .A = X, .lda = ldx};
    for (; job.l <= last; job.l++) {
        const struct layer *layer = &pass->chain->layer[job.l];
        job.product[0] = (struct product){forward_tiles(pass, layer, n), job.l < last ? forward_tile : affine};
        TRY(run_tiles(&job, 1));
        job.A = pass->A[job.l];
        job.lda = layer->outputs;
    }
    return GEMML_OK;
}

void R(pass_activate)(struct pass *pass, size_t n)
{
    size_t last = pass->chain->layers - 1, K = pass->chain->layer[last].outputs;
    enum activation activation = pass->chain->layer[last].activation;
    if (activation == ACTIVATION_SOFTMAX)
        R(vector_softmax)(n, K, pass->Z[last], K, pass->A[last], K);
    else
        activate(activation, n * K, pass->Z[last], pass->A[last]);
}

real *R(pass_scored)(struct pass *pass, size_t n)
{
    size_t last = pass->chain->layers - 1;
    if (pass->chain->loss == LOSS_CROSS_ENTROPY)
        return pass->Z[last];
    R(pass_activate)(pass, n);
    return pass->A[last];
}

void R(pass_scored_backward)(struct pass *pass, size_t n)
{
    size_t last = pass->chain->layers - 1;
    const struct layer *layer = &pass->chain->layer[last];
    if (pass->chain->loss == LOSS_SQUARED_ERROR)
        activate_backward(layer->activation, n * layer->outputs, pass->Z[last], pass->A[last], pass->delta);
}

gemml_status R(pass_forward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx)
{
    TRY(R(pass_decision)(pass, theta, n, X, ldx));
    R(pass_activate)(pass, n);
    return GEMML_OK;
}

/* ---- Backward ---------------------------------------------------------------- */

/* A tile of the gradient of W (+)= A' D; those of the first row of tiles have that of
 * b (+)= 1' D too. */
static gemml_status gradient_tile(const struct layer_job *job, const struct tile *tile)
{
    const struct layer *layer = &job->pass->chain->layer[job->l];
    size_t K = layer->outputs, n = job->n;
    const real *A = job->A + tile->row, *D = job->pass->delta + tile->col;
    real *W = job->gradient + layer->weight_offset + tile->row * K + tile->col;
    if (K == 1)
        TRY(R(gemv)(true, n, tile->rows, 1, A, job->lda, D, 1, job->beta, W, 1));
    else
        TRY(R(gemm)(true, false, tile->rows, tile->cols, n, 1, A, job->lda, D, K, job->beta, W, K));
    if (!layer->bias || tile->row > 0)
        return GEMML_OK;
    real *b = job->gradient + layer->bias_offset + tile->col;
    if (K > 1)
        return R(gemv)(true, n, tile->cols, 1, D, K, job->pass->ones, 1, job->beta, b, 1);
    *b = (job->beta == 0 ? 0 : job->beta * *b) + R(dot)(n, D, 1, job->pass->ones, 1);
    return GEMML_OK;
}

/* A tile of D_{l-1} = D_l W_l' * M_{l-1} * f'(Z_{l-1}). The derivative takes A_{l-1} as it
 * was before dropout, where D is not 0. */
static gemml_status delta_tile(const struct layer_job *job, const struct tile *tile)
{
    struct pass *pass = job->pass;
    const struct layer *layer = &pass->chain->layer[job->l];
    size_t width = layer->inputs, K = layer->outputs, below = job->l - 1;
    struct pieces pieces = pieces_of(tile, width);
    const real *W = job->theta + layer->weight_offset, *D = pass->delta + tile->row * K;
    real *D_below = pass->delta_next + tile->row * width + tile->col;
    if (turns(layer, job->n))
        TRY(R(gemm)(false, false, tile->rows, tile->cols, K, 1, D, K, pass->turned + tile->col, width, 0, D_below,
                    width));
    else
        TRY(R(gemm)(false, true, tile->rows, tile->cols, K, 1, D, K, W + tile->col * K, K, 0, D_below, width));
    for (size_t i = 0; i < pieces.count; i++) {
        size_t offset = pieces.offset + i * pieces.step;
        real *a = pass->A[below] + offset, *d = pass->delta_next + offset;
        if (pass->dropout) {
            drop(pass, below, offset, pieces.length, d);
            R(scal)(pieces.length, (real)(1 - pass->dropout->rate), a, 1);
        }
        activate_backward(layer[-1].activation, pieces.length, pass->Z[below] + offset, a, d);
    }
    return GEMML_OK;
}

static void swap_deltas(struct pass *pass)
{
    real *delta = pass->delta;
    pass->delta = pass->delta_next;
    pass->delta_next = delta;
}

gemml_status R(pass_backward)(struct pass *pass, const real *theta, size_t n, const real *X, size_t ldx, real beta,
                              real *gradient)
{
    struct layer_job job = {.pass = pass, .theta = theta, .n = n, .gradient = gradient, .beta = beta};
    for (job.l = pass->chain->layers; job.l-- > 0;) {
        const struct layer *layer = &pass->chain->layer[job.l];
        size_t inputs = layer->inputs, K = layer->outputs;
        job.A = job.l > 0 ? pass->A[job.l - 1] : X;
        job.lda = job.l > 0 ? inputs : ldx;
        job.product[0] =
            (struct product){K == 1 ? tiles_whole(inputs, 1) : tiles_of(inputs, K, n, QUANTUM), gradient_tile};
        if (job.l == 0)
            return run_tiles(&job, 1);
        if (turns(layer, n))
            TRY(R(transpose)(inputs, K, theta + layer->weight_offset, K, pass->turned, inputs));
        if (pass->dropout) { /* delta_tile changes A */
            TRY(run_tiles(&job, 1));
            job.product[0] = (struct product){tiles_of(n, inputs, K, QUANTUM), delta_tile};
            TRY(run_tiles(&job, 1));
        } else {
            job.product[1] = (struct product){tiles_of(n, inputs, K, QUANTUM), delta_tile};
            TRY(run_tiles(&job, 2));
        }
        swap_deltas(pass);
    }
    return GEMML_OK;
}

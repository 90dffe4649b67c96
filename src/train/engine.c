#include "train/engine.h"

#include <math.h>
#include <string.h>

#include "chain/objective.h"
#include "chain/pass.h"
#include "kernel/linalg.h"
#include "kernel/vector.h"
#include "train/initialise.h"
#include "train/trainer.h"
#include "train/validate.h"
#include "util/alloc.h"

/* In f64 the last rows of a batch are padded with zero rows to a multiple of
 * this, so that BLAS treats no row as an edge and a row's bits do not depend on
 * its batch. f32 promises no such thing and saves the work. */
enum { PADDED_ROWS = sizeof(real) == sizeof(double) ? GEMM_ROWS_ALIKE : 1 };

static size_t padded(size_t rows)
{
    return (rows + PADDED_ROWS - 1) / PADDED_ROWS * PADDED_ROWS;
}

static struct view_source mapped_source(const struct fitted *fitted, gemml_view x, gemml_view y, gemml_view weight)
{
    struct view_source source = R(view_source)(x, y, weight);
    source.shift = fitted->map.shift;
    source.scale = fitted->map.scale;
    source.y_shift = fitted->target_map.shift;
    source.y_scale = fitted->target_map.scale;
    return source;
}

static struct view_source features_of(const struct fitted *fitted, const gemml_view *x)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    return mapped_source(fitted, *x, none, none);
}

/* Memory of a prediction: the padded rows, the source's scratch, the pass. */
struct prediction {
    real *padded_X;
    void *source_scratch, *pass;
};

static size_t padding_bytes(const struct fitted *fitted)
{
    size_t rows = PADDED_ROWS > 1 ? PREDICT_ROWS : 0;
    return memory_round(memory_product(memory_product(rows, chain_inputs(&fitted->chain)), sizeof(real)));
}

static size_t source_bytes(const struct view_source *source)
{
    return memory_round(source->source.scratch(&source->source, PREDICT_ROWS));
}

static size_t predict_bytes(const struct fitted *fitted, const gemml_view *x)
{
    struct view_source source = features_of(fitted, x);
    return memory_sum(memory_sum(padding_bytes(fitted), source_bytes(&source)),
                      R(pass_bytes)(&fitted->chain, PREDICT_ROWS, false));
}

static struct prediction lay_out(const struct fitted *fitted, const struct view_source *source, void *memory)
{
    char *free = memory;
    struct prediction prediction = {.padded_X = memory};
    prediction.source_scratch = free + padding_bytes(fitted);
    prediction.pass = free + padding_bytes(fitted) + source_bytes(source);
    return prediction;
}

/* Replaces a block of a ragged number of rows by one that is padded with zeros. */
static void pad(struct block *block, size_t features, real *padded_X)
{
    for (size_t i = 0; i < block->rows; i++)
        memcpy(padded_X + i * features, block->X + i * block->ldx, features * sizeof(real));
    memset(padded_X + block->rows * features, 0, (padded(block->rows) - block->rows) * features * sizeof(real));
    block->X = padded_X;
    block->ldx = features;
}

/* The first of the largest. */
static size_t most_probable(size_t K, const real *p)
{
    size_t best = 0;
    for (size_t k = 1; k < K; k++)
        if (p[k] > p[best])
            best = k;
    return best;
}

/* Row i of an output, from the last layer's row of K: z for a decision, else a.
 * Values come back from the output map. */
static void write_row(const real *a, size_t K, enum output output, const struct output_map *map, size_t i,
                      const gemml_matrix *out)
{
    bool binary = K == 1;
    if (output == OUTPUT_CLASS)
        matrix_store(out, i, 0, (double)(binary ? (size_t)(a[0] > REAL_C(0.5)) : most_probable(K, a)));
    else if (output == OUTPUT_PROBABILITY && binary) {
        matrix_store(out, i, 0, 1 - (double)a[0]);
        matrix_store(out, i, 1, (double)a[0]);
    } else
        for (size_t k = 0; k < K; k++)
            matrix_store(out, i, k, map->shift ? (double)a[k] / map->scale[k] + map->shift[k] : (double)a[k]);
}

/* With one layer of one output, z is a dot product with each row, and not finite where an entry is not: NaN and
 * infinity times anything, 0 included, are one of the two, and so is a sum with one of them. Z is then looked at in
 * place of X, which would take as long as the product. Products with more outputs are not so sure: a BLAS may leave
 * out what it multiplies by 0. */
static bool shows_nonfinite(const struct chain *chain)
{
    return chain->layers == 1 && chain_outputs(chain) == 1;
}

static gemml_status outputs(const struct fitted *fitted, enum output output, const gemml_view *x, size_t first,
                            size_t count, void *memory, const gemml_matrix *out)
{
    const struct chain *chain = &fitted->chain;
    struct view_source source = features_of(fitted, x);
    struct prediction prediction = lay_out(fitted, &source, memory);
    struct pass pass = R(pass_layout)(chain, PREDICT_ROWS, false, prediction.pass);
    struct block block;
    pass.alike = PADDED_ROWS > 1;
    TRY(source.source.block(&source.source, first, count, prediction.source_scratch, &block));
    size_t K = chain_outputs(chain);
    bool shows = shows_nonfinite(chain);
    if (!shows && !R(block_finite)(&block, x->cols))
        return R(source_explain_nonfinite)(&source);
    if (count % PADDED_ROWS != 0)
        pad(&block, x->cols, prediction.padded_X);
    TRY(R(pass_decision)(&pass, fitted->parameters, padded(count), block.X, block.ldx));
    if (shows && !R(vector_all_finite)(count, pass.Z[0]) && !R(block_finite)(&block, x->cols))
        return R(source_explain_nonfinite)(&source);
    if (output != OUTPUT_DECISION)
        R(pass_activate)(&pass, padded(count));
    const real *A = output == OUTPUT_DECISION ? pass.Z[chain->layers - 1] : pass.A[chain->layers - 1];
    if (!R(vector_all_finite)(count * K, A))
        return error_set(GEMML_ERROR_NONFINITE, "a prediction for rows %zu to %zu overflows", first, first + count - 1);
    for (size_t i = 0; i < count; i++)
        write_row(A + i * K, K, output, &fitted->target_map, i, out);
    return GEMML_OK;
}

static gemml_status predict(const struct fitted *fitted, const gemml_view *x, size_t first, size_t count, void *memory,
                            const gemml_matrix *out)
{
    return outputs(fitted, OUTPUT_ACTIVATION, x, first, count, memory, out);
}

static gemml_status evaluate(const struct chain *chain, const void *theta, const struct input_map *map,
                             const gemml_dataset *data, const size_t *order, size_t rows, struct objective *objective,
                             void *gradient)
{
    struct view_source source = R(view_source)(data->x, data->y, data->weight);
    source.order = order;
    source.shift = map ? map->shift : NULL;
    source.scale = map ? map->scale : NULL;
    return R(objective_fold)(objective, chain, theta, &source.source, 0, rows, gradient);
}

static gemml_status objective(const struct fitted *fitted, const gemml_dataset *data, double lambda, double *loss,
                              void *gradient)
{
    struct view_source source = mapped_source(fitted, data->x, data->y, data->weight);
    const struct chain *chain = &fitted->chain;
    struct objective sum;
    TRY(R(objective_fold)(&sum, chain, fitted->parameters, &source.source, 0, source.source.rows, gradient));
    if (!isfinite(sum.loss))
        return R(source_explain_nonfinite)(&source);
    *loss = sum.loss;
    if (!gradient)
        return GEMML_OK;
    R(objective_add_penalty)(chain, fitted->parameters, lambda, gradient);
    R(scal)(chain->parameters, (real)(1 / sum.sum_weight), gradient, 1);
    if (!R(vector_all_finite)(chain->parameters, gradient))
        return error_set(GEMML_ERROR_NONFINITE, "the gradient overflows at a loss of %g", sum.loss);
    return GEMML_OK;
}

static void initialise(const struct chain *chain, enum initialisation rule, uint64_t seed, void *theta)
{
    R(initialise)(chain, rule, seed, theta);
}

static void trainer_release(struct trainer *trainer)
{
    if (trainer)
        R(trainer_free)(trainer);
    memory_free(trainer);
}

static gemml_status trainer_make(struct trainer **trainer, struct fitted *fitted, const gemml_dataset *data,
                                 struct training *training)
{
    struct view_source source = mapped_source(fitted, data->x, data->y, data->weight);
    struct trainer *made;
    TRY(memory_alloc(&made, 1, sizeof *made));
    gemml_status status =
        R(trainer_create)(made, &fitted->chain, fitted->parameters, &source, training, &fitted->record);
    if (status != GEMML_OK) {
        memory_free(made);
        return status;
    }
    status = training->resume ? R(trainer_import)(made, training->resume) : GEMML_OK;
    if (status == GEMML_OK)
        *trainer = made;
    else
        trainer_release(made);
    return status;
}

static gemml_status trainer_backward(struct trainer *trainer, const gemml_dataset *batch, double *loss)
{
    struct view_source source = R(trainer_source)(trainer, batch);
    double sum_weight;
    TRY(R(trainer_backward)(trainer, &source.source, 0, source.source.rows, loss, &sum_weight));
    return isfinite(*loss) ? GEMML_OK : R(source_find_nonfinite)(&source);
}

static void *trainer_gradient(struct trainer *trainer)
{
    R(trainer_average)(trainer);
    return trainer->mean;
}

static gemml_status trainer_evaluate(const struct trainer *trainer, const gemml_dataset *data,
                                     struct validation *validation)
{
    struct view_source source = R(trainer_source)(trainer, data);
    TRY(R(validate)(validation, trainer->chain, trainer->theta, &source.source, trainer->training->score));
    return isfinite(validation->loss) ? GEMML_OK : R(source_find_nonfinite)(&source);
}

const struct engine R(engine) = {
    .predict_bytes = predict_bytes,
    .predict = predict,
    .outputs = outputs,
    .objective = objective,
    .evaluate = evaluate,
    .initialise = initialise,
    .trainer_make = trainer_make,
    .trainer_release = trainer_release,
    .trainer_backward = trainer_backward,
    .trainer_next = R(trainer_next),
    .trainer_gradient = trainer_gradient,
    .trainer_zero_gradient = R(trainer_zero_gradient),
    .trainer_step = R(trainer_step),
    .trainer_evaluate = trainer_evaluate,
    .trainer_over = R(trainer_over),
    .trainer_run = R(trainer_run),
    .trainer_epoch = R(trainer_epoch),
    .trainer_finish = R(trainer_finish),
    .trainer_export = R(trainer_export),
};

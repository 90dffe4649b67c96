/* Predictions of 1, 32 and 1024 rows by a network of single precision through the public
 * interface, against plain loops. On all threads, and once more on the caller's with its
 * own scratch. */
#include <stdio.h>

#include "naive/naive.h"
#include "rooms.h"
#include "util/alloc.h"

#define FITTED_ROWS 2000
#define LAYERS 3

static const size_t sizes[LAYERS + 1] = {784, 512, 512, 10};

struct prediction {
    size_t m; /* rows: the first ones of those that the network was fitted to */
    gemml_model *network;
    float *x, *y, *theta, *values; /* values: of all layers, by the plain loops */
    float *out, *plain;            /* m classes each */
    void *scratch;
    size_t scratch_bytes;
};

static void prediction_free(void *state)
{
    struct prediction *o = state;
    gemml_model_free(o->network);
    memory_free(o->x);
    memory_free(o->y);
    memory_free(o->theta);
    memory_free(o->values);
    memory_free(o->out);
    memory_free(o->plain);
    memory_free(o->scratch);
    memory_free(o);
}

static gemml_status fit(struct prediction *o)
{
    gemml_mlp_options options = GEMML_MLP_OPTIONS_INIT;
    gemml_dataset train = GEMML_DATASET_INIT;
    options.task = GEMML_TASK_CLASSIFICATION;
    options.hidden = sizes + 1;
    options.hidden_count = LAYERS - 1;
    options.scaling = GEMML_SCALING_NONE;
    options.epochs = 1;
    bench_random_f32(1, FITTED_ROWS * sizes[0], o->x);
    for (size_t i = 0; i < FITTED_ROWS; i++)
        o->y[i] = (float)(i % sizes[LAYERS]);
    train.x = gemml_view_f32(o->x, FITTED_ROWS, sizes[0]);
    train.y = gemml_view_f32(o->y, FITTED_ROWS, 1);
    TRY(gemml_mlp_create(&o->network, &options));
    return gemml_fit(o->network, &train, NULL, NULL);
}

static gemml_view rows_of(const struct prediction *o)
{
    return gemml_view_f32(o->x, o->m, sizes[0]);
}

static gemml_status prediction_fill(struct prediction *o)
{
    const void *parameters;
    size_t count;
    TRY(memory_alloc(&o->x, FITTED_ROWS * sizes[0], sizeof(float)));
    TRY(memory_alloc(&o->y, FITTED_ROWS, sizeof(float)));
    TRY(fit(o));
    TRY(gemml_parameters(o->network, &parameters, &count));
    TRY(memory_copy(&o->theta, parameters, count, sizeof(float)));
    TRY(memory_alloc(&o->values, naive_network_values_f32(LAYERS, sizes, o->m), sizeof(float)));
    TRY(memory_alloc(&o->out, o->m, sizeof(float)));
    TRY(memory_zeroed(&o->plain, o->m, sizeof(float)));
    o->scratch_bytes = gemml_predict_scratch_size(o->network, rows_of(o));
    return memory_alloc(&o->scratch, o->scratch_bytes, 1);
}

static gemml_status setup(const struct bench_case *bench, void **state)
{
    struct prediction *o;
    TRY(memory_zeroed(&o, 1, sizeof *o));
    o->m = bench->shape[0];
    gemml_status status = prediction_fill(o);
    if (status != GEMML_OK)
        prediction_free(o);
    else
        *state = o;
    return status;
}

static gemml_status run(void *state)
{
    struct prediction *o = state;
    return gemml_predict(o->network, rows_of(o), gemml_matrix_f32(o->out, o->m, 1));
}

static gemml_status run_scratch(void *state)
{
    struct prediction *o = state;
    return gemml_predict_scratch(o->network, rows_of(o), gemml_matrix_f32(o->out, o->m, 1), o->scratch,
                                 o->scratch_bytes);
}

static gemml_status naive(void *state)
{
    struct prediction *o = state;
    size_t K = sizes[LAYERS];
    naive_network_decision_f32(LAYERS, sizes, o->m, o->x, o->theta, o->values);
    const float *z = o->values + naive_network_values_f32(LAYERS, sizes, o->m) - o->m * K;
    for (size_t i = 0; i < o->m; i++) {
        size_t best = 0;
        for (size_t k = 1; k < K; k++)
            best = z[i * K + k] > z[i * K + best] ? k : best;
        o->plain[i] = (float)best;
    }
    return GEMML_OK;
}

/* The share of rows whose class differs: rounding may tip a few of many. */
static gemml_status residual(void *state, double *result)
{
    const struct prediction *o = state;
    size_t different = 0;
    for (size_t i = 0; i < o->m; i++)
        different += o->out[i] != o->plain[i];
    *result = (double)different / (double)o->m;
    return GEMML_OK;
}

static gemml_status add(struct bench_list *list, size_t m, bool scratch)
{
    struct bench_case *bench = bench_add(list);
    if (!bench)
        return GEMML_ERROR_MEMORY;
    *bench = (struct bench_case){.precision = "f32",
                                 .parallel = !scratch,
                                 .shape = {m},
                                 .tolerance = 0.005,
                                 .setup = setup,
                                 .run = scratch ? run_scratch : run,
                                 .naive = naive,
                                 .residual = residual,
                                 .teardown = prediction_free};
    for (size_t l = 0; l < LAYERS; l++)
        bench->flops += 2.0 * (double)(m * sizes[l] * sizes[l + 1]);
    snprintf(bench->name, sizeof bench->name, "predict/784-512-512-10%s/%zu/f32", scratch ? "-scratch" : "", m);
    return GEMML_OK;
}

gemml_status bench_predict_network(struct bench_list *list, bool quick)
{
    const size_t batches[] = {1, 32, 1024};
    for (int scratch = 0; scratch < 2; scratch++)
        for (size_t b = 0; b < (quick ? 2 : 3); b++)
            TRY(add(list, batches[b], scratch));
    return GEMML_OK;
}

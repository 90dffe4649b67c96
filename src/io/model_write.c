/* A fitted model as a safetensors file (the format is described in model_file.h).
 *
 * Equal fits give equal bytes: nothing that depends on the run is written, the
 * order is fixed, and every NaN is the same NaN. */
#include <stdio.h>

#include "io/metadata.h"
#include "io/model_file.h"
#include "io/model_format.h"
#include "io/safetensors.h"

/* The tensors, and the memory of those that the model does not hold as they are
 * written. */
struct contents {
    struct tensor *tensors;
    size_t count;
    double *numbers; /* copies, with one NaN for all */
    size_t used;
    int64_t rows, rank, freedom, robust;
    int64_t *epochs; /* of the validations, then of the recorded parameters */
};

static void contents_free(struct contents *contents)
{
    memory_free(contents->tensors);
    memory_free(contents->numbers);
    memory_free(contents->epochs);
}

/* Room for everything that put_* will be asked to put. */
static gemml_status contents_new(struct contents *contents, const struct fitted *fitted)
{
    size_t scalars = 8, outputs = chain_outputs(&fitted->chain), inputs = chain_inputs(&fitted->chain);
    size_t numbers = memory_sum(scalars, memory_product(2, inputs));
    numbers = memory_sum(numbers, memory_product(2 + SUMMARY_VECTORS, outputs));
    numbers = memory_sum(numbers, memory_product(memory_product(2, inputs + 1), outputs));
    numbers = memory_sum(numbers, fitted->record.loss_history_count);
    numbers = memory_sum(numbers, memory_product(2, fitted->record.l2_path_count));
    numbers = memory_sum(numbers, memory_product(2, fitted->record.valid_history_count));
    numbers = memory_sum(numbers, memory_product(fitted->record.recorded_count, fitted->chain.parameters));
    size_t epochs = memory_sum(fitted->record.valid_history_count, fitted->record.recorded_count);
    struct contents made = {0};
    gemml_status status = memory_alloc(&made.numbers, numbers, sizeof(double));
    if (status == GEMML_OK)
        status = memory_alloc(&made.epochs, epochs, sizeof *made.epochs);
    if (status == GEMML_OK)
        status =
            memory_alloc(&made.tensors, memory_sum(37, memory_product(2, fitted->chain.layers)), sizeof *made.tensors);
    if (status != GEMML_OK) {
        contents_free(&made);
        return status;
    }
    *contents = made;
    return GEMML_OK;
}

static void put(struct contents *contents, struct tensor tensor)
{
    contents->tensors[contents->count++] = tensor;
}

/* A matrix rows x cols; a vector of `rows` where rank is 1, one number where it is 0. */
static void put_numbers(struct contents *contents, const char *name, size_t rank, size_t rows, size_t cols,
                        const double *values)
{
    double *copy = contents->numbers + contents->used;
    contents->used += rows * cols;
    for (size_t i = 0; i < rows * cols; i++)
        copy[i] = isnan(values[i]) ? NAN : values[i];
    put(contents, tensor_make(name, TENSOR_F64, rank, (const size_t[]){rows, cols}, copy));
}

static void put_vector(struct contents *contents, const char *name, size_t count, const double *values)
{
    put_numbers(contents, name, 1, count, 1, values);
}

static void put_number(struct contents *contents, const char *name, double value)
{
    put_numbers(contents, name, 0, 1, 1, &value);
}

static void put_validations(struct contents *contents, const struct fit_record *record)
{
    size_t count = record->valid_history_count;
    for (size_t i = 0; i < count; i++)
        contents->epochs[i] = (int64_t)record->valid_epochs[i];
    put_vector(contents, TENSOR_VALID_LOSS_HISTORY, count, record->valid_loss_history);
    put_vector(contents, TENSOR_SCORE_HISTORY, count, record->score_history);
    put(contents, tensor_make(TENSOR_VALID_EPOCHS, TENSOR_I64, 1, &count, contents->epochs));
}

static void put_recorded(struct contents *contents, const struct fitted *fitted)
{
    const struct fit_record *record = &fitted->record;
    size_t count = record->recorded_count;
    int64_t *epochs = contents->epochs + record->valid_history_count;
    for (size_t i = 0; i < count; i++)
        epochs[i] = (int64_t)record->recorded_epochs[i];
    put_numbers(contents, TENSOR_RECORDED, 2, count, fitted->chain.parameters, record->recorded);
    put(contents, tensor_make(TENSOR_RECORDED_EPOCHS, TENSOR_I64, 1, &count, epochs));
}

static void put_record(struct contents *contents, const struct fitted *fitted)
{
    const struct fit_record *record = &fitted->record;
    if (record->loss_history_count > 0)
        put_vector(contents, TENSOR_LOSS_HISTORY, record->loss_history_count, record->loss_history);
    if (record->valid_history_count > 0)
        put_validations(contents, record);
    if (record->recorded_count > 0)
        put_recorded(contents, fitted);
    put_number(contents, TENSOR_OBJECTIVE, record->objective);
    put_number(contents, TENSOR_LOSS, record->loss);
    put_number(contents, TENSOR_L2, record->l2);
    if (record->l2_path)
        put_numbers(contents, TENSOR_L2_PATH, 2, record->l2_path_count, 2, record->l2_path);
}

/* The root is written from where it stands: it may be large, and is finite. */
static void put_inverse(struct contents *contents, const struct inverse_root *inverse)
{
    const size_t shape[] = {inverse->inputs, inverse->rank};
    if (!inverse->root)
        return;
    put(contents, tensor_make(TENSOR_CENTER, TENSOR_F64, 1, shape, inverse->center));
    put(contents, tensor_make(TENSOR_INVERSE_SCALE, TENSOR_F64, 1, shape, inverse->scale));
    put(contents, tensor_make(TENSOR_ROOT, TENSOR_F64, 2, shape, inverse->root));
}

static void put_errors(struct contents *contents, const struct fitted *fitted)
{
    const struct summary_record *summary = &fitted->summary;
    size_t rows = chain_inputs(&fitted->chain) + 1, outputs = chain_outputs(&fitted->chain);
    put_numbers(contents, TENSOR_STD_ERROR, 2, rows, outputs, summary->std_error);
    if (!summary->robust_error)
        return;
    contents->robust = (int64_t)summary->robust;
    put(contents, tensor_make(TENSOR_ROBUST, TENSOR_I64, 0, NULL, &contents->robust));
    put_numbers(contents, TENSOR_ROBUST_ERROR, 2, rows, outputs, summary->robust_error);
}

static void put_summary(struct contents *contents, struct fitted *fitted)
{
    struct summary_record *summary = &fitted->summary;
    size_t outputs = chain_outputs(&fitted->chain);
    double **vectors[SUMMARY_VECTORS];
    contents->rows = (int64_t)summary->rows;
    contents->rank = (int64_t)summary->rank;
    contents->freedom = (int64_t)summary->freedom;
    put(contents, tensor_make(TENSOR_ROWS, TENSOR_I64, 0, NULL, &contents->rows));
    put(contents, tensor_make(TENSOR_RANK, TENSOR_I64, 0, NULL, &contents->rank));
    put(contents, tensor_make(TENSOR_FREEDOM, TENSOR_I64, 0, NULL, &contents->freedom));
    put_number(contents, TENSOR_SUM_WEIGHT, summary->sum_weight);
    put_number(contents, TENSOR_CONDITION, summary->condition);
    put_number(contents, TENSOR_RESIDUAL, summary->normal_equation_residual);
    put_number(contents, TENSOR_DISTANCE, summary->closed_form_distance);
    if (!isnan(summary->null_deviance))
        put_number(contents, TENSOR_NULL_DEVIANCE, summary->null_deviance);
    summary_vectors(summary, vectors);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        put_vector(contents, summary_tensors[i], outputs, *vectors[i]);
    if (summary->aliased_count > 0)
        put(contents, tensor_make(TENSOR_ALIASED, TENSOR_I64, 1, &summary->aliased_count, summary->aliased));
    put_errors(contents, fitted);
    put_inverse(contents, &summary->inverse);
}

/* The layers come last: theirs may be 4-byte numbers, and all before them stay aligned. */
static void put_layers(struct contents *contents, const struct fitted *fitted)
{
    enum tensor_type type = fitted->dtype == GEMML_F32 ? TENSOR_F32 : TENSOR_F64;
    const char *parameters = fitted->parameters;
    size_t size = dtype_size(fitted->dtype);
    char name[SAFETENSORS_NAME_BYTES];
    for (size_t l = 0; l < fitted->chain.layers; l++) {
        const struct layer *layer = &fitted->chain.layer[l];
        snprintf(name, sizeof name, TENSOR_WEIGHT, l);
        put(contents, tensor_make(name, type, 2, (const size_t[]){layer->inputs, layer->outputs},
                                  parameters + layer->weight_offset * size));
        snprintf(name, sizeof name, TENSOR_BIAS, l);
        if (layer->bias)
            put(contents, tensor_make(name, type, 1, &layer->outputs, parameters + layer->bias_offset * size));
    }
}

static void put_all(struct contents *contents, struct fitted *fitted)
{
    if (fitted->map.shift) {
        put_vector(contents, TENSOR_SHIFT, fitted->map.inputs, fitted->map.shift);
        put_vector(contents, TENSOR_SCALE, fitted->map.inputs, fitted->map.scale);
    }
    if (fitted->target_map.shift) {
        put_vector(contents, TENSOR_TARGET_SHIFT, fitted->target_map.outputs, fitted->target_map.shift);
        put_vector(contents, TENSOR_TARGET_SCALE, fitted->target_map.outputs, fitted->target_map.scale);
    }
    put_record(contents, fitted);
    put_summary(contents, fitted);
    put_layers(contents, fitted);
}

static gemml_status write_contents(const struct contents *contents, json_t *metadata, const char *path)
{
    struct safetensors_image image;
    TRY(safetensors_pack(&image, metadata, contents->tensors, contents->count));
    gemml_status status = atomic_file_write(path, image.pieces, image.count);
    safetensors_image_free(&image);
    return status;
}

gemml_status model_file_save(const struct gemml_model *model, const char *path)
{
    TRY(model_check(model, "the model"));
    struct contents contents;
    TRY(contents_new(&contents, model->fitted));
    put_all(&contents, model->fitted);
    json_t *metadata = NULL;
    gemml_status status = metadata_make(&metadata, model);
    if (status == GEMML_OK)
        status = write_contents(&contents, metadata, path);
    json_decref(metadata);
    contents_free(&contents);
    return status;
}

/* A model from a safetensors file (the format is described in model_file.h).
 *
 * Tensors are taken in the order of the file; each step checks what it takes, and
 * model_check() what only the parts together show. The file may come from anyone. */
#include <stdio.h>
#include <string.h>

#include "data/schema.h"
#include "io/metadata.h"
#include "io/model_file.h"
#include "io/model_format.h"
#include "io/path.h"
#include "io/safetensors.h"
#include "io/safetensors_file.h"

struct reader {
    struct safetensors file;
    struct metadata metadata;
    size_t next; /* tensor to be taken */
    const char *name;
};

/* The next tensor when it is called `name`, otherwise NULL. */
static const struct tensor *next_if(const struct reader *reader, const char *name)
{
    const struct tensor *tensor = &reader->file.tensors[reader->next];
    return reader->next < reader->file.count && strcmp(tensor->name, name) == 0 ? tensor : NULL;
}

/* Takes the next tensor, which must be this one. */
static gemml_status take(struct reader *reader, const char *name, enum tensor_type type, size_t rank,
                         const struct tensor **tensor)
{
    const struct tensor *next = next_if(reader, name);
    if (!next)
        return error_set(GEMML_ERROR_FORMAT, "%s: its tensor %zu is not %s", reader->name, reader->next, name);
    if (next->type != type || next->rank != rank)
        return error_set(GEMML_ERROR_FORMAT, "%s: its tensor %s has the wrong dtype or number of dimensions",
                         reader->name, name);
    reader->next++;
    *tensor = next;
    return GEMML_OK;
}

static gemml_status take_number(struct reader *reader, const char *name, double *value)
{
    const struct tensor *tensor;
    TRY(take(reader, name, TENSOR_F64, 0, &tensor));
    memcpy(value, tensor->data, sizeof *value);
    return GEMML_OK;
}

static gemml_status take_count(struct reader *reader, const char *name, size_t *value)
{
    const struct tensor *tensor;
    TRY(take(reader, name, TENSOR_I64, 0, &tensor));
    int64_t read;
    memcpy(&read, tensor->data, sizeof read);
    if (read < 0 || (uint64_t)read > SIZE_MAX)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s is %lld", reader->name, name, (long long)read);
    *value = (size_t)read;
    return GEMML_OK;
}

/* A matrix of `rows` x `cols` numbers. */
static gemml_status take_matrix(struct reader *reader, const char *name, size_t rows, size_t cols, double **values)
{
    const struct tensor *tensor;
    TRY(take(reader, name, TENSOR_F64, 2, &tensor));
    if (tensor->shape[0] != rows || tensor->shape[1] != cols)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s is %zu x %zu instead of %zu x %zu", reader->name, name,
                         tensor->shape[0], tensor->shape[1], rows, cols);
    return memory_copy(values, tensor->data, memory_product(rows, cols), sizeof(double));
}

/* A vector of `count` numbers. */
static gemml_status take_vector(struct reader *reader, const char *name, size_t count, double **values)
{
    const struct tensor *tensor;
    TRY(take(reader, name, TENSOR_F64, 1, &tensor));
    if (tensor->shape[0] != count)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s has %zu numbers instead of %zu", reader->name, name,
                         tensor->shape[0], count);
    return memory_copy(values, tensor->data, count, sizeof(double));
}

/* ---- The layers ---------------------------------------------------------------- */

/* The shape of layer `l`; its inputs, sizes[l], are the outputs of the one before. */
static gemml_status take_layer(struct reader *reader, size_t l, size_t *sizes, bool *bias)
{
    enum tensor_type type = reader->metadata.options.dtype == GEMML_F32 ? TENSOR_F32 : TENSOR_F64;
    char name[SAFETENSORS_NAME_BYTES];
    const struct tensor *weight, *vector;
    snprintf(name, sizeof name, TENSOR_WEIGHT, l);
    TRY(take(reader, name, type, 2, &weight));
    if (l > 0 && weight->shape[0] != sizes[l])
        return error_set(GEMML_ERROR_FORMAT, "%s: layer %zu has %zu inputs, but layer %zu has %zu outputs",
                         reader->name, l, weight->shape[0], l - 1, sizes[l]);
    sizes[l] = weight->shape[0];
    sizes[l + 1] = weight->shape[1];
    snprintf(name, sizeof name, TENSOR_BIAS, l);
    bias[l] = next_if(reader, name) != NULL;
    if (!bias[l])
        return GEMML_OK;
    TRY(take(reader, name, type, 1, &vector));
    if (vector->shape[0] != sizes[l + 1])
        return error_set(GEMML_ERROR_FORMAT, "%s: layer %zu has %zu outputs, but a bias of %zu", reader->name, l,
                         sizes[l + 1], vector->shape[0]);
    return GEMML_OK;
}

/* The chain, and its parameters: the layers' data, which stands in the file in the
 * order of the flat vector and without a hole. */
static gemml_status take_layers(struct reader *reader, struct fitted *fitted, size_t *sizes, bool *bias)
{
    const struct metadata *metadata = &reader->metadata;
    const void *data = reader->file.tensors[reader->next].data;
    for (size_t l = 0; l < metadata->layers; l++)
        TRY(take_layer(reader, l, sizes, bias));
    gemml_status status =
        chain_make(&fitted->chain, metadata->layers, sizes, metadata->activations, bias, metadata->loss);
    if (status != GEMML_OK)
        return error_set(status, "%s: %s", reader->name, error_text());
    return memory_copy(&fitted->parameters, data, fitted->chain.parameters, dtype_size(fitted->dtype));
}

static gemml_status read_layers(struct reader *reader, struct fitted *fitted)
{
    size_t layers = reader->metadata.layers, *sizes;
    bool *bias = NULL;
    TRY(memory_zeroed(&sizes, layers + 1, sizeof *sizes));
    gemml_status status = memory_zeroed(&bias, layers, sizeof *bias);
    if (status == GEMML_OK)
        status = take_layers(reader, fitted, sizes, bias);
    memory_free(sizes);
    memory_free(bias);
    return status;
}

/* ---- What stands before them --------------------------------------------------- */

/* Shift and scale of each map, or neither: the identity. */
static gemml_status read_maps(struct reader *reader, struct fitted *fitted)
{
    struct input_map *inputs = &fitted->map;
    struct output_map *targets = &fitted->target_map;
    inputs->inputs = chain_inputs(&fitted->chain);
    targets->outputs = chain_outputs(&fitted->chain);
    if (next_if(reader, TENSOR_SHIFT)) {
        TRY(take_vector(reader, TENSOR_SHIFT, inputs->inputs, &inputs->shift));
        TRY(take_vector(reader, TENSOR_SCALE, inputs->inputs, &inputs->scale));
    }
    if (!next_if(reader, TENSOR_TARGET_SHIFT))
        return GEMML_OK;
    TRY(take_vector(reader, TENSOR_TARGET_SHIFT, targets->outputs, &targets->shift));
    return take_vector(reader, TENSOR_TARGET_SCALE, targets->outputs, &targets->scale);
}

/* The epochs ascend, and there is one for each of `count` things. */
static gemml_status read_epochs(struct reader *reader, const char *name, size_t count, size_t **epochs)
{
    const struct tensor *tensor;
    TRY(take(reader, name, TENSOR_I64, 1, &tensor));
    TRY(memory_alloc(epochs, count, sizeof **epochs));
    for (size_t i = 0; i < count && tensor->shape[0] == count; i++) {
        int64_t epoch;
        memcpy(&epoch, (const char *)tensor->data + i * sizeof epoch, sizeof epoch);
        (*epochs)[i] = (size_t)epoch;
        if (epoch < 0 || (i > 0 && (*epochs)[i] <= (*epochs)[i - 1]))
            return error_set(GEMML_ERROR_FORMAT, "%s: number %zu of its %s is %lld", reader->name, i, name,
                             (long long)epoch);
    }
    if (tensor->shape[0] != count)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s has %zu numbers instead of %zu", reader->name, name,
                         tensor->shape[0], count);
    return GEMML_OK;
}

static gemml_status read_validations(struct reader *reader, struct fit_record *record)
{
    const struct tensor *history = next_if(reader, TENSOR_VALID_LOSS_HISTORY);
    if (!history)
        return GEMML_OK;
    size_t count = history->shape[0];
    if (count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its " TENSOR_VALID_LOSS_HISTORY " is empty", reader->name);
    TRY(take_vector(reader, TENSOR_VALID_LOSS_HISTORY, count, &record->valid_loss_history));
    TRY(take_vector(reader, TENSOR_SCORE_HISTORY, count, &record->score_history));
    TRY(read_epochs(reader, TENSOR_VALID_EPOCHS, count, &record->valid_epochs));
    record->valid_history_count = count;
    return GEMML_OK;
}

static gemml_status read_recorded(struct reader *reader, struct fit_record *record, size_t parameters)
{
    const struct tensor *recorded = next_if(reader, TENSOR_RECORDED);
    if (!recorded)
        return GEMML_OK;
    size_t count = recorded->rank == 2 ? recorded->shape[0] : 0;
    if (count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its " TENSOR_RECORDED " is empty", reader->name);
    TRY(take_matrix(reader, TENSOR_RECORDED, count, parameters, &record->recorded));
    TRY(read_epochs(reader, TENSOR_RECORDED_EPOCHS, count, &record->recorded_epochs));
    record->recorded_count = count;
    return GEMML_OK;
}

static gemml_status read_record(struct reader *reader, struct fit_record *record, size_t parameters)
{
    const struct tensor *history = next_if(reader, TENSOR_LOSS_HISTORY);
    if (history) {
        size_t count = history->shape[0]; /* 0 for a scalar, which is refused too */
        if (count == 0)
            return error_set(GEMML_ERROR_FORMAT, "%s: its " TENSOR_LOSS_HISTORY " is empty", reader->name);
        TRY(take_vector(reader, TENSOR_LOSS_HISTORY, count, &record->loss_history));
        record->loss_history_count = count;
    }
    TRY(read_validations(reader, record));
    TRY(read_recorded(reader, record, parameters));
    TRY(take_number(reader, TENSOR_OBJECTIVE, &record->objective));
    TRY(take_number(reader, TENSOR_LOSS, &record->loss));
    TRY(take_number(reader, TENSOR_L2, &record->l2));
    const struct tensor *path = next_if(reader, TENSOR_L2_PATH);
    if (!path)
        return GEMML_OK;
    size_t count = path->rank == 2 ? path->shape[0] : 0;
    if (count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its " TENSOR_L2_PATH " is empty", reader->name);
    TRY(take_matrix(reader, TENSOR_L2_PATH, count, 2, &record->l2_path));
    record->l2_path_count = count;
    return GEMML_OK;
}

/* A list of columns, which may be absent. */
static gemml_status read_aliased(struct reader *reader, struct summary_record *summary)
{
    const struct tensor *tensor;
    if (!next_if(reader, TENSOR_ALIASED))
        return GEMML_OK;
    TRY(take(reader, TENSOR_ALIASED, TENSOR_I64, 1, &tensor));
    if (tensor->shape[0] == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s: its " TENSOR_ALIASED " is empty", reader->name);
    TRY(memory_copy(&summary->aliased, tensor->data, tensor->shape[0], sizeof *summary->aliased));
    summary->aliased_count = tensor->shape[0];
    return GEMML_OK;
}

static gemml_status read_robust(struct reader *reader, struct summary_record *summary, size_t rows, size_t outputs)
{
    size_t kind;
    if (!next_if(reader, TENSOR_ROBUST))
        return GEMML_OK;
    TRY(take_count(reader, TENSOR_ROBUST, &kind));
    if (kind < GEMML_ERRORS_HC0 || kind > GEMML_ERRORS_HC3)
        return error_set(GEMML_ERROR_FORMAT, "%s: its %s is %zu", reader->name, TENSOR_ROBUST, kind);
    summary->robust = (gemml_errors)kind;
    return take_matrix(reader, TENSOR_ROBUST_ERROR, rows, outputs, &summary->robust_error);
}

static gemml_status read_inverse(struct reader *reader, struct inverse_root *inverse, size_t inputs)
{
    if (!next_if(reader, TENSOR_CENTER))
        return GEMML_OK;
    TRY(take_vector(reader, TENSOR_CENTER, inputs, &inverse->center));
    TRY(take_vector(reader, TENSOR_INVERSE_SCALE, inputs, &inverse->scale));
    const struct tensor *root = next_if(reader, TENSOR_ROOT);
    inverse->inputs = inputs;
    inverse->rank = root && root->rank == 2 ? root->shape[1] : 0;
    return take_matrix(reader, TENSOR_ROOT, inputs, inverse->rank, &inverse->root);
}

static gemml_status read_summary(struct reader *reader, struct summary_record *summary, size_t inputs, size_t outputs)
{
    double **vectors[SUMMARY_VECTORS];
    TRY(take_count(reader, TENSOR_ROWS, &summary->rows));
    TRY(take_count(reader, TENSOR_RANK, &summary->rank));
    TRY(take_count(reader, TENSOR_FREEDOM, &summary->freedom));
    TRY(take_number(reader, TENSOR_SUM_WEIGHT, &summary->sum_weight));
    TRY(take_number(reader, TENSOR_CONDITION, &summary->condition));
    TRY(take_number(reader, TENSOR_RESIDUAL, &summary->normal_equation_residual));
    TRY(take_number(reader, TENSOR_DISTANCE, &summary->closed_form_distance));
    if (next_if(reader, TENSOR_NULL_DEVIANCE))
        TRY(take_number(reader, TENSOR_NULL_DEVIANCE, &summary->null_deviance));
    summary_vectors(summary, vectors);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        TRY(take_vector(reader, summary_tensors[i], outputs, vectors[i]));
    TRY(read_aliased(reader, summary));
    TRY(take_matrix(reader, TENSOR_STD_ERROR, inputs + 1, outputs, &summary->std_error));
    TRY(read_robust(reader, summary, inputs + 1, outputs));
    return read_inverse(reader, &summary->inverse, inputs);
}

/* ---- The model ----------------------------------------------------------------- */

/* That all tensors before `end` have been taken: one that is not known might
 * change what the model predicts. */
static gemml_status check_taken(const struct reader *reader, size_t end)
{
    if (reader->next != end)
        return error_set(GEMML_ERROR_FORMAT, "%s: its tensor %zu, %s, is not one that a model has there", reader->name,
                         reader->next, safetensors_shown(reader->file.tensors[reader->next].name));
    return GEMML_OK;
}

/* The layers first, since their shapes say how long the rest must be. */
static gemml_status read_tensors(struct reader *reader, struct fitted *fitted)
{
    char first_weight[SAFETENSORS_NAME_BYTES];
    snprintf(first_weight, sizeof first_weight, TENSOR_WEIGHT, (size_t)0);
    while (reader->next < reader->file.count && !next_if(reader, first_weight))
        reader->next++;
    size_t layers = reader->next;
    TRY(read_layers(reader, fitted));
    TRY(check_taken(reader, reader->file.count));
    reader->next = 0;
    TRY(read_maps(reader, fitted));
    TRY(read_record(reader, &fitted->record, fitted->chain.parameters));
    TRY(read_summary(reader, &fitted->summary, chain_inputs(&fitted->chain), chain_outputs(&fitted->chain)));
    return check_taken(reader, layers);
}

/* The options, the schema and the record's notice move from the reader to the model. */
static gemml_status fill_model(struct reader *reader, struct gemml_model *model)
{
    struct metadata *metadata = &reader->metadata;
    TRY(fitted_new(&model->fitted));
    model->kind = metadata->kind;
    if (model->kind == GEMML_LINEAR)
        model->linear = metadata->options;
    model->logistic = metadata->logistic;
    metadata->logistic.class_weight = NULL;
    model->mlp = metadata->mlp;
    gemml_mlp_options_init(&metadata->mlp);
    model->schema = metadata->schema;
    metadata->schema = NULL;
    model->fitted->dtype = metadata->options.dtype;
    model->fitted->record = metadata->record;
    metadata->record.notice = NULL;
    TRY(read_tensors(reader, model->fitted));
    return model_check(model, reader->name);
}

static gemml_status make_model(struct reader *reader, struct gemml_model **model)
{
    struct gemml_model *made;
    TRY(model_new(&made, GEMML_LINEAR));
    gemml_status status = fill_model(reader, made);
    if (status != GEMML_OK) {
        schema_free(made->schema);
        model_discard(made);
        return status;
    }
    *model = made;
    return GEMML_OK;
}

/* What would be a wrong argument from a caller is a wrong file here. */
static gemml_status blame_file(gemml_status status)
{
    bool files = status == GEMML_ERROR_ARGUMENT || status == GEMML_ERROR_SHAPE || status == GEMML_ERROR_NONFINITE;
    return files ? error_restore(GEMML_ERROR_FORMAT, error_text()) : status;
}

gemml_status model_file_parse(struct gemml_model **model, const void *bytes, size_t count, const char *name)
{
    struct reader reader = {.name = name};
    TRY(safetensors_parse(&reader.file, bytes, count, name));
    gemml_status status = metadata_read(&reader.metadata, reader.file.metadata, count, name);
    if (status == GEMML_OK)
        status = make_model(&reader, model);
    metadata_free(&reader.metadata);
    safetensors_free(&reader.file);
    return blame_file(status);
}

gemml_status model_file_load(struct gemml_model **model, const char *path)
{
    unsigned char *bytes;
    size_t count;
    TRY(safetensors_file_read(&bytes, &count, path));
    gemml_status status = model_file_parse(model, bytes, count, path_shown(path));
    memory_free(bytes);
    return status;
}

#include "io/checkpoint.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "io/metadata.h"
#include "io/model_format.h"
#include "io/model_names.h"
#include "io/path.h"
#include "io/safetensors.h"
#include "io/safetensors_file.h"
#include "kernel/permutation.h"
#include "util/json_text.h"

#define KIND "checkpoint"

/* The order of many rows is a function of seed and epoch that another version may not have. */
#define ROW_ORDER "feistel-8"
_Static_assert(PERMUTATION_ROUNDS == 8, "another order has another name");

enum { COUNTS = 11, NUMBERS = 6, MOST_TENSORS = 16 };

/* What stands in the tensors run.*, and the record's counts as they are written. */
struct contents {
    int64_t counts[COUNTS], data[4];
    double numbers[NUMBERS];
    int64_t *epochs; /* of validations, then of recorded parameters; owned */
};

/* ---- What must be the same ----------------------------------------------------- */

/* Options as strings "option.NAME". The limits of a run may change, unless its rates depend on them. */
static gemml_status put_options(json_t *strings, const struct gemml_model *model)
{
    json_t *options = metadata_options(model);
    char name[SAFETENSORS_NAME_BYTES], *text;
    bool fixed = model->kind == GEMML_MLP && model->mlp.schedule != GEMML_SCHEDULE_CONSTANT &&
                 model->mlp.schedule != GEMML_SCHEDULE_EXPONENTIAL;
    gemml_status status = options ? GEMML_OK : json_text_memory();
    json_object_del(options, "patience");
    if (!fixed) {
        json_object_del(options, "epochs");
        json_object_del(options, "max_iterations");
    }
    for (void *at = json_object_iter(options); at; at = json_object_iter_next(options, at)) {
        json_t *list = json_array(); /* a JSON text is an array or an object */
        json_array_append(list, json_object_iter_value(at));
        if (status == GEMML_OK)
            status = json_text_make(&text, NULL, list);
        json_decref(list);
        if (status != GEMML_OK)
            break;
        snprintf(name, sizeof name, "option.%s", json_object_iter_key(at));
        if (json_object_set_new(strings, name, json_string(text)) != 0)
            status = json_text_memory();
        memory_free(text);
    }
    json_decref(options);
    return status;
}

/* The strings of a run of the model. */
static gemml_status make_strings(json_t **strings, const struct gemml_model *model)
{
    json_t *made = json_object();
    int failed = json_object_set_new(made, "format", json_string(MODEL_FORMAT));
    failed |= json_object_set_new(made, "format_version", json_string(MODEL_FORMAT_VERSION));
    failed |= json_object_set_new(made, "kind", json_string(KIND));
    failed |= json_object_set_new(made, "model", json_string(name_of(&kind_names, (int)model->kind)));
    failed |= json_object_set_new(made, "dtype", json_string(name_of(&dtype_names, (int)model_settings(model).dtype)));
    gemml_status status = failed ? json_text_memory() : put_options(made, model);
    if (status == GEMML_OK)
        *strings = made;
    else
        json_decref(made);
    return status;
}

/* How the order of the rows of an epoch is computed, where it is. */
static gemml_status put_order(json_t *strings, const struct checkpoint_data *data)
{
    bool computed = data->rows[0] > ORDERED_ROWS;
    return computed && json_object_set_new(strings, "row_order", json_string(ROW_ORDER)) != 0 ? json_text_memory()
                                                                                              : GEMML_OK;
}

static gemml_status check_order(const struct safetensors *file, const struct checkpoint_data *data, const char *name)
{
    const char *order = json_string_text(json_member(file->metadata, "row_order"));
    if (data->rows[0] > ORDERED_ROWS && (!order || strcmp(order, ROW_ORDER) != 0))
        return error_set(GEMML_ERROR_ARGUMENT,
                         "%s was written by a version that takes %zu rows in another order than this one", name,
                         data->rows[0]);
    return GEMML_OK;
}

/* That the file's strings are those of a run of this model. */
static gemml_status compare_strings(const struct safetensors *file, json_t *strings, const char *name)
{
    const char *kind = json_string_text(json_member(file->metadata, "kind"));
    if (!kind || strcmp(kind, KIND) != 0)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a checkpoint", name);
    for (void *at = json_object_iter(strings); at; at = json_object_iter_next(strings, at)) {
        const char *key = json_object_iter_key(at), *value = json_string_value(json_object_iter_value(at));
        const char *text = json_string_text(json_member(file->metadata, key));
        if (!text || strcmp(text, value) != 0)
            return error_set(GEMML_ERROR_ARGUMENT, "%s is a checkpoint of another run: its %s is %s, not %s", name, key,
                             text ? safetensors_shown(text) : "not there", safetensors_shown(value));
    }
    return GEMML_OK;
}

/* ---- The tensors --------------------------------------------------------------- */

static void fill_contents(struct contents *contents, const struct train_state *state,
                          const struct checkpoint_data *data)
{
    const struct train_progress *now = &state->progress;
    const struct fit_record *record = state->record;
    const int64_t counts[COUNTS] = {
        (int64_t)now->steps,        (int64_t)now->passes,        (int64_t)now->epoch, (int64_t)now->position,
        (int64_t)now->best_epoch,   (int64_t)now->idle_epochs,   now->ended,          (int64_t)record->outcome,
        (int64_t)state->parameters, (int64_t)record->best_epoch, (int64_t)state->rule};
    const double numbers[NUMBERS] = {now->epoch_loss,    now->epoch_weight,   now->best_measure,
                                     now->previous_loss, now->first_gradient, now->settled};
    memcpy(contents->counts, counts, sizeof counts);
    memcpy(contents->numbers, numbers, sizeof numbers);
    for (size_t i = 0; i < 2; i++) {
        contents->data[i] = (int64_t)data->rows[i];
        memcpy(&contents->data[2 + i], &data->digest[i], sizeof data->digest[i]);
    }
}

/* Appends the vectors of a state: theta, best, the optimizer's. */
static size_t list_vectors(struct tensor *tensors, size_t count, const struct train_state *state)
{
    static const char *const names[] = {"run.theta", "run.best", "run.optimizer.0", "run.optimizer.1"};
    const void *const vectors[] = {state->theta, state->best, state->vector[0], state->vector[1]};
    enum tensor_type type = state->dtype == GEMML_F32 ? TENSOR_F32 : TENSOR_F64;
    for (size_t i = 0; i < 4; i++)
        if (vectors[i])
            tensors[count++] = tensor_make(names[i], type, 1, &state->parameters, vectors[i]);
    return count;
}

/* All tensors of a state; without data where it is only to say what a file must have. */
static size_t list_tensors(struct tensor *tensors, const struct contents *contents, const struct train_state *state)
{
    const struct fit_record *record = state->record;
    size_t losses = record->loss_history_count, validations = record->valid_history_count;
    size_t recorded = record->recorded_count, epochs = validations + recorded, count = 0;
    tensors[count++] = tensor_make("run.counts", TENSOR_I64, 1, (const size_t[]){COUNTS}, contents->counts);
    tensors[count++] = tensor_make("run.numbers", TENSOR_F64, 1, (const size_t[]){NUMBERS}, contents->numbers);
    tensors[count++] = tensor_make("run.data", TENSOR_I64, 1, (const size_t[]){4}, contents->data);
    tensors[count++] = tensor_make(TENSOR_LOSS_HISTORY, TENSOR_F64, 1, &losses, record->loss_history);
    tensors[count++] = tensor_make(TENSOR_VALID_LOSS_HISTORY, TENSOR_F64, 1, &validations, record->valid_loss_history);
    tensors[count++] = tensor_make(TENSOR_SCORE_HISTORY, TENSOR_F64, 1, &validations, record->score_history);
    tensors[count++] =
        tensor_make("run.recorded", TENSOR_F64, 2, (const size_t[]){recorded, state->parameters}, record->recorded);
    tensors[count++] = tensor_make("run.epochs", TENSOR_I64, 1, &epochs, contents->epochs);
    return list_vectors(tensors, count, state);
}

enum { RUN_COUNTS, RUN_NUMBERS, RUN_DATA, LOSSES, VALID_LOSSES, SCORES, RECORDED, EPOCHS, VECTORS };

/* ---- Writing ------------------------------------------------------------------- */

static gemml_status write_state(const char *path, json_t *strings, const struct contents *contents,
                                const struct train_state *state)
{
    struct tensor tensors[MOST_TENSORS];
    struct safetensors_image image;
    size_t count = list_tensors(tensors, contents, state);
    TRY(safetensors_pack(&image, strings, tensors, count));
    gemml_status status = atomic_file_write(path, image.pieces, image.count);
    safetensors_image_free(&image);
    return status;
}

gemml_status checkpoint_save(const char *path, const struct gemml_model *model, const struct checkpoint_data *data,
                             const struct train_state *state)
{
    const struct fit_record *record = state->record;
    size_t validations = record->valid_history_count, recorded = record->recorded_count;
    struct contents contents = {0};
    json_t *strings;
    TRY(make_strings(&strings, model));
    fill_contents(&contents, state, data);
    gemml_status status = put_order(strings, data);
    if (status == GEMML_OK)
        status = memory_alloc(&contents.epochs, validations + recorded, sizeof *contents.epochs);
    if (status == GEMML_OK) {
        for (size_t i = 0; i < validations; i++)
            contents.epochs[i] = (int64_t)record->valid_epochs[i];
        for (size_t i = 0; i < recorded; i++)
            contents.epochs[validations + i] = (int64_t)record->recorded_epochs[i];
        status = write_state(path, strings, &contents, state);
    }
    memory_free(contents.epochs);
    json_decref(strings);
    return status;
}

/* ---- Reading ------------------------------------------------------------------- */

static gemml_status check_data(const struct contents *contents, const struct checkpoint_data *data, const char *name)
{
    static const char *const parts[] = {"training", "validation"};
    for (size_t i = 0; i < 2; i++) {
        if (contents->data[i] != (int64_t)data->rows[i])
            return error_set(GEMML_ERROR_ARGUMENT,
                             "%s is a checkpoint of another run: it has %" PRId64 " %s rows, not %zu", name,
                             contents->data[i], parts[i], data->rows[i]);
        if (memcmp(&contents->data[2 + i], &data->digest[i], sizeof data->digest[i]) != 0)
            return error_set(GEMML_ERROR_ARGUMENT, "%s is a checkpoint of another run: its %s data were others", name,
                             parts[i]);
    }
    return GEMML_OK;
}

/* The progress, as fill_contents wrote it. */
static struct train_progress progress_of(const struct contents *contents)
{
    const int64_t *counts = contents->counts;
    const double *numbers = contents->numbers;
    return (struct train_progress){.steps = (size_t)counts[0],
                                   .passes = (size_t)counts[1],
                                   .epoch = (size_t)counts[2],
                                   .position = (size_t)counts[3],
                                   .best_epoch = (size_t)counts[4],
                                   .idle_epochs = (size_t)counts[5],
                                   .ended = counts[6] != 0,
                                   .epoch_loss = numbers[0],
                                   .epoch_weight = numbers[1],
                                   .best_measure = numbers[2],
                                   .previous_loss = numbers[3],
                                   .first_gradient = numbers[4],
                                   .settled = numbers[5]};
}

static gemml_status damaged(const char *name)
{
    return error_set(GEMML_ERROR_FORMAT, "%s: its tensors are not those of a checkpoint", name);
}

/* Counts and shapes first: what follows is as long as they say. */
static gemml_status read_shape(struct checkpoint *checkpoint, struct contents *contents, const struct safetensors *file,
                               const struct gemml_model *model, const char *name)
{
    struct fit_record *record = &checkpoint->record;
    struct train_state *state = &checkpoint->state;
    const struct tensor *tensors = file->tensors;
    if (file->count < VECTORS + 2 || tensors[RUN_COUNTS].bytes != sizeof contents->counts ||
        tensors[RUN_NUMBERS].bytes != sizeof contents->numbers || tensors[RUN_DATA].bytes != sizeof contents->data ||
        tensors[VALID_LOSSES].rank != 1 || tensors[LOSSES].rank != 1 || tensors[RECORDED].rank != 2)
        return damaged(name);
    memcpy(contents->counts, tensors[RUN_COUNTS].data, sizeof contents->counts);
    memcpy(contents->numbers, tensors[RUN_NUMBERS].data, sizeof contents->numbers);
    memcpy(contents->data, tensors[RUN_DATA].data, sizeof contents->data);
    for (size_t i = 0; i < COUNTS; i++)
        if (contents->counts[i] < 0)
            return damaged(name);
    if (contents->counts[7] > GEMML_DIVERGED || contents->counts[10] >= OPTIMIZER_COUNT)
        return damaged(name);
    record->outcome = (gemml_outcome)contents->counts[7];
    record->loss_history_count = tensors[LOSSES].shape[0];
    record->valid_history_count = tensors[VALID_LOSSES].shape[0];
    record->recorded_count = tensors[RECORDED].shape[0];
    state->name = name;
    state->dtype = model_settings(model).dtype;
    state->parameters = (size_t)contents->counts[8];
    state->rule = (enum optimizer)contents->counts[10];
    state->seed = model->kind == GEMML_MLP        ? model->mlp.seed
                  : model->kind == GEMML_LOGISTIC ? model->logistic.seed
                                                  : model->linear.seed;
    state->progress = progress_of(contents);
    state->record = record;
    return GEMML_OK;
}

/* The optimizer's vectors stand behind theta and best. */
static gemml_status read_vectors(struct checkpoint *checkpoint, const struct safetensors *file, const char *name)
{
    struct train_state *state = &checkpoint->state;
    size_t bytes = memory_product(state->parameters, dtype_size(state->dtype)), stride = memory_round(bytes);
    const void **places[] = {&state->theta, &state->best, &state->vector[0], &state->vector[1]};
    static const char *const names[] = {"run.theta", "run.best", "run.optimizer.0", "run.optimizer.1"};
    if (file->tensors[VECTORS].bytes != bytes) /* before anything is as long as the counts say */
        return damaged(name);
    TRY(memory_alloc(&checkpoint->vectors, 4, stride));
    for (size_t i = VECTORS; i < file->count; i++)
        for (size_t v = 0; v < 4; v++)
            if (strcmp(file->tensors[i].name, names[v]) == 0 && file->tensors[i].bytes == bytes) {
                char *to = (char *)checkpoint->vectors + v * stride;
                memcpy(to, file->tensors[i].data, bytes);
                *places[v] = to;
            }
    bool momentum = state->rule != OPTIMIZER_SGD && state->rule != OPTIMIZER_RMSPROP;
    bool squares = state->rule == OPTIMIZER_RMSPROP || state->rule == OPTIMIZER_ADAM || state->rule == OPTIMIZER_ADAMW;
    bool whole = state->theta && state->best && (state->vector[0] || !momentum) && (state->vector[1] || !squares);
    if (!whole)
        return damaged(name);
    /* theta may be beyond all numbers: that run ends with the best ones. */
    return model_check_finite(state->best, state->dtype, state->parameters, "best parameter", name) == GEMML_OK
               ? GEMML_OK
               : error_restore(GEMML_ERROR_FORMAT, error_text());
}

static gemml_status read_epochs(struct fit_record *record, const struct tensor *tensor)
{
    size_t validations = record->valid_history_count, recorded = record->recorded_count;
    TRY(memory_alloc(&record->valid_epochs, validations, sizeof *record->valid_epochs));
    TRY(memory_alloc(&record->recorded_epochs, recorded, sizeof *record->recorded_epochs));
    for (size_t i = 0; i < validations + recorded; i++) {
        int64_t epoch;
        memcpy(&epoch, (const char *)tensor->data + i * sizeof epoch, sizeof epoch);
        if (i < validations)
            record->valid_epochs[i] = (size_t)epoch;
        else
            record->recorded_epochs[i - validations] = (size_t)epoch;
    }
    return GEMML_OK;
}

/* Each is as long as the counts say: check_list() has seen to that. */
static gemml_status read_histories(struct checkpoint *checkpoint, const struct safetensors *file)
{
    struct fit_record *record = &checkpoint->record;
    const struct tensor *tensors = file->tensors;
    TRY(memory_copy(&record->loss_history, tensors[LOSSES].data, 1, tensors[LOSSES].bytes));
    TRY(memory_copy(&record->valid_loss_history, tensors[VALID_LOSSES].data, 1, tensors[VALID_LOSSES].bytes));
    TRY(memory_copy(&record->score_history, tensors[SCORES].data, 1, tensors[SCORES].bytes));
    TRY(memory_copy(&record->recorded, tensors[RECORDED].data, 1, tensors[RECORDED].bytes));
    return read_epochs(record, &tensors[EPOCHS]);
}

/* That the tensors have the names, types and shapes that a state of this shape is written with. */
static gemml_status check_list(const struct checkpoint *checkpoint, const struct contents *contents,
                               const struct safetensors *file, const char *name)
{
    struct tensor expected[MOST_TENSORS];
    size_t count = list_tensors(expected, contents, &checkpoint->state);
    bool good = count == file->count;
    for (size_t i = 0; good && i < count; i++)
        good = strcmp(expected[i].name, file->tensors[i].name) == 0 && expected[i].type == file->tensors[i].type &&
               expected[i].bytes == file->tensors[i].bytes;
    return good ? GEMML_OK : damaged(name);
}

static gemml_status read_state(struct checkpoint *checkpoint, const struct safetensors *file,
                               const struct gemml_model *model, const struct checkpoint_data *data, const char *name)
{
    struct contents contents = {0};
    json_t *strings;
    TRY(make_strings(&strings, model));
    gemml_status status = compare_strings(file, strings, name);
    json_decref(strings);
    TRY(status);
    TRY(read_shape(checkpoint, &contents, file, model, name));
    TRY(check_data(&contents, data, name));
    TRY(check_order(file, data, name));
    TRY(read_vectors(checkpoint, file, name));
    TRY(check_list(checkpoint, &contents, file, name));
    return read_histories(checkpoint, file);
}

gemml_status checkpoint_parse(struct checkpoint *checkpoint, const void *bytes, size_t count, const char *name,
                              const struct gemml_model *model, const struct checkpoint_data *data)
{
    struct safetensors file;
    struct checkpoint read = {0};
    TRY(safetensors_parse(&file, bytes, count, name));
    gemml_status status = read_state(&read, &file, model, data, name);
    safetensors_free(&file);
    *checkpoint = read;
    if (status == GEMML_OK)
        checkpoint->state.record = &checkpoint->record;
    else
        checkpoint_free(checkpoint);
    return status;
}

gemml_status checkpoint_load(struct checkpoint *checkpoint, bool *found, const char *path,
                             const struct gemml_model *model, const struct checkpoint_data *data)
{
    unsigned char *bytes;
    size_t count;
    *found = access(path, F_OK) == 0 || errno != ENOENT;
    if (!*found)
        return GEMML_OK;
    TRY(safetensors_file_read(&bytes, &count, path));
    gemml_status status = checkpoint_parse(checkpoint, bytes, count, path_shown(path), model, data);
    memory_free(bytes);
    return status;
}

void checkpoint_free(struct checkpoint *checkpoint)
{
    fit_record_free(&checkpoint->record);
    memory_free(checkpoint->vectors);
    *checkpoint = (struct checkpoint){0};
}

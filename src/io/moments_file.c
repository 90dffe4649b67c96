/* One list of tensors serves both ways: the writer writes it, the reader asks the
 * file for the same names, types and shapes. The file may come from anyone. */
#include "io/moments_file.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "io/model_format.h"
#include "io/path.h"
#include "io/safetensors.h"
#include "io/safetensors_file.h"
#include "util/alloc.h"

#define KIND "moments"

enum { ROWS, SHIFT, SCALE, GRAM, WEIGHT_ERROR, COLUMN_ERRORS, TENSORS };

/* A column's errors are written as they stand in memory. */
#define ERRORS (sizeof(struct moments_error) / sizeof(double))

/* Rows that are counted exactly as doubles too. */
#define MOST_ROWS ((int64_t)1 << 53)

/* The numbers as they stand in a file. */
struct contents {
    size_t features, outputs;
    int64_t rows;
    const double *shift, *scale, *weight_error;
    const struct moments_error *error;
    double *gram; /* packed; owned */
};

/* m (m + 1) / 2, or SIZE_MAX. */
static size_t triangle(size_t m)
{
    return m % 2 == 0 ? memory_product(m / 2, m + 1) : memory_product(m, m / 2 + 1);
}

static void list_tensors(struct tensor tensors[TENSORS], const struct contents *contents)
{
    size_t m = contents->features + contents->outputs + 1, columns = m - 1, upper = triangle(m);
    tensors[ROWS] = tensor_make("moments.rows", TENSOR_I64, 0, NULL, &contents->rows);
    tensors[SHIFT] = tensor_make("moments.shift", TENSOR_F64, 1, &columns, contents->shift);
    tensors[SCALE] = tensor_make("moments.scale", TENSOR_F64, 1, &columns, contents->scale);
    tensors[GRAM] = tensor_make("moments.gram", TENSOR_F64, 1, &upper, contents->gram);
    tensors[WEIGHT_ERROR] = tensor_make("moments.weight_error", TENSOR_F64, 0, NULL, contents->weight_error);
    tensors[COLUMN_ERRORS] =
        tensor_make("moments.error", TENSOR_F64, 2, (const size_t[]){columns, ERRORS}, contents->error);
}

/* G's upper triangle by rows, without a hole. */
static void pack(const struct gram *gram, double *packed)
{
    for (size_t j = 0; j < gram->order; j++) {
        memcpy(packed, gram->G + j * gram->ld + j, (gram->order - j) * sizeof *packed);
        packed += gram->order - j;
    }
}

/* The other way, from bytes that need not be aligned. */
static void unpack(const unsigned char *packed, struct gram *gram)
{
    for (size_t j = 0; j < gram->order; j++) {
        size_t bytes = (gram->order - j) * sizeof *gram->G;
        memcpy(gram->G + j * gram->ld + j, packed, bytes);
        packed += bytes;
    }
}

/* ---- Writing ---- */

static gemml_status fill_contents(struct contents *contents, const struct gemml_moments *moments)
{
    const struct gram *gram = &moments->gram;
    *contents = (struct contents){
        .features = gram->features,
        .outputs = gram->outputs,
        .rows = (int64_t)gram->rows,
        .shift = gram->shift,
        .scale = gram->scale,
        .weight_error = &moments->weight_error,
        .error = moments->error,
    };
    TRY(memory_alloc(&contents->gram, triangle(gram->order), sizeof *contents->gram));
    pack(gram, contents->gram);
    return GEMML_OK;
}

/* NULL when memory is out. */
static json_t *make_strings(const struct contents *contents)
{
    char features[32], outputs[32];
    snprintf(features, sizeof features, "%zu", contents->features);
    snprintf(outputs, sizeof outputs, "%zu", contents->outputs);
    json_t *strings = json_object();
    int failed = json_object_set_new(strings, "format", json_string(MODEL_FORMAT));
    failed |= json_object_set_new(strings, "format_version", json_string(MODEL_FORMAT_VERSION));
    failed |= json_object_set_new(strings, "gemml_version", json_string(MODEL_LIBRARY_VERSION));
    failed |= json_object_set_new(strings, "kind", json_string(KIND));
    failed |= json_object_set_new(strings, "features", json_string(features));
    failed |= json_object_set_new(strings, "outputs", json_string(outputs));
    if (failed) {
        json_decref(strings);
        return NULL;
    }
    return strings;
}

static gemml_status write_contents(const struct contents *contents, const char *path)
{
    struct tensor tensors[TENSORS];
    struct safetensors_image image;
    json_t *strings = make_strings(contents);
    list_tensors(tensors, contents);
    gemml_status status = safetensors_pack(&image, strings, tensors, TENSORS);
    json_decref(strings);
    TRY(status);
    status = atomic_file_write(path, image.pieces, image.count);
    safetensors_image_free(&image);
    return status;
}

gemml_status moments_file_save(const struct gemml_moments *moments, const char *path)
{
    struct contents contents;
    TRY(fill_contents(&contents, moments));
    gemml_status status = write_contents(&contents, path);
    memory_free(contents.gram);
    return status;
}

/* ---- Reading ---- */

static gemml_status expect_string(const struct safetensors *file, const char *key, const char *value,
                                  gemml_status otherwise, const char *name)
{
    const char *text = json_string_text(json_member(file->metadata, key));
    if (text && strcmp(text, value) == 0)
        return GEMML_OK;
    return error_set(otherwise, "%s does not hold moments that this version reads: its %s is \"%s\", not \"%s\"", name,
                     key, text ? safetensors_shown(text) : "", value);
}

static gemml_status read_size(const struct safetensors *file, const char *key, size_t *size, const char *name)
{
    const char *text = json_string_text(json_member(file->metadata, key));
    uint64_t value;
    if (!text || !json_unsigned_text(text, &value) || value == 0 || value >= MOMENTS_MOST_COLUMNS)
        return error_set(GEMML_ERROR_FORMAT, "%s: there is no valid number of %s in its metadata", name, key);
    *size = (size_t)value;
    return GEMML_OK;
}

static gemml_status read_strings(const struct safetensors *file, struct contents *contents, const char *name)
{
    TRY(expect_string(file, "format", MODEL_FORMAT, GEMML_ERROR_FORMAT, name));
    TRY(expect_string(file, "kind", KIND, GEMML_ERROR_FORMAT, name));
    TRY(expect_string(file, "format_version", MODEL_FORMAT_VERSION, GEMML_ERROR_UNSUPPORTED, name));
    TRY(read_size(file, "features", &contents->features, name));
    return read_size(file, "outputs", &contents->outputs, name);
}

static bool is_as_expected(const struct tensor *tensor, const struct tensor *expected)
{
    return strcmp(tensor->name, expected->name) == 0 && tensor->type == expected->type &&
           tensor->rank == expected->rank &&
           memcmp(tensor->shape, expected->shape, expected->rank * sizeof *expected->shape) == 0;
}

/* Before anything is allocated by the sizes: the data of these shapes is there. */
static gemml_status check_tensors(const struct safetensors *file, const struct contents *contents, const char *name)
{
    struct tensor expected[TENSORS];
    list_tensors(expected, contents);
    if (file->count != TENSORS)
        return error_set(GEMML_ERROR_FORMAT, "%s has %zu tensors: moments have %d", name, file->count, (int)TENSORS);
    for (size_t i = 0; i < TENSORS; i++)
        if (!is_as_expected(&file->tensors[i], &expected[i]))
            return error_set(GEMML_ERROR_FORMAT, "%s: its tensor %zu is not the %s of %zu features and %zu outputs",
                             name, i, expected[i].name, contents->features, contents->outputs);
    return GEMML_OK;
}

static void copy_numbers(const struct tensor *tensor, void *to)
{
    memcpy(to, tensor->data, tensor->bytes);
}

static bool is_power_of_two(double x)
{
    int exponent;
    return x >= DBL_MIN && frexp(x, &exponent) == 0.5 && exponent <= 1001;
}

/* Whether the numbers can be sums over rows: |G_jk| <= sqrt(G_jj G_kk), but for
 * rounding, which also keeps what is computed of them finite. Errors may be anything:
 * they only make a subtraction refused or not. */
static bool is_plausible(const struct gemml_moments *moments)
{
    const struct gram *gram = &moments->gram;
    bool good = gram_finite(gram) && (gram_sum_weight(gram) > 0) == (gram->rows > 0);
    for (size_t j = 0; j < gram->order; j++) {
        double root = sqrt(gram->G[j * (gram->ld + 1)]);
        for (size_t k = j; k < gram->order; k++)
            good = good && fabs(gram->G[j * gram->ld + k]) <= 1.01 * root * sqrt(gram->G[k * (gram->ld + 1)]);
    }
    for (size_t j = 0; j < gram->order - 1; j++)
        good = good && isfinite(gram->shift[j]) && is_power_of_two(gram->scale[j]);
    return good;
}

static gemml_status fill_moments(struct gemml_moments *moments, const struct safetensors *file, const char *name)
{
    struct gram *gram = &moments->gram;
    int64_t rows;
    memcpy(&rows, file->tensors[ROWS].data, sizeof rows);
    if (rows < 0 || rows > MOST_ROWS)
        return error_set(GEMML_ERROR_FORMAT, "%s: its number of rows is %" PRId64, name, rows);
    gram->rows = (size_t)rows;
    copy_numbers(&file->tensors[SHIFT], gram->shift);
    copy_numbers(&file->tensors[SCALE], gram->scale);
    copy_numbers(&file->tensors[WEIGHT_ERROR], &moments->weight_error);
    copy_numbers(&file->tensors[COLUMN_ERRORS], moments->error);
    unpack(file->tensors[GRAM].data, gram);
    if (!is_plausible(moments))
        return error_set(GEMML_ERROR_FORMAT, "%s: its numbers cannot be sums over %zu rows", name, gram->rows);
    return GEMML_OK;
}

static gemml_status make_moments(struct gemml_moments **moments, const struct safetensors *file, const char *name)
{
    struct contents contents = {0};
    struct gemml_moments *made;
    TRY(read_strings(file, &contents, name));
    TRY(check_tensors(file, &contents, name));
    TRY(moments_new(&made, contents.features, contents.outputs));
    gemml_status status = fill_moments(made, file, name);
    if (status == GEMML_OK)
        *moments = made;
    else
        moments_free(made);
    return status;
}

gemml_status moments_file_parse(struct gemml_moments **moments, const void *bytes, size_t count, const char *name)
{
    struct safetensors file;
    TRY(safetensors_parse(&file, bytes, count, name));
    gemml_status status = make_moments(moments, &file, name);
    safetensors_free(&file);
    return status;
}

gemml_status moments_file_load(struct gemml_moments **moments, const char *path)
{
    unsigned char *bytes;
    size_t count;
    TRY(safetensors_file_read(&bytes, &count, path));
    gemml_status status = moments_file_parse(moments, bytes, count, path_shown(path));
    memory_free(bytes);
    return status;
}

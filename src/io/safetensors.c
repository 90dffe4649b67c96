/* The safetensors format: what writer and reader share, and the writer. */
#include "io/safetensors.h"

#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#include "io/safetensors_types.h"
#include "util/json_text.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "tensors are written as they stand in memory: a little-endian machine is needed"
#endif

#define DATA_ALIGNMENT 64

static const struct {
    const char *name;
    size_t bytes;
} types[TENSOR_TYPES] = {
    [TENSOR_F64] = {"F64", 8}, [TENSOR_F32] = {"F32", 4}, [TENSOR_I64] = {"I64", 8},
    [TENSOR_I32] = {"I32", 4}, [TENSOR_U8] = {"U8", 1},
};

bool tensor_type_find(const char *name, enum tensor_type *type)
{
    for (size_t i = 0; i < TENSOR_TYPES; i++) {
        if (strcmp(name, types[i].name) == 0) {
            *type = (enum tensor_type)i;
            return true;
        }
    }
    return false;
}

size_t tensor_bytes(enum tensor_type type, size_t rank, const size_t *shape)
{
    size_t bytes = types[type].bytes;
    for (size_t i = 0; i < rank && bytes != SIZE_MAX; i++) /* a zero behind an overflow does not mend it */
        bytes = memory_product(bytes, shape[i]);
    return bytes;
}

struct tensor tensor_make(const char *name, enum tensor_type type, size_t rank, const size_t *shape, const void *data)
{
    struct tensor tensor = {.type = type, .rank = rank, .data = data, .bytes = tensor_bytes(type, rank, shape)};
    snprintf(tensor.name, sizeof tensor.name, "%s", name);
    if (rank > 0)
        memcpy(tensor.shape, shape, rank * sizeof *shape);
    return tensor;
}

uint64_t little_endian_load(const unsigned char bytes[8])
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

static void little_endian_store(unsigned char bytes[8], uint64_t value)
{
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)(value >> 8 * i);
}

/* The header's entry for a tensor that begins at `begin`; NULL when memory is out. */
static json_t *describe(const struct tensor *tensor, size_t begin)
{
    json_t *shape = json_array();
    int failed = shape ? 0 : -1;
    for (size_t i = 0; i < tensor->rank; i++)
        failed |= json_array_append_new(shape, json_integer((json_int_t)tensor->shape[i]));
    json_t *offsets = json_array();
    failed |= json_array_append_new(offsets, json_integer((json_int_t)begin));
    failed |= json_array_append_new(offsets, json_integer((json_int_t)(begin + tensor->bytes)));
    json_t *entry = json_object();
    failed |= json_object_set_new(entry, "dtype", json_string(types[tensor->type].name));
    failed |= json_object_set_new(entry, "shape", shape);
    failed |= json_object_set_new(entry, "data_offsets", offsets);
    if (failed) {
        json_decref(entry);
        return NULL;
    }
    return entry;
}

/* The header as JSON, the digest's entry included; NULL when memory is out. */
static json_t *describe_all(json_t *metadata, const struct tensor *tensors, size_t count)
{
    json_t *header = json_object();
    int failed = json_object_set(header, "__metadata__", metadata);
    size_t offset = 0;
    for (size_t i = 0; i < count; i++) {
        failed |= json_object_set_new(header, tensors[i].name, describe(&tensors[i], offset));
        offset += tensors[i].bytes;
    }
    struct tensor digest = tensor_make(SAFETENSORS_DIGEST, TENSOR_U8, 1, (const size_t[]){8}, NULL);
    failed |= json_object_set_new(header, digest.name, describe(&digest, offset));
    if (failed) {
        json_decref(header);
        return NULL;
    }
    return header;
}

/* image->header = length, text and blanks, with room for the digest behind them. */
static gemml_status lay_out_header(struct safetensors_image *image, size_t *bytes, const json_t *header)
{
    char *text = NULL;
    size_t length;
    TRY(json_text_make(&text, &length, header));
    size_t padded = (8 + length + DATA_ALIGNMENT - 1) / DATA_ALIGNMENT * DATA_ALIGNMENT;
    gemml_status status = GEMML_OK;
    if (padded - 8 > SAFETENSORS_MAX_HEADER || json_count_values(text, length) > SAFETENSORS_MAX_VALUES ||
        json_object_size(header) > JSON_MAX_MEMBERS)
        status = error_set(GEMML_ERROR_UNSUPPORTED,
                           "the model's header would take %zu bytes: more than a model file may have", padded - 8);
    if (status == GEMML_OK)
        status = memory_alloc(&image->header, padded + 8, 1);
    if (status == GEMML_OK) {
        little_endian_store(image->header, padded - 8);
        memcpy(image->header + 8, text, length);
        memset(image->header + 8 + length, ' ', padded - 8 - length);
        *bytes = padded;
    }
    memory_free(text);
    return status;
}

/* The XXH64 of all pieces but the last, which it fills. */
static gemml_status compute_digest(struct safetensors_image *image, unsigned char digest[8])
{
    XXH64_state_t *state = XXH64_createState();
    if (!state)
        return error_set(GEMML_ERROR_MEMORY, "out of memory: the digest's state could not be allocated");
    XXH64_reset(state, 0);
    for (size_t i = 0; i + 1 < image->count; i++)
        if (image->pieces[i].count > 0)
            XXH64_update(state, image->pieces[i].bytes, image->pieces[i].count);
    little_endian_store(digest, XXH64_digest(state));
    XXH64_freeState(state);
    return GEMML_OK;
}

gemml_status safetensors_pack(struct safetensors_image *image, json_t *metadata, const struct tensor *tensors,
                              size_t count)
{
    struct safetensors_image made = {.count = count + 2};
    size_t header_bytes = 0;
    json_t *header = describe_all(metadata, tensors, count);
    gemml_status status = lay_out_header(&made, &header_bytes, header);
    json_decref(header);
    if (status == GEMML_OK)
        status = memory_alloc(&made.pieces, made.count, sizeof *made.pieces);
    if (status == GEMML_OK) {
        made.pieces[0] = (struct piece){made.header, header_bytes};
        for (size_t i = 0; i < count; i++)
            made.pieces[i + 1] = (struct piece){tensors[i].data, tensors[i].bytes};
        made.pieces[count + 1] = (struct piece){made.header + header_bytes, 8};
        status = compute_digest(&made, made.header + header_bytes);
    }
    if (status != GEMML_OK) {
        safetensors_image_free(&made);
        return status;
    }
    *image = made;
    return GEMML_OK;
}

void safetensors_image_free(struct safetensors_image *image)
{
    memory_free(image->pieces);
    memory_free(image->header);
    *image = (struct safetensors_image){0};
}

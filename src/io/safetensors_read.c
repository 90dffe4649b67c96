/* The reader of safetensors. The bytes may come from anyone: each number is
 * checked before it is used, and nothing from the file is shown unchecked. */
#include <string.h>
#include <xxhash.h>

#include "io/json_text.h"
#include "io/safetensors_types.h"

#define DIGEST_BYTES 8

const char *safetensors_shown(const char *text)
{
    size_t length = 0;
    for (; text[length] != '\0'; length++)
        if (text[length] < 0x20 || text[length] > 0x7e || length == 80)
            return "(unprintable)";
    return text;
}

gemml_status safetensors_check_start(const unsigned char start[8], size_t count, const char *name)
{
    if (count == 0)
        return error_set(GEMML_ERROR_FORMAT, "%s is empty", name);
    if (count < 8 + 2 + DIGEST_BYTES)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: it has only %zu bytes", name, count);
    uint64_t header = little_endian_load(start);
    if (header < 2 || header > SAFETENSORS_MAX_HEADER || header > count - 8 - DIGEST_BYTES)
        return error_set(GEMML_ERROR_FORMAT,
                         "%s is not a gemml model, or is truncated: its header would take %llu of %zu bytes", name,
                         (unsigned long long)header, count);
    return GEMML_OK;
}

static gemml_status check_digest(const unsigned char *bytes, size_t count, const char *name)
{
    uint64_t computed = XXH64(bytes, count - DIGEST_BYTES, 0);
    uint64_t stored = little_endian_load(bytes + count - DIGEST_BYTES);
    if (computed != stored)
        return error_set(GEMML_ERROR_FORMAT,
                         "%s was altered or truncated, or is not a gemml model: "
                         "the digest of its %zu bytes is %016llx, not %016llx",
                         name, count, (unsigned long long)computed, (unsigned long long)stored);
    return GEMML_OK;
}

static gemml_status bad_tensor(const char *name, const struct tensor *tensor, const char *what)
{
    return error_set(GEMML_ERROR_FORMAT, "%s: its tensor %s has %s", name, safetensors_shown(tensor->name), what);
}

/* A JSON integer that is a size. */
static bool get_size(const json_t *json, size_t *size)
{
    if (!json_is_integer(json) || json_integer_value(json) < 0 || (uint64_t)json_integer_value(json) > SIZE_MAX)
        return false;
    *size = (size_t)json_integer_value(json);
    return true;
}

static bool get_shape(struct tensor *tensor, const json_t *shape)
{
    tensor->rank = json_array_size(shape);
    if (!json_is_array(shape) || tensor->rank > SAFETENSORS_MAX_RANK)
        return false;
    for (size_t i = 0; i < tensor->rank; i++)
        if (!get_size(json_array_get(shape, i), &tensor->shape[i]))
            return false;
    tensor->bytes = tensor_bytes(tensor->type, tensor->rank, tensor->shape);
    return tensor->bytes != SIZE_MAX;
}

/* One entry of the header. Its data must begin where the last one's ended, at
 * `*offset`, and end within `limit` bytes; *offset moves behind it. */
static gemml_status read_tensor(struct tensor *tensor, const char *key, const json_t *entry, size_t *offset,
                                size_t limit, const char *name)
{
    if (strlen(key) >= sizeof tensor->name)
        return error_set(GEMML_ERROR_FORMAT, "%s: a tensor's name has %zu bytes", name, strlen(key));
    memcpy(tensor->name, key, strlen(key) + 1);
    if (json_object_size(entry) != 3)
        return bad_tensor(name, tensor, "other entries than dtype, shape and data_offsets");
    const json_t *type = json_object_get(entry, "dtype");
    if (!json_is_string(type) || !tensor_type_find(json_string_value(type), &tensor->type))
        return bad_tensor(name, tensor, "no dtype that is known");
    if (!get_shape(tensor, json_object_get(entry, "shape")))
        return bad_tensor(name, tensor, "no valid shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    size_t begin, end;
    if (json_array_size(offsets) != 2 || !get_size(json_array_get(offsets, 0), &begin) ||
        !get_size(json_array_get(offsets, 1), &end))
        return bad_tensor(name, tensor, "no valid data_offsets");
    if (begin != *offset || end < begin || end > limit)
        return bad_tensor(name, tensor, "data that overlaps, leaves a hole, or lies outside the file");
    if (end - begin != tensor->bytes)
        return bad_tensor(name, tensor, "a shape that does not fit its data");
    *offset = end;
    return GEMML_OK;
}

static gemml_status read_metadata(struct safetensors *file, const char *name)
{
    json_t *metadata = json_object_get(file->header, "__metadata__");
    if (!json_is_object(metadata))
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: it has no metadata", name);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value)
    {
        if (!json_is_string(value))
            return error_set(GEMML_ERROR_FORMAT, "%s: its metadata \"%s\" is not a string", name,
                             safetensors_shown(key));
    }
    file->metadata = metadata;
    return GEMML_OK;
}

/* All entries but the metadata, the digest last. */
static gemml_status read_tensors(struct safetensors *file, const unsigned char *data, size_t bytes, const char *name)
{
    size_t entries = json_object_size(file->header) - 1;
    TRY(memory_zeroed(&file->tensors, entries, sizeof *file->tensors));
    size_t offset = 0;
    const char *key;
    json_t *entry;
    json_object_foreach(file->header, key, entry)
    {
        if (entry == file->metadata)
            continue;
        struct tensor *tensor = &file->tensors[file->count++];
        tensor->data = data + offset;
        TRY(read_tensor(tensor, key, entry, &offset, bytes, name));
    }
    const struct tensor *last = entries > 0 ? &file->tensors[entries - 1] : NULL;
    if (!last || strcmp(last->name, SAFETENSORS_DIGEST) != 0 || last->type != TENSOR_U8 || last->rank != 1 ||
        last->shape[0] != DIGEST_BYTES)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: its last tensor is not " SAFETENSORS_DIGEST,
                         name);
    if (offset != bytes)
        return error_set(GEMML_ERROR_FORMAT, "%s: its tensors take %zu of %zu bytes of data", name, offset, bytes);
    file->count--;
    return GEMML_OK;
}

static gemml_status read_header(struct safetensors *file, const unsigned char *bytes, size_t count, const char *name)
{
    size_t length = (size_t)little_endian_load(bytes);
    TRY(json_text_parse(&file->header, (const char *)bytes + 8, length, SAFETENSORS_MAX_VALUES, name, "header"));
    if (!json_is_object(file->header))
        return error_set(GEMML_ERROR_FORMAT, "%s: its header is not a JSON object", name);
    TRY(read_metadata(file, name));
    return read_tensors(file, bytes + 8 + length, count - 8 - length, name);
}

gemml_status safetensors_parse(struct safetensors *file, const void *bytes, size_t count, const char *name)
{
    TRY(safetensors_check_start(bytes, count, name));
    TRY(check_digest(bytes, count, name));
    struct safetensors made = {0};
    gemml_status status = read_header(&made, bytes, count, name);
    if (status != GEMML_OK) {
        safetensors_free(&made);
        return status;
    }
    *file = made;
    return GEMML_OK;
}

void safetensors_free(struct safetensors *file)
{
    json_decref(file->header);
    memory_free(file->tensors);
    *file = (struct safetensors){0};
}

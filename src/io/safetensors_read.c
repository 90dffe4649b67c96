/* The reader of safetensors. The bytes may come from anyone: each number is
 * checked before it is used, and nothing from the file is shown unchecked. */
#include <string.h>
#include <xxhash.h>

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
static bool get_size(const struct json_node *node, size_t *size)
{
    uint64_t value;
    if (!json_unsigned_value(node, &value) || value > SIZE_MAX)
        return false;
    *size = (size_t)value;
    return true;
}

/* An array of at most `most` sizes. */
static bool get_sizes(const struct json_node *node, size_t most, size_t *sizes, size_t *count)
{
    if (!node || node->kind != JSON_IS_ARRAY || node->count > most)
        return false;
    for (size_t i = 0; i < node->count; i++) /* each is one node, or refused */
        if (!get_size(node + 1 + i, &sizes[i]))
            return false;
    *count = node->count;
    return true;
}

/* One entry of the header. Its data must begin where the last one's ended, at
 * `*offset`, and end within `limit` bytes; *offset moves behind it. */
static gemml_status read_tensor(struct tensor *tensor, const struct json_node *entry, size_t *offset, size_t limit,
                                const char *name)
{
    size_t length = strlen(entry->key), offsets[2], offset_count;
    if (length >= sizeof tensor->name)
        return error_set(GEMML_ERROR_FORMAT, "%s: a tensor's name has %zu bytes", name, length);
    memcpy(tensor->name, entry->key, length + 1);
    if (entry->kind != JSON_IS_OBJECT || entry->count != 3)
        return bad_tensor(name, tensor, "other entries than dtype, shape and data_offsets");
    const char *type = json_string_text(json_member(entry, "dtype"));
    if (!type || !tensor_type_find(type, &tensor->type))
        return bad_tensor(name, tensor, "no dtype that is known");
    if (!get_sizes(json_member(entry, "shape"), SAFETENSORS_MAX_RANK, tensor->shape, &tensor->rank))
        return bad_tensor(name, tensor, "no valid shape");
    tensor->bytes = tensor_bytes(tensor->type, tensor->rank, tensor->shape);
    if (tensor->bytes == SIZE_MAX)
        return bad_tensor(name, tensor, "a shape that overflows");
    if (!get_sizes(json_member(entry, "data_offsets"), 2, offsets, &offset_count) || offset_count != 2)
        return bad_tensor(name, tensor, "no valid data_offsets");
    if (offsets[0] != *offset || offsets[1] < offsets[0] || offsets[1] > limit)
        return bad_tensor(name, tensor, "data that overlaps, leaves a hole, or lies outside the file");
    if (offsets[1] - offsets[0] != tensor->bytes)
        return bad_tensor(name, tensor, "a shape that does not fit its data");
    *offset = offsets[1];
    return GEMML_OK;
}

static gemml_status read_metadata(struct safetensors *file, const char *name)
{
    const struct json_node *metadata = json_member(file->header.root, "__metadata__");
    if (!metadata || metadata->kind != JSON_IS_OBJECT)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: it has no metadata", name);
    const struct json_node *value = metadata + 1;
    for (size_t i = 0; i < metadata->count; i++, value += value->span)
        if (value->kind != JSON_IS_STRING)
            return error_set(GEMML_ERROR_FORMAT, "%s: its metadata \"%s\" is not a string", name,
                             safetensors_shown(value->key));
    file->metadata = metadata;
    return GEMML_OK;
}

static gemml_status check_last(const struct tensor *tensors, size_t count, const char *name)
{
    const struct tensor *last = count > 0 ? &tensors[count - 1] : NULL;
    if (!last || strcmp(last->name, SAFETENSORS_DIGEST) != 0 || last->type != TENSOR_U8 || last->rank != 1 ||
        last->shape[0] != DIGEST_BYTES)
        return error_set(GEMML_ERROR_FORMAT, "%s is not a gemml model: its last tensor is not " SAFETENSORS_DIGEST,
                         name);
    return GEMML_OK;
}

/* All entries but the metadata, the digest last. */
static gemml_status read_tensors(struct safetensors *file, const unsigned char *data, size_t bytes, const char *name)
{
    size_t entries = file->header.root->count, offset = 0;
    TRY(memory_zeroed(&file->tensors, entries, sizeof *file->tensors));
    const struct json_node *entry = file->header.root + 1;
    for (size_t i = 0; i < entries; i++, entry += entry->span) {
        if (entry == file->metadata)
            continue;
        struct tensor *tensor = &file->tensors[file->count++];
        tensor->data = data + offset;
        TRY(read_tensor(tensor, entry, &offset, bytes, name));
    }
    TRY(check_last(file->tensors, file->count, name));
    if (offset != bytes)
        return error_set(GEMML_ERROR_FORMAT, "%s: its tensors take %zu of %zu bytes of data", name, offset, bytes);
    file->count--;
    return GEMML_OK;
}

static gemml_status read_header(struct safetensors *file, const unsigned char *bytes, size_t count, const char *name)
{
    size_t length = (size_t)little_endian_load(bytes);
    TRY(json_read(&file->header, (const char *)bytes + 8, length, SAFETENSORS_MAX_VALUES, name, "header"));
    if (file->header.root->kind != JSON_IS_OBJECT)
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
    json_document_free(&file->header);
    memory_free(file->tensors);
    *file = (struct safetensors){0};
}

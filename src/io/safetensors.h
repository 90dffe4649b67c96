/* The safetensors format, with gemml's digest behind it.
 *
 *   8 bytes         H, the length of the header: 64 bits, little-endian
 *   H bytes         the header: a JSON object, padded with blanks
 *                     "__metadata__": {name: string, ...}
 *                     name: {"dtype": "F64", "shape": [2, 3], "data_offsets": [begin, end]}
 *   to the end      the tensors' bytes, little-endian, without a hole; offsets count from here
 *
 * The last tensor, gemml.digest (U8, shape [8]), is the XXH64 (seed 0,
 * little-endian) of all bytes of the file before it.
 *
 * Stricter than the format: tensors stand in the header in the order of their
 * data, have at most SAFETENSORS_MAX_RANK dimensions and names of less than
 * SAFETENSORS_NAME_BYTES bytes, and the header has at most SAFETENSORS_MAX_VALUES
 * values, JSON_MAX_MEMBERS of them tensors. So no header makes a reader take more memory than a
 * small multiple of the file's size. */
#ifndef GEMML_IO_SAFETENSORS_H
#define GEMML_IO_SAFETENSORS_H

#include <jansson.h>

#include "io/atomic_file.h"
#include "util/alloc.h"
#include "util/json_read.h"

#define SAFETENSORS_MAX_HEADER ((size_t)100000000)
#define SAFETENSORS_MAX_VALUES ((size_t)1 << 18)
#define SAFETENSORS_MAX_RANK 4
#define SAFETENSORS_NAME_BYTES 64
#define SAFETENSORS_DIGEST "gemml.digest"

enum tensor_type { TENSOR_F64, TENSOR_F32, TENSOR_I64, TENSOR_I32, TENSOR_U8, TENSOR_TYPES };

struct tensor {
    char name[SAFETENSORS_NAME_BYTES];
    enum tensor_type type;
    size_t rank; /* 0: a scalar */
    size_t shape[SAFETENSORS_MAX_RANK];
    const void *data; /* borrowed; not aligned */
    size_t bytes;
};

/* A tensor of `rank` dimensions; `bytes` follows from the shape. The caller sees
 * to it that the data is there. */
struct tensor tensor_make(const char *name, enum tensor_type type, size_t rank, const size_t *shape, const void *data);

/* A file ready to be written: pieces[0] is the header, the last is the digest.
 * The tensors' data is borrowed. */
struct safetensors_image {
    struct piece *pieces;
    size_t count;
    unsigned char *header; /* owned: the header, and the digest behind it */
};

/* Lays out a file of these strings (a JSON object, or NULL when it could not be
 * allocated) and tensors, and computes its digest. The data begins at a multiple
 * of 64 bytes of the file. MEMORY; UNSUPPORTED when the header would be too large. */
gemml_status safetensors_pack(struct safetensors_image *image, json_t *metadata, const struct tensor *tensors,
                              size_t count);
void safetensors_image_free(struct safetensors_image *image);

/* A file that was read; it borrows the bytes. */
struct safetensors {
    struct json_document header;      /* owned */
    const struct json_node *metadata; /* an object of strings; part of the header */
    struct tensor *tensors;           /* owned; in the order of the file, without the digest */
    size_t count;
};

/* Whether a file of `count` bytes that begins with these 8 can be one at all.
 * Fewer than 8 need to be there when count is less. FORMAT if not. */
gemml_status safetensors_check_start(const unsigned char start[8], size_t count, const char *name);

/* Reads a file: the digest first, then everything that the format demands. `name`
 * stands for the file in messages. FORMAT, MEMORY. */
gemml_status safetensors_parse(struct safetensors *file, const void *bytes, size_t count, const char *name);
void safetensors_free(struct safetensors *file);

/* Text of a file as it may be shown: itself when it is short and printable
 * ASCII, otherwise "(unprintable)", so that no file writes to a terminal. */
const char *safetensors_shown(const char *text);

#endif

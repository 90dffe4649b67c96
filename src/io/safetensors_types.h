/* What the writer and the reader of safetensors share. */
#ifndef GEMML_IO_SAFETENSORS_TYPES_H
#define GEMML_IO_SAFETENSORS_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "io/safetensors.h"

/* The type that the format calls "F64", ...; false for one that is not known. */
bool tensor_type_find(const char *name, enum tensor_type *type);

/* Bytes of a tensor; SIZE_MAX when they overflow. */
size_t tensor_bytes(enum tensor_type type, size_t rank, const size_t *shape);

uint64_t little_endian_load(const unsigned char bytes[8]);

#endif

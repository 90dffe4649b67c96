/* Models on disk: one safetensors file, with a digest, replaced atomically. */
#ifndef GEMML_IO_H
#define GEMML_IO_H

#include "model.h"

GEMML_BEGIN_DECLS

/* Writes a fitted model. The file is a safetensors file (a 64-bit header
 * length, a JSON header, raw little-endian tensors) whose last tensor,
 * gemml.digest, is the XXH64 of all bytes before it. Equal fits give equal bytes.
 * Written beside the target, synced, and renamed over it: after a crash the old
 * or the new file stands there, never half of one; on failure nothing is left. A process that
 * is killed may leave a file .gemml-XXXXXXXXXXXXXXXX beside the target; the next save to it removes that.
 * Errors: ARGUMENT, UNFITTED, IO (with the system's reason), MEMORY; NONFINITE (a
 * parameter or the input map is NaN or infinite: a coefficient may be beyond the
 * range of an F32 model), SHAPE (the model's parts, such as its schema and its
 * parameters, do not fit together: no fit and no load leaves it so), UNSUPPORTED
 * (the JSON header would pass the 100 MB that gemml_load takes: very many columns
 * with very long names). In these three cases no file is touched. */
GEMML_API gemml_status gemml_save(const gemml_model *model, const char *path);

/* Reads a model.
 *
 *   model  out: a new handle, fitted; untouched on failure
 *
 * Errors: ARGUMENT, IO, FORMAT (truncated, altered, or not a gemml model),
 * UNSUPPORTED (of a later version), MEMORY. */
GEMML_API gemml_status gemml_load(gemml_model **model, const char *path);

/* The same from memory: `bytes` is not kept. */
GEMML_API gemml_status gemml_load_memory(gemml_model **model, const void *bytes, size_t count);

GEMML_END_DECLS

#endif

/* Models on disk: one safetensors file, with a digest, replaced atomically; and other files replaced so. */
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

/* A file of any content (a table, a report) that replaces another as gemml_save does: it is written
 * beside the target, and takes its place when it is whole. A target that is no regular file, such as a
 * pipe, is written directly. One thread at a time may use it. */
typedef struct gemml_file gemml_file;

/* Opens a file beside `path`, and removes what a process that was killed while it wrote to the same path left there.
 *
 *   file  out: a new handle; untouched on failure
 *
 * Errors: ARGUMENT (NULL), IO (with the system's reason), MEMORY. */
GEMML_API gemml_status gemml_file_open(gemml_file **file, const char *path);

/* Where to write, from the beginning on: a descriptor, which the handle closes; -1 after gemml_file_finish. */
GEMML_API int gemml_file_descriptor(const gemml_file *file);

/* The name that the file has until it is published, for a signal handler to remove; "" where it has
 * none. Valid until gemml_file_free. */
GEMML_API const char *gemml_file_temporary(const gemml_file *file);

/* Syncs and closes it: the disk has all of it, or says that it has not.
 * Errors: ARGUMENT (NULL), IO. */
GEMML_API gemml_status gemml_file_finish(gemml_file *file);

/* Does that if it was not done, renames the file over the target, and syncs the folder.
 * Errors: ARGUMENT (NULL), IO; the target is then as it was, unless only the folder could not be synced. */
GEMML_API gemml_status gemml_file_publish(gemml_file *file);

/* Frees the handle. A file that was not published is removed. NULL is fine. */
GEMML_API void gemml_file_free(gemml_file *file);

GEMML_END_DECLS

#endif

/* Moments as a safetensors file (safetensors.h has the container), and back. In it are
 *
 *   strings  format "gemml", format_version "1", gemml_version, kind "moments",
 *            features and outputs (p and K, in digits)
 *   tensors  moments.rows    I64 []
 *            moments.shift   F64 [p + K]              s, features first
 *            moments.scale   F64 [p + K]              t, powers of two
 *            moments.gram    F64 [m (m + 1) / 2]      G's upper triangle by rows, m = p + K + 1
 *            moments.weight_error  F64 []             of sum w (moments_error.h)
 *            moments.error         F64 [p + K, 5]     of the columns: WS, WG, SS, SG, GG
 *
 * in this order. Equal moments give equal bytes, and come back to the bit. */
#ifndef GEMML_IO_MOMENTS_FILE_H
#define GEMML_IO_MOMENTS_FILE_H

#include "solve/moments.h"

/* `path` is replaced atomically (atomic_file.h). IO, MEMORY. */
gemml_status moments_file_save(const struct gemml_moments *moments, const char *path);

/* New moments from bytes; `name` stands for them in messages. `moments` is
 * untouched on failure: FORMAT, UNSUPPORTED, MEMORY. */
gemml_status moments_file_parse(struct gemml_moments **moments, const void *bytes, size_t count, const char *name);

/* New moments from a regular file. IO, and as above. */
gemml_status moments_file_load(struct gemml_moments **moments, const char *path);

#endif

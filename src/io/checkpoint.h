/* Checkpoints: the state of a training run in a safetensors file, with what a run that
 * goes on from it must have in common with it.
 *
 *   strings  format "gemml", format_version, kind "checkpoint", dtype, optimizer, and option.NAME for each option of
 *            the model but for the limits that may change; row_order, how an epoch's order is computed, of more rows
 *            than ORDERED_ROWS
 *   tensors  run.counts I64, run.numbers F64, run.data I64: rows and digests of the training and
 *            the validation rows; the record's histories F64 and I64; theta, best and the
 *            optimizer's vectors in dtype */
#ifndef GEMML_IO_CHECKPOINT_H
#define GEMML_IO_CHECKPOINT_H

#include "chain/model.h"
#include "train/state.h"

/* Of the training and of the validation rows: their number, and their data_digest (solve/digest.h). */
struct checkpoint_data {
    size_t rows[2];
    uint64_t digest[2];
};

/* A state that was read; it owns all that it points to. */
struct checkpoint {
    struct train_state state;
    struct fit_record record;
    void *vectors; /* theta, best and the optimizer's, one behind the other */
};

/* Replaces the file atomically. Errors: IO, MEMORY. */
gemml_status checkpoint_save(const char *path, const struct gemml_model *model, const struct checkpoint_data *data,
                             const struct train_state *state);

/* The state in these bytes, which `name` stands for in messages, now and where the state is gone on from. Errors:
 * FORMAT, MEMORY, and ARGUMENT where the run was one of other options or data, by name. */
gemml_status checkpoint_parse(struct checkpoint *checkpoint, const void *bytes, size_t count, const char *name,
                              const struct gemml_model *model, const struct checkpoint_data *data);

/* The same from a file. *found is false, and nothing is read, where there is no file. Errors: IO, and as above. */
gemml_status checkpoint_load(struct checkpoint *checkpoint, bool *found, const char *path,
                             const struct gemml_model *model, const struct checkpoint_data *data);
void checkpoint_free(struct checkpoint *checkpoint);

#endif

/* A model as safetensors bytes, and back. */
#ifndef GEMML_IO_MODEL_FILE_H
#define GEMML_IO_MODEL_FILE_H

#include "chain/model.h"

/* `path` is replaced atomically. The model is fitted. */
gemml_status model_file_save(const struct gemml_model *model, const char *path);

/* A new model from bytes; `name` stands for them in messages ("the file model.gemml"). */
gemml_status model_file_parse(struct gemml_model **model, const void *bytes, size_t count, const char *name);

/* A new model from a file. */
gemml_status model_file_load(struct gemml_model **model, const char *path);

#endif

/* The life of a model: create, free, save, load. */
#include "chain/model.h"

#include <gemml/io.h>

#include "api/options.h"
#include "api/validate.h"
#include "io/model_file.h"

gemml_status gemml_linear_create(gemml_model **model, const gemml_linear_options *options)
{
    gemml_linear_options local;
    gemml_model *made;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new model is NULL");
    TRY(linear_options_read(options, &local));
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->kind = GEMML_LINEAR;
    made->linear = local;
    *model = made;
    return GEMML_OK;
}

void gemml_model_free(gemml_model *model)
{
    if (!model)
        return;
    fitted_free(model->fitted);
    gemml_schema_free(model->schema);
    memory_free(model);
}

gemml_status gemml_save(const gemml_model *model, const char *path)
{
    TRY(validate_fitted(model));
    if (!path || !*path)
        return error_set(GEMML_ERROR_ARGUMENT, "the model's path is %s", path ? "empty" : "NULL");
    return model_file_save(model, path);
}

gemml_status gemml_load(gemml_model **model, const char *path)
{
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the loaded model is NULL");
    if (!path || !*path)
        return error_set(GEMML_ERROR_ARGUMENT, "the model's path is %s", path ? "empty" : "NULL");
    return model_file_load(model, path);
}

gemml_status gemml_load_memory(gemml_model **model, const void *bytes, size_t count)
{
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the loaded model is NULL");
    if (!bytes && count > 0)
        return error_set(GEMML_ERROR_ARGUMENT, "the model's bytes are NULL");
    return model_file_parse(model, bytes, count, "the model in memory");
}

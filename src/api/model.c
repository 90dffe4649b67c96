/* The life of a model: create, free, save, load. */
#include "chain/model.h"

#include <gemml/io.h>

#include "api/options.h"
#include "api/validate.h"
#include "io/model_file.h"

gemml_status gemml_linear_create(gemml_model **model, const gemml_linear_options *options)
{
    gemml_linear_options local;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new model is NULL");
    TRY(linear_options_read(options, &local));
    TRY(model_new(model, GEMML_LINEAR));
    (*model)->linear = local;
    return GEMML_OK;
}

gemml_status gemml_logistic_create(gemml_model **model, const gemml_logistic_options *options)
{
    gemml_logistic_options local;
    double *class_weight = NULL;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new model is NULL");
    TRY(logistic_options_read(options, &local));
    if (local.class_weight)
        TRY(memory_copy(&class_weight, local.class_weight, local.classes, sizeof *class_weight));
    local.class_weight = class_weight;
    gemml_status status = model_new(model, GEMML_LOGISTIC);
    if (status == GEMML_OK)
        (*model)->logistic = local;
    else
        memory_free(class_weight);
    return status;
}

void gemml_model_free(gemml_model *model)
{
    if (!model)
        return;
    gemml_schema_free(model->schema);
    model_discard(model);
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

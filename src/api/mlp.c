/* The life of a network before its fit: options and names. */
#include "api/options.h"
#include "chain/model.h"
#include "io/model_names.h"
#include "train/training.h"

_Static_assert((int)GEMML_ACTIVATION_GELU == (int)ACTIVATION_GELU &&
                   (int)GEMML_ACTIVATION_SOFTMAX == (int)ACTIVATION_SOFTMAX,
               "activations are numbered alike");
_Static_assert((int)GEMML_OPTIMIZER_ADAMW == (int)OPTIMIZER_ADAMW, "optimizers are numbered alike");
_Static_assert((int)GEMML_SCHEDULE_ONE_CYCLE == (int)SCHEDULE_ONE_CYCLE, "schedules are numbered alike");
_Static_assert((int)GEMML_INIT_HE_NORMAL == (int)INITIALISATION_HE_NORMAL, "initialisations are numbered alike");

/* ---- Options ------------------------------------------------------------------- */

/* `options` owns its arrays afterwards, on failure none. */
static gemml_status own_arrays(gemml_mlp_options *options)
{
    gemml_mlp_options given = *options;
    size_t hidden = given.hidden_count == GEMML_AUTO_COUNT ? 0 : given.hidden_count;
    options->hidden = NULL;
    options->activations = NULL;
    options->biases = NULL;
    options->class_weight = NULL;
    gemml_status status = GEMML_OK;
    if (hidden > 0)
        status = memory_copy(&options->hidden, given.hidden, hidden, sizeof *given.hidden);
    if (status == GEMML_OK && hidden > 0 && given.activations)
        status = memory_copy(&options->activations, given.activations, hidden, sizeof *given.activations);
    if (status == GEMML_OK && given.biases)
        status = memory_copy(&options->biases, given.biases, hidden + 1, sizeof *given.biases);
    if (status == GEMML_OK && given.class_weight)
        status = memory_copy(&options->class_weight, given.class_weight, given.classes, sizeof *given.class_weight);
    if (status != GEMML_OK)
        mlp_options_free(options);
    return status;
}

gemml_status gemml_mlp_create(gemml_model **model, const gemml_mlp_options *options)
{
    gemml_mlp_options local;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new model is NULL");
    TRY(mlp_options_read(options, &local));
    TRY(own_arrays(&local));
    gemml_status status = model_new(model, GEMML_MLP);
    if (status == GEMML_OK)
        (*model)->mlp = local;
    else
        mlp_options_free(&local);
    return status;
}

gemml_status gemml_mlp_get_options(const gemml_model *model, gemml_mlp_options *options)
{
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the model is NULL");
    if (model->kind != GEMML_MLP)
        return error_set(GEMML_ERROR_UNSUPPORTED, "the model is not a network");
    return options_write("gemml_mlp_options", options, &model->mlp, sizeof model->mlp);
}

/* ---- Names --------------------------------------------------------------------- */

static const char *name_or_unknown(const struct name_table *table, int value)
{
    return value >= 0 && (size_t)value < table->count ? name_of(table, value) : "unknown";
}

const char *gemml_activation_string(gemml_activation activation)
{
    return (unsigned)activation < ACTIVATION_COUNT ? activation_name((enum activation)activation) : "unknown";
}

const char *gemml_optimizer_string(gemml_optimizer optimizer)
{
    return name_or_unknown(&optimizer_names, (int)optimizer);
}

const char *gemml_schedule_string(gemml_schedule schedule)
{
    return name_or_unknown(&schedule_names, (int)schedule);
}

const char *gemml_initialisation_string(gemml_initialisation initialisation)
{
    return name_or_unknown(&initialisation_names, (int)initialisation);
}

/* The life of a model and of its fitted state. */
#include "chain/model.h"

#include <string.h>

struct model_settings model_settings(const struct gemml_model *model)
{
    if (model->kind == GEMML_LOGISTIC) {
        const gemml_logistic_options *options = &model->logistic;
        return (struct model_settings){options->solver, options->scaling, options->dtype, options->intercept != 0,
                                       options->l2};
    }
    if (model->kind == GEMML_MLP) {
        const gemml_mlp_options *options = &model->mlp;
        return (struct model_settings){options->solver, options->scaling, options->dtype, options->bias != 0,
                                       options->l2};
    }
    const gemml_linear_options *options = &model->linear;
    return (struct model_settings){options->solver, options->scaling, options->dtype, options->intercept != 0,
                                   options->l2};
}

void mlp_options_free(gemml_mlp_options *options)
{
    memory_free((size_t *)options->hidden);
    memory_free((gemml_activation *)options->activations);
    memory_free((int *)options->biases);
    memory_free((double *)options->class_weight);
    options->hidden = NULL;
    options->activations = NULL;
    options->biases = NULL;
    options->class_weight = NULL;
}

gemml_status model_new(struct gemml_model **model, gemml_kind kind)
{
    struct gemml_model *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->kind = kind;
    gemml_linear_options_init(&made->linear);
    gemml_logistic_options_init(&made->logistic);
    gemml_mlp_options_init(&made->mlp);
    *model = made;
    return GEMML_OK;
}

void model_discard(struct gemml_model *model)
{
    if (!model)
        return;
    fitted_free(model->fitted);
    memory_free((double *)model->logistic.class_weight);
    mlp_options_free(&model->mlp);
    memory_free(model);
}

gemml_status fitted_new(struct fitted **fitted)
{
    struct fitted *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->record.objective = made->record.loss = made->record.l2 = NAN;
    made->summary.sum_weight = made->summary.condition = NAN;
    made->summary.normal_equation_residual = made->summary.closed_form_distance = NAN;
    made->summary.null_deviance = NAN;
    *fitted = made;
    return GEMML_OK;
}

gemml_status fitted_lay_out(struct fitted *fitted, size_t inputs, size_t outputs, enum activation activation,
                            enum loss loss, bool bias, gemml_dtype dtype)
{
    TRY(chain_make(&fitted->chain, 1, (const size_t[]){inputs, outputs}, &activation, &bias, loss));
    fitted->dtype = dtype;
    fitted->map.inputs = inputs;
    return memory_zeroed(&fitted->parameters, fitted->chain.parameters, dtype_size(dtype));
}

void fit_record_free(struct fit_record *record)
{
    memory_free(record->loss_history);
    memory_free(record->valid_loss_history);
    memory_free(record->score_history);
    memory_free(record->valid_epochs);
    memory_free(record->recorded);
    memory_free(record->recorded_epochs);
    memory_free(record->l2_path);
    memory_free(record->notice);
}

void summary_vectors(struct summary_record *summary, double **vectors[SUMMARY_VECTORS])
{
    double **const all[SUMMARY_VECTORS] = {&summary->r2,  &summary->adjusted_r2,    &summary->sigma, &summary->f,
                                           &summary->f_p, &summary->log_likelihood, &summary->aic,   &summary->bic};
    memcpy(vectors, all, sizeof all);
}

static gemml_status nan_array(double **array, size_t count)
{
    TRY(memory_alloc(array, count, sizeof **array));
    for (size_t i = 0; i < count; i++)
        (*array)[i] = NAN;
    return GEMML_OK;
}

gemml_status summary_lay_out(struct summary_record *summary, size_t inputs, size_t outputs)
{
    double **vectors[SUMMARY_VECTORS];
    summary_vectors(summary, vectors);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        TRY(nan_array(vectors[i], outputs));
    return nan_array(&summary->std_error, memory_product(memory_sum(inputs, 1), outputs));
}

static void summary_free(struct summary_record *summary)
{
    double **vectors[SUMMARY_VECTORS];
    summary_vectors(summary, vectors);
    for (size_t i = 0; i < SUMMARY_VECTORS; i++)
        memory_free(*vectors[i]);
    memory_free(summary->std_error);
    memory_free(summary->robust_error);
    memory_free(summary->aliased);
    memory_free(summary->inverse.center);
    memory_free(summary->inverse.scale);
    memory_free(summary->inverse.root);
}

void fitted_free(struct fitted *fitted)
{
    if (!fitted)
        return;
    chain_free(&fitted->chain);
    memory_free(fitted->parameters);
    memory_free(fitted->map.shift);
    memory_free(fitted->map.scale);
    memory_free(fitted->target_map.shift);
    memory_free(fitted->target_map.scale);
    fit_record_free(&fitted->record);
    summary_free(&fitted->summary);
    memory_free(fitted);
}

gemml_view fitted_parameters(const struct fitted *fitted)
{
    size_t count = fitted->chain.parameters;
    return (gemml_view){fitted->parameters, 1, count, count, fitted->dtype, 0};
}

gemml_matrix fitted_parameters_out(struct fitted *fitted)
{
    size_t count = fitted->chain.parameters;
    return (gemml_matrix){fitted->parameters, 1, count, count, fitted->dtype, 0};
}

/* What a model tells of itself. */
#include <math.h>

#include "api/options.h"
#include "api/validate.h"
#include "kernel/doubled.h"
#include "stats/inference.h"

gemml_status gemml_model_get_info(const gemml_model *model, gemml_model_info *info)
{
    gemml_model_info known = GEMML_MODEL_INFO_INIT;
    if (!model)
        return error_set(GEMML_ERROR_ARGUMENT, "the model is NULL");
    known.kind = model->kind;
    struct model_settings settings = model_settings(model);
    known.dtype = settings.dtype;
    known.intercept = settings.intercept;
    known.scaling = settings.scaling;
    const struct fitted *fitted = model->fitted;
    known.l2 = fitted ? fitted->record.l2 : settings.l2;
    known.fitted = fitted != NULL;
    if (fitted) {
        known.inputs = chain_inputs(&fitted->chain);
        known.outputs = chain_outputs(&fitted->chain);
        known.layers = fitted->chain.layers;
        known.parameters = fitted->chain.parameters;
        known.solver = fitted->record.solver;
        known.classes = chain_classes(&fitted->chain);
    }
    return options_write("gemml_model_info", info, &known, sizeof known);
}

gemml_status gemml_parameters(const gemml_model *model, const void **data, size_t *count)
{
    TRY(validate_fitted(model));
    if (!data || !count)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the %s is NULL", data ? "count" : "parameters");
    *data = model->fitted->parameters;
    *count = model->fitted->chain.parameters;
    return GEMML_OK;
}

static gemml_view parameter_view(const struct fitted *fitted, size_t offset, size_t rows, size_t cols)
{
    const char *start = fitted->parameters;
    gemml_view view = {start + offset * dtype_size(fitted->dtype), rows, cols, cols, fitted->dtype, 0};
    return view;
}

gemml_status gemml_layer(const gemml_model *model, size_t index, gemml_layer_info *info)
{
    TRY(validate_fitted(model));
    const struct fitted *fitted = model->fitted;
    if (index >= fitted->chain.layers)
        return error_set(GEMML_ERROR_ARGUMENT, "there is no layer %zu: the model has %zu, counted from 0", index,
                         fitted->chain.layers);
    const struct layer *layer = &fitted->chain.layer[index];
    gemml_layer_info known = GEMML_LAYER_INFO_INIT;
    known.inputs = layer->inputs;
    known.outputs = layer->outputs;
    known.weight = parameter_view(fitted, layer->weight_offset, layer->inputs, layer->outputs);
    if (layer->bias)
        known.bias = parameter_view(fitted, layer->bias_offset, 1, layer->outputs);
    known.activation = activation_name(layer->activation);
    return options_write("gemml_layer_info", info, &known, sizeof known);
}

/* What the output map makes of a number of output k. */
static struct doubled unscaled(const struct output_map *map, size_t k, struct doubled value)
{
    return map->scale ? doubled_divide(value, map->scale[k]) : value;
}

/* Output k: w_j = W_j t_j, intercept = b - sum_j a_j w_j, in double-double, since
 * the sum may cancel; then out of the scaled target's units. */
static void write_coefficients(const struct fitted *fitted, size_t k, const gemml_matrix *out)
{
    const struct layer *layer = &fitted->chain.layer[0];
    const struct input_map *map = &fitted->map;
    gemml_view theta = fitted_parameters(fitted);
    struct doubled intercept = doubled_of(layer->bias ? view_element(&theta, 0, layer->bias_offset + k) : 0);
    for (size_t j = 0; j < layer->inputs; j++) {
        double W = view_element(&theta, 0, layer->weight_offset + j * layer->outputs + k);
        struct doubled w = two_product(W, map->scale ? map->scale[j] : 1);
        if (map->shift)
            intercept = doubled_add(intercept, doubled_negative(doubled_scale(w, map->shift[j])));
        matrix_store(out, 1 + j, k, doubled_value(unscaled(&fitted->target_map, k, w)));
    }
    intercept = unscaled(&fitted->target_map, k, intercept);
    if (fitted->target_map.shift)
        intercept = doubled_add(intercept, doubled_of(fitted->target_map.shift[k]));
    matrix_store(out, 0, k, doubled_value(intercept));
}

gemml_status gemml_coefficients(const gemml_model *model, gemml_matrix out)
{
    TRY(validate_fitted(model));
    const struct chain *chain = &model->fitted->chain;
    if (chain->layers != 1)
        return error_set(GEMML_ERROR_UNSUPPORTED, "a model of %zu layers has no coefficients", chain->layers);
    TRY(validate_matrix("out", &out, chain_inputs(chain) + 1, chain_outputs(chain)));
    for (size_t k = 0; k < chain_outputs(chain); k++)
        write_coefficients(model->fitted, k, &out);
    return GEMML_OK;
}

/* log(p / (1 - p)), and w and b in original units, from the coefficients. */
static double invert_link(const double *coefficients, double probability, size_t column, const gemml_view *others,
                          size_t p)
{
    double z = log(probability) - log1p(-probability) - coefficients[0];
    for (size_t l = 0; l < p; l++)
        if (l != column)
            z -= coefficients[1 + l] * view_element(others, 0, l);
    return z / coefficients[1 + column];
}

static gemml_status check_inverse(const gemml_model *model, double probability, size_t column, const gemml_view *others,
                                  const double *value)
{
    TRY(validate_classifier(model));
    const struct chain *chain = &model->fitted->chain;
    size_t p = chain_inputs(chain);
    if (chain->layers != 1 || chain_outputs(chain) != 1)
        return error_set(GEMML_ERROR_UNSUPPORTED, "only a logistic regression of two classes has an inverse link");
    if (!value)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the value is NULL");
    if (!(probability > 0 && probability < 1))
        return error_set(GEMML_ERROR_ARGUMENT, "the probability is %g: it must be above 0 and below 1", probability);
    if (column >= p)
        return error_set(GEMML_ERROR_ARGUMENT, "there is no column %zu: the model has %zu, counted from 0", column, p);
    if (p == 1 && !others->data)
        return GEMML_OK;
    TRY(validate_inputs(model->fitted, others));
    if (others->rows != 1)
        return error_set(GEMML_ERROR_SHAPE, "the other inputs have %zu rows: they are one row", others->rows);
    for (size_t l = 0; l < p; l++)
        if (l != column && !isfinite(view_element(others, 0, l)))
            return error_set(GEMML_ERROR_NONFINITE, "input %zu (counted from 0) is not finite", l);
    return GEMML_OK;
}

gemml_status gemml_inverse_link(const gemml_model *model, double probability, size_t column, gemml_view others,
                                double *value)
{
    double *coefficients;
    TRY(check_inverse(model, probability, column, &others, value));
    size_t p = chain_inputs(&model->fitted->chain);
    TRY(memory_alloc(&coefficients, p + 1, sizeof *coefficients));
    gemml_matrix out = gemml_matrix_f64(coefficients, p + 1, 1);
    write_coefficients(model->fitted, 0, &out);
    double found = invert_link(coefficients, probability, column, &others, p), slope = coefficients[1 + column];
    memory_free(coefficients);
    if (slope == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "the coefficient of column %zu is 0: no value of it changes p", column);
    if (!isfinite(found))
        return error_set(GEMML_ERROR_NONFINITE, "the value of column %zu overflows", column);
    *value = found;
    return GEMML_OK;
}

gemml_status gemml_get_summary(const gemml_model *model, gemml_summary *summary)
{
    TRY(validate_fitted(model));
    const struct summary_record *record = &model->fitted->summary;
    gemml_summary known = GEMML_SUMMARY_INIT;
    known.rows = record->rows;
    known.sum_weight = record->sum_weight;
    known.outputs = chain_outputs(&model->fitted->chain);
    known.rank = record->rank;
    known.freedom = record->freedom;
    known.condition = record->condition;
    known.r2 = record->r2;
    known.adjusted_r2 = record->adjusted_r2;
    known.sigma = record->sigma;
    known.normal_equation_residual = record->normal_equation_residual;
    known.closed_form_distance = record->closed_form_distance;
    known.deviance = chain_classes(&model->fitted->chain) > 0 ? -2 * record->log_likelihood[0] : NAN;
    known.null_deviance = record->null_deviance;
    known.aliased = record->aliased;
    known.aliased_count = record->aliased_count;
    known.f = record->f;
    known.f_p = record->f_p;
    known.f_freedom = model_freedom(record, model->linear.intercept != 0);
    known.log_likelihood = record->log_likelihood;
    known.aic = record->aic;
    known.bic = record->bic;
    known.std_error = record->std_error;
    known.robust = record->robust;
    known.robust_error = record->robust_error;
    return options_write("gemml_summary", summary, &known, sizeof known);
}

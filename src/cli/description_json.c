/* The members of inspect --json. */
#include <math.h>

#include "cli/coefficients.h"
#include "cli/json.h"

static json_t *input_names(const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    json_t *list = json_array();
    for (size_t j = 0; j < description->info.inputs; j++)
        json_append(&list, json_string(description_input(description, j, buffer)));
    return list;
}

static json_t *output_names(const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    json_t *list = json_array();
    for (size_t k = 0; k < description->info.outputs; k++)
        json_append(&list, json_string(description_output(description, k, buffer)));
    return list;
}

static json_t *layer_json(const gemml_model *model, size_t index)
{
    gemml_layer_info layer = GEMML_LAYER_INFO_INIT;
    if (gemml_layer(model, index, &layer))
        return NULL;
    json_t *object = json_object();
    json_put(&object, "inputs", json_count(layer.inputs));
    json_put(&object, "outputs", json_count(layer.outputs));
    json_put(&object, "activation", json_string(layer.activation));
    json_put(&object, "bias", json_boolean(layer.bias.data != NULL));
    return object;
}

static json_t *layers(const struct description *description)
{
    json_t *list = json_array();
    for (size_t i = 0; i < description->info.layers; i++)
        json_append(&list, layer_json(description->model, i));
    return list;
}

/* One entry: "name", "estimate", "std_error", "t" ("z" of classes, and "odds_ratio" of
 * two), "p", and "output" where there are several; with robust errors "robust_std_error", "robust_t", "robust_p" too.
 */
static json_t *coefficient(const struct description *description, size_t row, size_t output)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    size_t outputs = description->info.outputs, at = 4 * (output * (description->info.inputs + 1) + row);
    json_t *object = json_object();
    if (outputs > 1)
        json_put(&object, "output", json_string(description_output(description, output, buffer)));
    const char *name = row == 0 ? "(intercept)" : description_input(description, row - 1, buffer);
    json_put(&object, "name", json_string(name));
    json_put(&object, "estimate", json_number(description->table[at]));
    json_put(&object, "std_error", json_number(description->table[at + 1]));
    json_put(&object, description->info.classes > 0 ? "z" : "t", json_number(description->table[at + 2]));
    json_put(&object, "p", json_number(description->table[at + 3]));
    if (description->info.classes == 2)
        json_put(&object, "odds_ratio", json_number(exp(description->table[at])));
    if (description->robust) {
        json_put(&object, "robust_std_error", json_number(description->robust[at + 1]));
        json_put(&object, "robust_t", json_number(description->robust[at + 2]));
        json_put(&object, "robust_p", json_number(description->robust[at + 3]));
    }
    return object;
}

static json_t *coefficients(const struct description *description)
{
    json_t *list = json_array();
    for (size_t k = 0; k < description->info.outputs; k++)
        for (size_t i = description->info.intercept ? 0 : 1; i <= description->info.inputs; i++)
            json_append(&list, coefficient(description, i, k));
    return list;
}

/* The penalties that were compared: {"l2", "loo_mse"}; null when l2 was given. */
static json_t *l2_path(const gemml_fit_info *fit)
{
    json_t *list = fit->l2_path ? json_array() : json_null();
    for (size_t i = 0; i < fit->l2_path_count; i++) {
        json_t *entry = json_object();
        json_put(&entry, "l2", json_number(fit->l2_path[2 * i]));
        json_put(&entry, "loo_mse", json_number(fit->l2_path[2 * i + 1]));
        json_append(&list, entry);
    }
    return list;
}

static void put_likelihood(json_t **object, const gemml_summary *summary)
{
    json_put(object, "log_likelihood", json_number(summary->log_likelihood[0]));
    json_put(object, "deviance", json_number(summary->deviance));
    json_put(object, "null_deviance", json_number(summary->null_deviance));
    json_put(object, "aic", json_number(summary->aic[0]));
    json_put(object, "bic", json_number(summary->bic[0]));
}

/* The names of the columns that are combinations of columns before them. */
static json_t *aliased(const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    json_t *list = json_array();
    for (size_t i = 0; i < description->summary.aliased_count; i++)
        json_append(&list,
                    json_string(description_input(description, (size_t)description->summary.aliased[i], buffer)));
    return list;
}

static void put_regression(json_t **object, const struct description *description)
{
    const gemml_summary *summary = &description->summary;
    size_t outputs = description->info.outputs;
    json_put(object, "r2", json_number_or_list(summary->r2, outputs));
    json_put(object, "adjusted_r2", json_number_or_list(summary->adjusted_r2, outputs));
    json_put(object, "sigma", json_number_or_list(summary->sigma, outputs));
    json_put(object, "f", json_number_or_list(summary->f, outputs));
    json_put(object, "f_p", json_number_or_list(summary->f_p, outputs));
    json_put(object, "f_freedom", json_count(summary->f_freedom));
    json_put(object, "log_likelihood", json_number_or_list(summary->log_likelihood, outputs));
    json_put(object, "aic", json_number_or_list(summary->aic, outputs));
    json_put(object, "bic", json_number_or_list(summary->bic, outputs));
    json_put(object, "normal_equation_residual", json_number(summary->normal_equation_residual));
    json_put(object, "closed_form_distance", json_number(summary->closed_form_distance));
    json_put(object, "robust", summary->robust ? json_string(errors_name(summary->robust)) : json_null());
    json_put(object, "l2_path", l2_path(&description->fit));
}

void description_put_statistics(json_t **object, const struct description *description)
{
    const gemml_summary *summary = &description->summary;
    if (description->info.classes > 0)
        put_likelihood(object, summary);
    else
        put_regression(object, description);
    json_put(object, "aliased", aliased(description));
    json_put(object, "freedom", json_count(summary->freedom));
    json_put(object, "rank", summary->rank > 0 ? json_count(summary->rank) : json_null());
    json_put(object, "condition", json_number(summary->condition));
}

/* The labels of the classes; null of a model of values. */
static json_t *classes(const struct description *description)
{
    char buffer[DESCRIPTION_NAME_BYTES];
    json_t *list = description->info.classes > 0 ? json_array() : json_null();
    for (size_t k = 0; k < description->info.classes; k++)
        json_append(&list, json_string(description_class(description, k, buffer)));
    return list;
}

/* The names of the targets: of classes there is one. */
static json_t *targets(const struct description *description)
{
    const char *name = gemml_schema_output_name(description->schema, 0);
    if (description->info.classes == 0)
        return output_names(description);
    json_t *list = json_array();
    json_append(&list, json_string(name ? name : "y"));
    return list;
}

json_t *description_json(const struct description *description)
{
    const gemml_model_info *info = &description->info;
    json_t *object = json_object();
    json_put(&object, "kind", json_string(kind_name(info->kind)));
    json_put(&object, "inputs", input_names(description));
    json_put(&object, "columns", columns_json(description));
    json_put(&object, "n_inputs", json_count(info->inputs));
    json_put(&object, "outputs", targets(description));
    json_put(&object, "classes", classes(description));
    json_put(&object, "parameters", json_count(info->parameters));
    json_put(&object, "layers", layers(description));
    if (description->table)
        json_put(&object, "coefficients", coefficients(description));
    description_put_statistics(&object, description);
    json_put(&object, "solver", json_string(solver_name(info->solver)));
    json_put(&object, "outcome", json_string(gemml_outcome_string(description->fit.outcome)));
    json_put(&object, "l2", json_number(info->l2));
    json_put(&object, "scaling", json_string(scaling_name(info->scaling)));
    json_put(&object, "dtype", json_string(dtype_name(info->dtype)));
    json_put(&object, "objective", json_number(description->fit.objective));
    json_put(&object, "loss", json_number(description->fit.loss));
    json_put(&object, "rows", json_count(description->summary.rows));
    json_put(&object, "notice", json_string(description->fit.notice ? description->fit.notice : ""));
    return object;
}

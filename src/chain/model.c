/* The life of a fitted state. */
#include "chain/model.h"

gemml_status fitted_new(struct fitted **fitted)
{
    struct fitted *made;
    TRY(memory_zeroed(&made, 1, sizeof *made));
    made->record.objective = made->record.loss = NAN;
    made->summary.sum_weight = made->summary.condition = NAN;
    made->summary.normal_equation_residual = made->summary.closed_form_distance = NAN;
    *fitted = made;
    return GEMML_OK;
}

void fitted_free(struct fitted *fitted)
{
    if (!fitted)
        return;
    chain_free(&fitted->chain);
    memory_free(fitted->parameters);
    memory_free(fitted->map.shift);
    memory_free(fitted->map.scale);
    memory_free(fitted->record.loss_history);
    memory_free(fitted->record.notice);
    memory_free(fitted->summary.r2);
    memory_free(fitted->summary.adjusted_r2);
    memory_free(fitted->summary.sigma);
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

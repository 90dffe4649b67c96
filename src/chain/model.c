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

size_t dtype_size(gemml_dtype dtype)
{
    switch (dtype) {
    case GEMML_F64:
    case GEMML_I64:
        return 8;
    case GEMML_F32:
    case GEMML_I32:
        return 4;
    }
    return 0; /* not a dtype */
}

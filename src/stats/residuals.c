/* A strip's scratch: predictions, the targets' block, the engine's memory. */
#include "stats/residuals.h"

struct residual_source residual_source_make(const struct fitted *fitted, const gemml_dataset *data)
{
    gemml_view none = GEMML_EMPTY_VIEW;
    return (struct residual_source){.fitted = fitted,
                                    .x = &data->x,
                                    .targets = view_source_f64(data->y, none, data->weight),
                                    .outputs = data->y.cols};
}

static size_t predictions_bytes(const struct residual_source *source)
{
    return memory_round(memory_product(memory_product(PREDICT_ROWS, source->outputs), sizeof(double)));
}

static size_t targets_bytes(const struct residual_source *source)
{
    return memory_round(source->targets.source.scratch(&source->targets.source, PREDICT_ROWS));
}

size_t residual_strip_bytes(const struct residual_source *source)
{
    size_t engine = engine_of(source->fitted->dtype)->predict_bytes(source->fitted, source->x);
    return memory_round(memory_sum(memory_sum(predictions_bytes(source), targets_bytes(source)), engine));
}

gemml_status residual_strip(const struct residual_source *source, size_t first, size_t count, void *scratch,
                            struct residual_strip *strip)
{
    char *rest = (char *)scratch + predictions_bytes(source);
    double *prediction = scratch;
    gemml_matrix out = gemml_matrix_f64(prediction, count, source->outputs);
    struct block block;
    TRY(source->targets.source.block(&source->targets.source, first, count, rest, &block));
    if (!block_finite_f64(&block, source->outputs))
        return residual_explain_nonfinite(source);
    TRY(engine_of(source->fitted->dtype)
            ->predict(source->fitted, source->x, first, count, rest + targets_bytes(source), &out));
    *strip = (struct residual_strip){count, block.X, block.ldx, block.w, prediction};
    return GEMML_OK;
}

gemml_status residual_explain_nonfinite(const struct residual_source *source)
{
    struct view_source all = source->targets;
    all.y = all.x;
    all.x = *source->x;
    return source_explain_nonfinite_f64(&all);
}

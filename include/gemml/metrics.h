/* How good predictions are. */
#ifndef GEMML_METRICS_H
#define GEMML_METRICS_H

#include "model.h"

GEMML_BEGIN_DECLS

/* Weights count in every mean. With several outputs mse, rmse, mae and r2 are
 * over all outputs together: means over n K residuals, and r2 the mean of the
 * outputs' r2. NaN where a number does not exist (r2 of a constant target). */
typedef struct gemml_metrics {
    size_t struct_size;
    size_t rows;
    double loss; /* sum w loss / sum w, with loss_i as in gemml_fit */
    double mse;  /* mean of squared residuals */
    double rmse; /* its root */
    double mae;  /* mean of absolute residuals */
    double r2;   /* 1 - RSS / TSS, TSS about the mean of these targets */
} gemml_metrics;
#define GEMML_METRICS_INIT                                                                   \
    {                                                                                        \
        sizeof(gemml_metrics), 0, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO, GEMML_AUTO \
    }
static inline void gemml_metrics_init(gemml_metrics *metrics)
{
    gemml_metrics initial = GEMML_METRICS_INIT;
    *metrics = initial;
}

/* Predicts data.x, compares with data.y and fills metrics. One pass; memory
 * does not grow with the rows. Safe from many threads at once on one model.
 * Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED. */
GEMML_API gemml_status gemml_score(const gemml_model *model, const gemml_dataset *data, gemml_metrics *metrics);

GEMML_END_DECLS

#endif

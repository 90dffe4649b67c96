/* h_i = w_i |z_i|^2, and D_i = w_i e_i^2 h_i / (r sigma^2 (1 - h_i)^2). */
#include "stats/influence.h"

#include <math.h>

#include "fold/fold.h"
#include "stats/hat.h"
#include "stats/residuals.h"
#include "util/alloc.h"
#include "util/view.h"

struct influence_job {
    struct hat hat;
    struct residual_source residuals;
    const struct summary_record *summary;
    const gemml_matrix *leverage, *cook;
};

static void write_cook(const struct influence_job *job, size_t row, size_t i, const struct residual_strip *strip,
                       double w, double h)
{
    size_t K = job->residuals.outputs;
    for (size_t k = 0; k < K; k++) {
        double sigma = job->summary->sigma[k], e = strip->y[i * strip->ldy + k] - strip->prediction[i * K + k];
        double scaled = sqrt(w) * e / sigma / (1 - h); /* sigma^2 might overflow */
        double distance = 1 - h < LEVERAGE_ROOM ? NAN : scaled * scaled * h / (double)job->summary->rank;
        matrix_store(job->cook, row, k, w > 0 ? distance : 0);
    }
}

static gemml_status influence_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct influence_job *job = context;
    (void)state;
    double *Z;
    struct residual_strip strip;
    TRY(hat_rows(&job->hat, first, count, scratch, &Z));
    TRY(residual_strip(&job->residuals, first, count, (char *)scratch + hat_bytes(&job->hat), &strip));
    for (size_t i = 0; i < count; i++) {
        double w = strip.w ? strip.w[i] : 1;
        double h = fmin(w * hat_square(&job->hat, Z + i * job->hat.stride), 1);
        if (job->leverage)
            matrix_store(job->leverage, first + i, 0, h);
        if (job->cook)
            write_cook(job, first + i, i, &strip, w, h);
    }
    return GEMML_OK;
}

gemml_status influence(const struct fitted *fitted, const gemml_dataset *data, const gemml_matrix *leverage,
                       const gemml_matrix *cook)
{
    struct influence_job job = {.hat = hat_make(fitted, data->x),
                                .residuals = residual_source_make(fitted, data),
                                .summary = &fitted->summary,
                                .leverage = leverage,
                                .cook = cook};
    size_t bytes = memory_sum(hat_bytes(&job.hat), residual_strip_bytes(&job.residuals));
    return fold_each(influence_add, &job, data->x.rows, RESIDUAL_BLOCK_ROWS, PREDICT_ROWS, bytes);
}

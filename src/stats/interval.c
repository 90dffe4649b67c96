/* prediction -+ t sigma sqrt(h), or sqrt(1 + h), with h = |z|^2 (stats/hat.h). */
#include "stats/interval.h"

#include <math.h>

#include "fold/fold.h"
#include "stats/hat.h"
#include "util/alloc.h"
#include "util/view.h"

enum { BLOCK_ROWS = 4 * PREDICT_ROWS };

struct interval_job {
    struct hat hat;
    const struct fitted *fitted;
    const gemml_view *x;
    const gemml_matrix *out;
    double t;
    gemml_interval kind;
};

static size_t predictions_bytes(const struct interval_job *job)
{
    size_t outputs = chain_outputs(&job->fitted->chain);
    return memory_round(memory_product(memory_product(PREDICT_ROWS, outputs), sizeof(double)));
}

static void write_row(const struct interval_job *job, size_t row, const double *prediction, double h)
{
    double factor = job->t * sqrt(job->kind == GEMML_INTERVAL_MEAN ? h : 1 + h);
    for (size_t k = 0; k < chain_outputs(&job->fitted->chain); k++) {
        double half = factor * job->fitted->summary.sigma[k];
        matrix_store(job->out, row, 3 * k, prediction[k]);
        matrix_store(job->out, row, 3 * k + 1, prediction[k] - half);
        matrix_store(job->out, row, 3 * k + 2, prediction[k] + half);
    }
}

/* Scratch: the predictions, what hat_rows needs, the engine's memory. */
static gemml_status interval_add(const void *context, void *state, size_t first, size_t count, void *scratch)
{
    const struct interval_job *job = context;
    (void)state;
    size_t K = chain_outputs(&job->fitted->chain);
    double *prediction = scratch, *Z;
    gemml_matrix out = gemml_matrix_f64(prediction, count, K);
    char *rest = (char *)scratch + predictions_bytes(job);
    TRY(hat_rows(&job->hat, first, count, rest, &Z));
    TRY(engine_of(job->fitted->dtype)->predict(job->fitted, job->x, first, count, rest + hat_bytes(&job->hat), &out));
    for (size_t i = 0; i < count; i++)
        write_row(job, first + i, prediction + i * K, hat_square(&job->hat, Z + i * job->hat.stride));
    return GEMML_OK;
}

gemml_status predict_interval(const struct fitted *fitted, const gemml_view *x, double t, gemml_interval kind,
                              const gemml_matrix *out)
{
    struct interval_job job = {.hat = hat_make(fitted, *x), .fitted = fitted, .x = x, .out = out, .t = t, .kind = kind};
    size_t engine = engine_of(fitted->dtype)->predict_bytes(fitted, x);
    size_t bytes = memory_sum(memory_sum(predictions_bytes(&job), hat_bytes(&job.hat)), engine);
    return fold_each(interval_add, &job, x->rows, BLOCK_ROWS, PREDICT_ROWS, bytes);
}

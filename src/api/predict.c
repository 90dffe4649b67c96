/* gemml_predict and its kin: strips of rows through the one forward pass. */
#include "api/predict.h"

#include <math.h>
#include <stdint.h>

#include "api/options.h"
#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "util/parallel.h"
#include "util/task_error.h"

struct predict_job {
    const struct fitted *fitted;
    enum output output;
    const gemml_view *x;
    const gemml_matrix *out;
    size_t tasks;
    char *memory; /* of all tasks */
    size_t bytes; /* of one */
    struct task_error error;
};

/* out's rows from `first` on. */
static gemml_matrix rows_from(const gemml_matrix *out, size_t first, size_t count)
{
    gemml_matrix part = *out;
    part.data = (char *)out->data + first * out->stride * dtype_size(out->dtype);
    part.rows = count;
    return part;
}

static gemml_status predict_strip(const struct predict_job *job, size_t strip, void *memory)
{
    size_t first = strip * PREDICT_ROWS, left = job->x->rows - first;
    size_t count = left < PREDICT_ROWS ? left : PREDICT_ROWS;
    gemml_matrix out = rows_from(job->out, first, count);
    return engine_of(job->fitted->dtype)->outputs(job->fitted, job->output, job->x, first, count, memory, &out);
}

static size_t strip_count(const gemml_view *x)
{
    return (x->rows - 1) / PREDICT_ROWS + 1;
}

/* Task t takes the t-th part of the strips, with memory of its own. */
static void predict_task(void *context, size_t task)
{
    struct predict_job *job = context;
    size_t strips = strip_count(job->x), each = strips / job->tasks, rest = strips % job->tasks;
    size_t first = task * each + (task < rest ? task : rest), count = each + (task < rest ? 1 : 0);
    for (size_t i = 0; i < count && !task_error_failed(&job->error, first + i); i++)
        task_error_note(&job->error, first + i, predict_strip(job, first + i, job->memory + task * job->bytes));
}

static gemml_status check(const struct fitted *fitted, enum output output, const gemml_view *x, const gemml_matrix *out)
{
    TRY(validate_inputs(fitted, x));
    return validate_matrix("out", out, x->rows, output_columns(&fitted->chain, output));
}

/* On `tasks` threads at most, in memory of tasks * bytes. A single task may have other
 * threads for the tiles of large layers where `shared`. */
static gemml_status run(const struct fitted *fitted, enum output output, const gemml_view *x, const gemml_matrix *out,
                        size_t tasks, bool shared, char *memory, size_t bytes)
{
    bool tiles = shared && tasks == 1;
    size_t callers = tiles ? parallel_threads() : tasks;
    struct predict_job job = {
        .fitted = fitted, .output = output, .x = x, .out = out, .tasks = tasks, .memory = memory, .bytes = bytes};
    TRY(linalg_enter(callers));
    task_error_init(&job.error);
    if (tiles)
        predict_task(&job, 0);
    else
        parallel_for(tasks, predict_task, &job);
    linalg_leave(callers);
    return task_error_finish(&job.error);
}

static size_t scratch_size(const struct fitted *fitted, const gemml_view *x)
{
    return memory_round(engine_of(fitted->dtype)->predict_bytes(fitted, x));
}

size_t gemml_predict_scratch_size(const gemml_model *model, gemml_view x)
{
    return model && model->fitted ? scratch_size(model->fitted, &x) : 0;
}

/* One for each thread, but none so small that waking a thread for it takes longer. */
static size_t task_count(const struct fitted *fitted, const gemml_view *x)
{
    enum { TASK_FLOPS = 1 << 19 };
    double flops = 2 * (double)x->rows * (double)fitted->chain.parameters;
    size_t threads = parallel_threads(), strips = strip_count(x);
    size_t worthwhile = flops < TASK_FLOPS * (double)threads ? 1 + (size_t)(flops / TASK_FLOPS) : threads;
    return strips < worthwhile ? strips : worthwhile;
}

gemml_status predict_outputs(const struct fitted *fitted, enum output output, gemml_view x, gemml_matrix out)
{
    TRY(check(fitted, output, &x, &out));
    size_t bytes = scratch_size(fitted, &x), tasks = task_count(fitted, &x);
    char *memory;
    TRY(memory_alloc(&memory, tasks, bytes));
    gemml_status status = run(fitted, output, &x, &out, tasks, true, memory, bytes);
    memory_free(memory);
    return status;
}

gemml_status gemml_predict(const gemml_model *model, gemml_view x, gemml_matrix out)
{
    TRY(validate_fitted(model));
    return predict_outputs(model->fitted, output_predicted(&model->fitted->chain), x, out);
}

gemml_status gemml_predict_proba(const gemml_model *model, gemml_view x, gemml_matrix out)
{
    TRY(validate_classifier(model));
    return predict_outputs(model->fitted, OUTPUT_PROBABILITY, x, out);
}

gemml_status gemml_decision(const gemml_model *model, gemml_view x, gemml_matrix out)
{
    TRY(validate_fitted(model));
    return predict_outputs(model->fitted, OUTPUT_DECISION, x, out);
}

gemml_status gemml_predict_scratch(const gemml_model *model, gemml_view x, gemml_matrix out, void *scratch,
                                   size_t bytes)
{
    TRY(validate_fitted(model));
    enum output output = output_predicted(&model->fitted->chain);
    TRY(check(model->fitted, output, &x, &out));
    size_t needed = scratch_size(model->fitted, &x);
    if (!scratch || bytes < needed)
        return error_set(GEMML_ERROR_ARGUMENT, "the scratch has %zu bytes but %zu are needed", scratch ? bytes : 0,
                         needed);
    if ((uintptr_t)scratch % MEMORY_ALIGNMENT != 0)
        return error_set(GEMML_ERROR_ARGUMENT, "the scratch is not aligned to %d bytes", MEMORY_ALIGNMENT);
    return run(model->fitted, output, &x, &out, 1, false, scratch, needed);
}

gemml_status gemml_loss_gradient(const gemml_model *model, const gemml_dataset *data, double *loss, void *gradient)
{
    struct linear_problem problem = {0};
    double unwanted;
    TRY(validate_fitted_data(model, data, &problem));
    if (!gradient)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the gradient is NULL");
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status =
        engine_of(model->fitted->dtype)
            ->objective(model->fitted, &problem.data, model->fitted->record.l2, loss ? loss : &unwanted, gradient);
    linalg_leave(callers);
    return status;
}

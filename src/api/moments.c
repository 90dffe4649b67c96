/* Moments: what callers hand in is checked here; solve/moments.h computes. */
#include <gemml/moments.h>

#include <float.h>
#include <limits.h>
#include <math.h>

#include "api/options.h"
#include "api/validate.h"
#include "io/moments_file.h"
#include "kernel/linalg_guard.h"
#include "solve/moments.h"
#include "util/parallel.h"

/* ---- Checks ---- */

static gemml_status check_handle(const gemml_moments *moments, const char *name)
{
    return moments ? GEMML_OK : error_set(GEMML_ERROR_ARGUMENT, "%s is NULL", name);
}

static gemml_status check_rows(const gemml_moments *moments)
{
    TRY(check_handle(moments, "moments"));
    return moments->gram.rows > 0 ? GEMML_OK : error_set(GEMML_ERROR_UNFITTED, "the moments hold no rows");
}

static gemml_status check_pair(const gemml_moments *a, const char *name_a, const gemml_moments *b, const char *name_b)
{
    TRY(check_handle(a, name_a));
    TRY(check_handle(b, name_b));
    if (a->gram.features == b->gram.features && a->gram.outputs == b->gram.outputs)
        return GEMML_OK;
    return error_set(GEMML_ERROR_SHAPE, "%s has %zu features and %zu outputs but %s has %zu and %zu", name_a,
                     a->gram.features, a->gram.outputs, name_b, b->gram.features, b->gram.outputs);
}

static gemml_status check_path(const char *path)
{
    return path && *path ? GEMML_OK
                         : error_set(GEMML_ERROR_ARGUMENT, "the moments' path is %s", path ? "empty" : "NULL");
}

static gemml_status check_columns(const gemml_moments *moments, const size_t *columns, size_t count)
{
    if (columns && count == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "count is 0: at least one column is needed");
    for (size_t j = 0; columns && j < count; j++)
        if (columns[j] >= moments->gram.features)
            return error_set(GEMML_ERROR_ARGUMENT, "columns[%zu] is %zu but there are %zu features, counted from 0", j,
                             columns[j], moments->gram.features);
    return GEMML_OK;
}

static gemml_status read_options(const gemml_moments_options *given, gemml_moments_options *options)
{
    gemml_moments_options_init(options);
    TRY(options_read("gemml_moments_options", given, options, sizeof *options));
    if (!(isfinite(options->l2) && options->l2 >= 0))
        return error_set(GEMML_ERROR_ARGUMENT, "l2 is %g: it must be finite and at least 0", options->l2);
    if (options->scaling == GEMML_SCALING_MINMAX)
        return error_set(GEMML_ERROR_UNSUPPORTED, "scaling is MINMAX: moments do not hold minima and maxima");
    if (options->scaling != GEMML_SCALING_NONE && options->scaling != GEMML_SCALING_STANDARDIZE)
        return error_set(GEMML_ERROR_ARGUMENT, "scaling is %d: it must be 0 or 1", (int)options->scaling);
    return GEMML_OK;
}

/* ---- Life ---- */

gemml_status gemml_moments_create(gemml_moments **moments, size_t features, size_t outputs)
{
    gemml_moments *made;
    if (!moments)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the new moments is NULL");
    if (features == 0 || outputs == 0)
        return error_set(GEMML_ERROR_SHAPE, "there are %zu features and %zu outputs: at least one of each is needed",
                         features, outputs);
    if (memory_sum(features, outputs) >= MOMENTS_MOST_COLUMNS)
        return error_set(GEMML_ERROR_SHAPE, "there are %zu features and %zu outputs: more than a Gram matrix can have",
                         features, outputs);
    TRY(moments_new(&made, features, outputs));
    *moments = made;
    return GEMML_OK;
}

void gemml_moments_free(gemml_moments *moments)
{
    moments_free(moments);
}

gemml_status gemml_moments_save(const gemml_moments *moments, const char *path)
{
    TRY(check_handle(moments, "moments"));
    TRY(check_path(path));
    return moments_file_save(moments, path);
}

gemml_status gemml_moments_load(gemml_moments **moments, const char *path)
{
    if (!moments)
        return error_set(GEMML_ERROR_ARGUMENT, "the place for the loaded moments is NULL");
    TRY(check_path(path));
    return moments_file_load(moments, path);
}

/* ---- Rows ---- */

gemml_status gemml_moments_add(gemml_moments *moments, const gemml_dataset *data)
{
    struct linear_problem problem = {0};
    TRY(check_handle(moments, "moments"));
    TRY(validate_dataset(data, &problem));
    if (problem.data.x.cols != moments->gram.features || problem.data.y.cols != moments->gram.outputs)
        return error_set(GEMML_ERROR_SHAPE,
                         "x has %zu columns and y %zu but the moments have %zu features and %zu outputs",
                         problem.data.x.cols, problem.data.y.cols, moments->gram.features, moments->gram.outputs);
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status = moments_add(moments, &problem);
    linalg_leave(callers);
    return status;
}

gemml_status gemml_moments_merge(gemml_moments *into, const gemml_moments *from)
{
    TRY(check_pair(into, "into", from, "from"));
    TRY(linalg_enter(1));
    gemml_status status = moments_merge(into, from);
    linalg_leave(1);
    return status;
}

gemml_status gemml_moments_subtract(gemml_moments *from, const gemml_moments *part)
{
    TRY(check_pair(from, "from", part, "part"));
    TRY(linalg_enter(1));
    gemml_status status = moments_subtract(from, part);
    linalg_leave(1);
    return status;
}

/* ---- What they tell ---- */

gemml_status gemml_moments_get_info(const gemml_moments *moments, gemml_moments_info *info)
{
    gemml_moments_info known = GEMML_MOMENTS_INFO_INIT;
    TRY(check_handle(moments, "moments"));
    known.features = moments->gram.features;
    known.outputs = moments->gram.outputs;
    known.rows = moments->gram.rows;
    known.sum_weight = gram_sum_weight(&moments->gram);
    return options_write("gemml_moments_info", info, &known, sizeof known);
}

/* Can out's dtype hold it? */
static gemml_status check_value(const char *what, size_t i, size_t j, double value, gemml_dtype dtype)
{
    if (fabs(value) <= (dtype == GEMML_F32 ? FLT_MAX : DBL_MAX))
        return GEMML_OK;
    return error_set(GEMML_ERROR_NONFINITE, "%s (%zu, %zu) is %g: beyond the range of out", what, i, j, value);
}

gemml_status gemml_moments_mean(const gemml_moments *moments, gemml_matrix out)
{
    TRY(check_rows(moments));
    size_t m = moments->gram.order - 1;
    TRY(validate_matrix("out", &out, 1, m));
    for (size_t j = 0; j < m; j++)
        TRY(check_value("mean", 0, j, moments_mean(moments, j), out.dtype));
    for (size_t j = 0; j < m; j++)
        matrix_store(&out, 0, j, moments_mean(moments, j));
    return GEMML_OK;
}

gemml_status gemml_moments_covariance(const gemml_moments *moments, gemml_matrix out)
{
    TRY(check_rows(moments));
    size_t m = moments->gram.order - 1;
    TRY(validate_matrix("out", &out, m, m));
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++)
            TRY(check_value("covariance", i, j, moments_covariance(moments, i, j), out.dtype));
    for (size_t i = 0; i < m; i++)
        for (size_t j = i; j < m; j++) {
            double value = moments_covariance(moments, i, j);
            matrix_store(&out, i, j, value);
            matrix_store(&out, j, i, value);
        }
    return GEMML_OK;
}

gemml_status gemml_moments_solve(const gemml_moments *moments, const size_t *columns, size_t count,
                                 const gemml_moments_options *options, gemml_matrix out, gemml_moments_fit *fit)
{
    gemml_moments_options local;
    gemml_moments_fit known = GEMML_MOMENTS_FIT_INIT;
    TRY(check_rows(moments));
    TRY(check_columns(moments, columns, count));
    TRY(read_options(options, &local));
    TRY(options_read("gemml_moments_fit", fit, &known, sizeof known));
    size_t p = columns ? count : moments->gram.features;
    TRY(validate_matrix("out", &out, memory_sum(p, 1), moments->gram.outputs));
    TRY(linalg_enter(1));
    gemml_status status = moments_solve(moments, columns, count, &local, &out, &known);
    linalg_leave(1);
    if (status == GEMML_OK && fit)
        status = options_write("gemml_moments_fit", fit, &known, sizeof known);
    return status;
}

/* Standard errors, tests, intervals and influence: what is asked for is checked here,
 * and computed in stats/. */
#include "stats/inference.h"

#include <math.h>

#include "api/validate.h"
#include "kernel/linalg_guard.h"
#include "stats/influence.h"
#include "stats/interval.h"
#include "util/parallel.h"

static const char *errors_name(gemml_errors errors)
{
    static const char *const names[] = {"classical", "HC0", "HC1", "HC2", "HC3"};
    return names[errors];
}

static gemml_status check_linear(const gemml_model *model)
{
    TRY(validate_fitted(model));
    if (model->kind != GEMML_LINEAR)
        return error_set(GEMML_ERROR_UNSUPPORTED, "the model is not a linear regression");
    return GEMML_OK;
}

static gemml_status check_output(const gemml_model *model, size_t output)
{
    size_t outputs = chain_outputs(&model->fitted->chain);
    if (output < outputs)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "there is no output %zu: the model has %zu, counted from 0", output,
                     outputs);
}

static gemml_status check_level(double level)
{
    if (level > 0 && level < 1)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "the level is %g: it must lie between 0 and 1", level);
}

static gemml_status check_kind(gemml_errors errors, gemml_errors least)
{
    if (errors >= least && errors <= GEMML_ERRORS_HC3)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "the kind of errors is %d: it must be one of %d to %d", (int)errors,
                     (int)least, (int)GEMML_ERRORS_HC3);
}

/* The errors of this kind, (p + 1) x K. */
static gemml_status find_errors(const gemml_model *model, gemml_errors errors, const double **values)
{
    const struct summary_record *summary = &model->fitted->summary;
    TRY(check_kind(errors, GEMML_ERRORS_CLASSICAL));
    if (errors != GEMML_ERRORS_CLASSICAL && (!summary->robust_error || summary->robust != errors))
        return error_set(GEMML_ERROR_ARGUMENT, "the model has no %s errors: gemml_robust_errors has stored %s",
                         errors_name(errors), summary->robust_error ? errors_name(summary->robust) : "none");
    *values = errors == GEMML_ERRORS_CLASSICAL ? summary->std_error : summary->robust_error;
    return GEMML_OK;
}

/* The estimates, (p + 1) x K, contiguous; to be freed. */
static gemml_status make_estimates(const gemml_model *model, double **estimates)
{
    const struct chain *chain = &model->fitted->chain;
    size_t rows = chain_inputs(chain) + 1, outputs = chain_outputs(chain);
    double *made;
    TRY(memory_alloc(&made, memory_product(rows, outputs), sizeof *made));
    gemml_status status = gemml_coefficients(model, gemml_matrix_f64(made, rows, outputs));
    if (status == GEMML_OK)
        *estimates = made;
    else
        memory_free(made);
    return status;
}

/* Of the t of coefficients; infinite, which makes it a z, where no sigma was estimated. */
static double freedom_of(const gemml_model *model)
{
    return model->kind == GEMML_LINEAR ? (double)model->fitted->summary.freedom : INFINITY;
}

/* What both tables of coefficients check and look up. */
static gemml_status begin_table(const gemml_model *model, size_t output, gemml_errors errors, const gemml_matrix *out,
                                size_t cols, const double **error, double **estimate)
{
    TRY(validate_fitted(model));
    TRY(check_output(model, output));
    TRY(find_errors(model, errors, error));
    TRY(validate_matrix("out", out, chain_inputs(&model->fitted->chain) + 1, cols));
    return make_estimates(model, estimate);
}

gemml_status gemml_coefficient_table(const gemml_model *model, size_t output, gemml_errors errors, gemml_matrix out)
{
    const double *error;
    double *estimate;
    TRY(begin_table(model, output, errors, &out, 4, &error, &estimate));
    size_t K = chain_outputs(&model->fitted->chain);
    for (size_t i = 0; i < out.rows; i++) {
        double b = estimate[i * K + output], s = error[i * K + output], t = b / s;
        double row[4] = {b, s, t, inference_p(t, freedom_of(model))};
        for (size_t j = 0; j < 4; j++)
            matrix_store(&out, i, j, row[j]);
    }
    memory_free(estimate);
    return GEMML_OK;
}

gemml_status gemml_confidence_interval(const gemml_model *model, size_t output, gemml_errors errors, double level,
                                       gemml_matrix out)
{
    const double *error;
    double *estimate;
    TRY(check_level(level));
    TRY(begin_table(model, output, errors, &out, 2, &error, &estimate));
    size_t K = chain_outputs(&model->fitted->chain);
    double t = inference_t_of_level(level, freedom_of(model));
    for (size_t i = 0; i < out.rows; i++) {
        double half = t * error[i * K + output];
        matrix_store(&out, i, 0, estimate[i * K + output] - half);
        matrix_store(&out, i, 1, estimate[i * K + output] + half);
    }
    memory_free(estimate);
    return GEMML_OK;
}

static size_t column_count(const struct fitted *fitted)
{
    return chain_inputs(&fitted->chain) + (fitted->chain.layer[0].bias ? 1 : 0);
}

/* Does C exist? */
static bool has_inverse(const struct fitted *fitted)
{
    return fitted->record.l2 == 0 && fitted->summary.inverse.root && fitted->summary.rank == column_count(fitted);
}

/* If it does not, an error that says why. */
static gemml_status check_inverse(const gemml_model *model, const char *what)
{
    const struct fitted *fitted = model->fitted;
    if (has_inverse(fitted))
        return GEMML_OK;
    if (fitted->record.l2 > 0)
        return error_set(GEMML_ERROR_UNSUPPORTED, "there are no %s: the model was fitted with a penalty, l2 = %g", what,
                         fitted->record.l2);
    if (!fitted->summary.inverse.root)
        return error_set(GEMML_ERROR_UNSUPPORTED, "there are no %s: the solver of this fit determines no inverse",
                         what);
    return error_set(GEMML_ERROR_UNSUPPORTED, "there are no %s: the columns have rank %zu of %zu", what,
                     fitted->summary.rank, column_count(fitted));
}

static void fill_nan(const gemml_matrix *out)
{
    for (size_t i = 0; i < out->rows; i++)
        for (size_t j = 0; j < out->cols; j++)
            matrix_store(out, i, j, NAN);
}

gemml_status gemml_covariance(const gemml_model *model, size_t output, gemml_matrix out)
{
    TRY(check_linear(model));
    TRY(check_output(model, output));
    size_t count = chain_inputs(&model->fitted->chain) + 1;
    TRY(validate_matrix("out", &out, count, count));
    if (!has_inverse(model->fitted)) {
        fill_nan(&out);
        return GEMML_OK;
    }
    TRY(linalg_enter(1));
    gemml_status status = inference_covariance(model->fitted, model->fitted->summary.sigma[output], &out);
    linalg_leave(1);
    return status;
}

static bool is_wanted(const gemml_matrix *matrix)
{
    return matrix->data || matrix->rows || matrix->cols;
}

/* Replaces the stored robust errors. */
static void store_robust(struct summary_record *summary, gemml_errors kind, double *errors)
{
    memory_free(summary->robust_error);
    summary->robust_error = errors;
    summary->robust = kind;
}

gemml_status gemml_robust_errors(gemml_model *model, const gemml_dataset *data, gemml_errors kind, gemml_matrix out)
{
    struct linear_problem problem = {0};
    double *errors;
    TRY(check_linear(model));
    TRY(check_kind(kind, GEMML_ERRORS_HC0));
    TRY(validate_fitted_data(model, data, &problem));
    size_t rows = problem.data.x.cols + 1, K = problem.data.y.cols;
    if (is_wanted(&out))
        TRY(validate_matrix("out", &out, rows, K));
    TRY(check_inverse(model, "robust errors"));
    TRY(memory_alloc(&errors, memory_product(rows, K), sizeof *errors));
    size_t callers = parallel_threads();
    gemml_status status = linalg_enter(callers);
    if (status == GEMML_OK) {
        status = robust_errors(model->fitted, &problem.data, kind, errors);
        linalg_leave(callers);
    }
    if (status != GEMML_OK) {
        memory_free(errors);
        return status;
    }
    for (size_t i = 0; is_wanted(&out) && i < rows * K; i++)
        matrix_store(&out, i / K, i % K, errors[i]);
    store_robust(&model->fitted->summary, kind, errors);
    return GEMML_OK;
}

gemml_status gemml_influence(const gemml_model *model, const gemml_dataset *data, gemml_matrix leverage,
                             gemml_matrix cook)
{
    struct linear_problem problem = {0};
    bool with_leverage = is_wanted(&leverage), with_cook = is_wanted(&cook);
    TRY(check_linear(model));
    TRY(validate_fitted_data(model, data, &problem));
    if (!with_leverage && !with_cook)
        return error_set(GEMML_ERROR_ARGUMENT, "neither leverage nor Cook's distances are wanted");
    if (with_leverage)
        TRY(validate_matrix("leverage", &leverage, problem.data.x.rows, 1));
    if (with_cook)
        TRY(validate_matrix("cook", &cook, problem.data.x.rows, problem.data.y.cols));
    if (!model->fitted->summary.inverse.root)
        return error_set(GEMML_ERROR_UNSUPPORTED, "there is no leverage: the solver of this fit determines no inverse");
    if (with_cook && model->fitted->record.l2 > 0)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "there are no Cook's distances: the model was fitted with a penalty, l2 = %g",
                         model->fitted->record.l2);
    size_t callers = parallel_threads();
    TRY(linalg_enter(callers));
    gemml_status status =
        influence(model->fitted, &problem.data, with_leverage ? &leverage : NULL, with_cook ? &cook : NULL);
    linalg_leave(callers);
    return status;
}

gemml_status gemml_predict_interval(const gemml_model *model, gemml_view x, double level, gemml_interval kind,
                                    gemml_matrix out)
{
    TRY(check_linear(model));
    TRY(check_level(level));
    if (kind != GEMML_INTERVAL_MEAN && kind != GEMML_INTERVAL_PREDICTION)
        return error_set(GEMML_ERROR_ARGUMENT, "the kind of interval is %d: it must be 0 or 1", (int)kind);
    TRY(validate_inputs(model->fitted, &x));
    TRY(validate_matrix("out", &out, x.rows, 3 * chain_outputs(&model->fitted->chain)));
    TRY(check_inverse(model, "intervals"));
    size_t freedom = model->fitted->summary.freedom, callers = parallel_threads();
    if (freedom == 0)
        return error_set(GEMML_ERROR_UNSUPPORTED,
                         "there are no intervals: %zu rows leave no degree of freedom for %zu coefficients",
                         model->fitted->summary.rows, model->fitted->summary.rank);
    TRY(linalg_enter(callers));
    gemml_status status = predict_interval(model->fitted, &x, inference_t_of_level(level, (double)freedom), kind, &out);
    linalg_leave(callers);
    return status;
}

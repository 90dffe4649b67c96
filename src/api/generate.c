/* Generators: options and matrices are checked here, data/generate.h computes. */
#include <gemml/generate.h>

#include <math.h>
#include <stdio.h>

#include "api/options.h"
#include "api/validate.h"
#include "data/generate.h"
#include "util/alloc.h"

#define MOST_CLUSTERS ((size_t)1 << 20)

static gemml_status check_finite(const char *name, double value)
{
    return isfinite(value) ? GEMML_OK : error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be finite", name, value);
}

/* low <= value <= high, of which high may be infinite; value is finite. */
static gemml_status check_between(const char *name, double value, double low, double high)
{
    TRY(check_finite(name, value));
    if (value >= low && value <= high)
        return GEMML_OK;
    if (isinf(high))
        return error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be at least %g", name, value, low);
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be from %g to %g", name, value, low, high);
}

/* x of `columns` columns (0: any number), y of as many rows; of one column where `labels`. */
static gemml_status check_pair(const gemml_matrix *x, const gemml_matrix *y, size_t columns, bool labels)
{
    TRY(validate_matrix("x", x, x->rows, columns ? columns : x->cols));
    return validate_matrix("y", y, x->rows, labels ? 1 : y->cols);
}

gemml_status gemml_generate_regression(const gemml_regression_options *given, gemml_matrix x, gemml_matrix y,
                                       gemml_matrix coefficients)
{
    gemml_regression_options options = GEMML_REGRESSION_OPTIONS_INIT;
    TRY(options_read("gemml_regression_options", given, &options, sizeof options));
    TRY(check_between("noise", options.noise, 0, INFINITY));
    TRY(check_finite("bias", options.bias));
    TRY(check_between("tail_strength", options.tail_strength, 0, 1));
    if (options.effective_rank == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "effective_rank is 0: it must be at least 1");
    TRY(check_pair(&x, &y, 0, false));
    if (coefficients.data || coefficients.rows > 0)
        TRY(validate_matrix("coefficients", &coefficients, x.cols, y.cols));
    if (options.informative == GEMML_AUTO_COUNT)
        options.informative = x.cols < 10 ? x.cols : 10;
    if (options.informative > x.cols)
        return error_set(GEMML_ERROR_ARGUMENT, "informative is %zu but x has %zu columns", options.informative, x.cols);
    return generate_regression(&options, x, y, coefficients);
}

/* informative + redundant + repeated <= p, what was left to the library being chosen. */
static gemml_status resolve_columns(gemml_classification_options *options, size_t p)
{
    if (options->informative == GEMML_AUTO_COUNT)
        options->informative = p < 2 ? p : 2;
    size_t taken = memory_sum(options->informative, options->repeated);
    if (options->redundant == GEMML_AUTO_COUNT)
        options->redundant = taken >= p ? 0 : p - taken < 2 ? p - taken : 2;
    if (options->informative == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "informative is 0: the clusters need a column");
    if (memory_sum(taken, options->redundant) > p)
        return error_set(GEMML_ERROR_ARGUMENT, "informative %zu, redundant %zu and repeated %zu: x has %zu columns",
                         options->informative, options->redundant, options->repeated, p);
    return GEMML_OK;
}

static gemml_status check_clusters(const gemml_classification_options *options)
{
    size_t clusters = memory_product(options->classes, options->clusters_per_class);
    if (options->classes < 2)
        return error_set(GEMML_ERROR_ARGUMENT, "classes is %zu: it must be at least 2", options->classes);
    if (options->clusters_per_class == 0)
        return error_set(GEMML_ERROR_ARGUMENT, "clusters_per_class is 0: it must be at least 1");
    if (clusters > MOST_CLUSTERS)
        return error_set(GEMML_ERROR_ARGUMENT, "classes %zu times clusters_per_class %zu: at most 2^20 clusters",
                         options->classes, options->clusters_per_class);
    if (options->informative < 20 && clusters > (size_t)1 << options->informative)
        return error_set(
            GEMML_ERROR_ARGUMENT, "classes %zu times clusters_per_class %zu: a cube of informative %zu has %zu corners",
            options->classes, options->clusters_per_class, options->informative, (size_t)1 << options->informative);
    return GEMML_OK;
}

static gemml_status check_shares(const double *shares, size_t classes)
{
    char name[40];
    double sum = 0;
    for (size_t k = 0; k < classes; k++, sum += shares[k - 1]) {
        snprintf(name, sizeof name, "shares[%zu]", k);
        TRY(check_between(name, shares[k], 0, 1));
    }
    return fabs(sum - 1) < 1e-6 ? GEMML_OK
                                : error_set(GEMML_ERROR_ARGUMENT, "the shares have the sum %.9g, not 1", sum);
}

gemml_status gemml_generate_classification(const gemml_classification_options *given, gemml_matrix x, gemml_matrix y)
{
    gemml_classification_options options = GEMML_CLASSIFICATION_OPTIONS_INIT;
    TRY(options_read("gemml_classification_options", given, &options, sizeof options));
    TRY(check_between("separation", options.separation, 0, INFINITY));
    TRY(check_between("flip", options.flip, 0, 1));
    if (!isnan(options.shift))
        TRY(check_finite("shift", options.shift));
    if (!isnan(options.scale))
        TRY(check_finite("scale", options.scale));
    TRY(check_pair(&x, &y, 0, true));
    TRY(resolve_columns(&options, x.cols));
    TRY(check_clusters(&options));
    if (options.shares)
        TRY(check_shares(options.shares, options.classes));
    return generate_classification(&options, x, y);
}

static gemml_status read_shape_options(const gemml_shape_options *given, gemml_shape_options *options)
{
    gemml_shape_options_init(options);
    TRY(options_read("gemml_shape_options", given, options, sizeof *options));
    TRY(check_between("noise", options->noise, 0, INFINITY));
    if (!(options->factor >= 0 && options->factor < 1))
        return error_set(GEMML_ERROR_ARGUMENT, "factor is %g: it must be at least 0 and below 1", options->factor);
    return GEMML_OK;
}

gemml_status gemml_generate_moons(const gemml_shape_options *given, gemml_matrix x, gemml_matrix y)
{
    gemml_shape_options options;
    TRY(read_shape_options(given, &options));
    TRY(check_pair(&x, &y, 2, true));
    return generate_moons(&options, x, y);
}

gemml_status gemml_generate_circles(const gemml_shape_options *given, gemml_matrix x, gemml_matrix y)
{
    gemml_shape_options options;
    TRY(read_shape_options(given, &options));
    TRY(check_pair(&x, &y, 2, true));
    return generate_circles(&options, x, y);
}

gemml_status gemml_generate_curve(const gemml_curve_options *given, gemml_matrix x, gemml_matrix y)
{
    gemml_curve_options options = GEMML_CURVE_OPTIONS_INIT;
    TRY(options_read("gemml_curve_options", given, &options, sizeof options));
    TRY(check_finite("low", options.low));
    TRY(check_finite("high", options.high));
    TRY(check_between("noise", options.noise, 0, INFINITY));
    if (options.low >= options.high)
        return error_set(GEMML_ERROR_ARGUMENT, "low is %g and high %g: low must be below high", options.low,
                         options.high);
    TRY(check_pair(&x, &y, 1, true));
    generate_curve(&options, x, y);
    return GEMML_OK;
}

#include "api/options.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "chain/chain.h"

/* The smallest struct that makes sense: the size itself. A caller that forgot the
 * _INIT macro is caught by this more often than not. */
static gemml_status read_size(const char *name, const void *given, size_t known, size_t *size)
{
    memcpy(size, given, sizeof *size);
    if (*size >= sizeof *size && *size <= 64 * known)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s has struct_size %zu: start from its _INIT macro", name, *size);
}

gemml_status options_read(const char *name, const void *given, void *local, size_t known)
{
    size_t size;
    if (!given)
        return GEMML_OK;
    TRY(read_size(name, given, known, &size));
    for (size_t i = known; i < size; i++)
        if (((const unsigned char *)given)[i] != 0)
            return error_set(GEMML_ERROR_UNSUPPORTED,
                             "%s has %zu bytes, and sets an option that this version (%zu bytes) does not have", name,
                             size, known);
    memcpy(local, given, size < known ? size : known);
    memcpy(local, &known, sizeof known);
    return GEMML_OK;
}

gemml_status options_write(const char *name, void *given, const void *local, size_t known)
{
    size_t size;
    if (!given)
        return error_set(GEMML_ERROR_ARGUMENT, "%s is NULL", name);
    TRY(read_size(name, given, known, &size));
    size_t count = size < known ? size : known;
    if (local)
        memcpy((char *)given + sizeof size, (const char *)local + sizeof size, count - sizeof size);
    return GEMML_OK;
}

gemml_status options_real(const char *name, double value, bool positive, bool may_be_auto)
{
    if (isnan(value) && may_be_auto)
        return GEMML_OK;
    if (isfinite(value) && (positive ? value > 0 : value >= 0))
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be finite and %s 0", name, value,
                     positive ? "above" : "at least");
}

gemml_status options_count(const char *name, size_t value)
{
    return value > 0 ? GEMML_OK : error_set(GEMML_ERROR_ARGUMENT, "%s is 0: it must be at least 1", name);
}

gemml_status options_enum(const char *name, int value, int count)
{
    if (value >= 0 && value < count)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %d: it must be one of 0 to %d", name, value, count - 1);
}

gemml_status options_range(double low, double high)
{
    if (isfinite(low) && isfinite(high) && low < high)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT,
                     "the range %g to %g: both ends must be finite, and the first below the other", low, high);
}

gemml_status linear_options_read(const gemml_linear_options *given, gemml_linear_options *options)
{
    gemml_linear_options_init(options);
    TRY(options_read("gemml_linear_options", given, options, sizeof *options));
    TRY(options_enum("solver", (int)options->solver, GEMML_SOLVER_LBFGS + 1));
    TRY(options_enum("scaling", (int)options->scaling, GEMML_SCALING_MINMAX_ALL + 1));
    TRY(options_enum("target_scaling", (int)options->target_scaling, GEMML_SCALING_MINMAX_ALL + 1));
    TRY(options_range(options->range_low, options->range_high));
    TRY(options_enum("dtype", (int)options->dtype, GEMML_F32 + 1));
    TRY(options_real("l2", options->l2, false, true));
    TRY(options_real("tolerance", options->tolerance, false, true));
    TRY(options_real("rate", options->rate, true, true));
    TRY(options_count("patience", options->patience));
    TRY(options_count("epochs", options->epochs));
    TRY(options_count("max_iterations", options->max_iterations));
    return options_count("batch", options->batch);
}

gemml_status options_class_weight(size_t classes, gemml_class_weighting weighting, const double **class_weight)
{
    TRY(options_enum("class_weighting", (int)weighting, GEMML_CLASS_WEIGHT_GIVEN + 1));
    if (classes != GEMML_AUTO_COUNT && (classes < 2 || classes > MOST_CLASSES))
        return error_set(GEMML_ERROR_ARGUMENT, "classes is %zu: it must be within 2 and %d", classes, MOST_CLASSES);
    if (weighting != GEMML_CLASS_WEIGHT_GIVEN) {
        *class_weight = NULL;
        return GEMML_OK;
    }
    if (!*class_weight || classes == GEMML_AUTO_COUNT)
        return error_set(GEMML_ERROR_ARGUMENT, "class weights are to be given, but %s",
                         *class_weight ? "the number of classes is not set" : "class_weight is NULL");
    char name[48];
    for (size_t k = 0; k < classes; k++) {
        snprintf(name, sizeof name, "class_weight[%zu]", k);
        TRY(options_real(name, (*class_weight)[k], false, false));
    }
    return GEMML_OK;
}

static bool solves_logistic(gemml_solver solver)
{
    return solver == GEMML_SOLVER_AUTO || solver == GEMML_SOLVER_LBFGS || solver == GEMML_SOLVER_NEWTON ||
           solver == GEMML_SOLVER_DESCENT;
}

gemml_status logistic_options_read(const gemml_logistic_options *given, gemml_logistic_options *options)
{
    gemml_logistic_options_init(options);
    TRY(options_read("gemml_logistic_options", given, options, sizeof *options));
    if (!solves_logistic(options->solver))
        return error_set(GEMML_ERROR_ARGUMENT,
                         "solver is %d: a logistic regression has AUTO (0), DESCENT (2), LBFGS (5) and NEWTON (6)",
                         (int)options->solver);
    TRY(options_enum("scaling", (int)options->scaling, GEMML_SCALING_MINMAX_ALL + 1));
    TRY(options_range(options->range_low, options->range_high));
    TRY(options_enum("dtype", (int)options->dtype, GEMML_F32 + 1));
    TRY(options_real("l2", options->l2, false, false));
    TRY(options_class_weight(options->classes, options->class_weighting, &options->class_weight));
    TRY(options_real("tolerance", options->tolerance, false, true));
    TRY(options_real("rate", options->rate, true, true));
    TRY(options_count("patience", options->patience));
    TRY(options_count("epochs", options->epochs));
    TRY(options_count("max_iterations", options->max_iterations));
    return options_count("batch", options->batch);
}

gemml_status fit_options_read(const gemml_fit_options *given, gemml_fit_options *options)
{
    gemml_fit_options_init(options);
    TRY(options_read("gemml_fit_options", given, options, sizeof *options));
    TRY(options_real("time_budget", options->time_budget, true, true));
    TRY(options_real("checkpoint_seconds", options->checkpoint_seconds, true, true));
    TRY(options_count("checkpoint_epochs", options->checkpoint_epochs));
    TRY(options_count("record", options->record));
    if (options->checkpoint ? !*options->checkpoint : options->resume != 0)
        return error_set(GEMML_ERROR_ARGUMENT, "the checkpoint's path is %s", options->checkpoint ? "empty" : "NULL");
    return GEMML_OK;
}

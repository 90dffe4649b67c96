#include "api/options.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

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

static gemml_status check_real(const char *name, double value, bool positive, bool may_be_auto)
{
    if (isnan(value) && may_be_auto)
        return GEMML_OK;
    if (isfinite(value) && (positive ? value > 0 : value >= 0))
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %g: it must be finite and %s 0", name, value,
                     positive ? "above" : "at least");
}

/* At least 1, or the library's choice. */
static gemml_status check_count(const char *name, size_t value)
{
    return value > 0 ? GEMML_OK : error_set(GEMML_ERROR_ARGUMENT, "%s is 0: it must be at least 1", name);
}

gemml_status options_enum(const char *name, int value, int count)
{
    if (value >= 0 && value < count)
        return GEMML_OK;
    return error_set(GEMML_ERROR_ARGUMENT, "%s is %d: it must be one of 0 to %d", name, value, count - 1);
}

gemml_status linear_options_read(const gemml_linear_options *given, gemml_linear_options *options)
{
    gemml_linear_options_init(options);
    TRY(options_read("gemml_linear_options", given, options, sizeof *options));
    TRY(options_enum("solver", (int)options->solver, GEMML_SOLVER_SVD + 1));
    TRY(options_enum("scaling", (int)options->scaling, GEMML_SCALING_MINMAX + 1));
    TRY(options_enum("dtype", (int)options->dtype, GEMML_F32 + 1));
    TRY(check_real("l2", options->l2, false, false));
    TRY(check_real("tolerance", options->tolerance, false, true));
    TRY(check_real("rate", options->rate, true, true));
    TRY(check_count("patience", options->patience));
    TRY(check_count("epochs", options->epochs));
    TRY(check_count("max_iterations", options->max_iterations));
    return check_count("batch", options->batch);
}

gemml_status fit_options_read(const gemml_fit_options *given, gemml_fit_options *options)
{
    gemml_fit_options_init(options);
    TRY(options_read("gemml_fit_options", given, options, sizeof *options));
    return check_real("time_budget", options->time_budget, true, true);
}

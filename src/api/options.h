/* Reading option structs of other versions, and normalising them. */
#ifndef GEMML_API_OPTIONS_H
#define GEMML_API_OPTIONS_H

#include <stdbool.h>

#include <gemml/fit.h>
#include <gemml/mlp.h>

#include "util/error.h"

/* Copies the caller's struct over `local`, which holds the defaults and is
 * `known` bytes: a shorter one keeps the defaults of its tail; a longer one is
 * refused when its tail is not zero. Both begin with struct_size. NULL: defaults.
 * Errors: ARGUMENT, UNSUPPORTED. */
gemml_status options_read(const char *name, const void *given, void *local, size_t known);

/* The other way, for structs that the library fills: as much as fits the
 * caller's struct_size. local NULL: only checks that size. Errors: ARGUMENT. */
gemml_status options_write(const char *name, void *given, const void *local, size_t known);

/* ARGUMENT when an enum is not one of 0 .. count - 1. */
gemml_status options_enum(const char *name, int value, int count);

/* ARGUMENT when a number is not finite, or below 0 (positive: at most 0); NaN passes where it
 * may be AUTO. */
gemml_status options_real(const char *name, double value, bool positive, bool may_be_auto);

/* At least 1, or the library's choice. */
gemml_status options_count(const char *name, size_t value);

/* Of MINMAX: finite, low < high. */
gemml_status options_range(double low, double high);

/* The weights of classes: *class_weight is looked at only where `weighting` says so, else it becomes NULL. */
gemml_status options_class_weight(size_t classes, gemml_class_weighting weighting, const double **class_weight);

/* Options of a linear regression, read and checked. */
gemml_status linear_options_read(const gemml_linear_options *given, gemml_linear_options *options);

/* Options of a logistic regression, likewise; class_weight is NULL unless it counts,
 * and the caller's. */
gemml_status logistic_options_read(const gemml_logistic_options *given, gemml_logistic_options *options);

/* Options of a network, likewise; the arrays are the caller's, and NULL where they do not count. */
gemml_status mlp_options_read(const gemml_mlp_options *given, gemml_mlp_options *options);

/* Options of a fit, likewise. */
gemml_status fit_options_read(const gemml_fit_options *given, gemml_fit_options *options);

#endif

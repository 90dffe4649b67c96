/* Reading option structs of other versions, and normalising them. */
#ifndef GEMML_API_OPTIONS_H
#define GEMML_API_OPTIONS_H

#include <gemml/fit.h>

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

/* Options of a linear regression, read and checked. */
gemml_status linear_options_read(const gemml_linear_options *given, gemml_linear_options *options);

/* Options of a logistic regression, likewise; class_weight is NULL unless it counts,
 * and the caller's. */
gemml_status logistic_options_read(const gemml_logistic_options *given, gemml_logistic_options *options);

/* Options of a fit, likewise. */
gemml_status fit_options_read(const gemml_fit_options *given, gemml_fit_options *options);

#endif

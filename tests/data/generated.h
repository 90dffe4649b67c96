/* What tests of generators share: memory, and moments. */
#ifndef GEMML_TESTS_DATA_GENERATED_H
#define GEMML_TESTS_DATA_GENERATED_H

#include <gemml.h>

#include "support/support.h"

static inline void assert_ok(gemml_status status)
{
    if (status != GEMML_OK)
        fail_msg("%s", gemml_last_error());
}

static inline double *make(size_t rows, size_t cols)
{
    double *values = calloc(rows * cols, sizeof *values);
    assert_non_null(values);
    return values;
}

struct moments {
    double mean, variance, kurtosis;
};

static inline struct moments moments_of(const double *values, size_t count)
{
    long double sum = 0, square = 0, fourth = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    long double mean = sum / (long double)count;
    for (size_t i = 0; i < count; i++) {
        long double d = values[i] - mean;
        square += d * d;
        fourth += d * d * d * d;
    }
    long double variance = square / (long double)count;
    return (struct moments){(double)mean, (double)variance,
                            (double)(fourth / (long double)count / (variance * variance))};
}

#endif

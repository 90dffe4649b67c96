/* Matrices of any dtype with padded rows, the gaps filled with poison: NaN, or
 * the least integer. The values are kept beside them as long double. */
#ifndef GEMML_TESTS_FOLD_PADDED_H
#define GEMML_TESTS_FOLD_PADDED_H

#include <math.h>

#include <gemml/matrix.h>

#include "support/support.h"

struct padded {
    gemml_view view;
    void *memory;
    long double *value; /* rows x cols */
};

static inline void padded_store(void *memory, gemml_dtype dtype, size_t at, long double value)
{
    switch (dtype) {
    case GEMML_F64:
        ((double *)memory)[at] = (double)value;
        break;
    case GEMML_F32:
        ((float *)memory)[at] = (float)value;
        break;
    case GEMML_I32:
        ((int32_t *)memory)[at] = isnan(value) ? INT32_MIN : (int32_t)value;
        break;
    case GEMML_I64:
        ((int64_t *)memory)[at] = isnan(value) ? INT64_MIN : (int64_t)value;
        break;
    }
}

static inline long double padded_load(const void *memory, gemml_dtype dtype, size_t at)
{
    switch (dtype) {
    case GEMML_F64:
        return ((const double *)memory)[at];
    case GEMML_F32:
        return ((const float *)memory)[at];
    case GEMML_I32:
        return ((const int32_t *)memory)[at];
    case GEMML_I64:
        return ((const int64_t *)memory)[at];
    }
    return 0;
}

/* Values center + spread * uniform on [-1, 1), as the dtype holds them. */
static inline struct padded padded_make(gemml_dtype dtype, size_t rows, size_t cols, size_t gap, double center,
                                        double spread, uint64_t *random)
{
    size_t stride = cols + gap;
    struct padded matrix = {{NULL, rows, cols, stride, dtype, 0},
                            malloc((rows * stride + 1) * 8),
                            malloc((rows * cols + 1) * sizeof(long double))};
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < stride; j++) {
            long double value = j < cols ? (long double)(center + spread * test_random(random)) : (long double)NAN;
            padded_store(matrix.memory, dtype, i * stride + j, value);
            if (j < cols)
                matrix.value[i * cols + j] = padded_load(matrix.memory, dtype, i * stride + j);
        }
    matrix.view.data = matrix.memory;
    return matrix;
}

static inline void padded_set(struct padded *matrix, size_t i, size_t j, long double value)
{
    size_t at = i * matrix->view.stride + j;
    padded_store(matrix->memory, matrix->view.dtype, at, value);
    matrix->value[i * matrix->view.cols + j] = padded_load(matrix->memory, matrix->view.dtype, at);
}

static inline long double padded_at(const struct padded *matrix, size_t i, size_t j)
{
    return matrix->value[i * matrix->view.cols + j];
}

/* Weights: a column of numbers from 0 up, every fifth of them 0. */
static inline struct padded padded_weights(gemml_dtype dtype, size_t rows, size_t gap, uint64_t *random)
{
    struct padded weight = padded_make(dtype, rows, 1, gap, 2, 2, random);
    for (size_t i = 3; i < rows; i += 5)
        padded_set(&weight, i, 0, 0);
    return weight;
}

static inline void padded_free(struct padded *matrix)
{
    free(matrix->memory);
    free(matrix->value);
}

#endif

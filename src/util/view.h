/* Single elements of views and matrices of any dtype, as doubles. */
#ifndef GEMML_UTIL_VIEW_H
#define GEMML_UTIL_VIEW_H

#include <gemml/matrix.h>

/* Bytes of an element; 0 when it is not a dtype. */
static inline size_t dtype_size(gemml_dtype dtype)
{
    switch (dtype) {
    case GEMML_F64:
    case GEMML_I64:
        return 8;
    case GEMML_F32:
    case GEMML_I32:
        return 4;
    }
    return 0;
}

static inline double view_element(const gemml_view *view, size_t row, size_t col)
{
    size_t index = row * view->stride + col;
    switch (view->dtype) {
    case GEMML_F32:
        return (double)((const float *)view->data)[index];
    case GEMML_I32:
        return ((const int32_t *)view->data)[index];
    case GEMML_I64:
        return (double)((const int64_t *)view->data)[index];
    case GEMML_F64:
        break;
    }
    return ((const double *)view->data)[index];
}

/* The matrix is f64 or f32. */
static inline void matrix_store(const gemml_matrix *matrix, size_t row, size_t col, double value)
{
    size_t index = row * matrix->stride + col;
    if (matrix->dtype == GEMML_F64)
        ((double *)matrix->data)[index] = value;
    else
        ((float *)matrix->data)[index] = (float)value;
}

/* The first element of a row. */
static inline const void *view_row(const gemml_view *view, size_t row)
{
    return (const char *)view->data + row * view->stride * dtype_size(view->dtype);
}

#endif

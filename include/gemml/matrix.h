/* Matrices that the caller owns: row-major views to read, matrices to write.
 *
 * Element (i, j) is data[i * stride + j], 0 <= i < rows, 0 <= j < cols,
 * stride >= cols, counted in elements. The library borrows the memory for the
 * duration of a call (or as a function's comment says) and never touches what
 * lies between cols and stride. */
#ifndef GEMML_MATRIX_H
#define GEMML_MATRIX_H

#include "base.h"

GEMML_BEGIN_DECLS

typedef enum gemml_dtype {
    GEMML_F64 = 0, /* double */
    GEMML_F32 = 1, /* float */
    GEMML_I32 = 2, /* int32_t: class indices, or numbers to be converted */
    GEMML_I64 = 3  /* int64_t */
} gemml_dtype;

/* A matrix that is only read. A zeroed view (data NULL, 0 x 0) means "none"
 * where a comment says that a view is optional. */
typedef struct gemml_view {
    const void *data;
    size_t rows, cols;
    size_t stride; /* elements from one row to the next */
    gemml_dtype dtype;
    uint32_t reserved; /* 0 */
} gemml_view;

/* A matrix that is written: f64 or f32. */
typedef struct gemml_matrix {
    void *data;
    size_t rows, cols;
    size_t stride;
    gemml_dtype dtype;
    uint32_t reserved; /* 0 */
} gemml_matrix;

/* Constructors. Inline, so that the compiler checks the pointer's type; they
 * check nothing else: the function that receives the view does. */
#define GEMML_DEFINE_VIEW(suffix, type, tag)                                                                          \
    static inline gemml_view gemml_view_##suffix##_strided(const type *data, size_t rows, size_t cols, size_t stride) \
    {                                                                                                                 \
        gemml_view view = {data, rows, cols, stride, tag, 0};                                                         \
        return view;                                                                                                  \
    }                                                                                                                 \
    static inline gemml_view gemml_view_##suffix(const type *data, size_t rows, size_t cols)                          \
    {                                                                                                                 \
        return gemml_view_##suffix##_strided(data, rows, cols, cols);                                                 \
    }
#define GEMML_DEFINE_MATRIX(suffix, type, tag)                                                                      \
    static inline gemml_matrix gemml_matrix_##suffix##_strided(type *data, size_t rows, size_t cols, size_t stride) \
    {                                                                                                               \
        gemml_matrix matrix = {data, rows, cols, stride, tag, 0};                                                   \
        return matrix;                                                                                              \
    }                                                                                                               \
    static inline gemml_matrix gemml_matrix_##suffix(type *data, size_t rows, size_t cols)                          \
    {                                                                                                               \
        return gemml_matrix_##suffix##_strided(data, rows, cols, cols);                                             \
    }

GEMML_DEFINE_VIEW(f64, double, GEMML_F64)
GEMML_DEFINE_VIEW(f32, float, GEMML_F32)
GEMML_DEFINE_VIEW(i32, int32_t, GEMML_I32)
GEMML_DEFINE_VIEW(i64, int64_t, GEMML_I64)
GEMML_DEFINE_MATRIX(f64, double, GEMML_F64)
GEMML_DEFINE_MATRIX(f32, float, GEMML_F32)

#undef GEMML_DEFINE_VIEW
#undef GEMML_DEFINE_MATRIX

/* What a model learns from or is judged on. n rows, p features, K outputs.
 *   x       n x p, any dtype, finite: encoded columns, not scaled
 *   y       n x K targets, finite (for predictions of classes: n x 1 indices)
 *   weight  n x 1, finite and >= 0, with a positive sum; or zeroed: all ones
 *   x_low   n x p, f64, or zeroed: none. Entry (i, j) of X is then x + x_low exactly, a
 *           double-double number, |x_low| <= 2^-52 |x|, x being f64 too: powers of a column that are not
 *           rounded to double. The closed-form solvers of a linear regression use it in
 *           their refinement; all else looks at x alone. */
typedef struct gemml_dataset {
    size_t struct_size;
    gemml_view x, y, weight;
    gemml_view x_low;
} gemml_dataset;

#define GEMML_EMPTY_VIEW            \
    {                               \
        NULL, 0, 0, 0, GEMML_F64, 0 \
    }
#define GEMML_DATASET_INIT                                                                            \
    {                                                                                                 \
        sizeof(gemml_dataset), GEMML_EMPTY_VIEW, GEMML_EMPTY_VIEW, GEMML_EMPTY_VIEW, GEMML_EMPTY_VIEW \
    }
static inline void gemml_dataset_init(gemml_dataset *dataset)
{
    gemml_dataset initial = GEMML_DATASET_INIT;
    *dataset = initial;
}

GEMML_END_DECLS

#endif

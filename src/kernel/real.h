/* The precision of the numeric rooms. Files of kernel, fold, chain and train
 * are compiled twice, with GEMML_REAL_F32 and with GEMML_REAL_F64; they write
 * `real`, and their external names go through R(), as in R(gemm): gemm_f32, gemm_f64. */
#ifndef GEMML_KERNEL_REAL_H
#define GEMML_KERNEL_REAL_H

#include <float.h>

#include <gemml/matrix.h>

#if defined(GEMML_REAL_F32)
typedef float real;
#define R(name) name##_f32
#define REAL_DTYPE GEMML_F32
#define REAL_EPSILON FLT_EPSILON
#define REAL_SETTLED 1e-6 /* a gradient this small beside the first is zero */
#define REAL_C(constant) constant##f
#elif defined(GEMML_REAL_F64)
typedef double real;
#define R(name) name##_f64
#define REAL_DTYPE GEMML_F64
#define REAL_EPSILON DBL_EPSILON
#define REAL_SETTLED 1e-12
#define REAL_C(constant) constant
#else
#error "compile with GEMML_REAL_F32 or GEMML_REAL_F64"
#endif

#endif

/* Elementwise functions on vectors of reals.
 *
 * exp, log1p and tanh come from glibc's libmvec where it is there: the loops
 * below are compiled for three levels of x86-64, the loader picks one, and the
 * compiler replaces the calls by those of the vector variants. Elsewhere the
 * same loops call the scalar functions of libm.
 *
 * A vector variant and its scalar twin differ in the last bits, so each value
 * goes through a block of LANES reals, the tail's padded with zeros: no value is
 * ever left to scalar code. See docs/decisions/0004-elementwise-functions.md. */
#include "kernel/vector.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "kernel/dispatch.h"

#if defined(GEMML_DISPATCH) && defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35) /* the first with tanh and log1p */
#define VECTOR_MATH
__attribute__((simd("notinbranch"), const)) float expf(float);
__attribute__((simd("notinbranch"), const)) float log1pf(float);
__attribute__((simd("notinbranch"), const)) float tanhf(float);
__attribute__((simd("notinbranch"), const)) double exp(double);
__attribute__((simd("notinbranch"), const)) double log1p(double);
__attribute__((simd("notinbranch"), const)) double tanh(double);
#endif
#endif

/* What stands before a loop whose operands are the same or do not overlap: GCC
 * need not guard against the rest, which would send x = y to scalar code. */
#if defined(__GNUC__) && !defined(__clang__)
#define ELEMENTWISE _Pragma("GCC ivdep")
#else
#define ELEMENTWISE
#endif

/* What stands before the loop over a block: unrolled early, as GCC does with
 * short loops of constant length, it would not become vector code. */
#ifdef VECTOR_MATH
#define WHOLE_BLOCK ELEMENTWISE _Pragma("GCC unroll 1")
#else
#define WHOLE_BLOCK ELEMENTWISE
#endif

/* Only what stands inside a dispatched function is compiled for its level. */
#ifdef __GNUC__
#define INLINED static inline __attribute__((always_inline))
#else
#define INLINED static inline
#endif

#ifdef GEMML_REAL_F32
typedef uint32_t real_bits;
#define EXPONENT_BITS UINT32_C(0x7f800000)
#define exp_real expf
#define log1p_real log1pf
#define tanh_real tanhf
#define fabs_real fabsf
#else
typedef uint64_t real_bits;
#define EXPONENT_BITS UINT64_C(0x7ff0000000000000)
#define exp_real exp
#define log1p_real log1p
#define tanh_real tanh
#define fabs_real fabs
#endif

/* One vector of x86-64-v4: 64 bytes. */
#define LANES (64 / sizeof(real))

/* Running sums and maxima of the reductions, whatever the vector's width. */
#define RUNNING 8

/* Elements that stay in the first cache between two passes over them. */
#define CACHED 2048

/* Of e = exp(-|x|), which cannot overflow: 1/(1 + e), or e/(1 + e) where x < 0. */
static inline real sigmoid(real x)
{
    real e = exp_real(-fabs_real(x));
    return (x < 0 ? e : 1) / (1 + e);
}

static inline real softplus(real x)
{
    return (x > 0 ? x : 0) + log1p_real(exp_real(-fabs_real(x)));
}

INLINED void exp_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = exp_real(x[j]);
}

INLINED void sigmoid_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = sigmoid(x[j]);
}

INLINED void tanh_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = tanh_real(x[j]);
}

INLINED void softplus_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = softplus(x[j]);
}

/* y = block(x), LANES elements at a time; the tail in a block padded with zeros. */
INLINED void by_blocks(size_t n, const real *x, real *y, void (*block)(const real *, real *))
{
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        block(x + i, y + i);
    if (i == n)
        return;
    real tail[LANES] = {0};
    memcpy(tail, x + i, (n - i) * sizeof(real));
    block(tail, tail);
    memcpy(y + i, tail, (n - i) * sizeof(real));
}

DISPATCHED static void exp_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, exp_block);
}

DISPATCHED static void sigmoid_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, sigmoid_block);
}

DISPATCHED static void tanh_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, tanh_block);
}

DISPATCHED static void softplus_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, softplus_block);
}

/* From here on each element is a few correctly rounded operations: scalar and vector
 * code give the same bits, so tails need no padding. */

DISPATCHED static void relu(size_t n, const real *x, real *y)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

DISPATCHED static void sigmoid_backward(size_t n, const real *a, real *d)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        d[i] *= a[i] * (1 - a[i]);
}

DISPATCHED static void tanh_backward(size_t n, const real *a, real *d)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        d[i] *= 1 - a[i] * a[i];
}

DISPATCHED static void relu_backward(size_t n, const real *a, real *d)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] > 0 ? d[i] : 0;
}

DISPATCHED static void affine_rows(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale,
                                   real *Y, size_t ldy)
{
    for (size_t i = 0; i < m; i++) {
        const real *x = X + i * ldx;
        real *y = Y + i * ldy;
        ELEMENTWISE
        for (size_t j = 0; j < n; j++)
            y[j] = (x[j] - shift[j]) * scale[j];
    }
}

/* An exponent of ones is that of infinities and NaNs. Integers, because x - x
 * or x * 0 would raise floating-point exceptions that a host may trap. */
DISPATCHED static bool all_finite(size_t n, const real *x)
{
    for (size_t first = 0; first < n; first += CACHED) {
        size_t count = n - first < CACHED ? n - first : CACHED;
        real_bits found = 0;
        for (size_t i = 0; i < count; i++) {
            real_bits bits;
            memcpy(&bits, x + first + i, sizeof bits);
            found |= (bits & EXPONENT_BITS) == EXPONENT_BITS;
        }
        if (found)
            return false;
    }
    return true;
}

/* Sum of x in double: element i goes to running sum i mod RUNNING. */
INLINED double running_sum(size_t n, const real *x)
{
    double sum[RUNNING] = {0};
    size_t i = 0;
    for (; n - i >= RUNNING; i += RUNNING)
        for (size_t j = 0; j < RUNNING; j++)
            sum[j] += (double)x[i + j];
    for (size_t j = 0; i + j < n; j++)
        sum[j] += (double)x[i + j];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

DISPATCHED static double sum(size_t n, const real *x)
{
    return running_sum(n, x);
}

/* The largest of n >= 1 elements; a NaN among them may be passed over. */
INLINED real maximum(size_t n, const real *x)
{
    real most = x[0];
    size_t i = 1;
    if (n >= 2 * RUNNING) {
        real running[RUNNING];
        memcpy(running, x, sizeof running);
        for (i = RUNNING; n - i >= RUNNING; i += RUNNING)
            for (size_t j = 0; j < RUNNING; j++)
                running[j] = x[i + j] > running[j] ? x[i + j] : running[j];
        for (size_t j = 0; j < RUNNING; j++)
            most = running[j] > most ? running[j] : most;
    }
    for (; i < n; i++)
        most = x[i] > most ? x[i] : most;
    return most;
}

/* y_j = x_j - max x, for each row. */
DISPATCHED static void shift_by_maximum(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
{
    for (size_t i = 0; i < n; i++) {
        const real *x = X + i * ldx;
        real *y = Y + i * ldy;
        real most = maximum(k, x);
        ELEMENTWISE
        for (size_t j = 0; j < k; j++)
            y[j] = x[j] - most;
    }
}

/* y_j /= sum y, for each row. */
DISPATCHED static void divide_by_sum(size_t n, size_t k, real *Y, size_t ldy)
{
    for (size_t i = 0; i < n; i++) {
        real *y = Y + i * ldy;
        real sum = (real)running_sum(k, y);
        for (size_t j = 0; j < k; j++)
            y[j] /= sum;
    }
}

/* Contiguous rows take one call of exp together. */
static void exp_rows(size_t n, size_t k, real *Y, size_t ldy)
{
    if (ldy == k) {
        exp_all(n * k, Y, Y);
        return;
    }
    for (size_t i = 0; i < n; i++)
        exp_all(k, Y + i * ldy, Y + i * ldy);
}

/* As many rows at a time as stay in the first cache through the three passes. */
void R(vector_softmax)(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
{
    if (k == 0)
        return;
    size_t rows = k < CACHED ? CACHED / k : 1;
    for (size_t first = 0; first < n; first += rows) {
        size_t count = n - first < rows ? n - first : rows;
        real *y = Y + first * ldy;
        shift_by_maximum(count, k, X + first * ldx, ldx, y, ldy);
        exp_rows(count, k, y, ldy);
        divide_by_sum(count, k, y, ldy);
    }
}

/* The interface. The functions above are static, because GCC gives the symbols
 * of a dispatched function default visibility, whatever -fvisibility says. */

void R(vector_exp)(size_t n, const real *x, real *y)
{
    exp_all(n, x, y);
}

void R(vector_sigmoid)(size_t n, const real *x, real *y)
{
    sigmoid_all(n, x, y);
}

void R(vector_tanh)(size_t n, const real *x, real *y)
{
    tanh_all(n, x, y);
}

void R(vector_relu)(size_t n, const real *x, real *y)
{
    relu(n, x, y);
}

void R(vector_softplus)(size_t n, const real *x, real *y)
{
    softplus_all(n, x, y);
}

void R(vector_sigmoid_backward)(size_t n, const real *a, real *d)
{
    sigmoid_backward(n, a, d);
}

void R(vector_tanh_backward)(size_t n, const real *a, real *d)
{
    tanh_backward(n, a, d);
}

void R(vector_relu_backward)(size_t n, const real *a, real *d)
{
    relu_backward(n, a, d);
}

void R(vector_affine_rows)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale, real *Y,
                           size_t ldy)
{
    affine_rows(m, n, X, ldx, shift, scale, Y, ldy);
}

bool R(vector_all_finite)(size_t n, const real *x)
{
    return all_finite(n, x);
}

double R(vector_sum)(size_t n, const real *x)
{
    return sum(n, x);
}

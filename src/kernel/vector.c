/* Elementwise functions on vectors of reals.
 *
 * exp, log, log1p, tanh and erfc come from glibc's libmvec where it is there: the loops
 * below are compiled for three levels of x86-64, the loader picks one, and the
 * compiler replaces the calls by those of the vector variants. Elsewhere the
 * same loops call the scalar functions of libm.
 *
 * A vector variant and its scalar twin differ in the last bits, so each value
 * goes through a block of LANES reals, the tail's padded with zeros: no value is
 * ever left to scalar code. See docs/decisions/0004-elementwise-functions.md. */
#include "kernel/vector.h"

#include <math.h>
#include <string.h>

#include "kernel/dispatch.h"

#if defined(GEMML_DISPATCH) && defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__GLIBC__)
#if __GLIBC_PREREQ(2, 35) /* the first with tanh, log1p and erfc */
#define VECTOR_MATH
__attribute__((simd("notinbranch"), const)) float expf(float);
__attribute__((simd("notinbranch"), const)) float log1pf(float);
__attribute__((simd("notinbranch"), const)) float tanhf(float);
__attribute__((simd("notinbranch"), const)) float logf(float);
__attribute__((simd("notinbranch"), const)) float erfcf(float);
__attribute__((simd("notinbranch"), const)) double exp(double);
__attribute__((simd("notinbranch"), const)) double log1p(double);
__attribute__((simd("notinbranch"), const)) double tanh(double);
__attribute__((simd("notinbranch"), const)) double log(double);
__attribute__((simd("notinbranch"), const)) double erfc(double);
#endif
#endif

/* What stands before the loop over a block: unrolled early, as GCC does with
 * short loops of constant length, it would not become vector code. */
#ifdef VECTOR_MATH
#define WHOLE_BLOCK ELEMENTWISE _Pragma("GCC unroll 1")
#else
#define WHOLE_BLOCK ELEMENTWISE
#endif

#ifdef GEMML_REAL_F32
#define exp_real expf
#define log1p_real log1pf
#define tanh_real tanhf
#define log_real logf
#define erfc_real erfcf
#define fabs_real fabsf
#else
#define exp_real exp
#define log1p_real log1p
#define tanh_real tanh
#define log_real log
#define erfc_real erfc
#define fabs_real fabs
#endif

/* One vector of x86-64-v4: 64 bytes. */
#define LANES (64 / sizeof(real))

/* Slope of the leaky relu below 0. */
#define LEAK REAL_C(0.01)

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

#define SQRT_HALF REAL_C(0.70710678118654752440)
#define SQRT_TWO_PI_INVERSE REAL_C(0.39894228040143267794)

/* Phi(x) = erfc(-x / sqrt 2) / 2: no cancellation for negative x. Where both
 * factors' limits meet, at minus infinity, x Phi(x) is 0. */
static inline real gelu(real x)
{
    real half = erfc_real(-x * SQRT_HALF) / 2;
    return half > 0 ? x * half : half;
}

/* Phi(x) + x phi(x); phi is 0 long before x * x overflows. */
static inline real gelu_derivative(real x)
{
    real bounded = x > 64 ? 64 : x < -64 ? -64 : x;
    return erfc_real(-bounded * SQRT_HALF) / 2 + bounded * (SQRT_TWO_PI_INVERSE * exp_real(-bounded * bounded / 2));
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

INLINED void log_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = log_real(x[j]);
}

INLINED void gelu_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = gelu(x[j]);
}

INLINED void gelu_derivative_block(const real *x, real *y)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++)
        y[j] = gelu_derivative(x[j]);
}

/* softplus and sigmoid of s, of the one e = exp(-|s|). */
INLINED void logistic_block(const real *s, real *loss, real *p)
{
    WHOLE_BLOCK
    for (size_t j = 0; j < LANES; j++) {
        real e = exp_real(-fabs_real(s[j]));
        loss[j] = (s[j] > 0 ? s[j] : 0) + log1p_real(e);
        p[j] = (s[j] < 0 ? e : 1) / (1 + e);
    }
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

DISPATCHED static void log_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, log_block);
}

DISPATCHED static void gelu_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, gelu_block);
}

DISPATCHED static void gelu_derivative_all(size_t n, const real *x, real *y)
{
    by_blocks(n, x, y, gelu_derivative_block);
}

DISPATCHED static void logistic_all(size_t n, const real *s, real *loss, real *p)
{
    size_t i = 0;
    for (; n - i >= LANES; i += LANES)
        logistic_block(s + i, loss + i, p + i);
    if (i == n)
        return;
    real tail[LANES] = {0}, tail_loss[LANES];
    memcpy(tail, s + i, (n - i) * sizeof(real));
    logistic_block(tail, tail_loss, tail);
    memcpy(loss + i, tail_loss, (n - i) * sizeof(real));
    memcpy(p + i, tail, (n - i) * sizeof(real));
}

/* From here on each element is a few correctly rounded operations: scalar and vector
 * code give the same bits, so tails need no padding. */

DISPATCHED static void relu(size_t n, const real *x, real *y)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 0 : x[i];
}

DISPATCHED static void leaky_relu(size_t n, const real *x, real *y)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? LEAK * x[i] : x[i];
}

DISPATCHED static void leaky_relu_backward(size_t n, const real *a, real *d)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        d[i] = a[i] > 0 ? d[i] : LEAK * d[i];
}

DISPATCHED static void multiply(size_t n, const real *x, real *y)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        y[i] *= x[i];
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

/* The interface. The functions above are static, because GCC gives the symbols
 * of a dispatched function default visibility, whatever -fvisibility says. */

void R(vector_exp)(size_t n, const real *x, real *y)
{
    exp_all(n, x, y);
}

void R(vector_log)(size_t n, const real *x, real *y)
{
    log_all(n, x, y);
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

void R(vector_leaky_relu)(size_t n, const real *x, real *y)
{
    leaky_relu(n, x, y);
}

void R(vector_leaky_relu_backward)(size_t n, const real *a, real *d)
{
    leaky_relu_backward(n, a, d);
}

void R(vector_gelu)(size_t n, const real *x, real *y)
{
    gelu_all(n, x, y);
}

void R(vector_gelu_backward)(size_t n, const real *z, real *d)
{
    real derivative[CACHED];
    for (size_t first = 0; first < n; first += CACHED) {
        size_t count = n - first < CACHED ? n - first : CACHED;
        gelu_derivative_all(count, z + first, derivative);
        multiply(count, derivative, d + first);
    }
}

void R(vector_logistic_loss)(size_t n, const real *s, real *loss, real *p)
{
    logistic_all(n, s, loss, p);
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

/* Functions on rows and reductions: softmax, sums, maps by column. Sums and maxima
 * have a fixed order; every other operation is correctly rounded, so that scalar
 * and vector code give the same bits and tails need no padding (exp and log: vector.c). */
#include <stdint.h>
#include <string.h>

#include "kernel/dispatch.h"
#include "kernel/vector.h"

#ifdef GEMML_REAL_F32
typedef uint32_t real_bits;
#define EXPONENT_BITS UINT32_C(0x7f800000)
#else
typedef uint64_t real_bits;
#define EXPONENT_BITS UINT64_C(0x7ff0000000000000)
#endif

/* Running sums and maxima of the reductions, whatever the vector's width. */
#define RUNNING 8

/* Elements that stay in the first cache between two passes over them. */
#define CACHED 2048

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

/* Strided reads and contiguous writes: for rows of a few lines of the cache as fast as the map without turning. Only so
 * many rows at a time as stay in the first cache for all of their columns. */
DISPATCHED static void affine_turned(size_t m, size_t n, const real *restrict X, size_t ldx, const real *restrict shift,
                                     const real *restrict scale, real *restrict Y, size_t ldy)
{
    size_t most = CACHED / (n + 1) / 8 * 8 + 8;
    for (size_t first = 0; first < m; first += most) {
        size_t end = m - first < most ? m : first + most;
        for (size_t j = 0; j < n; j++)
            for (size_t i = first; i < end; i++)
                Y[j * ldy + i] = (X[i * ldx + j] - shift[j]) * scale[j];
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

DISPATCHED static double weighted_sum(size_t n, const real *w, const real *x)
{
    double sum[RUNNING] = {0};
    size_t i = 0;
    for (; n - i >= RUNNING; i += RUNNING)
        for (size_t j = 0; j < RUNNING; j++)
            sum[j] += (double)w[i + j] * (double)x[i + j];
    for (size_t j = 0; i + j < n; j++)
        sum[j] += (double)w[i + j] * (double)x[i + j];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

DISPATCHED static void turn(size_t n, const real *y, const real *x, real *z)
{
    ELEMENTWISE
    for (size_t i = 0; i < n; i++)
        z[i] = y[i] > 0 ? -x[i] : x[i];
}

DISPATCHED static double difference(size_t n, const real *x, const real *y, real *d)
{
    double sum[RUNNING] = {0};
    size_t i = 0;
    for (; n - i >= RUNNING; i += RUNNING)
        for (size_t j = 0; j < RUNNING; j++) {
            d[i + j] = x[i + j] - y[i + j];
            sum[j] += (double)d[i + j] * (double)d[i + j];
        }
    for (size_t j = 0; i + j < n; j++) {
        d[i + j] = x[i + j] - y[i + j];
        sum[j] += (double)d[i + j] * (double)d[i + j];
    }
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
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
INLINED void shift_rows(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
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

DISPATCHED static void shift_by_maximum(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
{
    if (k == 2 && ldx == 2 && ldy == 2)
        shift_rows(n, 2, X, 2, Y, 2);
    else
        shift_rows(n, k, X, ldx, Y, ldy);
}

/* y_j /= sum y, for each row; the sums are kept where they are wanted. */
INLINED void divide_rows(size_t n, size_t k, real *Y, size_t ldy, real *sums)
{
    for (size_t i = 0; i < n; i++) {
        real *y = Y + i * ldy;
        real sum = (real)running_sum(k, y);
        if (sums)
            sums[i] = sum;
        for (size_t j = 0; j < k; j++)
            y[j] /= sum;
    }
}

DISPATCHED static void divide_by_sum(size_t n, size_t k, real *Y, size_t ldy, real *sums)
{
    if (k == 2 && ldy == 2 && sums)
        divide_rows(n, 2, Y, 2, sums);
    else
        divide_rows(n, k, Y, ldy, sums);
}

/* Contiguous rows take one call of exp together. */
static void exp_rows(size_t n, size_t k, real *Y, size_t ldy)
{
    if (ldy == k) {
        R(vector_exp)(n * k, Y, Y);
        return;
    }
    for (size_t i = 0; i < n; i++)
        R(vector_exp)(k, Y + i * ldy, Y + i * ldy);
}

/* As many rows at a time as stay in the first cache through the three passes. */
static size_t cached_rows(size_t k)
{
    return k < CACHED ? CACHED / k : 1;
}

void R(vector_softmax)(size_t n, size_t k, const real *X, size_t ldx, real *Y, size_t ldy)
{
    if (k == 0)
        return;
    size_t rows = cached_rows(k);
    for (size_t first = 0; first < n; first += rows) {
        size_t count = n - first < rows ? n - first : rows;
        real *y = Y + first * ldy;
        shift_by_maximum(count, k, X + first * ldx, ldx, y, ldy);
        exp_rows(count, k, y, ldy);
        divide_by_sum(count, k, y, ldy, NULL);
    }
}

void R(vector_softmax_loss)(size_t n, size_t k, const real *Z, size_t ldz, const real *y, size_t ldy, real *P,
                            size_t ldp, real *loss)
{
    real sums[CACHED];
    size_t rows = cached_rows(k);
    for (size_t first = 0; first < n; first += rows) {
        size_t count = n - first < rows ? n - first : rows;
        real *p = P + first * ldp;
        shift_by_maximum(count, k, Z + first * ldz, ldz, p, ldp);
        for (size_t i = 0; i < count; i++)
            loss[first + i] = -p[i * ldp + (size_t)y[(first + i) * ldy]];
        exp_rows(count, k, p, ldp);
        divide_by_sum(count, k, p, ldp, sums);
        R(vector_log)(count, sums, sums);
        for (size_t i = 0; i < count; i++)
            loss[first + i] += sums[i];
    }
}

void R(vector_affine_rows)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale, real *Y,
                           size_t ldy)
{
    affine_rows(m, n, X, ldx, shift, scale, Y, ldy);
}

void R(vector_affine_turned)(size_t m, size_t n, const real *X, size_t ldx, const real *shift, const real *scale,
                             real *Y, size_t ldy)
{
    affine_turned(m, n, X, ldx, shift, scale, Y, ldy);
}

bool R(vector_all_finite)(size_t n, const real *x)
{
    return all_finite(n, x);
}

double R(vector_difference)(size_t n, const real *x, const real *y, real *d)
{
    return difference(n, x, y, d);
}

double R(vector_sum)(size_t n, const real *x)
{
    return sum(n, x);
}

double R(vector_weighted_sum)(size_t n, const real *w, const real *x)
{
    return weighted_sum(n, w, x);
}

void R(vector_turn)(size_t n, const real *y, const real *x, real *z)
{
    turn(n, y, x, z);
}

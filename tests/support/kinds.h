/* A dozen and more kinds of matrices, as LAPACK's own tests have them: x_ij for a random number z. */
#ifndef GEMML_TESTS_SUPPORT_KINDS_H
#define GEMML_TESTS_SUPPORT_KINDS_H

#include <math.h>
#include <stddef.h>

static inline double kind_plain(size_t i, size_t j, double z)
{
    (void)i, (void)j;
    return z;
}

static inline double kind_graded_columns(size_t i, size_t j, double z)
{
    (void)i;
    return ldexp(z, 8 * (int)j - 40);
}

static inline double kind_graded_rows(size_t i, size_t j, double z)
{
    (void)j;
    return ldexp(z, (int)(i % 40) - 20);
}

static inline double kind_huge(size_t i, size_t j, double z)
{
    (void)i, (void)j;
    return 1e150 * z;
}

static inline double kind_tiny(size_t i, size_t j, double z)
{
    (void)i, (void)j;
    return 1e-150 * z;
}

static inline double kind_huge_and_tiny(size_t i, size_t j, double z)
{
    (void)i;
    return j % 2 ? 1e120 * z : 1e-120 * z;
}

static inline double kind_far_from_zero(size_t i, size_t j, double z)
{
    (void)i;
    return 1e8 * (double)(j + 1) + z;
}

static inline double kind_powers(size_t i, size_t j, double z)
{
    double x = (double)i / 60, power = 1;
    (void)z;
    for (size_t k = 0; k <= j; k++)
        power *= x;
    return power;
}

static inline double kind_hilbert(size_t i, size_t j, double z)
{
    (void)z;
    return 1 / (1 + (double)(i + j));
}

static inline double kind_zeros_and_ones(size_t i, size_t j, double z)
{
    (void)i, (void)j;
    return z > 0.8;
}

static inline double kind_dummies(size_t i, size_t j, double z)
{
    (void)z;
    return (i * i + i / 3) % 8 == j;
}

static inline double kind_triangular(size_t i, size_t j, double z)
{
    return i < j ? 0 : i == j ? pow(0.5, (double)i) : -pow(0.5, (double)i) * z;
}

/* Columns 0 and 1 differ by 2^-near, where near is not 0. */
struct kind {
    const char *name;
    double (*entry)(size_t i, size_t j, double z);
    size_t n, p;
    int near;
};

static const struct kind kinds[] = {
    {"plain", kind_plain, 60, 8, 0},
    {"one column", kind_plain, 60, 1, 0},
    {"graded columns", kind_graded_columns, 60, 8, 0},
    {"graded rows", kind_graded_rows, 60, 8, 0},
    {"nearly dependent, 2^-15", kind_plain, 60, 8, 15},
    {"nearly dependent, 2^-30", kind_plain, 60, 8, 30},
    {"nearly dependent, 2^-40", kind_plain, 60, 8, 40},
    {"dependent", kind_plain, 60, 8, 1100},
    {"huge and tiny", kind_huge_and_tiny, 60, 8, 0},
    {"far from zero", kind_far_from_zero, 60, 8, 0},
    {"powers", kind_powers, 60, 8, 0},
    {"Hilbert", kind_hilbert, 60, 8, 0},
    {"zeros and ones", kind_zeros_and_ones, 60, 8, 0},
    {"dummies", kind_dummies, 64, 8, 0},
    {"triangular", kind_triangular, 60, 20, 0},
    {"wide", kind_plain, 7, 20, 0},
    {"square", kind_plain, 9, 8, 0},
    {"many rows", kind_plain, 3000, 5, 20},
};
#define KINDS (sizeof kinds / sizeof *kinds)

/* Makes x (n x p, random numbers in [-1, 1]) one of the kind. */
static inline void kind_apply(const struct kind *kind, double *x)
{
    for (size_t i = 0; i < kind->n * kind->p; i++)
        x[i] = kind->entry(i / kind->p, i % kind->p, x[i]);
    for (size_t i = 0; kind->near > 0 && i < kind->n; i++)
        x[i * kind->p + 1] = x[i * kind->p] + ldexp(x[i * kind->p + 1], -kind->near);
}

#endif

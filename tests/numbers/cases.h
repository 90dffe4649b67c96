/* Data at the ends of what numbers can be: what the tables of cases have in common. */
#ifndef GEMML_TESTS_NUMBERS_CASES_H
#define GEMML_TESTS_NUMBERS_CASES_H

#include <float.h>
#include <math.h>

#include "../api/sample.h"

/* ---- Changes to a sample; each has the columns and rows that the case asks for ---- */

static inline void as_it_is(struct sample *s)
{
    (void)s;
}

static inline void scale_x(struct sample *s, double factor)
{
    for (size_t i = 0; i < s->n * s->p; i++)
        s->x[i] *= factor;
}

#define SCALED_X(name, factor)                \
    static inline void name(struct sample *s) \
    {                                         \
        scale_x(s, factor);                   \
    }
SCALED_X(huge_x, 1e300)
SCALED_X(large_x, 1e150)
SCALED_X(small_x, 1e-150)
SCALED_X(tiny_x, 1e-300)
SCALED_X(denormal_x, 1e-312)
SCALED_X(zero_x, 0)

static inline void scales_apart(struct sample *s)
{
    for (size_t i = 0; i < s->n * s->p; i++)
        s->x[i] *= i % s->p == 0 ? 1e200 : i % s->p == 1 ? 1e-200 : 1;
}

/* Column 0 from one end of the range of a double to the other. */
static inline void whole_range(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p] = i % 2 ? DBL_MAX : -DBL_MAX;
}

static inline void all_largest(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p] = DBL_MAX;
}

static inline void one_outlier(struct sample *s)
{
    s->x[7 * s->p] = 1e300;
}

/* A million and more standard deviations from zero: exact in binary. */
static inline void far_from_zero(struct sample *s)
{
    for (size_t i = 0; i < s->n * s->p; i++)
        s->x[i] = 0x1p26 + rint(s->x[i] * 0x1p16) * 0x1p-16;
}

static inline void integers_without_fraction(struct sample *s)
{
    for (size_t i = 0; i < s->n * s->p; i++)
        s->x[i] = 0x1p53 + 2 * rint(s->x[i] * 8);
}

static inline void constant_column(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p + 1] = 0.1;
}

static inline void constant_huge_column(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p + 1] = 1e300;
}

static inline void copied_column(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p + 2] = s->x[i * s->p];
}

static inline void summed_column(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p + 2] = s->x[i * s->p] + s->x[i * s->p + 1];
}

static inline void nearly_copied_column(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->x[i * s->p + 2] = s->x[i * s->p] + 1e-6 * s->x[i * s->p + 2];
}

static inline void equal_rows(struct sample *s)
{
    for (size_t i = s->p; i < s->n * s->p; i++)
        s->x[i] = s->x[i % s->p];
}

static inline void nan_x(struct sample *s)
{
    s->x[5 * s->p + 1] = NAN;
}

static inline void infinite_x(struct sample *s)
{
    s->x[5 * s->p + 1] = INFINITY;
}

static inline void nan_y(struct sample *s)
{
    s->y[5] = NAN;
}

static inline void infinite_y(struct sample *s)
{
    s->y[5] = -INFINITY;
}

static inline void weigh(struct sample *s, double even, double odd)
{
    s->w = malloc(s->n * sizeof *s->w);
    for (size_t i = 0; i < s->n; i++)
        s->w[i] = i / 2 % 2 ? odd : even;
}

#define WEIGHED(name, even, odd)              \
    static inline void name(struct sample *s) \
    {                                         \
        weigh(s, even, odd);                  \
    }
WEIGHED(no_weight, 0, 0)
WEIGHED(some_weights_zero, 0, 2)
WEIGHED(negative_weight, 1, -1)
WEIGHED(nan_weight, NAN, 1)
WEIGHED(infinite_weight, 1, INFINITY)
WEIGHED(huge_weights, 1e300, 2e300)
WEIGHED(tiny_weights, 1e-300, 2e-300)
WEIGHED(weights_apart, 1e-300, 1e300)
WEIGHED(weights_that_overflow, DBL_MAX, DBL_MAX)

/* NaN where the weight is zero: not to be looked at, or an error, but no answer of NaN. */
static inline void nan_without_weight(struct sample *s)
{
    weigh(s, 1, 1);
    s->w[5] = 0;
    s->x[5 * s->p] = NAN;
}

static inline void constant_y(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = 0.7;
}

#define SCALED_Y(name, factor)                \
    static inline void name(struct sample *s) \
    {                                         \
        for (size_t i = 0; i < s->n; i++)     \
            s->y[i] *= factor;                \
    }
SCALED_Y(huge_y, 1e300)
SCALED_Y(tiny_y, 1e-300)
SCALED_Y(denormal_y, 1e-312)
SCALED_Y(zero_y, 0)
SCALED_Y(y_beyond_float, 1e39)

static inline void whole_range_y(struct sample *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->y[i] = i % 2 ? DBL_MAX : -DBL_MAX;
}

/* A coefficient of about 1e600. */
static inline void coefficient_beyond_double(struct sample *s)
{
    tiny_x(s);
    huge_y(s);
}

static inline void x_beyond_float(struct sample *s)
{
    scale_x(s, 1e39);
}

/* ---- What a case comes to ---- */

static inline void says(const char *name, const char *text, const char *words)
{
    if (!strstr(text, words))
        fail_msg("%s: \"%s\" is not said: \"%s\"", name, words, text);
}

/* The outcome is `outcome`, or, where `ended` is false, another one of which the notice tells. */
static inline void check_outcome(const char *name, const gemml_fit_info *info, bool ended, gemml_outcome outcome)
{
    if ((info->outcome == outcome) != ended)
        fail_msg("%s: %s", name, gemml_outcome_string(info->outcome));
    if (!ended && !info->notice[0])
        fail_msg("%s: %s, without a word", name, gemml_outcome_string(info->outcome));
}

#endif

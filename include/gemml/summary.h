/* What is known of a fitted linear model, and the normal-equation check. */
#ifndef GEMML_SUMMARY_H
#define GEMML_SUMMARY_H

#include "fit.h"

GEMML_BEGIN_DECLS

/* Computed at the fit and stored with the model. Arrays have one entry per
 * output, are owned by the model, and hold NaN where a number does not exist. */
typedef struct gemml_summary {
    size_t struct_size;
    size_t rows;       /* n */
    double sum_weight; /* sum w */
    size_t outputs;    /* K */
    size_t rank;       /* of the columns, the intercept included, as far as the penalty leaves it
                          undecided: with l2 > 0 only constant columns are missing from it;
                          0: not determined (descent) */
    size_t freedom;    /* n - rank, n counting the rows of positive weight; 0: none, or not determined */
    double condition;  /* 2-norm estimate for the centred, equilibrated columns; NaN: not determined */
    const double *r2;  /* 1 - RSS / TSS; TSS about the mean with an intercept, about 0 without */
    const double *adjusted_r2;
    const double *sigma;             /* sqrt(RSS / freedom) */
    double normal_equation_residual; /* of the last gemml_normal_equation_check; NaN before */
    double closed_form_distance;     /* likewise */
    const int64_t *aliased;          /* the columns of x that are combinations of columns before them (constant ones
                                        with an intercept), ascending, as R's lm finds them; NULL: none */
    size_t aliased_count;
} gemml_summary;
#define GEMML_SUMMARY_INIT                                                                                    \
    {                                                                                                         \
        sizeof(gemml_summary), 0, 0.0, 0, 0, 0, GEMML_AUTO, NULL, NULL, NULL, GEMML_AUTO, GEMML_AUTO, NULL, 0 \
    }
static inline void gemml_summary_init(gemml_summary *summary)
{
    gemml_summary initial = GEMML_SUMMARY_INIT;
    *summary = initial;
}

/* Fills summary. Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_get_summary(const gemml_model *model, gemml_summary *summary);

/* How well a fitted linear model satisfies the normal equations of its data. */
typedef struct gemml_normal_equations {
    size_t struct_size;
    double residual; /* max over j, k of |g_jk| / (sqrt(|x_j|^2 + lambda) |y_k|), g = X'W(Xw + b - y) + lambda w */
    double distance; /* |theta - theta*| / |theta*|, theta = (b, w) and theta* the closed form */
    double digits;   /* fewest digits to which a coefficient in original units agrees with the closed form */
} gemml_normal_equations;
#define GEMML_NORMAL_EQUATIONS_INIT                                        \
    {                                                                      \
        sizeof(gemml_normal_equations), GEMML_AUTO, GEMML_AUTO, GEMML_AUTO \
    }
static inline void gemml_normal_equations_init(gemml_normal_equations *check)
{
    gemml_normal_equations initial = GEMML_NORMAL_EQUATIONS_INIT;
    *check = initial;
}

/* The normal-equation check. At the minimum of F the gradient
 *
 *   g = X'W (Xw + 1b - y) + lambda w,   and   1'W (Xw + 1b - y)
 *
 * is zero. `residual` is its largest component relative to the weighted norms
 * |x_j| |y_k| (about the means where there is an intercept; |y_k| about zero for
 * a constant target), in the chain's coordinates, accumulated in double-double; `distance` and `digits` compare the
 * parameters with the refined solution of the normal equations, computed here.
 *
 *   model  fitted linear regression; its summary keeps residual and distance
 *   data   the data of the fit (or other data of the same shape)
 *   check  out; NULL: only stored
 *
 * Cost: about that of a CHOLESKY fit and one double-double pass.
 * Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED. */
GEMML_API gemml_status gemml_normal_equation_check(gemml_model *model, const gemml_dataset *data,
                                                   gemml_normal_equations *check);

GEMML_END_DECLS

#endif

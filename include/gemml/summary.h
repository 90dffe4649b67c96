/* What is known of a fitted linear or logistic model: its quality, standard errors, tests and
 * intervals; and the normal-equation check.
 *
 * Symbols: n rows of positive weight, p features, K outputs; X~ = (1, X), or X
 * without an intercept, of rank r; W = diag(w); e = y - prediction;
 * C = inv(X~'W X~). For output k
 *
 *   RSS = sum w e^2,   sigma^2 = RSS / (n - r),   Var(coefficients) = sigma^2 C
 *
 * if the errors are uncorrelated with variance sigma^2 / w_i: weights are
 * precisions, as in R's lm. C exists without a penalty (l2 = 0) and with columns
 * that are linearly independent; otherwise standard errors, tests and intervals
 * are NaN. Source: Seber and Lee, Linear Regression Analysis (2003), chapters 3 to 5.
 *
 * Of a logistic regression: the log-likelihood is - sum w loss, and with H its Fisher
 * information at the maximum likelihood estimate
 *
 *   Var(coefficients) = inv(H),   z = estimate / standard error,
 *   AIC = -2 log-likelihood + 2 d,   BIC = -2 log-likelihood + log(n) d,   d = r (K - 1)
 *
 * with tests and intervals by the normal distribution (Wald). Weights count as
 * repeated rows. There are standard errors with two classes, l2 = 0, independent
 * columns, and a fit that converged; AIC and BIC with l2 = 0 and a fit that converged.
 * Of the arrays that have one entry per output only the first counts; r2, sigma and
 * F are NaN. Source: McCullagh and Nelder, Generalized Linear Models (1989), chapter 4. */
#ifndef GEMML_SUMMARY_H
#define GEMML_SUMMARY_H

#include "fit.h"

GEMML_BEGIN_DECLS

/* Standard errors of coefficients: the classical ones, from sigma^2 C, or those that
 * hold when the variances of the errors differ in an unknown way (White 1980;
 * MacKinnon and White 1985), from C (sum_i c_i x_i'x_i) C with h_i the leverage and
 *   HC0  c_i = (w_i e_i)^2
 *   HC1  c_i = (w_i e_i)^2 n / (n - r)
 *   HC2  c_i = (w_i e_i)^2 / (1 - h_i)
 *   HC3  c_i = (w_i e_i)^2 / (1 - h_i)^2 */
typedef enum gemml_errors {
    GEMML_ERRORS_CLASSICAL = 0,
    GEMML_ERRORS_HC0 = 1,
    GEMML_ERRORS_HC1 = 2,
    GEMML_ERRORS_HC2 = 3,
    GEMML_ERRORS_HC3 = 4
} gemml_errors;

/* Computed at the fit and stored with the model. Arrays have one entry per
 * output, are owned by the model, and hold NaN where a number does not exist. */
typedef struct gemml_summary {
    size_t struct_size;
    size_t rows;       /* n */
    double sum_weight; /* sum w */
    size_t outputs;    /* K */
    size_t rank;       /* of the columns, the intercept included, as far as the penalty leaves it
                          undecided: with l2 > 0 only constant columns are missing from it;
                          0: not determined (descent and lbfgs that did
                          not converge, or with l2 > 0) */
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
    const double *f;              /* ((TSS - RSS) / f_freedom) / sigma^2: are all coefficients but the intercept zero?
                                     NaN with l2 > 0; infinite for an exact fit */
    const double *f_p;            /* its p: the probability of an F as large, with f_freedom and freedom */
    size_t f_freedom;             /* r - 1 with an intercept, r without */
    const double *log_likelihood; /* of normal errors: (sum log w - n (log(2 pi RSS / n) + 1)) / 2 over rows of
                                     positive weight; NaN with l2 > 0 */
    const double *aic;            /* -2 log_likelihood + 2 (r + 1): sigma is a parameter too */
    const double *bic;            /* -2 log_likelihood + log(n) (r + 1) */
    const double *std_error;      /* (p + 1) x K, row-major, the intercept first (NaN when there is none):
                                     sigma_k sqrt(C_jj) */
    gemml_errors robust;          /* which robust errors are stored; CLASSICAL: none */
    const double *robust_error;   /* like std_error; NULL: gemml_robust_errors has not been called */
    double deviance;              /* of a logistic regression, -2 log_likelihood; else NaN */
    double null_deviance;         /* of the model with the intercept alone (without one: of equal probabilities) */
} gemml_summary;
#define GEMML_SUMMARY_INIT                                                                                           \
    {                                                                                                                \
        sizeof(gemml_summary), 0, 0.0, 0, 0, 0, GEMML_AUTO, NULL, NULL, NULL, GEMML_AUTO, GEMML_AUTO, NULL, 0, NULL, \
            NULL, 0, NULL, NULL, NULL, NULL, GEMML_ERRORS_CLASSICAL, NULL, GEMML_AUTO, GEMML_AUTO                    \
    }
static inline void gemml_summary_init(gemml_summary *summary)
{
    gemml_summary initial = GEMML_SUMMARY_INIT;
    *summary = initial;
}

/* Fills summary. Errors: ARGUMENT, UNFITTED. */
GEMML_API gemml_status gemml_get_summary(const gemml_model *model, gemml_summary *summary);

/* The table of coefficients of one output, in original units:
 *
 *   out  (p + 1) x 4, f64 or f32; columns estimate, standard error,
 *        t = estimate / standard error, and p, the probability of a |t| as large
 *        if the coefficient were zero (Student's t with n - r degrees of freedom).
 *        Row 0 is the intercept (estimate 0, the rest NaN, when there is none),
 *        row 1 + j belongs to column j of x
 *
 *   errors  CLASSICAL, or the kind that gemml_robust_errors has stored
 *
 * Of a logistic regression t is z, which is normal (the freedom is infinite).
 * t is infinite where the standard error is 0 and NaN where both are 0. Safe from
 * many threads at once. Errors: ARGUMENT (no such output or kind; that kind is
 * not stored), SHAPE, UNFITTED, UNSUPPORTED (more than one layer), MEMORY. */
GEMML_API gemml_status gemml_coefficient_table(const gemml_model *model, size_t output, gemml_errors errors,
                                               gemml_matrix out);

/* Confidence intervals of the coefficients of one output: estimate -+ t s with s
 * the standard error and t the (1 + level) / 2 quantile of Student's t with
 * n - r degrees of freedom (of a logistic regression the normal distribution).
 *
 *   errors  as in gemml_coefficient_table
 *   level   probability that an interval holds the true value, within (0, 1)
 *   out     (p + 1) x 2, f64 or f32: lower and upper limit; NaN where they do not exist
 *
 * Errors: as gemml_coefficient_table. */
GEMML_API gemml_status gemml_confidence_interval(const gemml_model *model, size_t output, gemml_errors errors,
                                                 double level, gemml_matrix out);

/* The covariance matrix of the coefficients of one output, sigma^2 C.
 *
 *   out  (p + 1) x (p + 1), f64 or f32, the intercept first (its row and column
 *        NaN when there is none); all NaN where C does not exist
 *
 * Cost: p^2 r flops. Errors: ARGUMENT, SHAPE, MEMORY, UNFITTED. */
GEMML_API gemml_status gemml_covariance(const gemml_model *model, size_t output, gemml_matrix out);

/* Standard errors that hold when the variances of the errors differ (see
 * gemml_errors). They are stored in the model, beside the classical ones, until
 * the next call or fit, and saved with it.
 *
 *   model  in, out: a linear regression with l2 = 0 and full rank
 *   data   the data of the fit
 *   kind   HC0 to HC3
 *   out    (p + 1) x K, f64 or f32, the intercept first (NaN when there is
 *          none); zeroed: only stored. NaN where a leverage of 1 leaves HC2 and HC3 undefined
 *
 * Cost: K passes of 5 n p^2 flops, in blocks of rows. The same bits for any
 * number of threads. The model must not be in use by another thread.
 * Errors: ARGUMENT, SHAPE, NONFINITE, MEMORY, UNFITTED, UNSUPPORTED (l2 > 0, a
 * deficient rank, or a fit without C: see the sentence). */
GEMML_API gemml_status gemml_robust_errors(gemml_model *model, const gemml_dataset *data, gemml_errors kind,
                                           gemml_matrix out);

/* How much each row of the fit weighs in it.
 *
 *   leverage  h_i = w_i x~_i C x~_i', the weight of y_i in its own prediction,
 *             within [0, 1]; they sum to r. With l2 > 0 the matrix in the middle is
 *             the penalised one. 0 for a row without weight
 *   Cook's    D_i = w_i e_i^2 h_i / (r sigma^2 (1 - h_i)^2): how far all predictions
 *             move when row i is left out, in units of their uncertainty (Cook
 *             1977). 0 for a row without weight; NaN where h_i = 1
 *
 *   data      the data of the fit
 *   leverage  out: n x 1, f64 or f32; zeroed: not wanted
 *   cook      out: n x K, f64 or f32; zeroed: not wanted
 *
 * Safe from many threads at once. Cost: one pass of 2 n p^2 flops.
 * Errors: ARGUMENT (neither is wanted), SHAPE, NONFINITE, MEMORY, UNFITTED,
 * UNSUPPORTED (Cook's distances with l2 > 0; a fit without C). */
GEMML_API gemml_status gemml_influence(const gemml_model *model, const gemml_dataset *data, gemml_matrix leverage,
                                       gemml_matrix cook);

/* What an interval about a prediction is to hold. */
typedef enum gemml_interval {
    GEMML_INTERVAL_MEAN = 0,      /* the mean of y at x: sigma sqrt(h), h = x~ C x~' */
    GEMML_INTERVAL_PREDICTION = 1 /* a new y at x, of weight 1: sigma sqrt(1 + h) */
} gemml_interval;

/* Predictions with their intervals: prediction -+ t s, with s of the kind and t
 * the (1 + level) / 2 quantile of Student's t with n - r degrees of freedom.
 *
 *   x      m x p
 *   level  within (0, 1)
 *   out    m x 3K, f64 or f32: for each output prediction, lower and upper limit
 *
 * A row's bits do not depend on the batch it stands in. Safe from many threads at
 * once. Cost: 2 m p^2 flops. Errors: as gemml_predict; ARGUMENT; UNSUPPORTED
 * (l2 > 0, a deficient rank, no degree of freedom left, or a fit without C). */
GEMML_API gemml_status gemml_predict_interval(const gemml_model *model, gemml_view x, double level, gemml_interval kind,
                                              gemml_matrix out);

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

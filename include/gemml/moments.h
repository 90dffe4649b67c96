/* Mergeable statistics: all that least squares needs of the rows, so that rows can
 * be added in any number of calls, collected from any number of places, taken away
 * again, and fitted for any penalty and any choice of columns without the data.
 *
 * With p features, K outputs and row i's weight w_i:
 *
 *   n,  W = sum w,  m = sum w (x, y) / W,  C = sum w ((x, y) - m)'((x, y) - m)
 *
 * C has order p + K. It is kept about the mean and column by column in units that
 * are powers of two, so no digits are lost to means that are large beside the
 * spread. Memory: (p + K + 1)^2 doubles, whatever the number of rows.
 *
 * A handle is changed (add, merge, subtract, free) by one thread at a time, while
 * no other uses it; any number of threads may read it (all functions that take it
 * as const). After an error a handle is as it was. The same bits for any number of
 * threads. Equations: docs/math/moments.md. */
#ifndef GEMML_MOMENTS_H
#define GEMML_MOMENTS_H

#include "model.h"

GEMML_BEGIN_DECLS

typedef struct gemml_moments gemml_moments;

/* Makes moments of no rows.
 *
 *   moments            out: to be freed by gemml_moments_free; untouched on failure
 *   features, outputs  p >= 1 and K >= 1; p + K < 2^31 - 8
 *
 * Errors: ARGUMENT, SHAPE, MEMORY. */
GEMML_API gemml_status gemml_moments_create(gemml_moments **moments, size_t features, size_t outputs);

/* NULL is allowed. No other call may be using it. */
GEMML_API void gemml_moments_free(gemml_moments *moments);

/* Adds the rows of a dataset: x of p columns, y of K, a weight or none; any dtypes,
 * any strides; x_low is not looked at. Rows of weight 0 are as if they were not there. The rows are folded
 * about a provisional mean of their own and then merged.
 *
 * Cost: n (p + K)^2 flops in one pass over x and y by all threads, and a merge. Memory
 * beyond the data: about (p + K)^2 doubles a thread.
 * Errors: ARGUMENT (all weights are 0, or one is negative), SHAPE, NONFINITE (row and
 * column are named, or sums overflow), MEMORY, UNSUPPORTED (a later version's dataset). */
GEMML_API gemml_status gemml_moments_add(gemml_moments *moments, const gemml_dataset *data);

/* Adds the rows that `from` holds; p and K must agree. Up to rounding it does not
 * matter in which order, and in what groups, rows come together.
 *
 *   into  in, out; may be `from`
 *
 * Cost: about 6 (p + K)^2 flops. Method: Chan, Golub, LeVeque, The American
 * Statistician 37 (1983) 242-247.
 * Errors: ARGUMENT, SHAPE, NONFINITE (an overflow), MEMORY. */
GEMML_API gemml_status gemml_moments_merge(gemml_moments *into, const gemml_moments *from);

/* Removes rows that were added: those that `part` holds. For sliding windows and
 * leave-out folds.
 *
 * Subtraction loses digits: what is left has the errors of what was there. So the
 * sums carry estimates of their errors, through all additions, merges and subtractions.
 * When three standard deviations of the error of sum w, of a column's variance or of
 * its mean (in units of its spread) would exceed 1e-10 of what is left, the call is
 * refused: as a rule, when less than 1/50000 of a column's sum of squares about its mean
 * would stay; earlier losses count. So is, too, a column that varies only in the
 * rows removed (not one that is constant throughout). Where that may happen, keep
 * the parts, and merge those that stay. Without weights sum w is exact.
 *
 *   from  in, out; may be `part`: then, as when all rows are removed, it is empty afterwards
 *
 * That the rows of `part` are among those of `from` cannot be seen from sums; what
 * shows that they are not (more rows or weight than there is, a negative sum of
 * squares) is refused.
 * Cost: about 6 (p + K)^2 flops.
 * Errors: ARGUMENT, SHAPE, UNSUPPORTED (column and digits are named), MEMORY. */
GEMML_API gemml_status gemml_moments_subtract(gemml_moments *from, const gemml_moments *part);

/* What moments hold. */
typedef struct gemml_moments_info {
    size_t struct_size;
    size_t features, outputs; /* p, K */
    size_t rows;              /* n: those of positive weight */
    double sum_weight;        /* W */
} gemml_moments_info;
#define GEMML_MOMENTS_INFO_INIT                  \
    {                                            \
        sizeof(gemml_moments_info), 0, 0, 0, 0.0 \
    }
static inline void gemml_moments_info_init(gemml_moments_info *info)
{
    gemml_moments_info initial = GEMML_MOMENTS_INFO_INIT;
    *info = initial;
}

/* Fills info. Errors: ARGUMENT. */
GEMML_API gemml_status gemml_moments_get_info(const gemml_moments *moments, gemml_moments_info *info);

/* The means of the features, then of the outputs.
 *
 *   out  1 x (p + K), f64 or f32; untouched on failure
 *
 * Errors: ARGUMENT, SHAPE, NONFINITE (beyond the range of out), UNFITTED (no rows). */
GEMML_API gemml_status gemml_moments_mean(const gemml_moments *moments, gemml_matrix out);

/* The covariance C / W of all columns, features first: that of the population, which
 * n / (n - 1) makes the sample's.
 *
 *   out  (p + K) x (p + K), f64 or f32, all of it is written; untouched on failure
 *
 * Errors: as gemml_moments_mean. */
GEMML_API gemml_status gemml_moments_covariance(const gemml_moments *moments, gemml_matrix out);

/* What is minimised. Start from GEMML_MOMENTS_OPTIONS_INIT. */
typedef struct gemml_moments_options {
    size_t struct_size;
    double l2;             /* lambda >= 0, finite (default 0) */
    int intercept;         /* nonzero: fit b (default 1) */
    gemml_scaling scaling; /* on which coefficients lambda acts: NONE (default), those in original
                              units; STANDARDIZE, those of (x - mean) / sd, sd with divisor W */
} gemml_moments_options;
#define GEMML_MOMENTS_OPTIONS_INIT                                \
    {                                                             \
        sizeof(gemml_moments_options), 0.0, 1, GEMML_SCALING_NONE \
    }
static inline void gemml_moments_options_init(gemml_moments_options *options)
{
    gemml_moments_options initial = GEMML_MOMENTS_OPTIONS_INIT;
    *options = initial;
}

/* What a solution came to. The arrays are the caller's, of K doubles each, or NULL:
 * not wanted. They hold NaN where a number does not exist. */
typedef struct gemml_moments_fit {
    size_t struct_size;
    size_t rank;      /* out: of the columns, the intercept included (see gemml_summary) */
    size_t freedom;   /* out: n - rank; 0: none */
    double condition; /* out: of the centred, equilibrated columns; infinite where they are dependent */
    double *rss;      /* sum w r^2, from W var(y) minus what is explained: its absolute error is
                         some 1e-16 of the sum of squares of y, times the condition's square */
    double *r2;       /* 1 - rss / tss; tss about the mean with an intercept, about 0 without */
    double *adjusted_r2;
    double *sigma; /* sqrt(rss / freedom) */
} gemml_moments_fit;
#define GEMML_MOMENTS_FIT_INIT                                              \
    {                                                                       \
        sizeof(gemml_moments_fit), 0, 0, GEMML_AUTO, NULL, NULL, NULL, NULL \
    }
static inline void gemml_moments_fit_init(gemml_moments_fit *fit)
{
    gemml_moments_fit initial = GEMML_MOMENTS_FIT_INIT;
    *fit = initial;
}

/* The coefficients of least squares on some of the features, for each output:
 *
 *   minimise  sum_i w_i 1/2 (y_i - b - sum_j x_ij beta_j)^2 + lambda/2 sum_j (beta_j / t_j)^2
 *
 * with t_j = 1, or 1 / sd_j with STANDARDIZE: what gemml_fit finds with the same l2,
 * intercept and scaling, but that without the rows there is no refinement: the
 * relative error is about the squared condition times 1e-16. Where the columns are linearly
 * dependent, the solution of least norm (of beta_j / t_j) is taken, and the rank tells.
 *
 *   columns  the features, each below p, in the order of the result; NULL: all
 *   count    how many, at least 1; not looked at when columns is NULL
 *   options  NULL: defaults
 *   out      (count + 1) x K, f64 or f32: row 0 the intercepts, row 1 + j the coefficient
 *            of columns[j], in original units. Without an intercept row 0 is 0, but with
 *            STANDARDIZE, which centres, what that comes to
 *   fit      in, out; NULL: not wanted
 *
 * Out-parameters are untouched on failure. Cost: count^2 (count / 3 + K) flops,
 * memory of about 2 (count + K)^2 doubles; the rows are not needed.
 * Method: Bjorck, Numerical Methods for Least Squares Problems (1996), section 2.2.
 * Errors: ARGUMENT, SHAPE, NONFINITE (an overflow), MEMORY, UNFITTED (no rows),
 * UNSUPPORTED (scaling MINMAX: minima are not in moments; options of a later version). */
GEMML_API gemml_status gemml_moments_solve(const gemml_moments *moments, const size_t *columns, size_t count,
                                           const gemml_moments_options *options, gemml_matrix out,
                                           gemml_moments_fit *fit);

/* Writes moments as a safetensors file with a digest, as gemml_save does a model:
 * replaced atomically, equal moments give equal bytes. Moments of no rows can be saved too.
 * Errors: ARGUMENT, IO (with the system's reason), MEMORY. */
GEMML_API gemml_status gemml_moments_save(const gemml_moments *moments, const char *path);

/* Reads them: to the bit as they were saved.
 *
 *   moments  out: a new handle; untouched on failure
 *
 * Errors: ARGUMENT, IO, FORMAT (truncated, altered, or not moments), UNSUPPORTED (of
 * a later version), MEMORY. */
GEMML_API gemml_status gemml_moments_load(gemml_moments **moments, const char *path);

GEMML_END_DECLS

#endif

/* The statistics from which every least-squares fit follows, without the rows: a
 * Gram matrix about the mean that can grow, be merged and be reduced.
 *
 *   u = ((x - s_x) t_x, (y - s_y) t_y, 1),   G = sum w u'u    (fold/gram.h)
 *
 * s is a provisional mean after the first rows, and the mean rounded to double after
 * each merge; what is left to the mean is in G's last column. So G's diagonal holds
 * sums of squares about the mean, from which no digits are lost however far from
 * zero the data lie.
 *
 * With them go estimates of their errors (moments_error.h). Between linalg_enter and
 * linalg_leave. */
#ifndef GEMML_SOLVE_MOMENTS_H
#define GEMML_SOLVE_MOMENTS_H

#include <limits.h>

#include <gemml/moments.h>

#include "fold/gram.h"
#include "solve/moments_error.h"
#include "solve/solvers.h"

/* What a subtraction leaves of sum w, of variances and of means (in units of the
 * spread) has at least so many digits. */
#define MOMENTS_DIGITS 10

/* p + K is less: an order, rounded up, that BLAS can count. */
#define MOMENTS_MOST_COLUMNS ((size_t)INT_MAX - 8)

struct gemml_moments {
    struct gram gram;            /* rows: those of positive weight */
    double weight_error;         /* the variance of sum w's error, in units of (sum w)^2 */
    struct moments_error *error; /* order - 1 entries */
};

/* New moments of no rows. Errors: MEMORY. NULL may be freed. */
gemml_status moments_new(struct gemml_moments **moments, size_t features, size_t outputs);
void moments_free(struct gemml_moments *moments);

/* The rows of a problem's data; the rest of the problem is not looked at.
 * Errors: NONFINITE, with the place; MEMORY. */
gemml_status moments_add(struct gemml_moments *moments, const struct linear_problem *problem);

/* G of both. `into` and `from` may be the same; after an error `into` is as it was.
 * Errors: NONFINITE (an overflow), MEMORY. */
gemml_status moments_merge(struct gemml_moments *into, const struct gemml_moments *from);

/* G of the rows of `from` without those of `part`; likewise. Errors: UNSUPPORTED
 * when fewer than MOMENTS_DIGITS digits would be left, MEMORY. */
gemml_status moments_subtract(struct gemml_moments *from, const struct gemml_moments *part);

/* A solution from the moments alone; arguments are checked, rows >= 1. `columns` is
 * an array of `count` features, or NULL: all. See gemml_moments_solve.
 * Errors: NONFINITE, MEMORY. */
gemml_status moments_solve(const struct gemml_moments *moments, const size_t *columns, size_t count,
                           const gemml_moments_options *options, const gemml_matrix *out, gemml_moments_fit *fit);

/* The mean of column j of [X Y], and the covariance of columns i <= j. */
double moments_mean(const struct gemml_moments *moments, size_t j);
double moments_covariance(const struct gemml_moments *moments, size_t i, size_t j);

#endif

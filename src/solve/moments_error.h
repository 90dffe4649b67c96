/* How exact moments are: the errors of W = sum w, and of each column's S = sum w u
 * and G = sum w u^2, as random numbers with mean 0, all in units of W.
 *
 * Roundings are taken as independent (Higham and Mary, A new approach to probabilistic
 * rounding error analysis, SIAM J. Sci. Comput. 41, 2019), so variances add. A move
 * of the origin by o moves errors as it moves the moments themselves,
 *
 *   S -> S - o W,   G -> G - 2 o S + o^2 W,
 *
 * which is why covariances are kept: an error of W made far away is a row that is not
 * there, and counts with the square of its distance. */
#ifndef GEMML_SOLVE_MOMENTS_ERROR_H
#define GEMML_SOLVE_MOMENTS_ERROR_H

/* Covariances of the errors of one column; that of W with itself is kept once for all. */
struct moments_error {
    double WS, WG, SS, SG, GG;
};

/* Of sums by fold: `weights` says whether there were any (W is exact without);
 * square = G / W. The variance of W goes to *WW. */
void moments_error_fold(struct moments_error *error, double *WW, int weights, double square);

/* u becomes ratio u. */
void moments_error_rescale(struct moments_error *error, double ratio);

/* u becomes u - o, with the roundings of doing so: at the size of square = G / W afterwards. */
void moments_error_move(struct moments_error *error, double WW, double o, double square);

/* The sum of two sets of rows, of shares a and b of the new W (in magnitude), rounded
 * at the size of square = G / W. */
void moments_error_add(struct moments_error *error, double a, const struct moments_error *other, double b,
                       double square);

/* The standard deviation of the error of the column's variance, relative to the
 * variance, or of its mean, relative to the root of the variance: the larger one. */
double moments_error_relative(const struct moments_error *error, double variance);

#endif

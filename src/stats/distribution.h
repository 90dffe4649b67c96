/* The distributions that tests and intervals need: normal, Student's t, Fisher's F
 * and chi-square. For a statistic X,
 *
 *   ..._lower(x) = P(X <= x)      ..._upper(x) = P(X > x)      ..._two_sided(x) = P(|X| > |x|)
 *   ..._quantile(p): the x with P(X <= x) = p
 *
 *   the p-value of a coefficient      student_two_sided(t, freedom), normal_two_sided(z)
 *   of F and of a likelihood ratio    fisher_upper(F, p, n - p), chi_square_upper(deviance, p)
 *   the factor of a 95% interval      -student_quantile(0.025, freedom), -normal_quantile(0.025)
 *
 * Each tail has full relative accuracy down to the smallest numbers (stats/special.h); take the
 * tail itself rather than 1 less the other one, and -quantile(p) for a small upper tail p.
 *
 * Degrees of freedom are finite numbers > 0, not only whole ones; those of t may be infinite, which is
 * the normal distribution. An infinite statistic is allowed: t = infinity, of an exact fit, has p = 0. NaN,
 * other degrees of freedom, and p outside of 0 to 1 give NaN. Pure functions, safe from any thread; a few microseconds
 * each. */
#ifndef GEMML_STATS_DISTRIBUTION_H
#define GEMML_STATS_DISTRIBUTION_H

/* The standard normal distribution. */
double normal_lower(double z);
double normal_upper(double z);
double normal_two_sided(double z);
double normal_quantile(double p);

/* Student's t with `freedom` degrees of freedom. */
double student_lower(double t, double freedom);
double student_upper(double t, double freedom);
double student_two_sided(double t, double freedom);
double student_quantile(double p, double freedom);

/* Fisher's F with `above` and `below` degrees of freedom of numerator and denominator; nothing is
 * below 0. The x with P(X > x) = p is 1 / fisher_quantile(p, below, above). */
double fisher_lower(double f, double above, double below);
double fisher_upper(double f, double above, double below);
double fisher_quantile(double p, double above, double below);

/* Chi-square with `freedom` degrees of freedom; nothing is below 0. */
double chi_square_lower(double x, double freedom);
double chi_square_upper(double x, double freedom);
double chi_square_quantile(double p, double freedom);
double chi_square_upper_quantile(double p, double freedom); /* the x with P(X > x) = p */

#endif

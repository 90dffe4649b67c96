/* The incomplete beta and gamma functions, regularised, and their inverses.
 *
 *   beta:   I_x(a, b) = 1/B(a, b) int_0^x t^(a-1) (1-t)^(b-1) dt     its upper tail 1 - I_x(a, b) = I_{1-x}(b, a)
 *   gamma:  P(a, x)   = 1/Gamma(a) int_0^x t^(a-1) e^-t dt           its upper tail Q(a, x) = 1 - P(a, x)
 *
 * The distributions of t, F and chi-square are these with another argument
 * (stats/distribution.h). Parameters: a > 0 and b > 0, finite; what is outside of
 * its range, NaN too, gives NaN.
 *
 * Both tails come at once, each computed without subtracting from 1 what is close to 1,
 * with a relative error below 4e-16 for parameters from 1e-3 to 1e6, however small it is (below 1e-3
 * the error grows as 1e-19 / min(a, b)). For that the inside works in long double; see
 * docs/decisions/0012-distribution-functions.md, also for what was measured.
 *
 * Pure functions: no state, no errors, no allocations, safe from any thread. Cost: some
 * microseconds at most; the number of terms grows as sqrt(max(a, b)) where the argument is near
 * the mean and both parameters are large, and NaN is the answer where a million of
 * them are not enough (a and b, or a alone for gamma, beyond about 1e10). */
#ifndef GEMML_STATS_SPECIAL_H
#define GEMML_STATS_SPECIAL_H

enum tail { TAIL_LOWER, TAIL_UPPER };

/* lower + upper = 1: the probabilities of at most x and of more than x. */
struct tails {
    double lower, upper;
};

/* I_x(a, b) and I_{1-x}(b, a), 0 <= x <= 1. */
struct tails beta_tails(double a, double b, double x);

/* The same at x = odds / (1 + odds), 0 <= odds <= infinity: no digit of 1 - x is lost where x is close to 1. */
struct tails beta_tails_at_odds(double a, double b, long double odds);

/* P(a, x) and Q(a, x), 0 <= x <= infinity. */
struct tails gamma_tails(double a, double x);

/* The x whose tail of that side is p, 0 <= p <= 1: the inverse functions. Where x is close to 1, beta's is
 * better kept as log(x / (1 - x)), from -infinity to infinity; gamma's is log x. Monotone Newton steps. */
double beta_quantile(double a, double b, enum tail tail, double p);
long double beta_quantile_log_odds(double a, double b, enum tail tail, double p);
double gamma_quantile(double a, enum tail tail, double p);
long double gamma_quantile_log(double a, enum tail tail, double p);

#endif

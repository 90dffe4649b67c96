/* With B a variable of the beta distribution (a, b), O = B / (1 - B) its odds, and G of the gamma
 * distribution (a),
 *
 *   t^2 / freedom        is distributed as O, a = 1/2, b = freedom / 2
 *   F above / below      as O, a = above / 2, b = below / 2
 *   chi-square / 2       as G, a = freedom / 2;  z^2 / 2 is the one with a = 1/2
 *
 * (DLMF 8.17 and 8.2; Abramowitz and Stegun 26.5 to 26.7.) Odds and logarithms are kept in long
 * double, so that squares neither overflow nor lose digits. */
#include "stats/distribution.h"

#include <math.h>
#include <stdbool.h>

#include "stats/special.h"

/* P(|X| > |x|) to P(X > x), and likewise below, for X symmetric about 0. */
static double one_sided(double two_sided, bool outer)
{
    return outer ? two_sided / 2 : 1 - two_sided / 2;
}

/* P(|X| > |x|) of the x that is the quantile of p: exact, as is 1 less it where it is above 1/2. */
static double two_sided_probability(double p)
{
    return 2 * (p > 0.5 ? 1 - p : p);
}

static double signed_root(double p, long double root)
{
    return (double)(p < 0.5 ? -root : root);
}

double normal_two_sided(double z)
{
    return (double)erfcl(fabsl((long double)z) / sqrtl(2));
}

double normal_upper(double z)
{
    return (double)(erfcl((long double)z / sqrtl(2)) / 2);
}

double normal_lower(double z)
{
    return normal_upper(-z);
}

double normal_quantile(double p)
{
    return signed_root(p, sqrtl(2) * expl(gamma_quantile_log(0.5, TAIL_UPPER, two_sided_probability(p)) / 2));
}

double student_two_sided(double t, double freedom)
{
    if (isinf(freedom) && freedom > 0)
        return normal_two_sided(t);
    return beta_tails_at_odds(0.5, freedom / 2, (long double)t * t / freedom).upper;
}

double student_upper(double t, double freedom)
{
    return one_sided(student_two_sided(t, freedom), t > 0);
}

double student_lower(double t, double freedom)
{
    return student_upper(-t, freedom);
}

double student_quantile(double p, double freedom)
{
    if (isinf(freedom) && freedom > 0)
        return normal_quantile(p);
    long double log_odds = beta_quantile_log_odds(0.5, freedom / 2, TAIL_UPPER, two_sided_probability(p));
    return signed_root(p, sqrtl(freedom) * expl(log_odds / 2));
}

static struct tails fisher_tails(double f, double above, double below)
{
    return beta_tails_at_odds(above / 2, below / 2, f < 0 ? 0 : (long double)f * above / below);
}

double fisher_lower(double f, double above, double below)
{
    return fisher_tails(f, above, below).lower;
}

double fisher_upper(double f, double above, double below)
{
    return fisher_tails(f, above, below).upper;
}

double fisher_quantile(double p, double above, double below)
{
    return (double)(below / (long double)above * expl(beta_quantile_log_odds(above / 2, below / 2, TAIL_LOWER, p)));
}

double chi_square_lower(double x, double freedom)
{
    return gamma_tails(freedom / 2, x < 0 ? 0 : x / 2).lower;
}

double chi_square_upper(double x, double freedom)
{
    return gamma_tails(freedom / 2, x < 0 ? 0 : x / 2).upper;
}

double chi_square_quantile(double p, double freedom)
{
    return 2 * gamma_quantile(freedom / 2, TAIL_LOWER, p);
}

double chi_square_upper_quantile(double p, double freedom)
{
    return 2 * gamma_quantile(freedom / 2, TAIL_UPPER, p);
}

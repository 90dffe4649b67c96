/* Incomplete beta and gamma functions against 25 digits by another method, against
 * closed forms, and their inverses against the functions. */
#include "stats/special.h"

#include <float.h>
#include <math.h>

#include "fold/truth.h"
#include "stats/special_values.h"
#include "support/support.h"

/* Relative. Where long double is no more than double, the logarithms of small tails cost three digits. */
static double tolerance(void)
{
    return truth_slack() > 1 ? 2e-12 : 4e-16;
}

static void check(double value, long double truth, const char *what, double a, double b, double x)
{
    long double error = fabsl((value - truth) / truth);
    if (truth < DBL_MIN)
        error = fabsl(value - truth) / DBL_MIN;
    if (!(error <= tolerance()))
        fail_msg("%s tail at a = %.17g, b = %.17g, x = %.17g: %.17g is wrong by %.2Lg", what, a, b, x, value, error);
}

static void beta_tails_match_25_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof beta_values / sizeof *beta_values; i++) {
        double a = beta_values[i].a, b = beta_values[i].b, x = beta_values[i].x;
        struct tails tails = beta_tails(a, b, x);
        check(tails.lower, beta_values[i].lower, "lower beta", a, b, x);
        check(tails.upper, beta_values[i].upper, "upper beta", a, b, x);
    }
}

static void gamma_tails_match_25_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof gamma_values / sizeof *gamma_values; i++) {
        double a = gamma_values[i].a, x = gamma_values[i].x;
        struct tails tails = gamma_tails(a, x);
        check(tails.lower, gamma_values[i].lower, "lower gamma", a, 0, x);
        check(tails.upper, gamma_values[i].upper, "upper gamma", a, 0, x);
    }
}

/* I_x(a, 1) = x^a, I_x(1, b) = 1 - (1 - x)^b, I_x(1/2, 1/2) = 2/pi asin sqrt x; Q(1, x) = e^-x,
 * P(1/2, x) = erf sqrt x, Q(3, x) = e^-x (1 + x + x^2/2). */
static void closed_forms(void **state)
{
    uint64_t random = 3;
    (void)state;
    for (int i = 0; i < 500; i++) {
        double x = (test_random(&random) + 1) / 2, a = exp(7 * test_random(&random)), y = exp(6 * test_random(&random));
        check(beta_tails(a, 1, x).lower, powl(x, a), "I(a, 1)", a, 1, x);
        check(beta_tails(1, a, x).lower, -expm1l(a * log1pl(-(long double)x)), "I(1, b)", 1, a, x);
        check(beta_tails(0.5, 0.5, x).lower, asinl(sqrtl(x)) / asinl(1), "I(1/2, 1/2)", 0.5, 0.5, x);
        check(gamma_tails(1, y).upper, expl(-(long double)y), "Q(1)", 1, 0, y);
        check(gamma_tails(0.5, y).lower, erfl(sqrtl(y)), "P(1/2)", 0.5, 0, y);
        check(gamma_tails(3, y).upper, expl(-(long double)y) * (1 + y + y * (long double)y / 2), "Q(3)", 3, 0, y);
    }
}

/* I_x(a, b) = 1 - I_{1-x}(b, a), and I_x(a, b) - I_x(a + 1, b) = x^a (1-x)^b / (a B(a, b)) (DLMF 8.17.20). */
/* The gamma function at the multiples of 1/2, one after the other: Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1)
 * from Q(1/2, x) = erfc(sqrt x) and Q(1, x) = e^-x (DLMF 8.8.6, 8.4). */
static void gamma_tails_at_halves(void **state)
{
    const long double points[] = {0.3L, 2, 9, 20};
    (void)state;
    for (size_t i = 0; i < sizeof points / sizeof *points; i++)
        for (int odd = 0; odd < 2; odd++) {
            long double x = (double)points[i], upper = odd ? erfcl(sqrtl(x)) : expl(-x);
            for (long double a = odd ? 0.5L : 1; a < 18; a++) {
                struct tails tails = gamma_tails((double)a, (double)x);
                check(tails.upper, upper, "gamma upper", (double)a, NAN, (double)x);
                upper += expl(a * logl(x) - x - lgammal(a + 1));
            }
        }
}

static void identities(void **state)
{
    uint64_t random = 5;
    (void)state;
    for (int i = 0; i < 500; i++) {
        double x = ldexp(floor(ldexp((test_random(&random) + 1) / 2, 30)), -30); /* 1 - x is exact */
        double a = exp(5 * test_random(&random)), b = exp(5 * test_random(&random));
        struct tails tails = beta_tails(a, b, x), mirrored = beta_tails(b, a, 1 - x), more = beta_tails(a + 1, b, x);
        check(mirrored.upper, tails.lower, "mirrored lower", a, b, x);
        check(mirrored.lower, tails.upper, "mirrored upper", a, b, x);
        assert_near(tails.lower + tails.upper, 1, 2 * tolerance());
        long double log_beta = lgammal(a) + lgammal(b) - lgammal((long double)a + b);
        long double step = expl(a * logl(x) + b * log1pl(-(long double)x) - log_beta) / a;
        assert_near(tails.lower - more.lower, (double)step, 2 * tolerance());
        struct tails odds = beta_tails_at_odds(a, b, x / (1 - (long double)x));
        assert_near(odds.lower, tails.lower, 2 * tolerance());
    }
}

static void ends_and_what_is_outside(void **state)
{
    (void)state;
    assert_true(beta_tails(2, 3, 0).lower == 0 && beta_tails(2, 3, 0).upper == 1);
    assert_true(beta_tails(2, 3, 1).lower == 1 && beta_tails(2, 3, 1).upper == 0);
    assert_true(beta_tails_at_odds(2, 3, 0).upper == 1 && beta_tails_at_odds(2, 3, (long double)INFINITY).upper == 0);
    assert_true(gamma_tails(2, 0).upper == 1 && gamma_tails(2, INFINITY).lower == 1 &&
                gamma_tails(2, INFINITY).upper == 0);
    const double wrong[] = {0, -1, NAN, INFINITY};
    for (size_t i = 0; i < 4; i++) {
        assert_true(isnan(beta_tails(wrong[i], 1, 0.5).lower) && isnan(beta_tails(1, wrong[i], 0.5).upper));
        assert_true(isnan(gamma_tails(wrong[i], 1).lower) && isnan(gamma_quantile(wrong[i], TAIL_LOWER, 0.5)));
        assert_true(isnan(beta_quantile(wrong[i], 1, TAIL_LOWER, 0.5)) &&
                    isnan(beta_quantile(1, wrong[i], TAIL_UPPER, 0.5)));
    }
    const double no_probability[] = {-0.1, 1.1, NAN};
    for (size_t i = 0; i < 3; i++) {
        assert_true(isnan(beta_tails(1, 2, no_probability[i]).lower));
        assert_true(isnan(beta_quantile(1, 2, TAIL_LOWER, no_probability[i])));
        assert_true(isnan(gamma_quantile(1, TAIL_UPPER, no_probability[i])));
    }
    assert_true(isnan(gamma_tails(1, -1).upper) && isnan(gamma_tails(1, NAN).upper));
    for (enum tail side = TAIL_LOWER; side <= TAIL_UPPER; side++) {
        assert_true(beta_quantile(1, 2, side, side == TAIL_LOWER ? 0 : 1) == 0);
        assert_true(beta_quantile(1, 2, side, side == TAIL_LOWER ? 1 : 0) == 1);
        assert_true(gamma_quantile(2, side, side == TAIL_LOWER ? 0 : 1) == 0);
        assert_true(isinf(gamma_quantile(2, side, side == TAIL_LOWER ? 1 : 0)));
    }
}

/* More terms than allowed: NaN, and not what came out so far. */
static void parameters_too_large_are_refused(void **state)
{
    (void)state;
    assert_true(isnan(gamma_tails(1e14, 1e14).lower) && isnan(gamma_tails(1e14, 1e14).upper));
    assert_true(isnan(gamma_quantile(1e14, TAIL_LOWER, 0.5)));
}

enum family { BETA, GAMMA };

static double tail_of(enum family family, double a, double b, enum tail side, double x)
{
    struct tails tails = family == BETA ? beta_tails(a, b, x) : gamma_tails(a, x);
    return side == TAIL_LOWER ? tails.lower : tails.upper;
}

/* The tails a little below and above x have p between them: x is right to some units of its last place. */
static void check_quantile(enum family family, double a, double b, enum tail side, double p)
{
    const double little = 3 * DBL_EPSILON * truth_slack(), slack = tolerance();
    double x = family == BETA ? beta_quantile(a, b, side, p) : gamma_quantile(a, side, p);
    if (x < 1e-300) /* out of range: so is the tail there */
        x = 1e-300;
    double below = tail_of(family, a, b, side, x * (1 - little));
    double above = tail_of(family, a, b, side, family == BETA && x > 1 - little ? 1 : x * (1 + little));
    double low = side == TAIL_LOWER ? below : above, high = side == TAIL_LOWER ? above : below;
    bool right = low <= p * (1 + slack) && high >= p * (1 - slack);
    if (!(right || (x == 1e-300 && (side == TAIL_LOWER ? high >= p : low <= p))))
        fail_msg("family %d, a = %.17g, b = %.17g, side %d, p = %.17g: x = %.17g", (int)family, a, b, (int)side, p, x);
}

static void quantiles_invert(void **state)
{
    const double parameters[] = {1e-3, 0.5, 1, 2.5, 40, 1e3, 1e6};
    const double p[] = {1e-300, 1e-100, 1e-20, 1e-3, 0.05, 0.4, 0.5, 0.51, 0.975, 1 - 1e-10, 1 - DBL_EPSILON};
    (void)state;
    for (size_t i = 0; i < 7; i++)
        for (size_t k = 0; k < sizeof p / sizeof *p; k++)
            for (enum tail side = TAIL_LOWER; side <= TAIL_UPPER; side++) {
                check_quantile(GAMMA, parameters[i], 0, side, p[k]);
                for (size_t j = 0; j < 7; j++)
                    check_quantile(BETA, parameters[i], parameters[j], side, p[k]);
            }
}

/* With the roles of the tails exchanged the log odds change their sign: digits near x = 1 are as good as near 0. */
static void log_odds_are_symmetric(void **state)
{
    uint64_t random = 11;
    (void)state;
    for (int i = 0; i < 200; i++) {
        double a = exp(6 * test_random(&random)), b = exp(6 * test_random(&random));
        double p = (test_random(&random) + 1) / 2;
        long double z = beta_quantile_log_odds(a, b, TAIL_LOWER, p);
        assert_near((double)z, -(double)beta_quantile_log_odds(b, a, TAIL_UPPER, p), tolerance());
        assert_near(beta_quantile(a, b, TAIL_LOWER, p) + beta_quantile(b, a, TAIL_UPPER, p), 1, tolerance());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(beta_tails_match_25_digits),
        cmocka_unit_test(gamma_tails_match_25_digits),
        cmocka_unit_test(closed_forms),
        cmocka_unit_test(gamma_tails_at_halves),
        cmocka_unit_test(identities),
        cmocka_unit_test(ends_and_what_is_outside),
        cmocka_unit_test(parameters_too_large_are_refused),
        cmocka_unit_test(quantiles_invert),
        cmocka_unit_test(log_odds_are_symmetric),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

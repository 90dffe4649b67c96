/* The distributions of tests and intervals, against 25 digits by mpmath 1.2.1 (mp.dps = 60) and printed tables. */
#include "stats/distribution.h"

#include <float.h>
#include <math.h>

#include "fold/truth.h"
#include "support/support.h"

/* mp.betainc(nu/2, 1/2, 0, nu/(nu + t*t), regularized=True); mp.erfc(abs(z)/mp.sqrt(2)) for infinite nu. */
static const struct {
    double t, freedom;
    long double two_sided;
} two_sided_values[] = {
    {1e-5, 3, 0.9999926489480612061287816L},
    {0.5, 0.5, 0.7573180729294366313407628L},
    {1.0, 1, 0.5L},
    {2.0, 2, 0.183503419072273967267572L},
    {2.0, 10, 0.07338803477074036561786257L},
    {2.228138851964939, 10, 0.05000000000180863129402772L},
    {-3.5, 29, 0.001524446314654605332449039L},
    {1.96, 1e6, 0.0499960675852697906856521L},
    {5.25, 1e6, 0.0000001521301667762205129180777L},
    {12.7, 1, 0.05002432768934416005470112L},
    {40.0, 7.5, 5.119056763709790783568595e-10L},
    {37.0, 1000, 1.730078880991306131762943e-189L},
    {1000.0, 1, 0.0006366195601611178777452819L},
    {1e100, 3, 2.205315581687168092832625e-300L},
    {1e200, 1, 6.366197723675813623440279e-201L},
    {1e-8, INFINITY, 0.9999999920211543919713464L},
    {0.5, INFINITY, 0.6170750774519737927245908L},
    {1.0, INFINITY, 0.3173105078629141028295349L},
    {1.96, INFINITY, 0.04999579029644087242564738L},
    {-1.96, INFINITY, 0.04999579029644087242564738L},
    {5.0, INFINITY, 0.0000005733031437583878233475047L},
    {8.25, INFINITY, 1.583945262928495468192275e-16L},
    {20.0, INFINITY, 5.507248237212467390151246e-89L},
    {37.0, INFINITY, 1.145114244504915364536639e-299L},
};

/* mp.betainc(below/2, above/2, 0, below/(below + above*f), regularized=True). */
static const struct {
    double f, above, below;
    long double upper;
} fisher_values[] = {
    {1e-6, 3, 10, 0.9999999985172996552636324L},       {0.5, 1, 1, 0.6081734479693927298291444L},
    {1.0, 2, 7, 0.4149486509808662883136965L},         {4.0, 3, 28, 0.01727495484845639803585397L},
    {79.56, 4, 27, 1.53925734446982729512499e-14L},    {4.1, 3.5, 0.5, 0.5116118269178507357278946L},
    {250.0, 10, 5, 0.000004152149896933042321364901L}, {10000.0, 6, 200, 7.118363721476294687212987e-245L},
    {12.5, 50, 150, 1.212985010810905876878567e-33L},  {1.001, 1000, 1000, 0.4936971588392625083372975L},
};

/* mp.gammainc(freedom/2, x/2, mp.inf, regularized=True). */
static const struct {
    double x, freedom;
    long double upper;
} chi_square_values[] = {
    {1e-9, 1, 0.9999747686747840036196012L},
    {0.5, 0.5, 0.2563220552685389583291335L},
    {3.841458820694124, 1, 0.05000000000000005743536969L},
    {3.84, 1, 0.05004352124870510318916148L},
    {10.0, 2, 0.006737946999085467096636048L},
    {1000.0, 3, 1.799420876531447663078603e-216L},
    {55.5, 40, 0.05244217949039145519704553L},
    {900.0, 1000, 0.9892827619087102584426041L},
    {1300.0, 1000, 3.889736499486852476769865e-10L},
    {1400.0, 4, 6.911633257175599370550466e-302L},
};

/* Roots of the above by mp.findroot, in p the double nearest to what is printed. */
static const struct {
    double p, freedom;
    long double quantile;
} student_quantiles[] = {
    {0.975, 1, 12.70620473617469331410164L},
    {0.975, 10, 2.228138851986274224519862L},
    {0.995, 5, 4.032142983555227179275848L},
    {0.95, 2.5, 2.558218614135935458588412L},
    {1e-10, 8, -39.12956297338264828149051L},
    {0.4, 3, -0.2766706623326898470109062L},
    {0.5000001, 7, 0.0000002597460274278495487546578L},
    {0.975, 1e5, 1.959987707534609258659823L},
    {1e-20, 30, -22.65887837194018311481177L},
    {0.975, INFINITY, 1.959963984540053855604431L},
    {0.995, INFINITY, 2.575829303548900453857483L},
    {0.6, INFINITY, 0.2533471031357997413246887L},
    {1e-10, INFINITY, -6.361340902404056199100397L},
    {1e-300, INFINITY, -37.04709629936119923654704L},
    {0.4999999, INFINITY, -0.0000002506628274703106513497816L},
    {0.1, INFINITY, -1.281551565544600435334517L},
};

static const struct {
    double p, above, below; /* below 0: chi-square */
    long double quantile;
} mean_square_quantiles[] = {
    {0.95, 1, 10, 4.964602743730712036757939L},     {0.95, 3, 28, 2.946685266017265115435142L},
    {0.99, 5, 2, 99.29929647786403543419563L},      {0.05, 4, 9, 0.1667005893694754631118111L},
    {1e-12, 2, 6, 1.000000000000666646553315e-12L}, {0.5, 7.5, 1.5, 1.501176168053026365383849L},
    {0.95, 1, 0, 3.841458820694124469101699L},      {0.95, 10, 0, 18.30703805327514400312434L},
    {0.01, 3, 0, 0.1148318018991170391512227L},     {1e-12, 4, 0, 0.000002828428458080387644750596L},
    {0.5, 0.7, 0, 0.2147389717236865047430439L},    {0.999, 500, 0, 603.446005795177596967638L},
};

/* Relative. Where long double is no more than double, the logarithms of small tails cost three digits. */
static double tolerance(void)
{
    return truth_slack() > 1 ? 2e-12 : 4e-16;
}

static void check(double value, long double truth, double a, double b)
{
    long double error = fabsl((value - truth) / truth);
    if (!(error <= tolerance()))
        fail_msg("at %.17g, %.17g: %.17g instead of %.17Lg", a, b, value, truth);
}

static void p_values_of_t_and_z(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof two_sided_values / sizeof *two_sided_values; i++) {
        double t = two_sided_values[i].t, nu = two_sided_values[i].freedom, size = fabs(t);
        long double p = two_sided_values[i].two_sided;
        if (t * t > DBL_MAX && truth_slack() > 1) /* a square that only long double holds */
            continue;
        check(student_two_sided(t, nu), p, t, nu);
        check(student_two_sided(-t, nu), p, -t, nu);
        check(student_upper(size, nu), p / 2, size, nu);
        check(student_lower(-size, nu), p / 2, -size, nu);
        check(student_lower(size, nu), 1 - p / 2, size, nu);
        check(student_upper(-size, nu), 1 - p / 2, -size, nu);
        if (isinf(nu)) {
            check(normal_two_sided(t), p, t, nu);
            check(normal_upper(size), p / 2, size, nu);
            check(normal_lower(size), 1 - p / 2, size, nu);
        }
    }
}

static void tails_of_f_and_chi_square(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fisher_values / sizeof *fisher_values; i++) {
        double f = fisher_values[i].f, above = fisher_values[i].above, below = fisher_values[i].below;
        check(fisher_upper(f, above, below), fisher_values[i].upper, f, above);
        assert_near(fisher_lower(f, above, below), (double)(1 - fisher_values[i].upper), 2 * tolerance());
        assert_near(fisher_lower(f, above, below), fisher_upper(1 / f, below, above), 25 * tolerance());
    }
    for (size_t i = 0; i < sizeof chi_square_values / sizeof *chi_square_values; i++) {
        double x = chi_square_values[i].x, freedom = chi_square_values[i].freedom;
        check(chi_square_upper(x, freedom), chi_square_values[i].upper, x, freedom);
        assert_near(chi_square_lower(x, freedom), (double)(1 - chi_square_values[i].upper), 2 * tolerance());
    }
}

static void quantiles(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof student_quantiles / sizeof *student_quantiles; i++) {
        double p = student_quantiles[i].p, freedom = student_quantiles[i].freedom;
        check(student_quantile(p, freedom), student_quantiles[i].quantile, p, freedom);
        if (isinf(freedom))
            check(normal_quantile(p), student_quantiles[i].quantile, p, freedom);
    }
    for (size_t i = 0; i < sizeof mean_square_quantiles / sizeof *mean_square_quantiles; i++) {
        double p = mean_square_quantiles[i].p, above = mean_square_quantiles[i].above;
        double below = mean_square_quantiles[i].below;
        double value = below > 0 ? fisher_quantile(p, above, below) : chi_square_quantile(p, above);
        check(value, mean_square_quantiles[i].quantile, p, above);
    }
    check(chi_square_upper_quantile(0.5, 0.7), 0.2147389717236865047430439L, 0.5, 0.7);
}

/* Printed tables of quantiles, to their last digit. */
static void the_tables_of_textbooks(void **state)
{
    (void)state;
    assert_near(student_quantile(0.975, 4), 2.776, 5e-4 / 2.776);
    assert_near(student_quantile(0.995, 20), 2.845, 5e-4 / 2.845);
    assert_near(student_quantile(0.95, 120), 1.658, 5e-4 / 1.658);
    assert_near(normal_quantile(0.95), 1.645, 5e-4 / 1.645);
    assert_near(fisher_quantile(0.95, 5, 10), 3.33, 5e-3 / 3.33);
    assert_near(fisher_quantile(0.99, 2, 20), 5.85, 5e-3 / 5.85);
    assert_near(chi_square_quantile(0.95, 5), 11.070, 5e-4 / 11.07);
    assert_near(chi_square_quantile(0.99, 30), 50.892, 5e-4 / 50.892);
}

/* quantile(lower(x)) = x, where the lower tail has the digits to say x; and a t squared is an F. */
static void round_trips(void **state)
{
    uint64_t random = 9;
    (void)state;
    for (int i = 0; i < 300; i++) {
        double freedom = exp(2 + 5 * test_random(&random)), more = exp(2 + 4 * test_random(&random));
        double t = -3 * (test_random(&random) + 1.0001);
        assert_near(student_quantile(student_lower(t, freedom), freedom) / t, 1, 25 * tolerance());
        assert_near(normal_quantile(normal_lower(t)) / t, 1, 25 * tolerance());
        double f = fisher_quantile(0.02 + 0.1 * (test_random(&random) + 1), freedom, more);
        assert_near(fisher_quantile(fisher_lower(f, freedom, more), freedom, more) / f, 1, 25 * tolerance());
        double x = chi_square_upper_quantile(0.02 + 0.1 * (test_random(&random) + 1), freedom);
        assert_near(chi_square_upper_quantile(chi_square_upper(x, freedom), freedom) / x, 1, 25 * tolerance());
        assert_near(student_two_sided(t, freedom) / fisher_upper(t * t, 1, freedom), 1, 250 * tolerance());
    }
}

static void infinite_and_undefined(void **state)
{
    (void)state;
    for (double sign = -1; sign <= 1; sign += 2) {
        assert_true(student_two_sided(sign * (double)INFINITY, 3) == 0 &&
                    normal_two_sided(sign * (double)INFINITY) == 0);
        assert_true(student_lower(sign * (double)INFINITY, 3) == (sign > 0) &&
                    student_upper(sign * (double)INFINITY, 3) == (sign < 0));
    }
    assert_true(student_two_sided(0, 3) == 1 && student_lower(0, 3) == 0.5 && normal_lower(0) == 0.5);
    assert_true(fisher_upper(INFINITY, 2, 3) == 0 && fisher_upper(0, 2, 3) == 1 && fisher_upper(-1, 2, 3) == 1);
    assert_true(chi_square_upper(INFINITY, 2) == 0 && chi_square_upper(0, 2) == 1 && chi_square_lower(-1, 2) == 0);
    assert_true(student_quantile(0.5, 3) == 0 && normal_quantile(0.5) == 0);
    assert_true(student_quantile(0, 3) == -INFINITY && student_quantile(1, 3) == INFINITY);
    assert_true(normal_quantile(0) == -INFINITY && normal_quantile(1) == INFINITY);
    assert_true(fisher_quantile(0, 2, 3) == 0 && fisher_quantile(1, 2, 3) == INFINITY);
    assert_true(chi_square_quantile(0, 3) == 0 && chi_square_quantile(1, 3) == INFINITY);
    assert_true(isnan(student_two_sided(NAN, 3)) && isnan(normal_two_sided(NAN)) && isnan(fisher_upper(NAN, 2, 3)) &&
                isnan(chi_square_upper(NAN, 3)) && isnan(normal_quantile(NAN)) && isnan(student_quantile(NAN, 3)));
    const double wrong[] = {0, -2, NAN};
    for (size_t i = 0; i < 3; i++) {
        assert_true(isnan(student_two_sided(1, wrong[i])) && isnan(student_quantile(0.9, wrong[i])));
        assert_true(isnan(fisher_upper(1, wrong[i], 3)) && isnan(fisher_lower(1, 3, wrong[i])));
        assert_true(isnan(chi_square_upper(1, wrong[i])) && isnan(chi_square_quantile(0.9, wrong[i])));
        assert_true(isnan(fisher_quantile(0.9, wrong[i], 3)) && isnan(fisher_quantile(0.9, 3, wrong[i])));
    }
    assert_true(isnan(student_quantile(1.5, 3)) && isnan(normal_quantile(-0.5)) && isnan(student_lower(1, -INFINITY)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p_values_of_t_and_z), cmocka_unit_test(tails_of_f_and_chi_square),
        cmocka_unit_test(quantiles),           cmocka_unit_test(the_tables_of_textbooks),
        cmocka_unit_test(round_trips),         cmocka_unit_test(infinite_and_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

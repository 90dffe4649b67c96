/* Every density here is written by its distance from the mean, so that no large
 * logarithms are subtracted. With the scaled gamma function
 *
 *   Gamma*(z) = Gamma(z) / (sqrt(2 pi) z^(z - 1/2) e^-z)        (1 + 1/(12 z) + ..., DLMF 5.11.3)
 *   D(u)      = u - log(1 + u) >= 0                             (of a relative deviation u)
 *
 *   x^a y^b / B(a, b)  = sqrt(a b / (2 pi (a + b))) Gamma*(a + b) / (Gamma*(a) Gamma*(b)) e^-(a D(u) + b D(v)),
 *                        y = 1 - x,  u = (x b - y a) / a,  v = -a u / b
 *   x^a e^-x / Gamma(a) = sqrt(a / (2 pi)) / Gamma*(a) e^-(a D(u)),  u = (x - a) / a
 *
 * exactly, for all parameters, and both terms of the exponent have one sign. (The idea is
 * Loader's, "Fast and accurate computation of binomial probabilities", 2000.)
 *
 * A tail is this density times a continued fraction or a series, on the side of the
 * mean where that converges; the other tail is 1 less this one, which is not small then.
 *
 * The inverse works in z = log(x / y) (gamma: z = log x). There log tail is concave, close to a multiple
 * of z on one side and to one of e^z or of z again on the other; so log(-log tail) is nearly linear
 * on both, and Newton's method for log(-log tail(z)) = log(-log p) is there in some ten steps. */
#include "stats/special.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>

enum { MOST_TERMS = 1000000, MOST_STEPS = 200 };

static const long double TWO_PI = 6.283185307179586476925286766559006L;

/* One tail as factor * exp(exponent), so that it can be far below the smallest number;
 * slope is d tail / dz, without its sign and likewise over exp(exponent). */
struct scaled_tail {
    enum tail side;
    long double factor, slope, exponent;
};

/* Gamma*(z), z > 0. From 16 on by Stirling's series, DLMF 5.11.1; the first term left out is below 1e-21. Multiples of
 * 1/2, which the parameters of t, F and chi-square are, are known below that. */
static long double scaled_gamma(long double z)
{
    static const long double of_halves[] = {
        /* Gamma*(1/2), Gamma*(1), ... */
        1.16582199079856210168176803108420044L, 1.08443755141922754661157731342294799L,
        1.0563442442685598665617877041827544L,  1.04220712081667305760532597693807757L,
        1.03371889096531052252523303090361345L, 1.02806451791878930450922689421418289L,
        1.02403034877763874029047810872689272L, 1.02100830374634936961211495246619581L,
        1.01866042011639591536894601323036881L, 1.01678398582780830577662712301221555L,
        1.01525008694362510321723130887883578L, 1.01397284914873835262603394016238164L,
        1.01289287076116202944888480829036858L, 1.01196775726322973002973723849379754L,
        1.0111664442364170565146728592725104L,  1.01046565106194615478322007526021173L,
        1.00984758762664575567083190691424267L, 1.00929842642181897153663238865818902L,
        1.00880725780297159698077224340454209L, 1.00836535913240024590555327136442598L,
        1.00796567305896500677956947447620116L, 1.00760242831049628496211858931688186L,
        1.00727085956977967486515330168279424L, 1.00696699749618864336100817687671049L,
        1.00668750922523072541628979916464692L, 1.00642957573677082973191062264937295L,
        1.00619079651981499956321374881871335L, 1.00596911469993859868730100058985216L,
        1.00576275768298805439957252795386039L, 1.00557018968936900101506724945481339L,
        1.00539007349007810356725325796477187L,
    };
    static const long double coefficients[] = {1 / 12.0L,   -1 / 360.0L,      1 / 1260.0L, -1 / 1680.0L,
                                               1 / 1188.0L, -691 / 360360.0L, 1 / 156.0L,  -3617 / 122400.0L};
    if (z < 16 && 2 * z == (long double)(int)(2 * z))
        return of_halves[(int)(2 * z) - 1];
    if (z < 16)
        return tgammal(z) * expl(z) * powl(z, 0.5L - z) / sqrtl(TWO_PI);
    long double sum = 0, r = 1 / (z * z);
    for (size_t k = sizeof coefficients / sizeof *coefficients; k-- > 0;)
        sum = sum * r + coefficients[k];
    return expl(sum / z);
}

/* D(u) = u - log ratio, with ratio = 1 + u given apart as it may be close to 0. Near
 * u = 0 by log(1 + u) = 2 artanh s, s = u / (2 + u): D = s (u - 2 s^2 (1/3 + s^2/5 + ...)). */
static long double deviance(long double u, long double ratio)
{
    if (fabsl(u) > 0.4L)
        return u - logl(ratio);
    static const long double reciprocals[] = {1 / 3.0L,  1 / 5.0L,  1 / 7.0L,  1 / 9.0L,  1 / 11.0L, 1 / 13.0L,
                                              1 / 15.0L, 1 / 17.0L, 1 / 19.0L, 1 / 21.0L, 1 / 23.0L, 1 / 25.0L,
                                              1 / 27.0L, 1 / 29.0L, 1 / 31.0L, 1 / 33.0L, 1 / 35.0L, 1 / 37.0L};
    long double s = u / (2 + u), square = s * s, sum = 0;
    for (size_t k = sizeof reciprocals / sizeof *reciprocals; k-- > 0;)
        sum = sum * square + reciprocals[k];
    return s * (u - 2 * square * sum);
}

/* The upper half of x's digits (Veltkamp). */
static long double upper_half(long double x)
{
    const long double factor = 1 + (long double)(1ULL << ((LDBL_MANT_DIG + 1) / 2));
    long double large = factor * x;
    return large - (large - x);
}

/* What the rounding of p = a b lost (Dekker): the C library's fmal does it in ten times the time. */
static long double product_rest(long double a, long double b, long double p)
{
    long double high_a = upper_half(a), low_a = a - high_a, high_b = upper_half(b), low_b = b - high_b;
    return ((high_a * high_b - p) + high_a * low_b + low_a * high_b) + low_a * low_b;
}

/* a b - c d with one rounding's error (Kahan): the products' own errors are taken in. */
static long double difference_of_products(long double a, long double b, long double c, long double d)
{
    long double ab = a * b, cd = c * d;
    return (ab - cd) + (product_rest(a, b, ab) - product_rest(c, d, cd));
}

/* The modified Lentz method for b_0 + a_1/(b_1 + a_2/(b_2 + ...)): Thompson and Barnett,
 * "Coulomb and Bessel functions of complex arguments and order", J. Comput. Phys. 64 (1986). */
struct lentz {
    long double value, numerator, denominator;
};

/* Takes in the next a and b; true when that changed nothing any more. */
static bool lentz_step(struct lentz *f, long double a, long double b)
{
    const long double tiny = LDBL_MIN / LDBL_EPSILON;
    f->denominator = b + a * f->denominator;
    f->numerator = b + a / f->numerator;
    f->denominator = 1 / (f->denominator == 0 ? tiny : f->denominator);
    f->numerator = f->numerator == 0 ? tiny : f->numerator;
    long double change = f->numerator * f->denominator;
    f->value *= change;
    return fabsl(change - 1) <= 2 * LDBL_EPSILON;
}

/* I_x(a, b) B(a, b) / (x^a y^b), for x up to (a + 1)/(a + b + 2): the even part of DLMF 8.17.22, with its
 * terms positive (DiDonato and Morris, "Algorithm 708", 1992, BFRAC). lead = a y - b x. */
static long double beta_fraction(long double a, long double b, long double x, long double lead)
{
    long double first = a * (lead + 1) / (a + 1);
    struct lentz f = {first, first, 0};
    bool done = false;
    for (long n = 1; n <= MOST_TERMS && !done; n++) {
        long double m = (long double)n, k = a + 2 * m, square = x / (k - 1) * (x / (k - 1));
        done = lentz_step(&f, (a + m - 1) * (a + b + m - 1) * m * (b - m) * square,
                          m + m * (b - m) * x / (k - 1) + (a + m) * (lead + 1 + m * (2 - x)) / (k + 1));
    }
    return done ? 1 / f.value : (long double)NAN;
}

/* 1 + x/(a+1) + x^2/((a+1)(a+2)) + ..., which is P(a, x) a Gamma(a) / (x^a e^-x), for x up to a + 1: DLMF 8.7.1. */
static long double gamma_series(long double a, long double x)
{
    long double term = 1, sum = 1;
    for (long n = 1; n <= MOST_TERMS; n++) {
        long double next = a + (long double)n;
        term *= x / next;
        sum += term;
        if (term * x <= LDBL_EPSILON / 2 * sum * (next - x)) /* all further terms: a geometric series is more */
            return sum;
    }
    return (long double)NAN;
}

/* Q(a, x) Gamma(a) / (x^a e^-x), for x from a + 1 on: DLMF 8.9.2, its even part. */
static long double gamma_fraction(long double a, long double x)
{
    long double constant = x + 1 - a;
    struct lentz f = {constant, constant, 0};
    bool done = false;
    for (long n = 1; n <= MOST_TERMS && !done; n++)
        done = lentz_step(&f, (long double)n * (a - (long double)n), constant + 2 * (long double)n);
    return done ? 1 / f.value : (long double)NAN;
}

/* At x and y = 1 - x: the tail of the side on which its fraction converges. */
static struct scaled_tail beta_tail(const long double parameters[2], long double x, long double y)
{
    long double a = parameters[0], b = parameters[1], n = a + b, au = difference_of_products(x, b, y, a);
    struct scaled_tail tail = {
        .side = x * (b + 1) <= y * (a + 1) ? TAIL_LOWER : TAIL_UPPER,
        .slope = sqrtl(a / TWO_PI) * sqrtl(b / n) * scaled_gamma(n) / (scaled_gamma(a) * scaled_gamma(b)),
        .exponent = -(a * deviance(au / a, x * n / a) + b * deviance(-au / b, y * n / b)),
    };
    tail.factor = tail.slope * (tail.side == TAIL_LOWER ? beta_fraction(a, b, x, -au) : beta_fraction(b, a, y, au));
    return tail;
}

static struct scaled_tail gamma_tail(long double a, long double x)
{
    struct scaled_tail tail = {
        .side = x <= a + 1 ? TAIL_LOWER : TAIL_UPPER,
        .slope = sqrtl(a / TWO_PI) / scaled_gamma(a),
        .exponent = -(a * deviance((x - a) / a, x / a)),
    };
    tail.factor = tail.slope * (tail.side == TAIL_LOWER ? gamma_series(a, x) / a : gamma_fraction(a, x));
    return tail;
}

static struct tails both_tails(const struct scaled_tail *tail)
{
    long double value = tail->factor * expl(tail->exponent), other = 1 - value;
    other = other < 0 ? 0 : other;
    return tail->side == TAIL_LOWER ? (struct tails){(double)value, (double)other}
                                    : (struct tails){(double)other, (double)value};
}

/* The two tails where no mass is below (argument 0), or none above. */
static struct tails tails_at_end(bool below)
{
    return below ? (struct tails){0, 1} : (struct tails){1, 0};
}

static const struct tails NO_TAILS = {NAN, NAN};

static bool is_parameter(double a)
{
    return a > 0 && isfinite(a);
}

static struct tails beta_tails_at(double a, double b, long double x, long double y)
{
    if (!is_parameter(a) || !is_parameter(b) || !(x >= 0 && y >= 0))
        return NO_TAILS;
    if (x == 0 || y == 0)
        return tails_at_end(x == 0);
    struct scaled_tail tail = beta_tail((const long double[]){a, b}, x, y);
    return both_tails(&tail);
}

struct tails beta_tails(double a, double b, double x)
{
    return beta_tails_at(a, b, x, 1 - (long double)x);
}

struct tails beta_tails_at_odds(double a, double b, long double odds)
{
    return beta_tails_at(a, b, 1 / (1 + 1 / odds), 1 / (1 + odds));
}

struct tails gamma_tails(double a, double x)
{
    if (!is_parameter(a) || !(x >= 0))
        return NO_TAILS;
    if (x == 0 || isinf(x))
        return tails_at_end(x == 0);
    struct scaled_tail tail = gamma_tail(a, x);
    return both_tails(&tail);
}

static struct scaled_tail beta_tail_at_log(const long double parameters[2], long double z)
{
    return beta_tail(parameters, 1 / (1 + expl(-z)), 1 / (1 + expl(z)));
}

static struct scaled_tail gamma_tail_at_log(const long double parameters[2], long double z)
{
    return gamma_tail(parameters[0], expl(z));
}

/* log of the tail of this side, and the absolute value of its derivative in z. */
static long double log_tail(const struct scaled_tail *tail, enum tail side, long double *derivative)
{
    if (tail->side == side) {
        *derivative = tail->slope / tail->factor;
        return tail->exponent + logl(tail->factor);
    }
    long double scale = expl(tail->exponent), value = tail->factor * scale;
    *derivative = tail->slope * scale / (1 - value);
    return log1pl(-value);
}

/* Newton's step for log(-log tail(z)) = log(-log p), where log_p < 0 and *error = log tail - log p. */
static long double newton_step(const struct scaled_tail *tail, enum tail side, long double log_p, long double *error)
{
    long double derivative, value = log_tail(tail, side, &derivative);
    *error = value - log_p;
    return (side == TAIL_LOWER ? -1 : 1) * logl(value / log_p) * value / derivative;
}

/* z with tail(z) = p, between -most and most: beyond them e^z is out of range, and no double is
 * there. A step squares the relative error of the tail, so the step from 1e-10 is the last. Where a
 * step leaves the interval that holds the root, the middle is taken. */
static long double solve_log(struct scaled_tail (*tail_at_log)(const long double[2], long double),
                             const long double parameters[2], long double start, enum tail side, double p)
{
    const long double most = LDBL_MAX_EXP * 0.69L;
    if (!(p >= 0 && p <= 1))
        return (long double)NAN;
    if (p == 0 || p == 1)
        return (p == 0) == (side == TAIL_LOWER) ? -(long double)INFINITY : (long double)INFINITY;
    if (p > 0.5) /* the smaller tail has the digits; 1 - p is exact */
        return solve_log(tail_at_log, parameters, start, side == TAIL_LOWER ? TAIL_UPPER : TAIL_LOWER, 1 - p);
    long double low = -most, high = most, z = start, error = 1;
    for (int step = 0; step < MOST_STEPS && fabsl(error) > 1e-10L; step++) {
        struct scaled_tail tail = tail_at_log(parameters, z);
        long double next = z + newton_step(&tail, side, logl(p), &error);
        *((error < 0) == (side == TAIL_LOWER) ? &low : &high) = z;
        z = isnan(error) || (next >= low && next <= high) ? next : (low + high) / 2;
    }
    return z;
}

long double beta_quantile_log_odds(double a, double b, enum tail side, double p)
{
    if (!is_parameter(a) || !is_parameter(b))
        return (long double)NAN;
    const long double parameters[] = {a, b};
    return solve_log(beta_tail_at_log, parameters, logl(parameters[0] / parameters[1]), side, p);
}

double beta_quantile(double a, double b, enum tail side, double p)
{
    return (double)(1 / (1 + expl(-beta_quantile_log_odds(a, b, side, p))));
}

long double gamma_quantile_log(double a, enum tail side, double p)
{
    if (!is_parameter(a))
        return (long double)NAN;
    const long double parameters[] = {a, 0};
    return solve_log(gamma_tail_at_log, parameters, logl(parameters[0]), side, p);
}

double gamma_quantile(double a, enum tail side, double p)
{
    return (double)expl(gamma_quantile_log(a, side, p));
}

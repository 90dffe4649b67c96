#!/usr/bin/env python3
"""Writes special_values.h: tails of the beta and gamma distributions to 25 digits.

    special_values.py > special_values.h        (some minutes; needs python3-mpmath)

Another method than src/stats/special.c: the power series with positive terms,

    I_x(a, b) = x^a (1-x)^b / (a B(a, b)) (1 + x (a+b)/(a+1) + x^2 (a+b)(a+b+1)/((a+1)(a+2)) + ...)
    P(a, x) = x^a e^-x / Gamma(a+1) (1 + x/(a+1) + x^2/((a+1)(a+2)) + ...)

(DLMF 8.17.8 with 15.2.1, and 8.7.1), in fixed point with 1400 bits, so that the other tail
follows by subtraction from 1. Arguments are the doubles nearest to what is printed.
"""

import itertools
import math

import mpmath as mp

BITS = 1400
mp.mp.prec = BITS
SMALLEST = mp.mpf("1e-305")


def series(factor, above, below):
    """1 + factor (above/below) (1 + factor (above+1)/(below+1) (...)); above None: without it."""
    term = total = 1 << BITS
    x, one, n = int(factor * mp.mpf(2) ** BITS), 1 << 100, 0
    top = None if above is None else int(mp.mpf(above) * one)
    bottom = int(mp.mpf(below) * one)
    while term:
        term = (term * x >> BITS) * (one if top is None else top + n * one) // (bottom + n * one)
        total += term
        n += 1
    return mp.mpf(total) / mp.mpf(2) ** BITS


def beta_lower(a, b, x):
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    return mp.exp(a * mp.log(x) + b * mp.log(1 - x) - log_beta) / a * series(x, a + b, a + 1)


def beta_tails(a, b, x):
    a, b, x = mp.mpf(a), mp.mpf(b), mp.mpf(x)
    if x <= 0.5:
        lower = beta_lower(a, b, x)
        return lower, 1 - lower
    upper = beta_lower(b, a, 1 - x)
    return 1 - upper, upper


def gamma_tails(a, x):
    a, x = mp.mpf(a), mp.mpf(x)
    lower = mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1)) * series(x, None, a + 1)
    return lower, 1 - lower


def emit(arguments, tails):
    if min(tails) > SMALLEST:
        print("    {" + ", ".join([repr(v) for v in arguments] + [mp.nstr(t, 25) + "L" for t in tails]) + "},")


def short(value):
    return float(f"{value:.8g}")


def beta_points():
    small, large = [1e-3, 0.5, 1.0, 5.0, 30.25], [1e3, 1e5, 1e6]
    pairs = list(itertools.product(small, repeat=2)) + list(itertools.product([1e-3, 0.5, 5.0], large))
    pairs += [(b, a) for a, b in pairs[len(small) ** 2:]] + [(1e3, 1e3), (1e3, 1e5), (1e5, 1e5), (1e6, 2e5)]
    for a, b in pairs:
        for k in (-37, -8, -2, 0, 0.7, 2, 8, 36) if max(a, b) < 1e5 else (-36.5, -2, 0.3, 8):
            z = math.log(a / b) + k * math.sqrt(1 / a + 1 / b)
            x = short(1 / (1 + math.exp(-z))) if abs(z) < 690 else 0
            if 0 < x < 1 and not (x > 0.99 and b > 1e3):
                yield a, b, x


def gamma_points():
    for a in (1e-3, 0.02, 0.5, 1.0, 3.7, 15.9, 16.1, 250.0, 1e4, 1e5, 1e6):
        for k in (-37, -8, -2, 0, 0.7, 2, 8, 36) if a < 1e5 else (-36.5, -2, 0.3, 8):
            x = short(a * math.exp(k / math.sqrt(a))) if abs(k) / math.sqrt(a) < 690 else 0
            if 0 < x < 2e6:
                yield a, x
    yield from ((0.5, 1e-280), (0.5, 690.0), (1e-3, 690.0), (20.0, 740.0), (1e-3, 1e-300))


if __name__ == "__main__":
    print("/* Written by special_values.py: 25 digits by power series. */")
    print("#ifndef GEMML_TESTS_STATS_SPECIAL_VALUES_H\n#define GEMML_TESTS_STATS_SPECIAL_VALUES_H\n")
    print("/* a, b, x, I_x(a, b), 1 - I_x(a, b) */")
    print("static const struct {\n    double a, b, x;\n    long double lower, upper;\n} beta_values[] = {")
    for point in beta_points():
        emit(point, beta_tails(*point))
    print("};\n\n/* a, x, P(a, x), Q(a, x) */")
    print("static const struct {\n    double a, x;\n    long double lower, upper;\n} gamma_values[] = {")
    for point in gamma_points():
        emit(point, gamma_tails(*point))
    print("};\n\n#endif")

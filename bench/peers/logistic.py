#!/usr/bin/env python3
"""Logistic regression: gemml beside scikit-learn, on the same data in one run.

  bench/peers/logistic.py                        all cases, two threads
  bench/peers/logistic.py --cases 1e5x200x10     one case: rows x columns x classes
  bench/peers/logistic.py --quick                small cases

Both minimise F = sum loss + 1/2 sum w^2 (scikit-learn's C = 1) over columns of mean
0.5 as they are. scikit-learn's lbfgs runs at tol = 1e-6; gemml at its default, which
is stricter. They take turns after a warm-up; the fastest run counts. `gap` is
(F - F*) / F*, F* the lower of the two.
"""

import argparse
import os
import sys
import time

CASES = ["1e3x2x2", "1e4x1000x2", "1e5x500x2", "1e6x100x2", "1e5x200x10"]
QUICK_CASES = ["1e3x2x2", "1e4x20x2", "1e4x20x10"]
LEAST_RUNS = 3


def parse_arguments():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=None, help=f"separated by commas (default: {','.join(CASES)})")
    parser.add_argument("--threads", type=int, default=2, help="threads of each contender (default: 2)")
    parser.add_argument("--seconds", type=float, default=10.0, help="about so long for each contender and case")
    parser.add_argument("--build", default=build, help="build folder with src/libgemml.so")
    parser.add_argument("--quick", action="store_true", help="small cases, short runs")
    arguments = parser.parse_args()
    arguments.library = os.path.join(arguments.build, "src", "libgemml.so")
    if not os.path.exists(arguments.library):
        parser.error(f"{arguments.library} is not there: build first (meson setup build && ninja -C build)")
    if arguments.quick:
        arguments.seconds = min(arguments.seconds, 0.5)
    arguments.cases = (arguments.cases or ",".join(QUICK_CASES if arguments.quick else CASES)).split(",")
    return arguments


ARGUMENTS = parse_arguments()
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGUMENTS.threads)  # read when NumPy is imported

try:
    import numpy
    from sklearn.linear_model import LogisticRegression
except ImportError:
    sys.exit("NumPy and scikit-learn are needed (Debian: python3-numpy, python3-sklearn)")

sys.dont_write_bytecode = True  # no traces in the source tree
from ours import Library, LogisticFit  # noqa: E402


class SklearnFit:
    def __init__(self, x, y):
        self.x, self.y = x, y
        kind = "multinomial" if y.max() > 1 else "auto"
        self.estimator = LogisticRegression(C=1, tol=1e-6, max_iter=1000, solver="lbfgs", multi_class=kind)

    def run(self):
        start = time.perf_counter()
        self.estimator.fit(self.x, self.y)
        return time.perf_counter() - start

    def coefficients(self):
        return numpy.vstack([self.estimator.intercept_, self.estimator.coef_.T])


def make_data(rows, columns, classes):
    """Columns of mean 0.5; classes drawn from a softmax of linear scores."""
    random = numpy.random.default_rng(1)
    x = random.standard_normal((rows, columns)) + 0.5
    scores = 2 * (x - 0.5) @ random.standard_normal((columns, classes)) / numpy.sqrt(columns)
    scores += random.gumbel(size=scores.shape)
    return x, scores.argmax(axis=1).astype(float)


def objective(x, y, theta):
    z = x @ theta[1:] + theta[0]
    if z.shape[1] == 1:
        z = numpy.hstack([numpy.zeros_like(z), z])
    most = z.max(axis=1)
    losses = numpy.log(numpy.exp(z - most[:, None]).sum(axis=1)) + most - z[numpy.arange(len(y)), y.astype(int)]
    return losses.sum() + (theta[1:] ** 2).sum() / 2


def measure(contenders):
    """name -> fastest run, in turns, until each has had its time."""
    for contender in contenders.values():
        contender.run()
    fastest = dict.fromkeys(contenders, float("inf"))
    spent, runs = dict.fromkeys(contenders, 0.0), 0
    while runs < LEAST_RUNS or min(spent.values()) < ARGUMENTS.seconds and max(spent.values()) < 3 * ARGUMENTS.seconds:
        runs += 1
        for name, contender in contenders.items():
            seconds = contender.run()
            fastest[name] = min(fastest[name], seconds)
            spent[name] += seconds
    return fastest


def run_case(case, library):
    x, y = make_data(*(int(float(part)) for part in case.split("x")))
    contenders = {"gemml": LogisticFit(library, x, y, 1.0), "scikit-learn lbfgs": SklearnFit(x, y)}
    fastest = measure(contenders)
    values = {name: objective(x, y, contender.coefficients()) for name, contender in contenders.items()}
    lowest = min(values.values())
    print(f"\n{case}, {ARGUMENTS.threads} threads")
    print(f"  {'':20} {'min s':>10} {'ratio':>7} {'objective':>20} {'gap':>9}")
    for name in contenders:
        print(f"  {name:20} {fastest[name]:10.6f} {fastest[name] / fastest['gemml']:7.2f} {values[name]:20.10f} "
              f"{(values[name] - lowest) / lowest:9.1e}")
    contenders["gemml"].close()


def main():
    library = Library(ARGUMENTS.library, ARGUMENTS.threads)
    for case in ARGUMENTS.cases:
        run_case(case, library)


if __name__ == "__main__":
    main()

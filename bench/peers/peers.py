#!/usr/bin/env python3
"""Linear regression: gemml beside NumPy and scikit-learn, on the same data in one run.

  bench/peers/peers.py                                all cases, two threads
  bench/peers/peers.py --cases 1e5x500 --threads 1    one case
  bench/peers/peers.py --quick                        small cases, a few seconds

The contenders take turns, so that a slow minute of the machine hits all of them;
a turn is one run, or ten of those that take less than 10 ms.
A warm-up first; then the fastest and the middle run of each. `ratio` is how many
times longer a contender takes than gemml's library for the same problem, by the
fastest runs: NumPy's normal equations have no intercept, and are held against gemml
without one; everything else has one. `to cli` is the same against the seconds_fit
that the command line reports (with an intercept). `digits` says to how many digits
the coefficients agree with gemml's for the same problem; below 8 the script fails.
Needs NumPy; scikit-learn is left out, and named, where it is not installed.
"""

import argparse
import csv
import math
import os
import statistics
import sys
import tempfile
import time

CASES = ["1e3x10", "1e4x1000", "1e5x500", "1e6x100"]
QUICK_CASES = ["1e3x10", "1e3x100", "1e5x20"]
RIDGE_ALPHA = 1e-10  # too small to change a digit: the same problem as without a penalty
AGREE = 8  # digits
BURST = 10  # runs in a turn of a short case: the first finds the caches full of the contender before
MEMORY_CASE_BYTES = 100e6  # data from which memory is worth a line


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.path.join(here, "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default=None, help=f"ROWSxCOLUMNS, separated by commas (default: {','.join(CASES)})")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender (default: 2)")
    parser.add_argument("--seconds", type=float, default=10.0, help="about so long for each contender and case")
    parser.add_argument("--build", default=build, help="build folder with src/libgemml.so and src/cli/gemml")
    parser.add_argument("--library", default=None, help="libgemml.so, if not in the build folder")
    parser.add_argument("--program", default=None, help="gemml, if not in the build folder")
    parser.add_argument("--csv", default=None, help="write the table to this file too")
    parser.add_argument("--quick", action="store_true", help="small cases, short runs")
    arguments = parser.parse_args()
    arguments.library = arguments.library or os.path.join(arguments.build, "src", "libgemml.so")
    arguments.program = arguments.program or os.path.join(arguments.build, "src", "cli", "gemml")
    for path in (arguments.library, arguments.program):
        if not os.path.exists(path):
            parser.error(f"{path} is not there: build first (meson setup build && ninja -C build)")
    if arguments.quick:
        arguments.seconds = min(arguments.seconds, 0.5)
    arguments.cases = (arguments.cases or ",".join(QUICK_CASES if arguments.quick else CASES)).split(",")
    return arguments


ARGUMENTS = parse_arguments()
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGUMENTS.threads)  # read when NumPy is imported

try:
    import numpy
except ImportError:
    sys.exit("NumPy is not installed: the data for every contender is made with it (Debian: python3-numpy)")

sys.dont_write_bytecode = True  # no traces in the source tree
from ours import Library, LibraryFit, ProgramFit  # noqa: E402

try:
    import sklearn
    from sklearn.linear_model import LinearRegression, Ridge
except ImportError:
    sklearn = None


class Peer:
    """A contender that is one Python call: fit() gives the coefficients, intercept first."""

    def __init__(self, fit):
        self.fit, self.theta = fit, None

    def run(self):
        start = time.perf_counter()
        self.theta = self.fit()
        return time.perf_counter() - start

    def coefficients(self):
        return self.theta

    def close(self):
        self.theta = None


def numpy_normal_equations(x, y):
    return numpy.concatenate([[0.0], numpy.linalg.solve(x.T @ x, x.T @ y)])


def sklearn_fit(estimator, x, y):
    estimator.fit(x, y)
    return numpy.concatenate([[estimator.intercept_], estimator.coef_])


def make_data(rows, columns):
    """y = 1 + X w + noise; X uniform around 1/2, so that the intercept is not idle."""
    random = numpy.random.default_rng(1)
    x = random.random((rows, columns))
    y = 1 + x @ random.standard_normal(columns)
    y += 0.1 * random.standard_normal(rows)
    return x, y


OURS, OURS_PLAIN, OURS_PROGRAM = "gemml", "gemml, no intercept", "gemml, command line"


def make_contenders(library, folder, x, y):
    """name -> (contender, the gemml fit of the same problem)."""
    contenders = {
        OURS: (LibraryFit(library, x, y, True), OURS),
        OURS_PLAIN: (LibraryFit(library, x, y, False), OURS_PLAIN),
        OURS_PROGRAM: (ProgramFit(ARGUMENTS.program, folder, x, y, ARGUMENTS.threads), OURS),
        "NumPy X.T@X, solve": (Peer(lambda: numpy_normal_equations(x, y)), OURS_PLAIN),
    }
    if sklearn:
        contenders["Ridge(solver='cholesky')"] = (
            Peer(lambda: sklearn_fit(Ridge(alpha=RIDGE_ALPHA, solver="cholesky"), x, y)), OURS)
        contenders["LinearRegression"] = (Peer(lambda: sklearn_fit(LinearRegression(), x, y)), OURS)
    return contenders


def measure(contenders):
    """name -> seconds of each run, in turns, until each has had its time."""
    first = {name: contender.run() for name, (contender, _) in contenders.items()}
    runs = {name: [] for name in contenders}
    spent = {name: 0.0 for name in contenders}
    waiting = set(contenders)
    while waiting:
        for name, (contender, _) in contenders.items():
            if name not in waiting:
                continue
            start = time.perf_counter()
            for _ in range(BURST if first[name] < 0.01 else 1):
                runs[name].append(contender.run())
            spent[name] += time.perf_counter() - start
            fewest = 2 if first[name] > 5 else 3
            if len(runs[name]) >= fewest and (spent[name] >= ARGUMENTS.seconds or len(runs[name]) >= 1000):
                waiting.discard(name)
    return runs


def digits(theta, truth):
    error = numpy.max(numpy.abs(theta - truth)) / numpy.max(numpy.abs(truth))
    return 17.0 if error == 0 else -math.log10(error)


def report_case(case, contenders, runs, writer):
    """Prints the table of one case; the smallest number of digits in it."""
    print(f"\n{case}, {ARGUMENTS.threads} threads")
    print(f"  {'':26} {'intercept':9} {'runs':>4} {'min s':>10} {'median s':>10} {'ratio':>7} {'to cli':>7} {'digits':>6}")
    fewest, program = 17.0, min(runs[OURS_PROGRAM])
    for name, (contender, same_problem) in contenders.items():
        least, middle = min(runs[name]), statistics.median(runs[name])
        ratio = least / min(runs[same_problem])
        agreement = digits(contender.coefficients(), contenders[same_problem][0].coefficients())
        fewest = min(fewest, agreement)
        intercept = "no" if same_problem == OURS_PLAIN else "yes"
        print(f"  {name:26} {intercept:9} {len(runs[name]):4} {least:10.6f} {middle:10.6f} {ratio:7.2f} "
              f"{least / program:7.2f} {agreement:6.1f}")
        writer.writerow([case, name, intercept, ARGUMENTS.threads, len(runs[name]), f"{least:.6g}", f"{middle:.6g}",
                         f"{ratio:.4g}", f"{least / program:.4g}", f"{agreement:.3g}"])
    return fewest


def report_memory(program, x):
    if x.nbytes < MEMORY_CASE_BYTES:
        return
    beyond, anonymous = program.memory_beyond_data()
    print(f"  peak memory of the command line: {beyond / 1e6:.1f} MB beyond the mapped file "
          f"(program and libraries included), {anonymous / 1e6:.1f} MB of it allocated")


def run_case(case, library, writer):
    rows, columns = (int(float(part)) for part in case.split("x"))
    x, y = make_data(rows, columns)
    with tempfile.TemporaryDirectory(prefix="gemml-peers-") as folder:
        contenders = make_contenders(library, folder, x, y)
        runs = measure(contenders)
        fewest = report_case(case, contenders, runs, writer)
        report_memory(contenders[OURS_PROGRAM][0], x)
        for contender, _ in contenders.values():
            contender.close()
    return fewest


def blas_of_numpy():
    """The BLAS libraries that are loaded, resolved: NumPy's is among them."""
    with open("/proc/self/maps") as maps:
        paths = {os.path.realpath(line.split()[-1]) for line in maps if "/lib" in line and "blas" in line}
    return ", ".join(sorted(path for path in paths if os.path.basename(path).startswith("lib"))) or "built in"


def print_heading(library):
    processor = "unknown"
    with open("/proc/cpuinfo") as information:
        for line in information:
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    print(f"processor     {processor}, {os.cpu_count()} cores")
    print(f"gemml         {library.version()}")
    print(f"NumPy         {numpy.__version__}")
    print(f"scikit-learn  {sklearn.__version__ if sklearn else 'not installed: left out'}")
    print(f"BLAS          {blas_of_numpy()}")


def main():
    library = Library(ARGUMENTS.library, ARGUMENTS.threads)
    print_heading(library)
    with open(ARGUMENTS.csv or os.devnull, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["case", "contender", "intercept", "threads", "runs", "seconds_min", "seconds_median", "ratio",
                         "ratio_to_program", "digits"])
        fewest = min(run_case(case, library, writer) for case in ARGUMENTS.cases)
    if fewest < AGREE:
        sys.exit(f"the contenders do not agree: {fewest:.1f} digits, {AGREE} are wanted")


if __name__ == "__main__":
    main()

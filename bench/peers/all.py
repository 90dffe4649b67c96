#!/usr/bin/env python3
"""gemml beside NumPy, scikit-learn, PyTorch, FANN, R and pandas: the same data in one run.

  bench/peers/all.py                                  everything, two threads: half an hour
  bench/peers/all.py --list                           the names of the cases
  bench/peers/all.py --filter 'linear/*' --seconds 5  some of them
  bench/peers/all.py --quick                          small cases, short runs

Contenders take turns, so that a slow minute of the machine hits all of them; a turn is one
run, or ten of those that take less than 10 ms. A warm-up first; then the fastest and the
middle run of each. `ratio` is how many times longer a contender takes than gemml for the
same problem, by the fastest runs; a goal is the ratio it should have. `agreement` says how
near its result is to ours; where it is not near enough the script fails. A package that is
not installed is left out, and named.
"""

import argparse
import csv
import fnmatch
import importlib
import os
import shutil
import sys
import tempfile
import types

SECTIONS = {"linear": "linear", "logistic": "logistic", "predict": "predict", "network": "training", "files": "files"}


def parse_arguments():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--filter", action="append", help="cases whose name matches (shell wildcards; several: any)")
    parser.add_argument("--list", action="store_true", help="names only")
    parser.add_argument("--threads", type=int, default=2, help="threads of every contender (default: 2)")
    parser.add_argument("--seconds", type=float, default=10.0, help="about so long for each contender and case")
    parser.add_argument("--build", default=build, help="build folder with src/libgemml.so, src/cli/gemml and gemml-bench")
    parser.add_argument("--csv", default=os.devnull, help="write the table to this file too")
    parser.add_argument("--quick", action="store_true", help="small cases, short runs")
    arguments = parser.parse_args()
    arguments.library, arguments.program, arguments.bench = (
        os.path.join(arguments.build, *path) for path in (("src", "libgemml.so"), ("src", "cli", "gemml"),
                                                          ("bench", "gemml-bench")))
    for path in (arguments.library, arguments.program, arguments.bench):
        if not os.path.exists(path):
            parser.error(f"{path} is not there: build first (meson setup build && ninja -C build)")
    if arguments.quick:
        arguments.seconds = min(arguments.seconds, 0.3)
    return arguments


ARGUMENTS = parse_arguments()
for variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[variable] = str(ARGUMENTS.threads)  # read when NumPy is imported

try:
    import numpy
except ImportError:
    sys.exit("NumPy is not installed: the data for every contender is made with it (Debian: python3-numpy)")

sys.dont_write_bytecode = True  # no traces in the source tree
from contest import Table  # noqa: E402
from ours import Library  # noqa: E402


def optional(name, part=None):
    """A module, or None; `part` is one of its own that must be imported too."""
    try:
        module = importlib.import_module(name)
        if part:
            importlib.import_module(f"{name}.{part}")
        return module
    except ImportError:
        return None


def find_packages(folder):
    packages = types.SimpleNamespace(folder=folder, sklearn=optional("sklearn", "linear_model"), torch=optional("torch"),
                                     pandas=optional("pandas"), r=shutil.which("Rscript"))
    if packages.torch:
        packages.torch.set_num_threads(ARGUMENTS.threads)
    return packages


def blas_of_numpy():
    """The BLAS libraries that are loaded, resolved: NumPy's is among them."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {os.path.realpath(line.split()[-1]) for line in maps if "/lib" in line and "blas" in line}
    return ", ".join(sorted(path for path in paths if os.path.basename(path).startswith("lib"))) or "built in"


def print_heading(library, packages):
    processor = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as information:
        for line in information:
            if line.startswith("model name"):
                processor = line.partition(":")[2].strip()
                break
    print(f"processor     {processor}, {os.cpu_count()} cores")
    print(f"gemml         {library.version()}")
    print(f"NumPy         {numpy.__version__}, BLAS {blas_of_numpy()}")
    for name, module in (("scikit-learn", packages.sklearn), ("PyTorch", packages.torch), ("pandas", packages.pandas)):
        print(f"{name:13} {module.__version__ if module else 'not installed: left out'}")
    print(f"R             {packages.r or 'not installed: left out'}")


def main():
    sections = {name: importlib.import_module(module) for name, module in SECTIONS.items()}
    names = [name for section in sections.values() for name in section.names(ARGUMENTS.quick)]
    if ARGUMENTS.filter:
        names = [name for name in names if any(fnmatch.fnmatchcase(name, pattern) for pattern in ARGUMENTS.filter)]
    if not names:
        sys.exit("no case has such a name (see --list)")
    if ARGUMENTS.list:
        print("\n".join(names))
        return
    ARGUMENTS.library_path = os.path.abspath(ARGUMENTS.library)
    ARGUMENTS.library = Library(ARGUMENTS.library, ARGUMENTS.threads)  # from here on the library itself
    with open(ARGUMENTS.csv, "w", newline="", encoding="utf-8") as file, \
            tempfile.TemporaryDirectory(prefix="gemml-peers-") as folder:
        packages = find_packages(folder)
        print_heading(ARGUMENTS.library, packages)
        table = Table(ARGUMENTS.threads, csv.writer(file))
        for name in names:
            case = sections[name.split("/")[0]].make(name, ARGUMENTS, packages)
            table.run(case, ARGUMENTS.seconds)
            case.close()
            file.flush()  # what is there is there, if somebody loses patience
    table.summary()
    if table.disagreements:
        sys.exit("the contenders do not agree:\n  " + "\n  ".join(table.disagreements))


if __name__ == "__main__":
    main()

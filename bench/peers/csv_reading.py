#!/usr/bin/env python3
"""How long gemml and pandas take to read a CSV file of numbers, on one core.

    /usr/bin/python3 bench/peers/csv_reading.py [--megabytes 200] [--runs 5] [--build build]

Both read the same file in this process, in turns, by gemml_table_read and by
pandas.read_csv with its default engine. What is compared is CPU time (user and
system, page faults included), which other work on the machine disturbs least; the
file is in the page cache. A case is one way to write numbers:

    short       %.6g         1.23457,-0.0612345
    shortest    repr         1.2345678901234567,-0.06123456789012345
    scientific  %.18e        1.234567890123456690e+00   (numpy.savetxt)
    integers    %d           12345,-612

The numbers that gemml reads are compared with those of pandas' exact parser
(float_precision="round_trip"), bit by bit, on the first rows: the default one may
be off by a few units of the last digit.
"""

import argparse
import ctypes
import os
import statistics
import sys
import tempfile
import time

try:
    import numpy
    import pandas
except ImportError:
    sys.exit("NumPy and pandas are needed (Debian: python3-pandas)")

sys.dont_write_bytecode = True  # no traces in the source tree
from ours import Dataset, Library  # noqa: E402

WRITERS = {"short": "%.6g", "shortest": repr, "scientific": "%.18e", "integers": "%d"}
COLUMNS = 20
BLOCK_ROWS = 10000  # written again and again: what stands in it is new to every line, not to the file
CHECKED_ROWS = 2000
LEARN = 1


def parse_arguments():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=200.0, help="size of the file (default: 200)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each reader (default: 5)")
    parser.add_argument("--cases", default=",".join(WRITERS), help=f"of {', '.join(WRITERS)} (default: all)")
    parser.add_argument("--build", default=os.path.join(here, "..", "..", "build"), help="build folder")
    return parser.parse_args()


def write_file(path, case, size):
    """Normal numbers (integers: of up to five digits) under a header."""
    random = numpy.random.default_rng(1)
    values = random.standard_normal((BLOCK_ROWS, COLUMNS))
    if case == "integers":
        values = numpy.trunc(values * 10000)
    write = WRITERS[case] if callable(WRITERS[case]) else WRITERS[case].__mod__
    block = "".join(",".join(write(float(value)) for value in row) + "\n" for row in values).encode()
    with open(path, "wb") as file:
        file.write((",".join(f"column{j}" for j in range(COLUMNS)) + "\n").encode())
        while file.tell() < size:
            file.write(block)


class Reader:
    """gemml_table_read; a frame of all columns is a view of the table."""

    def __init__(self, library):
        self.library, self.calls = library, library.calls
        self.calls.gemml_frame_dataset.restype = Dataset
        self.calls.gemml_frame_dataset.argtypes = [ctypes.c_void_p]

    def read(self, path):
        table = ctypes.c_void_p()
        self.library.check(self.calls.gemml_table_read(ctypes.byref(table), path.encode()))
        return table

    def time(self, path):
        start = time.process_time()
        table = self.read(path)
        seconds = time.process_time() - start
        self.calls.gemml_table_free(table)
        return seconds

    def numbers(self, path):
        table, schema, frame = self.read(path), ctypes.c_void_p(), ctypes.c_void_p()
        self.library.check(self.calls.gemml_schema_create(ctypes.byref(schema), table, None))
        self.library.check(self.calls.gemml_encode(ctypes.byref(frame), schema, table, 0))
        view = self.calls.gemml_frame_dataset(frame).x
        cells = numpy.ctypeslib.as_array(ctypes.cast(view.data, ctypes.POINTER(ctypes.c_double)),
                                         (view.rows, view.stride))[:CHECKED_ROWS, :view.cols].copy()
        self.calls.gemml_frame_free(frame)
        self.calls.gemml_schema_free(schema)
        self.calls.gemml_table_free(table)
        return cells


def time_pandas(path):
    start = time.process_time()
    pandas.read_csv(path)
    return time.process_time() - start


def run_case(case, reader, path, arguments):
    write_file(path, case, arguments.megabytes * 1e6)
    megabytes = os.path.getsize(path) / 1e6
    exact = pandas.read_csv(path, nrows=CHECKED_ROWS, float_precision="round_trip", dtype=float).to_numpy()
    if not numpy.array_equal(reader.numbers(path).view(numpy.uint64), exact.view(numpy.uint64)):
        sys.exit(f"{case}: the numbers that gemml reads are not those of the file")
    ours, theirs = [], []
    for _ in range(arguments.runs):
        ours.append(reader.time(path))
        theirs.append(time_pandas(path))
    ratios = [theirs_i / ours_i for theirs_i, ours_i in zip(theirs, ours)]
    print(f"{case:11} {megabytes:7.0f} {min(ours):8.3f} {statistics.median(ours):8.3f} {min(theirs):9.3f} "
          f"{statistics.median(theirs):8.3f} {min(theirs) / min(ours):7.2f} {statistics.median(ratios):8.2f} "
          f"{megabytes / min(ours):7.0f}", flush=True)


def main():
    arguments = parse_arguments()
    library = Library(os.path.join(arguments.build, "src", "libgemml.so"), 1)
    print(f"gemml {library.version()}, pandas {pandas.__version__}, one thread, seconds of CPU time")
    print(f"{'':11} {'MB':>7} {'gemml':>8} {'median':>8} {'pandas':>9} {'median':>8} {'ratio':>7} {'median':>8} {'MB/s':>7}")
    with tempfile.TemporaryDirectory(prefix="gemml-csv-") as folder:
        for case in arguments.cases.split(","):
            run_case(case, Reader(library), os.path.join(folder, "numbers.csv"), arguments)


if __name__ == "__main__":
    main()

"""Reading a table of numbers, CSV and NPY, from the page cache on all threads: until the
numbers are there as a matrix. bench/peers/csv_reading.py looks at CSV alone, by CPU time."""

import ctypes
import os
import time

import numpy

from contest import Call, Case, OURS
from ours import Dataset

COLUMNS, PANDAS, NUMPY = 20, "pandas.read_csv", "numpy.load, a copy"
ROWS, QUICK_ROWS = 100000, 2000
LEARN = 0


class Reading:
    """gemml_table_read, and the frame of all columns."""

    def __init__(self, library, path):
        self.library, self.calls, self.path = library, library.calls, path
        self.calls.gemml_frame_dataset.restype = Dataset
        self.calls.gemml_frame_dataset.argtypes = [ctypes.c_void_p]
        self.handles = None

    def run(self):
        self.close()
        table, schema, frame = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
        start = time.perf_counter()
        self.library.check(self.calls.gemml_table_read(ctypes.byref(table), self.path.encode()))
        self.library.check(self.calls.gemml_schema_create(ctypes.byref(schema), table, None))
        self.library.check(self.calls.gemml_encode(ctypes.byref(frame), schema, table, LEARN))
        seconds = time.perf_counter() - start
        self.handles = table, schema, frame
        return seconds

    def result(self):
        x = self.calls.gemml_frame_dataset(self.handles[2]).x
        return numpy.ctypeslib.as_array(ctypes.cast(x.data, ctypes.POINTER(ctypes.c_double)), (x.rows, x.stride))[:, :x.cols]

    def close(self):
        if self.handles:
            table, schema, frame = self.handles
            self.calls.gemml_frame_free(frame)
            self.calls.gemml_schema_free(schema)
            self.calls.gemml_table_free(table)
        self.handles = None


def names(quick):
    return [f"files/{kind}/{QUICK_ROWS if quick else ROWS}x{COLUMNS}" for kind in ("csv", "npy")]


def equal(_, found, ours):
    """pandas' default parser may be off by units of the last digit."""
    error = abs(numpy.asarray(found) - ours).max()
    return f"largest difference {error:.1e}", found.shape == ours.shape and error < 1e-14


def make(name, setting, packages):
    _, kind, shape = name.split("/")
    values = numpy.random.default_rng(1).random([int(part) for part in shape.split("x")])
    path = os.path.join(packages.folder, f"numbers.{kind}")
    case = Case(name, equal, {PANDAS: 4} if kind == "csv" else {})
    if kind == "csv":
        numpy.savetxt(path, values, "%.17g", ",", header=",".join(f"x{j}" for j in range(COLUMNS)), comments="")
    else:
        numpy.save(path, values)
    case.add(OURS, Reading(setting.library, path))
    if kind == "npy":
        case.add(NUMPY, Call(lambda: numpy.load(path)))
    elif packages.pandas:
        case.add(PANDAS, Call(lambda: packages.pandas.read_csv(path).to_numpy()))
    else:
        case.skip(PANDAS, "not installed")
    return case

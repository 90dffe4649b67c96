#!/usr/bin/env python3
"""Real tables, as they were published: each trains in one command, and predicts the
same numbers from a copy whose columns stand in another order.

    check_tables.py GEMML DATA

The copy is written with other quotes, delimiters and line ends, and without the
target. A table of numbers alone gives the same coefficients, to the bit, from a
NPY file of the same doubles.
"""

import csv
import io
import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

# file, delimiter, header, target, inputs that must be there
TABLES = [
    ("winequality-red.csv", ";", True, "quality", ["alcohol"]),
    ("tabular/titanic.csv", ",", True, "Fare", ["Sex=male", "Embarked=NA", "Embarked=Q"]),
    ("tabular/auto-mpg.csv", ",", True, "mpg", ["horsepower", "origin=usa"]),
    ("tabular/auto-mpg.data", None, False, "x0", ["x3", "x7"]),
    ("tabular/bank.csv", ";", True, "balance", ["job=unknown", "y=yes"]),
    ("tabular/penguins.csv", ",", True, "body_mass_g", ["sex=male", "species=Gentoo"]),
    ("tabular/concrete.csv", ",", True, "Concrete compressive strength(MPa, megapascals)", ["Age (day)"]),
]


def run(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, words))}\ngave {done.returncode}: {done.stderr}")
    return done.stdout


def read_rows(path, delimiter, header):
    """Names and rows, as texts."""
    text = path.read_text(encoding="utf-8")
    if delimiter:
        rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    else:
        rows = [next(csv.reader([" ".join(line.split())], delimiter=" ")) for line in text.splitlines()]
    names = rows.pop(0) if header else [f"x{j}" for j in range(len(rows[0]))]
    return names, rows


def write_shuffled(path, names, rows, target):
    """Columns in a random order, without the target: all quoted, tabs, CRLF, a byte-order mark."""
    order = [j for j in range(len(names)) if names[j] != target]
    random.Random(len(rows)).shuffle(order)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow([names[j] for j in order])
        writer.writerows([[row[j] for j in order] for row in rows])


def check_table(gemml, path, delimiter, header, target, inputs, folder):
    model, copy = folder / "model.gemml", folder / "copy.csv"
    run(gemml, "train", "linear", path, "--target", target, "--model", model)
    known = json.loads(run(gemml, "inspect", model, "--json"))
    for name in inputs:
        if name not in known["inputs"]:
            sys.exit(f"{path}: {name} is not among the inputs {known['inputs']}")
    names, rows = read_rows(path, delimiter, header)
    write_shuffled(copy, names, rows, target)
    first, second = run(gemml, "predict", model, path), run(gemml, "predict", model, copy)
    if first != second or len(first.splitlines()) != len(rows) + 1:
        sys.exit(f"{path}: predictions from the shuffled columns differ")


def write_npy(path, rows):
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({len(rows)}, {len(rows[0])}), }}".encode()
    values = b"".join(struct.pack(f"<{len(row)}d", *map(float, row)) for row in rows)
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values)


def check_npy(gemml, path, delimiter, options, folder):
    """The same estimates, as texts of 17 digits."""
    _, rows = read_rows(path, delimiter, True)
    write_npy(folder / "table.npy", rows)
    estimates = []
    for data in (path, folder / "table.npy"):
        run(gemml, "train", "linear", data, "--target", "-1", "--model", folder / "model.gemml", *options)
        known = json.loads(run(gemml, "inspect", folder / "model.gemml", "--json"))
        estimates.append([repr(entry["estimate"]) for entry in known["coefficients"]])
    if estimates[0] != estimates[1]:
        sys.exit(f"{path}: the coefficients from CSV and NPY differ")


def main(gemml, data):
    data = pathlib.Path(data)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name, delimiter, header, target, inputs in TABLES:
            check_table(gemml, data / name, delimiter, header, target, inputs, folder)
        for options in ([], ["--standardize", "--l2", "1"], ["--solver", "descent", "--standardize", "--epochs", "50"]):
            check_npy(gemml, data / "winequality-red.csv", ";", options, folder)
    print(f"{len(TABLES)} tables")


if __name__ == "__main__":
    main(*sys.argv[1:])

#!/usr/bin/env python3
"""Real tables, as they are, against a scikit-learn pipeline.

For each table and five seeds: a fifth of the rows is held out; gemml trains on the
file of the others and is judged on the file of these; scikit-learn does the same
with what a careful user writes by hand (mean for missing numbers, one-hot with the
first level dropped, standardised numbers, Ridge with the same penalty).

    bench/peers/tables.py --build BUILD --data FOLDER [--l2 X]

FOLDER holds the tables named below; those that are not there are passed over by name.
Packages: python3-sklearn, python3-pandas."""

import argparse
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

# file, delimiter, target (-1: the last column), columns that name rows
TABLES = [
    ("winequality-red.csv", ";", "quality", []),
    ("california_housing_mixed.csv", ",", "median_house_value", []),
    ("auto-mpg.csv", ",", "mpg", ["name"]),
    ("concrete.csv", ",", -1, []),
]
SEEDS = range(5)


def pipeline(frame, l2):
    """Missing numbers get the mean and are standardised; texts are one-hot."""
    texts = [c for c in frame.columns if frame[c].dtype == object]
    numbers = [c for c in frame.columns if c not in texts]
    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ("texts", OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False), texts),
    ])
    return make_pipeline(columns, Ridge(alpha=l2))


def gemml_r2(build, folder, target, l2):
    """R^2 on test.csv of a model trained on train.csv."""
    report = folder / "report.json"
    command = [build / "src/cli/gemml", "train", "linear", folder / "train.csv", "--target", str(target),
               "--valid", folder / "test.csv", "--standardize", "--l2", str(l2),
               "--model", folder / "model.gemml", "--report", report, "--quiet"]
    subprocess.run([str(word) for word in command], check=True)
    return json.loads(report.read_text())["valid"]["r2"]


def write_rows(path, lines, rows):
    path.write_bytes(b"".join([lines[0]] + [lines[1 + i] for i in rows]))


def compare(path, delimiter, target, drop, build, l2):
    """The two R^2 for each seed. The files keep the very lines of the table."""
    lines = path.read_bytes().splitlines(keepends=True)
    frame = pandas.read_csv(path, sep=delimiter, quoting=csv.QUOTE_MINIMAL)
    assert len(lines) == len(frame) + 1
    name = frame.columns[-1] if target == -1 else target
    frame_y, frame_x = frame[name], frame.drop(columns=[name] + drop)
    for seed in SEEDS:
        train, test = train_test_split(numpy.arange(len(frame)), test_size=0.2, random_state=seed)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write_rows(folder / "train.csv", lines, train)
            write_rows(folder / "test.csv", lines, test)
            ours = gemml_r2(build, folder, target, l2)
        theirs = pipeline(frame_x, l2).fit(frame_x.iloc[train], frame_y.iloc[train])
        yield ours, r2_score(frame_y.iloc[test], theirs.predict(frame_x.iloc[test]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("data"))
    parser.add_argument("--l2", type=float, default=1.0)
    arguments = parser.parse_args()
    worst = 0
    print(f"{'table':30} {'seed':>4} {'gemml':>10} {'sklearn':>10} {'difference':>11}")
    for name, delimiter, target, drop in TABLES:
        if not (arguments.data / name).exists():
            print(f"{name:30} is not in {arguments.data}", file=sys.stderr)
            continue
        pairs = compare(arguments.data / name, delimiter, target, drop, arguments.build, arguments.l2)
        for seed, (ours, theirs) in enumerate(pairs):
            worst = max(worst, abs(ours - theirs))
            print(f"{name:30} {seed:4} {ours:10.6f} {theirs:10.6f} {ours - theirs:11.1e}")
    print(f"largest difference: {worst:.1e}")


if __name__ == "__main__":
    main()

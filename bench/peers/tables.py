#!/usr/bin/env python3
"""Real tables, as they are, against scikit-learn pipelines.

For each table and five seeds: a fifth of the rows is held out; gemml trains on the
file of the others and predicts the file of these; scikit-learn does the same with
what a careful user writes by hand (mean for missing numbers, a level of its own for
missing texts, one-hot with the first level dropped, standardised numbers, and Ridge
or LogisticRegression with the same penalty). Linear models are judged by R^2,
logistic ones by accuracy.

    bench/peers/tables.py --build BUILD --data FOLDER [--l2 X]

FOLDER holds the tables named below; those that are not there are passed over by name.
Packages: python3-sklearn, python3-pandas."""

import argparse
import pathlib
import subprocess
import sys
import tempfile
import typing

import numpy
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


class Table(typing.NamedTuple):
    kind: str  # of the model
    name: str
    delimiter: str
    target: typing.Union[str, int]  # -1: the last column
    drop: typing.Tuple[str, ...]  # columns that name rows


TABLES = [
    Table("linear", "winequality-red.csv", ";", "quality", ()),
    Table("linear", "california_housing_mixed.csv", ",", "median_house_value", ()),
    Table("linear", "auto-mpg.csv", ",", "mpg", ("name",)),
    Table("linear", "concrete.csv", ",", -1, ()),
    Table("logistic", "titanic.csv", ",", "Survived", ("Name", "Ticket", "Cabin")),
    Table("logistic", "bank.csv", ";", "y", ()),
    Table("logistic", "penguins.csv", ",", "species", ()),
]
SEEDS = range(5)


def pipeline(kind, frame, l2):
    """Missing numbers get the mean and are standardised; texts are one-hot."""
    # "~NA" sorts behind the other levels, as gemml has it: which level is the base matters to a penalty.
    texts = [c for c in frame.columns if frame[c].dtype == object]
    numbers = [c for c in frame.columns if c not in texts]
    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), numbers),
        ("texts", make_pipeline(SimpleImputer(strategy="constant", fill_value="~NA"),
                                OneHotEncoder(drop="first", handle_unknown="ignore", sparse_output=False)), texts),
    ])
    return make_pipeline(columns, Ridge(alpha=l2) if kind == "linear" else LogisticRegression(C=1 / l2, max_iter=10000))


def gemml_predictions(build, folder, table, l2):
    """Predictions for test.csv of a model trained on train.csv, with the defaults of a careful user."""
    program, model, predictions = build / "src/cli/gemml", folder / "model.gemml", folder / "predictions.csv"
    train = [program, "train", table.kind, folder / "train.csv", "--target", table.target, "--standardize", "--l2", l2,
             "--model", model, "--quiet"]
    predict = [program, "predict", model, folder / "test.csv", "--output", predictions, "--quiet"]
    for command in (train, predict):
        subprocess.run([str(word) for word in command], check=True)
    return pandas.read_csv(predictions)["prediction"]


def write_rows(path, lines, rows):
    path.write_bytes(b"".join([lines[0]] + [lines[1 + i] for i in rows]))


def compare(table, path, build, l2):
    """The two scores for each seed. The files keep the very lines of the table."""
    lines = path.read_bytes().splitlines(keepends=True)
    frame = pandas.read_csv(path, sep=table.delimiter)
    assert len(lines) == len(frame) + 1
    name = frame.columns[-1] if table.target == -1 else table.target
    y, x = frame[name], frame.drop(columns=[name, *table.drop])
    score = r2_score if table.kind == "linear" else accuracy_score
    for seed in SEEDS:
        train, test = train_test_split(numpy.arange(len(frame)), test_size=0.2, random_state=seed)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            write_rows(folder / "train.csv", lines, train)
            write_rows(folder / "test.csv", lines, test)
            ours = gemml_predictions(build, folder, table, l2)
        theirs = pipeline(table.kind, x, l2).fit(x.iloc[train], y.iloc[train])
        yield score(y.iloc[test], ours), score(y.iloc[test], theirs.predict(x.iloc[test]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=pathlib.Path("build"))
    parser.add_argument("--data", type=pathlib.Path, default=pathlib.Path("data"))
    parser.add_argument("--l2", type=float, default=1.0)
    arguments = parser.parse_args()
    worst = {"linear": 0, "logistic": 0}
    print(f"{'table':30} {'model':>8} {'seed':>4} {'gemml':>10} {'sklearn':>10} {'difference':>11}")
    for table in TABLES:
        path = arguments.data / table.name
        if not path.exists():
            print(f"{table.name:30} is not in {arguments.data}", file=sys.stderr)
            continue
        for seed, (ours, theirs) in enumerate(compare(table, path, arguments.build, arguments.l2)):
            worst[table.kind] = max(worst[table.kind], abs(ours - theirs))
            print(f"{table.name:30} {table.kind:>8} {seed:4} {ours:10.6f} {theirs:10.6f} {ours - theirs:11.1e}")
    for kind, difference in worst.items():
        print(f"{kind}: largest difference {difference:.1e}")


if __name__ == "__main__":
    main()

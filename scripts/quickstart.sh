#!/usr/bin/env bash
# From a fresh clone to a fitted model: installs the packages that are missing,
# builds in build/, fits the quality of 1599 red wines from their chemistry and who
# survived the Titanic, and ends with the demonstrations: models whose answers are known,
# and their pictures.
# Every command is shown before it runs, so that you can repeat it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() {
    printf '\n# %s\n' "$*"
}

run() {
    printf '$ %s\n' "$*"
    "$@"
}

bash scripts/packages.sh --pictures

say "Build the library and the program gemml"
if [ ! -f build/build.ninja ]; then
    run meson setup build -Dtests=false -Dbenchmarks=false
fi
run meson compile -C build

gemml=build/src/cli/gemml
wine=data/winequality-red.csv
mkdir -p build/quickstart

say "Linear regression, solved at once by Cholesky's method"
run $gemml train linear $wine --target quality --model build/quickstart/wine.gemml

say "What was fitted"
run $gemml inspect build/quickstart/wine.gemml

say "The same by gradient descent: it gets to the same place, step by step"
run $gemml train linear $wine --target quality --solver descent --standardize --model build/quickstart/descent.gemml

say "Predict; the first lines of the answer"
run $gemml predict build/quickstart/wine.gemml $wine --output build/quickstart/predictions.csv
run head -n 5 build/quickstart/predictions.csv

say "How good are the predictions?"
run $gemml evaluate build/quickstart/wine.gemml $wine

ship=data/tabular/titanic.csv
say "Logistic regression: who survived the Titanic? A fifth of the passengers is held out"
run $gemml train logistic $ship --target Survived --drop PassengerId,Embarked --holdout 0.2 \
    --model build/quickstart/ship.gemml --quiet
run $gemml evaluate build/quickstart/ship.gemml $ship

say "The demonstrations: made-up data, four models that learn by gradient descent, and their pictures"
run $gemml demo all --output build/quickstart/demo

say "Next: $gemml --help, and README.md for the first program in C"

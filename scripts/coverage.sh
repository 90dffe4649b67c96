#!/usr/bin/env bash
# Which lines and branches of src/ the test suite executes (gcc, gcov, gcovr).
#
#   scripts/coverage.sh          the quick suite, in build-coverage/
#   scripts/coverage.sh --full   with the long tests
#
# Every branch counts, those that only a failing allocation or a failing system call
# takes as well: they are covered by the tests that make these fail, or they are not.
# Loops are compiled once (-Ddispatch=false), not once per kind of processor.
# What a process does that is killed is not seen; those that leave by _exit write their
# counts (leave_process in tests/support). src/naive, which is for tests and benchmarks, is
# left out. The last lines are per room, for the readers and writers of files, and for
# everything; build-coverage/coverage.html has the lines.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=build-coverage
run=(--timeout-multiplier 10 --no-suite architecture --no-suite install --no-suite scripts)
if [ "${1-}" = --full ]; then
    run+=(--setup full)
fi
if [ ! -f $folder/build.ninja ]; then
    meson setup $folder --buildtype=debug -Db_coverage=true -Dbenchmarks=false -Ddispatch=false \
        -Dc_args=-fprofile-update=atomic -Dcpp_args=-fprofile-update=atomic
fi
meson compile -C $folder
find $folder -name '*.gcda' -delete
meson test -C $folder --no-rebuild "${run[@]}" || echo "some tests failed: the numbers are of what ran"

gcovr --root . --object-directory $folder --filter src/ --exclude src/naive/ --exclude-throw-branches \
    --json-summary $folder/coverage.json --html-details $folder/coverage.html
python3 scripts/coverage_table.py $folder/coverage.json

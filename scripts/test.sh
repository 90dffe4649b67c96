#!/usr/bin/env bash
# Builds gemml and runs its tests. The last line is "N passed, N failed".
#
#   scripts/test.sh              the suite, in build-test/
#   scripts/test.sh --full       the long tests too (more cases, kills, failures; an hour or so)
#   scripts/test.sh --sanitize   under the address and undefined behaviour sanitizers
#   scripts/test.sh --tsan       under the thread sanitizer
#   scripts/test.sh --valgrind   under valgrind (some ten minutes)
#
# What follows the option goes to meson test, as in: scripts/test.sh --sanitize io_safetensors
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

folder=build-test
packages=(--test)
setup=(--buildtype=debugoptimized -Dwerror=true)
run=(--print-errorlogs)
case ${1-} in
--full)
    packages+=(--full)
    run+=(--setup full)
    shift
    ;;
--sanitize)
    folder=build-sanitize
    setup+=(-Db_sanitize=address,undefined -Ddispatch=false)
    # What the install test compiles is not instrumented, and cannot load what is.
    run+=(--no-suite install --timeout-multiplier 10)
    export ASAN_OPTIONS=halt_on_error=1:abort_on_error=1:allocator_may_return_null=1:detect_stack_use_after_return=1
    export UBSAN_OPTIONS=halt_on_error=1:abort_on_error=1:print_stacktrace=1
    shift
    ;;
--tsan)
    folder=build-tsan
    setup+=(-Db_sanitize=thread -Ddispatch=false)
    run+=(--no-suite install --timeout-multiplier 10)
    export TSAN_OPTIONS=halt_on_error=1:abort_on_error=1:allocator_may_return_null=1
    shift
    ;;
--valgrind)
    packages+=(--valgrind)
    folder=build-valgrind
    # The programs that the tests start are watched too.
    valgrind="valgrind --quiet --trace-children=yes --trace-children-skip=/bin/*,/usr/bin/* --leak-check=full"
    valgrind+=" --errors-for-leak-kinds=definite,indirect --error-exitcode=99"
    run+=(--no-suite install --no-suite architecture --no-suite scripts --timeout-multiplier 60 --wrapper "$valgrind")
    shift
    ;;
--help)
    sed -n '2,10s/^# \{0,1\}//p' scripts/test.sh
    exit 0
    ;;
esac

failed() {
    echo "$1"
    echo "0 passed, 1 failed"
    exit 1
}

bash scripts/packages.sh "${packages[@]}" || failed "the packages that the tests need are not there"
if [ ! -f $folder/build.ninja ]; then
    meson setup $folder "${setup[@]}" || failed "meson setup failed"
fi
meson compile -C $folder || failed "the build failed"

rm -f $folder/meson-logs/testlog*
meson test -C $folder --no-rebuild "${run[@]}" "$@" || true
python3 scripts/count_tests.py $folder/meson-logs

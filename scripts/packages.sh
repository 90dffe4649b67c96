#!/usr/bin/env bash
# Installs the Debian packages that gemml needs, those only that are missing.
#
#   scripts/packages.sh              what a build needs
#   scripts/packages.sh --test       and what the tests need
#   scripts/packages.sh --pictures   and gnuplot
#   scripts/packages.sh --valgrind   and valgrind
#   scripts/packages.sh --full       and what the long tests need: valgrind, strace
#
# Quiet when nothing is missing.
set -euo pipefail

commands=(gcc meson ninja pkg-config)
modules=(openblas lapacke jansson libxxhash zlib)
packages=(gcc g++ libc6-dev meson ninja-build pkg-config
    libopenblas-dev liblapacke-dev libjansson-dev libxxhash-dev zlib1g-dev libfast-float-dev)
for option in "$@"; do
    case $option in
    --test)
        modules+=(cmocka)
        commands+=(gnuplot)
        packages+=(libcmocka-dev gnuplot-nox)
        ;;
    --pictures)
        commands+=(gnuplot)
        packages+=(gnuplot-nox)
        ;;
    --valgrind)
        commands+=(valgrind)
        packages+=(valgrind)
        ;;
    --full)
        commands+=(valgrind strace)
        packages+=(valgrind strace)
        ;;
    *)
        echo "packages.sh: unknown option $option (--test, --pictures, --valgrind, --full)" >&2
        exit 2
        ;;
    esac
done

fail() {
    echo "packages.sh: $*" >&2
    exit 1
}

# Elsewhere than on Debian nothing is installed: what is there is looked for.
if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    missing=()
    for name in "${commands[@]}"; do
        command -v "$name" >/dev/null || missing+=("$name")
    done
    for name in "${modules[@]}"; do
        pkg-config --exists "$name" 2>/dev/null || missing+=("$name (pkg-config)")
    done
    [ ${#missing[@]} -eq 0 ] && exit 0
    printf -v list '%s, ' "${missing[@]}"
    fail "this is not a Debian system, so please install by hand: ${list%, }"
fi

missing=()
for package in "${packages[@]}"; do
    state=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0

privilege=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || fail "please install as root: apt-get install ${missing[*]}"
    privilege=(sudo)
fi
apt=("${privilege[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)

echo "packages.sh: installing with apt-get: ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
"${apt[@]}" update >"$log" 2>&1 || echo "packages.sh: apt-get update failed; going on with the package lists that are there" >&2
if ! "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" >"$log" 2>&1; then
    tail -n 20 "$log" >&2
    fail "apt-get could not install: ${missing[*]}"
fi

#!/usr/bin/env python3
"""Installs gemml into a scratch folder and uses it as a stranger would.

    check_install.py MESON BUILD SOURCE CC [CXX]

What is installed must be enough: the example is compiled as C and as C++ with
what `pkg-config --cflags --libs gemml` says and nothing else, while pkg-config
knows no other package, and its answers are compared with R's for the same data.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

# lm(mpg ~ wt + hp, mtcars) in R 4.2.2, and its predictions.
EXPECTED = """\
mpg = 37.2273 -3.8778 weight -0.03177 power
r2 = 0.8268
2.0 thousand pounds, 80 horsepower: 26.93 mpg
4.5 thousand pounds, 220 horsepower: 12.79 mpg
"""


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{shlex.join(map(str, command))}\ngave {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def expect(condition, complaint):
    if not condition:
        sys.exit(complaint)


def the_one(folder, pattern):
    found = sorted(folder.rglob(pattern))
    expect(len(found) == 1, f"{len(found)} installed files are named {pattern}, not 1")
    return found[0]


def check_files(installed, source):
    """Headers as in the source, no other ones; the library under its three names; the program."""
    include = the_one(installed, "gemml.h").parent
    of_source = {p.relative_to(source / "include"): p.read_bytes() for p in (source / "include").rglob("*.h")}
    of_install = {p.relative_to(include): p.read_bytes() for p in include.rglob("*") if p.is_file()}
    expect(of_source == of_install, f"installed headers {sorted(map(str, of_install))} differ from those of include/")
    library = the_one(installed, "libgemml.so")
    expect(library.is_symlink() and (library.parent / "libgemml.so.0").is_symlink(), "libgemml.so is not a link")
    expect(not list(installed.rglob("*.a")), "a static library was installed")
    return include, library.parent


def check_pkg_config(installed, include, libraries):
    """The flags; pkg-config sees gemml.pc and nothing else of this machine."""
    folder = the_one(installed, "gemml.pc").parent
    for line in (folder / "gemml.pc").read_text(encoding="utf-8").splitlines():
        expect(not line.startswith("Requires") or not line.split(":")[1].strip(), f"gemml.pc has the line {line}")
    environment = dict(os.environ, PKG_CONFIG_LIBDIR=str(folder), PKG_CONFIG_SYSROOT_DIR=str(installed),
                       PKG_CONFIG_ALLOW_SYSTEM_CFLAGS="1", PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")
    environment.pop("PKG_CONFIG_PATH", None)
    flags = shlex.split(run(["pkg-config", "--cflags", "--libs", "gemml"], env=environment))
    expect(flags == [f"-I{include}", f"-L{libraries}", "-lgemml"], f"pkg-config says {flags}")
    return flags


def check_program(compiler, source, flags, libraries, folder):
    program = folder / "program"
    run([*compiler, "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror",
         str(source / "examples/linear.c"), "-o", str(program), *flags])
    output = run([str(program)], env=dict(os.environ, LD_LIBRARY_PATH=str(libraries)))
    expect(output == EXPECTED, f"{shlex.join(compiler)}: the program printed\n{output}")


def check_command_line(installed, source, libraries, folder):
    """The installed program, away from the build folder, fits and predicts."""
    program = str(the_one(installed, "bin/gemml"))
    options = {"env": dict(os.environ, LD_LIBRARY_PATH=str(libraries)), "cwd": folder}
    data = str(source / "data/r/mtcars.csv")
    run([program, "train", "linear", data, "--target", "mpg", "--features", "wt,hp", "--model", "m", "--quiet"], **options)
    first = run([program, "predict", "m", data], **options).splitlines()[:2]
    expect(first[0] == "prediction" and abs(float(first[1]) - 23.5723294033056) < 1e-9, f"predict printed {first}")


def main(meson, build, source, *compilers):
    source = pathlib.Path(source)
    with tempfile.TemporaryDirectory(prefix="gemml-install-") as scratch:
        folder = pathlib.Path(scratch)
        installed = folder / "root"
        run([*shlex.split(meson), "install", "-C", build, "--no-rebuild", "--destdir", str(installed)])
        include, libraries = check_files(installed, source)
        flags = check_pkg_config(installed, include, libraries)
        for compiler, language in zip(compilers, (["-x", "c", "-std=c11"], ["-x", "c++", "-std=c++11"])):
            # -x none: what follows the program, the library, is no source.
            check_program(shlex.split(compiler) + language, source, ["-x", "none", *flags], libraries, folder)
        check_command_line(installed, source, libraries, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])

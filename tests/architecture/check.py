#!/usr/bin/env python3
"""Checks the rules of the house (docs/architecture.md).

    check.py includes ROOT                    who includes whom
    check.py sizes ROOT                       no file over 500 lines
    check.py headers INCLUDE COMPILER...      public headers stand alone
    check.py objects ARCHIVE...               who references which symbols
    check.py library LIBRARY INCLUDE          exports, soname, flags

A COMPILER is "c:COMMAND" or "c++:COMMAND". Every broken rule is printed as one
line; the exit status is 1 when there is one.
"""

import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

# A room may include rooms of a lower level. Rooms of one level may include each
# other as long as there is no circle.
LEVELS = {"util": 0, "kernel": 1, "fold": 2, "chain": 3,
          "train": 4, "solve": 4, "stats": 4, "io": 4, "data": 4, "api": 5}
MAX_LINES = 500

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
BLAS_HEADER = re.compile(r"^(open)?(cblas|lapacke)\w*\.h$")
BLAS_SYMBOL = re.compile(r"^(cblas_|LAPACKE_|openblas_)")
BLAS_OBJECT = re.compile(r"^kernel_linalg\w*\.c\.o$")

# What no object of the library may reference, and why.
FORBIDDEN = {
    "prints": {"printf", "vprintf", "fprintf", "vfprintf", "dprintf", "puts", "fputs", "putchar", "putc", "fputc",
               "putchar_unlocked", "perror", "psignal", "warn", "warnx", "err", "errx", "error", "syslog",
               "__printf_chk", "__vprintf_chk", "__fprintf_chk", "__vfprintf_chk", "stdout", "stderr"},
    "ends the process": {"exit", "_exit", "_Exit", "quick_exit", "abort", "__assert_fail", "__assert_perror_fail",
                         "raise", "kill", "_ZSt9terminatev"},
    "installs a handler": {"signal", "sigaction", "bsd_signal", "sysv_signal", "__sysv_signal", "atexit", "on_exit"},
    "changes the host's state": {"setlocale", "setenv", "unsetenv", "putenv", "chdir", "srand", "srandom"},
    "reads hidden state": {"rand", "random", "drand48"},
}
# What one object alone may reference.
RESERVED = {
    "util_alloc.c.o": {"malloc", "calloc", "realloc", "reallocarray", "posix_memalign", "aligned_alloc", "strdup",
                       "__strdup", "strndup", "__strndup", "asprintf", "vasprintf", "__asprintf_chk",
                       "__vasprintf_chk", "open_memstream", "getline", "__getdelim", "_Znwm", "_Znam"},
    "util_parallel.c.o": {"pthread_create", "thrd_create", "GOMP_parallel"},
}


def code_files(folder, *suffixes):
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix in suffixes)


def without_comments(text):
    return re.sub(r"/\*.*?\*/|//[^\n]*", lambda m: "\n" * m.group().count("\n"), text, flags=re.DOTALL)


def includes_of(path):
    """(form, name) of each include: form is < or "."""
    return INCLUDE.findall(without_comments(path.read_text(encoding="utf-8")))


def find_circle(edges):
    """A list of rooms that leads back to its first, or None."""
    def walk(room, trail):
        if room in trail:
            return trail[trail.index(room):] + [room]
        for following in sorted(edges.get(room, ())):
            circle = walk(following, trail + [room])
            if circle:
                return circle
        return None

    for room in sorted(edges):
        circle = walk(room, [])
        if circle:
            return circle
    return None


def check_library_include(where, room, form, name, source, sideways):
    """The complaint about one include of a file in a room of the library, or None."""
    if BLAS_HEADER.match(name) and not where.startswith("src/kernel/linalg"):
        return f"{where} includes {name}: only kernel/linalg may"
    if name == "gemml.h" or (form == '"' and name.startswith("gemml/")):
        return f"{where} includes {name}: the library includes <gemml/NAME.h>"
    if form == "<":
        return None
    target = name.split("/")[0]
    if "/" not in name or not (source / name).is_file():
        return f'{where} includes "{name}", which is not a file of src/'
    if room == "naive":
        return None if LEVELS.get(target, 9) <= LEVELS["chain"] or target == room else \
            f"{where} includes {name}: naive/ is the twin of chain/ and what is below"
    if target == room:
        return None
    if target not in LEVELS:
        return f"{where} includes {name}: no room of the library may include {target}/"
    if LEVELS[target] > LEVELS[room]:
        return f"{where} includes {name}: {room}/ is below {target}/"
    if LEVELS[target] == LEVELS[room]:
        sideways.setdefault(room, set()).add(target)
    return None


def check_user_include(where, form, name, own):
    """The same for a file that may know the public headers only."""
    if form == "<":
        return f"{where} includes <{name}>: <gemml.h> is what users include" if name.startswith("gemml/") \
            or BLAS_HEADER.match(name) else None
    return None if own(name) else f"{where} includes {name}: only <gemml.h> and headers of its own"


def check_includes(root):
    complaints = []
    source = root / "src"
    sideways = {}
    for path in code_files(source, ".c", ".h", ".cpp"):
        room = path.relative_to(source).parts[0]
        where = str(path.relative_to(root))
        if room not in LEVELS and room not in ("naive", "cli"):
            complaints.append(f"{where}: {room} is not a room of the house")
            continue
        for form, name in includes_of(path):
            if room == "cli":
                complaints.append(check_user_include(where, form, name, lambda n: n.startswith("cli/")))
            else:
                complaints.append(check_library_include(where, room, form, name, source, sideways))
    for path in code_files(root / "examples", ".c", ".cpp"):
        for form, name in includes_of(path):
            complaints.append(check_user_include(str(path.relative_to(root)), form, name, lambda n: False))
    circle = find_circle(sideways)
    if circle:
        complaints.append("rooms include each other in a circle: " + " -> ".join(circle))
    return [c for c in complaints if c]


def check_sizes(root):
    complaints = []
    for folder in ("src", "include", "tests", "bench", "examples", "scripts"):
        for path in code_files(root / folder, ".c", ".h", ".cpp", ".py", ".sh"):
            lines = len(path.read_bytes().splitlines())
            if lines > MAX_LINES:
                complaints.append(f"{path.relative_to(root)} has {lines} lines, over {MAX_LINES}")
    return complaints


def check_headers(include, compilers):
    complaints = []
    flags = {"c": ["-x", "c", "-std=c11", "-Wstrict-prototypes", "-Wmissing-prototypes"],
             "c++": ["-x", "c++", "-std=c++11"]}
    with tempfile.TemporaryDirectory() as folder:
        for header in code_files(include, ".h"):
            name = header.relative_to(include)
            program = pathlib.Path(folder) / "alone"
            program.write_text(f"#include <{name}>\n#include <{name}>\n", encoding="utf-8")
            for compiler in compilers:
                language, command = compiler.split(":", 1)
                done = subprocess.run(shlex.split(command) + flags[language]
                                      + ["-fsyntax-only", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Wshadow",
                                         "-Werror", f"-I{include}", str(program)],
                                      capture_output=True, text=True, check=False)
                if done.returncode:
                    complaints.append(f"{name} does not compile alone as {language}: {done.stderr.strip()}")
    return complaints


def undefined_symbols(archive):
    """(object, symbol) of each reference that an object of a static library leaves open."""
    listing = subprocess.run(["nm", "-A", "-u", str(archive)], capture_output=True, text=True, check=True).stdout
    for line in listing.splitlines():
        place, kind_and_symbol = line.split(": ", 1) if ": " in line else line.rsplit(":", 1)
        symbol = kind_and_symbol.split()[-1].split("@")[0]
        yield pathlib.PurePath(place.rstrip(":").split(":")[-1]).name, symbol


def check_objects(archives):
    complaints = []
    seen = set()
    for archive in archives:
        for name, symbol in undefined_symbols(archive):
            seen.add(name)
            if BLAS_SYMBOL.match(symbol) and not BLAS_OBJECT.match(name):
                complaints.append(f"{name} references {symbol}: only kernel/linalg may")
            for deed, symbols in FORBIDDEN.items():
                if symbol in symbols:
                    complaints.append(f"{name} references {symbol}, which {deed}")
            for owner, symbols in RESERVED.items():
                if symbol in symbols and name != owner:
                    complaints.append(f"{name} references {symbol}: only {owner} may")
    if not seen:
        complaints.append("no object to look at")
    return complaints


def declared_functions(include):
    """Names of the functions that the public headers declare with GEMML_API."""
    names = set()
    for header in code_files(include, ".h"):
        text = without_comments(header.read_text(encoding="utf-8"))
        text = re.sub(r"^\s*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.MULTILINE)
        names.update(re.findall(r"\bGEMML_API\b[^;{]*?\b(\w+)\s*\(", text))
    return names


def check_library(library, include):
    run = {"capture_output": True, "text": True, "check": True}
    exports = {line.split()[-1].split("@")[0]
               for line in subprocess.run(["nm", "-D", "--defined-only", str(library)], **run).stdout.splitlines()}
    declared = declared_functions(include)
    complaints = [f"{name} is exported but does not begin with gemml_"
                  for name in sorted(exports) if not name.startswith("gemml_")]
    complaints += [f"{name} is exported but not declared with GEMML_API"
                   for name in sorted(exports - declared) if name.startswith("gemml_")]
    complaints += [f"{name} is declared but not exported" for name in sorted(declared - exports)]

    dynamic = subprocess.run(["readelf", "-d", "-W", str(library)], **run).stdout
    if "[libgemml.so.0]" not in "".join(re.findall(r"\(SONAME\).*", dynamic)):
        complaints.append("the soname is not libgemml.so.0")
    if not re.search(r"\(FLAGS_1\).*\bNODELETE\b", dynamic):
        complaints.append("the library is not linked with -z nodelete")
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", dynamic)
    for wanted in ("libopenblas.so", "liblapacke.so"):
        if not any(name.startswith(wanted) for name in needed):
            complaints.append(f"the library does not need {wanted}")
    complaints += [f"the library needs {name}" for name in needed
                   if re.match(r"lib(blas|lapack|gomp|omp|iomp5)\.so", name)]
    return complaints


def main(arguments):
    rule, paths = arguments[0], arguments[1:]
    if rule == "includes":
        complaints = check_includes(pathlib.Path(paths[0]))
    elif rule == "sizes":
        complaints = check_sizes(pathlib.Path(paths[0]))
    elif rule == "headers":
        complaints = check_headers(pathlib.Path(paths[0]), paths[1:])
    elif rule == "objects":
        complaints = check_objects(paths)
    elif rule == "library":
        complaints = check_library(paths[0], pathlib.Path(paths[1]))
    else:
        complaints = [f"no rule {rule}"]
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

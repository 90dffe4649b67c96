"""docs/promises.md holds the names of tests that exist, and of the checks that are made.

    check_promises.py PAGE TESTS FOLDER

PAGE is the page, TESTS meson's list of tests (intro-tests.json), FOLDER tests/invariants. Each
name in backquotes in a column "kept by" must be that of a test; the checks of scikit-learn
that the page says are run must be those of the tables in FOLDER, and none of these may be
among the ones that do not apply.
"""

import json
import pathlib
import re
import sys

NAME = re.compile(r"`([a-z][a-z0-9_]*)`")
CHECK = re.compile(r"`(check_\w+)`")


def section(page, title, end):
    """The text from a title to the line that ends it."""
    text = page.split(title, 1)
    return text[1].split(end, 1)[0] if len(text) == 2 else ""


def kept_by(page):
    """The names in the last column of each row of the tables that say which tests keep a promise."""
    names, inside = [], False
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[-1] == "kept by":
            inside = True
        elif inside and not set(line) <= set("|-"):
            found = NAME.findall(cells[-1])
            names += found or [f"(nothing: {cells[0]})"]
    return names


def problems(page, tests, checked):
    known = {test["name"] for test in tests}
    named = kept_by(page)
    # Names in the text too, where they look like those of tests.
    suites = {test["suite"][0].split(":")[-1] for test in tests}
    named += [name for name in NAME.findall(page) if name.split("_")[0] in suites and "_" in name and name[:6] != "check_"]
    found = [f"there is no test {name}" for name in sorted(set(named) - known)]
    if len(kept_by(page)) < 30:
        found.append("the page holds hardly any names")
    applying = set(CHECK.findall(section(page, "under their names:", "These do not apply")))
    left_out = section(page, "These do not apply:", "These are tested")
    rows = [line.split("|")[1] for line in left_out.splitlines() if line.startswith("|")]
    found += [f"{name} is run, and not on the page" for name in sorted(checked - applying)]
    found += [f"{name} is on the page, and not run" for name in sorted(applying - checked)]
    return found + [f"{name} is run, and said not to apply" for name in sorted(checked & set(CHECK.findall("".join(rows))))]


def main(page, tests, folder):
    text = "\n".join(path.read_text(encoding="utf-8") for path in pathlib.Path(folder).glob("*.c"))
    checked = set(re.findall(r"^\s*CHECK\((check_\w+)\)", text, re.MULTILINE))
    found = problems(
        pathlib.Path(page).read_text(encoding="utf-8"), json.loads(pathlib.Path(tests).read_text(encoding="utf-8")), checked
    )
    for line in found:
        print(f"{page}: {line}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

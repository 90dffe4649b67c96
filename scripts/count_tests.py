#!/usr/bin/env python3
"""Counts test results from meson's log: prints "N passed, N failed".

    count_tests.py FOLDER    the folder holds testlog*.json, one object a line

A cmocka program counts as its cases, any other program as one. A program that
failed, crashed or ran out of time counts as failed even if all its cases that
came to an end passed. The exit status is 0 when something ran and nothing failed.
"""

import json
import pathlib
import re
import sys

PASSED = re.compile(r"^\[  PASSED  \] (\d+) test\(s\)", re.MULTILINE)
FAILED = re.compile(r"^\[  FAILED  \] (\d+) test\(s\)", re.MULTILINE)
OK = re.compile(r"^\[       OK \] ", re.MULTILINE)


def count(entry):
    """(passed, failed) of one program."""
    good = entry["result"] in ("OK", "EXPECTEDFAIL")
    if entry["result"] == "SKIP":
        return 0, 0
    text = (entry.get("stdout") or "") + "\n" + (entry.get("stderr") or "")
    summaries = PASSED.findall(text)
    passed = sum(map(int, summaries)) if summaries else len(OK.findall(text))
    failed = sum(map(int, FAILED.findall(text)))
    if not good:
        return passed, max(failed, 1)
    return passed if summaries else max(passed, 1), failed


def main(folder):
    passed = failed = 0
    for log in sorted(pathlib.Path(folder).glob("testlog*.json")):
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            counts = count(json.loads(line))
            passed += counts[0]
            failed += counts[1]
    print(f"{passed} passed, {failed} failed")
    return 0 if passed > 0 and failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

#!/usr/bin/env python3
"""Sums gcovr's summary by rooms: coverage_table.py build-coverage/coverage.json"""

import collections
import json
import pathlib
import sys

# What reads or writes files, in src/data. All of src/io does.
READERS = {"csv", "decimal", "dialect", "field", "foreign", "gzip", "input", "npy", "number", "schema_json", "table", "texts"}


def parts_of(name):
    """What a file counts for."""
    room = name.split("/")[1]
    reader = room == "io" or (room == "data" and pathlib.Path(name).stem in READERS)
    return [room, *(["readers and writers"] if reader else []), "all"]


def percent(covered, total):
    return 100 * covered / total if total else 100


def main(path):
    sums = collections.defaultdict(lambda: [0, 0, 0, 0])
    files = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))["files"]
    for file in files:
        counts = [file[name] for name in ("line_covered", "line_total", "branch_covered", "branch_total")]
        for part in parts_of(file["filename"]):
            sums[part] = [a + b for a, b in zip(sums[part], counts)]
    print(f"{'':20}{'lines':>8}{'covered':>10}{'branches':>10}{'covered':>10}")
    for part in sorted(sums, key=lambda name: (name == "all", " " in name, name)):
        lines, all_lines, branches, all_branches = sums[part]
        print(
            f"{part:20}{all_lines:8}{percent(lines, all_lines):9.1f}%{all_branches:10}{percent(branches, all_branches):9.1f}%"
        )


if __name__ == "__main__":
    main(sys.argv[1])

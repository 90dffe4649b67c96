#!/usr/bin/env python3
"""Compares what small fixed cases cost with the record in this folder.

    check_counts.py counts PROGRAM                        passes, allocations, calls of BLAS, iterations, ...
    check_counts.py instructions PROGRAM BUILD            instructions of our own code (valgrind's callgrind)
    check_counts.py renew PROGRAM BUILD                   writes both records anew

PROGRAM is the program `counts`. BUILD names what instructions depend on: compiler, build
type and the like; a record of another BUILD is not compared. Exit status: 0 equal within
the margins, 1 not, 77 not compared, with a line that says why.

More than recorded fails: of counts any, of allocations and their bytes 5%. Instructions are
those of the program's own objects (BLAS, the C library and vector mathematics, whose code is
chosen by processor, are left out) and may grow by 3%. Fewer than recorded is told, and no
failure: renew the record, so that what was gained is not lost again unseen.
"""

import csv
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
COUNTS, INSTRUCTIONS = HERE / "counts.csv", HERE / "instructions.csv"
MARGINS = {"allocations": 0.05, "kilobytes": 0.05}
INSTRUCTION_MARGIN = 0.03
SKIPPED = 77
RENEW = "if that is meant: ninja -C BUILD renew-counts, and commit the record"


def count(program):
    """case -> {count: value}."""
    with tempfile.TemporaryDirectory() as folder:
        text = subprocess.run([program, folder], check=True, stdout=subprocess.PIPE, text=True).stdout
    return read_table(text.splitlines())


def read_table(lines):
    return {row.pop("case"): {name: int(value) for name, value in row.items()} for row in csv.DictReader(lines)}


def differences(record, found, margin_of):
    """(is it worse?, a line) for each count that is off by more than its margin."""
    for case in sorted(set(record) | set(found)):
        if case not in record or case not in found:
            yield True, f"{case}: {'not recorded' if case in found else 'recorded, but not there any more'}"
            continue
        for name in sorted(set(record[case]) | set(found[case])):
            old, new = record[case].get(name, 0), found[case].get(name, 0)
            if abs(new - old) > margin_of(name) * old:
                change = f" ({100 * (new - old) / old:+.1f}%)" if old else ""
                yield new > old, f"{case}: {name} {old} -> {new}{change}"


def report(found):
    found = list(found)
    for _, line in found:
        print(line)
    worse = sum(is_worse for is_worse, _ in found)
    if found:
        print(f"{worse} more than recorded, {len(found) - worse} fewer; {RENEW}")
    return 1 if worse else 0


def compare_counts(program):
    record = read_table(COUNTS.read_text(encoding="utf-8").splitlines())
    return report(differences(record, count(program), lambda name: MARGINS.get(name, 0)))


def self_cost(profile, program):
    """Instructions of the objects of `program` in one file of callgrind's."""
    names, own, cost, inherited = {}, False, 0, False
    for line in profile.read_text(encoding="utf-8", errors="replace").splitlines():
        match = re.match(r"ob=\((\d+)\)(?: (.*))?$", line)
        if match:
            if match[2]:
                names[match[1]] = match[2]
            own = pathlib.Path(names[match[1]]).name == program.name
        elif line.startswith("calls="):
            inherited = True  # the next line is the cost of the callee
        elif re.match(r"[+\-*\d]", line):
            numbers = line.split()
            if own and not inherited and len(numbers) > 1:
                cost += int(numbers[1])
            inherited = False
        else:
            match = re.match(r"cob=\((\d+)\) (.*)$", line)
            if match:
                names[match[1]] = match[2]
    return cost


def instructions(program):
    """case -> {instructions: value}: callgrind dumps at the end of each run of `measured`."""
    program = pathlib.Path(program)
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "profile"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={profile}", "--toggle-collect=measured",
                   "--dump-after=measured", str(program), folder]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cases = list(read_table(done.stdout.splitlines()))
        return {case: {"instructions": self_cost(profile.with_name(f"profile.{i + 1}"), program)}
                for i, case in enumerate(cases)}


def compare_instructions(program, build):
    if not shutil.which("valgrind"):
        print("valgrind is not installed: instructions are not counted (Debian: valgrind)")
        return SKIPPED
    lines = INSTRUCTIONS.read_text(encoding="utf-8").splitlines()
    if lines[0] != f"# {build}":
        print(f"the record is of another build, {lines[0][2:]}; this is {build}: not compared")
        return SKIPPED
    found = instructions(program)
    return report(differences(read_table(lines[1:]), found, lambda name: INSTRUCTION_MARGIN))


def write_table(path, heading, table):
    columns = list(next(iter(table.values())))
    lines = [",".join(["case", *columns])]
    lines += [",".join([case, *(str(row[name]) for name in columns)]) for case, row in table.items()]
    path.write_text(heading + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path} is written anew")


def renew(program, build):
    write_table(COUNTS, "", count(program))
    if shutil.which("valgrind"):
        write_table(INSTRUCTIONS, f"# {build}\n", instructions(program))
    else:
        print("valgrind is not installed: the record of instructions stays as it is")
    return 0


def main(words):
    actions = {"counts": compare_counts, "instructions": compare_instructions, "renew": renew}
    if len(words) < 2 or words[0] not in actions:
        sys.exit(__doc__)
    return actions[words[0]](*words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""check_counts.py itself: on tables that differ, and on a profile as callgrind writes it."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_counts

PROFILE = """version: 1
cmd: /build/counts /tmp
positions: line
events: Ir
summary: 1000

ob=(1) /usr/lib/libopenblas.so.0
fl=(1) ???
fn=(1) dgemm_kernel
0 500

ob=(2) /build/counts
fl=(2) fold.c
fn=(2) fold
10 7
+3 5
cob=(1)
cfn=(1)
calls=2 0
* 500
-2 1
fi=(3) source.c
12 20
fe=(2)
14 2

ob=(3) /lib/libm.so.6
fn=(3) exp
0 90
cob=(2)
cfn=(2)
calls=1 10
0 40

ob=(2)
fl=(2)
fn=(4) merge
40 100
"""


class Differences(unittest.TestCase):
    def complaints(self, record, found):
        return [line for worse, line in check_counts.differences(record, found, lambda name: 0.05 if name == "a" else 0)
                if worse]

    def test_equal_tables(self):
        self.assertEqual(self.complaints({"fit": {"rows": 10, "a": 4}}, {"fit": {"rows": 10, "a": 4}}), [])

    def test_one_more_is_a_complaint(self):
        self.assertEqual(self.complaints({"fit": {"rows": 1000}}, {"fit": {"rows": 1001}}),
                         ["fit: rows 1000 -> 1001 (+0.1%)"])
        self.assertEqual(self.complaints({"fit": {"rows": 0}}, {"fit": {"rows": 1}}), ["fit: rows 0 -> 1"])

    def test_within_the_margin(self):
        self.assertEqual(self.complaints({"fit": {"a": 100}}, {"fit": {"a": 105}}), [])
        self.assertEqual(len(self.complaints({"fit": {"a": 100}}, {"fit": {"a": 106}})), 1)

    def test_fewer_are_told_and_no_failure(self):
        told = list(check_counts.differences({"fit": {"rows": 10}}, {"fit": {"rows": 9}}, lambda name: 0))
        self.assertEqual(told, [(False, "fit: rows 10 -> 9 (-10.0%)")])
        self.assertEqual(check_counts.report(told), 0)

    def test_cases_and_counts_that_come_and_go(self):
        self.assertEqual(len(self.complaints({"fit": {"rows": 1}}, {})), 1)
        self.assertEqual(len(self.complaints({}, {"fit": {"rows": 1}})), 1)
        self.assertEqual(len(self.complaints({"fit": {}}, {"fit": {"rows": 1}})), 1)


class Programs(unittest.TestCase):
    def test_own_instructions_without_those_of_callees(self):
        with tempfile.TemporaryDirectory() as folder:
            profile = pathlib.Path(folder) / "profile.1"
            profile.write_text(PROFILE, encoding="utf-8")
            self.assertEqual(check_counts.self_cost(profile, pathlib.Path("/build/counts")), 7 + 5 + 1 + 20 + 2 + 100)

    def test_a_program_that_reads_the_rows_once_more_fails(self):
        record = check_counts.COUNTS.read_text(encoding="utf-8")
        heading, first = record.splitlines()[:2]
        place = heading.split(",").index("rows")
        values = first.split(",")
        values[place] = str(int(values[place]) + 3000)
        with tempfile.TemporaryDirectory() as folder:
            for text, status in ((record, 0), (record.replace(first, ",".join(values)), 1)):
                program = pathlib.Path(folder) / "counts"
                program.write_text(f"#!/bin/sh\ncat <<'END'\n{text}END\n", encoding="utf-8")
                program.chmod(0o755)
                done = subprocess.run([sys.executable, "-B", check_counts.__file__, "counts", str(program)],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            self.assertIn(f"rows {int(values[place]) - 3000} -> {values[place]}", done.stdout)
            self.assertIn("renew-counts", done.stdout)

    def test_instructions_of_another_build_are_not_compared(self):
        self.assertEqual(check_counts.compare_instructions("/no/such/program", "another compiler"), check_counts.SKIPPED)


if __name__ == "__main__":
    unittest.main()

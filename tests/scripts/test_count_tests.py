#!/usr/bin/env python3
"""scripts/count_tests.py on logs as meson and cmocka write them.

    test_count_tests.py SCRIPTS
"""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, sys.argv[1])
import count_tests  # pylint: disable=wrong-import-position


class CountTest(unittest.TestCase):
    def count(self, *entries):
        """(printed line, exit status) for programs given as (result, stdout, stderr)."""
        with tempfile.TemporaryDirectory() as folder:
            lines = [json.dumps(dict(zip(("result", "stdout", "stderr"), entry))) for entry in entries]
            (pathlib.Path(folder) / "testlog-valgrind.json").write_text("\n".join(lines), encoding="utf-8")
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                status = count_tests.main(folder)
        return printed.getvalue().strip(), status

    def test_cases_and_programs(self):
        self.assertEqual(self.count(("OK", "[       OK ] a\n[       OK ] b\n", "[  PASSED  ] 2 test(s).\n"),
                                    ("OK", "a script", ""), ("SKIP", "", "")), ("3 passed, 0 failed", 0))

    def test_two_groups(self):
        self.assertEqual(self.count(("OK", "", "[  PASSED  ] 2 test(s).\n[  PASSED  ] 5 test(s).\n")),
                         ("7 passed, 0 failed", 0))

    def test_failed_cases(self):
        stderr = "[  FAILED  ] b\n[  PASSED  ] 1 test(s).\n[  FAILED  ] 2 test(s), listed below:\n[  FAILED  ] b\n"
        self.assertEqual(self.count(("FAIL", "[       OK ] a\n", stderr)), ("1 passed, 2 failed", 1))

    def test_crash_timeout_and_leak(self):
        self.assertEqual(self.count(("FAIL", "[       OK ] a\n", "")), ("1 passed, 1 failed", 1))
        self.assertEqual(self.count(("TIMEOUT", None, None)), ("0 passed, 1 failed", 1))
        self.assertEqual(self.count(("FAIL", "", "[  PASSED  ] 4 test(s).\nleak")), ("4 passed, 1 failed", 1))

    def test_nothing_ran(self):
        self.assertEqual(self.count(), ("0 passed, 0 failed", 1))
        self.assertEqual(self.count(("SKIP", "", "")), ("0 passed, 0 failed", 1))
        self.assertEqual(self.count(("OK", "", "[  PASSED  ] 0 test(s).\n")), ("0 passed, 0 failed", 1))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])

#!/usr/bin/env python3
"""gemml-bench as somebody would use it, and one whose cases have wrong answers.

    test_bench.py GEMML_BENCH GEMML_BENCH_OF_WRONG_CASES
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM, WRONG = sys.argv[1:3]
COLUMNS = ["case", "seconds_min", "seconds_median", "gflops", "gbps", "peak_share", "naive_ratio", "residual"]
ROOMS = {"kernel", "lapack", "linear", "logistic", "network", "predict", "files", "scaling", "growth"}


def run(program, *words):
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)


class Lists(unittest.TestCase):
    def names(self, *words):
        done = run(PROGRAM, "--list", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split()

    def test_every_room_has_cases_of_different_names(self):
        names = self.names()
        self.assertEqual({name.split("/")[0] for name in names}, ROOMS)
        self.assertEqual(len(names), len(set(names)))

    def test_the_sizes_that_are_asked_for_are_there(self):
        names = set(self.names())
        for shape in ("1000000x100", "100000x500", "10000x1000", "1000x10"):
            self.assertIn(f"linear/fit/{shape}/f64", names)
        for shape in ("1000000x100", "100000x500", "10000x1000", "1000x2", "100000x200x10"):
            self.assertIn(f"logistic/fit/{shape}/f64", names)
        for net in ("12-4-10-6-4/100", "30-64-64-2/128", "784-512-512-10/256", "784-2048-2048-10/512"):
            self.assertIn(f"network/sgd/{net}/f32", names)
        for batch in (1, 32, 1024):
            self.assertIn(f"predict/linear/{batch}x100/f64", names)
            self.assertIn(f"predict/784-512-512-10/{batch}/f32", names)
        self.assertIn("growth/linear-qr/4000000x20/f64", names)

    def test_filters_keep_what_matches_any_of_them(self):
        names = self.names("--filter", "kernel/gemm/*/f32", "--filter", "lapack/svd/*")
        self.assertTrue(names)
        self.assertEqual({tuple(name.split("/")[:2]) for name in names}, {("kernel", "gemm"), ("lapack", "svd")})
        self.assertNotIn("f64", {name.split("/")[-1] for name in names if "gemm" in name})

    def test_scaling_goes_up_to_the_threads(self):
        for threads, wanted in (("1", ["1"]), ("3", ["1", "2", "3"]), ("8", ["1", "2", "4", "8"])):
            names = self.names("--threads", threads, "--filter", "scaling/cholesky/*")
            self.assertEqual([name.split("/")[-1] for name in names], wanted)

    def test_quick_has_no_large_case(self):
        for name in self.names("--quick"):
            for number in name.replace("/", "x").replace("-", "x").split("x"):
                self.assertLessEqual(int(number) if number.isdigit() else 0, 1000000, name)


class Results(unittest.TestCase):
    def measure(self, *words):
        """(table, rows of the CSV file, the JSON file)."""
        with tempfile.TemporaryDirectory() as folder:
            files = [os.path.join(folder, name) for name in ("results.csv", "results.json")]
            done = run(PROGRAM, "--quick", *words, "--csv", files[0], "--json", files[1])
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            with open(files[0], newline="") as file:
                rows = list(csv.DictReader(file))
            with open(files[1]) as file:
                return done.stdout, rows, json.load(file)

    def test_a_kernel_case_in_all_three_forms(self):
        name = "kernel/gemm/128x128x128/f32"
        text, (row,), document = self.measure("--filter", name)
        for word in ("processor", "OpenBLAS", "running", "compiler", "gemm f32", name):
            self.assertIn(word, text)
        self.assertEqual(list(row)[:len(COLUMNS)], COLUMNS)
        (case,) = document["cases"]
        self.assertEqual(case["case"], row["case"])
        self.assertEqual((row["precision"], row["threads"], row["peak"]), ("f32", "1", "gemm"))
        for column in COLUMNS[1:]:
            self.assertAlmostEqual(float(row[column]), case[column], delta=1e-5 * abs(case[column]))
        self.assertLessEqual(case["seconds_min"], case["seconds_median"])
        self.assertAlmostEqual(case["gflops"], 2e-9 * 128**3 / case["seconds_min"], delta=1e-6 * case["gflops"])
        (peak,) = document["peaks"]
        self.assertAlmostEqual(case["peak_share"], case["gflops"] / peak["gflops"], delta=1e-6)
        self.assertTrue(case["right"])
        self.assertEqual(set(document["machine"]), {"processor", "blas", "core", "compiler", "gemml", "threads"})

    def test_one_case_of_each_room_is_right(self):
        filters = ["lapack/inverse/10/*", "linear/fit/1000x10/*", "logistic/fit/1000x2/*", "logistic/pass/1000x10/*",
                   "network/sgd/12-4-10-6-4/*", "predict/*/32x100/*", "files/*/1000x20/*", "files/load-linear/*",
                   "growth/linear-qr/10000x20/*"]
        words = [word for pattern in filters for word in ("--filter", pattern)]
        _, rows, document = self.measure(*words)
        self.assertGreaterEqual(len(rows), len(filters))
        self.assertTrue(all(case["right"] for case in document["cases"]))
        by_name = {row["case"]: row for row in rows}
        self.assertEqual(by_name["files/csv/1000x20/f64"]["residual"], "0")
        growth = by_name["growth/linear-qr/10000x20/f64"]
        self.assertEqual(growth["passes"], "1")
        self.assertTrue(growth["memory_mb"])
        self.assertEqual(growth["naive_ratio"], "")
        self.assertLess(float(by_name["linear/fit/1000x10/f64"]["residual"]), 1e-13)

    def test_steps_of_networks_stand_beside_their_bare_products(self):
        text, rows, document = self.measure("--filter", "network/sgd/12-4-10-6-4/*", "--filter", "network/*/30-64-64-2/*",
                                            "--filter", "predict/linear/1x100/*")
        self.assertEqual(len(rows), 4)
        for row, case in zip(rows, document["cases"]):
            network = row["case"].startswith("network/")
            (line,) = [line for line in text.splitlines() if line.startswith(row["case"])]
            self.assertEqual("bare BLAS" in line, network)
            self.assertEqual(row["bare_ratio"] != "", network)
            self.assertEqual(case["bare_ratio"] is not None, network)
            if network:
                self.assertGreater(case["bare_ratio"], 0)
                self.assertIn(f"x {case['bare_ratio']:.2f}", line)
                self.assertAlmostEqual(float(row["bare_ratio"]), case["bare_ratio"], delta=1e-5 * case["bare_ratio"])

    def test_the_threads_of_a_case(self):
        _, rows, _ = self.measure("--threads", "2", "--filter", "scaling/cholesky/*", "--filter", "predict/linear*/1x100/*")
        self.assertEqual({row["case"].split("/", 1)[1]: row["threads"] for row in rows},
                         {"cholesky/10000x100/f64/1": "1", "cholesky/10000x100/f64/2": "2",
                          "linear/1x100/f64": "2", "linear-scratch/1x100/f64": "1"})


class Failures(unittest.TestCase):
    def test_a_wrong_answer_fails_and_the_others_are_measured(self):
        done = run(WRONG, "--quick")
        self.assertEqual(done.returncode, 1)
        lines = {line.split()[0]: line for line in done.stdout.splitlines() if line.startswith("made/")}
        self.assertEqual({name.split("/")[1]: "WRONG" in line for name, line in lines.items()},
                         {"right": False, "wrong": True, "nan": True, "bare": False})
        for name in ("failing", "failing-bare"):
            self.assertIn(f"made/{name}/1/f64: this case cannot run", done.stderr)

    def test_the_ratio_to_bare_calls_is_ours_over_theirs(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "bare.json")
            run(WRONG, "--filter", "made/bare/*", "--json", path)
            with open(path) as file:
                (case,) = json.load(file)["cases"]
        self.assertGreater(case["seconds_min"], 5e-3)
        self.assertGreater(case["bare_ratio"], 1)  # the bare run does nothing

    def test_the_share_of_reading_is_of_the_rate_beside_it(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "reading.json")
            done = run(WRONG, "--filter", "made/reading/*", "--filter", "made/bare/*", "--json", path)
            with open(path) as file:
                bare, case = json.load(file)["cases"]
        self.assertGreater(case["reading_gbps"], 0)
        self.assertIn(f"reading: {case['reading_gbps']:.1f} GB/s", done.stdout)
        self.assertAlmostEqual(case["peak_share"], 0.3 / case["seconds_min"] / case["reading_gbps"], delta=1e-6)
        self.assertEqual(case["peak"], "read")
        self.assertIsNone(bare["reading_gbps"])

    def test_each_of_them_alone(self):
        for name, status in (("right", 0), ("wrong", 1), ("nan", 1), ("failing", 1), ("bare", 0), ("failing-bare", 1)):
            self.assertEqual(run(WRONG, "--filter", f"made/{name}/*").returncode, status, name)

    def test_json_says_what_is_wrong(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "wrong.json")
            run(WRONG, "--json", path)
            with open(path) as file:
                cases = json.load(file)["cases"]
        self.assertEqual([case["right"] for case in cases], [True, False, False, False, True, False, True])
        self.assertIsNone(cases[3]["seconds_min"])

    def test_usage(self):
        for words, status in ((["--threads", "0"], 2), (["--unknown"], 2), (["stray"], 2), (["--help"], 0),
                              (["--filter", "nothing/*"], 1), (["--filter", "made/right/*", "--csv", "/no/such/x"], 1),
                              (["--filter", "made/right/*", "--json", "/no/such/x"], 1)):
            done = run(WRONG, *words)
            self.assertEqual(done.returncode, status, (words, done.stderr))
            self.assertEqual(status == 0, not done.stderr, words)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=1)

#!/usr/bin/env python3
"""bench/peers/contest.py: turns, ratios, goals, and results that do not agree.

    test_contest.py FOLDER_OF_CONTEST
"""

import contextlib
import csv
import importlib.util
import io
import sys
import types
import unittest

sys.path.insert(0, sys.argv.pop(1))
import contest  # noqa: E402


class Fake:
    """Takes `seconds`, as it says, and writes its name into the log."""

    def __init__(self, log, name, seconds, result=0.0):
        self.log, self.name, self.seconds, self.value, self.closed = log, name, seconds, result, False

    def run(self):
        self.log.append(self.name)
        return self.seconds

    def result(self):
        return self.value

    def close(self):
        self.closed = True


def near(name, found, ours):
    return f"{name} is {abs(found - ours):g} off", abs(found - ours) < 0.1


class Contests(unittest.TestCase):
    def run_case(self, case, seconds=0):
        text, rows = io.StringIO(), io.StringIO()
        table = contest.Table(2, csv.writer(rows))
        with contextlib.redirect_stdout(text):
            table.run(case, seconds)
            table.summary()
        return text.getvalue(), list(csv.DictReader(io.StringIO(rows.getvalue()))), table

    def test_contenders_take_turns(self):
        log = []
        contest.measure({"a": Fake(log, "a", 1), "b": Fake(log, "b", 1)}, 0)
        self.assertEqual(log, ["a", "b"] * 4)  # a warm-up and three runs

    def test_short_runs_come_in_bursts_and_long_ones_twice(self):
        log = []
        runs = contest.measure({"short": Fake(log, "short", 1e-6), "long": Fake(log, "long", 60)}, 0)
        self.assertEqual(log, ["short", "long"] + ["short"] * 10 + ["long"] + ["long"])
        self.assertEqual((len(runs["short"]), len(runs["long"])), (10, 2))

    def test_ratios_are_to_the_fit_of_the_same_problem(self):
        log, case = [], contest.Case("made", near, {"peer": 3, "other": 3})
        case.add("gemml", Fake(log, "gemml", 1.0))
        case.add("plain", Fake(log, "plain", 0.5), "plain")
        case.add("peer", Fake(log, "peer", 2.0))
        case.add("other", Fake(log, "other", 2.0), "plain")
        text, rows, table = self.run_case(case)
        self.assertEqual({row["contender"]: float(row["ratio"]) for row in rows},
                         {"gemml": 1, "plain": 1, "peer": 2, "other": 4})
        self.assertIn("3 missed", text)
        self.assertIn("3 met", text)
        self.assertIn("1 of 2 goals met", text)
        self.assertIn("missed: made, peer: 2.00 of 3", text)
        self.assertEqual(table.disagreements, [])

    def test_what_does_not_agree_is_named(self):
        log, case = [], contest.Case("made", near)
        case.add("gemml", Fake(log, "gemml", 1.0, 5.0))
        case.add("peer", Fake(log, "peer", 1.0, 5.05))
        case.add("liar", Fake(log, "liar", 0.1, 6.0))
        text, _, table = self.run_case(case)
        self.assertEqual(table.disagreements, ["made: liar: liar is 1 off"])
        self.assertEqual(text.count("DOES NOT AGREE"), 1)

    def test_what_is_left_out_is_named(self):
        case = contest.Case("made", near)
        case.add("gemml", Fake([], "gemml", 1.0))
        case.skip("FANN", "not installed")
        self.assertRegex(self.run_case(case)[0], r"FANN +left out: not installed")

    def test_all_are_closed(self):
        case = contest.Case("made", near)
        fakes = [Fake([], name, 1.0) for name in "ab"]
        for fake in fakes:
            case.add(fake.name, fake, "a")
        case.close()
        self.assertTrue(all(fake.closed for fake in fakes))


@unittest.skipUnless(importlib.util.find_spec("numpy"), "NumPy is not installed")
class Threads(unittest.TestCase):
    def test_pytorch_and_its_blas_have_as_many_while_it_predicts(self):
        import predict
        threads, seen = {}, []
        torch = types.SimpleNamespace(set_num_threads=lambda count: threads.update(torch=count),
                                      no_grad=contextlib.nullcontext)
        blas = types.SimpleNamespace(openblas_set_num_threads=lambda count: threads.update(blas=count))

        def net(x):
            seen.append(dict(threads))
            return types.SimpleNamespace(argmax=lambda dim: x)

        contender = predict.TorchPrediction(torch, blas, net, 5, threads=1, restore=2)
        self.assertGreaterEqual(contender.run(), 0)
        self.assertEqual((seen, threads), ([{"torch": 1, "blas": 1}], {"torch": 2, "blas": 2}))
        self.assertEqual(contender.value, 5)


if __name__ == "__main__":
    unittest.main()

"""What a comparison is: contenders that take turns at one case, and the table of ratios.

A contender has run() -> seconds of one run, result() -> what it found (an array), and
close(). `peer_of` names the contender of ours that solves the very same problem: ratios
and agreement are with that one. A goal is how many times longer a peer should take.
"""

import math
import statistics
import time

OURS = "gemml"
BURST = 10  # runs in a turn of a short case: the first finds the caches full of the contender before
SHORT = 0.01  # seconds of a run that is repeated in a burst
LONG = 5.0  # seconds of a run that is not made thrice
MOST_RUNS = 1000


class Call:
    """A contender that is one Python call, which gives the result."""

    def __init__(self, function):
        self.function, self.value = function, None

    def run(self):
        start = time.perf_counter()
        self.value = self.function()
        return time.perf_counter() - start

    def result(self):
        return self.value

    def close(self):
        self.value = None


class Case:
    def __init__(self, name, agreement, goals=None):
        """agreement(name, found, ours) -> (text, is it enough?) of a contender's result and ours."""
        self.name, self.agreement, self.goals = name, agreement, goals or {}
        self.contenders, self.peer_of, self.skipped, self.notes = {}, {}, [], []

    def add(self, name, contender, peer_of=OURS):
        self.contenders[name], self.peer_of[name] = contender, peer_of

    def skip(self, name, why):
        self.skipped.append((name, why))

    def close(self):
        for contender in self.contenders.values():
            contender.close()


def measure(contenders, seconds):
    """name -> seconds of each run, in turns after a warm-up, until each has had its time."""
    first = {name: contender.run() for name, contender in contenders.items()}
    runs = {name: [] for name in contenders}
    spent = dict.fromkeys(contenders, 0.0)
    waiting = list(contenders)
    while waiting:
        for name in list(waiting):
            start = time.perf_counter()
            for _ in range(BURST if first[name] < SHORT and getattr(contenders[name], "bursts", True) else 1):
                runs[name].append(contenders[name].run())
            spent[name] += time.perf_counter() - start
            fewest = 2 if first[name] > LONG else 3
            if len(runs[name]) >= fewest and (spent[name] >= seconds or len(runs[name]) >= MOST_RUNS):
                waiting.remove(name)
    return runs


def digits(found, truth):
    """To how many digits two arrays agree, by their largest entry; 17 at most."""
    scale = abs(truth).max()
    error = abs(found - truth).max() / (scale if scale > 0 else 1)
    return 17.0 if error == 0 else -math.log10(error)


def agree_to(wanted):
    def agreement(_, found, ours):
        number = digits(found, ours)
        return f"{number:.1f} digits", number >= wanted

    return agreement


def verdict(goal, ratio):
    return "" if goal is None else f"{goal:g} {'met' if ratio >= goal else 'missed'}"


class Table:
    """Prints cases as they come, keeps rows for a CSV file and for the list of goals."""

    COLUMNS = ["case", "contender", "against", "threads", "runs", "seconds_min", "seconds_median", "ratio", "goal",
               "agreement"]

    def __init__(self, threads, writer):
        self.threads, self.writer, self.goals, self.disagreements = threads, writer, [], []
        writer.writerow(self.COLUMNS)

    def run(self, case, seconds):
        runs = measure(case.contenders, seconds)
        print(f"\n{case.name}, {self.threads} threads")
        print(f"  {'':32} {'runs':>4} {'min s':>10} {'median s':>10} {'ratio':>7} {'goal':>11}  agreement")
        for name in case.contenders:
            self.row(case, name, runs)
        for name, why in case.skipped:
            print(f"  {name:32} left out: {why}")
        for note in case.notes:
            print(f"  {note}")

    def row(self, case, name, runs):
        least, middle, against = min(runs[name]), statistics.median(runs[name]), case.peer_of[name]
        ratio, goal = least / min(runs[against]), case.goals.get(name)
        text, enough = "", True
        if name != against:
            text, enough = case.agreement(name, case.contenders[name].result(), case.contenders[against].result())
        print(f"  {name:32} {len(runs[name]):4} {least:10.3g} {middle:10.3g} {ratio:7.2f} {verdict(goal, ratio):>11}  "
              f"{text}{'' if enough else '  DOES NOT AGREE'}", flush=True)
        self.writer.writerow([case.name, name, against, self.threads, len(runs[name]), f"{least:.6g}", f"{middle:.6g}",
                              f"{ratio:.4g}", "" if goal is None else goal, text])
        if goal is not None:
            self.goals.append((case.name, name, ratio, goal))
        if not enough:
            self.disagreements.append(f"{case.name}: {name}: {text}")

    def summary(self):
        if not self.goals:
            return
        missed = [entry for entry in self.goals if entry[2] < entry[3]]
        print(f"\n{len(self.goals) - len(missed)} of {len(self.goals)} goals met")
        for case, name, ratio, goal in missed:
            print(f"  missed: {case}, {name}: {ratio:.2f} of {goal:g}")

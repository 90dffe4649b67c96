#!/usr/bin/env python3
"""How many small faults the test suite notices.

    mutation.py prepare [--count 500] [--seed 1]   copies of HEAD: one in which a variable of the environment
                                                   chooses a mutant, one that counts which test executes which line
    mutation.py run [--minutes M] [--survivors] [--longest S]
                                                   judges the mutants, by tests of at most S seconds
    mutation.py alone                              looks at those that live: do they differ from the original?
    mutation.py report                             the table, and the list of those that live

All have --folder F (build-mutation/). The mutants are a seed's first `count` that compile
(scripts/mutants.py) in src/kernel, src/chain, src/solve and src/io. They are compiled all
at once. Each runs the tests that execute its line, one after the other, those of its
room first and the fastest first, until one fails; in rounds, of 3 tests, of 10 and of
all, so that a run that is stopped has seen every mutant. One that no test executes
lives. A test that takes ten times the processor time it did, or stands still, has
failed. One whose machine code is the original's when it is compiled alone is no mutant.

Results are lines of JSON in F/results.jsonl, by key: a run that was stopped goes on,
and `--survivors` tries again those that survived, after `prepare` with new tests.
"""

import argparse
import collections
import hashlib
import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import sys
import time

import mutants

ROOMS = ["kernel", "chain", "solve", "io"]
# Not of the behaviour of the library, or not in the quick tier.
LEFT_OUT = {"architecture", "install", "scripts", "full"}
BASE = pathlib.Path(__file__).resolve().parent.parent
CHOSEN = "GEMML_MUTANT"  # the variable that chooses a mutant
CHOOSE = f"""
#include <stdlib.h>
int {mutants.CHOSEN};
__attribute__((constructor)) static void choose_mutant(void)
{{
    const char *number = getenv("{CHOSEN}");
    {mutants.CHOSEN} = number ? atoi(number) : 0;
}}
"""
ALIVE = ("survived", "not executed")
PERTURB = "165"  # memory that was not initialised holds this, as under `meson test`
STILL = 240  # seconds after which a test that takes no processor time has failed


def call(command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", **options)


def check(command, **options):
    result = call(command, **options)
    if result.returncode:
        sys.exit(f"{command}: {result.stdout[-3000:]}")
    return result.stdout


class Build:
    """One build folder of the copy, and its tests."""

    def __init__(self, folder, name):
        self.tree = folder / f"tree-{name}"
        self.path = folder / name

    def make(self, *options):
        if not (self.path / "build.ninja").exists():
            check(["meson", "setup", str(self.path), str(self.tree), "-Dbenchmarks=false", *options])
        check(["ninja", "-C", str(self.path)])

    def introspect(self, what):
        return json.loads(check(["meson", "introspect", str(self.path), f"--{what}"]))

    def tests(self):
        files = {target["id"]: target["filename"] for target in self.introspect("targets")}
        for test in self.introspect("tests"):
            suites = {suite.split(":")[-1] for suite in test["suite"]}
            if not suites & LEFT_OUT:
                test["room"] = min(suites)
                test["targets"] = [
                    os.path.relpath(name, self.path) for depends in test["depends"] for name in files.get(depends, [])
                ]
                yield test

    def run(self, test, cpu_seconds, environment=None):
        """(passed, seconds of processor time)."""

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_DATA, (8 << 30, 8 << 30))

        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            test["cmd"],
            cwd=self.path,
            env={**os.environ, "MALLOC_PERTURB_": PERTURB, **test["env"], **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=limits,
        )
        # Time is counted in waits: they do not go on while this program is stopped.
        for _ in range(STILL * 10):
            try:
                process.wait(0.1)
                break
            except subprocess.TimeoutExpired:
                pass
        else:
            end(process)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return process.returncode == 0, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def end(process):
    """Ends a test and what it has started."""
    family = [process.pid]
    for parent in family:
        family += map(int, call(["pgrep", "-P", str(parent)]).stdout.split())
    for pid in family:
        call(["kill", "-KILL", str(pid)])
    process.wait()


# ---- Which test executes which line --------------------------------------------


def executed(build, objects):
    """{file: [lines]} of what has run since the counters were removed."""
    counters = [str(name) for name in objects if name.exists()]
    lines = collections.defaultdict(set)
    if counters:
        text = subprocess.run(["gcov", "--json-format", "--stdout", *counters], cwd=build.path, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, check=True).stdout
        for document in filter(None, text.split("\n")):
            for file in json.loads(document)["files"]:
                name = os.path.relpath(os.path.normpath(build.path / file["file"]), build.tree)
                lines[name].update(line["line_number"] for line in file["lines"] if line["count"])
    return {name: sorted(numbers) for name, numbers in lines.items() if name.startswith("src/")}


def copy_head(tree):
    shutil.rmtree(tree, ignore_errors=True)
    tree.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", "HEAD"], cwd=BASE, stdout=subprocess.PIPE, check=True).stdout
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)


def write_mutants(build, original, numbered):
    """Writes all mutants into the copy, without those that do not compile: their numbers."""
    by_file, refused = collections.defaultdict(list), set()
    for number, mutant in numbered:
        by_file[mutant.file].append((number, mutant))
    lines, changed = {}, set(by_file)
    while changed:
        for file in changed:
            source = (original / file).read_text(encoding="utf-8")
            kept = [(number, mutant) for number, mutant in by_file[file] if number not in refused]
            text, lines[file], without = mutants.all_in_one(source, kept)
            refused.update(without)
            (build.tree / file).write_text(text, encoding="utf-8")
        output = call(["ninja", "-k", "0", "-C", str(build.path)]).stdout
        changed = set()
        for file, line in set(re.findall(r"\.\./tree-[a-z]+/(src/\S+\.c):(\d+):\d+: error", output)):
            near = [known for known in lines.get(file, {}) if known <= int(line)]
            if near and lines[file][max(near)] not in refused:
                refused.add(lines[file][max(near)])
                changed.add(file)
    return refused


def build_mutants(folder, seed, count):
    """The copy in which GEMML_MUTANT=7 chooses the seed's mutant 7."""
    copy_head(folder / "tree-mutated")
    build = Build(folder, "mutated")
    build.make("--buildtype=plain", "-Doptimization=2")
    with open(build.tree / "src/util/alloc.c", "a", encoding="utf-8") as file:
        file.write(CHOOSE)
    drawn = mutants.sample(folder / "tree-counted", ROOMS, seed)[: count + count // 4]
    numbered = list(enumerate(drawn, 1))
    refused = write_mutants(build, folder / "tree-counted", numbered)
    check(["ninja", "-C", str(build.path)])
    compiled = [{"number": number, **vars(mutant)} for number, mutant in numbered if number not in refused][:count]
    last = compiled[-1]["number"]
    log = {"refused": [vars(mutant) for number, mutant in numbered if number in refused and number < last],
           "mutants": compiled}
    (folder / "mutants.json").write_text(json.dumps(log, indent=1))
    return build


def prepare(folder, seed, count):
    copy_head(folder / "tree-counted")
    counted = Build(folder, "counted")
    atomic = "-fprofile-update=atomic"
    counted.make("--buildtype=debug", "-Db_coverage=true", f"-Dc_args={atomic}", f"-Dcpp_args={atomic}")
    find_lines(folder, counted, build_mutants(folder, seed, count))


def find_lines(folder, counted, mutated):
    """Which test executes which line, and how long each takes."""
    objects = [
        note.with_suffix(".gcda")
        for room in ROOMS
        for note in counted.path.glob(f"src/lib*.a.p/{room}_*.gcno")
    ]
    times = {test["name"]: test for test in mutated.tests()}
    result = {}
    for test in counted.tests():
        for name in objects:
            name.unlink(missing_ok=True)
        passed, _ = counted.run(test, 600)
        lines = executed(counted, objects)
        quick, seconds = mutated.run(times[test["name"]], 600)
        if not passed or not quick:
            sys.exit(f"{test['name']} fails without a mutant")
        result[test["name"]] = {"seconds": seconds, "lines": lines}
        print(f"{test['name']:40} {seconds:6.2f} s {sum(map(len, lines.values())):6} lines", flush=True)
    (folder / "executed.json").write_text(json.dumps(result))


# ---- The run ---------------------------------------------------------------------


class Run:
    def __init__(self, folder, longest):
        self.folder = folder
        self.longest = longest
        self.build = Build(folder, "mutated")
        self.tests = {test["name"]: test for test in self.build.tests()}
        self.executed = json.loads((folder / "executed.json").read_text())
        self.sources = {}
        self.mutants = json.loads((folder / "mutants.json").read_text())["mutants"]

    def lines_of(self, mutant):
        """The lines of its statement: gcov counts only one or two of a statement's lines."""
        if mutant["file"] not in self.sources:
            text = (self.folder / "tree-counted" / mutant["file"]).read_text(encoding="utf-8")
            self.sources[mutant["file"]] = [""] + [line.rstrip() for line in text.split("\n")]
        source, first = self.sources[mutant["file"]], mutant["line"]
        last = first + mutant["before"].count("\n")
        while first > 1 and source[first - 1] and source[first - 1][-1] not in ";{}:/":
            first -= 1
        while source[last] and source[last][-1] not in ";{}":
            last += 1
        return range(first, last + 1)

    def executing(self, file, lines):
        return [
            name
            for name, test in self.executed.items()
            if name in self.tests and test["seconds"] <= self.longest and set(lines) & set(test["lines"].get(file, []))
        ]

    def tests_of(self, mutant):
        """Those that execute it: of its room first, and the fastest first."""
        room = mutant["file"].split("/")[1]
        lines = self.lines_of(mutant)
        hit = self.executing(mutant["file"], lines)
        if not hit:  # gcov counts some statements a line or two beside them
            hit = self.executing(mutant["file"], range(lines[0] - 2, lines[-1] + 3))
        return sorted(hit, key=lambda name: (self.tests[name]["room"] != room, self.executed[name]["seconds"]))

    def killer(self, mutant, names):
        """The first of these tests that fails."""
        for name in names:
            limit = 1 + int(10 * self.executed[name]["seconds"])
            if not self.build.run(self.tests[name], limit, {CHOSEN: str(mutant["number"])})[0]:
                return name
        return None

    def round(self, most, stop, again):
        """Judges each mutant by at most so many tests more than before."""
        known = results(self.folder)
        for mutant in self.mutants:
            record = known.get(mutant["key"], {"outcome": None, "tried": 0})
            names = self.tests_of(mutant)
            if again and record["outcome"] == "survived":
                record = {"outcome": None, "tried": 0}
            if record["outcome"] in (None, "open") and record["tried"] < most and time.monotonic() < stop:
                start = time.monotonic()
                by = self.killer(mutant, names[record["tried"] : most])
                outcome = "killed" if by else "open" if most < len(names) else "survived" if names else "not executed"
                record = {**mutant, "outcome": outcome, "by": by, "tried": most, "tests": len(names),
                          "seconds": round(time.monotonic() - start, 2)}
                with open(self.folder / "results.jsonl", "a", encoding="utf-8") as log:
                    log.write(json.dumps(record) + "\n")
                show(record)

    def all(self, minutes, again):
        """First by a few tests each, so that a run that is stopped has seen them all."""
        stop = time.monotonic() + 60 * minutes
        for most in (3, 10, len(self.tests)):
            self.round(most, stop, again)


def same_code(folder):
    """Compiles those that live, each alone: has one of them the machine code of the original?"""
    commands = json.loads((folder / "mutated" / "compile_commands.json").read_text())
    known = results(folder)
    with open(folder / "results.jsonl", "a", encoding="utf-8") as log:
        for record in list(known.values()):
            if record["outcome"] in ALIVE and "alone" not in record:
                source = (folder / "tree-counted" / record["file"]).read_text(encoding="utf-8")
                mutant = mutants.Mutant(**{name: record[name] for name in mutants.Mutant.__dataclass_fields__})
                pairs = [
                    [machine_code(folder, entry, text) for text in (source, mutant.apply(source))]
                    for entry in commands
                    if entry["file"].endswith("/" + record["file"]) and "/lib" in entry["output"]
                ]
                record["alone"] = all(one == other for one, other in pairs)
                if record["alone"]:
                    record["outcome"] = "same code"
                log.write(json.dumps(record) + "\n")


def machine_code(folder, entry, text):
    """A digest of what the compiler makes of the text, with the options of a file."""
    name = folder / "alone.c"
    name.write_text(text, encoding="utf-8")
    words = [word for word in shlex.split(entry["command"]) if word not in ("-MD", "ccache")]
    command = [str(name) if word == entry["file"] else word for word in words]
    for option in ("-MF", "-MQ", "-o"):
        if option in command:
            at = command.index(option)
            del command[at : at + 2]
    check([*command, "-o", str(folder / "alone.o")], cwd=entry["directory"])
    return hashlib.sha256((folder / "alone.o").read_bytes()).hexdigest()


def results(folder):
    """By key; the last word counts."""
    path = folder / "results.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return {record["key"]: record for record in map(json.loads, lines)}


def short(text, most=70):
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."


def show(record):
    print(
        f"{record['outcome']:12} {record['file']}:{record['line']} {record['operator']}:"
        f" {short(record['before'])} -> {short(record['after'])}   {record['by'] or ''} {record['seconds']:.1f} s",
        flush=True,
    )


def report(folder):
    known = results(folder)
    made = json.loads((folder / "mutants.json").read_text())
    table = {room: collections.Counter() for room in ROOMS}
    for mutant in made["refused"]:
        table[mutant["file"].split("/")[1]]["no C"] += 1
    for mutant in made["mutants"]:
        outcome = known.get(mutant["key"], {"outcome": "waiting"})["outcome"]
        table[mutant["file"].split("/")[1]][outcome] += 1
    outcomes = ["killed", "survived", "not executed", "open", "waiting", "same code", "no C"]
    print("room      " + "".join(f"{outcome:>13}" for outcome in outcomes) + f"{'killed %':>10}")
    table["all"] = sum(table.values(), collections.Counter())
    for room, counter in table.items():
        valid = sum(counter[outcome] for outcome in outcomes[:4])
        share = 100 * counter["killed"] / valid if valid else 0
        print(f"{room:10}" + "".join(f"{counter[outcome]:13}" for outcome in outcomes) + f"{share:10.1f}")
    print()
    chosen = {mutant["key"] for mutant in made["mutants"]}
    alive = [record for record in known.values() if record["outcome"] in ALIVE and record["key"] in chosen]
    for record in sorted(alive, key=lambda record: (record["file"], record["line"])):
        show(record)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["prepare", "run", "alone", "report"])
    parser.add_argument("--folder", type=pathlib.Path, default=BASE / "build-mutation")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=1e6)
    parser.add_argument("--longest", type=float, default=1e6)
    parser.add_argument("--survivors", action="store_true")
    options = parser.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if options.verb == "prepare":
        prepare(folder, options.seed, options.count)
    elif options.verb == "run":
        Run(folder, options.longest).all(options.minutes, options.survivors)
    elif options.verb == "alone":
        same_code(folder)
    if options.verb != "prepare":
        report(folder)


if __name__ == "__main__":
    main()

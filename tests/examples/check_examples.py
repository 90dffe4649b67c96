"""The example programs do what they say: their numbers are those of the program gemml.

    check_examples.py GEMML EXAMPLES_BUILD EXAMPLES_SOURCE DATA
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import unittest

gemml, build, source, data = sys.argv[1:5]
MOST_LINES = 80
REQUESTS = 400


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)


def output(*command, **options):
    done = run(*command, **options)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr}")
    return done.stdout


def example(name, *arguments, **options):
    return output(f"{build}/example_{name}", *arguments, **options)


def number_after(text, words):
    return float(text.split(words)[1].split()[0].rstrip(","))


class Examples(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def test_short(self):
        for path in pathlib.Path(source).glob("*.c"):
            self.assertLess(len(path.read_text().splitlines()), MOST_LINES, path)

    def test_logistic(self):
        """The callback's losses fall; descent arrives where the program's Newton does."""
        said = example("logistic", f"{data}/tabular/titanic.csv")
        losses = [float(line.split("loss ")[1]) for line in said.splitlines() if line.startswith("step")]
        self.assertGreater(len(losses), 2)
        self.assertEqual(losses, sorted(losses, reverse=True))
        model = self.folder / "ship.gemml"
        output(gemml, "train", "logistic", f"{data}/tabular/titanic.csv", "--target", "Survived", "--features",
               "Pclass,Sex,Age,SibSp", "--model", model, "--quiet")
        truth = json.loads(output(gemml, "evaluate", model, f"{data}/tabular/titanic.csv", "--json"))
        self.assertAlmostEqual(number_after(said, "accuracy"), truth["accuracy"], delta=5e-5)
        self.assertAlmostEqual(number_after(said, "ROC curve"), truth["auc"], delta=5e-5)

    def test_network(self):
        """It stops early and keeps the best parameters, by which it is right about other rows too."""
        model = self.folder / "moons.gemml"
        said = example("network", model)
        self.assertIn("stopped_early", said)
        self.assertGreaterEqual(number_after(said, "validation rows:"), 0.95)
        epochs, best = number_after(said, "after"), number_after(said, "best one was")
        self.assertEqual(epochs - best, 30)
        fresh = self.folder / "fresh.csv"
        output(gemml, "generate", "moons", "--rows", 2000, "--noise", 0.2, "--seed", 77, "--output", fresh)
        lines = output(gemml, "predict", model, self.drop_target(fresh)).splitlines()[1:]
        classes = [line.rsplit(",", 1)[1] for line in fresh.read_text().splitlines()[1:]]
        right = sum(a == b for a, b in zip(lines, classes, strict=True))
        self.assertGreater(right / 2000, 0.94)

    def drop_target(self, table):
        inputs = self.folder / "inputs.csv"
        inputs.write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in table.read_text().splitlines()))
        return inputs

    def test_server(self):
        """Each request gets the answer that `gemml predict` gives, whichever thread it was; a bad one an error."""
        draw = random.Random(1)
        rows = [(draw.uniform(-2, 3), draw.uniform(-2, 2)) for _ in range(REQUESTS)]
        model, table = self.folder / "moons.gemml", self.folder / "rows.csv"
        example("network", model)
        table.write_text("a,b\n" + "".join(f"{a!r},{b!r}\n" for a, b in rows))
        truth = [float(line) for line in output(gemml, "predict", model, table).splitlines()[1:]]
        requests = "".join(f"{i} {a!r} {b!r}\n" for i, (a, b) in enumerate(rows))
        done = run(f"{build}/example_server", model, input=requests + "9999 1 nonsense\n")
        self.assertEqual(done.returncode, 0)
        answers = dict(line.split() for line in done.stdout.splitlines())
        self.assertEqual({int(i): float(answer) for i, answer in answers.items()}, dict(enumerate(truth)))
        self.assertIn("9999: a request has", done.stderr)
        self.assertGreater(len(set(truth)), 1)

    def test_no_model(self):
        done = run(f"{build}/example_server", self.folder / "none.gemml")
        self.assertEqual(done.returncode, 1)
        self.assertIn("none.gemml", done.stderr)


unittest.main(argv=sys.argv[:1])

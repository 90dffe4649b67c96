#!/usr/bin/python3
"""An epoch of training: gemml beside PyTorch, scikit-learn and FANN, in turns, in one run.

  bench/peers/network.py                                all cases, two threads
  bench/peers/network.py --cases '784-512-512-10/*'     some of them (shell wildcards; commas between)

A case is SIZES/BATCH/OPTIMIZER/PROBLEM, in single precision, on uniform numbers:
  classes   hidden layers with relu, softmax and cross entropy; PyTorch and scikit-learn
  values    hidden layers with relu, half squared error; the same (two classes have one output
            in gemml and scikit-learn, so the net with two outputs is one of values)
  sigmoid   hidden layers with the sigmoid, half squared error; FANN, which has no relu, no
            minibatches (it gets one data set a batch) and no Adam

Each contender is a process of its own, stopped while others have their turn. An epoch is
all of its own loop: shuffling (but for FANN), batches, steps. PyTorch is started with each
OMP_WAIT_POLICY and number of threads, and its optimizer taken in both forms: the fastest
counts, for everybody.

Beforehand each takes a few steps on one batch of rows, and NumPy in double precision the
same from the same first parameters: the losses must agree to 1e-3, or the contender does
not solve the problem. Peers that are missing are named and skipped.
"""
import argparse
import ctypes
import fnmatch
import json
import math
import os
import signal
import subprocess
import sys
import time
import warnings

import numpy

sys.dont_write_bytecode = True  # no traces in the source tree

NETS = [("12-4-10-6-4", 100, 100, "classes"), ("30-64-64-2", 128, 80, "values"), ("784-512-512-10", 256, 40, "classes"),
        ("784-2048-2048-10", 512, 8, "classes")]  # sizes, batch, batches in an epoch, problem
RATES = {"sgd": 0.01, "adam": 0.001}
CHECK_ROWS, CHECK_STEPS, AGREEMENT = 64, 4, 1e-3
WARM_TURN, TURN = 0.2, 0.5  # seconds
FANN_WEIGHTS = 100_000  # FANN takes seconds a batch with more: a part of one is enough
FANN_ROWS = 32


class Case:
    def __init__(self, name):
        self.name = name
        sizes, batch, self.optimizer, self.problem = name.split("/")
        self.sizes, self.batch = [int(size) for size in sizes.split("-")], int(batch)
        self.batches = next(batches for net, _, batches, _ in NETS if net == sizes)
        self.rate = RATES[self.optimizer]

    def data(self, rows):
        """x, and y: class indices, or one column for each class."""
        random = numpy.random.default_rng(1)
        x = (2 * random.random((rows, self.sizes[0])) - 1).astype(numpy.float32)
        y = numpy.arange(rows) % self.sizes[-1]
        if self.problem != "classes":
            y = numpy.eye(self.sizes[-1], dtype=numpy.float32)[y]
        return x, y

    def weights(self):
        return sum(a * b for a, b in zip(self.sizes, self.sizes[1:]))


def all_cases():
    names = [f"{sizes}/{batch}/{rule}/{problem}" for sizes, batch, _, problem in NETS for rule in RATES]
    return names + [f"{sizes}/{batch}/sgd/sigmoid" for sizes, batch, _, _ in NETS]


# ---- The referee -------------------------------------------------------------------


def losses_by_numpy(case, layers, steps):
    """Mean losses before each of some steps on the rows of the check; layers: [W, b] in turn."""
    x, y = case.data(CHECK_ROWS)
    theta = [numpy.array(part, dtype=float) for part in layers]
    first, second = [0.0] * len(theta), [0.0] * len(theta)
    losses = []
    for step in range(1, steps + 1):
        loss, gradient = loss_and_gradient(case, theta, x.astype(float), y)
        losses.append(loss)
        for i, g in enumerate(gradient):
            if case.optimizer == "sgd":
                theta[i] = theta[i] - case.rate * g
                continue
            first[i] = 0.9 * first[i] + 0.1 * g
            second[i] = 0.999 * second[i] + 0.001 * g * g
            root = numpy.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-8
            theta[i] = theta[i] - case.rate * first[i] / (1 - 0.9 ** step) / root
    return losses


def loss_and_gradient(case, theta, x, y):
    values, depth, rows = [x], len(theta) // 2, len(x)
    for layer in range(depth):
        z = values[-1] @ theta[2 * layer] + theta[2 * layer + 1]
        if layer < depth - 1:
            z = numpy.maximum(z, 0) if case.problem != "sigmoid" else 1 / (1 + numpy.exp(-z))
        values.append(z)
    if case.problem == "classes":
        p = numpy.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        loss = -numpy.log(p[numpy.arange(rows), y]).mean()
        delta = (p - numpy.eye(p.shape[1])[y]) / rows
    else:
        loss = ((z - y) ** 2).sum() / 2 / rows
        delta = (z - y) / rows
    gradient = [None] * len(theta)
    for layer in reversed(range(depth)):
        a = values[layer]
        gradient[2 * layer:2 * layer + 2] = a.T @ delta, delta.sum(axis=0)
        slope = a > 0 if case.problem != "sigmoid" else a * (1 - a)
        delta = delta @ theta[2 * layer].T * slope if layer else None
    return loss, gradient


# ---- The contenders: each in a process of its own ------------------------------------


class Gemml:
    """libgemml.so: an epoch is the time between two calls of the progress callback."""

    def __init__(self, case, library, threads):
        from ours import Library, NetworkFit
        self.case, self.make = case, lambda rows, **settings: NetworkFit(
            Library(library, threads), *case.data(rows), case.sizes[1:-1], classes=case.problem == "classes",
            sigmoid=case.problem == "sigmoid", adam=case.optimizer == "adam", rate=case.rate, **settings)
        self.fit, self.epochs = self.make(case.batch * case.batches, batch=case.batch), 4

    def check(self):
        fit = self.make(CHECK_ROWS, batch=CHECK_ROWS)
        losses, theta = fit.losses_and_start(CHECK_STEPS)
        layers = []
        for inputs, outputs in zip(self.case.sizes, self.case.sizes[1:]):
            layers += [theta[:inputs * outputs].reshape(inputs, outputs), theta[inputs * outputs:][:outputs]]
            theta = theta[(inputs + 1) * outputs:]
        return losses, layers

    def turn(self, seconds):
        epochs = self.fit.epoch_seconds(self.epochs)
        self.epochs = max(3, min(100_000, int(seconds / min(epochs)) + 2))
        return min(epochs) / (self.case.batch * self.case.batches)


class Torch:
    def __init__(self, case, threads, many):
        import torch
        self.torch, self.case, self.many = torch, case, many
        torch.set_num_threads(threads)
        x, y = case.data(case.batch * case.batches)
        self.x, self.y = torch.from_numpy(x), torch.from_numpy(y)
        self.net, self.optimizer = self.make()
        self.loss = torch.nn.CrossEntropyLoss() if case.problem == "classes" else self.half_squares

    def make(self):
        torch, sizes = self.torch, self.case.sizes
        layers = []
        for inputs, outputs in zip(sizes, sizes[1:]):
            layers += [torch.nn.Linear(inputs, outputs), torch.nn.ReLU()]
        net = torch.nn.Sequential(*layers[:-1])
        make = torch.optim.SGD if self.case.optimizer == "sgd" else torch.optim.Adam
        return net, make(net.parameters(), lr=self.case.rate, foreach=self.many)

    def half_squares(self, z, y):
        return self.torch.nn.functional.mse_loss(z, y, reduction="sum") / (2 * len(y))

    def step(self, net, optimizer, x, y):
        optimizer.zero_grad(set_to_none=True)
        loss = self.loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss

    def check(self):
        net, optimizer = self.make()
        x, y = (self.torch.from_numpy(part) for part in self.case.data(CHECK_ROWS))
        layers = [part.detach().numpy().T.copy() for part in net.parameters()]
        return [float(self.step(net, optimizer, x, y).detach()) for _ in range(CHECK_STEPS)], layers

    def epoch(self):
        order = self.torch.randperm(len(self.x))
        for first in range(0, len(self.x), self.case.batch):
            index = order[first:first + self.case.batch]
            self.step(self.net, self.optimizer, self.x[index], self.y[index])

    def turn(self, seconds):
        return fastest(self.epoch, seconds) / len(self.x)


class Sklearn:
    def __init__(self, case):
        self.case = case
        self.known = {"classes": numpy.arange(case.sizes[-1])} if case.problem == "classes" else {}
        self.x, self.y = case.data(case.batch * case.batches)
        self.net = self.make(case.batch)

    def make(self, batch):
        from sklearn.neural_network import MLPClassifier, MLPRegressor
        make = MLPClassifier if self.known else MLPRegressor
        return make(self.case.sizes[1:-1], solver=self.case.optimizer, alpha=0, batch_size=batch, momentum=0,
                    nesterovs_momentum=False, learning_rate_init=self.case.rate, random_state=1)

    def check(self):
        x, y = self.case.data(CHECK_ROWS)
        net, losses = self.make(CHECK_ROWS), []
        net.learning_rate_init = 1e-30  # the first epoch draws the parameters, and must leave them there
        net.partial_fit(x, y, **self.known)
        layers = [part.copy() for pair in zip(net.coefs_, net.intercepts_) for part in pair]
        del net._optimizer
        net.learning_rate_init = self.case.rate
        for _ in range(CHECK_STEPS):
            net.partial_fit(x, y)
            losses.append(net.loss_ * (1 if self.known else y.shape[1]))  # squares: the mean over the outputs
        return losses, layers

    def turn(self, seconds):
        return fastest(lambda: self.net.partial_fit(self.x, self.y, **self.known), seconds) / len(self.x)


class FannData(ctypes.Structure):  # fann_train_data
    _fields_ = [("error", ctypes.c_int), ("log", ctypes.c_void_p), ("text", ctypes.c_void_p),
                ("rows", ctypes.c_uint), ("inputs", ctypes.c_uint), ("outputs", ctypes.c_uint),
                ("input", ctypes.POINTER(ctypes.POINTER(ctypes.c_float))),
                ("output", ctypes.POINTER(ctypes.POINTER(ctypes.c_float)))]


class FannConnection(ctypes.Structure):  # fann_connection
    _fields_ = [("source", ctypes.c_uint), ("target", ctypes.c_uint), ("weight", ctypes.c_float)]


class Fann:
    """libfann in single precision, TRAIN_BATCH on one data set a batch."""

    LINEAR, SIGMOID, TRAIN_BATCH, ERROR_LINEAR = 0, 3, 1, 0

    def __init__(self, case):
        self.calls, self.case = ctypes.CDLL("libfloatfann.so.2"), case
        for name in ("fann_create_standard_array", "fann_create_train"):
            getattr(self.calls, name).restype = ctypes.c_void_p
        for name in ("fann_train_epoch", "fann_get_MSE"):
            getattr(self.calls, name).restype = ctypes.c_float
        whole = case.weights() <= FANN_WEIGHTS
        batch, batches = (case.batch, case.batches) if whole else (FANN_ROWS, 1)
        self.rows = batch * batches
        x, y = case.data(self.rows)
        self.sets = [self.data_set(x[i:i + batch], y[i:i + batch]) for i in range(0, self.rows, batch)]
        self.net = self.make()

    def make(self):
        sizes = (ctypes.c_uint * len(self.case.sizes))(*self.case.sizes)
        net = ctypes.c_void_p(self.calls.fann_create_standard_array(len(sizes), sizes))
        limit = 0.5 / math.sqrt(max(self.case.sizes))  # FANN bends the slope of sigmoids that are nearly flat
        self.calls.fann_randomize_weights(net, ctypes.c_float(-limit), ctypes.c_float(limit))
        self.calls.fann_set_activation_function_hidden(net, self.SIGMOID)
        self.calls.fann_set_activation_function_output(net, self.LINEAR)
        self.calls.fann_set_activation_steepness_hidden(net, ctypes.c_float(0.5))  # 1 / (1 + exp(-2 0.5 z))
        self.calls.fann_set_activation_steepness_output(net, ctypes.c_float(1))
        self.calls.fann_set_training_algorithm(net, self.TRAIN_BATCH)
        self.calls.fann_set_train_error_function(net, self.ERROR_LINEAR)
        self.calls.fann_set_learning_rate(net, ctypes.c_float(self.case.rate))
        return net

    def data_set(self, x, y):
        pointer = ctypes.c_void_p(self.calls.fann_create_train(len(x), x.shape[1], y.shape[1]))
        data = ctypes.cast(pointer, ctypes.POINTER(FannData)).contents
        for i in range(len(x)):
            ctypes.memmove(data.input[i], numpy.ascontiguousarray(x[i]).ctypes.data, x[i].nbytes)
            ctypes.memmove(data.output[i], numpy.ascontiguousarray(y[i]).ctypes.data, y[i].nbytes)
        return pointer

    def layers(self, net):
        count = self.calls.fann_get_total_connections(net)
        connections = (FannConnection * count)()
        self.calls.fann_get_connection_array(net, connections)
        array = numpy.frombuffer(connections, dtype=[("source", "u4"), ("target", "u4"), ("weight", "f4")])
        layers, done = [], 0
        for inputs, outputs in zip(self.case.sizes, self.case.sizes[1:]):  # by target; its bias comes last
            block = array["weight"][done:done + (inputs + 1) * outputs].reshape(outputs, inputs + 1)
            layers += [block[:, :-1].T.copy(), block[:, -1].copy()]
            done += (inputs + 1) * outputs
        return layers

    def check(self):
        net, data = self.make(), self.data_set(*self.case.data(CHECK_ROWS))
        layers, outputs = self.layers(net), self.case.sizes[-1]
        return [self.calls.fann_train_epoch(net, data) * outputs / 2 for _ in range(CHECK_STEPS)], layers

    def epoch(self):
        for data in self.sets:
            self.calls.fann_train_epoch(self.net, data)

    def turn(self, seconds):
        return fastest(self.epoch, seconds) / self.rows


def fastest(run, seconds):
    best, end = math.inf, time.perf_counter() + seconds
    while best == math.inf or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
    return best


CONTENDERS = {"gemml": Gemml, "PyTorch": Torch, "scikit-learn": Sklearn, "FANN": Fann}


def serve():
    """Reads requests from stdin, a line of JSON each, and answers on stdout."""
    warnings.simplefilter("ignore")
    contender = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "make":
                case = Case(request["case"])
                contender, answer = CONTENDERS[request["name"]](case, **request["settings"]), None
            elif request["do"] == "check":
                losses, layers = contender.check()
                answer = max(abs(a - b) / b for a, b in zip(losses, losses_by_numpy(case, layers, len(losses))))
            else:
                answer = contender.turn(request["seconds"])
            print(json.dumps({"answer": answer}), flush=True)
        except (ImportError, OSError, ValueError, RuntimeError) as error:
            print(json.dumps({"error": str(error)}), flush=True)


# ---- The comparison ------------------------------------------------------------------


class Missing(Exception):
    pass


class Process:
    """One contender in one setting; stopped but for its turns."""

    def __init__(self, name, label, environment, settings):
        self.name, self.label, self.settings = name, label, settings
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--serve"], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env={**os.environ, **environment})
        self.process.send_signal(signal.SIGSTOP)

    def ask(self, **request):
        self.process.send_signal(signal.SIGCONT)
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        self.process.send_signal(signal.SIGSTOP)
        if not answer:
            raise Missing(f"{self.name} ended")
        answer = json.loads(answer)
        if "error" in answer:
            raise Missing(f"{self.name}: {answer['error']}")
        return answer["answer"]

    def start(self, case):
        self.ask(do="make", case=case.name, name=self.name, settings=self.settings)
        off = self.ask(do="check")
        if not off < AGREEMENT:
            sys.exit(f"{case.name}: {self.name}'s losses are off by {off:.1e}: another problem")
        self.ask(do="turn", seconds=WARM_TURN)
        return off

    def close(self):
        self.process.kill()
        self.process.wait()


def start_processes(library, threads):
    """All contenders in all settings."""
    blas = {"OPENBLAS_NUM_THREADS": str(threads), "OMP_NUM_THREADS": str(threads)}
    started = [Process("gemml", "", blas, {"library": library, "threads": threads}),
               Process("scikit-learn", "", blas, {}), Process("FANN", "", {}, {})]
    for count in sorted({1, threads}):
        for policy in ("PASSIVE", "ACTIVE") if count > 1 else ("PASSIVE",):
            environment = {"OPENBLAS_NUM_THREADS": str(count), "OMP_NUM_THREADS": str(count),
                           "OMP_WAIT_POLICY": policy}
            for many in (False, True):
                label = f"{count} threads, {policy.lower()}{', foreach' if many else ''}"
                started.append(Process("PyTorch", label, environment, {"threads": count, "many": many}))
    return started


def measure(case, processes, rounds):
    """name -> (seconds a sample, label, agreement), by the fastest epoch in turns."""
    running, best = [], {}
    peers = ("FANN",) if case.problem == "sigmoid" else ("PyTorch", "scikit-learn")
    for process in processes:
        if process.name not in ("gemml",) + peers:
            continue
        try:
            off = process.start(case)
            running.append(process)
            seconds, label, worst = best.get(process.name, (math.inf, "", 0.0))
            best[process.name] = seconds, label, max(worst, off)
        except Missing as missing:
            print(f"  skipped: {missing}")
    for _ in range(rounds):
        for process in running:
            seconds, label, off = best[process.name]
            now = process.ask(do="turn", seconds=TURN)
            if now < seconds:
                best[process.name] = now, process.label, off
    return best


def report(best):
    for contender, (seconds, label, off) in best.items():
        ratio = seconds / best["gemml"][0]
        print(f"  {contender:<14}{1e-3 / seconds:>12.2f}{ratio:>8.2f}   {label:<30} losses agree to {off:.0e}", flush=True)


def main():
    build = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", default="*", help="patterns with commas between")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", default=build, help="build folder with src/libgemml.so")
    arguments = parser.parse_args()
    arguments.library = os.path.abspath(os.path.join(arguments.build, "src", "libgemml.so"))
    if not os.path.exists(arguments.library):
        parser.error(f"{arguments.library} is not there: build first (meson setup build && ninja -C build)")
    patterns = arguments.cases.split(",")
    cases = [name for name in all_cases() if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]
    print(f"an epoch on {arguments.threads} threads, thousand samples a second by the fastest epoch", flush=True)
    processes = start_processes(arguments.library, arguments.threads)
    try:
        for name in cases:
            print(name, flush=True)
            report(measure(Case(name), processes, arguments.rounds))
    finally:
        for process in processes:
            process.close()
    return 0


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve()
    else:
        sys.exit(main())

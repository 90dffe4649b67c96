"""Predictions of a batch of rows: by a linear regression of 100 columns in double precision,
and by a network 784-512-512-10 in single precision, whose parameters PyTorch is given."""

import ctypes
import os
import subprocess
import time

import numpy

from contest import Call, Case, OURS, digits
from ours import LibraryFit, View, view

BATCHES = [1, 32, 1024]
SIZES = [784, 512, 512, 10]
CALLER, TORCH, TORCH_ALONE = "gemml, caller's thread", "PyTorch", "PyTorch, one thread"
GOALS = {"predict/network/1": {TORCH: 2, TORCH_ALONE: 1.5}}
ROWS = 2000  # that the models are fitted to
ALIGNMENT = 64


class Prediction:
    """gemml_predict, or gemml_predict_scratch on the caller's thread, of rows by a model."""

    def __init__(self, library, model, x, owner=None, scratch=False):
        self.calls, self.check, self.model, self.owner = library.calls, library.check, model, owner
        self.x, self.out = x, numpy.zeros((x.shape[0], 1))
        self.views = view(x), view(self.out)
        self.scratch = None
        if scratch:
            self.size = self.calls.gemml_predict_scratch_size(model, self.views[0])
            self.memory = numpy.zeros(self.size + ALIGNMENT, numpy.uint8)
            self.scratch = ctypes.c_void_p(-(-self.memory.ctypes.data // ALIGNMENT) * ALIGNMENT)

    def run(self):
        if self.scratch is None:
            start = time.perf_counter()
            status = self.calls.gemml_predict(self.model, *self.views)
        else:
            start = time.perf_counter()
            status = self.calls.gemml_predict_scratch(self.model, *self.views, self.scratch, self.size)
        seconds = time.perf_counter() - start
        self.check(status)
        return seconds

    def result(self):
        return self.out[:, 0]

    def close(self):
        if self.owner:
            self.owner()


class TorchPrediction(Call):
    """The classes that a network of PyTorch predicts, on so many threads. Its set_num_threads
    is of its own loops: OpenBLAS, which makes its products where both are Debian's, has a
    number of its own. `blas` is the library that it is found in, gemml's or OpenBLAS."""

    def __init__(self, torch, blas, net, x, threads, restore):
        super().__init__(lambda: net(x).argmax(dim=1))
        self.torch, self.blas, self.threads, self.restore = torch, blas, threads, restore

    def set_threads(self, threads):
        self.torch.set_num_threads(threads)
        self.blas.openblas_set_num_threads(threads)

    def run(self):
        self.set_threads(self.threads)
        with self.torch.no_grad():
            seconds = super().run()
        self.set_threads(self.restore)
        return seconds

    def result(self):
        return self.value.numpy().astype(float)


def declare(library):
    calls = library.calls
    calls.gemml_predict.argtypes = [ctypes.c_void_p, View, View]
    calls.gemml_predict_scratch_size.argtypes = [ctypes.c_void_p, View]
    calls.gemml_predict_scratch_size.restype = ctypes.c_size_t
    calls.gemml_predict_scratch.argtypes = [ctypes.c_void_p, View, View, ctypes.c_void_p, ctypes.c_size_t]


def same_values(_, found, ours):
    number = digits(found, ours)
    return f"{number:.1f} digits", number >= 8


def same_classes(_, found, ours):
    share = (found == ours).mean()
    return f"{100 * share:.2f}% of the classes", share >= 0.995


def names(quick):
    return [f"predict/{model}/{batch}" for model in ("linear", "network") for batch in (BATCHES[:2] if quick else BATCHES)]


def make_linear(case, batch, setting, packages):
    random = numpy.random.default_rng(1)
    x = random.random((ROWS, 100))
    y = x @ random.standard_normal(100) + 1
    fit = LibraryFit(setting.library, x, y, True)
    fit.run()
    theta, rows = fit.result(), x[:batch].copy()
    case.agreement = same_values
    case.add(OURS, Prediction(setting.library, fit.model, rows, fit.close))
    case.add(CALLER, Prediction(setting.library, fit.model, rows, scratch=True))
    case.add("NumPy x @ w + b", Call(lambda: rows @ theta[1:] + theta[0]))
    if packages.sklearn:
        estimator = packages.sklearn.linear_model.LinearRegression().fit(x, y)
        case.add("LinearRegression.predict", Call(lambda: estimator.predict(rows)))


def train_network(setting, folder, x):
    """A model handle from the command line: what it learns does not matter here."""
    data, model = os.path.join(folder, "pixels.npy"), os.path.join(folder, "network.gemml")
    numpy.save(data, numpy.column_stack([x, numpy.arange(ROWS) % SIZES[-1]]))
    subprocess.run([setting.program, "train", "mlp", data, "--target=-1", "--task", "classification", "--hidden",
                    ",".join(map(str, SIZES[1:-1])), "--epochs", "1", "--no-scale", "--model", model, "--quiet"],
                   check=True, stdout=subprocess.DEVNULL)
    handle = ctypes.c_void_p()
    setting.library.check(setting.library.calls.gemml_load(ctypes.byref(handle), model.encode()))
    return handle


def parameters(library, handle):
    pointer, count = ctypes.c_void_p(), ctypes.c_size_t()
    library.check(library.calls.gemml_parameters(handle, ctypes.byref(pointer), ctypes.byref(count)))
    return numpy.ctypeslib.as_array(ctypes.cast(pointer, ctypes.POINTER(ctypes.c_float)), (count.value,)).copy()


def torch_net(torch, widths, theta):
    """relu between the layers; theta is layer by layer W (inputs x outputs), then b."""
    layers, used = [], 0
    for inputs, outputs in zip(widths, widths[1:]):
        linear, end = torch.nn.Linear(inputs, outputs), used + inputs * outputs
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(theta[used:end].reshape(inputs, outputs).T.copy()))
            linear.bias.copy_(torch.from_numpy(theta[end:end + outputs].copy()))
        layers += [linear, torch.nn.ReLU()]
        used = end + outputs
    return torch.nn.Sequential(*layers[:-1])


def make_network(case, batch, setting, packages):
    library = setting.library
    x = numpy.random.default_rng(1).random((ROWS, SIZES[0]), numpy.float32)
    handle, rows = train_network(setting, packages.folder, x), x[:batch].copy()
    case.agreement = same_classes
    case.add(OURS, Prediction(library, handle, rows, lambda: library.calls.gemml_model_free(handle)))
    case.add(CALLER, Prediction(library, handle, rows, scratch=True), CALLER)
    if packages.torch:
        net, tensor = torch_net(packages.torch, SIZES, parameters(library, handle)), packages.torch.from_numpy(rows)
        for label, threads, peer_of in ((TORCH, setting.threads, OURS), (TORCH_ALONE, 1, CALLER)):
            case.add(label, TorchPrediction(packages.torch, library.calls, net, tensor, threads, setting.threads), peer_of)
    else:
        case.skip(TORCH, "not installed")


def make(name, setting, packages):
    declare(setting.library)
    _, model, batch = name.split("/")
    case = Case(name, None, GOALS.get(name))
    (make_linear if model == "linear" else make_network)(case, int(batch), setting, packages)
    return case

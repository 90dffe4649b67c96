"""gemml as the comparison sees it: the shared library through ctypes, the program through files."""

import ctypes
import json
import math
import os
import subprocess
import time

import numpy

OK = 0
F64, F32 = 0, 1
SOLVER_CHOLESKY = 1
AUTO_COUNT = ctypes.c_size_t(-1).value


class View(ctypes.Structure):  # gemml_view and gemml_matrix
    _fields_ = [("data", ctypes.c_void_p), ("rows", ctypes.c_size_t), ("cols", ctypes.c_size_t),
                ("stride", ctypes.c_size_t), ("dtype", ctypes.c_int), ("reserved", ctypes.c_uint32)]


class Dataset(ctypes.Structure):  # gemml_dataset
    _fields_ = [("struct_size", ctypes.c_size_t), ("x", View), ("y", View), ("weight", View), ("x_low", View)]


class LinearOptions(ctypes.Structure):  # gemml_linear_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("solver", ctypes.c_int), ("scaling", ctypes.c_int),
                ("dtype", ctypes.c_int), ("intercept", ctypes.c_int), ("l2", ctypes.c_double),
                ("tolerance", ctypes.c_double), ("patience", ctypes.c_size_t), ("epochs", ctypes.c_size_t),
                ("max_iterations", ctypes.c_size_t), ("batch", ctypes.c_size_t), ("rate", ctypes.c_double),
                ("seed", ctypes.c_uint64)]


class LogisticOptions(ctypes.Structure):  # gemml_logistic_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("solver", ctypes.c_int), ("scaling", ctypes.c_int),
                ("dtype", ctypes.c_int), ("intercept", ctypes.c_int), ("l2", ctypes.c_double),
                ("classes", ctypes.c_size_t), ("class_weighting", ctypes.c_int), ("class_weight", ctypes.c_void_p),
                ("tolerance", ctypes.c_double), ("max_iterations", ctypes.c_size_t), ("patience", ctypes.c_size_t),
                ("epochs", ctypes.c_size_t), ("batch", ctypes.c_size_t), ("rate", ctypes.c_double),
                ("seed", ctypes.c_uint64)]


def view(array):
    """A C-ordered array of float64 or float32 as a gemml_view."""
    columns = array.shape[1] if array.ndim == 2 else 1
    dtype = F32 if array.dtype == numpy.float32 else F64
    return View(array.ctypes.data, array.shape[0], columns, columns, dtype, 0)


class Library:
    """libgemml.so."""

    def __init__(self, path, threads):
        self.calls = ctypes.CDLL(path)
        self.calls.gemml_last_error.restype = ctypes.c_char_p
        self.calls.gemml_version.restype = ctypes.c_char_p
        self.calls.gemml_set_threads.argtypes = [ctypes.c_size_t]
        self.calls.gemml_coefficients.argtypes = [ctypes.c_void_p, View]
        self.check(self.calls.gemml_set_threads(threads))

    def check(self, status):
        if status != OK:
            raise RuntimeError(self.calls.gemml_last_error().decode())

    def version(self):
        return self.calls.gemml_version().decode()


class LibraryFit:
    """Linear regression by gemml_fit on the arrays as they are."""

    def __init__(self, library, x, y, intercept):
        self.library, self.features = library, x.shape[1]
        self.arrays = x, y  # borrowed by the views below
        options = LinearOptions(ctypes.sizeof(LinearOptions), SOLVER_CHOLESKY, 0, F64, int(intercept), 0.0, math.nan,
                                AUTO_COUNT, AUTO_COUNT, AUTO_COUNT, AUTO_COUNT, math.nan, 0)
        self.train = Dataset(ctypes.sizeof(Dataset), view(x), view(y), View())
        self.model = ctypes.c_void_p()
        library.check(library.calls.gemml_linear_create(ctypes.byref(self.model), ctypes.byref(options)))

    def run(self):
        """Seconds of one fit."""
        start = time.perf_counter()
        status = self.library.calls.gemml_fit(self.model, ctypes.byref(self.train), None, None)
        seconds = time.perf_counter() - start
        self.library.check(status)
        return seconds

    def result(self):
        """Intercept first."""
        out = numpy.empty((self.features + 1, 1))
        self.library.check(self.library.calls.gemml_coefficients(self.model, view(out)))
        return out[:, 0]

    def close(self):
        self.library.calls.gemml_model_free(self.model)


class LogisticFit:
    """Logistic regression by gemml_fit on the arrays as they are, the columns as they are."""

    def __init__(self, library, x, y, l2):
        self.library, self.features = library, x.shape[1]
        classes = int(y.max()) + 1
        self.outputs = 1 if classes == 2 else classes
        self.arrays = x, y  # borrowed by the views below
        options = LogisticOptions(ctypes.sizeof(LogisticOptions), 0, 0, F64, 1, l2, AUTO_COUNT, 0, None, math.nan,
                                  AUTO_COUNT, AUTO_COUNT, AUTO_COUNT, AUTO_COUNT, math.nan, 0)
        self.train = Dataset(ctypes.sizeof(Dataset), view(x), view(y), View())
        self.model = ctypes.c_void_p()
        library.check(library.calls.gemml_logistic_create(ctypes.byref(self.model), ctypes.byref(options)))

    def run(self):
        """Seconds of one fit."""
        start = time.perf_counter()
        status = self.library.calls.gemml_fit(self.model, ctypes.byref(self.train), None, None)
        seconds = time.perf_counter() - start
        self.library.check(status)
        return seconds

    def result(self):
        """(1 + p) x outputs, the intercepts first."""
        out = numpy.empty((self.features + 1, self.outputs))
        self.library.check(self.library.calls.gemml_coefficients(self.model, view(out)))
        return out

    def close(self):
        self.library.calls.gemml_model_free(self.model)


class MlpOptions(ctypes.Structure):  # gemml_mlp_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("task", ctypes.c_int), ("hidden", ctypes.c_void_p),
                ("hidden_count", ctypes.c_size_t), ("activation", ctypes.c_int), ("activations", ctypes.c_void_p),
                ("output_activation", ctypes.c_int), ("bias", ctypes.c_int), ("biases", ctypes.c_void_p),
                ("initialisation", ctypes.c_int), ("dtype", ctypes.c_int), ("classes", ctypes.c_size_t),
                ("class_weighting", ctypes.c_int), ("class_weight", ctypes.c_void_p), ("scaling", ctypes.c_int),
                ("target_scaling", ctypes.c_int), ("range_low", ctypes.c_double), ("range_high", ctypes.c_double),
                ("l2", ctypes.c_double), ("solver", ctypes.c_int), ("optimizer", ctypes.c_int),
                ("rate", ctypes.c_double), ("momentum", ctypes.c_double), ("decay", ctypes.c_double),
                ("beta1", ctypes.c_double), ("beta2", ctypes.c_double), ("epsilon", ctypes.c_double),
                ("weight_decay", ctypes.c_double), ("schedule", ctypes.c_int), ("schedule_factor", ctypes.c_double),
                ("schedule_every", ctypes.c_size_t), ("schedule_floor", ctypes.c_double), ("warmup", ctypes.c_double),
                ("start_divisor", ctypes.c_double), ("end_divisor", ctypes.c_double), ("batch", ctypes.c_size_t),
                ("accumulate", ctypes.c_size_t), ("clip", ctypes.c_double), ("dropout", ctypes.c_double),
                ("epochs", ctypes.c_size_t), ("max_iterations", ctypes.c_size_t), ("tolerance", ctypes.c_double),
                ("patience", ctypes.c_size_t), ("valid_every", ctypes.c_size_t), ("seed", ctypes.c_uint64)]


PROGRESS = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class FitOptions(ctypes.Structure):  # gemml_fit_options
    _fields_ = [("struct_size", ctypes.c_size_t), ("progress", PROGRESS), ("progress_data", ctypes.c_void_p),
                ("time_budget", ctypes.c_double), ("valid", ctypes.c_void_p), ("checkpoint", ctypes.c_char_p),
                ("checkpoint_epochs", ctypes.c_size_t), ("checkpoint_seconds", ctypes.c_double),
                ("resume", ctypes.c_int), ("record", ctypes.c_size_t)]


class FitInfo(ctypes.Structure):  # gemml_fit_info
    _fields_ = [("struct_size", ctypes.c_size_t), ("outcome", ctypes.c_int), ("solver", ctypes.c_int),
                ("epochs", ctypes.c_size_t), ("iterations", ctypes.c_size_t), ("objective", ctypes.c_double),
                ("loss", ctypes.c_double), ("best_epoch", ctypes.c_size_t), ("seconds", ctypes.c_double),
                ("loss_history", ctypes.POINTER(ctypes.c_double)), ("loss_history_count", ctypes.c_size_t),
                ("notice", ctypes.c_char_p), ("l2", ctypes.c_double), ("l2_path", ctypes.c_void_p),
                ("l2_path_count", ctypes.c_size_t), ("valid_loss_history", ctypes.c_void_p),
                ("score_history", ctypes.c_void_p), ("valid_epochs", ctypes.c_void_p),
                ("valid_history_count", ctypes.c_size_t), ("recorded", ctypes.POINTER(ctypes.c_double)),
                ("recorded_epochs", ctypes.c_void_p), ("recorded_count", ctypes.c_size_t)]


class NetworkFit:
    """A network by gemml_fit, in single precision, columns as they are."""

    RELU, SIGMOID, SGD, ADAM = 1, 2, 0, 4

    def __init__(self, library, x, y, hidden, *, classes, sigmoid, adam, rate, batch):
        self.library, auto = library, math.nan
        self.hidden = (ctypes.c_size_t * len(hidden))(*hidden)
        self.arrays = x, numpy.ascontiguousarray(y, dtype=numpy.float32)  # borrowed by the views
        self.train = Dataset(ctypes.sizeof(Dataset), *(view(array) for array in self.arrays), View())
        self.options = MlpOptions(
            struct_size=ctypes.sizeof(MlpOptions), task=int(classes),
            hidden=ctypes.cast(self.hidden, ctypes.c_void_p), hidden_count=len(hidden),
            activation=self.SIGMOID if sigmoid else self.RELU, bias=1, dtype=F32, classes=AUTO_COUNT, range_high=1,
            optimizer=self.ADAM if adam else self.SGD, rate=rate, momentum=auto, decay=auto, beta1=auto, beta2=auto,
            epsilon=auto, weight_decay=auto, schedule_factor=auto, schedule_every=AUTO_COUNT, schedule_floor=auto,
            warmup=auto, start_divisor=auto, end_divisor=auto, batch=batch, accumulate=1, clip=auto,
            max_iterations=AUTO_COUNT, tolerance=auto, patience=AUTO_COUNT, valid_every=1)

    def fit(self, epochs, progress, record):
        """The info of a fit, and the model, to be freed."""
        calls, model, self.options.epochs = self.library.calls, ctypes.c_void_p(), epochs
        options = FitOptions(ctypes.sizeof(FitOptions), progress, None, math.nan, None, None, AUTO_COUNT, math.nan, 0,
                             record)
        info = FitInfo(struct_size=ctypes.sizeof(FitInfo))
        self.library.check(calls.gemml_mlp_create(ctypes.byref(model), ctypes.byref(self.options)))
        self.library.check(calls.gemml_fit(model, ctypes.byref(self.train), ctypes.byref(options), ctypes.byref(info)))
        return info, model

    def epoch_seconds(self, epochs):
        """From one call of the progress callback to the next; there is none for the last epoch."""
        times = []
        progress = PROGRESS(lambda _progress, _data: times.append(time.perf_counter()) or 0)
        _, model = self.fit(epochs, progress, AUTO_COUNT)
        self.library.calls.gemml_model_free(model)
        return [after - before for before, after in zip(times, times[1:])]

    def losses_and_start(self, epochs):
        """The mean loss over each epoch, and the parameters before the first."""
        info, model = self.fit(epochs, PROGRESS(), epochs)
        count = ctypes.c_size_t()
        parameters = ctypes.c_void_p()
        self.library.check(self.library.calls.gemml_parameters(model, ctypes.byref(parameters), ctypes.byref(count)))
        losses = list(info.loss_history[:info.loss_history_count])
        start = numpy.ctypeslib.as_array(info.recorded, (count.value,)).copy()
        self.library.calls.gemml_model_free(model)
        return losses, start


def memory_of(process):
    """Peaks, in bytes, of the running process's resident memory: (all, anonymous).

    Polled, because a child's rusage begins with its parent's peak. The first is
    the kernel's own high-water mark, which cannot be missed but in the last poll.
    """
    peaks = {"VmHWM": 0, "RssAnon": 0}
    while process.poll() is None:
        try:
            with open(f"/proc/{process.pid}/status") as status:
                for line in status:
                    name, _, value = line.partition(":")
                    if name in peaks:
                        peaks[name] = max(peaks[name], 1024 * int(value.split()[0]))
        except (OSError, ValueError, IndexError):
            pass  # it has just ended
        time.sleep(0.001)
    return peaks["VmHWM"], peaks["RssAnon"]


class ProgramFit:
    """`gemml train linear` on an NPY file whose last column is the target."""

    def __init__(self, program, folder, x, y, threads):
        self.data, self.model, self.report = (os.path.join(folder, name)
                                              for name in ("data.npy", "model.gemml", "report.json"))
        table = numpy.lib.format.open_memmap(self.data, "w+", numpy.float64, (x.shape[0], x.shape[1] + 1))
        table[:, :-1] = x
        table[:, -1] = y
        table.flush()
        self.program = program
        self.command = [program, "train", "linear", self.data, "--target=-1", "--solver", "cholesky", "--model",
                        self.model, "--report", self.report, "--threads", str(threads), "--quiet"]

    def run(self):
        """seconds_fit of the report."""
        subprocess.run(self.command, check=True, stdout=subprocess.DEVNULL)
        with open(self.report) as report:
            return json.load(report)["seconds_fit"]

    def result(self):
        """Intercept first."""
        text = subprocess.run([self.program, "inspect", self.model, "--json"], check=True, stdout=subprocess.PIPE)
        return numpy.array([entry["estimate"] for entry in json.loads(text.stdout)["coefficients"]])

    def memory_beyond_data(self):
        """Peak resident bytes beyond the file, which is mapped, and peak anonymous bytes."""
        process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL)
        resident, anonymous = memory_of(process)
        if process.returncode != 0:
            raise RuntimeError(f"gemml train ended with {process.returncode}")
        return resident - os.path.getsize(self.data), anonymous

    def close(self):
        for path in (self.data, self.model, self.report):
            if os.path.exists(path):
                os.remove(path)

"""Linear regression of n x p uniform numbers in double precision, without a penalty: the
same coefficients, to eight digits, from everybody."""

import numpy

from contest import Call, Case, OURS, agree_to
from ours import LibraryFit, ProgramFit
from r import RFit

PLAIN, PROGRAM = "gemml, no intercept", "gemml, command line"
NUMPY, RIDGE, LEAST_SQUARES = "NumPy X'X, solve", "Ridge(solver='cholesky')", "LinearRegression"
# How many times longer they should take, at least.
GOALS = {
    "1e3x10": {NUMPY: 3, RIDGE: 20, LEAST_SQUARES: 30},
    "1e4x1000": {NUMPY: 1.1, RIDGE: 1.5, LEAST_SQUARES: 7},
    "1e5x500": {NUMPY: 1.35, RIDGE: 2, LEAST_SQUARES: 15},
    "1e6x100": {NUMPY: 2, RIDGE: 4, LEAST_SQUARES: 35},
}
SHAPES, QUICK_SHAPES = list(GOALS), ["1e3x10", "1e3x100", "1e4x20"]
RIDGE_ALPHA = 1e-10  # too small to change a digit: the same problem as without a penalty
MEMORY_BYTES = 100e6  # of data, from which memory is worth a line


def make_data(rows, columns):
    """y = 1 + X w + noise; X uniform around 1/2, so that the intercept is not idle."""
    random = numpy.random.default_rng(1)
    x = random.random((rows, columns))
    y = 1 + x @ random.standard_normal(columns)
    y += 0.1 * random.standard_normal(rows)
    return x, y


def normal_equations(x, y):
    return numpy.concatenate([[0.0], numpy.linalg.solve(x.T @ x, x.T @ y)])


def torch_normal_equations(torch, x, y):
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    return lambda: numpy.concatenate([[0.0], torch.linalg.solve(x.T @ x, x.T @ y).numpy()])


def estimator_fit(estimator, x, y):
    estimator.fit(x, y)
    return numpy.concatenate([[estimator.intercept_], estimator.coef_])


def add_peers(case, packages, x, y):
    case.add(NUMPY, Call(lambda: normal_equations(x, y)), PLAIN)
    if packages.torch:
        case.add("PyTorch X'X, solve", Call(torch_normal_equations(packages.torch, x, y)), PLAIN)
    if packages.sklearn:
        models = packages.sklearn.linear_model
        case.add(RIDGE, Call(lambda: estimator_fit(models.Ridge(alpha=RIDGE_ALPHA, solver="cholesky"), x, y)))
        case.add(LEAST_SQUARES, Call(lambda: estimator_fit(models.LinearRegression(), x, y)))
    if packages.r and RFit.is_quick(x):
        case.add("R lm.fit", RFit(packages.folder, "linear", x, y))
    elif packages.r:
        case.skip("R lm.fit", RFit.WHY_NOT)


def names(quick):
    return [f"linear/{shape}" for shape in (QUICK_SHAPES if quick else SHAPES)]


def make(name, setting, packages):
    shape = name.split("/")[1]
    x, y = make_data(*(int(float(part)) for part in shape.split("x")))
    case = Case(name, agree_to(8), GOALS.get(shape))
    case.add(OURS, LibraryFit(setting.library, x, y, True))
    case.add(PLAIN, LibraryFit(setting.library, x, y, False), PLAIN)
    program = ProgramFit(setting.program, packages.folder, x, y, setting.threads)
    case.add(PROGRAM, program)
    add_peers(case, packages, x, y)
    if x.nbytes >= MEMORY_BYTES:
        beyond, anonymous = program.memory_beyond_data()
        case.notes.append(f"peak memory of the command line: {beyond / 1e6:.1f} MB beyond the mapped file "
                          f"(program and libraries included), {anonymous / 1e6:.1f} MB of it allocated")
    return case

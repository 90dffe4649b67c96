"""Logistic regression, binary and multinomial: everybody minimises

    F = sum loss + lambda/2 sum w^2

over columns of mean 0.5 as they are, with lambda = 1 (scikit-learn's C = 1), and for R's
glm with lambda = 0. scikit-learn's lbfgs runs at tol = 1e-6; gemml at its default, which is
stricter. `gap` is how far a peer's F is above ours, relative to it."""

import numpy

from contest import Call, Case, OURS
from ours import LogisticFit
from r import RFit

SKLEARN, R, PLAIN = "scikit-learn lbfgs", "R glm.fit", "gemml, no penalty"
GOALS = {"1e3x2x2": 10, "1e4x1000x2": 3, "1e5x500x2": 6, "1e6x100x2": 4, "1e5x200x10": 3}
SHAPES, QUICK_SHAPES = list(GOALS), ["1e3x2x2", "1e4x20x2", "1e4x20x10"]
LARGEST_GAP = 1e-5


def make_data(rows, columns, classes):
    """Columns of mean 0.5; classes drawn from a softmax of linear scores."""
    random = numpy.random.default_rng(1)
    x = random.standard_normal((rows, columns)) + 0.5
    scores = 2 * (x - 0.5) @ random.standard_normal((columns, classes)) / numpy.sqrt(columns)
    scores += random.gumbel(size=scores.shape)
    return x, scores.argmax(axis=1).astype(float)


def objective(x, y, theta, l2):
    """F at theta, (1 + p) x outputs, the intercepts first."""
    z = x @ theta[1:] + theta[0]
    if z.shape[1] == 1:
        z = numpy.hstack([numpy.zeros_like(z), z])
    most = z.max(axis=1)
    losses = numpy.log(numpy.exp(z - most[:, None]).sum(axis=1)) + most - z[numpy.arange(len(y)), y.astype(int)]
    return losses.sum() + l2 * (theta[1:] ** 2).sum() / 2


def estimator_fit(packages, x, y):
    estimator = packages.sklearn.linear_model.LogisticRegression(
        C=1, tol=1e-6, max_iter=1000, solver="lbfgs", multi_class="multinomial" if y.max() > 1 else "auto")

    def fit():
        estimator.fit(x, y)
        return numpy.vstack([estimator.intercept_, estimator.coef_.T])

    return fit


def names(quick):
    return [f"logistic/{shape}" for shape in (QUICK_SHAPES if quick else SHAPES)]


def make(name, setting, packages):
    shape = name.split("/")[1]
    rows, columns, classes = (int(float(part)) for part in shape.split("x"))
    x, y = make_data(rows, columns, classes)

    def gap(peer, found, ours):
        l2 = 1.0 if peer == SKLEARN else 0.0
        lowest = objective(x, y, ours, l2)
        value = (objective(x, y, found, l2) - lowest) / lowest
        return f"gap {value:+.1e} of F = {lowest:.10g}", abs(value) <= LARGEST_GAP

    case = Case(name, gap, {SKLEARN: GOALS[shape]} if shape in GOALS else {})
    case.add(OURS, LogisticFit(setting.library, x, y, 1.0))
    if packages.sklearn:
        case.add(SKLEARN, Call(estimator_fit(packages, x, y)))
    if packages.r and classes == 2 and RFit.is_quick(x):
        case.add(PLAIN, LogisticFit(setting.library, x, y, 0.0), PLAIN)
        case.add(R, RFit(packages.folder, "logistic", x, y), PLAIN)
    elif packages.r:
        case.skip(R, RFit.WHY_NOT if classes == 2 else "two classes only")
    return case

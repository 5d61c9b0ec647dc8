"""Linear probes: how much of a label or a number a linear map reads off frozen embeddings.

The only free choice, the strength of the penalty, is made on a part of the training data, after which the map is
refitted on all of it, or on validation data where there are some. The map meets the test data once.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.linear_model import Ridge

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, Statistic, mean_measure, measure
from counterpoint.evaluation.checks import Embeddings
from counterpoint.evaluation.logistic import logistic_path
from counterpoint.evaluation.stratified import stratified_part

STRENGTHS = (1e-4, 1e-3, 1e-2, 1e-1, 1.0)
PENALTIES = (1.0, 10.0, 100.0, 1000.0, 10000.0)
HELD_OUT = 0.2
"""Of the training rows, to choose on where there are no others."""


@dataclass(frozen=True, eq=False)
class Probe:
    """A fitted linear map from embeddings to class scores or to a number.

    Attributes:
        centre: `[D]` float32, mean of the training embeddings (0 for a sparse matrix, which stays sparse).
        scale: `[D]` float32, their standard deviation (for a sparse matrix one number, the root mean square entry).
        weight: `[D, K]` float32, on embeddings standardised by the two.
        bias: `[K]` float32.
        classes: `[K]` labels, or None for a regression (K = 1).
        chosen: The strength C (classes) or penalty (numbers) that did best on the validation part.
        converged: Whether the final fit met its tolerance.
    """

    centre: np.ndarray
    scale: np.ndarray
    weight: np.ndarray
    bias: np.ndarray
    classes: np.ndarray | None
    chosen: float
    converged: bool

    def predict(self, embeddings: Embeddings) -> np.ndarray:
        """Labels or numbers `[N]` of embeddings `[N, D]`."""
        embeddings = checks.embeddings("embeddings", embeddings, at_least=1)
        if embeddings.shape[1] != self.weight.shape[0]:
            raise InputError(f"the probe reads {self.weight.shape[0]} columns, embeddings has {embeddings.shape[1]}")
        score = _standardised(embeddings, self.centre, self.scale) @ self.weight + self.bias
        return score[:, 0] if self.classes is None else self.classes[score.argmax(axis=1)]


def fit_classifier(
    train: Embeddings,
    labels: np.ndarray,
    *,
    strengths: Sequence[float] = STRENGTHS,
    validation: float | tuple[Embeddings, np.ndarray] = HELD_OUT,
    seed: int = 0,
) -> Probe:
    """Multinomial logistic regression on standardised embeddings, its strength C chosen on rows it has not seen.

    C is scikit-learn's: the weight of the summed log losses against |weight|^2 / 2. The smallest C wins a tie.

    Args:
        train: `[N, D]`, or sparse.
        labels: `[N]` integers or strings, at least two classes.
        strengths: Values of C to try; a single one is used as it is.
        validation: Share of each class that C is chosen on before all are fitted, or embeddings `[V, D]` and labels
            `[V]` of other rows to choose on.
        seed: Seed of the split.

    Raises:
        InputError: Values do not fit, one class only, or no class has two examples to split.
    """
    train = checks.embeddings("train", train)
    labels = checks.labels("labels", labels, train.shape[0], classes=2)
    classes, y = np.unique(labels, return_inverse=True)
    strengths = _sorted_positive("strengths", strengths)
    chosen = strengths[0]
    if len(strengths) > 1:
        if isinstance(validation, tuple):
            unseen, named = _validation_rows(validation, train, classes)
            chosen = _best_strength(train, y, unseen, named, strengths)
        else:
            held = stratified_part(y, validation, seed=seed)
            chosen = _best_strength(train[~held], y[~held], train[held], y[held], strengths)
    centre, scale = _moments(train)
    # The way there goes over the smaller strengths: each solution is a good start for the next.
    *_, fit = logistic_path(_standardised(train, centre, scale), y, [c for c in strengths if c <= chosen])
    return Probe(centre, scale, fit.weight, fit.bias, classes, chosen, fit.converged)


def fit_regression(
    train: np.ndarray,
    targets: np.ndarray,
    *,
    penalties: Sequence[float] = PENALTIES,
    validation: float = HELD_OUT,
    seed: int = 0,
) -> Probe:
    """Ridge regression on standardised embeddings, its penalty chosen on a random part of the training data.

    Minimises |y - x w - b|^2 + penalty * |w|^2. The largest penalty wins a tie.

    Args:
        train: `[N, D]` dense.
        targets: `[N]` numbers that vary.
        penalties: Values to try; a single one is used as it is.
        validation: Share of the rows that the penalty is chosen on.
        seed: Seed of the split.

    Raises:
        InputError: Values do not fit, or targets are all equal.
    """
    train = checks.dense("train", train, at_least=4)
    y = checks.numbers("targets", targets, train.shape[0], varying=True)
    penalties = _sorted_positive("penalties", penalties)[::-1]
    chosen = penalties[0]
    if len(penalties) > 1:
        held = stratified_part(np.zeros(y.size, dtype=np.int64), validation, seed=seed)
        fits = [_ridge(train[~held], y[~held], penalty) for penalty in penalties]
        chosen = penalties[int(np.argmin([np.square(fit.predict(train[held]) - y[held]).mean() for fit in fits]))]
    return _ridge(train, y, chosen)


def probe_accuracy(
    train: Embeddings,
    train_labels: np.ndarray,
    test: Embeddings,
    test_labels: np.ndarray,
    *,
    strengths: Sequence[float] = STRENGTHS,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> Measure:
    """Test accuracy of :func:`fit_classifier`; a test label that training never saw counts as wrong."""
    train, test = checks.embeddings("train", train), checks.embeddings("test", test)
    checks.same_width("train", train, "test", test)
    test_labels = checks.labels("test_labels", test_labels, test.shape[0])
    predicted = fit_classifier(train, train_labels, strengths=strengths, seed=seed).predict(test)
    return mean_measure("probe_accuracy", predicted == test_labels, bootstrap=bootstrap)


def probe_regression(
    train: np.ndarray,
    train_targets: np.ndarray,
    test: np.ndarray,
    test_targets: np.ndarray,
    *,
    penalties: Sequence[float] = PENALTIES,
    seed: int = 0,
    bootstrap: Bootstrap = DEFAULT,
) -> list[Measure]:
    """Share of explained variance (R squared) and root mean squared error of :func:`fit_regression` on the test rows.

    R squared is 1 - (squared error) / (squared deviation from the test mean): negative where the mean does better.
    """
    train, test = checks.dense("train", train), checks.dense("test", test)
    checks.same_width("train", train, "test", test)
    target = checks.numbers("test_targets", test_targets, test.shape[0], varying=True)
    predicted = fit_regression(train, train_targets, penalties=penalties, seed=seed).predict(test).astype(np.float64)
    ones = np.ones(target.size, dtype=np.int64)
    return [
        measure("probe_r2", r2_of(target, predicted), ones, bootstrap=bootstrap),
        measure("probe_rmse", rmse_of(target, predicted), ones, bootstrap=bootstrap, greater_is_better=False),
    ]


def r2_of(target: np.ndarray, predicted: np.ndarray) -> Statistic:
    """R squared of two vectors `[N]` as a statistic of counts."""
    centred = target - target.mean()
    moments = np.stack([centred, centred**2, (predicted - target) ** 2], axis=1)

    def statistic(counts: np.ndarray) -> np.ndarray:
        mean, square, error = (counts @ moments / counts.sum(axis=1, keepdims=True)).T
        variance = square - mean**2
        varies = variance > 1e-12 * square
        return np.where(varies, 1 - error / np.where(varies, variance, 1), np.nan)

    return statistic


def rmse_of(target: np.ndarray, predicted: np.ndarray) -> Statistic:
    """Root mean squared error of two vectors `[N]` as a statistic of counts."""
    squared = np.square(predicted - target)
    return lambda counts: np.sqrt(counts @ squared / counts.sum(axis=1))


def _best_strength(
    x: Embeddings, y: np.ndarray, unseen: Embeddings, named: np.ndarray, strengths: Sequence[float]
) -> float:
    """The smallest C of those whose fit on ``x`` names most of the unseen rows rightly."""
    centre, scale = _moments(x)
    rows = _standardised(unseen, centre, scale)
    accuracy = [
        np.mean((rows @ fit.weight + fit.bias).argmax(axis=1) == named)
        for fit in logistic_path(_standardised(x, centre, scale), y, strengths)
    ]
    return strengths[int(np.argmax(accuracy))]


def _validation_rows(
    validation: tuple[Embeddings, np.ndarray], train: Embeddings, classes: np.ndarray
) -> tuple[Embeddings, np.ndarray]:
    """Checked embeddings, and places `[V]` of their labels among the classes, -1 for a class that training lacks."""
    unseen = checks.embeddings("validation", validation[0], at_least=1)
    checks.same_width("train", train, "validation", unseen)
    labels = checks.labels("validation labels", validation[1], unseen.shape[0])
    place = np.minimum(np.searchsorted(classes, labels), len(classes) - 1)
    return unseen, np.where(classes[place] == labels, place, -1)


def _ridge(train: np.ndarray, y: np.ndarray, penalty: float) -> Probe:
    centre, scale = _moments(train)
    fit = Ridge(alpha=penalty).fit(_standardised(train, centre, scale).astype(np.float64), y)
    return Probe(centre, scale, fit.coef_[:, None], np.atleast_1d(fit.intercept_), None, penalty, True)


def _moments(train: Embeddings) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each column; a column that varies by no more than rounding keeps its scale."""
    if sparse.issparse(train):
        square = train.multiply(train).mean(dtype=np.float64)
        return np.zeros(train.shape[1], np.float32), np.full(train.shape[1], np.sqrt(square) or 1.0, np.float32)
    centre, scale = train.mean(axis=0, dtype=np.float64), train.std(axis=0, dtype=np.float64)
    return centre.astype(np.float32), np.where(scale > 1e-6 * np.abs(centre), scale, 1).astype(np.float32)


def _standardised(x: Embeddings, centre: np.ndarray, scale: np.ndarray) -> Embeddings:
    """Float32; a sparse matrix is only scaled, since centring would fill it."""
    if sparse.issparse(x):
        return (x.astype(np.float32) @ sparse.diags_array(1 / scale)).tocsr()
    return ((x - centre) / scale).astype(np.float32, copy=False)


def _sorted_positive(name: str, values: Sequence[float]) -> list[float]:
    if not values:
        raise InputError(f"{name} must hold at least one value")
    for value in values:
        checks.positive(name, value)
    return sorted(values)

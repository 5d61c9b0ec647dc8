"""Error against the number of labels, and how many labels a probe needs to come near its best."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks


class Classifier(Protocol):
    """What a fit returns."""

    def predict(self, embeddings: np.ndarray) -> np.ndarray:
        """Labels `[N]` of embeddings `[N, D]`."""
        ...


Fit = Callable[[np.ndarray, np.ndarray], Classifier]
"""From embeddings `[N, D]` and labels `[N]` to a classifier."""


def learning_curve(
    fit: Fit,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    *,
    sizes: Sequence[int],
    repeats: int = 5,
    seed: int = 0,
) -> np.ndarray:
    """Mean test error after learning from a few rows, `[S]`.

    Every draw takes at least two rows of each class and the rest at random; a larger draw contains the smaller ones.
    With the same seed two classifiers see the same draws.

    Args:
        fit: Learns a classifier.
        train: Embeddings `[N, D]` and labels `[N]` to draw from.
        test: Embeddings and labels to judge by.
        sizes: Rows drawn, each between twice the number of classes and N.
        repeats: Draws of each size.
        seed: Of the draws.

    Raises:
        InputError: A size is too small or too large, or a class has fewer than two rows.
    """
    rows, labels = checks.dense("train", train[0]), checks.labels("train labels", train[1], len(train[0]), classes=2)
    least = 2 * np.unique(labels).size
    if not len(sizes) or min(sizes) < least or max(sizes) > len(rows):
        raise InputError(f"sizes must lie between {least}, two rows of each class, and {len(rows)}, got {list(sizes)}")
    checks.at_least("repeats", repeats, 1)
    rng = np.random.default_rng(seed)
    orders = [_two_of_each_first(labels, rng) for _ in range(repeats)]
    errors = [[_error(fit(rows[o[:n]], labels[o[:n]]), test) for o in orders] for n in sizes]
    return np.mean(errors, axis=1)


def labels_needed(sizes: Sequence[int], errors: Sequence[float], target: float) -> float:
    """From how many labels on the error stays at or below a target, read off between sizes on a logarithmic scale.

    Args:
        sizes: Rising.
        errors: One per size.
        target: The error to be reached.

    Returns:
        A number of labels; the smallest size where every error is below; infinity where the last one is above.

    Raises:
        InputError: Lengths differ, or sizes do not rise.
    """
    n, error = checks.numbers("sizes", sizes, len(sizes)), checks.numbers("errors", errors, len(sizes))
    if not (np.diff(n) > 0).all() or n[0] <= 0:
        raise InputError(f"sizes must be positive and rise, got {list(sizes)}")
    above = np.flatnonzero(error > target)
    if not above.size:
        return float(n[0])
    last = int(above[-1])
    if last == len(n) - 1:
        return float("inf")
    share = (error[last] - target) / (error[last] - error[last + 1])
    return float(np.exp(np.log(n[last]) + share * (np.log(n[last + 1]) - np.log(n[last]))))


def _two_of_each_first(labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    order = rng.permutation(len(labels))
    first: list[int] = []
    for one in np.unique(labels):
        mine = order[labels[order] == one][:2]
        checks.at_least(f"the number of rows of class {one}", mine.size, 2)
        first += mine.tolist()
    return np.concatenate([first, order[~np.isin(order, first)]])


def _error(classifier: Classifier, test: tuple[np.ndarray, np.ndarray]) -> float:
    return float((classifier.predict(test[0]) != test[1]).mean())

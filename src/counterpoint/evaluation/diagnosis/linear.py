"""What a linear map reads off embeddings, on rows it has not seen: the reader of factors, leaks and biases."""

import numpy as np
from scipy import linalg

from counterpoint.base.errors import InputError
from counterpoint.evaluation.two_models import explained

RIDGE = 1e-3
RIDGES = (1e-3, 1e-2, 1e-1, 1.0)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Indicators `[N, K]` of labels `[N]`."""
    classes, index = np.unique(labels, return_inverse=True)
    return np.eye(len(classes))[index]


def readable(rows: np.ndarray, factor: np.ndarray, *, ridge: float = RIDGE, seed: int = 0) -> float:
    """Share of a factor's variance that a linear map predicts on unseen rows (5 folds); classes as indicators.

    Args:
        rows: `[N, D]`.
        factor: `[N]` strings, booleans or integers (classes), or numbers: floats, and integers that hardly repeat.
        ridge: Weight of the penalty, as in :func:`counterpoint.evaluation.explained`.
        seed: Of the folds.

    Raises:
        InputError: The factor is the same in every row, or text that hardly repeats.
    """
    many = len(np.unique(factor)) * 2 > len(factor)
    if factor.dtype.kind == "f" or (many and factor.dtype.kind in "iu"):
        return explained(rows, factor[:, None].astype(np.float64), ridge=ridge, seed=seed)
    if many:
        raise InputError("nearly every row has a class of its own")
    return explained(rows, one_hot(factor), ridge=ridge, seed=seed)


def best_ridge(rows: np.ndarray, factor: np.ndarray, *, seed: int = 0) -> float:
    """Of a few penalties the one that reads most: few rows of many dimensions need a large one."""
    return max(RIDGES, key=lambda ridge: readable(rows, factor, ridge=ridge, seed=seed))


def directions(rows: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Directions `[K, D]` along which a ridge classifier of a factor looks, independent and of length one.

    Args:
        rows: `[N, D]`.
        factor: `[N]` classes.
    """
    x, y = rows - rows.mean(axis=0), one_hot(factor)
    gram = x.T @ x
    weight = linalg.solve(gram + RIDGE * np.trace(gram) / len(gram) * np.eye(len(gram)), x.T @ (y - y.mean(axis=0)))
    left, value, _ = linalg.svd(weight, full_matrices=False)
    return left[:, value > 1e-6 * value[0]].T


def accuracy_in_halves(rows: np.ndarray, factor: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Whether each row of one half is classified right by a ridge classifier of the other half, both ways, `[N]`."""
    classes, index = np.unique(factor, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(rows))
    right = np.zeros(len(rows), dtype=bool)
    for own, other in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        middle, y = rows[other].mean(axis=0), np.eye(len(classes))[index[other]]
        x = rows[other] - middle
        gram = x.T @ x
        ridge = max(RIDGE * np.trace(gram) / len(gram), np.finfo(np.float64).tiny)
        weight = linalg.solve(gram + ridge * np.eye(len(gram)), x.T @ (y - y.mean(axis=0)), assume_a="pos")
        guess = (rows[own] - middle) @ weight + y.mean(axis=0)
        right[own] = guess.argmax(axis=1) == index[own]
    return right

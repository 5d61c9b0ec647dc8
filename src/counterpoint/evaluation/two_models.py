"""How alike two embeddings of the same examples are: neighbours, directions, and what one predicts of the other."""

import numpy as np
from scipy import linalg

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.checks import Embeddings


def neighbour_overlap(first: Embeddings, second: Embeddings, *, k: int = 10, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Mean share of a row's k nearest neighbours that both embeddings agree on: 1 the same, k / (N - 1) by chance.

    Args:
        first: `[N, D]`, or sparse.
        second: `[N, E]`: the same examples, of another model or layer.
        k: Neighbours looked at.
        bootstrap: Resamples, level and seed; rows are drawn.

    Raises:
        InputError: Another number of rows, or not more than k + 1 of them.
    """
    first, second = _same_rows(first, second)
    checks.at_least("k", k, 1)
    checks.at_least("the number of rows", first.shape[0], k + 2)
    blocks = zip(*(cosine.top_k(one, one, k, exclude_self=True) for one in (first, second)), strict=True)
    shared = [(a.index[:, :, None] == b.index[:, None, :]).sum(axis=(1, 2)) / k for a, b in blocks]
    return mean_measure("neighbour_overlap", np.concatenate(shared), bootstrap=bootstrap)


def linear_cka(first: np.ndarray, second: np.ndarray) -> float:
    """Centred kernel alignment with linear kernels: 1 for the same space up to rotation and scale, 0 for none shared.

    Formula: ``|Y^T X|_F^2 / (|X^T X|_F |Y^T Y|_F)`` with centred columns.

    Kornblith, Norouzi, Lee and Hinton, "Similarity of Neural Network Representations Revisited" (2019),
    arXiv:1905.00414, Section 3. It is biased upwards where N is not much larger than D and E.

    Args:
        first: `[N, D]`.
        second: `[N, E]`.

    Raises:
        InputError: Another number of rows, or constant embeddings.
    """
    x, y = _centred(first, second)
    scale = np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y)
    if not scale > 0:
        raise InputError("the alignment is undefined: one of the embeddings is the same in every row")
    return float(np.linalg.norm(y.T @ x) ** 2 / scale)


def explained(first: np.ndarray, second: np.ndarray, *, ridge: float = 1e-3, folds: int = 5, seed: int = 0) -> float:
    """Share of the second embedding's variance that a linear connector from the first predicts, on unseen rows.

    What a connector cannot reconstruct is lost to whoever reads the first embedding through it.

    Args:
        first: `[N, D]`.
        second: `[N, E]`.
        ridge: Weight of the penalty, as a share of the mean variance of the columns of ``first`` times N.
        folds: Parts of the cross-validation.
        seed: Of the parts.

    Returns:
        ``1 - residual / variance``; below 0 where the connector does worse than the mean.

    Raises:
        InputError: Another number of rows, fewer rows than folds, or a constant second embedding.
    """
    variance = np.square(_centred(first, second)[1]).sum()
    if not variance > 0:
        raise InputError("what is explained is undefined: second is the same in every row")
    return float(1 - reconstruction_losses(first, second, ridge=ridge, folds=folds, seed=seed).sum() / variance)


def reconstruction_losses(
    projected: np.ndarray, original: np.ndarray, *, ridge: float = 1e-3, folds: int = 5, seed: int = 0
) -> np.ndarray:
    """Squared error `[N]` of each row of one embedding, rebuilt by a linear map from another on rows not learnt from.

    Where it is large, a connector between the two has dropped what the row was about.

    Li et al., "Lost in Embeddings: Information Loss in Vision-Language Models" (2025), arXiv:2509.11986,
    with a linear reconstructor.

    Args:
        projected: `[N, D]`, after a connector.
        original: `[N, E]`, before it; row i is the same example or patch.
        ridge: Weight of the penalty, as a share of the mean variance of the columns of ``projected`` times N.
        folds: Parts of the cross-validation.
        seed: Of the parts.

    Raises:
        InputError: Another number of rows, or fewer rows than folds.
    """
    x, y = _centred(projected, original)
    checks.positive("ridge", ridge)
    checks.at_least("folds", folds, 2)
    checks.at_least("the number of rows", len(x), folds)
    losses = np.empty(len(x))
    for part in np.array_split(np.random.default_rng(seed).permutation(len(x)), folds):
        rest = np.setdiff1d(np.arange(len(x)), part)
        a, b = x[rest] - x[rest].mean(axis=0), y[rest] - y[rest].mean(axis=0)
        penalty = ridge * max(np.square(a).sum() / a.shape[1], np.finfo(np.float64).tiny)
        weight = linalg.solve(a.T @ a + penalty * np.eye(a.shape[1]), a.T @ b, assume_a="pos")
        guess = (x[part] - x[rest].mean(axis=0)) @ weight + y[rest].mean(axis=0)
        losses[part] = np.square(y[part] - guess).sum(axis=1)
    return losses


def _same_rows(first: Embeddings, second: Embeddings) -> tuple[Embeddings, Embeddings]:
    first, second = checks.embeddings("first", first), checks.embeddings("second", second)
    if first.shape[0] != second.shape[0]:
        raise InputError(f"first has {first.shape[0]} rows and second {second.shape[0]}; row i is the same example")
    return first, second


def _centred(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    _same_rows(first, second)
    x, y = (checks.dense(name, one).astype(np.float64) for name, one in (("first", first), ("second", second)))
    return x - x.mean(axis=0), y - y.mean(axis=0)

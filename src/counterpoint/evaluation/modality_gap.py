"""The gap between two sides of pairs that should share one space, and what closing it would do."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_of, measure, paired_difference


def modality_gap(first: np.ndarray, second: np.ndarray, *, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """Distance of the means of both sides on the unit sphere: 0 where they mix, up to 2 where each has a cone.

    Liang et al., "Mind the Gap: Understanding the Modality Gap in Multi-modal Contrastive Representation Learning"
    (2022), arXiv:2203.02053, Section 4.1.

    Args:
        first: `[N, D]`, such as images.
        second: `[N, D]`, such as their captions; row i belongs to row i.
        bootstrap: Resamples, level and seed; pairs are drawn.

    Raises:
        InputError: Not two finite matrices of one shape.
    """
    difference = np.subtract(*_unit_sides(first, second))

    def distance(counts: np.ndarray) -> np.ndarray:
        return np.linalg.norm(counts @ difference, axis=1) / counts.sum(axis=1)

    pairs = np.ones(len(difference), dtype=np.int64)
    return measure("modality_gap", distance, pairs, bootstrap=bootstrap, greater_is_better=False)


def relative_gap(first: np.ndarray, second: np.ndarray) -> float:
    """The gap's share of all squared distance from the common mean: 0 mixed, towards 1 two points.

    Formula: ``|m_x - m_y|^2 / 4 / E|z - m|^2`` over unit rows z of both sides, ``m`` their common mean. Other than the
    gap itself it sees a space that has shrunk as a whole: a small gap between two small cones is a large share.

    Args:
        first: `[N, D]`.
        second: `[N, D]`.

    Raises:
        InputError: Not two finite matrices of one shape, or all rows have one direction.
    """
    x, y = _unit_sides(first, second)
    middle = (x.mean(axis=0) + y.mean(axis=0)) / 2
    spread = (np.square(x - middle).sum(axis=1).mean() + np.square(y - middle).sum(axis=1).mean()) / 2
    if not spread > 0:
        raise InputError("the relative gap is undefined: all embeddings point in one direction")
    return float(np.square(x.mean(axis=0) - y.mean(axis=0)).sum() / 4 / spread)


def without_gap(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sides with unit rows, each moved by its own mean and scaled to unit length again.

    Args:
        first: `[N, D]`.
        second: `[N, D]`.
    """
    x, y = _unit_sides(first, second)
    return cosine.unit_rows(x - x.mean(axis=0)), cosine.unit_rows(y - y.mean(axis=0))


def gain_without_gap(first: np.ndarray, second: np.ndarray, *, k: int = 1, bootstrap: Bootstrap = DEFAULT) -> Measure:
    """How much recall of row i's own partner rises when the gap is closed by moving both means to 0.

    Args:
        first: `[N, D]`, the queries.
        second: `[N, D]`, what is searched.
        k: Answers looked at.
        bootstrap: Resamples, level and seed; queries are drawn.

    Raises:
        InputError: Not two finite matrices of one shape.
    """
    before, after = (_recalled(*sides, k) for sides in ((first, second), without_gap(first, second)))
    return paired_difference(
        f"recall@{k} without gap", mean_of(after), mean_of(before), len(after), bootstrap=bootstrap
    )


def _recalled(first: np.ndarray, second: np.ndarray, k: int) -> np.ndarray:
    found = cosine.top_k(first, second, k)
    return np.concatenate(
        [
            (block.index == np.arange(block.start, block.start + len(block.index))[:, None]).any(axis=1)
            for block in found
        ]
    ).astype(np.float64)


def _unit_sides(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    first, second = checks.dense("first", first), checks.dense("second", second)
    checks.same_shape("first", first, "second", second)
    return cosine.unit_rows(first).astype(np.float64), cosine.unit_rows(second).astype(np.float64)

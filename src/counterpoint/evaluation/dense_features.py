"""Alignment and uniformity of dense features: one vector for every cell of an image."""

import numpy as np

from counterpoint.base.errors import InputError
from counterpoint.evaluation import checks, cosine
from counterpoint.evaluation.bootstrap import DEFAULT, Bootstrap, Measure, mean_measure
from counterpoint.evaluation.space import SAMPLE, sampled_rows, uniformity


def nearest_cells(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """For every cell of one view the most similar cell of the other view of the same image: int64 `[N, L]`.

    Wang et al., "Dense Contrastive Learning for Self-Supervised Visual Pre-Training" (2021), arXiv:2011.09157.

    Args:
        first: `[N, L, D]`.
        second: `[N, M, D]`.

    Raises:
        InputError: Shapes do not fit.
    """
    first, second = _cells("first", first), _cells("second", second)
    _same_images(first, second)
    return np.einsum("nld,nmd->nlm", first, second).argmax(axis=2)


def dense_alignment(
    first: np.ndarray, second: np.ndarray, match: np.ndarray, *, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Mean squared distance of matched cells on the unit sphere; 0 is best, 2 is chance.

    Moon, Kim and Choi, "Correlation between Alignment-Uniformity and Performance of Dense Contrastive Representations"
    (2022), arXiv:2210.08819. Cells of one image are not independent, so the interval draws images.

    Args:
        first: `[N, L, D]`.
        second: `[N, M, D]`, another view of the same images.
        match: int64 `[N, L]`, the cell of the second view for every cell of the first; -1 where there is none.
        bootstrap: Resamples, level and seed; images are drawn.

    Raises:
        InputError: Shapes do not fit, a match is out of range, or an image has none.
    """
    first, second = _cells("first", first), _cells("second", second)
    _same_images(first, second)
    match = np.asarray(match)
    if match.shape != first.shape[:2] or match.dtype.kind != "i" or not (match >= -1).all():
        raise InputError(f"match must be integers {first.shape[:2]} of -1 or more, got {match.dtype} {match.shape}")
    if match.max() >= second.shape[1]:
        raise InputError(f"match must name cells of second below {second.shape[1]}, got {match.max()}")
    known = match >= 0
    if not known.any(axis=1).all():
        raise InputError(f"every image needs a matched cell; image {int(np.argmin(known.any(axis=1)))} has none")
    partner = np.take_along_axis(second, np.maximum(match, 0)[:, :, None], axis=1)
    distance = np.square(first - partner).sum(axis=2) * known
    return mean_measure(
        "dense_alignment", distance.sum(axis=1) / known.sum(axis=1), bootstrap=bootstrap, greater_is_better=False
    )


def dense_uniformity(
    features: np.ndarray, *, t: float = 2.0, sample: int = SAMPLE, seed: int = 0, bootstrap: Bootstrap = DEFAULT
) -> Measure:
    """Uniformity over cells of all images: log of the mean of exp(-t |x - y|^2) on the unit sphere.

    Args:
        features: `[N, L, D]`.
        t: Sharpness of the kernel.
        sample: Cells looked at; a larger set is sampled.
        seed: Of the sample.
        bootstrap: Resamples, level and seed; cells are drawn.

    Raises:
        InputError: Not three axes of finite numbers.
    """
    cells = _cells("features", features)
    return uniformity(sampled_rows(cells.reshape(-1, cells.shape[2]), sample, seed=seed), t=t, bootstrap=bootstrap)


def _cells(name: str, features: np.ndarray) -> np.ndarray:
    """Unit vectors `[N, L, D]`."""
    features = np.asarray(features)
    if features.ndim != 3:
        raise InputError(f"{name} must have three axes [N, L, D], got shape {features.shape}")
    rows = checks.dense(name, features.reshape(-1, features.shape[2]))
    return cosine.unit_rows(rows).reshape(features.shape)


def _same_images(first: np.ndarray, second: np.ndarray) -> None:
    if len(first) != len(second) or first.shape[2] != second.shape[2]:
        raise InputError(f"first {first.shape} and second {second.shape} must have the same images and width")

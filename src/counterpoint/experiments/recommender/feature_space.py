"""Features of any number and scale as a few dense columns: what a map of them learns from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from counterpoint.base.sparse import shape_of

WIDTH = 128
"""Columns at most."""


@dataclass(frozen=True, eq=False)
class Affine:
    """A map ``x A + b`` of sparse features.

    Attributes:
        matrix: A, float64 `[F, R]`.
        offset: b, float64 `[R]`.
    """

    matrix: np.ndarray
    offset: np.ndarray

    def __call__(self, features: sparse.csr_array) -> np.ndarray:
        """Of `[N, F]`, float64 `[N, R]`."""
        return np.asarray(features @ self.matrix) + self.offset

    def then(self, matrix: np.ndarray) -> "Affine":
        """Followed by a linear map `[R, D]`."""
        return Affine(self.matrix @ matrix, self.offset @ matrix)


def fit_space(features: sparse.csr_array, widths: Sequence[int], *, width: int = WIDTH, seed: int = 0) -> Affine:
    """Columns that count alike, whatever their width and scale, reduced by a truncated SVD and centred.

    Formula: each block of columns is divided by the root of its variance, summed over its columns; where F exceeds
    ``width``, the right singular vectors of the largest singular values follow; then the mean is taken off, and the
    whole divided so that the mean squared length of a row is 1. A block whose rows are all equal counts for nothing.

    Args:
        features: Sparse `[N, F]`.
        widths: Of the blocks, F together, such as the widths of what each column of a file became.
        width: Columns at most of the result, R.
        seed: Of the SVD.
    """
    mean = np.asarray(features.mean(axis=0), dtype=np.float64)
    square = np.asarray(features.astype(np.float64).power(2).mean(axis=0))
    block = np.repeat(np.arange(len(widths)), widths)
    variance = np.bincount(block, weights=np.maximum(square - mean**2, 0), minlength=len(widths))
    total = np.bincount(block, weights=square, minlength=len(widths))
    varies = variance > 1e-6 * np.maximum(total, 1e-12)  # below, what is left is rounding
    scale = np.where(varies, np.maximum(variance, 1e-300) ** -0.5, 0.0)[block]
    matrix = np.diag(scale) if len(scale) <= width else scale[:, None] * _directions(features, scale, width, seed)
    rows = np.asarray(features @ matrix)
    length = np.sqrt(np.mean(np.sum((rows - rows.mean(axis=0)) ** 2, axis=1))) or 1.0
    return Affine(matrix / length, -rows.mean(axis=0) / length)


def _directions(features: sparse.csr_array, scale: np.ndarray, width: int, seed: int) -> np.ndarray:
    """Right singular vectors `[F, R]` of the scaled features."""
    scaled = sparse.csr_array(features.astype(np.float64) @ sparse.diags_array(scale))
    rank = min(width, shape_of(scaled)[0])
    return randomized_svd(scaled, rank, random_state=seed)[2].T

"""Similarities: how two embeddings become one number. A new one is a class with two short methods."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor

from counterpoint.base.numerics import unit_rows


@dataclass(frozen=True)
class Similarity(ABC):
    """Rows are prepared once, pairs are scored tile by tile."""

    @abstractmethod
    def prepare(self, x_ND: Tensor) -> Tensor:
        """What can be done once per row: `[N, D]` to `[N, D']`."""

    @abstractmethod
    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Scores `[n, m]` of prepared rows."""


@dataclass(frozen=True)
class Cosine(Similarity):
    """s_ij = <a_i, b_j> / (|a_i| |b_j|), in [-1, 1]."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows scaled to unit length."""
        return unit_rows(x_ND)

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Inner products of unit rows."""
        return a_nD @ b_mD.T


@dataclass(frozen=True)
class Dot(Similarity):
    """s_ij = <a_i, b_j>; rows are taken as they come."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Inner products."""
        return a_nD @ b_mD.T


@dataclass(frozen=True)
class Difference(Similarity):
    """s_ij = b_j - a_i, for rows that hold one number each (`[N, 1]`): comparisons of already scored pairs."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Differences of the single column."""
        return b_mD[:, 0][None, :] - a_nD[:, 0][:, None]

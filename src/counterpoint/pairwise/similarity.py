"""Similarities: how two embeddings become one number. A new one is a class with two short methods."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, final

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
class InnerProduct(Similarity):
    """s_ij = <a_i, b_j> of prepared rows, which lets the engine use closed forms; ``scores`` stays as it is.

    Attributes:
        bound: Class-level: the largest absolute score, where preparation sets one.
    """

    bound: ClassVar[float | None] = None

    def __init_subclass__(cls) -> None:
        """Refuse other scores: the closed forms would not know of them.

        Raises:
            TypeError: The class has ``scores`` of its own.
        """
        if "scores" in vars(cls):
            raise TypeError(f"{cls.__name__} scores pairs in its own way: derive it from Similarity")

    @final
    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Inner products."""
        return a_nD @ b_mD.T


@dataclass(frozen=True)
class Cosine(InnerProduct):
    """s_ij = <a_i, b_j> / (|a_i| |b_j|), in [-1, 1]."""

    bound: ClassVar[float | None] = 1.0

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Rows scaled to unit length."""
        return unit_rows(x_ND)


@dataclass(frozen=True)
class Dot(InnerProduct):
    """s_ij = <a_i, b_j>; rows are taken as they come."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND


@dataclass(frozen=True)
class Difference(Similarity):
    """s_ij = b_j - a_i, for rows that hold one number each (`[N, 1]`): comparisons of already scored pairs."""

    def prepare(self, x_ND: Tensor) -> Tensor:
        """Nothing to do."""
        return x_ND

    def scores(self, a_nD: Tensor, b_mD: Tensor) -> Tensor:
        """Differences of the single column."""
        return b_mD[:, 0][None, :] - a_nD[:, 0][:, None]
